/** Domain parts that the app plugs into the outbox, the jobs and the API; one place, so that `app.ts` stays a wiring plan. */
import type { Express } from 'express';
import type { AuthDeps } from './api/auth.ts';
import { mountCalculators } from './api/calculators.ts';
import type { Services } from './core/operations/context.ts';
import type { Painter } from './core/operations/effects.ts';
import type { Operation } from './core/operations/operation.ts';
import type { Database, Tx } from './db/database.ts';
import * as consent from './domain/consent/index.ts';
import { createContactGate } from './domain/consent/send-gate.ts';
import * as customers from './domain/customers/index.ts';
import * as documents from './domain/documents/index.ts';
import * as leads from './domain/leads/index.ts';
import { renderPlanPicture } from './domain/repayments/picture.ts';
import { runTrial } from './domain/repayments/trial-operations.ts';
import { trialPlan } from './domain/repayments/trial.ts';
import { attachToMessage } from './domain/timeline/index.ts';
import { systemClock } from './lib/clock.ts';
import type { Texts } from './lib/i18n.ts';
import type { FileIntake } from './jobs/media.ts';
import type { SendGate } from './outbox/gate.ts';

/** What the domain lends to rooms that may not look into it. */
export interface DomainParts {
  gates(services: Services): readonly SendGate[];
  readonly operations: readonly Operation[];
  /** Texts and rows every installation has (consent texts). */
  seed(tx: Tx): Promise<void>;
  intake(database: Database, services: Services): FileIntake;
  readonly attachFiles: (
    tx: Tx,
    message: { readonly inboxId: bigint; readonly conversationId: string },
    fileIds: readonly string[],
  ) => Promise<void>;
  readFile(tx: Tx, services: Services, fileId: string): Promise<Buffer>;
  /** What draws the pictures that messages carry, by the name of the drawing. */
  readonly painters: Readonly<Record<string, Painter>>;
  extendApi(app: Express, auth: AuthDeps): void;
}

/** The parts of a company in this zone; `sandbox` opens the calculators’ page to everybody. */
export function domainParts({
  texts,
  zone,
  sandbox,
}: {
  readonly texts: Texts;
  readonly zone: string;
  readonly sandbox: boolean;
}): DomainParts {
  return {
    gates: (services) => [createContactGate(services)],
    operations: [
      customers.bindCustomer,
      customers.bindContact,
      customers.followLink,
      customers.notifyCustomer,
      leads.customerStanding,
      leads.askAdviser,
      leads.answerAsCustomer,
      consent.grantConsent,
      consent.declineConsent,
      consent.withdraw,
      consent.listConsents,
      documents.receiveDocument,
      documents.assignDocument,
      documents.leaveDocument,
      documents.remindOfUnfiled,
      documents.listDocuments,
      documents.reviewDocument,
      documents.offerUpload,
      documents.openUpload,
      documents.takeUpload,
      runTrial,
    ],
    seed: async (tx) => consent.ensureConsentTexts(tx, texts),
    intake: fileIntake,
    attachFiles: attachToMessage,
    readFile: documents.readFile,
    painters: {
      repayment_plan: async (plan, language) => renderPlanPicture(trialPlan.parse(plan), { texts, language }),
    },
    extendApi: (app, auth) =>
      mountCalculators(app, { auth, texts, zone, clock: systemClock, page: { isOpen: sandbox } }),
  };
}

function fileIntake(database: Database, services: Services): FileIntake {
  return {
    target: async ({ actor, caption, about }) => {
      const target = await documents.filingTarget(database, actor, caption, about);
      return target.kind === 'refused' ? target : { kind: 'customer', customerId: target.customer.id };
    },
    store: async ({ customerId, bytes, name, mime, now }) => {
      const customer = await customers.findCustomer(database, customerId);
      if (!customer) return { refused: 'no_customer' };
      const stored = await documents.storeFile({ database, services }, { customer, bytes, claim: { name, mime }, now });
      return stored.kind === 'stored' ? { fileId: stored.fileId } : { refused: stored.reason };
    },
  };
}
