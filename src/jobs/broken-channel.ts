/**
 * A platform that refuses a whole account (token revoked, application disabled, permission taken away): its queue is held,
 * those who can mend it are told on the other platforms, and one message tries again until it gets through. Nothing is
 * lost and nothing needs a restart. The hold itself is asked for in outbox/claim.ts.
 */
import { writeTimers } from '../core/timers/timers.ts';
import { platformOf, type Turn, type Unit } from '../core/unit/unit.ts';
import { statement, type Tx } from '../db/database.ts';
import type { Keyring } from '../db/keyring.ts';
import { addTodo, finishTodos } from '../domain/todos/index.ts';
import { isLanguage } from '../lib/i18n.ts';
import { newId } from '../lib/ids.ts';
import type { LeasedRow } from '../outbox/claim.ts';
import type { Settlement } from '../outbox/settle.ts';

/** The kind of the incident, of the to-do, and of the timer that tells people. */
export const CHANNEL_BROKEN = 'channel_broken';

const FIRST = statement(
  'broken-first',
  'INSERT INTO channel_states (account, updated_at) VALUES ($1, clock_timestamp()) ON CONFLICT (account) DO NOTHING',
);
const STATE = statement('broken-state', 'SELECT broken_until FROM channel_states WHERE account = $1 FOR UPDATE');
const HOLD = statement(
  'broken-hold',
  'UPDATE channel_states SET broken_until = $2, broken_code = $3, updated_at = clock_timestamp() WHERE account = $1',
);
const AGAIN = statement(
  'broken-again',
  'UPDATE channel_states SET broken_until = $2, updated_at = clock_timestamp() WHERE account = $1 AND broken_until IS NOT NULL',
);
const INCIDENT = statement(
  'broken-incident',
  `INSERT INTO incidents (id, kind, subject_kind, subject_id, detail, opened_at) VALUES ($1, '${CHANNEL_BROKEN}', 'account', $2, $3, $4)`,
);
const RESOLVE = statement(
  'broken-resolve',
  `UPDATE incidents SET resolved_at = $2 WHERE kind = '${CHANNEL_BROKEN}' AND subject_id = $1 AND resolved_at IS NULL RETURNING id`,
);
const ADMIN = statement(
  'broken-admin',
  `SELECT id FROM staff WHERE is_active AND roles @> ARRAY['admin'] ORDER BY created_at, id LIMIT 1`,
);
const MENDERS = statement(
  'broken-menders',
  `SELECT s.id AS staff_id, s.language, i.account, i.external_id FROM staff s JOIN identities i ON i.staff_id = s.id
   WHERE s.is_active AND s.roles && ARRAY['admin', 'manager'] AND i.is_reachable AND i.account <> $1 ORDER BY s.created_at, s.id, i.account`,
);

/** What a refusal or a try of a refused account means; runs in the transaction that stores the outcome. */
export async function noteChannel(
  tx: Tx,
  keys: Keyring,
  { row, settlement, now }: { readonly row: LeasedRow; readonly settlement: Settlement; readonly now: Date },
): Promise<void> {
  if (settlement.state === 'PENDING') {
    if (settlement.isBroken === true) await hold(tx, keys, { row, code: settlement.code, now, ms: settlement.dueInMs });
    return; // the platform was not reached: the hold stays
  }
  if (row.isProbe !== true) return;
  if (settlement.state === 'SENT') await open(tx, row.account, now);
  else await tx.query(AGAIN, [row.account, now]); // says nothing about the account: the next message tries
}

/** Holds the account. The first refusal alarms; of two workers that meet it at once the first one does. */
async function hold(
  tx: Tx,
  keys: Keyring,
  { row, code, now, ms }: { readonly row: LeasedRow; readonly code: string; readonly now: Date; readonly ms: number },
): Promise<void> {
  const { account } = row;
  await tx.query(FIRST, [account]);
  const [state] = await tx.query<{ broken_until: Date | null }>(STATE, [account]);
  await tx.query(HOLD, [account, new Date(now.getTime() + ms), code]);
  if (state?.broken_until) return;
  const incident = newId();
  await tx.query(INCIDENT, [incident, account, JSON.stringify({ account, code }), now]);
  const [admin] = await tx.query(ADMIN);
  const role = admin ? 'admin' : 'manager';
  await addTodo(tx, { key: todoKey(incident), kind: CHANNEL_BROKEN, role, params: { account, code } }, now);
  const payload = { incident, account, code };
  await writeTimers(tx, keys, row.trace_id, [
    { key: `${CHANNEL_BROKEN}:${incident}`, kind: CHANNEL_BROKEN, dueAt: now, payload },
  ]);
}

/** It works again: the queue flows, the incident is closed and the to-do is done. */
async function open(tx: Tx, account: string, now: Date): Promise<void> {
  await tx.query(HOLD, [account, null, null]);
  const incidents = await tx.query<{ id: string }>(RESOLVE, [account, now]);
  await finishTodos(
    tx,
    incidents.map(({ id }) => todoKey(id)),
    now,
  );
}

function todoKey(incident: string): string {
  return `${CHANNEL_BROKEN}:${incident}`;
}

/** Tells administrators and managers, wherever else they can be reached. */
export async function tellMenders(unit: Unit, turn: Turn, payload: unknown): Promise<void> {
  const { incident, account, code } = payload as Readonly<Record<'incident' | 'account' | 'code', string>>;
  const { texts } = turn.call.services;
  for (const mender of await unit.tx.query<MenderRow>(MENDERS, [account])) {
    const language = isLanguage(mender.language) ? mender.language : 'zh-CN';
    const channel = texts.translate(language, `todo.channel.${platformOf(account)}`);
    turn.effects.send({
      key: `${CHANNEL_BROKEN}:${incident}:${mender.staff_id}:${mender.account}`,
      to: { account: mender.account, chat: mender.external_id },
      purpose: 'STAFF',
      content: { kind: 'text', text: texts.translate(language, `todo.${CHANNEL_BROKEN}`, { channel, account, code }) },
    });
  }
}

interface MenderRow {
  readonly staff_id: string;
  readonly language: string;
  readonly account: string;
  readonly external_id: string;
}
