/** Invariant 6 from the side of what is known about a send: nothing unclear is forgotten, nothing clear is held against it. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ChannelError, type Receipt } from '../../../src/channels/channel.ts';
import { SYSTEM_ACTOR } from '../../../src/core/operations/actor.ts';
import type { MessageContent } from '../../../src/core/operations/effects.ts';
import { inUnit } from '../../../src/core/unit/unit.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { reconcileUnknown } from '../../../src/outbox/reconcile.ts';
import { useCompany, type StaffActor } from '../../invariants/support/company.ts';

const company = useCompany();
const SYSTEM = { kind: 'SYSTEM', id: 'daiban', language: 'zh-CN' } as const;
let onSlack: StaffActor;
let onWecom: StaffActor;

beforeAll(async () => {
  onSlack = await company.addStaff('老赵', ['approver'], { slack: 'U0ZHAO' });
  onWecom = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin' });
});
beforeEach(async () => {
  await company.db.pool.query('TRUNCATE outbox, outbox_keys, todos, incidents, timers');
  await company.db.pool.query('UPDATE channel_states SET broken_until = NULL');
  for (const channel of Object.values(company.channels)) {
    channel.sent.length = 0;
    channel.onSend = async (intent) => ({ providerId: `p${intent.id}` });
  }
  answerWith(async () => 'absent');
});

function answerWith(reconcile: () => Promise<Receipt | 'absent' | undefined>): void {
  Object.assign(company.channels.slack, { reconcile });
}

async function tell(staff: StaffActor): Promise<void> {
  await company.call(SYSTEM, 'staff.notify', { staffId: staff.id, text: 'talk.parked', params: {} });
}

async function states(): Promise<readonly string[]> {
  const { rows } = await company.db.pool.query<{ said: string }>(
    `SELECT concat_ws(' ', state, error_code) AS said FROM outbox ORDER BY id`,
  );
  return rows.map(({ said }) => said);
}

async function pass(seconds: number): Promise<void> {
  await company.db.pool.query(
    `UPDATE outbox SET sending_at = sending_at - make_interval(secs => $1), due_at = due_at - make_interval(secs => $1),
       lease_until = lease_until - make_interval(secs => $1), unclear_since = unclear_since - make_interval(secs => $1)`,
    [seconds],
  );
}

/** What a process leaves that dies after it has leased its messages and before it has called the platform. */
async function dieBeforeSending(): Promise<void> {
  await company.db.pool.query(
    `UPDATE outbox SET state = 'LEASED', attempts = 1, lease_token = gen_random_uuid(), lease_until = clock_timestamp() + interval '30 seconds', sending_at = clock_timestamp() WHERE state = 'PENDING'`,
  );
}

describe('a sender that died before it sent', () => {
  test('costs nothing where the platform can say that the message is not there: it goes out', async () => {
    await tell(onSlack);
    await dieBeforeSending();
    const { deliverer } = company.worker();
    await pass(120);

    await deliverer.sweep();
    expect(await states()).toEqual(['UNKNOWN lease_expired']);
    await deliverer.reconcile();
    await deliverer.run();

    expect(await states()).toEqual(['SENT']);
    expect(company.channels.slack.sent).toHaveLength(1);
  });
});

test('a message whose to-do cannot be written keeps nobody else’s outcome from being found out', async () => {
  const { pool } = company.db;
  for (let i = 0; i < 21; i += 1) await tell(onSlack);
  await dieBeforeSending();
  await pass(120);
  await company.worker().deliverer.sweep();
  const { rows } = await pool.query<{ id: bigint }>('SELECT max(id) AS id FROM outbox');
  const last = String(rows[0]?.id);
  Object.assign(company.channels.slack, {
    reconcile: async ({ id }: { readonly id: string }) => (id === last ? 'absent' : undefined),
  });

  const { database, keys } = company.base;
  const followUp = async (): Promise<void> => {
    throw new Error('a bug');
  };
  const channels = new Map([[company.channels.slack.account, company.channels.slack]]);

  for (let looks = 0; looks < 2; looks += 1)
    await reconcileUnknown({ database, keys, followUp, log: silentLog }, channels);

  expect(await company.count(`outbox WHERE state = 'PENDING' AND id = $1`, [last])).toBe(1);
  expect(await company.count(`outbox WHERE state = 'UNKNOWN'`)).toBe(20);
});

describe('a card', () => {
  const card = { id: 'card-of-a1087', revision: 1, title: 'A1087', fields: [], actions: [] };

  async function puts(content: MessageContent): Promise<void> {
    await inUnit(company.base.unit, async (unit) => {
      const { effects } = unit.turn({ actor: SYSTEM_ACTOR, via: 'test', traceId: 't' });
      effects.send({ to: { account: company.channels.slack.account, chat: 'U0ZHAO' }, purpose: 'STAFF', content });
    });
  }

  test('is redrawn once more when the process died while it was redrawn: drawn twice it looks as drawn once', async () => {
    company.channels.slack.onSend = async (intent) => ({ providerId: `p${intent.id}`, handle: { ts: '1.1' } });
    const { deliverer } = company.worker();
    await puts({ kind: 'card', card });
    await deliverer.run();
    await puts({ kind: 'card_update', card: { ...card, revision: 2, closed: '已通过' }, handle: {} });
    await dieBeforeSending();
    await pass(120);

    await deliverer.sweep();
    await deliverer.run();

    expect(await states()).toEqual(['SENT', 'SENT']);
    expect(company.channels.slack.sent.map(({ content }) => content.kind)).toEqual(['card', 'card_update']);
    expect(await company.count('incidents')).toBe(0);
  });
});

describe('an attempt that may have arrived', () => {
  test('is not forgotten when the next one fails for certain: after WeCom’s four hours nothing is repeated', async () => {
    await tell(onWecom);
    const failures = [new ChannelError('unknown', 'http_504'), new ChannelError('retry', 'ECONNREFUSED')];
    company.channels.wecom.onSend = async () => {
      throw failures.shift() ?? new Error('sent once more');
    };
    const { deliverer } = company.worker();
    await deliverer.run();
    await pass(60);
    await deliverer.run();
    expect(await states()).toEqual(['PENDING ECONNREFUSED']);

    await pass(5 * 3600);
    await deliverer.run();

    expect(company.channels.wecom.sent).toHaveLength(2);
    expect((await states())[0]).toMatch(/^UNKNOWN/);
  });

  test('is not called failed because a later one was refused: it stays unknown', async () => {
    await tell(onWecom);
    const failures = [new ChannelError('unknown', 'http_504'), new ChannelError('our_fault', 'bad_recipient')];
    company.channels.wecom.onSend = async () => {
      throw failures.shift() ?? new Error('sent once more');
    };
    const { deliverer } = company.worker();
    await deliverer.run();
    await pass(60);
    await deliverer.run();

    expect(await states()).toEqual(['UNKNOWN bad_recipient']);
  });

  test('is repeated within the four hours', async () => {
    await tell(onWecom);
    const failures = [new ChannelError('unknown', 'http_504'), new ChannelError('retry', 'ECONNREFUSED')];
    company.channels.wecom.onSend = async (intent) => {
      const failure = failures.shift();
      if (failure) throw failure;
      return { providerId: `p${intent.id}` };
    };
    const { deliverer } = company.worker();
    for (const _ of [1, 2, 3]) {
      await deliverer.run();
      await pass(3600);
    }

    expect(await states()).toEqual(['SENT']);
  });
});

describe('asking the platform what became of a send', () => {
  async function leaveUnknown(count: number): Promise<void> {
    company.channels.slack.onSend = async () => {
      throw new ChannelError('unknown', 'network');
    };
    const { deliverer } = company.worker();
    for (let n = 0; n < count; n += 1) {
      await tell(onSlack);
      await deliverer.run();
    }
    await pass(120);
  }

  test.each([
    ['target_gone', 'channel_not_found'],
    ['our_fault', 'missing_scope'],
  ] as const)('a refusal for good (%s) makes it somebody’s to-do', async (failure, code) => {
    await leaveUnknown(1);
    answerWith(async () => {
      throw new ChannelError(failure, code);
    });

    await company.worker().deliverer.reconcile();

    expect(await states()).toEqual(['UNKNOWN cannot_tell']);
    expect(await company.count(`todos WHERE kind = 'unknown_send'`)).toBe(1);
  });

  test('a message that cannot be opened is somebody’s to-do and does not keep the others from being asked about', async () => {
    await leaveUnknown(2);
    await company.db.pool.query(`UPDATE outbox SET sealed_payload = '\\x00' WHERE id = (SELECT min(id) FROM outbox)`);
    answerWith(async () => ({ providerId: 'found' }));

    await company.worker().deliverer.reconcile();

    expect(await states()).toEqual(['UNKNOWN cannot_tell', expect.stringMatching(/^SENT/)]);
  });

  test('a fault of ours in asking about one message does not keep the others from being asked about', async () => {
    await leaveUnknown(2);
    let asked = 0;
    answerWith(async () => {
      asked += 1;
      if (asked === 1) throw new TypeError('a bug');
      return { providerId: 'found' };
    });

    await company.worker().deliverer.reconcile();

    expect(await states()).toEqual(['UNKNOWN network', expect.stringMatching(/^SENT/)]);
    expect(await company.count('todos')).toBe(0);
  });

  test('a platform that is away is asked again, and does not keep younger messages from being asked about', async () => {
    await leaveUnknown(21);
    const asked = new Set<string>();
    Object.assign(company.channels.slack, {
      reconcile: async ({ id }: { readonly id: string }) => {
        asked.add(id);
        throw new ChannelError('retry', 'ECONNREFUSED');
      },
    });
    const { deliverer } = company.worker();

    await deliverer.reconcile();
    await deliverer.reconcile();

    expect(asked.size).toBe(21);
    expect(new Set(await states())).toEqual(new Set(['UNKNOWN network']));
    expect(await company.count('todos')).toBe(0);
  });
});

test('a frequency block after another failure holds the chat for its minute: what comes later waits behind it', async () => {
  const { wecom } = company.channels;
  const refusals = [new ChannelError('retry', '-1'), new ChannelError('wait', '45009', { retryAfterMs: 60_000 })];
  wecom.onSend = async (intent) => {
    const refusal = refusals.shift();
    if (refusal) throw refusal;
    return { providerId: `p${intent.id}` };
  };
  await tell(onWecom);
  const { deliverer } = company.worker();
  await deliverer.run();
  await pass(2);
  await deliverer.run();
  await tell(onWecom);
  await deliverer.run();

  expect(wecom.sent.map(({ earlierCode }) => earlierCode)).toEqual([undefined, '-1']);
  expect(await states()).toEqual(['PENDING 45009', 'PENDING']);

  await pass(61);
  await deliverer.run();
  await deliverer.run();
  expect(await states()).toEqual(['SENT', 'SENT']);
  expect(wecom.sent.at(2)).toMatchObject({ id: wecom.sent[0]?.id, earlierCode: '45009' });
});
