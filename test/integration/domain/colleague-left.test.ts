/** When a colleague leaves: who hears his customers, who gets his to-dos, and who may take over whose phone he knew. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newId } from '../../../src/lib/ids.ts';
import { ACCOUNTS, ADMIN, useCompany, type StaffActor } from '../../invariants/support/company.ts';
import { refusalOf } from '../../support/product.ts';

const company = useCompany();
const { slack, wecom, telegram } = company.channels;
const FORM = { name: '何晓燕', source: 'website' };
let boss: StaffActor;
let lin: StaffActor;
let gu: StaffActor;
let made = 0;

beforeAll(async () => {
  boss = await company.addStaff('梁总', ['manager'], { slack: 'U0LIANG' });
  const { id } = await company.addStaff('小顾', ['sales'], { wecom: 'xiaogu' });
  await company.call(ADMIN, 'staff.update', { id, team: '二组' });
  const { rows } = await company.db.pool.query<{ team_id: string }>('SELECT team_id FROM staff WHERE id = $1', [id]);
  gu = { kind: 'STAFF', id, name: '小顾', roles: ['sales'], teamId: rows[0]?.team_id, language: 'zh-CN' };
});
beforeEach(async () => {
  made += 1;
  await company.db.pool.query('TRUNCATE todos, incidents');
  lin = await company.addStaff('小林', ['sales'], { wecom: `xiaolin${made}` });
  await company.drain();
  for (const channel of [slack, wecom, telegram]) channel.sent.length = 0;
});

interface File {
  readonly id: string;
  readonly number: string;
  readonly leadId: string;
  readonly phone: string;
  readonly chat: string;
}

/** A customer of 小林 who writes on Telegram. */
async function customer(): Promise<File> {
  made += 1;
  const phone = String(13_800_330_000 + made);
  const facts = { name: '何晓燕', phone, amount: '120000.00', term: 12 };
  const lead = (await company.call(lin, 'lead.capture', { facts })) as Record<
    'customerId' | 'leadNumber' | 'leadId',
    string
  >;
  const chat = String(5_660_000 + made);
  await company.db.pool.query(
    `INSERT INTO identities (id, account, external_id, customer_id, is_verified, created_at, bound_at) VALUES ($1, $2, $3, $4, true, now(), now())`,
    [newId(), ACCOUNTS.telegram, chat, lead.customerId],
  );
  return { id: lead.customerId, number: lead.leadNumber, leadId: lead.leadId, phone, chat };
}

const leaves = async (who: StaffActor): Promise<unknown> => company.call(ADMIN, 'staff.disable', { id: who.id });

async function todosOf(person: StaffActor): Promise<readonly { id: string; kind: string; title: string }[]> {
  const list = (await company.call(person, 'task.list', {})) as {
    items: readonly { id: string; kind: string; title: string }[];
  };
  return list.items;
}

async function ownersOf({ id, leadId }: File): Promise<unknown> {
  const { rows } = await company.db.pool.query(
    `SELECT c.owner_id AS customer, l.owner_id AS lead, c.team_id = s.team_id AND l.team_id = s.team_id AS "sameTeam",
       (SELECT array_agg(how ORDER BY at, id) FROM lead_assignments WHERE lead_id = l.id) AS how
     FROM customers c JOIN leads l ON l.customer_id = c.id JOIN staff s ON s.id = l.owner_id WHERE c.id = $1 AND l.id = $2`,
    [id, leadId],
  );
  return rows[0];
}

describe('what his customer writes after 人工', () => {
  test('reaches the managers, with his number and without name and phone', async () => {
    const he = await customer();
    await company.exchange(telegram, he.chat, '人工');
    await leaves(lin);
    await company.drain();
    slack.sent.length = 0;

    await company.exchange(telegram, he.chat, '我是何晓燕，今天能还款吗？电话 13800138000');

    expect(slack.said('U0LIANG')).toEqual([`${he.number} 何** 发来：我是何**，今天能还款吗？电话 138****8000`]);
    expect(wecom.said('xiaogu')).toEqual([]);
  });

  test('reaches them too while he has no adviser at all', async () => {
    const he = await customer();
    await company.db.pool.query('UPDATE customers SET owner_id = NULL WHERE id = $1', [he.id]);
    await company.db.pool.query('UPDATE leads SET owner_id = NULL WHERE customer_id = $1', [he.id]);
    await company.exchange(telegram, he.chat, '人工');
    slack.sent.length = 0;

    await company.exchange(telegram, he.chat, '在吗');

    expect(slack.said('U0LIANG')).toEqual([`${he.number} 何** 发来：在吗`]);
  });
});

describe('what his customer does', () => {
  const does = async (he: File, operation: string, input: unknown): Promise<void> => {
    const { rows } = await company.db.pool.query<{ id: string }>('SELECT id FROM identities WHERE customer_id = $1', [
      he.id,
    ]);
    await company.call(
      { kind: 'CUSTOMER', id: he.id, identityId: rows[0]?.id ?? '', language: 'zh-CN' },
      operation,
      input,
    );
    await company.drain();
  };
  const told = (number: string): readonly string[] => slack.said('U0LIANG').filter((text) => text.includes(number));

  test('is told to the managers, who stand in for him as they do for his to-dos', async () => {
    const he = await customer();
    await leaves(lin);
    await company.drain();

    await does(he, 'consent.grant', { textKey: 'flows.consent.personal-data', version: '1' });
    await does(he, 'customer.answer', { facts: { amount: '80000.00' } });
    await does(he, 'consent.withdraw', { consent: 'personal-information' });

    expect(told(he.number)).toEqual([
      expect.stringContaining('同意了个人信息授权'),
      expect.stringContaining('客户自己填的'),
      expect.stringContaining('撤回了个人信息授权'),
    ]);
    expect(wecom.said('xiaogu')).toEqual([]);
  });

  test('is told to nobody else while he is there', async () => {
    const he = await customer();

    await does(he, 'consent.withdraw', { consent: 'personal-information' });

    expect(told(he.number)).toEqual([]);
    expect(wecom.sent.map(({ content }) => content)).toMatchObject([
      { text: expect.stringContaining('不同意个人信息授权') as string },
    ]);
  });
});

describe('what he had to do', () => {
  test('is on the managers’ list, and they hear once how much he leaves', async () => {
    const he = await customer();
    await customer();
    await company.exchange(telegram, he.chat, '我要投诉');
    slack.sent.length = 0;

    await leaves(lin);
    await leaves(lin);
    await company.drain();

    expect(slack.said('U0LIANG')).toEqual([
      '同事小林的账号停用了，名下还有 2 位客户、2 条进行中的线索；没办完的 1 件待办转到了这里。请安排同事接手：发「转派 K305 给 同事」，一位一位转。',
    ]);
    expect((await todosOf(boss)).map(({ kind }) => kind).sort()).toEqual([
      'customer_complaint',
      'customer_complaint',
      'staff_left',
    ]);
    expect(await todosOf(lin)).toEqual([]);
    for (const { id } of await todosOf(boss)) await company.call(boss, 'task.finish', { id });
    expect(await company.count(`todos WHERE done_at IS NULL`)).toBe(0);
  });

  test('says nothing of somebody who leaves nothing, and is over when he is back', async () => {
    await leaves(lin);
    expect(await todosOf(boss)).toEqual([]);

    await company.call(ADMIN, 'staff.update', { id: lin.id, disabled: false });
    await customer();
    await leaves(lin);
    expect((await todosOf(boss)).map(({ kind }) => kind)).toEqual(['staff_left']);
    await company.call(ADMIN, 'staff.update', { id: lin.id, disabled: false });
    expect(await todosOf(boss)).toEqual([]);
  });

  test('comes to the managers when it comes after he left', async () => {
    await leaves(lin);

    await company.call({ kind: 'SYSTEM', id: 'daiban', language: 'zh-CN' }, 'task.add', {
      key: `late:${made}`,
      kind: 'handed_over',
      staffId: lin.id,
    });

    expect((await todosOf(boss)).map(({ kind }) => kind)).toEqual(['handed_over']);
  });

  test('may be finished by managers and administrators when it stayed his, and by nobody else', async () => {
    await company.db.pool.query('UPDATE staff SET is_active = false WHERE id = $1', [lin.id]);
    const add = async (): Promise<string> => {
      const id = newId();
      await company.db.pool.query(
        `INSERT INTO todos (id, key, staff_id, kind, created_at) VALUES ($1::uuid, $1::text, $2, 'handed_over', now())`,
        [id, lin.id],
      );
      return id;
    };

    for (const roles of [['manager'], ['admin']] as const) {
      const id = await add();
      expect(await refusalOf(company.call(gu, 'task.finish', { id }))).toBe('task.not_found');
      expect(await company.call({ ...boss, roles }, 'task.finish', { id })).toMatchObject({ kind: 'finished', id });
    }
    await company.db.pool.query('UPDATE staff SET is_active = true WHERE id = $1', [lin.id]);
    expect(await refusalOf(company.call(boss, 'task.finish', { id: await add() }))).toBe('task.not_found');
  });
});

describe('his customer', () => {
  test('belongs to the colleague who types the phone, with the lead, and the ledger says so', async () => {
    const he = await customer();
    await leaves(lin);

    const taken = await company.call(gu, 'lead.capture', { facts: { phone: he.phone, income: '9000.00' } });

    expect(taken).toMatchObject({ kind: 'existing', leadNumber: he.number, ownerId: gu.id });
    expect(await ownersOf(he)).toMatchObject({ customer: gu.id, lead: gu.id, sameTeam: true, how: ['TYPED', 'TYPED'] });
    expect(await company.count('collisions WHERE customer_id = $1', [he.id])).toBe(0);
  });

  test('goes to the next in turn when he leaves his phone again, and whoever gets him hears of it', async () => {
    const he = await customer();
    await leaves(lin);

    const again = await company.call(ADMIN, 'lead.create', { ...FORM, mobile: he.phone });
    await company.drain();

    expect(again).toMatchObject({ kind: 'existing', ownerId: gu.id });
    expect(await ownersOf(he)).toMatchObject({
      customer: gu.id,
      lead: gu.id,
      sameTeam: true,
      how: ['TYPED', 'ROTATION'],
    });
    expect(wecom.said('xiaogu').at(-1)).toContain(`新线索 ${he.number} 何** 轮到您了`);
  });

  test('stays where he is while his adviser is there, and while approvers have the case before them', async () => {
    const he = await customer();
    expect(await company.call(gu, 'lead.capture', { facts: { phone: he.phone } })).toMatchObject({ kind: 'collision' });
    await company.call(lin, 'lead.submit', { lead: he.number });
    await leaves(lin);

    const typed = company.call(gu, 'lead.capture', { facts: { phone: he.phone } });
    expect(await refusalOf(typed)).toBe('lead.takeover_in_approval');
    expect(await company.call(ADMIN, 'lead.create', { ...FORM, mobile: he.phone })).toMatchObject({ ownerId: lin.id });
    expect(await ownersOf(he)).toMatchObject({ customer: lin.id, how: ['TYPED'] });
  });

  test('in approval: whoever types the phone reads that, and who can hand him over; no word of facts or of the case', async () => {
    const he = await customer();
    await company.call(lin, 'lead.submit', { lead: he.number });
    await leaves(lin);

    const said = await company.exchange(wecom, 'xiaogu', `新客户 何晓燕 ${he.phone} 想贷12万`);

    expect(said).toEqual([
      `客户 ${he.number} 的申请正在审批，原来跟进的同事已经不在了；审批期间不换人跟进。\n审批有结果或退回补件以后再发一次，客户就归您；也可以到时请主管或经理转派给您（发「转派 ${he.number} 给您的名字」）。`,
    ]);
    expect(await ownersOf(he)).toMatchObject({ customer: lin.id, lead: lin.id });
  });
});

describe('what there is to do about his customer, given to a colleague', () => {
  const says = async (he: File, text: string): Promise<readonly string[]> => company.exchange(telegram, he.chat, text);
  const given = async (he: File, to: StaffActor): Promise<void> => {
    await company.call(boss, 'lead.reassign', { lead: he.number, to: to.id });
    await company.drain();
  };
  const kinds = async (person: StaffActor): Promise<readonly string[]> =>
    (await todosOf(person)).map(({ kind }) => kind).sort();

  test('goes to him whether it came before the owner left or after; one message says what it is, and nothing is left behind', async () => {
    const [he, other] = [await customer(), await customer()];
    await says(he, '利率是多少');
    await says(other, '利率是多少');
    await leaves(lin);
    await says(he, '换了手机号了 新号13900001234');
    expect(await kinds(boss)).toEqual(['customer_phone', 'customer_question', 'customer_question', 'staff_left']);
    wecom.sent.length = 0;

    await given(he, gu);

    expect(wecom.said('xiaogu')).toEqual([
      expect.stringMatching(
        new RegExp(
          `^梁总把 ${he.number} 何\\*\\* 转给您跟进了，请尽快联系。\n还没办完的 2 件待办也转到了您这里：\nT\\d+ ${he.number} 何\\*\\* 在问.+\nT\\d+ ${he.number} 何\\*\\* 说换了手机号.+$`,
          'u',
        ),
      ),
    ]);
    expect(await kinds(gu)).toEqual(['customer_phone', 'customer_question']);
    expect(await kinds(boss)).toEqual(['customer_question', 'staff_left']);
  });

  test('what the customer asks again the same day reaches him, is on his list once, and again once it was done', async () => {
    const he = await customer();
    await says(he, '你们公司在几楼呢');
    await leaves(lin);
    await given(he, gu);
    wecom.sent.length = 0;

    await says(he, '到底在几楼呢');
    expect(wecom.said('xiaogu')).toEqual([expect.stringContaining('原话：到底在几楼呢')]);
    expect(await kinds(gu)).toEqual(['customer_unclear']);
    for (const { id } of await todosOf(gu)) await company.call(gu, 'task.finish', { id });
    await says(he, '在几楼来着呢');

    expect(await kinds(gu)).toEqual(['customer_unclear']);
    expect(slack.said('U0LIANG').filter((text) => text.includes('来着'))).toEqual([]);
  });

  test('is said as far as one message takes it; all of it is on his list', async () => {
    const he = await customer();
    const words = [
      '利率是多少',
      '换了手机号了 新号13900001234',
      '你们公司在几楼呢',
      '退订',
      '金额改成25万',
      '我要投诉',
    ];
    for (const text of words) await says(he, text);
    await leaves(lin);
    wecom.sent.length = 0;

    await given(he, gu);

    const [said = ''] = wecom.said('xiaogu');
    expect(said).toContain('还没办完的 6 件待办也转到了您这里，这里是前几件，全部发「待办」查看：\nT');
    expect(said.match(/\nT\d+ /gu)).toHaveLength(5);
    expect(await kinds(gu)).toHaveLength(6);
  });

  test('goes to him too where the customer says otherwise than what was written', async () => {
    const he = await customer();
    await leaves(lin);
    const { rows } = await company.db.pool.query<{ id: string }>('SELECT id FROM identities WHERE customer_id = $1', [
      he.id,
    ]);
    const actor = { kind: 'CUSTOMER', id: he.id, identityId: rows[0]?.id ?? '', language: 'zh-CN' } as const;
    await company.call(actor, 'consent.grant', { textKey: 'flows.consent.personal-data', version: '1' });
    await company.call(actor, 'customer.answer', { facts: { amount: '80000.00' } });
    expect(await kinds(boss)).toContain('customer_differs');

    await given(he, gu);

    expect(await kinds(gu)).toEqual(['customer_differs']);
  });

  test('a complaint goes to him, and stays with whoever oversees it', async () => {
    const he = await customer();
    await says(he, '我要投诉');
    await leaves(lin);

    await given(he, gu);
    await given(he, gu);

    expect(await kinds(gu)).toEqual(['customer_complaint']);
    expect(await kinds(boss)).toEqual(['customer_complaint', 'staff_left']);
  });

  test('goes to whoever takes him over by his phone, who reads what it is; and to a superior who takes him himself', async () => {
    const [he, other] = [await customer(), await customer()];
    for (const one of [he, other]) await says(one, '利率是多少');
    await leaves(lin);
    await company.drain();
    wecom.sent.length = 0;
    slack.sent.length = 0;

    await company.call(gu, 'lead.capture', { facts: { phone: he.phone } });
    await given(other, boss);

    expect(wecom.said('xiaogu')).toEqual([
      expect.stringContaining(`${he.number} 何** 现在由您跟进。\n还没办完的 1 件待办也转到了您这里：\nT`),
    ]);
    expect(slack.said('U0LIANG')).toEqual([
      expect.stringContaining(`${other.number} 何** 现在由您跟进。\n还没办完的 1 件`),
    ]);
    expect(await kinds(gu)).toEqual(['customer_question']);
  });
});

describe('his customer, whose phone comes after the name', () => {
  /** 小顾's lead with a name only, before the phone. */
  async function named(): Promise<string> {
    const facts = { name: '何女士', purpose: 'turnover', income: '9000.00' };
    return ((await company.call(gu, 'lead.capture', { facts })) as { leadNumber: string }).leadNumber;
  }
  const stageOf = async (number: string): Promise<unknown> => {
    const { rows } = await company.db.pool.query(
      'SELECT l.stage, l.is_open FROM leads l JOIN customers c ON c.id = l.customer_id WHERE c.number = $1',
      [Number(number.slice(1))],
    );
    return rows[0];
  };

  test('is taken over as if the phone had come first; what was noted goes on his file, and the other lead is over', async () => {
    const he = await customer();
    await leaves(lin);
    const draft = await named();

    const taken = await company.call(gu, 'lead.update', { lead: draft, facts: { phone: he.phone } });

    expect(taken).toMatchObject({
      kind: 'existing',
      leadNumber: he.number,
      ownerId: gu.id,
      facts: { amount: '120000.00', purpose: 'turnover', income: '9000.00' },
    });
    expect(await ownersOf(he)).toMatchObject({ customer: gu.id, lead: gu.id, sameTeam: true, how: ['TYPED', 'TYPED'] });
    expect(await stageOf(draft)).toEqual({ stage: 'F98', is_open: false });
    expect(await company.count('collisions WHERE customer_id = $1', [he.id])).toBe(0);
  });

  test('is his in the chat too: the form goes on with the old customer’s file', async () => {
    const he = await customer();
    await leaves(lin);
    await company.exchange(wecom, 'xiaogu', '取消');
    const [asked] = await company.exchange(wecom, 'xiaogu', '新客户 何女士');
    expect(asked).toContain('已建草稿');

    const said = await company.exchange(wecom, 'xiaogu', he.phone);

    expect(said.join('\n')).toContain(`${he.number} 已有档案，由您跟进`);
    expect(said.join('\n')).not.toContain('已经有人在跟进');
    expect(await ownersOf(he)).toMatchObject({ customer: gu.id, lead: gu.id });
    await company.exchange(wecom, 'xiaogu', '用途周转');
    expect(await stageOf(he.number)).toMatchObject({ is_open: true });
    await company.exchange(wecom, 'xiaogu', '取消');
  });

  test('in approval he stays where he is, and the lead without a phone too', async () => {
    const he = await customer();
    await company.call(lin, 'lead.submit', { lead: he.number });
    await leaves(lin);
    const draft = await named();

    const late = company.call(gu, 'lead.update', { lead: draft, facts: { phone: he.phone } });

    expect(await refusalOf(late)).toBe('lead.takeover_in_approval');
    expect(await ownersOf(he)).toMatchObject({ customer: lin.id });
    expect(await stageOf(draft)).toMatchObject({ is_open: true });
  });

  test('is not taken over by a lead that has a phone of its own: that one keeps it, and it is said who can help', async () => {
    const he = await customer();
    await leaves(lin);
    made += 1;
    const facts = { name: '金先生', phone: String(13_800_330_000 + made), purpose: 'turnover' };
    const own = (await company.call(gu, 'lead.capture', { facts })) as { leadNumber: string };

    const late = await company.call(gu, 'lead.update', { lead: own.leadNumber, facts: { phone: he.phone } });
    expect(late).toEqual({ kind: 'collision', leadNumber: he.number, owner: null, isFree: true, keepsPhone: true });

    await company.exchange(wecom, 'xiaogu', '取消');
    await company.exchange(wecom, 'xiaogu', `继续 ${own.leadNumber}`);
    const said = (await company.exchange(wecom, 'xiaogu', `手机改成${he.phone}`)).join('\n');
    expect(said).toContain(
      `这个手机号是老客户 ${he.number} 的，原来跟进的同事已经不在了；手机号没有改。要接手 ${he.number}，发「新客户」加这个手机号，或请主管转派给您。`,
    );
    expect(said).not.toContain('小林');
    await company.exchange(wecom, 'xiaogu', '取消');
  });

  test('while somebody follows him it is a collision as ever', async () => {
    const he = await customer();
    const draft = await named();

    const late = await company.call(gu, 'lead.update', { lead: draft, facts: { phone: he.phone } });

    expect(late).toMatchObject({ kind: 'collision', leadNumber: he.number, owner: '小林' });
    expect(await stageOf(draft)).toMatchObject({ is_open: true });
  });
});
