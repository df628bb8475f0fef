/** What follows when a message did not simply arrive: a to-do, an incident, a mark, or a timer that tries again. */
import { addTodo } from '../domain/todos/index.ts';
import { setReachable } from '../identity/identity-store.ts';
import type { Keyring } from '../db/keyring.ts';
import { newId } from '../lib/ids.ts';
import { readTimes } from '../core/unit/unit.ts';
import { writeTimers } from '../core/timers/timers.ts';
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
