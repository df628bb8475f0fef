/** What an approver sees on his card, before, between and after the signatures. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Card } from '../../../src/channels/card.ts';
import { ChannelError } from '../../../src/channels/channel.ts';
import { renderUpdate } from '../../../src/channels/wecom/cards.ts';
import { storeFile } from '../../../src/domain/documents/index.ts';
import { jpegFile } from '../../support/files.ts';
import { castOf } from '../../invariants/support/cast.ts';
import { ADMIN, useCompany, type StaffActor } from '../../invariants/support/company.ts';
import type { ScriptedChannel } from '../../invariants/support/scripted-channel.ts';

const company = useCompany();
const { telegram, wecom, slack } = company.channels;
const { people, person } = castOf<'sales' | 'zhou' | 'zhao' | 'may'>();
let phone = 13_700_011_000;

beforeAll(async () => {
  people.sales = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin' });
  people.zhou = await company.addStaff('周敏', ['reviewer'], { telegram: '7102' });
  people.zhao = await company.addStaff('老赵', ['approver'], { wecom: 'laozhao', slack: 'U0ZHAO' });
  people.may = await company.addStaff('阿May', ['approver'], { telegram: '7103' });
});
beforeEach(() => {
  for (const channel of [telegram, wecom, slack]) channel.sent.length = 0;
});

interface Case {
  readonly lead: string;
  readonly number: string;
}

async function capture(amount = '300000.00'): Promise<{ leadNumber: string; customerId: string }> {
  phone += 1;
  const facts = {
    name: '何晓燕',
    phone: String(phone),
    amount,
    term: 12,
    purpose: 'turnover',
    income: '20000.00',
    houseStatus: 'mortgage',
    monthlyPayment: '6200.00',
  };
  return company.call(person('sales'), 'lead.capture', { facts }) as Promise<{
    leadNumber: string;
    customerId: string;
  }>;
}

async function handIn(lead: string): Promise<Case> {
  const done = (await company.call(person('sales'), 'lead.submit', { lead })) as { applicationNumber: string };
  return { lead, number: done.applicationNumber };
}

async function submit(amount?: string): Promise<Case> {
  return handIn((await capture(amount)).leadNumber);
}

/** One photo, filed as what the words say; the document. */
async function file(customerId: string, caption: string): Promise<string> {
  const { database, services } = company.base;
  const { rows } = await company.db.pool.query<{ data_key: number }>('SELECT data_key FROM customers WHERE id = $1', [
    customerId,
  ]);
  const stored = await storeFile(
    { database, services },
    {
      customer: { id: customerId, data_key: rows[0]?.data_key ?? 0 },
      bytes: jpegFile(`${caption} ${phone}`),
      claim: {},
      now: await company.now(),
    },
  );
  const media = stored.kind === 'stored' ? { fileId: stored.fileId, caption } : { refused: stored.reason };
  return ((await company.call(person('sales'), 'document.receive', { media })) as { document: string }).document;
}

async function decide(who: StaffActor, one: Case, verb: string, more: Record<string, unknown> = {}): Promise<unknown> {
  const { items } = (await company.call(ADMIN, 'approval.list', { state: 'OPEN' })) as {
    items: readonly { id: string; number: string; revision: number }[];
  };
  const open = items.find((item) => item.number === one.number);
  return company.call(who, 'approval.decide', { id: open?.id, revision: open?.revision, verb, ...more });
}

/** The cards and redraws somebody was sent, oldest first. */
function cardsOf(channel: ScriptedChannel, chat: string): readonly Card[] {
  return channel.sent.flatMap(({ to, content }) =>
    to.chat === chat && (content.kind === 'card' || content.kind === 'card_update') ? [content.card] : [],
  );
}

function shown(card: Card | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(card?.fields.map(({ label, value }) => [label, value]) ?? []);
}

/** Presses approve on the newest card somebody has. */
async function press(channel: ScriptedChannel, chat: string): Promise<void> {
  const cardId = cardsOf(channel, chat).at(-1)?.id ?? '';
  const handle = { responseCode: 'tap-1' };
  await company.receive(channel, chat, { kind: 'action', cardId, revision: 1, verb: 'approve', selected: {}, handle });
  await company.drain();
}

function answers(channel: ScriptedChannel): readonly string[] {
  return channel.sent.flatMap(({ content }) => (content.kind === 'tap_answer' ? [content.text] : []));
}

describe('the card of an open approval', () => {
  test('names the node and shows what the flow lists, in its order, as far as it is known', async () => {
    await submit();
    await company.drain();
    const [card] = cardsOf(telegram, '7102');

    expect(card?.source).toBe('贷款审批 · 初审');
    expect(card?.fields.map(({ label }) => label)).toEqual([
      '金额',
      '期限',
      '产品',
      '还款方式',
      '年利率',
      '提交人',
      '用途',
      '月收入',
      '房产',
      '月供',
      '资料',
    ]);
    expect(shown(card)).toMatchObject({
      用途: '周转',
      月收入: '20,000.00 元',
      房产: '按揭中',
      月供: '6,200.00 元',
      提交人: '小林',
    });
    expect(shown(card)['资料']).toMatch(/^已收 0 项；必需的 (\d+) 项还缺 \1 项$/);
  });

  test('counts as missing what everybody else reads as missing: one side of an identity card, what was refused', async () => {
    const { leadNumber: lead, customerId } = await capture();
    await file(customerId, '身份证');
    const refused = await file(customerId, '近6个月银行流水');
    await company.call(person('zhou'), 'document.review', { document: refused, state: 'UNCLEAR' });
    const { number } = await handIn(lead);
    await company.drain();
    const { left } = (await company.call(person('sales'), 'document.list', { customer: lead })) as { left: number };
    const said = `已收 2 项；必需的 ${left} 项还缺 ${left} 项`;
    expect(shown(cardsOf(telegram, '7102').at(-1))['资料']).toBe(said);

    await company.call(person('zhou'), 'document.review', { document: refused, state: 'ACCEPTED' });
    await company.say(telegram, '7102', `审批 ${number}`);
    await company.drain();
    expect(shown(cardsOf(telegram, '7102').at(-1))['资料']).toBe(said); // as of then
  });

  test('says how the case came here: what the first level said, and that it was returned and why', async () => {
    const one = await submit();
    await decide(person('zhou'), one, 'return', { reason: '缺近三个月流水' });
    await company.call(person('sales'), 'lead.submit', { lead: one.lead });
    await decide(person('zhou'), one, 'approve');
    await company.drain();

    const returned = '初审 周敏 退回过：缺近三个月流水，已重新提交';
    expect(shown(cardsOf(telegram, '7102').findLast(({ actions }) => actions.length > 0))['此前']).toBe(returned);
    const second = cardsOf(telegram, '7103').at(-1);
    expect(second?.source).toBe('贷款审批 · 终审');
    expect(shown(second)['此前']).toBe(`${returned}；初审 周敏 已同意`);
  });

  test('and in WeCom, which cuts, what is decided stands before what was said about it', async () => {
    const one = await submit();
    for (const reason of ['缺近三个月流水'.repeat(6), '用途说明不清楚'.repeat(6)]) {
      await decide(person('zhou'), one, 'return', { reason });
      const text = `提交 ${one.number} ${'执照是她自己的'.repeat(10)}`;
      await company.call(person('sales'), 'lead.submit', { lead: one.number, text });
    }
    await decide(person('zhou'), one, 'approve');
    await company.drain();

    const card = cardsOf(wecom, 'laozhao').at(-1);
    if (!card) throw new Error('no card came');
    const { sub_title_text: below = '', horizontal_content_list: list = [] } = renderUpdate(card, 'task-1');
    const both = [...list.map(({ keyname, value }) => `${keyname}：${value}`), below].join('\n');
    const { 产品: product, 还款方式: method, 年利率: rate } = shown(card);
    for (const said of [`产品：${product}`, `还款方式：${method}`, `年利率：${rate}`, '提交人：小林'])
      expect(both).toContain(said);
  });

  test('and no notice shows a number that was typed into a reason', async () => {
    const one = await submit();
    const reason = '电话13812345678不通，证件110101199003077715，卡6222021234567890123';
    await decide(person('zhou'), one, 'return', { reason });
    await company.drain();
    await company.call(person('sales'), 'lead.submit', { lead: one.lead });
    await decide(person('zhou'), one, 'approve');
    await company.drain();

    const everything = [telegram, wecom, slack].flatMap(({ sent }) =>
      sent.map(({ content }) => JSON.stringify(content)),
    );
    expect(wecom.said('xiaolin').at(-1)).toContain('电话138****5678不通');
    expect(shown(cardsOf(telegram, '7103').at(-1))['此前']).toContain('电话138****5678不通');
    for (const number of ['13812345678', '110101199003077715', '6222021234567890123'])
      expect(everything.filter((text) => text.includes(number))).toEqual([]);
  });
});

describe('a card that did not arrive', () => {
  test('comes again for the asking, with its buttons, to whoever still has to decide and to nobody else', async () => {
    telegram.onSend = async () => {
      throw new ChannelError('target_gone', 'forbidden');
    };
    const one = await submit();
    await company.drain();
    telegram.onSend = async ({ id }) => ({ providerId: `p${id}`, handle: { id } });
    telegram.sent.length = 0;

    await company.receive(telegram, '7102', { kind: 'opened' });
    await company.drain();
    expect(telegram.said('7102').at(-1)).toContain(`${one.number} `);

    await company.say(telegram, '7102', `审批 ${one.number}`);
    await company.say(wecom, 'laozhao', `审批 ${one.number}`);
    await company.drain();

    const card = cardsOf(telegram, '7102').at(-1);
    expect(card?.actions.map(({ verb }) => verb)).toContain('approve');
    expect(telegram.said('7102').join()).toContain(`${one.number} 的审批卡片又发给您了`);
    expect(cardsOf(wecom, 'laozhao')).toEqual([]);
    expect(wecom.said('laozhao').at(-1)).toContain(`${one.number} 没有等您审批的`);

    await press(telegram, '7102');
    expect(cardsOf(telegram, '7102').at(-1)).toMatchObject({ id: card?.id, closed: '已通过' });
  });
});

describe('a card asked for although it arrived', () => {
  test('leaves one card to press: the older one loses its buttons and points at the newer one', async () => {
    const one = await submit();
    await company.drain();
    await company.say(telegram, '7102', `审批 ${one.number}`);
    await company.drain();

    const cards = telegram.sent.filter(({ content }) => content.kind === 'card' || content.kind === 'card_update');
    const [first, older, newer] = cards;
    expect(older?.content).toMatchObject({
      card: { actions: [], closed: '已重新发送', text: '这张卡片又发了一次，请在最新的那张上处理' },
      handle: { id: first?.id },
    });
    expect(cardsOf(telegram, '7102').at(-1)?.actions).not.toEqual([]);

    await press(telegram, '7102');
    expect(telegram.sent.at(-1)?.content).toMatchObject({ card: { closed: '已通过' }, handle: { id: newer?.id } });
  });

  test('comes once where the older one can no longer be redrawn', async () => {
    const one = await submit();
    await company.drain();
    telegram.sent.length = 0;
    telegram.onSend = async ({ id, content }) => {
      if (content.kind === 'card_update') throw new ChannelError('card_gone', 'message to edit not found');
      return { providerId: `p${id}`, handle: { id } };
    };
    await company.say(telegram, '7102', `审批 ${one.number}`);
    await company.drain();
    telegram.onSend = async ({ id }) => ({ providerId: `p${id}`, handle: { id } });

    expect(telegram.sent.map(({ content }) => content.kind)).toEqual(['card_update', 'card', 'text']);
  });
});

describe('a case asked for by its number', () => {
  test('is found however many others wait for the same person', async () => {
    const one = await submit();
    const other = await submit();
    await company.drain();
    const { rows } = await company.db.pool.query<{ id: string }>(
      `INSERT INTO approvals (id, application_id, instance_id, node, visit, round, role, mode, verbs, state, snapshot_hash, sealed_snapshot, opened_at)
       SELECT gen_random_uuid(), p.application_id, p.instance_id, node, 1000 + n, round, role, mode, verbs, p.state, snapshot_hash, sealed_snapshot, opened_at
       FROM approvals p JOIN applications a ON a.id = p.application_id, generate_series(1, 1000) n WHERE a.number = $1 RETURNING id`,
      [Number(other.number.slice(1))],
    );
    const others = rows.map(({ id }) => id);
    await company.db.pool.query(
      `INSERT INTO approval_tasks (id, approval_id, staff_id, state) SELECT gen_random_uuid(), unnest($1::uuid[]), $2, 'OPEN'`,
      [others, person('zhou').id],
    );

    await company.say(telegram, '7102', one.number);
    await company.drain();

    expect(telegram.said('7102').at(-1)).toContain(`${one.number} 的审批卡片又发给您了`);
    await company.db.pool.query(`UPDATE approvals SET state = 'RECALLED' WHERE id = ANY($1::uuid[])`, [others]);
  });
});

describe('the first of two signatures', () => {
  test('is no result: the card, the answer and a second press say who is still waited for; in the end all cards show it', async () => {
    const one = await submit();
    await decide(person('zhou'), one, 'approve');
    await company.drain();
    await press(wecom, 'laozhao');

    expect(cardsOf(wecom, 'laozhao').at(-1)).toMatchObject({ closed: '已同意', text: '老赵 已同意，还等 1 人' });
    expect(cardsOf(slack, 'U0ZHAO').at(-1)).toMatchObject({ closed: '已同意' });
    await press(slack, 'U0ZHAO');
    expect(answers(slack)).toEqual([`${one.number}：老赵 已同意，还等 1 人。`]);

    await decide(person('may'), one, 'reject', { reason: 'R05' });
    await company.drain();

    for (const [channel, chat] of [
      [wecom, 'laozhao'],
      [slack, 'U0ZHAO'],
      [telegram, '7103'],
    ] as const)
      expect(cardsOf(channel, chat).at(-1)).toMatchObject({
        closed: '已拒绝',
        text: '阿May 已拒绝\n理由：负债比例偏高',
      });
  });

  test('given elsewhere leaves a WeCom card alone: its one redraw is kept for the result', async () => {
    const one = await submit();
    await company.call(ADMIN, 'staff.update', { id: person('may').id, language: 'en' });
    await decide(person('zhou'), one, 'approve');
    await company.drain();
    await press(slack, 'U0ZHAO');
    expect(answers(slack)).toEqual([`已同意 ${one.number}，还等 1 人`]);
    expect(cardsOf(wecom, 'laozhao')).toHaveLength(1);
    expect(cardsOf(slack, 'U0ZHAO')).toHaveLength(2);

    await decide(person('may'), one, 'approve');
    await company.drain();

    expect(cardsOf(wecom, 'laozhao').at(-1)).toMatchObject({ closed: '已通过', text: '老赵、阿May 已通过' });
    expect(cardsOf(telegram, '7103').at(-1)?.text).toBe('Approved by 老赵, 阿May');
    await company.call(ADMIN, 'staff.update', { id: person('may').id, language: 'zh-CN' });
  });
});

describe('a press that decides nothing', () => {
  async function pressed(cardId: string, revision: number, keys: readonly [string]): Promise<void> {
    const happening = {
      kind: 'action',
      cardId,
      revision,
      verb: 'approve',
      selected: {},
      handle: { query: 'q' },
    } as const;
    await company.door().receive([telegram.event('7102', happening, keys)]);
    await company.drain();
  }

  async function refusals(): Promise<readonly string[]> {
    const { rows } = await company.db.pool.query<{ id: string; action: string; sealed_detail: Buffer }>(
      `SELECT id, action, sealed_detail FROM audit_entries WHERE outcome = 'REFUSED' AND actor_id = $1 ORDER BY id`,
      [person('zhou').id],
    );
    return rows.map(({ id, action, sealed_detail }) => {
      const detail = company.base.keys.openJson(`audit_entries.sealed_detail.${id}`, sealed_detail);
      return `${action} ${(detail as { code: string }).code}`;
    });
  }

  test('on an unknown card, an outdated one or twice is answered with how things stand and audited, each press once', async () => {
    const one = await submit('100000.00');
    await company.drain();
    const id = cardsOf(telegram, '7102').at(-1)?.id ?? '';
    const before = (await refusals()).length;

    await pressed('nobodysCard', 1, ['unknown']);
    await pressed('nobodysCard', 1, ['unknown']); // delivered once more
    await pressed('x'.repeat(40), 1, ['no-card-at-all']);
    await pressed(id, 7, ['outdated']);
    await decide(person('zhou'), one, 'approve');
    await pressed(id, 7, ['late']);

    expect(answers(telegram)).toEqual([
      '这张卡片已经失效，请以最新的一张为准。',
      '这张卡片已经失效，请以最新的一张为准。',
      `${one.number} 有更新，请看最新的一张卡片。`,
      `${one.number} 已经通过（周敏），这次没有改变结果。`,
    ]);
    expect((await refusals()).slice(before)).toEqual([
      'approval.card approval.not_found',
      'approval.card request.invalid',
      'approval.decide approval.stale_revision',
      'approval.decide approval.closed',
    ]);
  });
});

describe('a press on the card of a step that is over', () => {
  async function pressed(channel: ScriptedChannel, chat: string, cardId: string | undefined): Promise<unknown> {
    const handle = { query: 'old' };
    const selected = {};
    await company.receive(channel, chat, {
      kind: 'action',
      cardId: cardId ?? '',
      revision: 1,
      verb: 'approve',
      selected,
      handle,
    });
    await company.drain();
    return answers(channel).at(-1);
  }

  test('is answered with how the case stands now: open again for him, with others, or over', async () => {
    const one = await submit();
    await company.drain();
    const first = cardsOf(telegram, '7102').at(-1)?.id;
    await decide(person('zhou'), one, 'approve');
    await company.drain();
    const second = cardsOf(telegram, '7103').at(-1)?.id;
    const elsewhere = (by: string): string =>
      `${one.number} 的这一步已经处理（${by}），现在等其他同事审批；这次没有改变结果。`;
    expect(await pressed(telegram, '7102', first)).toBe(elsewhere('周敏'));

    await decide(person('may'), one, 'return', { reason: '缺近三个月流水' });
    expect(await pressed(telegram, '7102', first)).toBe(`${one.number} 已经退回补件（阿May），这次没有改变结果。`);
    await company.call(person('sales'), 'lead.submit', { lead: one.lead });
    expect(await pressed(telegram, '7103', second)).toBe(`${one.number} 有更新，请看最新的一张卡片。`);
    expect(await pressed(telegram, '7102', first)).toBe(elsewhere('周敏'));

    await decide(person('may'), one, 'reject', { reason: 'R05' });
    for (const [chat, card] of [
      ['7102', first],
      ['7103', second],
    ] as const)
      expect(await pressed(telegram, chat, card)).toBe(`${one.number} 已经拒绝（阿May），这次没有改变结果。`);
  });

  test('by somebody who has left is answered as to nobody known', async () => {
    const one = await submit();
    await decide(person('zhou'), one, 'approve');
    await company.drain();
    const onWecom = cardsOf(wecom, 'laozhao').at(-1)?.id;
    const onSlack = cardsOf(slack, 'U0ZHAO').at(-1)?.id;
    const onTelegram = cardsOf(telegram, '7103').at(-1)?.id;
    await company.call(ADMIN, 'staff.disable', { id: person('may').id });
    await company.call(ADMIN, 'staff.disable', { id: person('zhao').id });
    await company.drain();

    const unknown = company.base.services.texts.translate('zh-CN', 'talk.unknown_staff');
    expect(await pressed(wecom, 'laozhao', onWecom)).toBe(unknown);
    expect(await pressed(slack, 'U0ZHAO', onSlack)).toBe(unknown);
    expect(await pressed(telegram, '7103', onTelegram)).toBe(unknown);
    await company.call(ADMIN, 'staff.update', { id: person('may').id, disabled: false });
  });
});

test('the list says how long each has been waiting in a unit a person would use, and how long a closed one took', async () => {
  const one = await submit('100000.00');
  const waiting = async (state: string): Promise<string> => {
    const { items } = (await company.call(ADMIN, 'approval.list', { state })) as {
      items: readonly { number: string; waiting: string }[];
    };
    return items.find(({ number }) => number === one.number)?.waiting ?? '';
  };
  expect(await waiting('OPEN')).toBe('刚刚');
  await company.advance(3 * 3_600_000);
  expect(await waiting('OPEN')).toBe('已等 3 小时');
  await company.advance(72 * 3_600_000);
  expect(await waiting('OPEN')).toBe('已等 3 天');
  telegram.sent.length = 0;
  await company.say(telegram, '7102', '审批');
  await company.drain();
  expect(telegram.said('7102').join()).toMatch(new RegExp(`${one.number} K\\d+ 100,000\\.00 元（已等 3 天）`));

  await decide(person('zhou'), one, 'approve');
  await company.advance(500 * 3_600_000);
  expect(await waiting('APPROVED')).toBe('用了 3 天');
});

test('the submitter reads a reason of the list in his own language', async () => {
  const { id } = person('sales');
  await company.call(ADMIN, 'staff.update', { id, language: 'en' });
  const one = await submit('100000.00');
  await decide(person('zhou'), one, 'reject', { reason: 'R05' });
  await company.drain();

  expect(wecom.said('xiaolin').at(-1)).toContain('Debt ratio too high');
  expect(wecom.said('xiaolin').at(-1)?.replace('何**', '')).not.toMatch(/\p{Script=Han}/u);
  await company.call(ADMIN, 'staff.update', { id, language: 'zh-CN' });
});
