/** The pace counts what the platform counts: messages, of which one row may be several. */
import { beforeEach, expect, test } from 'vitest';
import { SYSTEM_ACTOR } from '../../../src/core/operations/actor.ts';
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
