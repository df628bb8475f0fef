/** Invariant 5: PostgreSQL is the only truth. Redis carries hints: FLUSHALL at any moment costs delay, nothing else. */
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { afterEach, expect, test, vi } from 'vitest';
import { BullWake } from '../../src/jobs/bull-wake.ts';
import { Interactive, type HeldAnswer } from '../../src/jobs/interactive.ts';
import { Loop } from '../../src/jobs/loop.ts';
import { NotifyWake } from '../../src/jobs/wake.ts';
import { silentLog } from '../../src/lib/log.ts';
import { describeWithRedis, useRedis } from '../support/redis.ts';
import { until, useCompany } from './support/company.ts';

const company = useCompany();
const CANARY = '13877776666';
/** An event no test of this file has. */
const REQUEST = 5_151_515n;
const leaving: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const leave of leaving.splice(0)) await leave();
});

async function waiting(): Promise<number> {
  return company.count(`inbox WHERE state = 'NEW'`);
}

function loopOf(work: () => Promise<number>): Loop {
  const loop = new Loop({ name: 'inbox', work, intervalMs: 30, log: silentLog });
  leaving.push(async () => loop.stop());
  return loop;
}

test('with every hint lost the work is found by looking: a committed event is handled within the sweep interval', async () => {
  const { turns } = company.worker();
  const loop = loopOf(async () => turns.run());
  loop.start();
  await loop.settled();

  await company.say(company.channels.telegram, 'u1', 'hello');

  await until(async () => (await waiting()) === 0);
});

test('a loop whose work fails, because the store is away, looks again by itself', async () => {
  let tries = 0;
  const loop = loopOf(async () => {
    tries += 1;
    if (tries === 1) throw new Error('away');
    return 0;
  });

  loop.start();

  await until(() => tries >= 2);
});

test('a process that lost its listening connection listens again, and hears what others commit', async () => {
  const [one, other] = [company.worker().database, company.worker().database];
  const speaking = await new NotifyWake(one, silentLog).open();
  const listening = await new NotifyWake(other, silentLog).open();
  leaving.push(
    async () => speaking.close(),
    async () => listening.close(),
  );
  let heard = 0;
  listening.on('outbox', () => (heard += 1));
  const listeners = `pg_stat_activity WHERE datname = current_database() AND query = 'LISTEN daiban'`;
  const { rows } = await company.db.pool.query<{ pid: number }>(
    `SELECT pid, pg_terminate_backend(pid) FROM ${listeners}`,
  );
  await until(
    async () => (await company.count(`${listeners} AND pid <> ALL ($1)`, [rows.map(({ pid }) => pid)])) === 2,
  );

  speaking.signal('outbox');

  await until(() => heard > 0);
});

describeWithRedis('with Redis', () => {
  const redis = useRedis();

  test('flushed and restarted under load, nothing is lost, done twice or out of order, and Redis never holds more than topics', async () => {
    const { telegram } = company.channels;
    telegram.sent.length = 0;
    const sending = new BullWake(redis.url, false, silentLog);
    const taking = new BullWake(redis.url, true, silentLog);
    leaving.push(
      async () => sending.close(),
      async () => taking.close(),
    );
    const { turns } = company.worker();
    const loop = loopOf(async () => turns.run());
    taking.on('inbox', () => loop.wake());
    loop.start();

    for (let i = 0; i < 60; i += 1) {
      await company.say(telegram, `r${i % 6}`, `${CANARY} ${i}`);
      sending.signal('inbox');
      if (i % 10 === 3) await redis.flush();
      if (i === 30) await redis.restart();
      if (i % 20 === 9) expect(await contentOf(redis.url)).not.toContain(CANARY);
    }
    await until(async () => (await waiting()) === 0);
    await company.drain();

    expect(
      await company.count(
        `timeline_items WHERE direction = 'IN' AND conversation_id IN (SELECT id FROM conversations WHERE chat LIKE 'r%')`,
      ),
    ).toBe(60);
    expect(await company.count(`inbox WHERE state <> 'DONE'`)).toBe(0);
    expect(telegram.sent.filter(({ to }) => to.chat.startsWith('r'))).toHaveLength(
      await company.count(`outbox WHERE chat LIKE 'r%'`),
    );
  });

  /** One that only gives hints, and two that also take them. */
  function threeProcesses(): Readonly<Record<'sender' | 'worker' | 'other', BullWake>> {
    const wake = (works: boolean): BullWake => {
      const one = new BullWake(redis.url, works, silentLog);
      leaving.push(async () => one.close());
      return one;
    };
    return { sender: wake(false), worker: wake(true), other: wake(true) };
  }

  test('a hint reaches a process that listens to its topic, whatever other processes take hints of theirs', async () => {
    const { sender, worker, other: scheduler } = threeProcesses();
    let woken = 0;
    worker.on('inbox', () => (woken += 1));
    scheduler.on('timers', () => undefined);

    for (let n = 1; n <= 5; n += 1) {
      sender.signal('inbox');
      await until(() => woken >= n);
    }

    expect(woken).toBe(5);
  });

  test('a process that waits for answers, but sends none itself, takes no hint meant for the senders, and heeds its own', async () => {
    const { sender, worker, other: web } = threeProcesses();
    const { database, keys } = company.base;
    const patienceMs = 3_600_000; // looks by itself every four minutes only
    const asks = vi.spyOn(web, 'on');
    const interactive = new Interactive({ database, keys, wake: web, followUp: async () => undefined, patienceMs });
    expect(asks).not.toHaveBeenCalled(); // which of two that ask is given a hint is chance
    const heard = { worker: 0, web: 0 };
    worker.on('outbox', () => (heard.worker += 1));
    web.overhear('outbox', () => (heard.web += 1));

    for (let n = 1; n <= 10; n += 1) {
      sender.signal('outbox');
      await until(() => heard.worker >= n);
    }

    expect(heard).toEqual({ worker: 10, web: 0 });
    let answer: HeldAnswer | undefined;
    const waiting = interactive.wait(REQUEST).then((held) => (answer = held));
    await leaveAnswer(REQUEST);
    await until(() => {
      web.signal('outbox');
      return answer !== undefined;
    });
    await waiting;
    expect(answer?.answer.kind).toBe('text');
  });

  /** What a turn left for the request that its event came with. */
  async function leaveAnswer(inboxId: bigint): Promise<void> {
    const { id } = await company.addStaff('小林', ['sales'], { telegram: '5151' });
    const system = { kind: 'SYSTEM', id: 'daiban', language: 'zh-CN' } as const;
    await company.call(system, 'staff.notify', { staffId: id, text: 'talk.parked', params: {} });
    const sql = `UPDATE outbox SET lane = 'INTERACTIVE', inbox_id = $1 WHERE chat = '5151'`;
    await company.db.pool.query(sql, [inboxId]);
  }

  test('of any number of hints one waits for each topic, and nothing is left of those that were taken', async () => {
    await redis.flush();
    const senders = Array.from({ length: 25 }, () => new BullWake(redis.url, false, silentLog));
    leaving.push(...senders.map((sender) => async () => sender.close()));
    await until(async () => {
      for (const sender of senders) sender.signal('inbox');
      return (await given()) >= 100;
    });

    expect(await numberOf((client) => client.llen(`${QUEUE}:wait`))).toBe(1);
    const taking = new BullWake(redis.url, true, silentLog);
    leaving.push(async () => taking.close());
    taking.on('inbox', () => undefined);
    await until(async () => (await numberOf(async (client) => (await client.keys(`${QUEUE}:[0-9]*`)).length)) === 0);
    expect(await numberOf((client) => client.xlen(`${QUEUE}:events`))).toBeLessThan(500);
  });

  test('a hint that comes while one is in hand is kept: its taker may have looked before it was given', async () => {
    await redis.flush();
    const [sender, connection] = [new BullWake(redis.url, false, silentLog), new Redis(redis.url, PATIENT)];
    await until(async () => {
      sender.signal('inbox');
      return (await given()) > 0;
    });
    const hand: { open: () => void } = { open: () => undefined };
    const open = new Promise<void>((resolve) => (hand.open = resolve));
    let taken = 0;
    const take = async (): Promise<void> => {
      taken += 1;
      await open;
    };
    const taker = new Worker(QUEUE.slice('bull:'.length), take, { connection });
    leaving.push(
      async () => sender.close(),
      async () => taker.close(true),
      async () => connection.disconnect(),
    );
    await until(() => taken === 1);
    const before = await given();

    sender.signal('inbox');
    await until(async () => (await given()) > before);
    hand.open();

    await until(() => taken === 2);
  });

  /** How many hints were ever given. */
  async function given(): Promise<number> {
    return numberOf(async (client) => Number(await client.get(`${QUEUE}:id`)));
  }

  async function numberOf(question: (client: Redis) => Promise<number>): Promise<number> {
    const client = new Redis(redis.url);
    try {
      return await question(client);
    } finally {
      client.disconnect();
    }
  }
});

const QUEUE = 'bull:daiban-wake-inbox';
const PATIENT = { maxRetriesPerRequest: null };

/** Everything a Redis knows, as one text. */
async function contentOf(url: string): Promise<string> {
  const client = new Redis(url, { retryStrategy: () => null });
  client.on('error', () => undefined);
  try {
    const parts: string[] = [];
    for (const key of await client.keys('*')) parts.push(key, JSON.stringify(await client.dump(key)));
    return parts.join('\n');
  } finally {
    client.disconnect();
  }
}
