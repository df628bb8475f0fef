/**
 * Sending what a turn has just written without looking for it: such rows are born leased, in the turn's own transaction,
 * and go out as soon as that is committed. Lease and attempt are as durable as after a claim, so everything that holds for
 * claimed rows holds for them; it spares a transaction, two updates of the row and the reading back.
 */
import type { MessageDraft } from '../core/operations/effects.ts';
import type { Tx } from '../db/database.ts';
import type { LeasedRow, Place, Target } from './claim.ts';
import type { NumberedMessage } from './enqueue.ts';
import { partsOf } from './parts.ts';

/** Rows that were committed as leased by this process. */
export interface Born {
  readonly token: string;
  /** Business time of the turn. */
  readonly now: Date;
  readonly rows: readonly LeasedRow[];
}

/** Chats of one transaction in which this process may send at once. */
export interface Lanes {
  /** The lease under which such messages are written. */
  readonly token: string;
  /** Those of the messages about to be written that go out at once; the others wait for a claim. */
  enter(heads: readonly Head[]): ReadonlySet<MessageDraft>;
  /** What has to be written with them. */
  write(): readonly Promise<unknown>[];
}

/** A process that can send. */
export interface DirectSender {
  /**
   * Looks whether a message to each of these chats could go out at once, and holds their pace until the transaction ends.
   * @param now Business time of the transaction.
   */
  lanes(tx: Tx, places: readonly Place[], now: Date): Promise<Lanes | undefined>;
  /** Begins to send; to be called once the rows are committed. */
  begin(born: Born): void;
}

/** The first message to a chat, if it may go out without a claim. */
export interface Head extends Target {
  readonly draft: MessageDraft;
}

/** Of each chat the first message, unless that is one that has to be looked at closer (a key, a lane, a card to redraw). */
export function headsOf(drafts: readonly MessageDraft[]): readonly Head[] {
  const heads = new Map<string, Head | undefined>();
  for (const draft of drafts) {
    const { account, chat } = draft.to;
    const key = `${account}\n${chat}`;
    if (heads.has(key)) continue;
    const isPlain =
      draft.key === undefined &&
      (draft.lane ?? 'NORMAL') === 'NORMAL' &&
      (draft.content.kind === 'text' || draft.content.kind === 'card');
    heads.set(
      key,
      isPlain ? { account, chat, kind: draft.content.kind, parts: partsOf(draft.content), draft } : undefined,
    );
  }
  return [...heads.values()].filter((head) => head !== undefined);
}

/** The row as a claim would have read it. */
export function leasedRow(
  message: NumberedMessage,
  times: { readonly now: Date; readonly realNow: Date },
  ordinal: number | null,
): LeasedRow {
  return {
    id: message.id,
    at: times.now,
    account: message.to.account,
    chat: message.to.chat,
    thread: message.to.thread ?? '',
    lane: 'NORMAL',
    kind: message.content.kind,
    purpose: message.purpose,
    customer_id: message.customerId ?? null,
    subject_id: message.subject?.id ?? null,
    reference: null,
    sealed_payload: null,
    content: message.content,
    card_id: message.content.kind === 'card' ? message.content.card.id : null,
    attempts: 1,
    trace_id: message.traceId,
    ordinal,
    error_code: null,
    is_unreachable: false,
    lease_at: times.realNow,
    unclear_since: null,
  };
}
