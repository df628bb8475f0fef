/** Our WeCom channel and the WeCom look-alike, which share no line of protocol code, over real HTTP. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Card } from '../../src/channels/card.ts';
import type { OutboundContent } from '../../src/channels/channel.ts';
import { APP, House, START } from '../fixtures/wecom/house.ts';

const HOUR_MS = 3_600_000;

const CARD: Card = {
  id: 'k3m9abcd',
  revision: 2,
  source: '放款审批',
  title: '放款审批 A1087',
  subtitle: '李女士 / 抵押经营贷',
  text: '请在今日内处理',
  fields: [
    { label: '金额', value: '300,000.00 元' },
    { label: '期限', value: '24 期' },
  ],
  select: {
    id: 'reason',
    label: '意见',
    options: [
      { id: 'ok', text: '符合政策' },
      { id: '007', text: '缺材料' },
    ],
  },
  actions: [
    { verb: 'approve', label: '通过', style: 'primary' },
    { verb: 'reject', label: '驳回', style: 'danger' },
    { verb: 'open', label: '查看', url: 'https://app.example.com/h5/case?id=7' },
  ],
};
const CLOSED: Card = { ...CARD, revision: 3, actions: [], text: '张伟 09:00 通过', closed: '已通过' };
const text = (words: string): OutboundContent => ({ kind: 'text', text: words });

let house: House;
beforeEach(async () => {
  house = await House.open();
});
afterEach(async () => {
  const unknown = house.wecom.journal.flatMap(({ what, unknownFields = [] }) =>
    unknownFields.map((field) => `${what}: ${field}`),
  );
  await house.close();
  // The platform ignores misspelt members silently, so a test has to look.
  expect(unknown).toEqual([]);
});

describe('from their side to ours', () => {
  test('words arrive as they were typed, from members with ids that look like numbers', async () => {
    const typed = ['新客户 何女士 13800006612 想贷30万', ' a]]>b <div>&amp; ', '😀👨‍👩‍👧', '<!DOCTYPE html>', '0x1F'];
    for (const words of typed) await house.wecom.say('00123', words);
    await house.wecom.say('1e5', '你好');

    expect(
      house.events.map(({ sender, happening }) => [sender, happening.kind === 'message' && happening.text]),
    ).toEqual([...typed.map((words) => ['00123', words]), ['1e5', '你好']]);
    expect(new Set(house.events.map(({ deliveryKeys }) => deliveryKeys[0])).size).toBe(typed.length + 1);
  });

  test('every pad length from 1 to 32 is read', async () => {
    for (let length = 1; length <= 32; length += 1) await house.wecom.say('lina', 'x'.repeat(length));

    expect(house.events).toHaveLength(32);
    expect(house.refusals).toEqual([]);
  });

  test('a photo is fetched by its id and gone after three days', async () => {
    const photo = Buffer.concat([Buffer.from('ffd8ffe0', 'hex'), Buffer.alloc(2000, 7)]);
    await house.wecom.sendFile('lina', { name: 'id.jpg', mime: 'image/jpeg', bytes: photo });
    const happening = house.events[0]?.happening;
    if (happening?.kind !== 'message' || happening.media[0] === undefined) throw new Error('no photo');
    const [media] = happening.media;

    expect(await house.channel.fetchMedia(media, 1_000_000)).toEqual(photo);
    await expect(house.channel.fetchMedia(media, 1_000)).rejects.toMatchObject({
      failure: 'our_fault',
      code: 'too_big',
    });

    await house.wecom.setNow(new Date(START.getTime() + 73 * HOUR_MS));
    await expect(house.channel.fetchMedia(media, 1_000_000)).rejects.toMatchObject({ failure: 'park', code: '40007' });
  });

  test('opening the app, places, links and the platform itself are told apart', async () => {
    await house.wecom.open('lina');
    await house.wecom.sendMessage('lina', 'location', [
      ['Location_X', '22.54'],
      ['Location_Y', '113.93'],
      ['Scale', 16],
      ['Label', '南山区'],
      ['AppType', 'wxwork'],
    ]);
    await house.wecom.systemEvent(APP.agentId, 'change_external_contact', [
      ['ChangeType', 'add_external_contact'],
      ['UserID', 'lina'],
      ['ExternalUserID', 'wmA'],
    ]);
    await house.wecom.systemEvent(APP.agentId, 'kf_msg_or_event', [
      ['Token', 'ENC1'],
      ['OpenKfId', 'wk1'],
    ]);

    expect(house.events.map(({ sender, happening }) => [sender, happening.kind])).toEqual([
      ['lina', 'opened'],
      ['lina', 'unreadable'],
      ['', 'other'],
      ['', 'other'],
    ]);
  });

  test('what arrives twice has the same keys', async () => {
    house.wecom.disturb('duplicate', 2);
    await house.wecom.say('lina', '再说一遍');
    await house.wecom.open('lina');

    expect(house.events).toHaveLength(4);
    expect(new Set(house.events.map(({ deliveryKeys }) => deliveryKeys[0])).size).toBe(2);
  });

  test.each([
    ['wrong_signature', 401, 'bad_signature'],
    ['wrong_receiveid', 403, 'wrong_receiver'],
    ['stale_timestamp', 401, 'stale_timestamp'],
  ] as const)('a push with %s gets %i', async (kind, status, reason) => {
    expect(await house.wecom.forge(kind, 'lina', '转账')).toBe(status);
    expect(house.refusals).toEqual([reason]);
    expect(house.events).toEqual([]);
  });

  test('a push with truncated Base64 is refused', async () => {
    expect(await house.wecom.forge('truncated_base64', 'lina', '转账')).toBeGreaterThanOrEqual(400);
    expect(house.events).toEqual([]);
  });
});

describe('words from us', () => {
  test('show as they are, markup and all', async () => {
    await house.send(text('客户 <div> & "何女士"\n😀'));

    expect(house.shown()).toEqual(['客户 <div> & "何女士"\n😀']);
  });

  test('beyond one message lose nothing', async () => {
    const words = Array.from({ length: 300 }, (_, i) => `第 ${i} 行: 还款 & <正常>`).join('\n');
    await house.send(text(words));
    const shown = house.shown();

    expect(shown.length).toBeGreaterThan(1);
    expect(shown.map((part) => part.replace(/\n\(\d+\/\d+·..\)$/, '')).join('')).toBe(words);
  });

  test('whose answer was lost are unknown, and repeating them shows them once', async () => {
    house.fault('message/send', { kind: 'drop_after' });
    expect(await house.failure(text('明日还款'), { id: 'row-x' })).toMatchObject({ failure: 'unknown' });
    await house.send(text('明日还款'), { id: 'row-x', attempt: 2 });

    expect(house.shown()).toEqual(['明日还款']);
  });

  test('that repeat earlier words are swallowed without an ordinal and shown with it', async () => {
    await house.send(text('已收到'));
    await house.send(text('已收到'));
    await house.send(text('已收到'), { ordinal: 2 });

    expect(house.shown()).toEqual(['已收到', '已收到 (2)']);
  });

  test('at our pace all reach the phone; six more in the minute would vanish silently', async () => {
    const [perMinute] = house.channel.pace;
    for (let i = 0; i < (perMinute?.count ?? 0); i += 1) await house.send(text(`第 ${i} 条`));
    expect(house.shown()).toHaveLength(25);

    for (let i = 0; i < 6; i += 1) await house.send(text(`超出 ${i}`));
    expect(house.shown()).toHaveLength(30);
  });

  test('to somebody who left the corp are parked', async () => {
    house.wecom.removePerson('lina');

    expect(await house.failure(text('您好'), { to: { account: house.channel.account, chat: 'lina' } })).toMatchObject({
      failure: 'park',
      code: '81013',
    });
  });
});

describe('files from us', () => {
  test('arrive with their Chinese name, once, even when the answer was lost', async () => {
    const file: OutboundContent = {
      kind: 'file',
      name: '还款计划 "何".pdf',
      mime: 'application/pdf',
      bytes: Buffer.from('%PDF-1.7 synthetic'),
    };
    house.fault('message/send', { kind: 'drop_after' });
    expect(await house.failure(file, { id: 'row-f' })).toMatchObject({ failure: 'unknown' });
    await house.send(file, { id: 'row-f', attempt: 2 });

    const files = house.wecom.screen('ZhangWei').messages.flatMap(({ file: shown }) => (shown ? [shown] : []));
    expect(files).toHaveLength(1);
    expect(files[0]?.size).toBe(18);
    expect(files[0]?.name).toMatch(/^还款计划 .*\.pdf$/);
  });
});

describe('cards', () => {
  test('show their fields, drop-down and buttons, and a press comes back to us', async () => {
    const receipt = await house.send({ kind: 'card', card: CARD });
    const { id, title, buttons } = house.card();
    expect([title, buttons]).toEqual(['放款审批 A1087', ['通过', '驳回', '查看']]);

    await house.wecom.tap('ZhangWei', id, 'k3m9abcd:2:reject', { reason: '007' });

    expect(house.events.at(-1)).toMatchObject({
      sender: 'zhangwei',
      happening: {
        kind: 'action',
        cardId: 'k3m9abcd',
        revision: 2,
        verb: 'reject',
        selected: { reason: '007' },
        handle: { taskId: receipt.handle?.['taskId'] },
      },
    });
  });

  test('the press itself can be answered, in words on the presser’s phone only', async () => {
    await house.send({ kind: 'card', card: CARD });
    house.interactive = { kind: 'text', text: '已收到 <何女士> & ]]>' };
    await house.wecom.tap('ZhangWei', house.card().id, 'k3m9abcd:2:approve');

    expect(house.shown().at(-1)).toBe('已收到 <何女士> & ]]>');
    expect(house.shown('lina')).toEqual([]);
    expect(house.wecom.screen('ZhangWei').toasts).toEqual([]);
  });

  test('of several approvers are closed each with its own code', async () => {
    const people = ['ZhangWei', 'lina'];
    const receipts = await Promise.all(
      people.map(async (chat) =>
        house.send({ kind: 'card', card: CARD }, { to: { account: house.channel.account, chat } }),
      ),
    );
    await house.wecom.tap('ZhangWei', house.card().id, 'k3m9abcd:2:approve');
    const tap = house.lastTap();

    for (const [i, chat] of people.entries()) {
      const handle = receipts[i]?.handle ?? {};
      const update: OutboundContent = { kind: 'card_update', card: CLOSED, handle, ...(i === 0 ? { tap } : {}) };
      expect(await house.send(update, { to: { account: house.channel.account, chat } })).toEqual({});
    }

    for (const person of people) {
      expect(house.card(person).buttons).toContain('已通过');
      expect(house.card(person).live).toEqual([]);
    }
  });

  test('are locked by the press and still closed by the kept code', async () => {
    const { handle = {} } = await house.send({ kind: 'card', card: CARD });
    await house.wecom.tap('ZhangWei', house.card().id, 'k3m9abcd:2:approve');
    const tap = house.lastTap();

    await house.send({ kind: 'card_update', card: { ...CARD, closed: '您已同意' }, handle, tap });
    expect(house.card().buttons).toContain('您已同意');

    await house.send({ kind: 'card_update', card: CLOSED, handle });
    expect(house.card().buttons).toContain('已通过');
  });

  test('that stay open after a press get a new revision on the same task', async () => {
    const { handle = {} } = await house.send({ kind: 'card', card: CARD });
    await house.wecom.tap('ZhangWei', house.card().id, 'k3m9abcd:2:approve');
    await house.send({ kind: 'card_update', card: { ...CARD, revision: 3 }, handle, tap: house.lastTap() });
    await house.wecom.tap('ZhangWei', house.card().id, 'k3m9abcd:3:approve');

    expect(house.events.at(-1)?.happening).toMatchObject({
      kind: 'action',
      revision: 3,
      handle: { taskId: handle['taskId'] },
    });
  });

  test('older than 72 hours are gone and superseded by a fresh one', async () => {
    const { handle = {} } = await house.send({ kind: 'card', card: CARD });
    await house.wecom.setNow(new Date(START.getTime() + 73 * HOUR_MS));
    expect(await house.failure({ kind: 'card_update', card: CLOSED, handle })).toMatchObject({
      failure: 'card_gone',
      code: '60140',
    });

    await house.send({ kind: 'card', card: CLOSED });

    expect(house.shown().at(-1)).toContain('已通过');
  });

  test('whose answer was lost are shown once, and the repetition tells that they cannot be redrawn', async () => {
    house.fault('message/send', { kind: 'drop_after' });
    expect(await house.failure({ kind: 'card', card: CARD }, { id: 'row-c' })).toMatchObject({ failure: 'unknown' });
    const receipt = await house.send({ kind: 'card', card: CARD }, { id: 'row-c', attempt: 2 });

    expect(house.wecom.screen('ZhangWei').messages.filter(({ card }) => card !== undefined)).toHaveLength(1);
    expect(receipt.handle).toBeUndefined();
    expect(await house.failure({ kind: 'card_update', card: CLOSED, handle: receipt.handle ?? {} })).toMatchObject({
      failure: 'card_gone',
    });
  });

  test('pressed by two people in the same moment give two events with different keys', async () => {
    const to = (chat: string) => ({ to: { account: house.channel.account, chat } });
    await house.send({ kind: 'card', card: CARD }, to('ZhangWei'));
    await house.send({ kind: 'card', card: CARD }, to('lina'));
    await Promise.all(
      ['ZhangWei', 'lina'].map(async (person) => house.wecom.tap(person, house.card(person).id, 'k3m9abcd:2:approve')),
    );

    expect(new Set(house.events.flatMap(({ deliveryKeys }) => deliveryKeys)).size).toBe(4);
  });

  test('of every degraded shape pass the check of the platform', async () => {
    const long = '很长的文字'.repeat(60);
    const many = Array.from({ length: 12 }, (_, i) => ({ id: `o${i}`, text: long }));
    const links = Array.from({ length: 9 }, (_, i) => ({
      verb: `l${i}`,
      label: long,
      url: `https://app.example.com/${i}`,
    }));
    const shapes: readonly Card[] = [
      {
        ...CARD,
        title: long,
        subtitle: long,
        text: long,
        source: long,
        fields: many.map(({ text: value }) => ({ label: long, value })),
      },
      { ...CARD, select: { id: 'q', label: long, options: many } },
      { ...CARD, actions: [...CARD.actions, ...links, ...many.map(({ id }) => ({ verb: id, label: long }))] },
      { ...CARD, actions: links },
      { ...CARD, actions: [], fields: [] },
      { ...CARD, title: '', source: '', subtitle: '', text: '', fields: [{ label: '', value: '' }] },
      { ...CLOSED, actions: links, select: { id: 'q', label: '意见', options: many } },
    ];
    for (const [i, card] of shapes.entries()) {
      const { handle } = await house.send({ kind: 'card', card: { ...card, revision: i } });
      if (handle) await house.send({ kind: 'card_update', card: { ...card, closed: long }, handle });
    }

    expect(house.wecom.screen('ZhangWei').messages.length).toBeGreaterThanOrEqual(shapes.length);
  });
});

describe('trouble on their side', () => {
  const codes = (): readonly (string | undefined)[] =>
    house.wecom.journal.filter(({ what }) => what === 'message/send').map(({ error }) => error);

  test('a token taken back early, or run out, is replaced without anybody noticing', async () => {
    await house.send(text('一'));
    house.wecom.invalidateToken(APP.agentId);
    await house.send(text('二'));
    await house.wecom.setNow(new Date(START.getTime() + 2 * HOUR_MS + 1));
    await house.send(text('三'));
    await house.wecom.setNow(new Date(START.getTime() + 4 * HOUR_MS + 2));
    await house.send(text('四'));

    expect(house.shown()).toEqual(['一', '二', '三', '四']);
    expect(new Set(codes().filter((code) => code !== undefined))).toEqual(new Set(['40014', '42001']));
  });

  test('a hundred sends over a dead token fetch one new one', async () => {
    await house.send(text('一'));
    house.wecom.invalidateToken(APP.agentId);
    const before = house.wecom.journal.filter(({ what }) => what === 'gettoken').length;
    await Promise.all(
      Array.from({ length: 100 }, async (_, i) =>
        house.send(text(`第 ${i} 条`), {
          to: { account: house.channel.account, chat: ['lina', '00123', '1e5', 'ZhangWei'][i % 4] ?? '' },
        }),
      ),
    );

    expect(house.wecom.journal.filter(({ what }) => what === 'gettoken').length - before).toBe(1);
  });

  /** Reference §1.3 as far as our client tells one code from another. */
  const MEANINGS: Readonly<Record<string, readonly string[]>> = {
    retry: ['-1', '6000', '45033'],
    wait: ['45009', '41063'],
    park: [
      '40003',
      '46004',
      '60111',
      '60011',
      '60021',
      '81013',
      '85002',
      '48001',
      '48002',
      '48004',
      '48005',
      '48006',
    ].concat(['43012', '40201', '82004', '40007']),
    breaker: ['40001', '40091', '40013', '40056', '301002', '50003', '60020'],
    card_gone: ['60140'],
    our_fault: ['40008', '40033', '40035', '40058', '40063', '41004', '42015', '42038', '44004', '45002', '987654'],
  };
  const rows = Object.entries(MEANINGS).flatMap(([failure, list]) => list.map((code) => [code, failure] as const));

  test.each(rows)('errcode %s is %s', async (code, failure) => {
    house.fault('message/send', { kind: 'error', code });

    const error = await house.failure(text('您好'));

    expect(error).toMatchObject({ failure, code });
    expect(error.message).toMatch(/hint: \[\d+\], from ip: 127\.0\.0\.1/);
  });

  test.each(['40014', '42001', '41001'])('errcode %s fetches a new token and is replayed once', async (code) => {
    house.fault('message/send', { kind: 'error', code });
    await house.send(text('您好'));

    expect(house.shown()).toEqual(['您好']);
  });

  test('a connection that dies before the call is taken leaves it unknown; repeating it shows it', async () => {
    house.fault('message/send', { kind: 'drop_before' });
    expect(await house.failure(text('您好'), { id: 'row-d' })).toMatchObject({ failure: 'unknown' });
    await house.send(text('您好'), { id: 'row-d', attempt: 2 });

    expect(house.shown()).toEqual(['您好']);
  });

  test('an address that is not trusted stops the account and names itself', async () => {
    house.wecom.setTrustedIps(['203.0.113.9']);
    const error = await house.failure(text('您好'));

    expect(error).toMatchObject({ failure: 'breaker', code: '60020' });
    expect(error.message).toContain('from ip: 127.0.0.1');

    house.wecom.setTrustedIps(undefined);
    house.wall.advance(60_000);
    await house.send(text('您好'));
    expect(house.shown()).toEqual(['您好']);
  });

  test('a wrong secret stops the account before the platform bars our address', async () => {
    const wrong = await House.open({}, 'another-secret');
    try {
      for (let i = 0; i < 20; i += 1)
        expect(await wrong.failure(text('您好'))).toMatchObject({ failure: 'breaker', code: '40001' });

      expect(await wrong.channel.check()).toEqual({ ok: false, code: '40001' });
      expect(wrong.wecom.journal.filter(({ what }) => what === 'gettoken')).toHaveLength(1);
    } finally {
      await wrong.close();
    }
  });

  test('what the console has not granted waits for it, while everything else goes on', async () => {
    await house.close();
    house = await House.open({ agents: [{ ...APP, forbidden: ['media/upload'] }] });
    const file: OutboundContent = { kind: 'file', name: 'a.pdf', mime: 'application/pdf', bytes: Buffer.alloc(100) };

    expect(await house.failure(file)).toMatchObject({ failure: 'park', code: '48002' });
    await house.send(text('您好'));

    expect(house.shown()).toEqual(['您好']);
  });
});
