/** What approvers and submitters type around a card: second thoughts, decisions in words, names of other people, notes. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Card } from '../../../src/channels/card.ts';
import { useCompany, type StaffActor } from '../../invariants/support/company.ts';

const company = useCompany();
const { telegram, slack, wecom } = company.channels;
const ZHOU = '7202';
let sales: StaffActor;
let phone = 13_700_019_000;

beforeAll(async () => {
  sales = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin' });
  await company.addStaff('周敏', ['reviewer'], { telegram: ZHOU });
  await company.addStaff('王建', ['reviewer'], { slack: 'U0WANG' });
});
beforeEach(() => {
  for (const channel of [telegram, slack, wecom]) channel.sent.length = 0;
});

interface Case {
  readonly lead: string;
  readonly number: string;
  press(verb: string): Promise<void>;
  state(): Promise<string>;
}

async function newCase(name = '陈大文', amount = '120000.00'): Promise<Case> {
  phone += 1;
  const facts = { name, phone: String(phone), amount, term: 12 };
  const { leadNumber: lead } = (await company.call(sales, 'lead.capture', { facts })) as { leadNumber: string };
  const submitted = (await company.call(sales, 'lead.submit', { lead })) as Record<string, string>;
  const { applicationNumber: number = '', applicationId } = submitted;
  await company.drain();
  const cardId = cards(ZHOU).findLast((card) => card.title.includes(number))?.id ?? '';
  return {
    lead,
    number,
    async press(verb) {
      const press = { kind: 'action', cardId, revision: 1, verb, selected: {}, handle: { query: 'q1' } } as const;
      await company.receive(telegram, ZHOU, press);
      await company.drain();
    },
    async state() {
      const { rows } = await company.db.pool.query<{ state: string }>(
        'SELECT state FROM approvals WHERE application_id = $1 ORDER BY opened_at DESC, id DESC',
        [applicationId],
      );
      return rows[0]?.state ?? '';
    },
  };
}

function cards(chat: string): readonly Card[] {
  return [...telegram.sent, ...slack.sent].flatMap(({ to, content }) =>
    to.chat === chat && content.kind === 'card' ? [content.card] : [],
  );
}

async function say(text: string, channel = telegram, who = ZHOU): Promise<readonly string[]> {
  const before = channel.sent.length;
  await company.say(channel, who, text);
  await company.drain();
  return channel.sent
    .slice(before)
    .flatMap(({ to, content }) => (to.chat === who && content.kind === 'text' ? [content.text] : []));
}

/** Nothing is left waiting for the next test. */
async function close(one: Case): Promise<void> {
  await one.press('reject');
  await say('负债比例偏高');
}

describe('second thoughts after a press', () => {
  test.each([
    ['reject', '算了', '拒绝'],
    ['return', '点错了', '退回'],
    ['reject', '等等 我再看看', '拒绝'],
    ['return', 'never mind', '退回'],
  ])('after %s “%s” decides nothing and says so', async (verb, words, did) => {
    const one = await newCase();
    await one.press(verb);

    expect(await say(words)).toEqual([`好的，没有${did} ${one.number}，卡片还在等您。`]);
    expect(await one.state()).toBe('OPEN');
    expect((await say('负债比例偏高')).join()).not.toContain(`已${did}`);
    await close(one);
  });

  test('a number chooses the reason at its place', async () => {
    const one = await newCase();
    await one.press('reject');

    expect(await say('2')).toEqual([`已拒绝 ${one.number}`]);
    expect(await company.count(`approval_tasks WHERE reason_code = 'R05' AND state = 'REJECTED'`)).toBeGreaterThan(0);
    expect(wecom.said('xiaolin').at(-1)).toContain('未通过：负债比例偏高');
  });

  test.each([
    ['reject', '9', '看不出拒绝'],
    ['return', '2', '要补什么，还没有退回'],
    ['return', '为什么？', '要补什么，还没有退回'],
    ['reject', '通过', '看不出拒绝'],
  ])('after %s “%s” is asked back, and a whole answer decides', async (verb, words, asked) => {
    const one = await newCase();
    await one.press(verb);

    expect((await say(words)).join()).toContain(asked);
    expect(await one.state()).toBe('OPEN');
    expect((await say('近三个月流水不全')).join()).toContain(one.number);
    expect(await one.state()).toBe(verb === 'reject' ? 'REJECTED' : 'RETURNED');
  });

  test('whoever has handed nothing in may say 等等, and look at a customer while the question waits', async () => {
    expect((await say('等等')).join()).toContain('您手上没有在审批中的件');
    const one = await newCase();
    await one.press('return');

    const said = await say(`我先看看客户${one.lead}的资料`);

    expect(said[0]).toContain(`${one.lead} 陈**`);
    expect(said.at(-1)).toContain(`${one.number} 还等您写要补什么`);
    await say('算了');
    await close(one);
  });
});

describe('a decision that is typed', () => {
  test.each(['通过', '同意', 'approve'])(
    'with one case waiting “%s” brings its card again and decides nothing',
    async (words) => {
      const one = await newCase();

      const said = await say(words);

      expect(said).toEqual([`打字不会直接决定。${one.number} 的卡片又发给您了，请在卡片上点「通过」。`]);
      expect(cards(ZHOU).filter((card) => card.title.includes(one.number))).toHaveLength(2);
      expect(await one.state()).toBe('OPEN');
      await close(one);
    },
  );

  test('with several waiting they are named, and with its number one of them is meant', async () => {
    const [one, two] = [await newCase(), await newCase()];

    expect((await say('同意')).join()).toContain(`等您审批的有：${two.number} 陈**、${one.number} 陈**`);
    await say('语言 English');
    expect((await say('approve')).join()).toContain(`Waiting for you: ${two.number} 陈**, ${one.number} 陈**.`);
    await say('语言 中文');
    expect(await say(`${one.number} 退回 流水没有`)).toEqual([
      `打字不会直接决定。${one.number} 的卡片又发给您了，请在卡片上点「退回补件」。`,
    ]);
    expect(await one.state()).toBe('OPEN');
    await close(one);
    expect(await say(`${one.number} 通过`)).toEqual([`${one.number} 没有等您审批的；发「审批」看等您的有哪些。`]);
    await close(two);
  });

  test('with nothing waiting the words mean what they always did', async () => {
    expect((await say('同意')).join()).toContain('没看懂');
    expect((await say('同意', wecom, 'xiaolin')).join()).toContain('没看懂');
  });

  test('the number of another case leaves the question about the first open', async () => {
    const [one, two] = [await newCase(), await newCase()];
    await one.press('reject');

    const said = await say(`${two.number} 通过`);

    expect(said[0]).toContain(`${two.number} 的卡片又发给您了`);
    expect(said.at(-1)).toContain(`${one.number} 还等您写拒绝的理由`);
    expect([await one.state(), await two.state()]).toEqual(['OPEN', 'OPEN']);
    await say('近期查询较多');
    await close(two);
  });
});

describe('what others are shown of free words', () => {
  test('a reason names neither another customer nor a third person, and keeps its other words', async () => {
    const one = await newCase();
    await one.press('return');
    await say(`何女士老公张建国被执行了，高负债，电话13912345678`);

    expect(wecom.said('xiaolin').at(-1)).toContain('退回补件：何**老公张**被执行了，高负债，电话139****5678');
    await say(`提交 ${one.number}`, wecom, 'xiaolin');

    const shown = JSON.stringify([cards(ZHOU), cards('U0WANG')]);
    expect(shown).toContain('高负债');
    expect(shown).not.toMatch(/何女士|张建国|13912345678/);
  });

  test('a note behind 提交 stands on the new card, without names, and on no later one', async () => {
    const one = await newCase();
    await one.press('return');
    await say('营业执照是谁的');
    await say(`提交 ${one.number} 执照是她老公张建国的 流水明天给`, wecom, 'xiaolin');

    const noteOf = (): string | undefined =>
      cards('U0WANG')
        .findLast((card) => card.title.includes(one.number))
        ?.fields.find(({ label }) => label === '提交人说明')?.value;
    expect(noteOf()).toBe('执照是她老公张**的 流水明天给');

    const { items } = (await company.call(sales, 'application.mine', {})) as { items: readonly { number: string }[] };
    expect(items.map(({ number }) => number)).toContain(one.number);
    const again = cards(ZHOU).findLast((card) => card.title.includes(one.number));
    const press = {
      kind: 'action',
      cardId: again?.id ?? '',
      revision: 1,
      verb: 'return',
      selected: {},
      handle: {},
    } as const;
    await company.receive(telegram, ZHOU, press);
    await company.drain();
    await say('还缺征信报告');
    await say(`提交 ${one.number}`, wecom, 'xiaolin');
    expect(noteOf()).toBeUndefined();
  });
});

describe('the notices to whoever submitted', () => {
  test('name the customer and what can be done next', async () => {
    const one = await newCase();
    await one.press('return');
    await say('近三个月流水不全');
    const returned = wecom.said('xiaolin').at(-1);
    expect(returned).toContain(
      `客户 ${one.lead} 陈**。要补文件发「上传 ${one.lead}」，7 天内补齐后发「提交 ${one.number}」`,
    );

    await company.advance(7 * 86_400_000 + 60_000);
    await company.drain();
    expect(wecom.said('xiaolin').findLast((words) => words.includes('已关闭'))).toBe(
      `${one.number} 补件超过 7 天，已关闭。客户 ${one.lead} 陈**。要再做，发「新客户」加手机号重新录入。`,
    );
    const [recorded] = await say(`新客户 ${phone} 想贷10万`, wecom, 'xiaolin');
    expect(recorded).toContain(`已建草稿 ${one.lead}`);
  });
});

describe('handing over in a sentence', () => {
  test('王经理 is found in it, and the case is his', async () => {
    const one = await newCase();
    await company.addStaff('李想', ['reviewer'], {});
    await one.press('hand_over');
    expect(await say('算了')).toEqual([`好的，没有转办 ${one.number}，卡片还在等您。`]);
    await one.press('hand_over');

    expect(await say('转给李经理吧 他熟这个行业')).toEqual([`已转办 ${one.number}`]);
  });

  test('whose turn is over is told which case it was', async () => {
    const one = await newCase();
    await company.addStaff('孙丽', ['reviewer'], {});
    await one.press('hand_over');
    const { items } = (await company.call(await company.addStaff('钱多', ['manager'], {}), 'approval.list', {
      state: 'OPEN',
    })) as { items: readonly { id: string; number: string }[] };
    const open = items.find(({ number }) => number === one.number);
    await company.db.pool.query(`UPDATE approvals SET state = 'RETURNED', closed_at = now() WHERE id = $1`, [open?.id]);

    expect(await say('孙丽')).toEqual([`${one.number} 已经退回补件，这次没有改变结果。`]);
  });
});

describe('a reason that comes when the step is over', () => {
  const wang = async (one: Case, verb: string, reason?: string): Promise<void> => {
    const { rows } = await company.db.pool.query<{ staff_id: string; id: string; revision: number }>(
      `SELECT i.staff_id, p.id, p.revision FROM approvals p JOIN applications a ON a.id = p.application_id, identities i
       WHERE i.external_id = 'U0WANG' AND a.number = $1 AND p.state = 'OPEN'`,
      [Number(one.number.slice(1))],
    );
    const { staff_id: id = '', ...approval } = rows[0] ?? {};
    const actor: StaffActor = { ...sales, id, name: '王建', roles: ['reviewer'] };
    await company.call(actor, 'approval.decide', { ...approval, verb, ...(reason === undefined ? {} : { reason }) });
    await company.drain();
  };

  test('is answered, as a press is, with how the case stands by now', async () => {
    const one = await newCase();
    await one.press('reject');
    await wang(one, 'return', '缺流水');
    await company.call(sales, 'lead.submit', { lead: one.lead });
    await company.drain();

    expect(await say('负债比例偏高')).toEqual([`${one.number} 有更新，请看最新的一张卡片。`]);
    expect(await one.state()).toBe('OPEN');

    await one.press('reject');
    await wang(one, 'reject', 'R05');
  });

  test('of a level the same person has approved elsewhere meanwhile is answered with the level that is open', async () => {
    const may = await company.addStaff('阿May', ['approver'], {});
    await company.addStaff('小吴', ['approver'], {});
    const one = await newCase('陈大文', '300000.00');
    await one.press('reject');
    const { rows } = await company.db.pool.query<{ staff_id: string }>(
      'SELECT staff_id FROM identities WHERE external_id = $1',
      [ZHOU],
    );
    const zhou: StaffActor = { ...sales, id: rows[0]?.staff_id ?? '', name: '周敏', roles: ['reviewer'] };
    await company.call(zhou, 'approval.decide', { id: one.number, revision: 1, verb: 'approve' });
    await company.drain();

    expect(await say('负债比例偏高')).toEqual([
      `${one.number} 的这一步已经处理（周敏），现在等其他同事审批；这次没有改变结果。`,
    ]);
    expect(await one.state()).toBe('OPEN');
    await company.call(may, 'approval.decide', { id: one.number, revision: 1, verb: 'reject', reason: 'R05' });
  });

  test('names who decided', async () => {
    const one = await newCase();
    await one.press('reject');
    await wang(one, 'approve');

    expect(await say('负债比例偏高')).toEqual([`${one.number} 已经通过（王建），这次没有改变结果。`]);
  });
});
