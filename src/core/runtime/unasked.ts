/** When somebody may be spoken to who has not just said something. */
import type { Tx } from '../../db/database.ts';
import { byDay } from '../../lib/daytime.ts';
import { askGates, type SendGate } from '../../outbox/gate.ts';
import type { Actor } from '../operations/actor.ts';

/** At once, from an instant on, or not at all. */
export type UnaskedHour = 'now' | 'never' | Date;

/** A customer is protected by the contact gate, in his own zone; everybody else is left alone at night. */
export async function unaskedHour(
  { tx, now }: { readonly tx: Tx; readonly now: Date },
  { gates, companyZone }: { readonly gates: readonly SendGate[]; readonly companyZone: string },
  { actor, account }: { readonly actor: Actor; readonly account: string },
): Promise<UnaskedHour> {
  if (actor.kind !== 'CUSTOMER') {
    const day = byDay(now, companyZone);
    return day > now ? day : 'now';
  }
  const answer = await askGates(gates, tx, { purpose: 'SERVICE', customerId: actor.id, account, text: '', now });
  return answer.decision === 'allow' ? 'now' : (answer.until ?? 'never');
}
