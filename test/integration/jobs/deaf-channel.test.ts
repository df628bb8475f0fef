/** A platform that lets us send but not listen: people are told once, it is asked again ever less often, and heals by itself. */
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ChannelError, type Channel } from '../../../src/channels/channel.ts';
import { noteDeaf } from '../../../src/jobs/broken-channel.ts';
import { announceTo, listenTo } from '../../../src/jobs/listen.ts';
import type { Database } from '../../../src/db/database.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { until, useCompany, type StaffActor } from '../../invariants/support/company.ts';
import { ScriptedChannel } from '../../invariants/support/scripted-channel.ts';

const company = useCompany();
const { slack, telegram } = company.channels;
let boss: StaffActor;
let stop = new AbortController();
let running: Promise<void> = Promise.resolve();
/** What the platform answers to each try; `undefined` lets us in. */
let answer: (tries: number) => ChannelError | undefined = () => undefined;
let tries = 0;

beforeAll(async () => {
  boss = await company.addStaff('梁总', ['manager'], { slack: 'U04', telegram: '7104' });
});
beforeEach(async () => {
  // In the order in which hearing and not hearing are noted: what the last test began may still be under way.
  await company.db.pool.query('TRUNCATE channel_states, incidents, todos, timers, outbox, outbox_keys');
  for (const channel of [slack, telegram]) channel.sent.length = 0;
  tries = 0;
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await running;
});

function listen(
  { account }: Channel,
  timing = { againMs: 1, steadyMs: 1 },
  hold: NonNullable<Channel['listen']> = letIn,
  database: Pick<Database, 'dedicated' | 'transaction'> = company.base.database,
): void {
  const channel = new ScriptedChannel(account);
  channel.listen = async (...given) => {
    tries += 1;
    const refusal = answer(tries);
    if (refusal) throw refusal;
    await hold(...given);
  };
  const deps = { database, keys: company.base.keys, inbox: company.door(), log: silentLog, timing };
  running = listenTo(channel, deps, stop.signal);
}

/** Lets us listen for as long as we like. */
const letIn: NonNullable<Channel['listen']> = async (_sink, signal, connected) => {
  connected?.();
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
};

const OPEN = `incidents WHERE kind = 'channel_broken' AND resolved_at IS NULL`;
const open = async (): Promise<number> => company.count(OPEN);

/** What his list shows of each row. */
async function titles(list: string, member: 'title' | 'words'): Promise<readonly (string | undefined)[]> {
  const { items } = (await company.call(boss, list, {})) as {
    readonly items: readonly Partial<Record<'title' | 'words', string>>[];
  };
  return items.map((item) => item[member]);
}

describe('a platform that refuses to let us listen', () => {
  test.each([
    ['link_disabled', 'breaker', slack, /Socket Mode 关掉了.*重新打开/],
    ['invalid_auth', 'breaker', slack, /invalid_auth.*检查应用和密钥/],
    ['unauthorized', 'breaker', telegram, /unauthorized.*检查应用和密钥/],
    ['webhook_active', 'park', telegram, /反复给这个 Telegram 机器人登记回调地址/],
    ['other_poller', 'park', telegram, /另有程序在用同一个 Telegram 机器人/],
  ] as const)(
    '(%s) is told in words that say what to do, once, elsewhere and on the list',
    async (code, failure, channel, words) => {
      answer = () => new ChannelError(failure, code);
      listen(channel);
      await until(async () => (await open()) === 1);
      await until(() => tries > 5);
      await company.drain();

      const told = channel === slack ? telegram.said('7104') : slack.said('U04');
      expect(told).toEqual([expect.stringMatching(words)]);
      expect(await titles('task.list', 'title')).toEqual(told);
      expect(await titles('incident.list', 'words')).toEqual([expect.stringMatching(words)]);
      expect(await open()).toBe(1);
    },
  );

  test('does not hold what is sent there, and a message that arrives closes nothing', async () => {
    answer = () => new ChannelError('breaker', 'invalid_auth');
    listen(slack);
    await until(async () => (await open()) === 1);

    await company.call({ kind: 'SYSTEM', id: 'daiban', language: 'zh-CN' }, 'staff.notify', {
      staffId: boss.id,
      text: 'talk.parked',
      params: {},
    });
    await company.drain();

    expect(slack.said('U04')).toHaveLength(1);
    expect(await open()).toBe(1);
  });

  test('and lets us in again has its incident and to-do closed', async () => {
    answer = (n) => (n < 3 ? new ChannelError('breaker', 'invalid_auth') : undefined);
    listen(slack);
    await until(() => tries === 3);
    await until(async () => (await open()) === 0);

    expect(await company.count('incidents')).toBe(1);
    expect(await company.count('todos WHERE done_at IS NULL')).toBe(0);
  });

  test('and lets us in again may take what we send, too: a held message tries at once', async () => {
    await company.db.pool.query(
      `INSERT INTO channel_states (account, broken_until, broken_code, updated_at) VALUES ($1, business_now() + interval '5 minutes', 'unauthorized', now())`,
      [telegram.account],
    );
    await company.call({ kind: 'SYSTEM', id: 'daiban', language: 'zh-CN' }, 'staff.notify', {
      staffId: boss.id,
      text: 'talk.parked',
      params: {},
    });
    await company.drain();
    expect(telegram.said('7104')).toEqual([]);

    answer = () => undefined;
    listen(telegram);
    await until(async () => (await company.count('channel_states WHERE broken_until <= business_now()')) === 1);
    await company.drain();

    expect(telegram.said('7104')).toHaveLength(1);
    expect(await company.count('channel_states WHERE broken_until IS NOT NULL')).toBe(0);
  });

  test('is healed by the process that comes after, too', async () => {
    answer = () => new ChannelError('breaker', 'unauthorized');
    listen(telegram);
    await until(async () => (await open()) === 1);
    stop.abort();
    await running;

    stop = new AbortController();
    answer = () => undefined;
    listen(telegram);

    await until(async () => (await open()) === 0);
  });

  test('is healed though the database was away the moment it should have been noted', async () => {
    const own = company.base.database;
    let isAway = false;
    const transaction: Database['transaction'] = async (work) => {
      if (!isAway) return own.transaction(work);
      isAway = false;
      throw new Error('the database is away');
    };
    answer = (n) => (n === 1 ? new ChannelError('breaker', 'invalid_auth') : undefined);
    const hold: NonNullable<Channel['listen']> = async (...given) => {
      isAway = true;
      await letIn(...given);
    };
    listen(slack, { againMs: 1, steadyMs: 1 }, hold, { dedicated: async () => own.dedicated(), transaction });

    await until(() => tries === 2 && !isAway);
    await until(async () => (await open()) === 0);
  });

  test('is healed by a process that had heard well before another one did not', async () => {
    const { database } = company.base;
    const report = async (): Promise<void> =>
      database.transaction(async (tx) =>
        noteDeaf(tx, company.base.keys, { account: slack.account, code: 'invalid_auth', now: await company.now() }),
      );
    await report();
    answer = () => undefined;
    listen(slack, { againMs: 1, steadyMs: 1 }, async (sink, signal, connected) => {
      if (tries > 1) return letIn(sink, signal, connected);
      connected?.();
      await until(async () => (await open()) === 0);
      await report(); // by whoever takes the account over when this process loses its lock, and ends here
    });
    await until(() => tries === 2);

    await until(async () => (await open()) === 0);
  });

  test('and refuses again while it is still being noted that it let us in, is healed later all the same', async () => {
    const own = company.base.database;
    let transactions = 0;
    let goOn = (): void => undefined;
    const noted = new Promise<void>((resolve) => (goOn = resolve));
    const transaction: Database['transaction'] = async (work) => {
      const isSecond = (transactions += 1) === 2;
      const result = await own.transaction(work);
      if (isSecond) await noted;
      return result;
    };
    answer = (n) => (n === 1 ? new ChannelError('breaker', 'invalid_auth') : undefined);
    const hold: NonNullable<Channel['listen']> = async (sink, signal, connected) => {
      if (tries === 2) {
        connected?.();
        await until(async () => (await open()) === 0);
        throw new ChannelError('breaker', 'invalid_auth');
      }
      goOn();
      await new Promise((resolve) => setImmediate(resolve));
      await letIn(sink, signal, connected);
    };
    listen(slack, { againMs: 1, steadyMs: 1 }, hold, { dedicated: async () => own.dedicated(), transaction });

    await until(() => tries === 3);
    await until(async () => (await open()) === 0);
    expect(await company.count('incidents')).toBe(2);
  });

  test('is told there to those whom nothing else reaches', async () => {
    await company.addStaff('吴总', ['manager'], { slack: 'U05' });
    answer = () => new ChannelError('breaker', 'link_disabled');
    listen(slack);
    await until(async () => (await open()) === 1);
    await company.drain();

    expect(slack.said('U05')).toEqual([expect.stringContaining('Socket Mode 关掉了')]);
    expect([slack.said('U04').length, telegram.said('7104').length]).toEqual([0, 1]);
  });

  test('once or twice while another process is leaving alarms nobody', async () => {
    answer = (n) => (n < 3 ? new ChannelError('park', 'other_poller') : undefined);
    listen(telegram);
    await until(() => tries === 3);

    expect(await company.count('incidents')).toBe(0);
  });

  test('and lets us in only for moments, because another poller takes turns with us, stays reported', async () => {
    answer = () => undefined;
    listen(telegram, { againMs: 1, steadyMs: 30_000 }, async (_sink, _signal, connected) => {
      connected?.();
      throw new ChannelError('park', 'other_poller');
    });

    await until(async () => (await open()) === 1);
    await until(() => tries >= 6);
    expect(await open()).toBe(1);
    expect(await company.count('incidents')).toBe(1);
  });

  test('that was only busy, or not reached, alarms nobody', async () => {
    answer = (n) => (n < 6 ? new ChannelError(n % 2 === 0 ? 'retry' : 'wait', 'network') : undefined);
    listen(telegram);
    await until(() => tries === 6);

    expect(await company.count('incidents')).toBe(0);
  });

  test('is asked again less and less often', async () => {
    answer = () => new ChannelError('breaker', 'invalid_auth');
    const began = performance.now();
    listen(slack, { againMs: 4, steadyMs: 1 });
    await until(() => tries === 7);

    // 4, 8, 16, 32, 64 and 128 ms at least lie between seven tries; evenly it would be 24.
    expect(performance.now() - began).toBeGreaterThan(240);
  });
});

describe('a platform that is told our address', () => {
  const told: string[] = [];
  let noted = 0;

  function announce(): void {
    told.length = 0;
    noted = 0;
    const channel: Channel = new ScriptedChannel(telegram.account);
    channel.useWebhook = async (url) => {
      told.push(url);
      const refusal = answer(told.length);
      if (refusal) throw refusal;
    };
    const { database, keys } = company.base;
    const transaction: Database['transaction'] = async (work) => {
      noted += 1;
      return database.transaction(work);
    };
    const deps = { database: { transaction }, keys, log: silentLog, timing: { againMs: 1, steadyMs: 1 } };
    running = announceTo(channel, 'https://bot.example.com/hook', deps, stop.signal);
  }

  test('and refuses it is asked again; people hear of it in words that say what to do, and it closes by itself', async () => {
    let isMended = false;
    answer = () => (isMended ? undefined : new ChannelError('our_fault', 'webhook_refused'));
    announce();
    await until(async () => (await open()) === 1);
    await company.drain();
    expect(slack.said('U04')).toEqual([expect.stringMatching(/Telegram 不接受 PUBLIC_URL/)]);

    isMended = true;
    await until(async () => (await open()) === 0);

    expect(new Set(told)).toEqual(new Set(['https://bot.example.com/hook']));
    expect(await company.count('incidents')).toBe(1);
  });

  test('and takes it is told once, and whatever was open is closed', async () => {
    answer = () => undefined;
    announce();
    await until(() => noted > 0);

    expect(told).toHaveLength(1);
    expect(await company.count('incidents')).toBe(0);
  });
});
