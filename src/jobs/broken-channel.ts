/**
 * A platform that refuses a whole account (token revoked, application disabled, permission taken away): its queue is held,
 * those who can mend it are told on the other platforms, and one message tries again until it gets through. Nothing is
 * lost and nothing needs a restart. The hold itself is asked for in outbox/claim.ts. An account that may send but no longer
 * hears (another poller, Socket Mode switched off) is the same trouble from the other side; jobs/listen.ts tries again.
 */
import { writeTimers } from '../core/timers/timers.ts';
import type { Turn, Unit } from '../core/unit/unit.ts';
import { platformOf } from '../db/conversations.ts';
import { statement, type Tx } from '../db/database.ts';
import type { Keyring } from '../db/keyring.ts';
import { addTodo, finishTodos } from '../domain/todos/index.ts';
import { isLanguage } from '../lib/i18n.ts';
import { newId } from '../lib/ids.ts';
import { textParam, withTexts, type TextParam } from '../lib/text-params.ts';
import type { LeasedRow } from '../outbox/claim.ts';
import type { Settlement } from '../outbox/settle.ts';

/** The kind of the incident and of the timer that tells people. */
export const CHANNEL_BROKEN = 'channel_broken';

/** Which way is closed: what we send is refused, or what people write does not reach us. */
type Side = 'send' | 'receive';
const TODO_KINDS: Readonly<Record<Side, string>> = { send: CHANNEL_BROKEN, receive: 'channel_deaf' };
/** Refusals to listen that have a remedy of their own; the texts are `incident.cure.<code>`. */
const CURES: ReadonlySet<string> = new Set(['other_poller', 'webhook_active', 'webhook_refused', 'link_disabled']);

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
const OPEN = `kind = '${CHANNEL_BROKEN}' AND subject_id = $1 AND resolved_at IS NULL AND detail ->> 'side' = $2`;
const IS_OPEN = statement('broken-is-open', `SELECT 1 FROM incidents WHERE ${OPEN}`);
const RESOLVE = statement('broken-resolve', `UPDATE incidents SET resolved_at = $3 WHERE ${OPEN} RETURNING id`);
const ADMIN = statement(
  'broken-admin',
  `SELECT id FROM staff WHERE is_active AND roles @> ARRAY['admin'] ORDER BY created_at, id LIMIT 1`,
);
const MENDERS = statement(
  'broken-menders',
  `SELECT s.id AS staff_id, s.language, i.account, i.external_id FROM staff s JOIN identities i ON i.staff_id = s.id
   WHERE s.is_active AND s.roles && ARRAY['admin', 'manager'] AND i.is_reachable ORDER BY s.created_at, s.id, i.account`,
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
  if (settlement.state === 'SENT') {
    await tx.query(HOLD, [row.account, null, null]); // it works again: the queue flows
    await settle(tx, row.account, 'send', now);
  } else await tx.query(AGAIN, [row.account, now]); // says nothing about the account: the next message tries
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
  await alarm(tx, keys, { account, code, side: 'send', now, traceId: row.trace_id });
}

/** The account does not hear any more: alarms, once until it hears again. */
export async function noteDeaf(
  tx: Tx,
  keys: Keyring,
  { account, code, now }: { readonly account: string; readonly code: string; readonly now: Date },
): Promise<void> {
  await tx.query(FIRST, [account]);
  await tx.query(STATE, [account]); // of two processes that meet it at once the first one alarms
  if ((await tx.query(IS_OPEN, [account, 'receive'])).length > 0) return;
  await alarm(tx, keys, { account, code, side: 'receive', now, traceId: newId() });
}

/** The account hears again: what was said about that is closed, and if sends are held one may try now. */
export async function noteHearing(tx: Tx, account: string, now: Date): Promise<void> {
  await tx.query(AGAIN, [account, now]);
  await settle(tx, account, 'receive', now);
}

interface Alarm {
  readonly account: string;
  readonly code: string;
  readonly side: Side;
  readonly now: Date;
  readonly traceId: string;
}

async function alarm(tx: Tx, keys: Keyring, { account, code, side, now, traceId }: Alarm): Promise<void> {
  const incident = newId();
  const cure = textParam(`incident.cure.${side === 'receive' && CURES.has(code) ? code : side}`);
  await tx.query(INCIDENT, [incident, account, JSON.stringify({ account, code, side, cure }), now]);
  const [admin] = await tx.query(ADMIN);
  const role = admin ? 'admin' : 'manager';
  const kind = TODO_KINDS[side];
  await addTodo(tx, { key: todoKey(incident), kind, role, params: { account, code, cure } }, now);
  const payload: Told = { incident, account, code, kind, cure };
  await writeTimers(tx, keys, traceId, [
    { key: `${CHANNEL_BROKEN}:${incident}`, kind: CHANNEL_BROKEN, dueAt: now, payload },
  ]);
}

/** It works again: the incident is closed and the to-do is done. */
async function settle(tx: Tx, account: string, side: Side, now: Date): Promise<void> {
  const incidents = await tx.query<{ id: string }>(RESOLVE, [account, side, now]);
  await finishTodos(
    tx,
    incidents.map(({ id }) => todoKey(id)),
    now,
  );
}

function todoKey(incident: string): string {
  return `${CHANNEL_BROKEN}:${incident}`;
}

/** What people are told. */
type Told = Readonly<Record<'incident' | 'account' | 'code' | 'kind', string>> & { readonly cure: TextParam };

/** Tells administrators and managers, wherever else they can be reached; whom nothing else reaches, where we can still send. */
export async function tellMenders(unit: Unit, turn: Turn, payload: unknown): Promise<void> {
  const { incident, account, code, kind, cure } = payload as Told;
  const { texts } = turn.call.services;
  const menders = await unit.tx.query<MenderRow>(MENDERS);
  const elsewhere = menders.filter((mender) => mender.account !== account);
  const reached = new Set(elsewhere.map((mender) => mender.staff_id));
  const here = kind === TODO_KINDS.receive ? menders.filter(({ staff_id: id }) => !reached.has(id)) : [];
  for (const mender of [...elsewhere, ...here]) {
    const language = isLanguage(mender.language) ? mender.language : 'zh-CN';
    const channel = texts.translate(language, `todo.channel.${platformOf(account)}`);
    turn.effects.send({
      key: `${CHANNEL_BROKEN}:${incident}:${mender.staff_id}:${mender.account}`,
      to: { account: mender.account, chat: mender.external_id },
      purpose: 'STAFF',
      content: {
        kind: 'text',
        text: texts.translate(
          language,
          `todo.${kind}`,
          withTexts({ channel, account, code, cure }, (text) => texts.translate(language, text)),
        ),
      },
    });
  }
}

interface MenderRow {
  readonly staff_id: string;
  readonly language: string;
  readonly account: string;
  readonly external_id: string;
}
