/** A team lead or manager gives a customer to another colleague, in chat: shown first, done once, told to both. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Card } from '../../../src/channels/card.ts';
import { timeText, wallClock } from '../../../src/lib/business-date.ts';
import { ADMIN, useCompany, type StaffActor } from '../../invariants/support/company.ts';
import { refusalOf } from '../../support/product.ts';

const company = useCompany();
const { slack, wecom } = company.channels;
const people: Record<'boss' | 'chen' | 'lin' | 'he' | 'gu', StaffActor> = {} as never;
let made = 0;

async function member(
  name: string,
  roles: readonly ('sales' | 'team_lead' | 'manager')[],
  team: string,
  wecomId: string,
): Promise<StaffActor> {
  const { id } = (await company.call(ADMIN, 'staff.add', { name, roles, team, wecom: wecomId })) as { id: string };
  const { rows } = await company.db.pool.query<{ team_id: string }>('SELECT team_id FROM staff WHERE id = $1', [id]);
  return { kind: 'STAFF', id, name, roles, teamId: rows[0]?.team_id, language: 'zh-CN' };
}

beforeAll(async () => {
  people.boss = await company.addStaff('梁总', ['manager'], { slack: 'U0LIANG' });
  people.chen = await member('陈组长', ['team_lead'], '一组', 'chen');
  people.lin = await member('小林', ['sales'], '一组', 'xiaolin');
  people.he = await member('小何', ['sales'], '一组', 'xiaohe');
  people.gu = await member('小顾', ['sales'], '二组', 'xiaogu');
});
beforeEach(async () => {
  await company.drain();
  for (const channel of [slack, wecom]) channel.sent.length = 0;
});

interface File {
  readonly id: string;
  readonly number: string;
  readonly leadId: string;
  readonly phone: string;
}

async function customer(owner: StaffActor = people.lin, name = '何晓燕'): Promise<File> {
  made += 1;
  const phone = String(13_800_550_000 + made);
  const facts = { name, phone, amount: '120000.00', term: 12 };
  const lead = (await company.call(owner, 'lead.capture', { facts })) as Record<
    'customerId' | 'leadNumber' | 'leadId',
    string
  >;
  return { id: lead.customerId, number: lead.leadNumber, leadId: lead.leadId, phone };
}

/** Date and time on the company's wall, so many days later. */
function wallText(at: Date, days: number): string {
  const wall = wallClock(new Date(at.getTime() + days * 86_400_000), 'Asia/Shanghai');
  return `${wall.date} ${timeText(wall)}`;
}

const boss = async (text: string): Promise<string> => (await company.exchange(slack, 'U0LIANG', text)).join('\n');
const chen = async (text: string): Promise<string> => (await company.exchange(wecom, 'chen', text)).join('\n');

/** The card that asked the manager last. */
const asked = (): Card | undefined =>
  slack.sent.flatMap(({ content }) => (content.kind === 'card' ? [content.card] : [])).at(-1);

async function presses(card: Card | undefined, verb: string): Promise<void> {
  const press = { kind: 'action', cardId: card?.id ?? '', revision: 1, verb, selected: {}, handle: {} } as const;
  await company.receive(slack, 'U0LIANG', press);
  await company.drain();
}

async function ownersOf({ id, leadId }: File): Promise<unknown> {
  const { rows } = await company.db.pool.query(
    `SELECT c.owner_id AS customer, l.owner_id AS lead, c.team_id AS "team", l.team_id AS "leadTeam",
       (SELECT array_agg(how ORDER BY at, id) FROM lead_assignments WHERE lead_id = l.id) AS how
     FROM customers c JOIN leads l ON l.customer_id = c.id WHERE c.id = $1 AND l.id = $2`,
    [id, leadId],
  );
  return rows[0];
}

describe('reassigning a customer', () => {
  test('shows whose he is and who gets him; confirmed, he goes with his lead and what there is to do, and both hear of it', async () => {
    const he = await customer();
    const todo = { kind: 'customer_question', subject: { kind: 'customer', id: he.id }, staffId: people.lin.id };
    await company.call({ kind: 'SYSTEM', id: 'daiban', language: 'zh-CN' }, 'task.add', { key: 'q1', ...todo });

    await boss(`转派 ${he.number} 给 小何`);
    expect(asked()).toMatchObject({ title: `${he.number} 何** 转给小何？`, text: '现在：小林。确认后就发通知。' });
    expect(await ownersOf(he)).toMatchObject({ customer: people.lin.id, lead: people.lin.id });

    expect(await boss('确认转派')).toBe(`${he.number} 何** 已转给小何跟进，已通知小何、小林。`);

    const { id, teamId } = people.he;
    expect(await ownersOf(he)).toEqual({
      customer: id,
      lead: id,
      team: teamId,
      leadTeam: teamId,
      how: ['TYPED', 'GIVEN'],
    });
    expect(wecom.said('xiaohe')).toEqual([
      expect.stringMatching(
        new RegExp(
          `^梁总把 ${he.number} 何\\*\\* 转给您跟进了，请尽快联系。\n还没办完的 1 件待办也转到了您这里：\nT\\d+ ${he.number} 何\\*\\* 在问.+$`,
          'u',
        ),
      ),
    ]);
    expect(wecom.said('xiaolin')).toEqual([`梁总把 ${he.number} 何** 转给小何跟进了，您不用再联系。`]);
    const { rows } = await company.db.pool.query(
      `SELECT outcome, actor_id, via, subject_id FROM audit_entries WHERE action = 'lead.reassign'`,
    );
    expect(rows).toEqual([{ outcome: 'DONE', actor_id: people.boss.id, via: 'slack', subject_id: he.id }]);
    expect(await company.count('todos WHERE staff_id = $1', [people.he.id])).toBe(1);
    expect(await refusalOf(company.call(people.lin, 'lead.get', { lead: he.number }))).toBe('customer.not_found');
  });

  test('is understood in other words: 把 … 转给 …, by name, by mobile, in English, to oneself', async () => {
    const he = await customer(people.lin, '欧阳晓燕');
    for (const words of [
      '把 欧阳晓燕 转给 小何',
      `转派 ${he.phone} 给小何`,
      `reassign ${he.number} to 小何`,
      `把${he.number}转给小何吧`,
      `${he.number} 转给 小何`,
    ])
      expect(await boss(words)).toContain(`${he.number} 欧**`.slice(0, he.number.length));
    expect(await boss(`转派 ${he.number} 给我`)).toContain('转给梁总');
    await boss('不转');
    expect(await ownersOf(he)).toMatchObject({ customer: people.lin.id, how: ['TYPED'] });
  });

  test('changes nothing without a yes, and nothing when somebody else was quicker', async () => {
    const he = await customer();
    await boss(`转派 ${he.number} 给 小何`);
    expect(await boss('不转')).toBe(`好的，没有转，${he.number} 何** 还是：小林。`);
    await boss(`转派 ${he.number} 给 小何`);
    await boss('待办');
    expect(await boss('确认转派')).not.toContain('已转给');

    await boss(`转派 ${he.number} 给 小何`);
    await company.call(ADMIN, 'lead.reassign', { lead: he.number, to: people.gu.id });
    expect(await boss('确认')).toContain('情况已经变了');

    expect(await ownersOf(he)).toMatchObject({ customer: people.gu.id, lead: people.gu.id });
    expect(await boss(`转派 ${he.number} 给 小顾`)).toBe(`${he.number} 何** 现在就是小顾在跟进，没有变化。`);
  });

  test('asks which of two who are called the same, customers and colleagues alike', async () => {
    const [one, two] = [await customer(people.lin, '司马同名'), await customer(people.gu, '司马同名')];
    const first = await member('张伟', ['sales'], '一组', 'zw1');
    const second = await member('张伟', ['sales'], '二组', 'zw2');

    const asked = await boss('转派 司马同名 给 张伟');
    expect(asked).toContain('转派哪一位？');
    expect(await boss(one.number)).toContain('叫「张伟」的同事不止一位');
    expect(await boss('张伟（二组）')).toContain('转给张伟');
    await boss('确认');

    expect(await ownersOf(one)).toMatchObject({ customer: second.id, team: second.teamId });
    expect(await ownersOf(two)).toMatchObject({ customer: people.gu.id });
    for (const { id } of [first, second]) await company.call(ADMIN, 'staff.disable', { id });
  });

  test('a press on the card of an earlier question moves nobody, on the present one whom it names', async () => {
    const [he, other] = [await customer(), await customer()];
    await boss(`转派 ${he.number} 给 小顾`);
    const earlier = asked();
    await boss(`转派 ${other.number} 给 小何`);
    const present = asked();

    await presses(earlier, 'o0');
    expect(await ownersOf(he)).toMatchObject({ customer: people.lin.id });
    expect(await ownersOf(other)).toMatchObject({ customer: people.lin.id });

    await presses(present, 'o0');
    expect(await ownersOf(he)).toMatchObject({ customer: people.lin.id });
    expect(await ownersOf(other)).toMatchObject({ customer: people.he.id });
  });

  test('a colleague pressed in the list of an earlier question gets nobody', async () => {
    const more: StaffActor[] = [];
    for (const id of ['n1', 'n2', 'n3', 'n4']) more.push(await member(`新同事${id}`, ['sales'], '一组', id));
    const [he, other] = [await customer(), await customer()];
    await boss(`转派 ${he.number}`);
    const earlier = asked();
    await boss(`转派 ${other.number}`);

    expect(earlier?.actions.length).toBeGreaterThan(6); // more than WeCom has room for
    slack.sent.length = 0;
    await presses(earlier, 'o0');
    await boss('确认');

    expect(await ownersOf(he)).toMatchObject({ customer: people.lin.id });
    expect(await ownersOf(other)).toMatchObject({ customer: people.lin.id });
    for (const { id } of more) await company.call(ADMIN, 'staff.disable', { id });
  });

  test('takes over what a colleague who left has left behind, or what was nobody’s', async () => {
    const wu = await member('小吴', ['sales'], '一组', `wu${made}`);
    const he = await customer(wu);
    await company.call(ADMIN, 'staff.disable', { id: wu.id });

    await boss(`转派 ${he.number} 给 小何`);
    expect(asked()?.text).toContain('现在：小吴（已停用）。');
    expect(await boss('确认')).toContain('已通知小何。');
    expect(await ownersOf(he)).toMatchObject({ customer: people.he.id, lead: people.he.id });
  });

  test('waits while his case is being approved, and says so', async () => {
    const he = await customer();
    await company.addStaff(`小钱${made}`, ['reviewer']);
    const { applicationNumber } = (await company.call(people.lin, 'lead.submit', { lead: he.number })) as {
      applicationNumber: string;
    };

    expect(await boss(`转派 ${he.number} 给 小何`)).toContain(`${applicationNumber} 正在审批，现在不能转派。`);
    expect(await refusalOf(company.call(people.boss, 'lead.reassign', { lead: he.number, to: people.he.id }))).toBe(
      'lead.given_in_approval',
    );
    expect(await ownersOf(he)).toMatchObject({ customer: people.lin.id });
  });

  test('brings along a case that was returned: whoever has him now is reminded and hands it in', async () => {
    const he = await customer();
    const qian = await company.addStaff(`小钱${made}`, ['reviewer']);
    const { applicationNumber: number } = (await company.call(people.lin, 'lead.submit', { lead: he.number })) as {
      applicationNumber: string;
    };
    await company.drain();
    const { rows } = await company.db.pool.query<{ id: string; revision: number; staff_id: string; name: string }>(
      `SELECT p.id, p.revision, t.staff_id, s.name FROM approvals p JOIN applications a ON a.id = p.application_id
       JOIN approval_tasks t ON t.approval_id = p.id JOIN staff s ON s.id = t.staff_id WHERE a.number = $1`,
      [Number(number.slice(1))],
    );
    const [seat] = rows;
    const decision = { id: seat?.id, revision: seat?.revision, verb: 'return', reason: '缺近半年流水' };
    await company.call({ ...qian, id: seat?.staff_id ?? '', name: seat?.name ?? '' }, 'approval.decide', decision);
    await company.drain();
    const until = wallText(await company.now(), 7);
    await company.advance(2 * 3_600_000);
    await boss(`转派 ${he.number} 给 小何`);
    expect(await boss('确认')).toContain('已转给小何跟进');

    const todo = `${number}（${he.number} 何**）被退回：缺近半年流水。${until} 前补齐，发「提交 ${number}」再送审；过期自动关闭。`;
    expect(wecom.said('xiaohe').join('\n')).toContain(todo);
    for (const channel of [slack, wecom]) channel.sent.length = 0;
    expect((await company.exchange(wecom, 'xiaohe', '待办')).join('\n')).toContain(todo);
    expect((await company.exchange(wecom, 'xiaohe', `客户 ${he.number}`)).join('\n')).toContain(
      `退回补件：缺近半年流水（${until} 前重新提交）`,
    );
    await company.advance(25 * 3_600_000);
    await company.drain();
    expect(wecom.said('xiaohe').join('\n')).toMatch(
      new RegExp(`${number} 退回补件还没有重新提交.+退回：缺近半年流水。${until} 前补齐后发「提交 ${number}」`, 'u'),
    );
    expect(wecom.said('xiaolin').join('\n')).not.toContain(number);
    expect((await company.exchange(wecom, 'xiaohe', `提交 ${number}`)).join('\n')).toContain('已提交审批');
  });
});

describe('a form of the former owner', () => {
  const lin = async (text: string): Promise<readonly string[]> => company.exchange(wecom, 'xiaolin', text);
  const newCase = async (name: string): Promise<string> => {
    made += 1;
    const draft = await lin(`新客户 ${name} ${13_800_560_000 + made} 想贷30万周转`);
    return /K\d+/u.exec(draft.join('\n'))?.[0] ?? '';
  };

  test('is closed by name when he answers it; the one below asks by name, and gets nothing of it', async () => {
    const below = await newCase('孟女士');
    const lost = await newCase('秦女士');
    await company.call(ADMIN, 'lead.reassign', { lead: lost, to: people.he.id });
    await company.drain();
    wecom.sent.length = 0;

    const [told, next] = await lin('24期');

    expect(told).toBe(`${lost} 现在不归您跟进了，这张表收起来了。刚才说的没有记。`);
    expect(next).toContain(below);
    for (const lead of [below, lost])
      expect(await company.call(ADMIN, 'lead.get', { lead })).not.toHaveProperty('facts.term');
    await lin('取消');
  });

  test('is closed by name after a look-up as well, and nobody is looked for', async () => {
    const lost = await newCase('秦女士');
    await company.call(ADMIN, 'lead.reassign', { lead: lost, to: people.he.id });
    await company.drain();
    wecom.sent.length = 0;

    const heard = (await lin('待办')).join('\n');

    expect(heard).toContain(`${lost} 现在不归您跟进了，这张表收起来了。`);
    expect(heard).not.toContain('没有记');
    expect(heard).not.toContain('没有找到');
    expect((await lin('取消')).join('\n')).not.toContain(lost);
  });
});

describe('who may reassign', () => {
  test('a team lead his own team’s customers, and no others', async () => {
    const [own, others] = [await customer(), await customer(people.gu)];

    expect(await chen(`转派 ${own.number} 给 小何`)).toContain('转给小何');
    expect(await chen('确认')).toContain('已转给小何跟进');
    expect(await chen(`转派 ${others.number} 给 小何`)).toContain('没有找到这位客户，或不在您能转派的范围内');
    expect(await refusalOf(company.call(people.chen, 'lead.reassign', { lead: others.number, to: people.he.id }))).toBe(
      'customer.not_found',
    );
  });

  test('a customer who went to another team is in that team’s ledger of assignments, his earlier wishes with him', async () => {
    const second = await member('二组组长', ['team_lead'], '二组', 'second-lead');
    const he = await customer();
    await company.db.pool.query(`UPDATE leads SET is_open = false, stage = 'F91' WHERE id = $1`, [he.leadId]);
    const sees = async (who: StaffActor): Promise<boolean> => {
      const { items } = (await company.call(who, 'lead.assignments', {})) as { items: readonly { leadId: string }[] };
      return items.some(({ leadId }) => leadId === he.leadId);
    };
    expect([await sees(people.chen), await sees(second)]).toEqual([true, false]);

    await company.call(ADMIN, 'lead.reassign', { lead: he.number, to: people.gu.id });

    expect(await refusalOf(company.call(people.chen, 'customer.get', { id: he.number }))).toBe('customer.not_found');
    expect([await sees(people.chen), await sees(second), await sees(people.boss)]).toEqual([false, true, true]);
    await company.call(ADMIN, 'staff.disable', { id: second.id });
    await company.drain();
  });

  test('sales may not: they hear whom to ask, and the attempt is on record', async () => {
    const he = await customer();
    const before = await company.count(`audit_entries WHERE action = 'lead.reassign' AND outcome = 'REFUSED'`);

    expect((await company.exchange(wecom, 'xiaolin', `转派 ${he.number} 给 小何`)).join('\n')).toBe(
      '转派客户要由主管或经理来做，请找陈组长、梁总。',
    );
    expect(await refusalOf(company.call(people.lin, 'lead.reassign', { lead: he.number, to: people.he.id }))).toBe(
      'permission.denied',
    );
    expect(await company.count(`audit_entries WHERE action = 'lead.reassign' AND outcome = 'REFUSED'`)).toBe(
      before + 2,
    );
  });

  test('nobody gets a customer who may not have any, or has left', async () => {
    const he = await customer();
    const { id } = await company.addStaff('小审', ['reviewer']);

    expect(await boss(`转派 ${he.number} 给 小审`)).toContain('没有叫「小审」、能跟进客户的同事');
    for (const to of [id, '00000000-0000-7000-8000-000000000001'])
      expect(await refusalOf(company.call(people.boss, 'lead.reassign', { lead: he.number, to }))).toBe(
        'lead.cannot_keep',
      );
  });

  test('help tells those who may, and nobody else', async () => {
    expect(await boss('帮助')).toContain('换人跟进：转派 <客户> 给 <同事>');
    expect(await chen('帮助')).toContain('换人跟进：转派');
    const sales = (await company.exchange(wecom, 'xiaolin', '帮助')).join('\n');
    expect(sales).not.toContain('转派');
    expect(sales).toContain('办完一件发「完成 T12」');
  });
});
