/** What follows when a message did not simply arrive: a to-do, an incident, a mark, or a timer that tries again. */
import { addTodo } from '../domain/todos/index.ts';
import { setReachable } from '../identity/identity-store.ts';
import type { Tx } from '../db/database.ts';
import type { Keyring } from '../db/keyring.ts';
import { insertInternal } from '../inbox/internal.ts';
import { newId } from '../lib/ids.ts';
import type { MessageContent } from '../core/operations/effects.ts';
import type { InternalEvent } from '../core/runtime/turns.ts';
import { readTimes } from '../core/unit/unit.ts';
import { writeTimers } from '../core/timers/timers.ts';
import type { LeasedRow } from '../outbox/claim.ts';
import type { FollowUp } from '../outbox/settle.ts';

const GONE = new Set(['blocked', 'bot_blocked', 'user_deactivated', 'deactivated']);

/** Makes the follow-up of the deliverer: it runs in the transaction that stores the outcome. */
export function createTroubleHandler(keys: Keyring): FollowUp {
  return async (tx, row, settlement) => {
    if (
      settlement.state === 'SENT' ||
      settlement.state === 'PENDING' ||
      settlement.state === 'LAPSED' ||
      settlement.state === 'DENIED'
    )
      return;
    const { now } = await readTimes(tx);
    if (settlement.state !== 'DEFERRED' && (await askInChat(tx, keys, row, now))) return;
    if (settlement.state === 'DEFERRED') {
      const dueAt = settlement.until ?? new Date(now.getTime() + (settlement.waitMs ?? 60_000));
      await writeTimers(tx, keys, row.trace_id, [
        {
          key: `outbox:${row.id}:${row.attempts}:${newId()}`,
          kind: 'outbox.resume',
          dueAt,
          payload: { id: String(row.id), at: row.at.toISOString() },
        },
      ]);
      return;
    }
    if (GONE.has(settlement.code)) await setReachable(tx, { account: row.account, externalId: row.chat }, false);
    const kind = settlement.state === 'UNKNOWN' ? 'unknown_send' : 'failed_send';
    await addTodo(tx, { key: `outbox:${row.id}`, kind, role: 'manager', params: { code: settlement.code } }, now);
    await tx.query(
      'INSERT INTO incidents (id, kind, subject_kind, subject_id, detail, opened_at) VALUES ($1, $2, $3, $4, $5, $6)',
      [
        newId(),
        `outbox.${settlement.state.toLowerCase()}`,
        'outbox',
        String(row.id),
        JSON.stringify({ code: settlement.code, kind: row.kind }),
        now,
      ],
    );
  };
}

/** A form that did not open, or may not have: the conversation asks in words. `false` for any other message. */
async function askInChat(tx: Tx, keys: Keyring, row: LeasedRow, now: Date): Promise<boolean> {
  if (row.kind !== 'tap_answer' || !row.sealed_payload) return false;
  const content = keys.openJson(`outbox.sealed_payload.${row.id}`, row.sealed_payload) as MessageContent;
  if (content.kind !== 'tap_answer' || !content.form) return false;
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
