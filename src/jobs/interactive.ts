/**
 * Answers that the platform shows inside its own request. The process that holds the request takes the row the turn
 * left for it; when the turn is late the row is handed to the ordinary lane and goes out as a message.
 */
import type { InteractiveAnswer } from '../channels/channel.ts';
import type { MessageContent } from '../core/operations/effects.ts';
import { statement, type Database } from '../db/database.ts';
import type { Keyring } from '../db/keyring.ts';
import { newId } from '../lib/ids.ts';
import { hit } from '../lib/kill-points.ts';
import { claimInteractive, type LeasedRow } from '../outbox/claim.ts';
import { settle, type FollowUp } from '../outbox/settle.ts';
import type { Wake } from './wake.ts';

/** A platform gives us 3 to 5 s; what is not there after this long is sent as a message instead. */
const PATIENCE_MS = 1_500;
/** How often one looks meanwhile without a hint. */
const LOOKS = 15;

const LATE = statement(
  'outbox-interactive-late',
  `UPDATE outbox SET lane = 'NORMAL' WHERE inbox_id = $1 AND lane = 'INTERACTIVE' AND state = 'PENDING' RETURNING id`,
);
const RELEASE = statement(
  'outbox-interactive-release',
  `UPDATE outbox SET state = 'PENDING', lane = 'NORMAL', lease_token = NULL, lease_until = NULL WHERE lease_token = $1 AND state = 'LEASED' RETURNING id`,
);
const HANDLED = statement('inbox-handled', `SELECT 1 FROM inbox WHERE id = $1 AND state <> 'NEW'`);

/** All that is ever said inside a request. */
type TapAnswer = Extract<MessageContent, { kind: 'tap_answer' }>;

/** What open requests use; `followUp` is that of the outbox, for answers settled here. */
export interface InteractiveDeps {
  readonly database: Database;
  readonly keys: Keyring;
  readonly wake: Wake;
  readonly followUp: FollowUp;
  readonly patienceMs?: number;
}

/** An answer for an open request. Its row counts as sent only once the platform has taken the response. */
export interface HeldAnswer {
  readonly answer: InteractiveAnswer;
  shown(): Promise<void>;
  /** Nothing was written, the request is gone: the answer goes out as a message. */
  notShown(): Promise<void>;
}

/** Answers of turns for requests that are still open, taken before the outbox would send them as messages. */
export class Interactive {
  readonly #deps: InteractiveDeps;
  readonly #waiting = new Set<() => void>();

  constructor(deps: InteractiveDeps) {
    this.#deps = deps;
    deps.wake.overhear('outbox', () => this.#notice());
  }

  /** The answer the turn left for this request, or `undefined` when there is none in time. */
  async wait(inboxId: bigint): Promise<HeldAnswer | undefined> {
    const patienceMs = this.#deps.patienceMs ?? PATIENCE_MS;
    const until = performance.now() + patienceMs;
    for (;;) {
      const answer = await this.#take(inboxId);
      if (answer) return answer;
      const left = until - performance.now();
      if (left <= 0 || (await this.#isHandled(inboxId))) break;
      await this.#signal(Math.min(left, patienceMs / LOOKS));
    }
    const answer = await this.#take(inboxId);
    if (answer) return answer;
    if ((await this.#deps.database.query(LATE, [inboxId])).length > 0) this.#deps.wake.signal('outbox');
    return undefined;
  }

  async #isHandled(inboxId: bigint): Promise<boolean> {
    return (await this.#deps.database.query(HANDLED, [inboxId])).length > 0;
  }

  async #take(inboxId: bigint): Promise<HeldAnswer | undefined> {
    const token = newId();
    const row = await claimInteractive(this.#deps.database, inboxId, token);
    if (!row?.sealed_payload) return undefined;
    const content = this.#deps.keys.openJson(`outbox.sealed_payload.${row.id}`, row.sealed_payload) as TapAnswer;
    hit('interactive.leased');
    return {
      answer: { kind: 'text', text: content.text },
      shown: async () => this.#settle(token, row),
      notShown: async () => this.#release(token),
    };
  }

  async #release(token: string): Promise<void> {
    if ((await this.#deps.database.query(RELEASE, [token])).length > 0) this.#deps.wake.signal('outbox');
  }

  async #settle(token: string, row: LeasedRow): Promise<void> {
    hit('interactive.answered');
    await settle(this.#deps, token, [{ row, settlement: { state: 'SENT' } }]);
  }

  #notice(): void {
    for (const wake of this.#waiting) wake();
  }

  async #signal(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#waiting.add(done);
    });
  }
}
