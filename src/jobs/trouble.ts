/** What follows when a message did not simply arrive: a to-do, an incident, a mark, or a timer that tries again. */
import { COMPLAINT_OPEN, NO_CONSENT } from '../domain/consent/index.ts';
import { askForCall, type MissedKind } from '../domain/reminders/index.ts';
import { addTodo, ownerOf } from '../domain/todos/index.ts';
import { setReachable } from '../identity/identity-store.ts';
import { statement, type Tx } from '../db/database.ts';
import type { Keyring } from '../db/keyring.ts';
import { insertInternal } from '../inbox/internal.ts';
import { newId } from '../lib/ids.ts';
import type { MessageContent } from '../core/operations/effects.ts';
import type { InternalEvent } from '../core/runtime/turns.ts';
import { readTimes } from '../core/unit/unit.ts';
import { writeTimers } from '../core/timers/timers.ts';
import type { LeasedRow } from '../outbox/claim.ts';
import { UNREACHABLE } from '../outbox/deliver.ts';
import type { FollowUp } from '../outbox/settle.ts';
import { noteChannel } from './broken-channel.ts';

const GONE = new Set(['blocked', 'deactivated']);

/** Makes the follow-up of the deliverer: it runs in the transaction that stores the outcome. */
export function createTroubleHandler(keys: Keyring): FollowUp {
  return async (tx, row, settlement) => {
    if (row.isProbe === true || (settlement.state === 'PENDING' && settlement.isBroken === true))
      await noteChannel(tx, keys, { row, settlement, now: (await readTimes(tx)).now });
    if (settlement.state === 'SENT' || settlement.state === 'PENDING' || settlement.state === 'LAPSED') return;
    const { now } = await readTimes(tx);
    if (settlement.state === 'DENIED') {
      const kind = missedBy(settlement.code);
      if (kind !== undefined) await askToPhone(tx, row, now, kind);
      return;
    }
    if (settlement.state !== 'DEFERRED' && (await askInChat(tx, keys, row, now))) return;
    if (settlement.state === 'DEFERRED') {
      await resumeAt(tx, keys, row, settlement.until ?? new Date(now.getTime() + (settlement.waitMs ?? 60_000)));
      return;
    }
    if (GONE.has(settlement.code)) await setReachable(tx, { account: row.account, externalId: row.chat }, false);
    await askSomebody(tx, row, settlement, now);
    if (settlement.code === UNREACHABLE) return; // known before it was written
    await openIncident(tx, row, settlement, now);
  };
}

/** What somebody has to do about a reminder that this rule has ended; nothing where no rule of these did. */
function missedBy(rule: string): MissedKind | undefined {
  if (NO_CONSENT.has(rule)) return 'unreachable';
  return rule === COMPLAINT_OPEN ? 'held_complaint' : undefined;
}

/** Sets the timer that puts a deferred row back into the queue. */
async function resumeAt(tx: Tx, keys: Keyring, row: LeasedRow, dueAt: Date): Promise<void> {
  await writeTimers(tx, keys, row.trace_id, [
    {
      key: `outbox:${row.id}:${row.attempts}:${newId()}`,
      kind: 'outbox.resume',
      dueAt,
      payload: { id: String(row.id), at: row.at.toISOString() },
    },
  ]);
}

async function openIncident(
  tx: Tx,
  row: LeasedRow,
  { state, code }: { readonly state: string; readonly code: string },
  now: Date,
): Promise<void> {
  await tx.query(
    'INSERT INTO incidents (id, kind, subject_kind, subject_id, detail, opened_at) VALUES ($1, $2, $3, $4, $5, $6)',
    [newId(), `outbox.${state.toLowerCase()}`, 'outbox', String(row.id), JSON.stringify({ code, kind: row.kind }), now],
  );
}

/** Whoever must act: the customer's owner phones about a reminder that found nobody; all else he and the managers see. */
async function askSomebody(
  tx: Tx,
  row: LeasedRow,
  { state, code }: { readonly state: string; readonly code: string },
  now: Date,
): Promise<void> {
  if (state === 'PARKED' && (await askToPhone(tx, row, now))) return;
  const kind = state === 'UNKNOWN' ? 'unknown_send' : 'failed_send';
  const subject = await recipientOf(tx, row);
  const todo = { kind, params: { code }, ...(subject ? { subject } : {}) };
  const ownerId = row.customer_id === null ? null : await ownerOf(tx, row.customer_id);
  await addTodo(tx, { ...todo, key: `outbox:${row.id}`, role: 'manager' }, now);
  if (ownerId !== null) await addTodo(tx, { ...todo, key: `outbox:${row.id}:owner`, staffId: ownerId }, now);
}

/** A reminder that no chat may carry, or carries, is given by phone, or held with its adviser's knowledge. `false` for any other message. */
async function askToPhone(tx: Tx, row: LeasedRow, now: Date, kind: MissedKind = 'unreachable'): Promise<boolean> {
  if (row.kind !== 'reminder' || row.subject_id === null) return false;
  const [instalment = ''] = (row.reference ?? '').split(':');
  const missed = { loanId: row.subject_id, instalment: Number(instalment) };
  await askForCall(tx, missed, { now, traceId: row.trace_id, kind });
  return true;
}

const RECIPIENT = statement(
  'trouble-recipient',
  `SELECT (SELECT staff_id FROM identities WHERE account = $1 AND external_id = $2) AS staff_id,
     (SELECT id FROM conversations WHERE account = $1 AND chat = $2 AND thread = $3 AND actor = '') AS conversation_id`,
);

/** Whom a message was for: a customer, a colleague, or a chat nobody is known behind. */
async function recipientOf(
  tx: Tx,
  row: LeasedRow,
): Promise<{ readonly kind: string; readonly id: string } | undefined> {
  if (row.customer_id !== null) return { kind: 'customer', id: row.customer_id };
  const [found] = await tx.query<{ staff_id: string | null; conversation_id: string | null }>(RECIPIENT, [
    row.account,
    row.chat,
    row.thread,
  ]);
  if (found && found.staff_id !== null) return { kind: 'staff', id: found.staff_id };
  return found && found.conversation_id !== null ? { kind: 'conversation', id: found.conversation_id } : undefined;
}

/** A form that did not open, or may not have: the conversation asks in words. `false` for any other message. */
async function askInChat(tx: Tx, keys: Keyring, row: LeasedRow, now: Date): Promise<boolean> {
  if (row.kind !== 'tap_answer' || !row.sealed_payload) return false;
  // Asked while many are settled: one that is damaged must not keep the leases of all others from being taken back.
  const content = keys.openJsonOfMany(`outbox.sealed_payload.${row.id}`, row.sealed_payload) as
    | MessageContent
    | undefined;
  if (content?.kind !== 'tap_answer' || !content.form) return false;
  const { cardId, revision, verb } = content.form;
  const [asked] = await tx.query<{ conversation_id: string }>(
    'SELECT i.conversation_id FROM outbox o JOIN inbox i ON i.id = o.inbox_id WHERE o.id = $1 AND o.at = $2',
    [row.id, row.at],
  );
  if (!asked) return false;
  const body: InternalEvent = {
    internal: 'form_unopened',
    tap: { kind: 'action', cardId, revision, verb, selected: {}, handle: content.tap },
  };
  await insertInternal(tx, keys, {
    key: `form:${row.id}`,
    conversationId: asked.conversation_id,
    kind: 'form_unopened',
    body,
    now,
  });
  return true;
}
