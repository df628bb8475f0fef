/** The chaos run in its short form (`npm run chaos` is the long one): real processes, killed where it hurts most. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useDatabase } from '../support/database.ts';
import { describeWithRedis, useRedis } from '../support/redis.ts';
import { Fleet } from './support/fleet.ts';
import { CANARY, Office } from './support/office.ts';

describe('an office under fire', () => {
  const db = useDatabase();
  let office: Office;
  let phone = 13_800_500_000;

  beforeAll(async () => {
    office = await Office.open({ code: await Fleet.build(), databaseUrl: db.url });
  }, 120_000);
  afterAll(async () => office?.close(), 60_000);

  /** Three salespeople and a stranger write at once, every delivery three times in parallel. */
  async function wave(): Promise<void> {
    const people = ['xiaolin', 'xiaohe', 'xiaosong'];
    await Promise.all([
      ...people.map(async (person) => office.newLead(person, String((phone += 1)))),
      office.sayAsCustomer(String(90_000_000 + (phone % 1_000)), `${CANARY.name} ${CANARY.phone} ${CANARY.idCard}`),
    ]);
  }

  test('killed between commit and answer, in the middle of a turn and while sealing: every message has its effect once', async () => {
    await Promise.all([
      office.fleet.arm('web', 'inbox.committed'),
      office.fleet.arm('worker', 'turn.flushed'),
      office.fleet.arm('scheduler', 'audit.chained'),
    ]);

    await wave();
    await Promise.all([
      office.fleet.died('inbox.committed', 'web'),
      office.fleet.died('turn.flushed', 'worker'),
      office.fleet.died('audit.chained', 'scheduler'),
    ]);
    await office.quiet();

    expect(await office.findings()).toEqual([]);
    expect(await office.unknown()).toEqual([]);
  }, 90_000);

  test('killed between the platform’s answer and our note of it: nothing is shown twice, what cannot be known is listed', async () => {
    await office.fleet.arm('worker', 'outbox.sent');

    await wave();
    await office.fleet.died('outbox.sent', 'worker');
    await office.letLeasesRunOut();
    await office.quiet();

    expect(await office.findings()).toEqual([]);
  }, 90_000);

  test('connections cut after the platform took a message, and a storm of 429: each message on a phone once', async () => {
    let calls = 0;
    office.platforms.trouble = (_platform, method) => {
      calls += 1;
      if (!/send|post/i.test(method)) return undefined;
      return calls % 3 === 0 ? { kind: 'cut' } : calls % 3 === 1 ? { kind: 'busy', seconds: 1 } : undefined;
    };

    await wave();
    await office.until('some calls', () => calls >= 6);
    office.platforms.trouble = () => undefined;
    await office.quiet();

    expect(await office.findings()).toEqual([]);
  }, 90_000);

  test('two reviewers tap in the same moment on Slack and Telegram: one decision, one loan, both cards show it', async () => {
    const application = await office.newCase('xiaolin', String((phone += 1)));
    const cards = await Promise.all([
      office.cardOf('slack', 'U0QIAN001', application),
      office.cardOf('telegram', '71020001', application),
    ]);

    await Promise.all([
      office.press('slack', 'U0QIAN001', cards[0], 'approve'),
      office.press('telegram', '71020001', cards[1], 'approve'),
    ]);
    await office.quiet();

    expect(await office.count(`loans WHERE application_id = '${application.id}'`)).toBe(1);
    expect(await office.count(`cards WHERE state = 'OPEN'`)).toBe(0);
    expect(await office.findings()).toEqual([]);
  }, 90_000);

  test('the database drops every connection while messages are handled and sent, and the clock jumps by an hour: nothing is missing', async () => {
    const cut = async (): Promise<unknown> =>
      office.pool.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'daiban'`,
      );

    const writing = wave();
    await cut();
    await office.jump(3_600_000);
    await writing;
    await cut();
    await wave();
    await office.quiet();
    await office.letLeasesRunOut();
    await office.quiet();

    expect(await office.findings()).toEqual([]);
  }, 90_000);

  test('asked to leave, every process ends by itself with what it was doing done', async () => {
    await office.fleet.stop();

    expect(office.fleet.crashes).toEqual([]);
    expect(await office.count(`outbox WHERE state = 'LEASED'`)).toBe(0);
  }, 60_000);
});

describeWithRedis('an office that wakes through Redis', () => {
  const db = useDatabase();
  const redis = useRedis();
  let office: Office;

  beforeAll(async () => {
    office = await Office.open({ code: await Fleet.build(), databaseUrl: db.url, redisUrl: redis.url });
  }, 120_000);
  afterAll(async () => office?.close(), 60_000);

  test('Redis flushed and killed under load costs delay, nothing else', async () => {
    const writing = Array.from({ length: 8 }, async (_, i) =>
      office.newLead(['xiaolin', 'xiaohe', 'xiaosong'][i % 3] ?? '', String(13_800_600_000 + i)),
    );
    await redis.flush();
    await Promise.all(writing.slice(0, 4));
    await redis.restart();
    await redis.flush();
    await Promise.all(writing);
    await office.quiet();

    expect(await office.findings()).toEqual([]);
  }, 90_000);
});
