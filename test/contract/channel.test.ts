import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parseCardKey, type Card, type CardForm } from '../../src/channels/card.ts';
import { ChannelError, type InboundEvent, type Platform } from '../../src/channels/channel.ts';
import { openWorld, PERSON, type World } from './support-channel-world.ts';

const CARD: Card = {
  id: 'k7q2m9x4c1v8b5n3',
  revision: 2,
  source: '贷款审批',
  title: 'A1087 300,000.00 元',
  subtitle: 'K305 何** <b>&</b>',
  fields: [
    { label: '金额', value: '300,000.00 元' },
    { label: '期限', value: '36 期' },
  ],
  actions: [
    { verb: 'approve', label: '通过', style: 'primary' },
    { verb: 'hand_over', label: '转办' },
  ],
};

// Every channel keeps the same promises; what a platform cannot do stands in its capabilities, not in exceptions here.
describe.each<Platform>(['wecom', 'slack', 'telegram'])('the %s channel', (platform) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(platform);
  });
  afterAll(async () => {
    await world.close();
  });
  beforeEach(() => {
    world.events.length = 0;
    world.refused.length = 0;
    world.missed.length = 0;
    world.storeIsDownFor = 0;
  });
  const happenings = <K extends InboundEvent['happening']['kind']>(
    kind: K,
  ): readonly Extract<InboundEvent['happening'], { kind: K }>[] =>
    world.events.flatMap(({ happening }) =>
      happening.kind === kind ? [happening as Extract<InboundEvent['happening'], { kind: K }>] : [],
    );

  test('names its account after its platform and paces itself', () => {
    expect(world.channel.account.split(':')[0]).toBe(platform);
    expect(world.channel.pace.length).toBeGreaterThan(0);
  });

  test('its credentials work', async () => {
    expect(await world.channel.check()).toEqual({ ok: true });
  });

  test('a message comes in with its words, its sender and a key for each delivery', async () => {
    await world.emulator.say(PERSON[platform], '新客户 <何女士> & ]]> 😀 13800006612');

    const [event] = world.events.filter(({ happening }) => happening.kind === 'message');
    expect(event?.sender).toBe(PERSON[platform]);
    expect(event?.happening).toMatchObject({
      kind: 'message',
      text: '新客户 <何女士> & ]]> 😀 13800006612',
      media: [],
    });
    expect(event?.deliveryKeys[0].length).toBeGreaterThan(3);
  });

  test('two messages have different keys', async () => {
    await world.emulator.say(PERSON[platform], '一样的话');
    await world.emulator.say(PERSON[platform], '一样的话');

    const keys = world.events
      .filter(({ happening }) => happening.kind === 'message')
      .map((event) => event.deliveryKeys[0]);
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(2);
  });

  test('what was not committed is delivered again under the same keys', async () => {
    world.storeIsDownFor = 1;
    await world.emulator.say(PERSON[platform], '再来一次');
    await world.emulator.setNow(new Date(Date.now() + 10_000));

    expect(world.missed).toMatchObject([{ happening: { kind: 'message', text: '再来一次' } }]);
    expect(world.events).toMatchObject([{ happening: { kind: 'message', text: '再来一次' } }]);
    expect(world.events[0]?.deliveryKeys).toEqual(world.missed[0]?.deliveryKeys);
  });

  test('what was committed, but whose answer was lost, comes again under the same keys', async () => {
    world.emulator.addFault({ platform, method: '*', times: 1, effect: { kind: 'drop_after' } });
    await world.emulator.say(PERSON[platform], '又来一次');
    await world.emulator.setNow(new Date(Date.now() + 20_000));

    expect(world.events).toMatchObject([
      { happening: { kind: 'message', text: '又来一次' } },
      { happening: { kind: 'message', text: '又来一次' } },
    ]);
    expect(world.events[1]?.deliveryKeys).toEqual(world.events[0]?.deliveryKeys);
  });

  test('what is not authentic is refused and gives no event', async () => {
    expect(await world.knock({}, '{"text":"hello"}')).toBeGreaterThanOrEqual(400);
    expect(
      await world.knock(
        {
          'content-type': 'application/json',
          'x-telegram-bot-api-secret-token': 'wrong',
          'x-slack-signature': 'v0=00',
          'x-slack-request-timestamp': '1',
        },
        '{}',
      ),
    ).toBeGreaterThanOrEqual(400);
    expect(world.events).toEqual([]);
  });

  test('a text arrives as it was written, and the receipt names it', async () => {
    const receipt = await world.send({ kind: 'text', text: '您好，<张三> & 李四：本期应还 1,050.00 元' });

    expect(receipt.undeliverable).toBeUndefined();
    expect(receipt.providerId).toBeDefined();
    const [last] = world.emulator
      .screen(PERSON[platform])
      .messages.filter((message) => message.from === 'bot')
      .slice(-1);
    expect(last?.text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')).toContain(
      '<张三> & 李四',
    );
  });

  test('a pressed button comes back with the card, its revision and the verb, and nothing of the business', async () => {
    await world.send({ kind: 'card', card: CARD });
    const shown = world.emulator
      .screen(PERSON[platform])
      .messages.findLast((message) => message.card?.buttons.some((button) => button.text === '通过'));
    const button = shown?.card?.buttons.find((one) => one.text === '通过');
    await world.emulator.tap(PERSON[platform], shown?.id ?? '', button?.key ?? '');

    const [tap] = happenings('action');
    expect(tap).toMatchObject({ cardId: CARD.id, revision: 2, verb: 'approve' });
    expect(parseCardKey(`${tap?.cardId}:${tap?.revision}:${tap?.verb}`)).toBeDefined();
  });

  test('a press is answered; with a form only where the press says that it can open one', async () => {
    await world.send({ kind: 'card', card: { ...CARD, id: 'h4j5k6m7n8p9q2r3' } });
    const shown = world.emulator
      .screen(PERSON[platform])
      .messages.findLast((message) => message.card?.buttons.some((button) => button.text === '转办'));
    const button = shown?.card?.buttons.find((one) => one.text === '转办');
    await world.emulator.tap(PERSON[platform], shown?.id ?? '', button?.key ?? '');
    const [tap] = happenings('action');

    const form: CardForm = {
      cardId: 'h4j5k6m7n8p9q2r3',
      revision: 2,
      verb: 'hand_over',
      title: '转办 A1087',
      fields: [{ kind: 'choice', id: 'to', label: '转给', hint: '请选', options: [{ id: '老赵', text: '老赵' }] }],
      submit: '提交',
      cancel: '取消',
    };
    await world.send({
      kind: 'tap_answer',
      tap: tap?.handle ?? {},
      text: '转给谁？',
      alert: false,
      ...(tap?.canOpenForm === true ? { form } : {}),
    });

    const opened = world.emulator.screen(PERSON[platform]).messages.some(({ text }) => text === '转办 A1087');
    expect(opened).toBe(tap?.canOpenForm === true);
    expect(tap?.canOpenForm === true).toBe(platform === 'slack');
  });

  test('a closed card shows the outcome and has nothing to press', async () => {
    const receipt = await world.send({ kind: 'card', card: { ...CARD, id: 'z9y8x7w6v5t4s3r2' } });
    await world.send({
      kind: 'card_update',
      card: { ...CARD, id: 'z9y8x7w6v5t4s3r2', actions: [], closed: '已通过' },
      handle: receipt.handle ?? {},
    });

    const texts = world.emulator.screen(PERSON[platform]).messages.map((message) => ({
      all: JSON.stringify(message),
      live: message.card?.buttons.filter((button) => button.disabled !== true) ?? [],
    }));
    const closed = texts.findLast((one) => one.all.includes('已通过'));
    expect(closed?.live).toEqual([]);
  });

  test('a lost answer is “unknown”, a refusal is typed, a rate limit says how long to wait', async () => {
    const failureOf = async (effect: Parameters<World['emulator']['addFault']>[0]['effect']): Promise<ChannelError> => {
      const method = platform === 'wecom' ? 'message/send' : platform === 'slack' ? 'chat.postMessage' : 'sendMessage';
      world.emulator.addFault({ platform, method, times: 2, effect });
      const error: unknown = await world
        .send({ kind: 'text', text: `试 ${JSON.stringify(effect)}` })
        .catch((reason: unknown) => reason);
      world.emulator.clearFaults?.();
      if (!(error instanceof ChannelError)) throw new Error(`no typed error: ${String(error)}`);
      return error;
    };
    const limited = { wecom: '45009', slack: 'ratelimited', telegram: '429' }[platform];
    const refused = {
      wecom: { code: '60111', failure: 'park' },
      slack: { code: 'channel_not_found', failure: 'target_gone' },
      telegram: { code: '403', failure: 'target_gone' },
    }[platform];

    expect((await failureOf({ kind: 'drop_after' })).failure).toBe('unknown');
    expect((await failureOf({ kind: 'error', code: refused.code })).failure).toBe(refused.failure);
    const wait = await failureOf({ kind: 'error', code: limited, retryAfterSeconds: 7 });
    expect(wait.failure).toBe('wait');
    expect(wait.retryAfterMs).toBeGreaterThanOrEqual(7_000);
  });
});
