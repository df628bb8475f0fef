/** What an approval says of itself afterwards: to whoever reads it, and to whoever presses too late. */
import { beforeAll, describe, expect, test } from 'vitest';
import { castOf } from '../../invariants/support/cast.ts';
import { ADMIN, useCompany } from '../../invariants/support/company.ts';

const company = useCompany();
const { slack } = company.channels;
const { people, person } = castOf<'sales' | 'zhou' | 'zhao' | 'may' | 'wu'>();
let phone = 13_700_095_000;

beforeAll(async () => {
  people.sales = await company.addStaff('小林', ['sales']);
  people.zhou = await company.addStaff('周敏', ['reviewer']);
  people.zhao = await company.addStaff('老赵', ['approver']);
  people.may = await company.addStaff('阿May', ['approver']);
});

async function submit(more: Record<string, unknown> = {}): Promise<{ readonly number: string; readonly lead: string }> {
  phone += 1;
  const facts = { name: '何晓燕', phone: String(phone), amount: '300000.00', term: 12, house: true, ...more };
  const { leadNumber: lead } = (await company.call(person('sales'), 'lead.capture', { facts })) as {
    leadNumber: string;
  };
  return { lead, number: await handIn(lead) };
}

async function handIn(lead: string): Promise<string> {
  const done = (await company.call(person('sales'), 'lead.submit', { lead })) as { applicationNumber: string };
  return done.applicationNumber;
}

async function openOf(number: string): Promise<{ readonly id: string; readonly revision: number }> {
  const { items } = (await company.call(ADMIN, 'approval.list', { state: 'OPEN' })) as {
    items: readonly { id: string; number: string; revision: number }[];
  };
  const found = items.find((one) => one.number === number);
  if (!found) throw new Error(`nothing of ${number} is open`);
  return found;
}

async function decide(who: keyof typeof people, number: string, verb: string, more: object = {}): Promise<string> {
  const { id, revision } = await openOf(number);
  await company.call(person(who), 'approval.decide', { id, revision, verb, ...more });
  await company.drain();
  return id;
}

describe('an approval that is read', () => {
  test('shows the case as it was frozen, what was said before, and why each decided as he did', async () => {
    const { lead, number } = await submit({ income: '20000.00', licenceName: '联系 13812345678' });
    await decide('zhou', number, 'return', { reason: 'R21' });
    await handIn(lead);
    await decide('zhou', number, 'approve');
    const id = await decide('zhao', number, 'reject', { reason: '何晓燕 电话 13812345678 不通' });
    await company.db.pool.query(`UPDATE applications SET amount_fen = 1 WHERE number = $1`, [Number(number.slice(1))]);

    const read = (await company.call({ ...person('zhao'), language: 'en' }, 'approval.get', { id })) as {
      readonly snapshot: object;
      readonly verbs: readonly string[];
      readonly tasks: readonly object[];
    };

    expect(read.verbs).toEqual([]);
    expect(read.snapshot).toMatchObject({
      product: '房抵经营贷',
      productVersion: 1,
      amount: '300000.00',
      termMonths: 12,
      mobile: expect.stringMatching(/^137\*+\d{4}$/) as string,
      submitter: '小林',
      facts: { income: '20000.00', house: true, licenceName: '联系 138****5678' },
      documents: [],
      card: expect.arrayContaining(['amount', 'earlier']) as string[],
      votes: [
        { node: 'First review', by: '周敏', outcome: 'RETURNED', reason: 'Documents missing or illegible' },
        { node: 'First review', by: '周敏', outcome: 'APPROVED', reason: null },
      ],
    });
    expect(read.tasks).toEqual([
      expect.objectContaining({
        name: '老赵',
        state: 'REJECTED',
        reason: expect.stringContaining('138****5678') as string,
      }),
      expect.objectContaining({ name: '阿May', state: 'CLOSED', reason: null }),
    ]);
    expect(JSON.stringify(read)).not.toMatch(/何晓燕|13812345678/);
    await expect(company.call(person('zhou'), 'approval.get', { id })).rejects.toMatchObject({
      code: 'approval.not_yours',
    });
  });
});

describe('an approval whose frozen case is damaged', () => {
  test('is on the list all the same, marked, and the others are as before', async () => {
    const [whole, damaged] = [await submit(), await submit()];
    const { id } = await openOf(damaged.number);
    await company.db.pool.query(`UPDATE approvals SET sealed_snapshot = '\\x00' WHERE id = $1`, [id]);

    const { items } = (await company.call(person('zhou'), 'approval.list', { state: 'OPEN' })) as {
      readonly items: readonly { readonly number: string; readonly isReadable: boolean; readonly waiting: string }[];
    };

    expect(items.filter(({ number }) => [whole.number, damaged.number].includes(number))).toEqual([
      expect.objectContaining({
        id,
        number: damaged.number,
        customer: damaged.lead,
        amount: '300000.00',
        isReadable: false,
        waiting: '刚刚，资料无法解密，请联系管理员',
      }),
      expect.objectContaining({ number: whole.number, isReadable: true, waiting: '刚刚' }),
    ]);
  });
});

describe('an approval whose frozen case is damaged, on its own', () => {
  test('is refused with the cure, to whoever reads it and to whoever decides it', async () => {
    const { number } = await submit();
    const { id, revision } = await openOf(number);
    await company.db.pool.query(`UPDATE approvals SET sealed_snapshot = '\\x00' WHERE id = $1`, [id]);
    const decided = { id, revision, verb: 'approve' };

    for (const attempt of [
      async () => company.call(ADMIN, 'approval.get', { id: number }),
      async () => company.call(person('zhou'), 'approval.decide', decided),
    ])
      await expect(attempt()).rejects.toMatchObject({ code: 'approval.unreadable', status: 409 });
    for (const language of ['zh-CN', 'en'] as const) {
      const { texts } = company.base.services;
      expect(texts.translate(language, 'error.approval.unreadable.title')).toMatch(
        /联系管理员|tell the administrator/u,
      );
      expect(texts.translate(language, 'error.approval.unreadable.help')).toMatch(/MASTER_KEY.*(?:备份|backup)/u);
    }
    expect((await openOf(number)).id).toBe(id);
  });

  test('says so to a press on its card, and when it is asked for once more', async () => {
    const ren = await company.addStaff('任工', ['reviewer'], { slack: 'U0REN' });
    await company.drain();
    const { number } = await submit();
    await company.drain();
    const cardId = slack.sent.flatMap(({ content }) => (content.kind === 'card' ? [content.card.id] : [])).at(-1) ?? '';
    await company.db.pool.query(`UPDATE approvals SET sealed_snapshot = '\\x00' WHERE id = $1`, [
      (await openOf(number)).id,
    ]);
    const tap = {
      kind: 'action',
      cardId,
      revision: 1,
      verb: 'approve',
      selected: {},
      handle: { responseUrl: 'x' },
    } as const;
    await company.receive(slack, 'U0REN', tap);
    await company.drain();

    const answers = slack.sent.flatMap(({ content }) => (content.kind === 'tap_answer' ? [content.text] : []));
    expect(answers.at(-1)).toBe('这一件冻结的资料无法解密，现在不能处理，请联系管理员。');
    expect((await company.exchange(slack, 'U0REN', `审批 ${number}`)).join()).toContain('资料无法解密');
    await company.call(ADMIN, 'staff.disable', { id: ren.id });
  });
});

describe('a press that comes too late', () => {
  test('is told whose vote decided it, not who was seated last', async () => {
    people.wu = await company.addStaff('小吴', ['approver'], { slack: 'U0WU' });
    await company.drain();
    const { number } = await submit();
    await decide('zhou', number, 'approve');
    const { id } = await openOf(number);
    await decide('may', number, 'hand_over', { to: '小吴' });
    await decide('zhao', number, 'reject', { reason: 'R05' });

    const { rows } = await company.db.pool.query<{ id: string }>(
      'SELECT c.id FROM cards c JOIN approval_tasks t ON t.id = c.task_id WHERE t.staff_id = $1 AND c.approval_id = $2',
      [person('wu').id, id],
    );
    const cardId = rows[0]?.id ?? '';
    const handle = { responseUrl: 'x' };
    await company.receive(slack, 'U0WU', {
      kind: 'action',
      cardId,
      revision: 1,
      verb: 'approve',
      selected: {},
      handle,
    });
    await company.drain();

    const answers = slack.sent.flatMap(({ content }) => (content.kind === 'tap_answer' ? [content.text] : []));
    expect(answers.at(-1)).toBe(`${number} 已经拒绝（老赵），这次没有改变结果。`);
  });

  test('names of two who agreed the one whose vote was the last', async () => {
    const { number } = await submit();
    await decide('zhou', number, 'approve');
    const { id } = await openOf(number);
    const { rows } = await company.db.pool.query<{ staff_id: string }>(
      'SELECT staff_id FROM approval_tasks WHERE approval_id = $1 ORDER BY recorded_at DESC, id DESC',
      [id],
    );
    // The one who was seated last votes first.
    for (const { staff_id } of rows) {
      const who = Object.values(people).find((one) => one.id === staff_id);
      if (!who) throw new Error('somebody unknown has a seat');
      await company.advance(1_000);
      await company.call(who, 'approval.decide', { id, revision: 1, verb: 'approve' });
    }
    await company.db.pool.query(
      `INSERT INTO cards (id, approval_id, task_id, identity_id, revision, state, created_at)
       SELECT 'thirdcard', $1, (SELECT id FROM approval_tasks WHERE approval_id = $1 LIMIT 1), i.id, 1, 'CLOSED', business_now()
       FROM identities i WHERE i.external_id = 'U0WU' ON CONFLICT DO NOTHING`,
      [id],
    );

    const card = (await company.call(person('wu'), 'approval.card', { cardId: 'thirdcard' })) as { decidedBy: string };

    const last = Object.values(people).find((one) => one.id === rows.at(-1)?.staff_id);
    expect(card.decidedBy).toBe(last?.name);
  });
});
