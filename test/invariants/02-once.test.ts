/** Invariant 2: however often an event is delivered, and however many workers run, it takes effect once. */
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { inUnit } from '../../src/core/unit/unit.ts';
import { forgetDeliveries } from '../../src/inbox/receive.ts';
import { until, useCompany } from './support/company.ts';

const company = useCompany();

beforeAll(async () => {
  await company.addStaff('小林', ['sales'], { wecom: 'xiaolin' });
});

describe('one event, many deliveries', () => {
  test('a hundred parallel deliveries to each of two processes, handled by three workers, make one lead and one answer', async () => {
    const { wecom } = company.channels;
    const event = wecom.message('xiaolin', '新客户 何女士 13800006612 想贷30万周转', ['msg-1', 'msg-1-alias']);
    const doors = [company.door(), company.door()];
    const workers = [company.worker(), company.worker(), company.worker()];

    const hundred = Array.from({ length: 100 });
    await Promise.all(doors.flatMap((door) => hundred.map(async () => door.receive([event]))));
    await Promise.all(workers.map(async ({ turns }) => turns.run()));
    await Promise.all(workers.map(async ({ deliverer }) => deliverer.run()));
    const answers = wecom.said('xiaolin').length;
    await company.drain();

    expect(await company.count('inbox')).toBe(1);
    expect(await company.count('leads')).toBe(1);
    expect(await company.count(`timeline_items WHERE direction = 'IN'`)).toBe(1);
    expect(answers).toBeGreaterThan(0);
    expect(wecom.sent).toHaveLength(await company.count('outbox'));
    expect(new Set(wecom.sent.map((intent) => intent.id)).size).toBe(wecom.sent.length);
  });

  test('a message that one worker is sending is left alone by all others', async () => {
    const { telegram } = company.channels;
    const answers: (() => void)[] = [];
    const answer = (): void => answers.splice(0).forEach((give) => give());
    onTestFinished(answer);
    await company.say(telegram, 'u1', 'hello');
    const [first, second] = [company.worker(), company.worker()];
    await first.turns.run();
    telegram.onSend = async () => new Promise((resolve) => answers.push(() => resolve({ providerId: 'p' })));
    const sending = first.deliverer.run();
    await until(() => answers.length > 0);

    const other = second.deliverer.run();
    await Promise.race([other, until(() => telegram.sent.length > 1)]);
    const sends = telegram.sent.length;
    telegram.onSend = async (intent) => ({ providerId: intent.id });
    answer();
    await Promise.all([sending, other]);

    expect(sends).toBe(1);
  });

  test('a delivery that shares only one of its keys with an earlier one is the same event', async () => {
    const { wecom } = company.channels;
    const door = company.door();

    const first = await door.receive([wecom.message('xiaolin', '帮助', ['msg-2', 'retry-2'])]);
    const second = await door.receive([wecom.message('xiaolin', '帮助', ['msg-2b', 'retry-2'])]);

    expect(first[0]).toBeDefined();
    expect(second[0]).toBeUndefined();
  });

  test('a delivery is remembered for thirty days, however often the old ones are cleared away', async () => {
    const { wecom } = company.channels;
    const door = company.door();
    const deliver = async (): Promise<boolean> =>
      (await door.receive([wecom.message('xiaolin', '帮助', ['msg-30'])]))[0] !== undefined;
    const age = async (days: number): Promise<void> => {
      await company.db.pool.query(`UPDATE inbox_keys SET at = business_now() - make_interval(days => $1)`, [days]);
      await forgetDeliveries(company.base.database);
    };
    expect(await deliver()).toBe(true);

    await age(29);
    expect(await deliver()).toBe(false);
    await age(31);
    expect(await deliver()).toBe(true);
  });

  test('twins inside one batch of deliveries are stored once', async () => {
    const { wecom } = company.channels;
    const twin = wecom.message('xiaolin', '帮助', ['msg-3']);

    const stored = await company.door().receive([twin, { ...twin }]);

    expect(stored.filter(Boolean)).toHaveLength(1);
  });

  test('an outbox key is used once for ever, whoever writes it again', async () => {
    const { telegram } = company.channels;
    const actor = { kind: 'SYSTEM', id: 'daiban', language: 'zh-CN' } as const;
    const remind = async (): Promise<void> =>
      inUnit(company.base.unit, async (unit) => {
        const to = { account: telegram.account, chat: 'u-once' };
        const content = { kind: 'text', text: '本期应还 1,050.00 元' } as const;
        unit.turn({ actor, via: 'test' }).effects.send({ key: 'remind:1:1:dueDay', to, purpose: 'STAFF', content });
      });
    const written = async (): Promise<number> =>
      company.count(`outbox o JOIN timeline_items t ON t.outbox_id = o.id WHERE o.chat = 'u-once'`);

    await Promise.all([remind(), remind()]);
    expect(await written()).toBe(1);
    await company.drain();
    await company.db.pool.query(`DELETE FROM outbox WHERE chat = 'u-once'`); // as when its month is dropped
    await remind();
    await company.drain();

    expect(await written()).toBe(0);
    expect(telegram.said('u-once')).toHaveLength(1);
  });
});
