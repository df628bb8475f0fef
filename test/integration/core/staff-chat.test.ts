/** A salesperson's chat with a form open: look-ups in between, the card that is pressed, and what a customer's file shows. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Card } from '../../../src/channels/card.ts';
import { ChannelError } from '../../../src/channels/channel.ts';
import { ADMIN, useCompany, type StaffActor } from '../../invariants/support/company.ts';
import { refusalOf } from '../../support/product.ts';

const company = useCompany();
const people: { lin?: StaffActor; qian?: StaffActor } = {};

beforeAll(async () => {
  people.lin = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin' });
  people.qian = await company.addStaff('小钱', ['reviewer'], { wecom: 'xiaoqian' });
});

async function says(text: string): Promise<void> {
  company.channels.wecom.sent.length = 0;
  await company.say(company.channels.wecom, 'xiaolin', text);
  await company.drain();
}

/** What he was sent since he spoke last. */
function told(): readonly string[] {
  return company.channels.wecom.said('xiaolin');
}

function cards(kind: 'card' | 'card_update'): readonly Card[] {
  return company.channels.wecom.sent.flatMap(({ content }) => (content.kind === kind ? [content.card] : []));
}

async function press(card: Card, verb: string): Promise<void> {
  company.channels.wecom.sent.length = 0;
  const tap = { kind: 'action', cardId: card.id, revision: card.revision, verb, selected: {}, handle: {} } as const;
  await company.receive(company.channels.wecom, 'xiaolin', tap);
  await company.drain();
}

describe('a form that is open', () => {
  test('a look-up costs one line more, the card stays usable, and what was pressed keeps its facts', async () => {
    await says('新客户 何女士 13800090001 想贷12万周转 12期 在深圳');
    const [card] = cards('card');
    if (!card) throw new Error('no card');
    expect(card).toMatchObject({ title: expect.stringMatching(/^K\d+ 何\*+ · 12 万 · 12 期$/u) as string });
    expect(card.text).toContain('现在提交审批吗？');

    await says('待办');
    expect(told()).toEqual([
      '没有待办，轻松一下。',
      expect.stringMatching(/^K\d+ 的「进件」还开着，看卡片回「继续」。$/u),
    ]);
    expect(cards('card')).toEqual([]);

    await press(card, 'o0');
    expect(cards('card_update')[0]).toMatchObject({
      title: card.title,
      fields: card.fields,
      actions: [],
      closed: '已选：提交审批',
    });
    expect(told().join('\n')).toMatch(/A\d+ 已提交审批/u);
  });

  test('is closed when its lead is handed in by a command', async () => {
    await says('新客户 周先生 13800090002 想贷12万周转 12期 在深圳');
    const number = /K\d+/u.exec(cards('card')[0]?.title ?? '')?.[0] ?? '';

    await says(`提交 ${number}`);
    expect(told()).toEqual([expect.stringMatching(/^A\d+ 已提交审批/u)]);

    await says('待办');
    expect(told()).toEqual(['没有待办，轻松一下。']);
  });
});

describe('a phone that is typed again while the case is in approval', () => {
  test('opens no form: nothing is asked, and nothing is invited that cannot be changed', async () => {
    await says('新客户 许女士 13800090061 想贷12万周转 12期 在深圳');
    const [card] = cards('card');
    if (!card) throw new Error('no card');
    await press(card, 'o0');
    const application = /A\d+/u.exec(told().join('\n'))?.[0] ?? '';
    const number = /K\d+/u.exec(card.title)?.[0] ?? '';

    await says('新客户 许女士 13800090061');
    expect(told()).toEqual([
      `${number} 已有档案，由您跟进，${application} 已提交审批，这里不用再填。看进度发「客户 ${number}」。`,
    ]);
    await says('装修');
    expect(told().join('\n')).not.toMatch(/正在审批|想贷多少/u);
  });
});

describe('the card of a form that has ended', () => {
  test('by a command in words: a press is told that it is over, and claims no answer', async () => {
    await says('新客户 冯先生 13800090004 想贷12万周转 12期 在深圳');
    const lead = /K\d+/u.exec(cards('card')[0]?.title ?? '')?.[0] ?? '';
    await says(`提交 ${lead}`);
    const application = /A\d+/u.exec(told().join('\n'))?.[0] ?? '';
    await returns(application);
    await says(`继续 ${lead}`);
    const card = cards('card').at(-1);
    if (!card) throw new Error('no card');
    await says(`提交 ${application} 已降额`);
    expect(told().at(-1)).toContain(`${application} 已提交审批`);

    await press(card, 'o0');

    expect(cards('card_update').map(({ closed }) => closed)).toEqual(['这个问题已经过去了']);
    expect(told()).toEqual([card.title]);
  });

  test('by silence: a press hears that it lies aside and how to go on, whatever was opened since', async () => {
    await says('新客户 蒋女士 13800090021 想贷12万周转 12期 在深圳');
    const [first] = cards('card');
    if (!first) throw new Error('no card');
    for (let half = 0; half < 8; half += 1) {
      await company.advance(12 * 3_600_000);
      await company.drain();
    }
    expect(told().at(-1)).toContain('先放到一边');
    const aside = '这张表先放到一边了，已填的都在。回「继续」接着填。';

    await press(first, 'o0');
    expect(cards('card_update').map(({ closed }) => closed)).toEqual([aside]);
    await says('新客户 沈女士 13800090022 想贷12万周转 12期 在深圳');
    await press(first, 'o0');
    expect(cards('card_update').map(({ closed }) => closed)).toEqual([aside]);

    await says('取消');
    await says('继续 蒋女士');
    await press(first, 'o0');
    expect(told().join('\n')).toMatch(/A\d+ 已提交审批/u);
  });

  async function returns(number: string): Promise<void> {
    const { rows } = await company.db.pool.query<{ id: string; revision: number }>(
      'SELECT p.id, p.revision FROM approvals p JOIN applications a ON a.id = p.application_id WHERE a.number = $1',
      [Number(number.slice(1))],
    );
    const [approval] = rows;
    await company.call(people.qian ?? ADMIN, 'approval.decide', { ...approval, verb: 'return', reason: '缺流水' });
  }
});

describe('on the customer’s file', () => {
  async function lines(number: string): Promise<readonly string[]> {
    const { items } = (await company.call(ADMIN, 'timeline.read', { id: number, limit: 200 })) as {
      readonly items: readonly { readonly direction: string; readonly text: string | null }[];
    };
    return items.map(({ direction, text }) => `${direction} ${text ?? ''}`);
  }

  async function opens(sentence: string): Promise<string> {
    await says(sentence);
    return /K\d+/u.exec([...cards('card').map(({ title }) => title), ...told()].join('\n'))?.[0] ?? '';
  }

  test('what is said in the open form stands with its answer, though no value came of it', async () => {
    const number = await opens('新客户 郑女士 13800090011 想贷12万周转 12期 在深圳');

    for (const sentence of ['期限改成abc', '手机改成1380000', '金额改成3分', '嗯嗯嗯', '上一步']) {
      const before = (await lines(number)).length;
      await says(sentence);
      const added = (await lines(number)).slice(before);
      expect(added[0], sentence).toBe(`in ${sentence}`);
      expect(added.slice(1).length, sentence).toBe(company.channels.wecom.sent.length);
      expect(added.length, sentence).toBeGreaterThan(1);
    }
  });

  test('so does what is said in a lead that was taken up again', async () => {
    const number = await opens('新客户 王女士 13800090012 想贷12万周转 12期 在深圳');
    await says('取消');
    await says(`继续 ${number}`);
    const before = (await lines(number)).length;
    await says('期限改成abc');

    expect((await lines(number)).slice(before)[0]).toBe('in 期限改成abc');
  });

  test('a look-up in between puts nothing of the form on the other customer’s file', async () => {
    const other = await opens('新客户 冯先生 13800090013 想贷12万周转 12期 在深圳');
    await says('取消');
    const number = await opens('新客户 陈女士 13800090014 想贷12万');
    const before = [await lines(number), await lines(other)];
    await says(`客户 ${other}`);
    await says('期限改成abc');
    await says('帮助');

    expect((await lines(other)).slice(before[1]?.length).filter((line) => line.startsWith('in'))).toEqual([
      `in 客户 ${other}`,
    ]);
    expect((await lines(number)).slice(before[0]?.length).filter((line) => line === 'in 期限改成abc')).toHaveLength(1);
  });
});

test('after the pay-out a customer’s file names application and loan, and his plan says how much follows', async () => {
  await says('新客户 吴先生 13800090003 想贷12万周转 12期 在深圳');
  const number = /K\d+/u.exec(cards('card')[0]?.title ?? '')?.[0] ?? '';
  const { applicationId } = (await company.call(people.lin ?? ADMIN, 'lead.submit', { lead: number })) as {
    applicationId: string;
  };
  await company.drain();
  const { rows } = await company.db.pool.query<{ id: string; revision: number }>(
    'SELECT id, revision FROM approvals WHERE application_id = $1',
    [applicationId],
  );
  await company.call(people.qian ?? ADMIN, 'approval.decide', { ...rows[0], verb: 'approve' });
  await company.drain();

  await says(`客户 ${number}`);
  expect(told()[0]).toMatch(/｜还款中\n· L\d{4} 120,000\.00｜借据｜还款中\n· A\d+ 120,000\.00｜进件｜已通过$/u);

  await says(`还款 ${number}`);
  expect(told()[0]).toContain('（后面还有 6 期）');
});

test('a trial is answered in words also where the picture cannot be sent', async () => {
  const { wecom } = company.channels;
  wecom.onSend = async ({ id, content }) => {
    if (content.kind === 'file') throw new ChannelError('our_fault', '40006');
    return { providerId: `p${id}` };
  };

  await says('试算 12000元 12期 月费率0.8% 等本等息');

  expect(wecom.sent.map(({ content }) => content.kind)).toEqual(['text', 'file']);
  expect(told()[0]).toMatch(/IRR×12 17\.27%/);
});

describe('what is said of somebody else with a form open', () => {
  const onFile = async (phone: string): Promise<unknown> =>
    company.call(people.lin ?? ADMIN, 'lead.find', { query: phone });

  test('changes nothing in the open form, neither in the chat nor on file', async () => {
    await says('新客户 袁先生 13800090101 想贷20万装修 12期 在东莞');
    await says('稍后');
    await says('新客户 何女士 13800090102 想贷30万周转');
    const before = await onFile('13800090102');
    const other = ((await onFile('13800090101')) as { number: string }).number;

    await says(`${other} 金额改成60万`);
    expect(told()[0]).toContain(`要改那一位，先回「继续 ${other}」`);
    await says('袁女士的金额改成60万');
    await says('客户张伟，电话13700002222，想贷80万周转，3年，广州');
    expect(told().join('\n')).toContain('这句话像是另一位客户');
    expect(await onFile('13800090102')).toEqual(before);
    await says('保留');
    await says('12期');

    expect(await onFile('13800090102')).toMatchObject({ facts: { amount: '300000.00', term: 12, name: '何女士' } });
    expect(await onFile('13800090101')).toMatchObject({ facts: { amount: '200000.00' } });
    expect(await onFile('13700002222')).toEqual({ kind: 'none' });
  });

  test('begins a form of its own when that is what was meant, with the whole sentence', async () => {
    await says('新客户 何女士 13800090103 想贷30万周转');
    await says('客户张伟，电话13700003333，想贷80万周转，3年');
    await says('新客户');

    expect(await onFile('13700003333')).toMatchObject({ facts: { name: '张伟', amount: '800000.00', term: 36 } });
    expect(await onFile('13800090103')).toMatchObject({ facts: { name: '何女士', amount: '300000.00' } });
  });
});

describe('a customer is named by phone as well as by number', () => {
  test('where a lead is handed in; over the API, where it would stand in an address, only the number will do', async () => {
    await says('新客户 秦先生 13800090077 想贷12万周转 12期 在深圳');
    await says('稍后');
    const sales = people.lin;
    if (!sales) throw new Error('nobody sells');

    expect(await refusalOf(company.call(sales, 'lead.submit', { lead: '13800090077' }))).toBe('customer.not_found');
    await says('提交 13800090077');

    expect(told().join('\n')).toMatch(/A\d+ 已提交审批/u);
  });

  test('and a phone nobody has stands nowhere on the audit log in plain', async () => {
    const asked = company.call(people.lin ?? ADMIN, 'document.offerUpload', { customer: '13800090078' });

    expect(await refusalOf(asked)).toBe('customer.not_found');
    const refused = `action = 'document.offerUpload' AND outcome = 'REFUSED'`;
    expect(await company.count(`audit_entries WHERE ${refused}`)).toBe(1);
    expect(await company.count(`audit_entries WHERE subject_id LIKE '%13800090078%'`)).toBe(0);
  });
});
