/** Domain parts that the app plugs into the outbox, the jobs and the API; one place, so that `app.ts` stays a wiring plan. */
import type { Express } from 'express';
import type { AuthDeps } from './api/auth.ts';
import type { Services } from './core/operations/context.ts';
import type { Operation } from './core/operations/operation.ts';
import type { Tx } from './db/database.ts';
import type { Texts } from './lib/i18n.ts';
import type { SendGate } from './outbox/gate.ts';
import type { FileIntake } from './jobs/media.ts';

export interface DomainParts {
  readonly gates: readonly SendGate[];
  readonly operations: readonly Operation[];
  /** Texts and rows every installation has (consent texts). */
  seed(tx: Tx): Promise<void>;
  intake(services: Services): FileIntake;
  attachFiles(tx: Tx, inboxId: bigint, fileIds: readonly string[]): Promise<void>;
  readFile(tx: Tx, services: Services, fileId: string): Promise<Buffer>;
  extendApi(app: Express, auth: AuthDeps): void;
}

export function domainParts(_options: { readonly texts: Texts; readonly zone: string }): DomainParts {
  return {
    gates: [],
    operations: [],
    seed: async () => undefined,
    intake: () => async () => ({ refused: 'unreadable' }),
    attachFiles: async () => undefined,
    readFile: async () => {
      throw new Error('no file store yet');
    },
    extendApi: () => undefined,
  };
}
