/**
 * Invariant 13, in words: what a flow says is part of its version. A newer release that words it differently, or no longer has
 * a text at all, changes nothing for whoever is in the middle of something; new cases read the new words.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Card } from '../../src/channels/card.ts';
import { reminderSchedules, renderReminder } from '../../src/domain/reminders/index.ts';
import type { Language } from '../../src/lib/i18n.ts';
import { ADMIN, useCompany, type StaffActor } from './support/company.ts';
import { deployTexts } from './support/deploy.ts';
import { publishChanged } from './support/publish.ts';

const company = useCompany();
const { wecom, slack, telegram } = company.channels;
const people = new Map<string, StaffActor>();
let phone = 13_800_300_000;
/** Submitted before the deployment. */
const running: Record<'returned' | 'approved' | 'stopped', string> = { returned: '', approved: '', stopped: '' };
let loan = '';

async function add(name: string, role: string, language: Language, accounts: object): Promise<void> {
  const { id } = (await company.call(ADMIN, 'staff.add', { name, roles: [role], language, ...accounts })) as StaffActor;
  people.set(name, { kind: 'STAFF', id, name, roles: [role as 'sales'], teamId: undefined, language });
}

function who(name: string): StaffActor {
  const found = people.get(name);
  if (!found) throw new Error(`nobody is called ${name}`);
  return found;
}

/** Begins a form for another customer; what it is asked first is for how long. */
async function beginForm(channel: typeof wecom, chat: string): Promise<void> {
  phone += 1;
  await say(channel, chat, `新客户 何女士 ${phone} 想贷30万周转`);
}

async function say(channel: typeof wecom, chat: string, words: string): Promise<void> {
  await company.say(channel, chat, words);
  await company.drain();
}

/** Submits a case; its number. */
async function submit(amount = '300000.00'): Promise<string> {
  phone += 1;
  const facts = { name: '何女士', phone: String(phone), amount, term: 12 };
  const { leadNumber } = (await company.call(who('小林'), 'lead.capture', { facts })) as { leadNumber: string };
  const done = (await company.call(who('小林'), 'lead.submit', { lead: leadNumber })) as { applicationNumber: string };
  await company.drain();
  return done.applicationNumber;
}

async function decide(name: string, application: string, verb: string, reason?: string): Promise<void> {
  const { items } = (await company.call(who(name), 'approval.list', { state: 'OPEN' })) as {
    items: readonly { id: string; number: string; revision: number }[];
  };
  const { id, revision } = items.find((one) => one.number === application) ?? { id: '', revision: 0 };
  await company.call(who(name), 'approval.decide', { id, revision, verb, reason });
  await company.drain();
}

/** The newest card of a case on somebody's account. */
function cardOf(channel: typeof wecom, chat: string, application: string): Card | undefined {
  const cards = channel.sent.flatMap(({ to, content }) =>
    to.chat === chat && content.kind === 'card' && content.card.title.includes(application) ? [content.card] : [],
  );
  return cards.at(-1);
}

const lastTo = (channel: typeof wecom, chat: string): string => channel.said(chat).at(-1) ?? '';

beforeAll(async () => {
  await add('小林', 'sales', 'zh-CN', { wecom: 'xiaolin' });
  await add('Amy', 'sales', 'en', { slack: 'U0AMY' });
  await add('阿强', 'sales', 'en', { slack: 'U0QIANG' });
  await add('周敏', 'reviewer', 'en', { telegram: '7102' });
  await add('老赵', 'approver', 'zh-CN', { slack: 'U0ZHAO' });
  await add('May', 'approver', 'en', { slack: 'U0MAY' });
  await add('梁总', 'manager', 'zh-CN', { slack: 'U0LIANG' });
  await add('Kim', 'manager', 'en', { slack: 'U0KIM' });
  await beginForm(wecom, 'xiaolin');
  await beginForm(slack, 'U0AMY');
  await beginForm(slack, 'U0QIANG');
  for (const which of ['returned', 'approved', 'stopped'] as const) running[which] = await submit();
  const lent = await submit('20000.00');
  await decide('周敏', lent, 'approve');
  const { rows } = await company.db.pool.query<{ id: string }>('SELECT id FROM loans');
  loan = rows[0]?.id ?? '';
  await deployTexts(company, {
    'zh-CN': [
      ['term: 想分多久还？', 'term: 新版：分几期？'],
      ['city: 客户在哪个城市？', 'town: 新版：城市？'],
      ['submit: 提交审批', 'submit: 新版提交'],
      ['\n  title: 进件', '\n  title: 新版进件'],
      ['first-review: 初审', 'first-review: 新版初审'],
      ['second-review: 终审', 'last-review: 新版终审'],
      ['returned: "{application} 退回补件：', 'sent-back: "新版：{application} 退回：'],
      ['approved: "{application} 审批通过', 'approved: "新版：{application} 通过'],
      ['remind: "{application} 还等您审批', 'remind: "新版：{application} 等您'],
      ['three-days-before: "提醒您', 'three-days-early: "新版提醒'],
    ],
    en: [
      ['term: Over how long?', 'term: "New: how long?"\n    old-term: Over how long?'],
      ['city: Which city is the customer in?', 'town: "New: which city?"'],
      ['submit: Submit,', 'submit: New submit,'],
      ['\n  title: New lead', '\n  title: Newest lead'],
      ['first-review: First review', 'first-review: New first review'],
      ['second-review: Final review', 'last-review: New final review'],
      ['returned: "{application} was returned', 'sent-back: "New: {application} went back'],
      ['approved: "{application} was approved', 'approved: "New: {application} passed'],
      ['remind: "{application} is still waiting', 'remind: "New: {application} waits'],
      ['three-days-before: "A reminder', 'three-days-early: "A new reminder'],
    ],
  });
  await publishChanged(company, 'lead-intake', (text) => text.replace('ask.city', 'ask.town'));
  await publishChanged(company, 'loan-approval', (text) =>
    text
      .replace('flows.loan-approval.second-review', 'flows.loan-approval.last-review')
      .replace('flows.loan-approval.returned', 'flows.loan-approval.sent-back'),
  );
  await publishChanged(company, 'repayment-reminder', (text) => text.replace('three-days-before', 'three-days-early'));
});

describe('a form that was open when its flow was worded anew', () => {
  test('asks on in its own words, also one that is nowhere else any more, and its buttons keep theirs', async () => {
    await say(wecom, 'xiaolin', '36期');
    expect(lastTo(wecom, 'xiaolin')).toBe('客户在哪个城市？');

    await say(wecom, 'xiaolin', '深圳');
    expect(wecom.sent.at(-1)?.content).toMatchObject({ card: { actions: [{ label: '提交审批' }, {}, {}] } });
  });

  test('does so in the other language, and names itself by its own title after a look-up', async () => {
    await say(slack, 'U0AMY', '我的客户');
    expect(lastTo(slack, 'U0AMY')).toContain('“New lead”');

    await say(slack, 'U0AMY', '36期');
    expect(lastTo(slack, 'U0AMY')).toBe('Which city is the customer in?');
  });

  test('speaks another language in its own words, when one is chosen in the middle', async () => {
    await say(slack, 'U0QIANG', '语言 中文');
    expect(lastTo(slack, 'U0QIANG')).toContain('「进件」');

    await say(slack, 'U0QIANG', '36期');
    expect(lastTo(slack, 'U0QIANG')).toBe('客户在哪个城市？');
  });

  test('has a new form beside it that speaks in the new words, in both languages', async () => {
    await beginForm(wecom, 'xiaolin');
    await beginForm(slack, 'U0AMY');
    expect([lastTo(wecom, 'xiaolin'), lastTo(slack, 'U0AMY')]).toEqual([
      '新版：分几期？比如「36期」或「3年」。',
      'New: how long?',
    ]);

    await say(wecom, 'xiaolin', '36期');
    expect(lastTo(wecom, 'xiaolin')).toBe('新版：城市？');
  });
});

describe('an approval that was running when its flow was worded anew', () => {
  test('is called to mind in its own words', async () => {
    await company.advanceToTomorrow(10); // it is reminded of after a while, and nobody is at night
    await company.drain();

    const reminders = telegram.said('7102').filter((words) => words.includes('waiting for your decision'));
    for (const number of Object.values(running)) expect(reminders.join('\n')).toContain(number);
    expect(telegram.said('7102').join('\n')).not.toContain('New: ');
  });

  test('goes back to its submitter with a text that is nowhere else any more; what the reason says is only shown', async () => {
    await decide('周敏', running.returned, 'return', 'text:R02 缺流水');

    expect(lastTo(wecom, 'xiaolin').replaceAll(/K\d+/g, 'K1')).toBe(
      `${running.returned} 退回补件：text:R02 缺流水。客户 K1 何**。要补文件发「上传 K1」，7 天内补齐后发「提交 ${running.returned}」，后面可以加一句说明；过期自动关闭。`,
    );
  });

  test('shows the names its nodes had on the next cards, in the language of each approver', async () => {
    await decide('周敏', running.approved, 'approve');

    const [zhao, may] = [cardOf(slack, 'U0ZHAO', running.approved), cardOf(slack, 'U0MAY', running.approved)];
    expect([zhao?.source, may?.source]).toEqual(['贷款审批 · 终审', 'Loan approval · Final review']);
    expect([zhao, may].map((card) => card?.fields.find(({ value }) => value.includes('周敏'))?.value)).toEqual([
      '初审 周敏 已同意',
      'First review: approved by 周敏',
    ]);
  });

  test('draws a card again in its own words when the approver has chosen another language', async () => {
    await say(slack, 'U0MAY', '语言 中文');
    await say(slack, 'U0MAY', `审批 ${running.approved}`);

    expect(cardOf(slack, 'U0MAY', running.approved)?.source).toBe('贷款审批 · 终审');
  });

  test('ends in its own words', async () => {
    await decide('老赵', running.approved, 'approve');
    await decide('May', running.approved, 'approve');

    expect(
      wecom
        .said('xiaolin')
        .filter((words) => words.includes('审批通过'))
        .at(-1),
    ).toContain(running.approved);
    expect(wecom.said('xiaolin').join('\n')).not.toContain(`新版：${running.approved}`);
  });

  test('names the node it stops at as that was called, to whoever is told and on the list', async () => {
    for (const name of ['老赵', 'May']) await company.call(ADMIN, 'staff.disable', { id: who(name).id });
    await decide('周敏', running.stopped, 'approve');
    const list = (await company.call(who('Kim'), 'task.list', {})) as { items: readonly { title: string }[] };

    expect(lastTo(slack, 'U0LIANG')).toContain('终审');
    expect(lastTo(slack, 'U0KIM')).toContain('Final review');
    expect(list.items.map(({ title }) => title).join('\n')).toContain('Final review');
  });

  test('has a new case beside it that is worded anew', async () => {
    const fresh = await submit('20000.00');
    await decide('周敏', fresh, 'return', '缺流水');

    expect(cardOf(telegram, '7102', fresh)?.source).toBe('Loan approval · New first review');
    expect(lastTo(wecom, 'xiaolin')).toContain(`新版：${fresh} 退回：缺流水`);
  });
});

test('a loan is reminded in the words it was made with, though they are nowhere else any more', async () => {
  const { base } = company;
  const render = renderReminder(reminderSchedules(base.flows), base.services);
  const { rows } = await company.db.pool.query<{ now: Date }>(
    `SELECT (due_on - 3 + time '10:00') AT TIME ZONE 'Asia/Shanghai' AS now FROM instalments WHERE loan_id = $1 AND number = 1`,
    [loan],
  );
  const now = rows[0]?.now ?? new Date(0);

  const said = await base.database.transaction(async (tx) =>
    render(tx, { subjectId: loan, reference: '1:threeDaysBefore', now }),
  );

  expect(said).toMatchObject({ text: expect.stringMatching(/^提醒您/) });
});
