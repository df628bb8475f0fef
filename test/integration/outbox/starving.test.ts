/** A platform that hangs, and a hundred thousand messages that wait for one platform, keep nobody waiting on the others. */
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import type { Receipt } from '../../../src/channels/channel.ts';
import { SYSTEM_ACTOR } from '../../../src/core/operations/actor.ts';
import { inUnit } from '../../../src/core/unit/unit.ts';
import { statements } from '../../../src/db/database.ts';
import { until, useCompany } from '../../invariants/support/company.ts';
import type { ScriptedChannel } from '../../invariants/support/scripted-channel.ts';

const company = useCompany();
const { telegram, wecom } = company.channels;

beforeEach(async () => {
  await company.db.pool.query('TRUNCATE outbox, outbox_keys, pace_buckets');
  telegram.sent.length = 0;
  wecom.sent.length = 0;
});

async function write(channel: ScriptedChannel, chats: readonly string[]): Promise<void> {
  await inUnit(company.base.unit, async (unit) => {
    const { effects } = unit.turn({ actor: SYSTEM_ACTOR, via: 'test', traceId: 't' });
    for (const chat of chats)
      effects.send({
        to: { account: channel.account, chat },
        purpose: 'STAFF',
        content: { kind: 'text', text: 'hello' },
      });
  });
}

/** From now on Telegram takes messages and does not answer until it is let go. */
function hang(): () => void {
  const { onSend } = telegram;
  let letGo: (receipt: Receipt) => void = () => undefined;
  const held = new Promise<Receipt>((resolve) => (letGo = resolve));
  telegram.onSend = async () => held;
  onTestFinished(() => {
    telegram.onSend = onSend;
  });
  return () => letGo({ providerId: 'late' });
}

const strangers = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `7700${index}`);

test('a platform that hangs with more messages than may be under way keeps no other platform waiting', async () => {
  const letGo = hang();
  await write(telegram, strangers(100));
  const { deliverer } = company.worker();
  const hanging = deliverer.run();
  await until(() => telegram.sent.length > 0);

  await write(wecom, ['xiaolin', 'xiaohe']);
  await deliverer.run();

  expect(wecom.sent.map(({ to }) => to.chat)).toEqual(['xiaolin', 'xiaohe']);
  expect(telegram.sent).toHaveLength(64);
  letGo();
  await hanging;
});

test('answers of the turns go out at once beside it', async () => {
  const letGo = hang();
  await write(telegram, strangers(100));
  const worker = company.worker({ direct: true });
  const hanging = worker.deliverer.run();
  await until(() => telegram.sent.length > 0);

  await company.say(wecom, 'nobody', '你好');
  await worker.turns.run();
  await worker.deliverer.idle();

  expect(wecom.sent.map(({ to }) => to.chat)).toEqual(['nobody']);
  letGo();
  await hanging;
});

test('what waits behind a message that has gone out is looked for while the rest of the same claim hangs', async () => {
  const letGo = hang();
  await write(telegram, ['77001']);
  await write(wecom, ['xiaolin', 'xiaolin']);
  const looks: number[] = [];
  const { deliverer } = company.worker({ lookAgain: (inMs) => void looks.push(inMs) });

  const hanging = deliverer.run();
  await until(() => looks.length > 0);
  await deliverer.run();

  expect(looks).toEqual([0]);
  expect(wecom.sent).toHaveLength(2);
  letGo();
  await hanging;
});

test('a claim reads the rows in the order in which they go out, however many wait behind them', async () => {
  const client = await company.db.pool.connect();
  try {
    await client.query('SET enable_seqscan = off');
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(
      `EXPLAIN (GENERIC_PLAN) ${statements.get('outbox-candidates')?.text ?? ''}`,
    );
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');

    expect(plan).toContain('Merge Append');
    expect(plan).toMatch(/Index Cond: \(\(account = want\.account\) AND \(due_at <= /);
    expect(plan).not.toMatch(/-> {2}Sort /);
  } finally {
    client.release(true);
  }
});
