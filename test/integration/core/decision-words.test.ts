/** Words while an approval waits for its reason: a command stays a command, and a wrong word never decides. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ADMIN, useCompany, type StaffActor } from '../../invariants/support/company.ts';

const company = useCompany();
const { telegram, wecom } = company.channels;
let sales: StaffActor;
let phone = 13_700_009_000;

beforeAll(async () => {
  sales = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin' });
  await company.addStaff('周敏', ['reviewer', 'sales'], { telegram: '7102' });
  await company.addStaff('老吴', ['sales'], { wecom: 'laowu' });
});
beforeEach(() => {
  telegram.sent.length = 0;
  wecom.sent.length = 0;
});

interface Case {
  readonly lead: string;
  readonly number: string;
  press(verb: string): Promise<void>;
  state(): Promise<string>;
}

async function newCase(): Promise<Case> {
  phone += 1;
  const facts = { name: '何晓燕', phone: String(phone), amount: '120000.00', term: 12 };
  const lead = (await company.call(sales, 'lead.capture', { facts })) as { leadNumber: string };
  const done = (await company.call(sales, 'lead.submit', { lead: lead.leadNumber })) as {
    applicationNumber: string;
    applicationId: string;
  };
  await company.drain();
  const card = telegram.sent.flatMap(({ content }) => (content.kind === 'card' ? [content.card] : [])).at(-1);
  return {
    lead: lead.leadNumber,
    number: done.applicationNumber,
    async press(verb) {
      await company.receive(telegram, '7102', {
        kind: 'action',
        cardId: card?.id ?? '',
        revision: 1,
        verb,
        selected: {},
        handle: { query: 'q1' },
      });
      await company.drain();
    },
    async state() {
      const { rows } = await company.db.pool.query<{ state: string }>(
        'SELECT state FROM approvals WHERE application_id = $1 ORDER BY opened_at DESC, id DESC',
        [done.applicationId],
      );
      return rows[0]?.state ?? '';
    },
  };
}

async function say(text: string): Promise<readonly string[]> {
  const before = telegram.sent.length;
  await company.say(telegram, '7102', text);
  await company.drain();
  return telegram.sent.slice(before).flatMap(({ content }) => (content.kind === 'text' ? [content.text] : []));
}

describe('while a decision waits for its reason', () => {
  test.each(['待办', '我的客户', '客户 K1', '提交 K1', '/todo', 'a1087'])(
    '“%s” is a command: nothing is decided and the question is asked once more',
    async (words) => {
      const one = await newCase();
      await one.press('return');

      const said = await say(words);

      expect(await one.state()).toBe('OPEN');
      expect(said.length).toBeGreaterThan(1);
      expect(said.at(-1)).toContain(`${one.number} 还等您写要补什么`);
      expect(await say('缺近三个月流水')).toEqual([`已退回 ${one.number}，提交人会收到通知`]);
      expect(await one.state()).toBe('RETURNED');
    },
  );

  test('a command with a question of its own drops the one about the card, so that no answer decides by mistake', async () => {
    const one = await newCase();
    await one.press('reject');

    const said = await say('新客户 王女士 13900008888');
    expect(said.at(-1)).toBe('好的，先不处理，卡片还在。');
    await say('30万');

    expect(await one.state()).toBe('OPEN');
  });

  test('取消 leaves the case open; a reason names the case it refused', async () => {
    const one = await newCase();
    await one.press('reject');
    expect(await say('取消')).toEqual(['好的，先不处理，卡片还在。']);
    expect(await one.state()).toBe('OPEN');

    await one.press('reject');
    expect(await say('负债比例偏高')).toEqual([`已拒绝 ${one.number}`]);
  });
});

describe('handing over in words', () => {
  test('with nobody to take it says so, and nothing is asked', async () => {
    const one = await newCase();
    telegram.sent.length = 0;

    await one.press('hand_over');

    const said = telegram.sent.map(({ content }) => ('text' in content ? content.text : content.kind));
    expect(said).toEqual([
      `现在没有别的同事可以接手 ${one.number}：接手的要是审核员，没有经手过这一件。没有转办，卡片还在。`,
    ]);
    expect((await say('待办')).join()).toContain('等您审批');
  });

  test('a name nobody has is asked for again, and the right one works', async () => {
    const one = await newCase();
    await company.addStaff('阿May', ['reviewer'], { telegram: '7103' });
    await one.press('hand_over');

    const [again] = await say('老赵');
    expect(again).toContain(`「老赵」不能接手 ${one.number}。可以转给：阿May`);
    expect(await say('阿May')).toEqual([`已转办 ${one.number}`]);
  });

  test('of two with one name nobody is guessed: each is named with the team, and the answer decides', async () => {
    const one = await newCase();
    const roles = ['reviewer'];
    const add = async (team: string): Promise<string> =>
      ((await company.call(ADMIN, 'staff.add', { name: '张伟', roles, team })) as { id: string }).id;
    const [, second] = [await add('一组'), await add('二组')];
    await one.press('hand_over');

    const [which] = await say('张伟');
    expect(which).toContain('叫「张伟」的有好几位：张伟（一组）、张伟（二组）。是哪一位？');
    expect(await one.state()).toBe('OPEN');
    expect(await say('张伟(二组)')).toEqual([`已转办 ${one.number}`]);
    expect(await company.count(`approval_tasks WHERE state = 'OPEN' AND staff_id = $1`, [second])).toBe(1);
  });
});

describe('the number of an application', () => {
  test('submits a returned case again, as the notice says, in both languages', async () => {
    for (const words of ['提交', 'submit ']) {
      const one = await newCase();
      await one.press('return');
      await say('缺流水');
      expect(wecom.said('xiaolin').at(-1)).toContain(`补齐后发「提交 ${one.number}」`);

      await company.say(wecom, 'xiaolin', `${words}${one.number}`);
      await company.drain();

      expect(wecom.said('xiaolin').at(-1)).toBe(`${one.number} 已提交审批，有结果会马上告诉您。`);
      expect(await one.state()).toBe('OPEN');
    }
  });

  test('finds its customer, for those who may see her', async () => {
    const one = await newCase();
    for (const words of ['客户', 'customer ']) {
      await company.say(wecom, 'xiaolin', `${words}${one.number}`);
      await company.drain();
      expect(wecom.said('xiaolin').at(-1)).toContain(`${one.lead} 何**`);
    }
    await company.say(wecom, 'laowu', `客户 ${one.number}`);
    await company.drain();
    expect(wecom.said('laowu').at(-1)).toContain('没有找到，或不在您的查看范围内');
  });
});

describe('an approver who was called away', () => {
  const MINUTE = 60_000;
  const DAY = 24 * 60 * MINUTE;

  beforeAll(async () => {
    await say('取消'); // the form that an earlier test left open
  });

  test('is asked back with his words when he writes later than a quarter of an hour, and what he writes then counts', async () => {
    const one = await newCase();
    await one.press('reject');
    await company.advance(16 * MINUTE);

    const [again, ...more] = await say('今天下午我请假');
    expect(again).toContain(`「今天下午我请假」没有当成拒绝 ${one.number} 的理由，还没有拒绝`);
    expect(more).toEqual([]);
    expect(await one.state()).toBe('OPEN');

    await company.advance(14 * MINUTE);
    expect(await say('流水不真实')).toEqual([`已拒绝 ${one.number}`]);
  });

  test('may choose an offered reason however late on that day; its place in the list says too little', async () => {
    const one = await newCase();
    await one.press('reject');
    await company.advance(16 * MINUTE);

    expect((await say('2')).join()).toContain('还没有拒绝');
    await company.advance(16 * MINUTE);
    expect(await say('负债比例偏高')).toEqual([`已拒绝 ${one.number}`]);
  });

  test('is not held to it a day later: the question is dropped with the number of its case, and the sentence is an ordinary one', async () => {
    const one = await newCase();
    await one.press('return');
    await company.advance(DAY + MINUTE);
    await company.drain();

    const [dropped, ...heard] = await say('缺近三个月流水');
    expect(dropped).toBe(`${one.number} 要补的内容等了一天没有收到，先不处理了，卡片还在。`);
    expect(heard).not.toEqual([]);
    expect((await say('缺近三个月流水')).join()).not.toContain(one.number);
    expect(await one.state()).toBe('OPEN');
  });

  test('is asked once more where an older release asked: nobody knows when that was', async () => {
    const one = await newCase();
    await one.press('return');
    await forgetWhen();

    expect((await say('缺近三个月流水')).join()).toContain(`要补的内容，还没有退回`);
    expect(await say('缺近三个月流水')).toEqual([`已退回 ${one.number}，提交人会收到通知`]);
  });

  /** As a release before this one kept it. */
  async function forgetWhen(): Promise<void> {
    const { keys } = company.base;
    const { rows } = await company.db.pool.query<{ id: string; sealed_state: Buffer }>(
      `SELECT id, sealed_state FROM conversations WHERE chat = '7102'`,
    );
    for (const { id, sealed_state } of rows) {
      const column = `conversations.sealed_state.${id}`;
      const { decision, ...memory } = keys.openJson(column, sealed_state) as { decision: { askedAt?: number } };
      const { askedAt: _, ...old } = decision;
      await company.db.pool.query('UPDATE conversations SET sealed_state = $2 WHERE id = $1', [
        id,
        keys.sealJson(column, { ...memory, decision: old }),
      ]);
    }
  }
});
