/** A slash command may be typed anywhere in Slack; it is said in the person's direct message, and nowhere else. */
import { beforeAll, beforeEach, expect, test } from 'vitest';
import type { InboundEvent } from '../../../src/channels/channel.ts';
import { readEventCallback } from '../../../src/channels/slack/events.ts';
import { readCommand } from '../../../src/channels/slack/interactions.ts';
import { ACCOUNTS, useCompany } from '../../invariants/support/company.ts';
import { directMessage, eventCallback } from '../../fixtures/slack/requests.ts';

const company = useCompany();
const { slack } = company.channels;
const scope = { account: ACCOUNTS.slack, now: new Date('2026-11-21T02:00:00Z') };
let stamps = 0;

beforeAll(async () => {
  await company.addStaff('小林', ['sales'], { slack: 'U0LIN' });
});
beforeEach(() => {
  slack.sent.length = 0;
});

async function take(events: readonly InboundEvent[] | undefined): Promise<void> {
  if (events?.length !== 1) throw new Error('not understood');
  await company.door().receive(events);
}

/** Says it in the direct message, whose channel id is not the person's. */
async function write(user: string, text: string): Promise<void> {
  stamps += 1;
  const event = directMessage(text, {
    user,
    channel: `D${user.slice(1)}`,
    ts: `1760000000.00${String(1000 + stamps)}`,
  });
  await take(readEventCallback({ ...eventCallback(event), event_id: `Ev${String(stamps)}` }, scope));
}

async function command(user: string, text: string, channel = 'C0SALES'): Promise<void> {
  stamps += 1;
  const body = { command: '/daiban', text, user_id: user, channel_id: channel, trigger_id: `t${String(stamps)}` };
  await take(readCommand(body, scope));
}

const chatsWrittenTo = (): ReadonlySet<string> => new Set(slack.sent.map(({ to }) => to.chat));

/** What stands in the talks of Slack, in order: direction and words. */
async function lines(): Promise<readonly string[]> {
  const { rows } = await company.db.pool.query<{ direction: string; text_masked: string }>(
    `SELECT direction, text_masked FROM timeline_items WHERE platform = 'slack' ORDER BY id`,
  );
  return rows.map((row) => `${row.direction} ${row.text_masked.split('\n')[0] ?? ''}`);
}

test('a look-up typed in a channel while a form is open in the direct message stands on top of it, and the form goes on', async () => {
  await write('U0LIN', '新客户 13800091001 想贷12万');
  await company.drain();
  expect(slack.said('U0LIN').at(-1)).toContain('客户怎么称呼？');

  await command('U0LIN', '待办');
  await company.drain();
  expect(slack.said('U0LIN').slice(-2)).toEqual([
    expect.stringContaining('没有待办'),
    '我们刚才说到 K301「进件」：姓名。',
  ]);
  await command('U0LIN', '何女士');
  await company.drain();

  expect(slack.said('U0LIN').at(-1)).toContain('做什么用？'); // the name is taken, the next thing is asked
  expect(chatsWrittenTo()).toEqual(new Set(['U0LIN']));
  expect(await company.count(`conversations WHERE account = $1`, [ACCOUNTS.slack])).toBe(1);
});

test('commands and direct messages that wait are handled in the order they came, each with its line once', async () => {
  const before = (await lines()).length;
  await write('U0LIN', '取消');
  await command('U0LIN', '帮助');
  await write('U0LIN', '待办');
  await command('U0LIN', '我的客户');
  await company.drain();

  const said = (await lines()).slice(before).filter((line) => line.startsWith('IN '));
  expect(said).toEqual(['IN 取消', 'IN 帮助', 'IN 待办', 'IN 我的客户']);
});

test('a command delivered twice is one', async () => {
  const before = (await lines()).length;
  const body = { command: '/daiban', text: '待办', user_id: 'U0LIN', channel_id: 'C0SALES', trigger_id: 'twice' };
  await Promise.all([take(readCommand(body, scope)), take(readCommand(body, scope))]);
  await company.drain();

  expect((await lines()).slice(before).filter((line) => line === 'IN 待办')).toHaveLength(1);
});

test('the command alone shows what the bot understands', async () => {
  await command('U0LIN', '');
  await company.drain();

  expect(slack.said('U0LIN').join('\n')).toContain('录客户');
  expect((await lines()).filter((line) => line === 'IN /daiban')).toHaveLength(1);
});

test.each(['待办', ''])('somebody nobody knows ("%s") is told so in private, whatever the channel', async (text) => {
  const user = text === '' ? 'U0NOBODY1' : 'U0NOBODY2';
  await command(user, text);
  await company.drain();

  expect(slack.said(user)).toEqual([company.base.services.texts.translate('zh-CN', 'talk.unknown_staff')]);
  expect(chatsWrittenTo()).toEqual(new Set([user]));
});
