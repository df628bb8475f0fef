/** The pace counts what the platform counts: messages, of which one row may be several. */
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { ChannelError } from '../../../src/channels/channel.ts';
import { SYSTEM_ACTOR } from '../../../src/core/operations/actor.ts';
import type { MessageContent } from '../../../src/core/operations/effects.ts';
import { inUnit } from '../../../src/core/unit/unit.ts';
import { useCompany } from '../../invariants/support/company.ts';

const company = useCompany();
const CHAT = 'xiaolin';

beforeEach(async () => {
  await company.db.pool.query('TRUNCATE outbox, outbox_keys, pace_buckets');
  company.channels.wecom.sent.length = 0;
  // Half of it may go at once, the other half is spread over the minute.
  company.channels.wecom.pace = [{ scope: 'chat', count: 8, windowMs: 60_000 }];
});

async function say(texts: readonly string[]): Promise<void> {
  await inUnit(company.base.unit, async (unit) => {
    const { effects } = unit.turn({ actor: SYSTEM_ACTOR, via: 'test', traceId: 't' });
    for (const text of texts)
      effects.send({
        to: { account: company.channels.wecom.account, chat: CHAT },
        purpose: 'STAFF',
        content: { kind: 'text', text },
      });
  });
}

/** How many messages leave without waiting. */
async function leaveAtOnce(): Promise<number> {
  const { deliverer } = company.worker();
  while ((await deliverer.run()) > 0);
  return company.channels.wecom.sent.length;
}

test('of short texts as many leave at once as half of what the platform allows', async () => {
  await say(['一', '二', '三', '四', '五']);

  expect(await leaveAtOnce()).toBe(4);
});

test('of texts that become two messages each only half as many do', async () => {
  await say(['一', '二', '三', '四', '五'].map((text) => text.repeat(1_000)));

  expect(await leaveAtOnce()).toBe(2);
});

test('one that is longer than what may go at once waits for a free chat and then goes', async () => {
  await say(['一'.repeat(20_000), '二']);

  expect(await leaveAtOnce()).toBe(1);
});

/** Lets everything leave that may leave now; gives what went out, in order. */
async function sentNow(): Promise<readonly string[]> {
  await leaveAtOnce();
  return company.channels.wecom.sent.map(({ to, content }) =>
    content.kind === 'text' || content.kind === 'tap_answer' ? `${to.chat} ${content.text}` : content.kind,
  );
}

async function put(chat: string, content: MessageContent): Promise<void> {
  await inUnit(company.base.unit, async (unit) => {
    const { effects } = unit.turn({ actor: SYSTEM_ACTOR, via: 'test', traceId: 't' });
    effects.send({ to: { account: company.channels.wecom.account, chat }, purpose: 'STAFF', content });
  });
}

test('an answer to a press waits neither for the pace nor for what stands before it in its chat', async () => {
  await say(['一', '二', '三', '四', '五', '六']);
  await put(CHAT, { kind: 'tap_answer', tap: { query: 'q-1' }, text: '已处理', alert: false });

  expect(await sentNow()).toEqual([`${CHAT} 已处理`, ...['一', '二', '三', '四'].map((text) => `${CHAT} ${text}`)]);
});

test('a chat that the platform tells to wait keeps no other chat waiting', async () => {
  const { wecom } = company.channels;
  const { onSend } = wecom;
  onTestFinished(() => void (wecom.onSend = onSend));
  wecom.onSend = async (intent) => {
    if (intent.to.chat === CHAT) throw new ChannelError('wait', '429', { retryAfterMs: 3_600_000 });
    return { providerId: intent.id };
  };
  await say(['一', '二']);
  for (const chat of ['zhaoliu', 'qianqi']) await put(chat, { kind: 'text', text: '三' });

  await leaveAtOnce();

  expect(await company.count(`outbox WHERE state = 'SENT' AND chat IN ('zhaoliu', 'qianqi')`)).toBe(2);
  expect(await company.count(`outbox WHERE state = 'SENT' AND chat = '${CHAT}'`)).toBe(0);
});

test('what the pace holds back is looked for when it falls due, not at the next round', async () => {
  company.channels.wecom.pace = [{ scope: 'chat', count: 1, windowMs: 1_050 }];
  await say(['一', '二']);
  await put('zhaoliu', { kind: 'text', text: '三' });
  const asked: number[] = [];
  const { deliverer } = company.worker({ lookAgain: (inMs) => asked.push(inMs) });

  while ((await deliverer.run()) > 0);

  expect(company.channels.wecom.sent).toHaveLength(2);
  expect(asked.filter((inMs) => inMs > 0)).toEqual([expect.closeTo(1_050, -2.5)]);
});
