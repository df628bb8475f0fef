/** Who may add to a customer's file: he himself once he has agreed, anybody else until he says no. */
import type { Actor } from '../../core/operations/actor.ts';
import type { Tx } from '../../db/database.ts';
import { AppError } from '../../lib/errors.ts';
import { consentErrors } from './consent-errors.ts';
import { hasConsent, refusalOf } from './consent-store.ts';

/** Whether the customer lets this actor add facts or documents to his file. */
export async function mayAdd(tx: Tx, actor: Actor, customerId: string): Promise<boolean> {
  if (actor.kind === 'CUSTOMER') return hasConsent(tx, customerId, 'personal-information');
  return (await refusalOf(tx, customerId, 'personal-information')) === undefined;
}

/** What an actor who may not add anything is told. */
export function noConsentFor(actor: Actor): AppError {
  return new AppError(consentErrors[actor.kind === 'CUSTOMER' ? 'consent.required' : 'consent.refused']);
}

/** @throws AppError consent.required for the customer himself, consent.refused for others */
export async function requireConsent(tx: Tx, actor: Actor, customerId: string): Promise<void> {
  if (!(await mayAdd(tx, actor, customerId))) throw noConsentFor(actor);
}
