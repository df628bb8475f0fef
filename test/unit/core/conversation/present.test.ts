import { describe, expect, test } from 'vitest';
import {
  present,
  readMessage,
  stepConversation,
  type ConversationEffect,
} from '../../../../src/core/conversation/index.ts';
import { texts } from '../flow/house.ts';
import { houseTable, Talk, TODAY } from './talk.ts';

function shown(effects: readonly ConversationEffect[], language: 'zh-CN' | 'en'): readonly string[] {
  return effects.flatMap((effect) =>
    effect.kind === 'say' || effect.kind === 'diff'
      ? [present(effect, houseTable, (text, params) => texts.translate(language, text, params)).text]
      : [],
  );
}

describe('what a sales person reads', () => {
  const talk = new Talk().say('新客户 何女士 13800006612 想贷30万周转，在南山有套房还有按揭');

  test('is the draft with what was understood, the phone masked, and what is still missing', () => {
    expect(shown(talk.effects, 'zh-CN')).toEqual([
      '已建草稿 K305：姓名 何女士·手机号 138****6612·需求 30 万·用途 周转·城市 深圳·区 南山·房产 有·房产状态 按揭中。没看懂的没有乱填。还差 2 项：期限、月供。',
      '想分多久还？比如「36期」或「3年」。',
    ]);
  });

  test('is the same in English', () => {
    expect(shown(talk.effects, 'en')[0]).toBe(
      'Draft K305: Name 何女士 · Mobile 138****6612 · Amount ¥300,000.00 · Purpose working capital · City 深圳 · District 南山 · House yes · House status mortgaged. What I did not understand was left empty. 2 items are missing: Term, Monthly payment.',
    );
  });

  test('a correction shows old and new and what has to be answered again', () => {
    const corrected = new Talk()
      .say('新客户 何女士 13800006612 想贷30万周转 36期，在深圳有套房还有按揭，月供6200')
      .say('房产状态改成全款');

    expect(shown(corrected.effects, 'zh-CN')[0]).toBe('房产状态：按揭中 → 全款。月供随之清空，需要的会再问。');
  });

  test('a phone is masked in corrections as well', () => {
    const corrected = new Talk().say('新客户 何女士 13800006612 想贷30万周转').say('改电话 13911112222');

    expect(shown(corrected.effects, 'zh-CN')[0]).toBe('手机号：138****6612 → 139****2222。');
  });

  test('a licence’s name is hidden on the card from the first time on', () => {
    const { effects } = new Talk().say('新客户 何女士 13800006612 想贷30万周转 36期 深圳').say('执照改成晓燕小吃店');
    const cards = effects.flatMap((effect) =>
      effect.kind === 'say' && effect.fields
        ? present(effect, houseTable, (text, params) => texts.translate('zh-CN', text, params)).fields
        : [],
    );

    expect(cards).toContainEqual({ label: '执照名称', value: '晓****' });
  });

  describe('of a case opened again', () => {
    const facts = { name: '欧阳晓燕', phone: '13800006612', licenceName: '晓燕小吃店', amount: '300000.00' };
    const open = (): Talk =>
      new Talk({ answers: { 'lead.find': { kind: 'one', number: 'K305', facts } } }).say('继续 K305');

    test('shows its names masked wherever nobody has said them in the chat', () => {
      expect(shown(open().effects, 'zh-CN').join('\n')).not.toMatch(/欧阳晓|晓燕/u);
      expect(shown(open().say('姓名改成李四').effects, 'zh-CN')[0]).toBe('姓名：欧*** → 李四。');
      expect(shown(open().say('执照改成李四小吃店').effects, 'zh-CN')[0]).toBe('执照名称：晓**** → 李四小吃店。');
      expect(shown(open().say('改姓名').effects, 'zh-CN')[0]).toBe('姓名现在是 欧***，要改成什么？不改请回「不变」。');
    });

    test('asks with the masked one whether a name shall change, and whose a sentence is', () => {
      const asked = shown(open().say('客户李四 80万').effects, 'zh-CN').join('\n');

      expect(asked).toContain('李四');
      expect(asked).not.toContain('欧阳');
    });
  });

  test('a wrong value is answered with what is expected', () => {
    const wrong = new Talk().say('新客户 何女士 13800006612').say('100元');

    expect(shown(wrong.effects, 'zh-CN')).toEqual(['「需求」不能少于 1,000.00 元。', '想贷多少？比如「30万」。']);
  });

  test('a list shows one line for each row, amounts grouped', () => {
    const items = [
      { loan: 'L0001', n: 1, due: '2026-12-20', day: '2026年12月20日', total: '1050.00', state: '已逾期' },
      { loan: 'L0002', n: 2, due: '2027-01-20', day: '2027年1月20日', total: '301050.00', state: '未到期' },
    ];
    const list = new Talk({
      answers: {
        'customer.find': { kind: 'one', number: 'C9' },
        'repayment.list': {
          customer: 'C9 何*',
          items,
          more: 30,
          overdue: 1,
          overdueAmount: '1050.00',
          overdueFrom: '2026年12月20日',
          unlisted: 0,
        },
      },
    }).say('还款 C9');

    expect(shown(list.effects, 'zh-CN')).toEqual([
      '已逾期 1 期，还差 1,050.00 元。\nC9 何* 的还款计划（后面还有 30 期）：\nL0001 第 1 期 2026年12月20日｜1,050.00 元｜已逾期\nL0002 第 2 期 2027年1月20日｜301,050.00 元｜未到期',
    ]);
  });

  test('a list with more lines than a message holds says so', () => {
    const linesOf = (count: number): readonly string[] => {
      const item = { number: 'A1', customer: 'C9 何*', amount: '1050.00', waiting: '刚刚' };
      const items = Array.from({ length: count }, () => item);
      const talk = new Talk({ answers: { 'approval.list': { items } } }).say('审批');
      return shown(talk.effects, 'zh-CN').join('\n').split('\n');
    };

    expect(linesOf(20)).toHaveLength(21);
    expect(linesOf(21).slice(20)).toEqual([linesOf(20)[20], '只列了前 20 条，后面还有。']);
  });

  test('back at an unrecognised photo the flow is named once, then the question follows', () => {
    const photo = { type: 'message', text: '', reading: readMessage('', TODAY), media: [{ file: 'f1' }] } as const;
    const talk = new Talk({ audience: 'customer' }).feed(photo).feed(photo);
    talk.feed({ type: 'choice', visit: talk.top?.visit ?? 0, verb: 'none' });

    expect(shown(talk.effects, 'zh-CN').slice(1)).toEqual([
      '我们刚才说到「资料收集」。',
      '收到 10:02 发来的照片，但认不出是哪一项，请选一下：',
    ]);
    expect(shown(talk.effects, 'en')[1]).toBe('We were at “Documents”.');
  });

  test('an operation that needs a moment does not make the bot forget whom it was asked about', () => {
    expect(shown(new Talk().say('继续 K304').effects, 'zh-CN')).toEqual(['没有找到 K304，或不是您的客户。']);
    expect(shown(new Talk().say('提交 K304').effects, 'zh-CN')).toEqual(['K304 还不能提交，还缺：\n· 身份证正反']);
  });

  test('a refusal is one message', () => {
    const talk = new Talk().say('新客户 何女士 13800006612 想贷30万周转 36期 在深圳');
    const visit = talk.top?.visit ?? 0;
    const state = stepConversation(talk.state, { type: 'choice', visit, verb: 'submit' }, talk.tools).state;
    const refused = stepConversation(
      state,
      {
        type: 'operation.refused',
        visit: state.frames.at(-1)?.visit ?? 0,
        code: 'application.amount_outside_product',
        params: { amount: '300000.00', offer: '现有产品：工薪信用贷（1 万–20 万）。' },
      },
      talk.tools,
    );

    expect(shown(refused.effects, 'zh-CN')).toEqual([
      '没有产品能做这个金额和期限。\n现有产品：工薪信用贷（1 万–20 万）。',
    ]);
  });

  test('the question about an album keeps its own count when another album comes in between', () => {
    const album = { type: 'message', text: '', reading: readMessage('', TODAY), media: [{ file: 'f1' }] } as const;
    const items = [{ item: 'D01', name: '身份证' }];
    const unclear = { kind: 'unclear', document: 'd1', time: '10:02', several: 3, known: 0, unnamed: 3, items };
    const talk = new Talk({ answers: { 'document.receive': unclear } }).feed(album);
    expect(shown(talk.effects, 'zh-CN')[0]).toContain('收到 10:02 发来的 3 份，其中 3 份认不出');

    const filed = { kind: 'filed', several: 2, itemName: '征信报告', left: 1, missing: [{ name: '流水' }] };
    const next = new Talk({ answers: { 'document.receive': filed } });
    next.state = talk.state;

    expect(shown(next.feed(album).effects, 'zh-CN').at(-1)).toContain('收到 10:02 发来的 3 份，其中 3 份认不出');
  });

  test.each([
    [{ sort: 'photo' }, '10:02 发来的照片', 'the photo sent at 10:02'],
    [{ sort: 'photo', of: 2 }, '10:02 发来的第 1 张照片', 'the 1st photo sent at 10:02'],
    [{ sort: 'photo', nth: 2, of: 2 }, '10:02 发来的第 2 张照片', 'the 2nd photo sent at 10:02'],
    [{ sort: 'named', name: 'a.pdf' }, '10:02 发来的「a.pdf」', 'the file “a.pdf” sent at 10:02'],
    [
      { sort: 'named', name: 'a.pdf', nth: 3, of: 3 },
      '10:02 发来的第 3 份「a.pdf」',
      'the 3rd file “a.pdf” sent at 10:02',
    ],
    [{ sort: 'file' }, '10:02 发来的文件', 'the file sent at 10:02'],
    [{ sort: 'file', nth: 11, of: 12 }, '10:02 发来的第 11 份文件', 'the 11th file sent at 10:02'],
  ])('the question about a file says which one it is: %j', (which, zh, en) => {
    const photo = { type: 'message', text: '', reading: readMessage('', TODAY), media: [{ file: 'f1' }] } as const;
    const file = { time: '10:02', whose: '（K3）', name: '', nth: 1, of: 1, ...which };
    const unclear = { kind: 'unclear', document: 'd1', items: [], ...file };
    const { effects } = new Talk({ answers: { 'document.receive': unclear } }).feed(photo);

    expect(shown(effects, 'zh-CN')).toEqual([`收到 ${zh}（K3），但认不出是哪一项，请选一下：`]);
    expect(shown(effects, 'en')).toEqual([`Received ${en}（K3）. What is it? Please choose:`]);
  });

  test.each([
    [
      3,
      '\n会放在同一项下；如果不是同一项资料，请分开发。',
      '\nThey are filed under the same item; please send different documents one by one.',
    ],
    [1, '请选一下：', 'please choose:'],
  ])('the question about %i of an album says that more than one are filed together', (unnamed, zh, en) => {
    const album = { type: 'message', text: '', reading: readMessage('', TODAY), media: [{ file: 'f1' }] } as const;
    const unclear = { kind: 'unclear', document: 'd1', several: 3, known: 3 - unnamed, unnamed, items: [] };
    const { effects } = new Talk({ answers: { 'document.receive': unclear } }).feed(album);

    expect(shown(effects, 'zh-CN')[0]?.endsWith(zh)).toBe(true);
    expect(shown(effects, 'en')[0]?.endsWith(en)).toBe(true);
  });

  test('a card carries the understood fields and its buttons', () => {
    const ready = new Talk().say('新客户 何女士 13800006612 想贷30万周转 36期 在深圳，有套房全款');
    const card = ready.effects.findLast((effect) => effect.kind === 'say');
    if (card?.kind !== 'say') throw new Error('nothing was said');

    const presented = present(card, houseTable, (text, params) => texts.translate('zh-CN', text, params));

    expect(presented.choices).toEqual([
      { verb: 'submit', label: '提交审批' },
      { verb: 'invite', label: '邀请客户' },
      { verb: 'later', label: '稍后' },
    ]);
    expect(presented.text).toBe('K305 何** · 30 万 · 36 期\n产品：流水经营贷\n现在提交审批吗？');
    expect(presented.fields).toEqual([
      { label: '手机号', value: '138****6612' },
      { label: '用途', value: '周转' },
      { label: '城市', value: '深圳' },
      { label: '房产', value: '有' },
      { label: '房产状态', value: '全款' },
    ]);
  });
});
