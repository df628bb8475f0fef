import { afterEach, describe, expect, test } from 'vitest';
import type { Card } from '../../src/channels/card.ts';
import {
  ChannelError,
  type InboundEvent,
  type OutboundContent,
  type RawRequest,
  type Receipt,
} from '../../src/channels/channel.ts';
import { createTelegramChannel, type TelegramChannel } from '../../src/channels/telegram/index.ts';
import { silentLog } from '../../src/lib/log.ts';
import { Secret } from '../../src/lib/secret.ts';
import { createTelegramEmulator, type TelegramEmulator } from '../../src/sandbox/telegram/index.ts';
import { TOKEN } from '../fixtures/telegram/updates.ts';
import { FixedClock } from '../support/fixed-clock.ts';
import { openLoopback, type Loopback } from '../support/loopback.ts';

const START = new Date('2026-11-21T02:00:00Z');
const ACCOUNT = 'telegram:1000000001';
const HE = '5000000001';
const ZHAO = '5000000002';
const GROUP = -1_001_234_567_890;

const card: Card = {
  id: 'abcd1234',
  revision: 1,
  source: '贷款审批',
  title: 'A1087 何* <30万>',
  fields: [{ label: '金额', value: '300,000.00' }],
  select: { id: 'reason', label: '拒绝原因', options: [{ id: 'income', text: '收入不足' }] },
  actions: [
    { verb: 'approve', label: '同意', style: 'primary' },
    { verb: 'reject', label: '拒绝', style: 'danger' },
  ],
};

/** Our channel and the look-alike on one loopback server, with a list in the place of the inbox. */
class World {
  #loopback: Loopback | undefined;
  readonly heard: InboundEvent[] = [];
  readonly statuses: number[] = [];
  readonly clock = new FixedClock(START);
  readonly stop = new AbortController();
  /** While true the store is down: the edge answers 503, as the caller of a channel does. */
  storeIsDown = false;
  telegram!: TelegramEmulator;
  channel!: TelegramChannel;
  hook = '';

  async open(mode: 'webhook' | 'polling' = 'webhook'): Promise<this> {
    this.#loopback = await openLoopback({
      prefix: '/telegram',
      platform: (request, response, url) => this.telegram.handle(request, response, url),
      edge: async (request) => {
        const status = await this.#hear(request);
        this.statuses.push(status);
        return { status };
      },
    });
    const { base } = this.#loopback;
    this.hook = `${base}/channels/telegram/webhook`;
    this.telegram = createTelegramEmulator({
      token: TOKEN,
      botId: '1000000001',
      username: 'daiban_bot',
      publicBase: `${base}/telegram`,
      now: START,
      allowLoopbackHttp: true,
      pollSecondMs: 20,
      people: [
        { id: HE, name: '何女士', phone: '8613800006612' },
        { id: ZHAO, name: '老赵' },
      ],
    });
    this.channel = createTelegramChannel(
      { botToken: new Secret(TOKEN), webhookSecret: new Secret('hook_secret-1'), apiRoot: `${base}/telegram` },
      { clock: this.clock, log: silentLog },
    );
    if (mode === 'webhook') await this.channel.useWebhook(this.hook);
    return this;
  }

  async #hear(request: RawRequest): Promise<number> {
    const result = await this.channel.receive(request, this.clock.now());
    if ('refused' in result) return result.status;
    if (this.storeIsDown) return 503;
    this.heard.push(...result.events);
    return result.answer().status;
  }

  send(content: OutboundContent, chat = HE): Promise<Receipt> {
    return this.channel.send({ id: 'out-1', to: { account: ACCOUNT, chat }, content, attempt: 1 });
  }

  lastScreen(person = HE) {
    const last = this.telegram.screen(person).messages.at(-1);
    if (!last) throw new Error('empty screen');
    return last;
  }

  async close(): Promise<void> {
    this.stop.abort();
    await this.telegram.close();
    await this.#loopback?.close();
  }
}

let world: World;

afterEach(async () => {
  await world.close();
});

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  return error instanceof ChannelError ? `${error.failure} ${error.code}` : 'sent';
}

describe('our Telegram channel against the look-alike', () => {
  test('a card is posted, pressed, answered and redrawn closed', async () => {
    world = await new World().open();
    await world.telegram.start(HE);
    const receipt = await world.send({ kind: 'card', card });
    const shown = world.lastScreen();
    expect(shown).toMatchObject({
      text: '贷款审批 · A1087 何* <30万>\n金额: 300,000.00',
      card: { buttons: [{ text: '收入不足' }, { text: '同意' }, { text: '拒绝' }] },
    });

    await world.telegram.tap(HE, shown.id, 'abcd1234:1:reject');
    const press = world.heard.at(-1);
    if (press?.happening.kind !== 'action') throw new Error('no press heard');
    const spinning = world.telegram.spinning(HE).length;
    await world.send({ kind: 'tap_answer', tap: press.happening.handle, text: '已拒绝', alert: false });
    await world.send({
      kind: 'card_update',
      card: { ...card, revision: 2, closed: '老赵已拒绝' },
      handle: receipt.handle ?? {},
    });
    await world.send({
      kind: 'card_update',
      card: { ...card, revision: 2, closed: '老赵已拒绝' },
      handle: receipt.handle ?? {},
    });

    expect(press).toMatchObject({
      sender: HE,
      happening: { cardId: 'abcd1234', revision: 1, verb: 'reject', selected: {} },
    });
    expect([spinning, world.telegram.spinning(HE).length]).toEqual([1, 0]);
    expect(world.telegram.screen(HE).toasts.map((toast) => toast.text)).toEqual(['已拒绝']);
    expect(world.lastScreen()).toMatchObject({ edited: true, text: expect.stringContaining('老赵已拒绝') as string });
    expect(world.lastScreen().card).toBeUndefined();
  });

  test('an option of a drop-down comes back with its choice', async () => {
    world = await new World().open();
    await world.telegram.start(HE);
    await world.send({ kind: 'card', card });
    await world.telegram.tap(HE, world.lastScreen().id, '收入不足');

    expect(world.heard.at(-1)?.happening).toMatchObject({
      kind: 'action',
      verb: 'opt_0',
      selected: { reason: 'income' },
    });
  });

  test('the way of a customer: deep link, shared phone, a sentence, its edit, one-tap answers', async () => {
    world = await new World().open();
    await world.telegram.start(HE, 'bind-Token_1');
    await world.send({ kind: 'text', text: '请分享手机号', requestContact: '分享我的手机号' });
    await world.telegram.tap(HE, world.lastScreen().id, '分享我的手机号');
    await world.telegram.shareContact(HE, '13900000000', false, ZHAO);
    await world.telegram.say(HE, '我想贷30万 & 尽快');
    await world.telegram.edit(HE, world.lastScreen().id, '我想贷50万');
    await world.send({ kind: 'text', text: '同意吗？', choices: ['同意', '不同意'] });
    await world.telegram.tap(HE, world.lastScreen().id, '同意');
    await world.send({
      kind: 'text',
      text: '哪一种？',
      choices: ['短', '这一句话写得很长很长很长很长很长很长很长很长很长长'],
    });
    await world.telegram.tap(HE, world.lastScreen().id, '短');

    expect(world.heard.map((event) => event.happening)).toMatchObject([
      { kind: 'start', payload: 'bind-Token_1' },
      { kind: 'contact', phone: '8613800006612', own: true },
      { kind: 'contact', phone: '13900000000', own: false },
      { kind: 'message', text: '我想贷30万 & 尽快' },
      { kind: 'edited', text: '我想贷50万' },
      { kind: 'message', text: '同意' },
      { kind: 'message', text: '短' },
    ]);
    await expect.poll(() => world.telegram.spinning(HE)).toEqual([]);
    expect(new Set(world.statuses)).toEqual(new Set([200]));
  });

  test('files travel in both directions, albums as one message each', async () => {
    world = await new World().open();
    await world.telegram.start(HE);
    const bytes = Buffer.from('%PDF-1.7 流水');
    await world.telegram.sendFile(HE, { name: '流水.pdf', mime: 'application/pdf', bytes }, '十月');
    const message = world.heard.at(-1)?.happening;
    if (message?.kind !== 'message' || !message.media[0]) throw new Error('no file heard');

    expect(message).toMatchObject({
      text: '十月',
      media: [{ kind: 'file', name: '流水.pdf', mime: 'application/pdf', size: bytes.length }],
    });
    expect(await world.channel.fetchMedia(message.media[0], 1000)).toEqual(bytes);
    expect(await codeOf(world.channel.fetchMedia(message.media[0], 5))).toBe('our_fault too_big');
    expect(await codeOf(world.channel.fetchMedia({ id: 'no-such-file', kind: 'file' }, 1000))).toBe(
      'retry file_unavailable',
    );

    const photo = { name: 'a.jpg', mime: 'image/jpeg', bytes: Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3]) };
    await world.telegram.sendAlbum(HE, [photo, photo], '两张');
    const album = world.heard
      .slice(-2)
      .map((event) => (event.happening.kind === 'message' ? event.happening.media.map((one) => one.kind) : []));
    expect(album).toEqual([['image'], ['image']]);

    await world.send({ kind: 'file', name: '还款"计划".pdf', mime: 'application/pdf', bytes, caption: 'A & <B>' });
    expect(world.lastScreen()).toMatchObject({
      from: 'bot',
      text: 'A & <B>',
      file: { name: '还款_计划_.pdf', size: bytes.length },
    });
  });

  test('blocked, unblocked and deactivated people are known as such', async () => {
    world = await new World().open();
    const before = await codeOf(world.send({ kind: 'text', text: 'hi' }));
    await world.telegram.start(HE);
    await world.telegram.block(HE);
    const blocked = await codeOf(world.send({ kind: 'text', text: 'hi' }));
    await world.telegram.unblock(HE);
    const after = await codeOf(world.send({ kind: 'text', text: 'hi' }));
    world.telegram.deactivate(HE);
    const gone = await codeOf(world.send({ kind: 'text', text: 'hi' }));

    expect(before).toMatch(/^target_gone (?:chat_not_found|not_started)$/);
    expect([blocked, after, gone]).toEqual(['target_gone blocked', 'sent', 'target_gone deactivated']);
    expect(world.heard.map((event) => event.happening)).toEqual([
      { kind: 'opened' },
      { kind: 'reachable', reachable: false },
      { kind: 'reachable', reachable: true },
    ]);
  });

  test('a group that becomes a supergroup is followed; one that threw us out is gone', async () => {
    world = await new World().open();
    world.telegram.addGroup({ id: -555, title: '审批群', members: [ZHAO] });
    await world.telegram.sayIn(-555, ZHAO, '@daiban_bot 待办');
    await world.telegram.migrate(-555, GROUP);
    const receipt = await world.send({ kind: 'text', text: '待办 3 件' }, '-555');
    await world.telegram.setBotStatus(GROUP, ZHAO, 'kicked');
    const gone = await codeOf(world.send({ kind: 'text', text: 'hi' }, String(GROUP)));

    expect(world.heard[0]).toMatchObject({
      address: { chat: '-555', actor: ZHAO },
      happening: { kind: 'message', text: '待办' },
    });
    expect(receipt.handle).toMatchObject({ chat: String(GROUP) });
    expect(gone).toBe('target_gone kicked');
    expect(world.heard.slice(1).map((event) => event.happening)).toEqual([
      { kind: 'other', what: 'message:migrate_to_chat_id' },
      { kind: 'other', what: 'message:migrate_from_chat_id' },
      { kind: 'other', what: 'my_chat_member:kicked' },
    ]);
  });

  test('a card of a group that becomes a supergroup is superseded there, not drawn over another message', async () => {
    world = await new World().open();
    world.telegram.addGroup({ id: -555, title: '审批群', members: [ZHAO] });
    await world.send({ kind: 'text', text: '早' }, '-555');
    const earlier = await world.send({ kind: 'card', card }, '-555');
    await world.telegram.migrate(-555, GROUP);
    // Ids begin anew: a message there has the one that the card has here.
    const others = [
      await world.send({ kind: 'text', text: '别的' }, '-555'),
      await world.send({ kind: 'card', card }, '-555'),
    ];
    const closed = { ...card, revision: 2, closed: '老赵已拒绝' };
    const redraw = async (handle: Receipt['handle']) =>
      codeOf(world.send({ kind: 'card_update', card: closed, handle: handle ?? {} }, '-555'));

    expect(others[0]?.providerId).toBe(earlier.providerId);
    expect(await redraw(earlier.handle)).toBe('card_gone chat_moved');
    expect(others.map(({ handle }) => handle?.['chat'])).toEqual([String(GROUP), String(GROUP)]);
    const shown = () => world.telegram.screen(ZHAO).messages.filter(({ text }) => text.includes('老赵已拒绝'));
    expect(shown()).toEqual([]);
    expect(await redraw(others[1]?.handle)).toBe('sent');
    expect(shown()).toHaveLength(1);
  });

  test('in a group only what is said to us is heard as said, though an administrator gets to hear everything', async () => {
    world = await new World().open();
    world.telegram.addGroup({ id: GROUP, title: '审批群', members: [ZHAO] });
    await world.telegram.setBotStatus(GROUP, ZHAO, 'administrator');
    world.heard.length = 0;
    for (const text of ['@daiban_bot 待办', '何女士 13800006612 30万', '/help@other_bot', '/help'])
      await world.telegram.sayIn(GROUP, ZHAO, text);

    expect(world.heard.map((event) => event.happening)).toMatchObject([
      { kind: 'message', text: '待办' },
      { kind: 'other', what: 'message:supergroup' },
      { kind: 'other', what: 'message:supergroup' },
      { kind: 'message', text: '/help' },
    ]);
  });

  test('lost answers, rate limits, server faults and a revoked token are told apart', async () => {
    world = await new World().open();
    await world.telegram.start(HE);
    const text: OutboundContent = { kind: 'text', text: '一次' };
    const fault = (effect: Parameters<TelegramEmulator['addFault']>[0]['effect']) => {
      world.telegram.addFault({ platform: 'telegram', method: 'sendMessage', times: 1, effect });
      return codeOf(world.send(text));
    };

    expect(await fault({ kind: 'drop_after' })).toBe('unknown network');
    expect(await fault({ kind: 'error', code: '500: Internal Server Error: restart' })).toBe('retry 500');
    expect(await fault({ kind: 'http', status: 500 })).toBe('unknown http_500');
    expect(await fault({ kind: 'http', status: 502 })).toBe('unknown http_502');
    expect(await fault({ kind: 'error', code: '429', retryAfterSeconds: 3 })).toBe('wait 429');
    expect(world.telegram.screen(HE).messages.filter((message) => message.text === '一次')).toHaveLength(1);
    world.telegram.setRevoked(true);
    expect(await codeOf(world.send(text))).toBe('breaker unauthorized');
    expect(await world.channel.check()).toEqual({ ok: false, code: 'unauthorized' });
  });

  test('after a store outage Telegram delivers again, in order, and everything is heard once', async () => {
    world = await new World().open();
    await world.telegram.start(HE);
    world.storeIsDown = true;
    await world.telegram.say(HE, '一');
    const second = world.telegram.say(HE, '二');
    world.storeIsDown = false;
    await world.telegram.setNow(new Date(START.getTime() + 600_000));
    await second;

    expect(
      world.heard.map((event) => ('text' in event.happening ? event.happening.text : event.happening.kind)),
    ).toEqual(['opened', '一', '二']);
    expect(world.statuses).toContain(503);
  });

  test('the most a card can hold passes every check of the look-alike', async () => {
    world = await new World().open();
    await world.telegram.start(HE);
    const full: Card = {
      ...card,
      title: '标'.repeat(400),
      text: '正文 & <尖括号>\n'.repeat(3000),
      fields: Array.from({ length: 120 }, (_, index) => ({ label: `字段${String(index)}`, value: '<'.repeat(3000) })),
      select: {
        id: 'reason',
        label: '问',
        options: Array.from({ length: 130 }, (_, at) => ({
          id: `option${String(at)}`,
          text: '选'.repeat(at === 0 ? 0 : 200),
        })),
      },
      actions: Array.from({ length: 40 }, (_, at) => ({
        verb: `v${String(at)}`,
        label: '按'.repeat(at === 0 ? 0 : 120),
      })),
    };

    await expect(world.send({ kind: 'card', card: full })).resolves.toMatchObject({
      providerId: expect.any(String) as string,
    });
    expect(await codeOf(world.send({ kind: 'text', text: '<b>&amp;'.repeat(1500) }))).toBe('sent');
  });

  test('by long polling the same things arrive; a webhook that was set before is taken away, and nothing is lost', async () => {
    world = await new World().open('polling');
    const done = world.channel.listen((events) => {
      world.heard.push(...events);
      return Promise.resolve();
    }, world.stop.signal);
    await world.telegram.start(HE, 'abc');
    await world.telegram.say(HE, '你好');
    await expect.poll(() => world.heard.length).toBe(2);
    world.stop.abort();
    await done;

    expect(world.heard.map((event) => event.happening.kind)).toEqual(['start', 'message']);
    await world.channel.useWebhook(world.hook);
    expect(await world.channel.check()).toEqual({ ok: true });
    await world.telegram.setNow(new Date(START.getTime() + 2000));
    const again = new AbortController();
    const polling = world.channel.listen((events) => {
      world.heard.push(...events);
      return Promise.resolve();
    }, again.signal);
    await world.telegram.say(HE, '还在');
    // What the first poller did not come to confirm is told again, under its own keys.
    await expect.poll(() => new Set(world.heard.map((event) => event.deliveryKeys[0])).size).toBe(3);
    again.abort();
    await polling;
  });
});
