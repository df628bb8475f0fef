/** Our own WeCom channel against the look-alike: the two are written apart, so that each catches the other's mistakes. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { Secret } from '../../src/lib/secret.ts';
import type { Card } from '../../src/channels/card.ts';
import type {
  Channel,
  Happening,
  InboundEvent,
  OutboundContent,
  Receipt,
  RawRequest,
} from '../../src/channels/channel.ts';
import { MemoryTokenStore } from '../../src/channels/memory-token-store.ts';
import { wecomAccount } from '../../src/channels/accounts.ts';
import { createWecomChannel } from '../../src/channels/wecom/index.ts';
import { readBody } from '../../src/sandbox/kernel/http.ts';
import { CORP, listen, LOAN_APP, startWorld, type World } from './sandbox-wecom-world.ts';

let world: World;
let channel: Channel;
let server: Awaited<ReturnType<typeof listen>>;
let events: InboundEvent[];
let intents = 0;

beforeEach(async () => {
  events = [];
  server = await listen(async (request, response) => {
    const raw: RawRequest = {
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
      body: await readBody(request),
    };
    const got = await channel.receive(raw, systemClock.now());
    if ('refused' in got) {
      response.writeHead(got.status).end();
      return;
    }
    events.push(...got.events);
    const answer = got.answer();
    response.writeHead(answer.status, answer.headers).end(answer.body);
  });
  world = await startWorld({}, false);
  channel = createWecomChannel(
    {
      corpId: CORP,
      agentId: String(LOAN_APP.agentId),
      secret: new Secret(LOAN_APP.secret),
      token: new Secret(LOAN_APP.token),
      encodingAesKey: new Secret(LOAN_APP.encodingAesKey),
      apiBase: world.base,
    },
    { tokens: new MemoryTokenStore(systemClock), clock: systemClock, log: silentLog },
  );
  expect(await world.wecom.setCallbackUrl(LOAN_APP.agentId, `${server.base}/channels/wecom/callback`)).toEqual({
    ok: true,
  });
});
afterEach(async () => {
  await Promise.all([world.close(), server.close()]);
});

const account = wecomAccount({ corpId: CORP, agentId: String(LOAN_APP.agentId) });
const send = (content: OutboundContent, chat = 'lina'): Promise<Receipt> =>
  channel.send({ id: `row-${++intents}`, to: { account, chat }, content, attempt: 1 });
const happened = (): Happening[] => events.map(({ happening }) => happening);
const unknown = (): unknown[] => world.wecom.journal.flatMap(({ unknownFields }) => unknownFields ?? []);

const CARD: Card = {
  id: 'k3m9abcd',
  revision: 2,
  source: '放款审批',
  title: '放款审批 A1087',
  subtitle: '李女士',
  fields: [{ label: '金额', value: '300,000.00' }],
  select: { id: 'reason', label: '意见', options: [{ id: 'ok', text: '符合' }] },
  actions: [
    { verb: 'approve', label: '通过', style: 'primary' },
    { verb: 'reject', label: '驳回', style: 'danger' },
  ],
};

test('forty texts of every pad length arrive as they were typed', async () => {
  const typed = Array.from({ length: 40 }, (_, n) => `第${n}句 ]]> &lt; 😀${'长'.repeat(n)}`);
  for (const text of typed) await world.wecom.say('00123', text);

  expect(happened().map((one) => (one.kind === 'message' ? one.text : one.kind))).toEqual(typed);
  expect(new Set(events.map(({ sender }) => sender))).toEqual(new Set(['00123']));
  expect(new Set(events.map(({ deliveryKeys: [key] }) => key)).size).toBe(40);
});

test('a repeated delivery carries the same keys', async () => {
  world.wecom.disturb('duplicate');
  await world.wecom.say('lina', 'a');

  const [first, second] = events.map(({ deliveryKeys }) => deliveryKeys);
  expect(second).toEqual(first);
});

test.each(['wrong_signature', 'wrong_receiveid', 'truncated_base64', 'stale_timestamp'] as const)(
  'a push with %s is refused',
  async (kind) => {
    expect(await world.wecom.forge(kind, 'lina', 'x')).toBeGreaterThanOrEqual(400);
    expect(events).toEqual([]);
  },
);

test('a picture of a member can be fetched', async () => {
  const bytes = Buffer.from([0xff, 0xd8, 0xff, 0xd9, 1, 2]);
  await world.wecom.sendFile('lina', { name: 'id.jpg', mime: 'image/jpeg', bytes });

  const [one] = happened();
  const [media] = one?.kind === 'message' ? one.media : [];
  if (media === undefined) throw new Error('no media');
  expect(await channel.fetchMedia(media, 1_000)).toEqual(bytes);
});

describe('what we send', () => {
  test('a text shows as written, tags and all, with nothing WeCom does not know', async () => {
    await send({ kind: 'text', text: '您好 <何女士> & 家人' });

    expect(world.last('lina').text).toBe('您好 <何女士> & 家人');
    expect(unknown()).toEqual([]);
  });

  test('a file reaches the phone with its Chinese name', async () => {
    await send({ kind: 'file', name: '合同.pdf', mime: 'application/pdf', bytes: Buffer.from('%PDF-1.7 contract') });

    expect(world.screen('lina').messages.map(({ file }) => file?.name)).toContain('合同.pdf');
    expect(unknown()).toEqual([]);
  });

  test('a card is drawn, its press comes back, and it is redrawn by the code of the press', async () => {
    const receipt = await send({ kind: 'card', card: CARD });
    expect(world.last('lina').card).toMatchObject({ title: '放款审批 A1087', fields: [{ value: '300,000.00' }] });
    const button = world.last('lina').card?.buttons.find(({ text }) => text === '通过');
    await world.wecom.tap('lina', world.last('lina').id, button?.key ?? '');

    expect(world.screen('lina').toasts).toEqual([]);
    const [press] = happened();
    if (press?.kind !== 'action') throw new Error('no action');
    expect(press).toMatchObject({ cardId: 'k3m9abcd', revision: 2, verb: 'approve', selected: { reason: 'ok' } });

    const done: Card = { ...CARD, revision: 3, title: '已由李审批', closed: '已通过' };
    await send({ kind: 'card_update', card: done, handle: receipt.handle ?? {}, tap: press.handle });
    expect(world.last('lina').card).toMatchObject({
      title: '已由李审批',
      buttons: [{ text: '已通过', disabled: true }],
    });
    expect(unknown()).toEqual([]);
  });

  test('an expired token is replaced without anybody noticing, 40014 or 42001 alike', async () => {
    for (let n = 0; n < 3; n++) {
      await send({ kind: 'text', text: `m${n}` });
      await world.later(7_300);
    }

    expect(world.screen('lina').messages.map(({ text }) => text)).toEqual(['m0', 'm1', 'm2']);
  });

  test('the same intent sent twice is shown once', async () => {
    const intent = {
      id: 'row-x',
      to: { account, chat: 'lina' },
      content: { kind: 'text', text: '一次' },
      attempt: 1,
    } as const;
    await channel.send(intent);
    await channel.send({ ...intent, attempt: 2 });

    expect(world.screen('lina').messages).toHaveLength(1);
  });
});
