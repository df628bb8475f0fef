/** Slack and Telegram reference §1.8: a revoked installation stops the channel, alarms an administrator and keeps the queue. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ChannelError } from '../../../src/channels/channel.ts';
import { ACCOUNTS, useCompany, type StaffActor } from '../../invariants/support/company.ts';

const company = useCompany();
const SYSTEM = { kind: 'SYSTEM', id: 'daiban', language: 'zh-CN' } as const;
const HOLD_MS = 300_000;
const { slack, telegram } = company.channels;
let people: readonly StaffActor[] = [];
let boss: StaffActor;

beforeAll(async () => {
  people = [
    await company.addStaff('小林', ['sales'], { slack: 'U01' }),
    await company.addStaff('老赵', ['approver'], { slack: 'U02' }),
    await company.addStaff('周敏', ['reviewer'], { slack: 'U03' }),
  ];
  boss = await company.addStaff('梁总', ['manager'], { slack: 'U04', telegram: '7104' });
});
beforeEach(async () => {
  await company.db.pool.query('TRUNCATE outbox, outbox_keys, todos, incidents, timers, channel_states');
  for (const channel of [slack, telegram]) {
    channel.sent.length = 0;
    channel.onSend = async (intent) => ({ providerId: `p${intent.id}` });
  }
});

async function tellAll(): Promise<void> {
  for (const { id } of people)
    await company.call(SYSTEM, 'staff.notify', { staffId: id, text: 'talk.parked', params: {} });
}

function revoke(): void {
  slack.onSend = async () => {
    throw new ChannelError('breaker', 'token_revoked');
  };
}

async function refused(): Promise<void> {
  revoke();
  await tellAll();
  await company.drain();
}

const OPEN = `incidents WHERE kind = 'channel_broken' AND resolved_at IS NULL`;

describe('a platform that refuses the whole account', () => {
  test('is one incident with account and code, however many messages met it', async () => {
    await refused();

    const { rows } = await company.db.pool.query(`SELECT subject_kind, subject_id, detail FROM ${OPEN}`);
    expect(rows).toEqual([
      {
        subject_kind: 'account',
        subject_id: ACCOUNTS.slack,
        detail: {
          account: ACCOUNTS.slack,
          code: 'token_revoked',
          side: 'send',
          cure: { $text: 'incident.cure.send' },
        },
      },
    ]);
  });

  test('is told to managers on another platform and stands on their list', async () => {
    await refused();

    expect(telegram.said('7104')).toEqual([
      expect.stringMatching(/^Slack（slack:T0INVARIANT）不收我们的消息了：token_revoked/),
    ]);
    const { items } = (await company.call(boss, 'task.list', {})) as { items: readonly { title: string }[] };
    expect(items.map(({ title }) => title)).toEqual(telegram.said('7104'));
  });

  test('gets no further message while it is held, then one alone, and nobody is told again', async () => {
    await refused();
    const before = slack.sent.length;

    await tellAll();
    await company.drain();
    expect(slack.sent).toHaveLength(before);
    await company.advance(HOLD_MS + 1_000);
    await company.drain();

    expect(slack.sent).toHaveLength(before + 1);
    expect(await company.count(OPEN)).toBe(1);
    expect(telegram.said('7104')).toHaveLength(1);
  });

  test('gets all that was kept once a try gets through; incident and to-do are closed', async () => {
    await refused();
    slack.onSend = async (intent) => ({ providerId: `p${intent.id}` });

    await company.advance(HOLD_MS + 1_000);
    await company.drain();

    expect(await company.count(`outbox WHERE account = $1 AND state <> 'SENT'`, [ACCOUNTS.slack])).toBe(0);
    expect(await company.count(OPEN)).toBe(0);
    expect(await company.count('todos WHERE done_at IS NULL')).toBe(0);
    expect(await company.count('channel_states WHERE broken_until IS NOT NULL')).toBe(0);
  });

  test('is tried by one of several workers', async () => {
    await refused();
    const before = slack.sent.length;
    await company.advance(HOLD_MS + 1_000);

    await Promise.all([company.worker(), company.worker()].map(async ({ deliverer }) => deliverer.run()));

    expect(slack.sent).toHaveLength(before + 1);
  });

  test('a try that never reached the platform gives way to the next message', async () => {
    await refused();
    slack.onSend = async (intent) => {
      if (intent.to.chat === 'U01') throw new ChannelError('target_gone', 'user_not_found');
      return { providerId: `p${intent.id}` };
    };
    await company.db.pool.query(`UPDATE outbox SET due_at = due_at - interval '1 minute' WHERE chat = 'U01'`);

    await company.advance(HOLD_MS + 1_000);
    await company.drain();

    expect(await company.count(OPEN)).toBe(0);
    expect(await company.count(`outbox WHERE chat IN ('U02', 'U03') AND state <> 'SENT'`)).toBe(0);
  });

  test('leaves the other platforms alone', async () => {
    await refused();

    await company.say(telegram, '7104', '帮助');
    await company.drain();

    expect(telegram.said('7104')).toHaveLength(2);
  });
});
