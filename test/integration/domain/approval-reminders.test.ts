import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { addDays, dateIn, instantOf } from '../../../src/lib/business-date.ts';
import { ADMIN, useCompany, type StaffActor } from '../../invariants/support/company.ts';

const company = useCompany();
const ZONE = 'Asia/Shanghai';
const FOUR_HOURS = 4 * 3_600_000;
let sales: StaffActor;
let reviewer: StaffActor;
let manager: StaffActor;
let phone = 13_800_007_000;

beforeAll(async () => {
  sales = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin' });
  reviewer = await company.addStaff('周敏', ['reviewer'], { telegram: '7102' });
});

beforeEach(async () => company.advanceToTomorrow(9));

/** Submits a case; its number. */
async function submit(who = sales): Promise<string> {
  phone += 1;
  const facts = { name: '何晓燕', phone: String(phone), amount: '120000.00', term: 12 };
  const lead = (await company.call(who, 'lead.capture', { facts })) as { leadNumber: string };
  const done = (await company.call(who, 'lead.submit', { lead: lead.leadNumber })) as { applicationNumber: string };
  await company.drain();
  return done.applicationNumber;
}

async function decide(application: string, verb: string, reason?: string): Promise<void> {
  const { items } = (await company.call(reviewer, 'approval.list', { state: 'OPEN' })) as {
    items: readonly { id: string; number: string; revision: number }[];
  };
  const { id, revision } = items.find((one) => one.number === application) ?? { id: '', revision: 0 };
  await company.call(reviewer, 'approval.decide', { id, revision, verb, reason });
  await company.drain();
}

async function later(ms: number): Promise<void> {
  await company.advance(ms + 1_000);
  await company.drain();
}

/** Moves on to the next time the company's clock shows this hour. */
async function untilHour(hour: number): Promise<void> {
  const now = await company.now();
  const today = instantOf(dateIn(now, ZONE), { hour }, ZONE);
  const then = today > now ? today : instantOf(addDays(dateIn(now, ZONE), 1), { hour }, ZONE);
  await later(then.getTime() - now.getTime());
}

/** What this person has been told of the case in plain words. */
function told(platform: 'wecom' | 'slack' | 'telegram', chat: string, application: string): readonly string[] {
  return company.channels[platform].sent
    .filter(({ to, content }) => to.chat === chat && content.kind === 'text' && content.text.includes(application))
    .map(({ content }) => (content.kind === 'text' ? content.text : ''));
}

describe('an approval nobody decides', () => {
  test('without a manager who can be told goes on the managers’ list after three reminders, once', async () => {
    const application = await submit();

    for (let n = 0; n < 8; n += 1) await later(FOUR_HOURS);

    expect(told('telegram', '7102', application)).toHaveLength(3);
    expect(await company.count(`incidents WHERE kind = 'approval.unanswered'`)).toBe(1);
    expect(await company.count(`todos WHERE kind = 'approval_unanswered' AND role = 'manager'`)).toBe(1);
  });

  test('is named as on its card, masked, with the hour since when it waits', async () => {
    const application = await submit();
    await later(FOUR_HOURS);

    const [reminder = ''] = told('telegram', '7102', application);

    expect(reminder).toMatch(
      /^A\d+ 还等您审批：K\d+ 何\*\*，\S+，120,000\.00 元，\d{4}-\d\d-\d\d \d\d:\d\d 起，已等 4 小时。/,
    );
    expect(reminder).not.toMatch(/何晓燕|138000/);
    await decide(application, 'approve');
  });

  test('is told to the managers after three reminders, with the name of whoever still has to decide; then silence', async () => {
    manager = await company.addStaff('梁总', ['manager'], { slack: 'U0LIANG' });
    const application = await submit();

    for (let n = 0; n < 8; n += 1) await later(FOUR_HOURS);

    expect(told('telegram', '7102', application)).toHaveLength(3);
    const escalations = told('slack', 'U0LIANG', application);
    expect(escalations).toHaveLength(1);
    expect(escalations[0]).toMatch(/已等 28 小时没有结果：K\d+ 何\*\*.*还没处理的：周敏/);
    expect(await company.count(`incidents WHERE kind = 'approval.unanswered'`)).toBe(1);
    await decide(application, 'approve');
  });

  test('is told to each manager with the names set apart as in his language', async () => {
    const english = await company.addStaff('Ms Liang', ['manager'], { slack: 'U0ENGLISH' });
    const second = await company.addStaff('吴珊', ['reviewer'], { telegram: '7103' });
    await company.db.pool.query(`UPDATE staff SET language = 'en' WHERE id = $1`, [english.id]);
    const application = await submit();

    for (let n = 0; n < 8; n += 1) await later(FOUR_HOURS);

    expect(told('slack', 'U0LIANG', application)[0]).toMatch(/还没处理的：(?:周敏、吴珊|吴珊、周敏)。/u);
    expect(told('slack', 'U0ENGLISH', application)[0]).toMatch(/Still to decide: (?:周敏, 吴珊|吴珊, 周敏)\./u);
    await decide(application, 'approve');
    for (const { id } of [english, second]) await company.call(ADMIN, 'staff.disable', { id });
    await company.drain();
  });

  test('reminds by day only: what falls due in the evening waits for 08:00, also after an outage', async () => {
    await company.advanceToTomorrow(17);
    const application = await submit();
    for (const hour of [21, 22, 7]) {
      await untilHour(hour);
      expect(told('telegram', '7102', application)).toHaveLength(0);
    }
    await untilHour(8);
    expect(told('telegram', '7102', application)).toHaveLength(1);

    // Nobody worked from before noon, when the second was due, until the evening.
    await untilHour(23);
    expect(told('telegram', '7102', application)).toHaveLength(1);
    await untilHour(8);
    expect(told('telegram', '7102', application)).toHaveLength(2);
    await decide(application, 'approve');
  });

  test('reminds nobody any more once it is decided', async () => {
    const application = await submit();
    await later(FOUR_HOURS);
    await decide(application, 'approve');

    for (let n = 0; n < 5; n += 1) await later(FOUR_HOURS);

    expect(told('telegram', '7102', application)).toHaveLength(1);
  });
});

test('a returned case reminds its submitter three times, by name and number', async () => {
  const application = await submit();
  await decide(application, 'return', '缺流水');

  for (let n = 0; n < 5; n += 1) await later(24 * 3_600_000);

  const reminders = told('wecom', 'xiaolin', application).filter((text) => text.includes('还没有重新提交'));
  expect(reminders).toHaveLength(3);
  expect(reminders[0]).toMatch(/^A\d+ 退回补件还没有重新提交：K\d+ 何\*\*/);
});

describe('a returned case whose submitter has left', () => {
  let gone: StaffActor;
  const waiting = (platform: 'wecom' | 'slack', chat: string, application: string): number =>
    told(platform, chat, application).filter((text) => text.includes('还没有重新提交')).length;

  async function returnedOf(): Promise<string> {
    gone = await company.addStaff('小顾', ['sales'], { wecom: `gu${phone}` });
    const application = await submit(gone);
    await decide(application, 'return', '缺流水');
    await company.call(ADMIN, 'staff.disable', { id: gone.id });
    await company.drain();
    return application;
  }

  test('reminds whose lead it is by now', async () => {
    const heir = await company.addStaff('小温', ['sales'], { slack: 'U0WEN' });
    const application = await returnedOf();
    await company.db.pool.query('UPDATE leads SET owner_id = $1 WHERE owner_id = $2', [heir.id, gone.id]);

    await later(24 * 3_600_000);

    expect(waiting('slack', 'U0WEN', application)).toBe(1);
    expect(waiting('slack', 'U0LIANG', application)).toBe(0);
  });

  test('reminds the managers when nobody has taken it over, and is on their list when it comes back later', async () => {
    const application = await returnedOf();
    await later(24 * 3_600_000);
    expect(waiting('slack', 'U0LIANG', application)).toBe(1);

    await company.call(ADMIN, 'staff.update', { id: gone.id, disabled: false });
    const other = await submit(gone);
    await company.call(ADMIN, 'staff.disable', { id: gone.id });
    await decide(other, 'return', '缺流水');

    expect(
      await company.count(
        `todos t JOIN applications a ON a.id = t.subject_id WHERE t.kind = 'case_returned' AND t.role = 'manager' AND a.number = $1`,
        [Number(other.slice(1))],
      ),
    ).toBe(1);
  });

  test('counts as reminded only whom a message reached', async () => {
    const application = await returnedOf();
    await company.call(ADMIN, 'staff.update', { id: manager.id, slack: null });
    const { rows } = await company.db.pool.query<{ id: string; visit: number }>(
      `SELECT i.id, i.visit FROM instances i JOIN applications a ON a.id = i.subject_id WHERE a.number = $1`,
      [Number(application.slice(1))],
    );

    const done = await company.call({ kind: 'SYSTEM', id: 'daiban', language: 'zh-CN' }, 'approval.remind', {
      instanceId: rows[0]?.id,
      visit: rows[0]?.visit,
      text: 'flows.loan-approval.waiting-remind',
    });

    expect(done).toEqual({ reminded: 0 });
  });
});
