/**
 * Invariant 6: kill -9 at any instruction loses nothing. A send whose outcome is unknown is visible as `unknown` and
 * follows the channel's rule; it is never blindly repeated. (Real kills: test/chaos.)
 */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ChannelError, type Receipt } from '../../src/channels/channel.ts';
import { until, useCompany, type StaffActor, type Worker } from './support/company.ts';

const company = useCompany();
const SYSTEM = { kind: 'SYSTEM', id: 'daiban', language: 'zh-CN' } as const;
const people: Partial<Record<'wecom' | 'telegram' | 'slack', StaffActor>> = {};

beforeAll(async () => {
  people.wecom = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin' });
  people.telegram = await company.addStaff('周敏', ['reviewer'], { telegram: '7102' });
  people.slack = await company.addStaff('老赵', ['approver'], { slack: 'U0ZHAO' });
});
beforeEach(async () => {
  await company.db.pool.query('TRUNCATE outbox, outbox_keys, todos, incidents, timers');
  for (const channel of Object.values(company.channels)) {
    channel.sent.length = 0;
    channel.onSend = async (intent) => ({ providerId: `p${intent.id}` });
  }
});

async function tell(platform: 'wecom' | 'telegram' | 'slack'): Promise<void> {
  await company.call(SYSTEM, 'staff.notify', { staffId: people[platform]?.id, text: 'talk.parked', params: {} });
}

interface Row {
  readonly state: string;
  readonly error_code: string | null;
  readonly provider_id: string | null;
  readonly attempts: number;
}

async function row(): Promise<Row> {
  const { rows } = await company.db.pool.query<Row>('SELECT state, error_code, provider_id, attempts FROM outbox');
  expect(rows).toHaveLength(1);
  return rows[0] as Row;
}

/** A worker that has taken the message and called the platform, and will never hear the answer. */
async function dieWhileSending(
  platform: 'wecom' | 'telegram' | 'slack',
): Promise<{ readonly worker: Worker; readonly wakeUp: (receipt: Receipt) => Promise<void> }> {
  const worker = company.worker();
  const answer: { give?: (receipt: Receipt) => void } = {};
  company.channels[platform].onSend = async () => new Promise<Receipt>((resolve) => (answer.give = resolve));
  const run = worker.deliverer.run();
  await until(() => answer.give !== undefined);
  company.channels[platform].onSend = async (intent) => ({ providerId: `second${intent.id}` });
  return {
    worker,
    wakeUp: async (receipt) => {
      answer.give?.(receipt);
      await run;
    },
  };
}

/** The lease and as much time as `seconds` go by. */
async function later(seconds: number): Promise<void> {
  await company.db.pool.query(
    `UPDATE outbox SET lease_until = lease_until - make_interval(secs => $1), sending_at = sending_at - make_interval(secs => $1), due_at = due_at - make_interval(secs => $1),
       unclear_since = unclear_since - make_interval(secs => $1)`,
    [seconds],
  );
}

describe('a process dies while it sends', () => {
  test('where a repetition would be seen twice the message becomes unknown with a to-do, and no worker sends it again', async () => {
    await tell('telegram');
    await dieWhileSending('telegram');
    const other = company.worker();

    await other.deliverer.sweep();
    expect((await row()).state).toBe('LEASED');
    await later(31);
    await other.deliverer.sweep();
    await other.deliverer.run();

    expect(await row()).toMatchObject({ state: 'UNKNOWN', error_code: 'lease_expired', attempts: 1 });
    expect(company.channels.telegram.sent).toHaveLength(1);
    expect(await company.count(`todos WHERE kind = 'unknown_send' AND done_at IS NULL`)).toBe(1);
    expect(await company.count(`incidents WHERE kind = 'outbox.unknown'`)).toBe(1);
  });

  test('where the platform drops a repetition the message is sent again, while it does so', async () => {
    await tell('wecom');
    await dieWhileSending('wecom');
    const other = company.worker();

    await later(31);
    await other.deliverer.sweep();
    await other.deliverer.run();

    expect(await row()).toMatchObject({ state: 'SENT', attempts: 2 });
    expect(company.channels.wecom.sent.map((intent) => intent.id)).toEqual([
      company.channels.wecom.sent[0]?.id,
      company.channels.wecom.sent[0]?.id,
    ]);
  });

  test('after an outage longer than the platform’s memory (4 h on WeCom) it is not sent again but unknown', async () => {
    await tell('wecom');
    await dieWhileSending('wecom');
    const other = company.worker();

    await later(14_401);
    await other.deliverer.sweep();
    await other.deliverer.run();

    expect((await row()).state).toBe('UNKNOWN');
    expect(company.channels.wecom.sent).toHaveLength(1);
  });

  test('an ambiguous answer whose repetition was due just when a long outage began is not repeated after it either', async () => {
    await tell('wecom');
    const { deliverer } = company.worker();
    company.channels.wecom.onSend = async () => {
      throw new ChannelError('unknown', 'timeout');
    };
    await deliverer.run();
    expect(await row()).toMatchObject({ state: 'PENDING', error_code: 'unclear:timeout' });

    await later(14_401);
    await deliverer.run();

    expect((await row()).state).toBe('UNKNOWN');
    expect(company.channels.wecom.sent).toHaveLength(1);
  });

  test('messages that two processes died with go out by and by: one that they died of must not take the others along each time', async () => {
    for (let n = 0; n < 2; n += 1) await tell('wecom');
    await company.db.pool.query(
      `UPDATE outbox SET state = 'LEASED', attempts = CASE WHEN id = (SELECT min(id) FROM outbox) THEN 1 ELSE 2 END, lease_token = gen_random_uuid(),
         sending_at = clock_timestamp(), lease_until = clock_timestamp() - interval '1 second', due_at = business_now() - interval '1 minute'`,
    );
    const before = await company.now();

    await company.worker().deliverer.sweep();

    const { rows } = await company.db.pool.query<{ state: string; is_later: boolean }>(
      'SELECT state, due_at >= $1 AS is_later FROM outbox ORDER BY attempts',
      [before],
    );
    expect(rows).toEqual([
      { state: 'PENDING', is_later: false },
      { state: 'PENDING', is_later: true },
    ]);
  });

  test('the answer to a press whose content is damaged keeps no other message from being taken back', async () => {
    await tell('telegram');
    await tell('slack');
    await company.db.pool.query(
      `UPDATE outbox SET kind = 'tap_answer', sealed_payload = '\\x00' WHERE account LIKE 'slack:%'`,
    );
    await company.db.pool.query(
      `UPDATE outbox SET state = 'LEASED', attempts = 1, lease_token = gen_random_uuid(), sending_at = clock_timestamp(), lease_until = clock_timestamp() - interval '1 second'`,
    );

    await company.worker().deliverer.sweep();

    expect(await company.count(`outbox WHERE state = 'UNKNOWN'`)).toBe(2);
  });

  test('a worker that wakes up after its lease has run out changes nothing any more', async () => {
    await tell('wecom');
    const { wakeUp } = await dieWhileSending('wecom');
    const other = company.worker();
    await later(31);
    await other.deliverer.sweep();
    await other.deliverer.run();

    await wakeUp({ providerId: 'too late' });

    const { provider_id: providerId } = await row();
    expect(providerId).toMatch(/^second/);
  });

  test('a worker that still sends keeps its lease alive', async () => {
    await tell('telegram');
    const { worker, wakeUp } = await dieWhileSending('telegram');
    await later(25);
    await worker.deliverer.beat();
    await later(25);

    await company.worker().deliverer.sweep();
    await wakeUp({ providerId: 'in time' });

    expect(await row()).toMatchObject({ state: 'SENT', provider_id: 'in time' });
  });
});

describe('an outcome that the platform can be asked about', () => {
  test.each([
    ['found', { providerId: 'found' }, { state: 'SENT', provider_id: 'found' }, 1],
    ['surely not there', 'absent', { state: 'SENT', attempts: 2 }, 2],
    ['not to be told', undefined, { state: 'UNKNOWN', error_code: 'cannot_tell' }, 1],
  ] as const)('a lost answer that is %s ends as it should', async (_name, found, expected, sends) => {
    const { slack } = company.channels;
    Object.assign(slack, { reconcile: async () => found });
    await tell('slack');
    const { deliverer } = company.worker();
    slack.onSend = async () => {
      throw new ChannelError('unknown', 'timeout');
    };
    await deliverer.run();
    expect(await company.count('todos')).toBe(0);
    slack.onSend = async (intent) => ({ providerId: `p${intent.id}` });

    await deliverer.reconcile();
    expect((await row()).state).toBe('UNKNOWN'); // a post may still be on its way
    await later(61);
    await deliverer.reconcile();
    await deliverer.run();

    expect(await row()).toMatchObject(expected);
    expect(slack.sent).toHaveLength(sends);
    expect(await company.count(`todos WHERE kind = 'unknown_send'`)).toBe(found === undefined ? 1 : 0);
    Object.assign(slack, { reconcile: undefined });
  });
});

describe('a platform that is away', () => {
  test('costs delay: what surely did not arrive is tried again for two hours before somebody has to look at it', async () => {
    await tell('telegram');
    const { deliverer } = company.worker();
    company.channels.telegram.onSend = async () => {
      throw new ChannelError('retry', 'ECONNREFUSED');
    };
    let pauses = 0;

    for (let tries = 1; tries < 60; tries += 1) {
      await deliverer.run();
      const { rows } = await company.db.pool.query<{ ms: string }>(
        `SELECT round(extract(epoch FROM due_at - business_now()) * 1000) AS ms FROM outbox WHERE state = 'PENDING'`,
      );
      pauses += Number(rows[0]?.ms);
      await later(121);
    }
    const last = (await row()).state;
    await deliverer.run();

    expect(last).toBe('PENDING');
    expect(pauses).toBeGreaterThan(6_000_000);
    expect(await row()).toMatchObject({ state: 'FAILED', error_code: 'ECONNREFUSED' });
    expect(await company.count(`todos WHERE kind = 'failed_send'`)).toBe(1);
  });
});

describe('a message that has to wait for long', () => {
  test('is not put aside without the timer that wakes it: both are stored, or neither', async () => {
    await company.db.pool.query(`
      CREATE FUNCTION refuse_timer() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
      CREATE TRIGGER refuse_timer BEFORE INSERT ON timers FOR EACH ROW EXECUTE FUNCTION refuse_timer()`);
    await tell('telegram');
    company.channels.telegram.onSend = async () => {
      throw new ChannelError('wait', '429', { retryAfterMs: 3_600_000 });
    };
    const { deliverer } = company.worker();

    await expect(deliverer.run()).rejects.toThrow('no');
    await company.db.pool.query('DROP TRIGGER refuse_timer ON timers');

    expect((await row()).state).toBe('LEASED'); // until the lease runs out and the sweep finds it
  });
});

describe('a fault of ours', () => {
  test('before the platform is called costs a retry, not the message', async () => {
    await tell('telegram');
    const broken = company.worker({
      gates: [
        async () => {
          throw new Error('connection lost');
        },
      ],
    });
    await company.db.pool.query(`UPDATE outbox SET purpose = 'SERVICE', customer_id = gen_random_uuid()`);

    await broken.deliverer.run();

    expect(await row()).toMatchObject({ state: 'PENDING', error_code: 'fault', attempts: 1 });
    expect(company.channels.telegram.sent).toHaveLength(0);
  });

  test('a receipt survives a database that is away for a moment', async () => {
    await tell('telegram');
    const { database, deliverer } = company.worker();
    company.channels.telegram.onSend = async () => {
      await company.db.pool.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
      );
      return { providerId: 'known' };
    };

    await deliverer.run();

    expect(await row()).toMatchObject({ state: 'SENT', provider_id: 'known' });
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('a deferred message and the timer that wakes it are stored in one commit', async () => {
    await tell('telegram');
    await company.db.pool.query(`UPDATE outbox SET purpose = 'SERVICE', customer_id = gen_random_uuid()`);
    const tomorrow = new Date('2099-01-01T00:00:00Z');
    const { deliverer } = company.worker({
      gates: [async () => ({ decision: 'deny', rule: 'QUIET', until: tomorrow })],
    });
    await company.db.pool.query(`ALTER TABLE timers ADD CONSTRAINT no_timers CHECK (false) NOT VALID`);

    await deliverer.run().catch(() => undefined);
    const without = (await row()).state;
    await company.db.pool.query('ALTER TABLE timers DROP CONSTRAINT no_timers');
    await later(31);
    await deliverer.sweep();

    expect(without).toBe('LEASED');
    expect((await row()).state).toBe('UNKNOWN');
  });
});

describe('a transaction whose connection is cut', () => {
  test('ends with an error, not with the process', async () => {
    const { database } = company.worker();
    const uncaught: unknown[] = [];
    const note = (error: unknown): number => uncaught.push(error);
    process.on('uncaughtException', note);
    const cut = database.transaction(async (tx) => {
      const [self] = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await company.db.pool.query('SELECT pg_terminate_backend($1)', [self?.pid]);
      await until(async () => (await company.count('pg_stat_activity WHERE pid = $1', [self?.pid])) === 0);
      await new Promise((resolve) => setImmediate(resolve));
      await tx.query('SELECT 1');
    });

    await expect(cut).rejects.toThrow(/terminat|connection error/);
    process.off('uncaughtException', note);
    expect(uncaught).toEqual([]);
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});
