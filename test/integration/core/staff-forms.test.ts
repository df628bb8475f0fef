/** Forms of a salesperson that an outside tester broke: whose they are, what hangs on a fact, what follows the submission. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Card } from '../../../src/channels/card.ts';
import type { Happening, OutboundContent } from '../../../src/channels/channel.ts';
import { fetchNext } from '../../../src/jobs/media.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { ADMIN, useCompany, type StaffActor } from '../../invariants/support/company.ts';
import { jpegFile } from '../../support/files.ts';

const company = useCompany();
const people: { lin?: StaffActor; qian?: StaffActor } = {};

beforeAll(async () => {
  people.lin = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin', telegram: '8101' });
  people.qian = await company.addStaff('小钱', ['reviewer'], { wecom: 'xiaoqian', telegram: '8102' });
});

function lin(): StaffActor {
  if (!people.lin) throw new Error('nobody sells');
  return people.lin;
}

type Place = 'wecom' | 'telegram';
const HERE: Readonly<Record<Place, string>> = { wecom: 'xiaolin', telegram: '8101' };

/** What the bot answers to a sentence, cards with their fields. */
async function says(text: string, place: Place = 'wecom'): Promise<string> {
  company.channels[place].sent.length = 0;
  await company.say(company.channels[place], HERE[place], text);
  await company.drain();
  return heard(place);
}

function heard(place: Place = 'wecom'): string {
  const of = company.channels[place].sent.filter(({ to }) => to.chat === HERE[place]);
  return of
    .map(({ content }) => {
      if (content.kind === 'text') return content.text;
      if (content.kind !== 'card') return '';
      const { title, text, fields } = content.card;
      return [title, text ?? '', ...fields.map(({ label, value }) => `${label} ${value}`)].join('\n');
    })
    .join('\n');
}

function cardsTo(chat: string): readonly Card[] {
  return company.channels.wecom.sent.flatMap(({ to, content }) =>
    to.chat === chat && content.kind === 'card' ? [content.card] : [],
  );
}

async function opens(sentence: string, place: Place = 'wecom'): Promise<string> {
  const number = /K\d+/u.exec(await says(sentence, place))?.[0];
  if (number === undefined) throw new Error('no lead');
  return number;
}

interface LeadView {
  readonly facts: Readonly<Record<string, unknown>>;
  readonly changes: Readonly<Record<string, unknown>>;
}

async function leadOf(number: string): Promise<LeadView> {
  return (await company.call(lin(), 'lead.get', { lead: number })) as LeadView;
}

async function linesOf(number: string): Promise<readonly string[]> {
  const { items } = (await company.call(ADMIN, 'timeline.read', { id: number, limit: 200 })) as {
    readonly items: readonly { readonly direction: string; readonly text: string | null }[];
  };
  return items.filter(({ direction }) => direction === 'in').map(({ text }) => text ?? '');
}

/** What a sentence adds to a customer's file of what was said. */
async function adds(number: string, sentence: string): Promise<readonly string[]> {
  const before = (await linesOf(number)).length;
  await says(sentence);
  return (await linesOf(number)).slice(before);
}

test('after 重来 another customer’s sentence is asked about, and nobody is overwritten', async () => {
  const number = await opens('新客户 程甲先生 13811113001 20万 装修 深圳 24期 月收入2万');
  expect(await says('重来')).toContain('姓名和手机号不变');
  expect(await says('客户童乙先生（13811113002）10万 资金周转')).toContain('这句话像是另一位客户');
  expect(await says('新客户')).toContain('已建草稿');

  expect(await company.call(lin(), 'lead.find', { query: '13811113001' })).toMatchObject({
    number,
    facts: { name: '程甲先生', amount: '200000.00' },
  });
  expect(await company.call(lin(), 'lead.find', { query: '13811113002' })).toMatchObject({
    kind: 'one',
    facts: { name: '童乙先生', amount: '100000.00' },
  });
  await says('取消');
  await says('取消');
});

describe('what hangs on a fact goes with it', () => {
  test('no house: neither its status nor its payment is on file, on the card, or before the approver', async () => {
    const number = await opens('新客户 何女士 13811113011 12万 周转 12期 深圳 房子按揭 月供6000');
    const answer = await says('没有房子');
    expect(answer).toContain('房产：有 → 没有。房产状态、月供随之清空');
    expect(answer).toContain('房产 没有');
    expect(answer.split('随之清空')[1]).not.toMatch(/月供|房产状态|房抵/u);
    expect((await leadOf(number)).facts).toMatchObject({ house: false });
    expect((await leadOf(number)).facts).not.toHaveProperty('houseStatus');
    expect((await leadOf(number)).facts).not.toHaveProperty('monthlyPayment');
    expect(await says('月供没有了')).toContain('「月供」本来就没有填');

    await says('提交审批');
    const card = cardsTo('xiaoqian')[0];
    const shown = JSON.stringify(card);
    expect(shown).toContain(number);
    expect(shown).not.toMatch(/6,000|按揭/u);
  });

  test('a house that is paid off has no payment; one that a product needs and is gone leaves no product', async () => {
    const number = await opens('新客户 周先生 13811113012 200万 周转 36期 深圳 房子按揭 月供5000');
    await says('房子已经还清了');
    expect((await leadOf(number)).facts).toMatchObject({ houseStatus: 'full' });
    expect((await leadOf(number)).facts).not.toHaveProperty('monthlyPayment');
    expect(await says('没有房子')).toContain('没有产品能做');
    await says('稍后');
  });

  test('the same over the API, where a fact can also be taken back by itself', async () => {
    const number = await opens('新客户 吴先生 13811113013 12万 周转 12期 深圳 房子按揭 月收入2万 月供5000');
    await says('稍后');
    const patched = (await company.call(lin(), 'lead.update', { lead: number, facts: { house: false } })) as LeadView;
    expect(patched.changes).toEqual({
      house: { from: true, to: false },
      houseStatus: { from: 'mortgage', to: null },
      monthlyPayment: { from: '5000.00', to: null },
    });
    await company.call(lin(), 'lead.update', { lead: number, facts: { income: null } });
    expect((await leadOf(number)).facts).toEqual({
      amount: '120000.00',
      purpose: 'turnover',
      term: 12,
      city: '深圳',
      house: false,
    });
  });
});

describe.each(['wecom', 'telegram'] as const)('a form that is nobody’s yet, on %s,', (place) => {
  test('goes on with its question after a look-up', async () => {
    const phone = place === 'wecom' ? '13811113021' : '13811113022';
    expect(await says('新客户', place)).toContain('客户怎么称呼？');
    expect(await says('待办', place)).toContain('客户怎么称呼？');
    expect(await says('客户 13811113999', place)).toContain('客户怎么称呼？');
    expect(await says('赵先生', place)).toContain('客户的手机号是多少？');
    expect(await says('帮助', place)).toContain('客户的手机号是多少？');
    expect(await says(phone, place)).toContain('已建草稿');
    await says('取消', place);
  });
});

test('what was handed in is said to be with the approver, and what can be done', async () => {
  const number = await opens('新客户 郑女士 13811113031 12万 周转 12期 深圳');
  const application = /A\d+/u.exec(await says('提交审批'))?.[0] ?? '';

  for (const sentence of ['金额改成50万', '撤回', '等等', `撤回 ${application}`, `${number} 的期限改成24期`])
    expect(await says(sentence), sentence).toMatch(
      new RegExp(`${application}（${number} 郑\\*+）正在审批，在小钱那里。要改请审批人退回补件`, 'u'),
    );
  expect((await linesOf(number)).slice(-2)).toEqual([`撤回 ${application}`, `${number} 的期限改成24期`]);
  expect(await says('撤回 A99999')).toContain('没有在审批中的件');

  const { rows } = await company.db.pool.query<{ id: string; revision: number }>(
    'SELECT p.id, p.revision FROM approvals p JOIN applications a ON a.id = p.application_id WHERE a.number = $1',
    [Number(application.slice(1))],
  );
  await company.call(people.qian ?? ADMIN, 'approval.decide', { ...rows[0], verb: 'return', reason: '流水看不清' });
  await company.drain();
  expect(await says('金额改成10万')).toContain(`发「继续 ${number}」改好，再发「提交 ${application}」`);
  await says(`继续 ${number}`);
  expect(await says('金额改成10万')).toContain('10 万');
  expect(await says(`提交 ${application}`)).toContain(`${application} 已提交审批`);
});

test('a list of customers says of each what his file says', async () => {
  const number = await opens('新客户 冯先生 13811113041 12万 周转 12期 深圳');
  const { applicationId } = (await company.call(lin(), 'lead.submit', { lead: number })) as { applicationId: string };
  await company.drain();
  const { rows } = await company.db.pool.query('SELECT id, revision FROM approvals WHERE application_id = $1', [
    applicationId,
  ]);
  await company.call(people.qian ?? ADMIN, 'approval.decide', { ...(rows[0] as object), verb: 'approve' });
  await company.drain();

  expect(await says(`客户 ${number}`)).toContain('｜还款中\n');
  expect(await says('我的客户')).toMatch(new RegExp(`${number} 冯\\*+ 还款中`, 'u'));
});

test('a command about another case is on that one’s file, and not on that of the open form', async () => {
  const other = await opens('新客户 陈女士 13811113051 12万 周转 12期 深圳');
  await says('稍后');
  const open = await opens('新客户 褚先生 13811113052 12万');
  const before = await linesOf(open);

  expect(await adds(other, `提交 ${other}`)).toEqual([`提交 ${other}`]);
  const application = /A\d+/u.exec(heard())?.[0] ?? '';
  expect(await adds(other, `撤回 ${application}`)).toEqual([`撤回 ${application}`]);
  expect(await adds(other, `客户 ${other}`)).toEqual([`客户 ${other}`]);
  for (const sentence of [application, '撤回 A99999', '提交 K99999', '待办', '帮助', `${other} 金额改成60万`])
    await says(sentence);
  expect(await linesOf(open)).toEqual(before);
  expect(await adds(open, '装修')).toEqual(['装修']);
  await says('取消');
});

describe.each(['wecom', 'telegram'] as const)('a photo sent by a colleague on %s', (place) => {
  async function sends(id: string, text = ''): Promise<string> {
    const channel = company.channels[place];
    const { base } = company;
    channel.sent.length = 0;
    channel.onFetch = async () => jpegFile(id);
    await company.receive(channel, HERE[place], {
      kind: 'message',
      messageId: `m ${id}`,
      text,
      media: [{ id, kind: 'image' }],
    });
    await company.drain();
    await fetchNext({
      database: base.database,
      keys: base.keys,
      unit: base.unit,
      channels: new Map([[channel.account, channel]]),
      intake: base.parts.intake(base.database, base.services),
      attach: async (tx, message, fileIds) => base.parts.attachFiles(tx, message, fileIds),
      wake: () => undefined,
      log: silentLog,
    });
    await company.drain();
    return heard(place);
  }

  test('goes to the customer whose form is open, who is named, and stands on his file', async () => {
    const number = await opens(`新客户 卫女士 138111130${place === 'wecom' ? 61 : 62} 12万 周转 12期 深圳`, place);
    const before = (await linesOf(number)).length;
    expect(await sends(`${place} a`)).toContain(` 发来的照片（${number}），但认不出是哪一项`);
    expect(await says('1', place)).toMatch(new RegExp(`收到（${number}），已归到「`, 'u'));
    const { items } = (await company.call(ADMIN, 'timeline.read', { id: number, limit: 200 })) as {
      readonly items: readonly { readonly direction: string; readonly media: readonly unknown[] }[];
    };
    const came = items.filter(({ direction }) => direction === 'in').slice(before);
    expect(came.map(({ media }) => media.length)).toEqual([1, 0]);
    await says('取消', place);
  });

  test('goes to the customer just named with 上传, until something else is said', async () => {
    const named = await opens(`新客户 蒋女士 138111131${place === 'wecom' ? 61 : 62} 12万 周转 12期 深圳`, place);
    await says('取消', place);
    const open = await opens(`新客户 沈先生 138111132${place === 'wecom' ? 61 : 62} 12万 周转 12期`, place);
    await says(`上传 ${named}`, place);

    expect(await sends(`${place} d`)).toContain(`照片（${named}），但认不出是哪一项`);
    expect(await says('1', place)).toMatch(new RegExp(`收到（${named}），已归到「`, 'u'));
    expect(await sends(`${place} e`)).toContain(`（${named}）`);
    await says('1', place);
    await says('深圳', place);
    expect(await sends(`${place} f`)).toContain(`（${open}）`);
    for (const word of ['取消', '取消']) await says(word, place);
  });

  test('goes to the open form’s customer once something is said of him, though it is still asked about the other one’s', async () => {
    const named = await opens(`新客户 蒋女士 138111133${place === 'wecom' ? 61 : 62} 12万 周转 12期 深圳`, place);
    await says('取消', place);
    const open = await opens(`新客户 沈先生 138111134${place === 'wecom' ? 61 : 62} 12万 周转 12期`, place);
    await says(`上传 ${named}`, place);
    expect(await sends(`${place} g`)).toContain(`照片（${named}），但认不出是哪一项`);
    await says('金额改成15万', place);

    expect(await sends(`${place} h`)).toContain(`照片（${open}），但认不出是哪一项`);
    for (const word of ['取消', '取消']) await says(word, place);
  });

  test('goes to the customer named with 上传 while files keep coming, and to nobody when nothing has come for ten minutes', async () => {
    const named = await opens(`新客户 蒋女士 138111135${place === 'wecom' ? 61 : 62} 12万 周转 12期 深圳`, place);
    await says('取消', place);
    await says(`上传 ${named}`, place);
    for (const id of ['i', 'j']) {
      await company.advance(9 * 60_000);
      expect(await sends(`${place} ${id}`)).toContain(`照片（${named}），但认不出是哪一项`);
    }
    await company.advance(10 * 60_000);

    expect(await sends(`${place} k`)).toContain('还不知道这份资料属于哪位客户');
    await says('取消', place);
  });

  test('is nobody’s when no form is open, or the form’s customer has no file yet', async () => {
    const how = place === 'wecom' ? '请发「上传」选客户' : '请在说明里写上编号';
    expect(await sends(`${place} b`)).toContain(`还不知道这份资料属于哪位客户，没有保存。${how}`);
    await says('新客户', place);
    expect(await sends(`${place} c`)).toContain('还不知道这份资料属于哪位客户');
    await says('取消', place);
  });
});

test('an answered question’s card answers nothing in another customer’s form, though the words are the same', async () => {
  const { telegram } = company.channels;
  const asks = async (sentence: string): Promise<{ readonly number: string; readonly card: Card | undefined }> => {
    const number = await opens(sentence, 'telegram');
    const card = telegram.sent.flatMap(({ content }) => (content.kind === 'card' ? [content.card] : [])).at(-1);
    return { number, card };
  };
  const press = async (card: Card | undefined): Promise<string> => {
    telegram.sent.length = 0;
    const handle = { query: 'q1', chat: HERE.telegram, message: '5' };
    const tap = { kind: 'action', cardId: card?.id ?? '', revision: 1, verb: 'o0', selected: {}, handle } as const;
    await company.receive(telegram, HERE.telegram, tap);
    await company.drain();
    return telegram.sent.map(({ content }) => (content.kind === 'tap_answer' ? content.text : '')).join('');
  };
  const first = await asks('新客户 蒋女士 13811113071 12万 周转 12期 深圳 有房');
  await says('按揭', 'telegram');
  const second = await asks('新客户 沈先生 13811113072 12万 周转 12期 深圳 有房');
  expect(first.card?.title).toContain('房');
  expect(second.card?.title).toBe(first.card?.title);

  expect(await press(first.card)).toBe('这个问题已经过去了');
  expect((await leadOf(second.number)).facts).not.toHaveProperty('houseStatus');
  expect(await press(second.card)).not.toBe('这个问题已经过去了');
  expect((await leadOf(second.number)).facts).toHaveProperty('houseStatus');
  for (const word of ['取消', '取消']) await says(word, 'telegram');
});

describe('in a group, where everybody sees the card', () => {
  const GROUP = '-100779';

  async function does(who: string, happening: Happening, key: string): Promise<readonly OutboundContent[]> {
    const { telegram } = company.channels;
    telegram.sent.length = 0;
    const event = telegram.event(who, happening, [key]);
    await company.door().receive([{ ...event, address: { account: telegram.account, chat: GROUP, actor: who } }]);
    await company.drain();
    return telegram.sent.map(({ content }) => content);
  }

  test.each([
    ['a stranger', '31337'],
    ['a colleague', '8102'],
  ])('the press of %s takes no buttons off a question that waits for somebody else', async (_who, other) => {
    const text = `新客户 程先生 139000${other.padStart(5, '0')} 想贷10万周转 深圳 12期 没有房`;
    const said = await does('8101', { kind: 'message', messageId: `g${other}`, text, media: [] }, `g${other}`);
    const asked = said.findLast((content) => content.kind === 'card')?.card;
    const press = {
      kind: 'action',
      cardId: asked?.id ?? '',
      revision: 1,
      verb: 'o0',
      selected: {},
      handle: {},
    } as const;

    const answers = await does(other, press, `p${other}`);
    const own = await does('8101', press, `o${other}`);

    expect(answers).toEqual([expect.objectContaining({ kind: 'tap_answer', text: expect.stringContaining('另一位') })]);
    expect(own.map(({ kind }) => kind)).toContain('card_update');
  });
});
