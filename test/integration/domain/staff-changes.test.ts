/** Changing a member of staff: what he may decide, where he is reached, what his tokens open, and what the audit log says. */
import { createHash } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { personId } from '../../../src/channels/person-id.ts';
import type { Role } from '../../../src/core/operations/actor.ts';
import { findToken } from '../../../src/domain/staff/index.ts';
import { AppError } from '../../../src/lib/errors.ts';
import { castOf } from '../../invariants/support/cast.ts';
import { ADMIN, until, useCompany, type StaffActor } from '../../invariants/support/company.ts';
import { refusalOf } from '../../support/product.ts';

const company = useCompany();
const { slack, wecom, telegram } = company.channels;
const { people, person } = castOf<'sales' | 'reviewer' | 'zhao' | 'may'>();
let phone = 13_700_020_000;

interface Member {
  readonly id: string;
  readonly roles: readonly string[];
  readonly team: string | null;
  readonly language: string;
  readonly isActive: boolean;
  readonly accounts: readonly { readonly account: string; readonly externalId: string }[];
}

beforeAll(async () => {
  people.sales = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin' });
  people.reviewer = await company.addStaff('周敏', ['reviewer'], { telegram: '7102' });
  people.zhao = await company.addStaff('老赵', ['approver'], { wecom: 'laozhao' });
  people.may = await company.addStaff('阿May', ['approver'], { slack: 'U0MAY' });
  await company.addStaff('梁总', ['manager'], { slack: 'U0LIANG' });
  await company.drain();
});
beforeEach(() => {
  for (const channel of [slack, wecom, telegram]) channel.sent.length = 0;
});

async function change(who: StaffActor, wanted: Record<string, unknown>): Promise<Member> {
  return (await company.call(ADMIN, 'staff.update', { id: who.id, ...wanted })) as Member;
}

async function caught(call: Promise<unknown>): Promise<AppError> {
  const error = await call.catch((fault: unknown) => fault);
  if (error instanceof AppError) return error;
  throw new Error('the call was not refused');
}

interface Approval {
  readonly id: string;
  readonly revision: number;
  readonly number: string;
  readonly tasks: readonly { readonly name: string; readonly state: string }[];
}

async function submit(amount: string): Promise<string> {
  phone += 1;
  const facts = { name: '何晓燕', phone: String(phone), amount, term: 12 };
  const lead = (await company.call(person('sales'), 'lead.capture', { facts })) as { leadNumber: string };
  const done = (await company.call(person('sales'), 'lead.submit', { lead: lead.leadNumber })) as {
    applicationNumber: string;
  };
  await company.drain();
  return done.applicationNumber;
}

async function openOf(number: string): Promise<Approval> {
  const { items } = (await company.call(ADMIN, 'approval.list', { state: 'OPEN' })) as { items: readonly Approval[] };
  const found = items.find((one) => one.number === number);
  if (!found) throw new Error(`${number} is not open`);
  return found;
}

async function approve(who: StaffActor, number: string): Promise<void> {
  const { id, revision } = await openOf(number);
  await company.call(who, 'approval.decide', { id, revision, verb: 'approve' });
}

const seatsOf = async (number: string): Promise<readonly string[]> =>
  (await openOf(number)).tasks.map(({ name, state }) => `${name} ${state}`).sort();

const alarms = async (): Promise<number> => company.count(`todos WHERE kind = 'approval_stopped' AND done_at IS NULL`);

const vacancies = async (): Promise<number> =>
  company.count(`incidents WHERE kind = 'approval.vacant' AND resolved_at IS NULL`);

describe('a role that is taken away', () => {
  test('ends the seat that hung on it at once, gives it to somebody else, and giving it back ends the alarm', async () => {
    const number = await submit('300000.00');
    await approve(person('reviewer'), number);
    await company.drain();
    expect(await seatsOf(number)).toEqual(['老赵 OPEN', '阿May OPEN'].sort());

    expect(await refusalOf(approve({ ...person('may'), roles: ['sales'] }, number)), 'by a narrower token').toBe(
      'approval.not_yours',
    );

    expect(await change(person('may'), { roles: ['sales'] })).toMatchObject({ roles: ['sales'], isActive: true });
    expect(await refusalOf(approve(person('may'), number))).toBe('approval.not_yours');

    await company.drain();
    expect(await alarms()).toBe(1);
    expect(await vacancies()).toBe(1);
    await change(person('may'), { roles: ['approver'] });
    await company.drain();
    expect(await alarms()).toBe(0);
    expect(await vacancies()).toBe(0);

    await change(person('may'), { roles: ['sales'] });
    await company.addStaff('小孙', ['approver'], { wecom: 'xiaosun' });
    await company.drain();
    expect(await seatsOf(number)).toEqual(['小孙 OPEN', '老赵 OPEN', '阿May HANDED_OVER'].sort());
  });

  test('is gone from the tokens that act as the person, and is on the audit log as old and new', async () => {
    const who = await company.addStaff('小吴', ['manager', 'sales']);
    const { token } = (await company.call(ADMIN, 'token.create', { name: 'x', staffId: who.id })) as { token: string };

    await change(who, { roles: ['sales', 'sales'], team: '二组', name: '小武' });

    expect(await tokenRow(token)).toMatchObject({ staff_roles: ['sales'], name: '小武' });
    expect(await changesOf(who)).toEqual([
      {
        name: { from: '小吴', to: '小武' },
        roles: { from: ['manager', 'sales'], to: ['sales'] },
        team: { from: null, to: '二组' },
      },
    ]);
    await change(who, { roles: ['sales'] });
    expect(await changesOf(who)).toHaveLength(1);
  });
});

describe('a role that somebody who stays has lost', () => {
  const pressed = { kind: 'action', revision: 1, verb: 'approve', selected: {}, handle: { query: 'q1' } } as const;
  const cardsTo = (chat: string): readonly string[] =>
    [...telegram.sent, ...wecom.sent].flatMap(({ to, content }) =>
      to.chat === chat && (content.kind === 'card' || content.kind === 'card_update')
        ? [[content.kind, content.card.closed ?? '', content.card.text ?? '', content.card.actions.length].join('｜')]
        : [],
    );
  const cardIdTo = (chat: string): string => {
    const found = telegram.sent.flatMap(({ to, content }) =>
      to.chat === chat && content.kind === 'card' ? [content.card.id] : [],
    );
    return found.at(-1) ?? '';
  };
  const press = async (chat: string, cardId: string): Promise<readonly string[]> => {
    await company.receive(telegram, chat, { ...pressed, cardId });
    await company.drain();
    return telegram.sent.flatMap(({ to, content }) =>
      to.chat === chat && content.kind === 'tap_answer' ? [content.text] : [],
    );
  };
  const GONE = 'card_update｜不再由您审批｜您的角色有变动，这一件不用您审批了｜0';

  test('takes the buttons from his cards on every platform while a colleague decides; a press says so, and names nobody', async () => {
    const ning = await company.addStaff('宁工', ['reviewer'], { telegram: '7401', wecom: 'ning' });
    const number = await submit('100000.00');
    const cardId = cardIdTo('7401');
    for (const channel of [telegram, wecom]) channel.sent.length = 0;

    await change(ning, { roles: ['collector'] });
    await company.drain();

    expect([cardsTo('7401'), cardsTo('ning')]).toEqual([[GONE], [GONE]]);
    expect(cardsTo('7102')).toEqual([]);
    expect(await press('7401', cardId)).toEqual([`${number} 已经不由您审批，这次没有改变结果。`]);
    expect(await seatsOf(number)).toEqual(['周敏 OPEN', '宁工 CLOSED'].sort());
    await approve(person('reviewer'), number);
    await company.call(ADMIN, 'staff.disable', { id: ning.id });
  });

  test('so too where his seat went to a successor: he handed nothing over', async () => {
    const number = await submit('300000.00');
    await approve(person('reviewer'), number);
    await company.drain();
    const heir = await company.addStaff('小秦', ['approver']);
    const ids = await company.db.pool.query<{ id: string }>(
      'SELECT c.id FROM cards c JOIN approval_tasks t ON t.id = c.task_id WHERE t.staff_id = $1 ORDER BY c.created_at DESC LIMIT 1',
      [person('zhao').id],
    );
    for (const channel of [telegram, wecom]) channel.sent.length = 0;
    await change(person('zhao'), { roles: ['sales'], telegram: '7402' });
    await company.drain();

    expect([...new Set(cardsTo('laozhao'))]).toEqual([GONE]);
    expect((await seatsOf(number)).join()).toContain('老赵 HANDED_OVER');
    expect(await press('7402', ids.rows[0]?.id ?? '')).toEqual([`${number} 已经不由您审批，这次没有改变结果。`]);
    await change(person('zhao'), { roles: ['approver'], telegram: null });
    await company.call(ADMIN, 'staff.disable', { id: heir.id });
    await company.drain();
  });

  test('with nobody to take the seat the buttons are gone too, and the card comes anew with the role', async () => {
    await submit('100000.00');
    telegram.sent.length = 0;
    await change(person('reviewer'), { roles: ['collector'] });
    await company.drain();
    expect(cardsTo('7102')).toEqual([GONE]);
    expect(await alarms()).toBe(1);

    await change(person('reviewer'), { roles: ['reviewer'] });
    await company.drain();

    expect(cardsTo('7102').at(-1)).toBe('card｜｜｜4');
    expect((await press('7102', cardIdTo('7102'))).at(-1)).toMatch(/^已通过 A/u);
    expect(await alarms()).toBe(0);
  });
});

async function tokenRow(token: string): Promise<unknown> {
  return findToken(company.base.database, createHash('sha256').update(token).digest());
}

async function changesOf(who: StaffActor): Promise<readonly unknown[]> {
  return (await entriesOf(who)).map(({ changes }) => changes);
}

interface Entry {
  readonly changes: unknown;
  readonly moved?: unknown;
}

async function entriesOf({ id }: StaffActor): Promise<readonly Entry[]> {
  const { rows } = await company.db.pool.query<{ id: string; sealed_detail: Buffer }>(
    `SELECT id, sealed_detail FROM audit_entries WHERE action = 'staff.changed' AND subject_id = $1 ORDER BY id`,
    [id],
  );
  return rows.map(
    (row) => company.base.keys.openJson(`audit_entries.sealed_detail.${row.id}`, row.sealed_detail) as Entry,
  );
}

describe('another team', () => {
  /** Whom the lead of a team sees, in both ways of asking. */
  async function seenBy(lead: StaffActor, customer: string): Promise<readonly boolean[]> {
    const { items } = (await company.call(lead, 'customer.list', {})) as { items: readonly { number: string }[] };
    const opened = await company.call(lead, 'lead.get', { lead: customer }).then(
      () => true,
      () => false,
    );
    return [items.some(({ number }) => number === customer), opened];
  }

  async function leadOf(team: string): Promise<StaffActor> {
    const lead = await company.addStaff(`${team}组长`, ['team_lead']);
    return inTeam(lead, team);
  }

  async function inTeam(who: StaffActor, team: string | null): Promise<StaffActor> {
    await change(who, { team });
    const { rows } = await company.db.pool.query<{ team_id: string }>('SELECT team_id FROM staff WHERE id = $1', [
      who.id,
    ]);
    return { ...who, teamId: rows[0]?.team_id };
  }

  test('has what he owns from that moment on, and the old one sees it no more; the audit log says how many', async () => {
    const [first, second] = [await leadOf('甲组'), await leadOf('乙组')];
    const mover = await inTeam(await company.addStaff('小孟', ['sales']), '甲组');
    const stays = await inTeam(await company.addStaff('小邓', ['sales']), '甲组');
    const capture = async (who: StaffActor, mobile: string): Promise<string> => {
      const facts = { name: '何晓燕', phone: mobile, amount: '100000.00', term: 12 };
      return ((await company.call(who, 'lead.capture', { facts })) as { leadNumber: string }).leadNumber;
    };
    const [his, other] = [await capture(mover, '13700090001'), await capture(stays, '13700090002')];
    expect([await seenBy(first, his), await seenBy(second, his)]).toEqual([Array(2).fill(true), Array(2).fill(false)]);

    await change(mover, { team: '乙组' });

    expect([await seenBy(first, his), await seenBy(second, his)]).toEqual([Array(2).fill(false), Array(2).fill(true)]);
    expect(await seenBy(first, other)).toEqual([true, true]);
    expect(
      await company.count(
        'leads l JOIN customers c ON c.id = l.customer_id JOIN staff s ON s.id = l.owner_id WHERE l.owner_id = $1 AND l.team_id = s.team_id AND c.team_id = s.team_id',
        [mover.id],
      ),
    ).toBe(1);
    expect((await entriesOf(mover)).at(-1)).toEqual({
      changes: { team: { from: '甲组', to: '乙组' } },
      moved: { customers: 1, leads: 1 },
    });

    await change(mover, { team: null });
    expect(await seenBy(second, his)).toEqual([false, false]);
    await change(mover, { name: '老孟' });
    expect((await entriesOf(mover)).at(-1)).toEqual({ changes: { name: { from: '小孟', to: '老孟' } } });
  });
});

describe('a chat account', () => {
  test('that is replaced takes the open cards along; the old one decides nothing any more', async () => {
    const number = await submit('100000.00');
    const [old] = telegram.sent.flatMap(({ content }) => (content.kind === 'card' ? [content.card] : []));
    telegram.sent.length = 0;

    const { accounts } = await change(person('reviewer'), { telegram: '7202' });
    expect(accounts.map(({ externalId }) => externalId)).toEqual(['7202']);
    await company.drain();

    const [card] = telegram.sent.flatMap(({ to, content }) =>
      content.kind === 'card' && to.chat === '7202' ? [content.card] : [],
    );
    expect(card?.title).toContain(number);
    expect(telegram.said('7102').at(-1)).toMatch(/改了您绑定的聊天账号，现在是：Telegram。.*告诉管理员/u);
    const press = { kind: 'action', revision: 1, verb: 'approve', selected: {}, handle: { query: 'q1' } } as const;
    await company.receive(telegram, '7102', { ...press, cardId: old?.id ?? '' });
    await company.drain();
    expect(await seatsOf(number)).toEqual(['周敏 OPEN']);

    await change(person('reviewer'), { telegram: '7102' });
    await company.drain();
    await company.receive(telegram, '7102', { ...press, cardId: old?.id ?? '' });
    await company.drain();
    await expect(openOf(number)).rejects.toThrow('is not open');
  });

  test('of somebody else is refused with his name and the cure; taken away, it is free', async () => {
    const other = await company.addStaff('小郑', ['sales'], { wecom: 'xiaozheng' });
    const next = await company.addStaff('小冯', ['sales']);
    const error = await caught(change(next, { wecom: 'xiaozheng' }));

    expect(error.code).toBe('staff.identity_taken');
    const cure = company.base.services.texts.translate('zh-CN', 'error.staff.identity_taken.help', error.params);
    expect(cure).toContain(`daiban staff update ${other.id} --no-wecom`);
    expect((await change(other, { wecom: null })).accounts).toEqual([]);
    expect((await change(next, { wecom: 'xiaozheng' })).accounts).toHaveLength(1);
    expect((await change(next, { wecom: 'xiaozheng' })).accounts).toHaveLength(1);
    await company.say(wecom, 'xiaozheng', '我的客户');
    await company.drain();
    expect(wecom.said('xiaozheng').at(-1)).toContain('您名下还没有客户');
  });

  test('that could not be reached is reached again once its person writes, or it is bound anew', async () => {
    const { id } = await company.addStaff('小韦', ['sales'], { wecom: 'xiaowei' });
    const lose = async (): Promise<unknown> =>
      company.db.pool.query("UPDATE identities SET is_reachable = false WHERE external_id = 'xiaowei'");
    const reached = async (): Promise<number> =>
      company.count("identities WHERE external_id = 'xiaowei' AND is_reachable");

    await lose();
    await company.say(wecom, 'xiaowei', '我的客户');
    await company.drain();
    expect(await reached()).toBe(1);

    await lose();
    await company.call(ADMIN, 'staff.bind', { id, platform: 'wecom', externalId: 'xiaowei' });
    expect(await reached()).toBe(1);
  });
});

describe('a WeCom account', () => {
  test('is one in whatever case it is written; people see it as the administrator wrote it', async () => {
    const written = ({ accounts }: Member): readonly string[] => accounts.map(({ externalId }) => externalId);
    const cen = await company.addStaff('小岑', ['sales'], { wecom: 'CenXi' });
    const event = wecom.message(personId(wecom.account, 'cEnXi'), '我的客户', ['cen-1']); // as the channel names him
    await company.door().receive([event]);
    await company.drain();

    expect(wecom.said('cenxi').at(-1)).toContain('您名下还没有客户');
    const { items } = (await company.call(ADMIN, 'staff.list', {})) as { readonly items: readonly Member[] };
    expect(items.filter(({ id }) => id === cen.id).flatMap(written)).toEqual(['CenXi']);
    expect((await caught(company.addStaff('小陈', ['sales'], { wecom: 'cenxi' }))).code).toBe('staff.identity_taken');
    expect(written(await change(cen, { wecom: 'CENXI' }))).toEqual(['CENXI']);
    await change(cen, { slack: 'U0CEN' });
    await company.drain();
    expect(wecom.said('cenxi').at(-1)).toMatch(/改了您绑定的聊天账号/u);
    expect(await company.count(`conversations WHERE account = $1 AND lower(chat) = 'cenxi'`, [wecom.account])).toBe(1);
    expect(written(await change(cen, { wecom: null }))).toEqual(['U0CEN']);
  });
});

test('whoever has the account after him is not asked what he was asked, on either side', async () => {
  const lee = await company.addStaff('小李', ['sales'], { telegram: '7301' });
  await company.say(telegram, '7301', '新客户 何女士 13800020001');
  await company.drain();
  expect(telegram.said('7301').join()).toContain('想贷多少');
  telegram.sent.length = 0;

  await change(lee, { telegram: null });
  await company.say(telegram, '7301', '30万');
  await company.drain();
  expect(telegram.said('7301')).toEqual([
    expect.stringContaining('改了您绑定的聊天账号，现在一个也没有了'),
    expect.stringContaining('您好，这里是贷款资料登记'),
  ]);

  await change(lee, { telegram: '7301' });
  await company.say(telegram, '7301', '我的客户');
  await company.drain();
  expect(telegram.said('7301').at(-1)).toContain('您的客户');
});

describe('the last administrator', () => {
  const boss: { first?: StaffActor; second?: StaffActor } = {};

  test('keeps the role and his access, also when two take it from each other at once', async () => {
    const first = await company.addStaff('老板', ['admin']);
    boss.first = first;
    expect(await refusalOf(change(first, { roles: ['manager'] }))).toBe('staff.last_admin');
    expect(await refusalOf(change(first, { disabled: true }))).toBe('staff.last_admin');
    expect(await refusalOf(company.call(first, 'staff.disable', { id: first.id }))).toBe('staff.last_admin');
    expect((await change(first, { roles: ['admin', 'manager'] })).roles).toEqual(['admin', 'manager']);

    const second = await company.addStaff('老板娘', ['admin']);
    const client = await company.db.pool.connect();
    await client.query('BEGIN');
    await client.query('SELECT FROM staff FOR UPDATE'); // so that both have begun before either can go on
    const both = Promise.allSettled([
      company.call(first, 'staff.update', { id: second.id, roles: ['manager'] }),
      company.call(second, 'staff.update', { id: first.id, roles: ['manager'] }),
    ]);
    await until(
      async () =>
        (await company.count(`pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`)) > 1,
    );
    await client.query('ROLLBACK');
    client.release();
    const outcomes = await both;
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await company.count(`staff WHERE is_active AND 'admin' = ANY(roles)`)).toBe(1);
  });

  test('nobody but an administrator may change staff; compliance may look', async () => {
    const roles: readonly Role[] = ['sales', 'team_lead', 'manager', 'compliance'];
    for (const role of roles) {
      const actor = { kind: 'TOKEN', id: role, roles: [role], language: 'zh-CN' } as const;
      expect(await refusalOf(company.call(actor, 'staff.update', { id: person('sales').id, name: '甲' }))).toBe(
        'permission.denied',
      );
    }
    const compliance = { kind: 'TOKEN', id: 'c', roles: ['compliance'], language: 'zh-CN' } as const;
    const { items } = (await company.call(compliance, 'staff.list', {})) as { items: readonly Member[] };
    expect(items.find(({ id }) => id === person('sales').id)).toMatchObject({ language: 'zh-CN', team: null });
  });
});

describe('somebody who comes back', () => {
  test('has his account and his place again, but none of his old tokens, and the cases that stopped go on', async () => {
    const back = await company.addStaff('小秦', ['sales'], { wecom: 'xiaoqin' });
    const { token } = (await company.call(ADMIN, 'token.create', { name: 'x', staffId: back.id })) as { token: string };
    await company.call(ADMIN, 'staff.disable', { id: back.id });
    await company.call(ADMIN, 'staff.disable', { id: back.id });
    await company.say(wecom, 'xiaoqin', '我的客户');
    await company.drain();
    expect(wecom.said('xiaoqin').at(-1)).not.toContain('您名下');

    expect(await change(back, { disabled: false })).toMatchObject({ isActive: true });
    await company.say(wecom, 'xiaoqin', '我的客户');
    await company.drain();

    expect(wecom.said('xiaoqin').at(-1)).toContain('您名下还没有客户');
    expect(await tokenRow(token)).toBeUndefined();
    expect(await changesOf(back)).toEqual([
      { isActive: { from: true, to: false } },
      { isActive: { from: false, to: true } },
    ]);
    expect(await company.count('staff WHERE id = $1 AND disabled_at IS NULL', [back.id])).toBe(1);
  });
});

describe('somebody’s own language', () => {
  test('is switched by a word in chat, confirmed in the new one, and spoken from then on', async () => {
    await company.say(wecom, 'xiaolin', '用英文');
    await company.say(wecom, 'xiaolin', 'tasks');
    await company.drain();
    expect(wecom.said('xiaolin')).toEqual(['All right, English from now on.', expect.not.stringContaining('没有')]);

    await company.say(wecom, 'xiaolin', 'language 中文');
    await company.drain();
    expect(wecom.said('xiaolin').at(-1)).toBe('好的，从现在起说中文。');
    expect(await company.count(`staff WHERE id = $1 AND language = 'zh-CN'`, [person('sales').id])).toBe(1);
  });
});
