import { afterEach, describe, expect, test } from 'vitest';
import type { Card, CardForm } from '../../src/channels/card.ts';
import { ChannelError, type OutboundContent } from '../../src/channels/channel.ts';
import { slackManifest } from '../support/slack-manifest.ts';
import { ACCOUNT, START, World } from './slack-world.ts';

const card: Card = {
  id: 'abcd1234',
  revision: 1,
  source: '贷款审批',
  title: 'A1087 何*',
  subtitle: '一级审核',
  fields: [{ label: '金额', value: '300,000.00' }],
  select: { id: 'reason', label: '拒绝原因', options: [{ id: 'income', text: '收入不足' }] },
  actions: [
    { verb: 'approve', label: '同意', style: 'primary' },
    { verb: 'reject', label: '拒绝', style: 'danger' },
  ],
};

const form: CardForm = {
  cardId: card.id,
  revision: 1,
  verb: 'reject',
  title: '拒绝 A1087',
  fields: [
    { kind: 'choice', id: 'reason', label: '常用理由', hint: '选一条', options: [{ id: 'R05', text: '负债比例偏高' }] },
    { kind: 'text', id: 'words', label: '或者自己写', hint: '选一条，或写明理由', maxLength: 500 },
  ],
  submit: '提交',
  cancel: '取消',
};

let world: World;

afterEach(async () => {
  await world.close();
});

const kinds = () => world.heard.map((event) => event.happening.kind);

describe('our Slack channel against the look-alike', () => {
  test('a card is posted, pressed with its choice, answered to the presser and redrawn closed', async () => {
    world = await new World().open();
    const receipt = await world.send({ kind: 'card', card }, 'U0001');
    const shown = world.lastScreen('U0001');
    expect(shown.card).toMatchObject({
      source: '贷款审批',
      title: 'A1087 何*',
      subtitle: '一级审核',
      fields: [{ label: '金额', value: '300,000.00' }],
      selects: [{ options: [{ id: 'income', text: '收入不足' }] }],
      buttons: [
        { text: '同意', style: 'primary' },
        { text: '拒绝', style: 'danger' },
      ],
    });

    await world.slack.tap('U0001', shown.id, 'abcd1234:1:reject', { 'select:reason': 'income' });
    const press = world.heard.at(-1);
    if (press?.happening.kind !== 'action') throw new Error('no press heard');
    await world.send(
      { kind: 'tap_answer', tap: press.happening.handle, text: '已拒绝', alert: false },
      press.address.chat,
    );
    await world.send(
      { kind: 'card_update', card: { ...card, revision: 2, closed: '老赵已拒绝' }, handle: receipt.handle ?? {} },
      'U0001',
    );

    expect(press).toMatchObject({
      sender: 'U0001',
      happening: { cardId: 'abcd1234', revision: 1, verb: 'reject', selected: { reason: 'income' } },
    });
    expect(world.slack.screen('U0001').toasts.map((toast) => toast.text)).toEqual(['已拒绝']);
    expect(world.lastScreen('U0001')).toMatchObject({
      edited: true,
      card: { buttons: [], selects: [], text: '老赵已拒绝' },
    });
    // The redrawn card comes back as message_changed and must not count as anybody's edit.
    await world.slack.idle();
    expect(kinds()).toEqual(['action']);
  });

  /** Presses 拒绝 on a fresh card and answers the press with the form. */
  async function openForm(): Promise<void> {
    await world.send({ kind: 'card', card }, 'U0001');
    await world.slack.tap('U0001', world.lastScreen('U0001').id, 'abcd1234:1:reject');
    const press = world.heard.findLast(({ happening }) => happening.kind === 'action')?.happening;
    if (press?.kind !== 'action') throw new Error('no press heard');
    expect(press.canOpenForm).toBe(true);
    await world.send({ kind: 'tap_answer', tap: press.handle, text: form.title, alert: false, form }, 'D0001');
  }
  const modals = () => world.slack.screen('U0001').messages.filter(({ id }) => id.startsWith('view:'));
  const submissions = () =>
    world.heard.filter(({ happening }) => happening.kind === 'action' && Object.keys(happening.selected).length > 0);

  test.each(['http', 'socket'] as const)(
    'over %s a form opens, says what is missing, stays open for it, and comes back as the press with its answers',
    async (mode) => {
      world = await new World().open(mode);
      if (mode === 'socket') await world.listen();
      await openForm();
      expect(modals()).toMatchObject([
        {
          text: '拒绝 A1087',
          card: {
            selects: [
              { label: '常用理由', isOptional: true, options: [{ id: 'R05' }] },
              { label: '或者自己写', isOptional: true, hint: '选一条，或写明理由' },
            ],
            buttons: [
              { key: 'submit', text: '提交' },
              { key: 'close', text: '取消' },
            ],
          },
        },
      ]);

      await world.slack.tap('U0001', modals()[0]?.id ?? '', 'submit', { words: '  ' });
      expect(modals()[0]?.card?.selects[1]?.error).toBe('选一条，或写明理由');
      expect(submissions()).toEqual([]);
      await world.slack.tap('U0001', modals()[0]?.id ?? '', 'submit', { reason: 'R05', words: '车贷两笔' });

      expect(modals()).toEqual([]);
      expect(submissions()).toMatchObject([
        {
          sender: 'U0001',
          address: { account: ACCOUNT },
          happening: {
            cardId: 'abcd1234',
            revision: 1,
            verb: 'reject',
            selected: { reason: 'R05', words: '车贷两笔' },
          },
        },
      ]);
    },
  );

  test('a form sent in twice in the same moment has one key; one that was not committed stays open and can be sent again', async () => {
    world = await new World().open();
    await openForm();
    const id = modals()[0]?.id ?? '';
    world.storeIsDown = true;
    await world.slack.tap('U0001', id, 'submit', { words: '流水对不上' });
    expect(modals()).toHaveLength(1);
    world.storeIsDown = false;

    await Promise.all([world.slack.tap('U0001', id, 'submit'), world.slack.tap('U0001', id, 'submit')]);

    expect(submissions()).toHaveLength(2);
    expect(new Set(submissions().map((event) => event.deliveryKeys[0])).size).toBe(1);
  });

  test('a form that is closed says nothing of the case, and the next press opens another', async () => {
    world = await new World().open();
    await openForm();
    await world.slack.tap('U0001', modals()[0]?.id ?? '', 'close');
    expect(modals()).toEqual([]);
    await openForm();

    expect(modals()).toHaveLength(1);
    expect(submissions()).toEqual([]);
  });

  test('a press that is too old, used up, or meets a Slack in trouble is final: our_fault, never tried again', async () => {
    world = await new World().open();
    await world.send({ kind: 'card', card }, 'U0001');
    await world.slack.tap('U0001', world.lastScreen('U0001').id, 'abcd1234:1:reject');
    const press = world.heard.at(-1)?.happening;
    if (press?.kind !== 'action') throw new Error('no press heard');
    const open = async (): Promise<unknown> =>
      world
        .send({ kind: 'tap_answer', tap: press.handle, text: form.title, alert: false, form }, 'D0001')
        .catch((error: unknown) => error);

    const failures: unknown[] = [];
    for (const effect of [
      { kind: 'error', code: 'ratelimited', retryAfterSeconds: 30 },
      { kind: 'http', status: 503 },
      { kind: 'drop_before' },
    ] as const) {
      world.slack.addFault({ platform: 'slack', method: 'views.open', times: 1, effect });
      failures.push(await open());
    }
    await world.slack.setNow(new Date(START.getTime() + 4_000));
    failures.push(await open());

    expect(failures.every((error) => error instanceof ChannelError && error.failure === 'our_fault')).toBe(true);
    expect(failures.at(-1)).toMatchObject({ code: 'expired_trigger_id' });
    expect(modals()).toEqual([]);
  });

  test('talk, edit, deletion, one-tap answer and an opened home tab come in as what they are', async () => {
    world = await new World().open();
    await world.slack.say('U0002', '新客户 何女士 < 30万 & 急');
    const mine = world.slack.screen('U0002').messages[0]?.id ?? '';
    await world.slack.edit('U0002', mine, '新客户 何女士 50万');
    await world.slack.remove('U0002', mine);
    await world.send({ kind: 'text', text: '提交吗？', choices: ['提交', '再改改'] }, 'U0002');
    const question = world.slack.screen('U0002').messages.findLast((message) => message.from === 'bot');
    await world.slack.tap('U0002', question?.id ?? '', 'say:1');
    await world.slack.openHome('U0002');

    expect(world.heard.map((event) => event.happening)).toMatchObject([
      { kind: 'message', messageId: mine, text: '新客户 何女士 < 30万 & 急' },
      { kind: 'edited', messageId: mine, text: '新客户 何女士 50万' },
      { kind: 'deleted', messageId: mine },
      { kind: 'message', text: '再改改' },
      { kind: 'opened' },
    ]);
    expect(new Set(world.statuses)).toEqual(new Set([200]));
  });

  test('a mention in a channel arrives twice and is one event by its second key', async () => {
    world = await new World().open();
    await world.slack.sayIn('C0001', 'U0002', '<@UBOT> 客户 K305');
    await world.slack.sayIn('C0001', 'U0002', '与我无关的话');

    const spoken = world.heard.filter((event) => event.happening.kind === 'message');
    expect(spoken).toHaveLength(2);
    expect(spoken[0]?.deliveryKeys[1]).toBe(spoken[1]?.deliveryKeys[1]);
    expect(world.heard.at(-1)?.happening).toEqual({ kind: 'other', what: 'message:channel' });
  });

  test('what was said to us stays in its talk when others answer it in a thread: edit, press and deletion', async () => {
    world = await new World().open();
    await world.slack.sayIn('C0001', 'U0001', '<@UBOT> 客户 K305');
    const said = world.heard.at(-1);
    if (said?.happening.kind !== 'message') throw new Error('not heard');
    const { messageId } = said.happening;
    const shown = await world.send({ kind: 'card', card }, 'C0001');
    for (const ts of [messageId, shown.providerId ?? '']) await world.slack.sayIn('C0001', 'U0002', '收到', ts);
    world.heard.length = 0;

    await world.slack.edit('U0001', messageId, '<@UBOT> 客户 K306');
    await world.slack.tap('U0001', shown.providerId ?? '', 'abcd1234:1:approve');
    await world.slack.remove('U0001', messageId);

    expect(world.heard.map((event) => event.happening)).toMatchObject([
      { kind: 'edited', messageId, text: '客户 K306' },
      { kind: 'action', verb: 'approve' },
      { kind: 'deleted', messageId },
    ]);
    expect(world.heard.map((event) => event.address)).toEqual([said.address, said.address, said.address]);
    expect(said.address).toEqual({ account: ACCOUNT, chat: 'C0001', actor: 'U0001' });
  });

  test('what is said in a thread stays in its talk: the words, a press there and the form it opens', async () => {
    world = await new World().open();
    await world.slack.sayIn('C0001', 'U0002', '开会');
    const thread = world.lastScreen('U0002').id;
    await world.slack.sayIn('C0001', 'U0001', '<@UBOT> 待办', thread);
    const to = { account: ACCOUNT, chat: 'C0001', thread };
    await world.channel.send({ id: 'out-1', to, content: { kind: 'card', card }, attempt: 1 });
    await world.slack.tap('U0001', world.lastScreen('U0001').id, 'abcd1234:1:reject');
    const press = world.heard.at(-1)?.happening;
    if (press?.kind !== 'action') throw new Error('no press heard');
    const answer = { kind: 'tap_answer', tap: press.handle, text: form.title, alert: false, form } as const;
    await world.channel.send({ id: 'out-2', to, content: answer, attempt: 1 });
    await world.slack.tap('U0001', modals()[0]?.id ?? '', 'submit', { words: '流水对不上' });

    const heard = world.heard.filter(({ happening }) => happening.kind === 'message' || happening.kind === 'action');
    expect(heard.map(({ happening }) => happening.kind)).toEqual(['message', 'message', 'action', 'action']);
    for (const { address } of heard) expect(address).toEqual({ ...to, actor: 'U0001' });
  });

  test('a slash command typed in a channel is said, and answered, where the person’s direct messages are', async () => {
    world = await new World().open();
    await world.slack.say('U0001', '待办');
    await world.slack.slash('U0001', '/daiban', '客户 何女士', 'C0001');

    const [direct, command] = world.heard;
    expect(command?.happening).toMatchObject({ kind: 'message', text: '客户 何女士' });
    expect(command?.address).toEqual(direct?.address);
    const receipt = await world.send({ kind: 'text', text: '何女士 K305' }, command?.address.chat ?? '');
    expect(world.lastScreen('U0001').text).toBe('何女士 K305');
    expect(receipt.handle?.['channel']).toMatch(/^D/);
  });

  test('files travel in both directions', async () => {
    world = await new World().open();
    const bytes = Buffer.from('%PDF-1.7 流水');
    await world.slack.sendFile('U0002', { name: '流水.pdf', mime: 'application/pdf', bytes }, '十月');
    const message = world.heard.find((event) => event.happening.kind === 'message')?.happening;
    if (message?.kind !== 'message' || !message.media[0]) throw new Error('no file heard');

    expect(message).toMatchObject({
      text: '十月',
      media: [{ name: '流水.pdf', mime: 'application/pdf', size: bytes.length }],
    });
    expect(await world.channel.fetchMedia(message.media[0], 1000)).toEqual(bytes);
    await expect(world.channel.fetchMedia(message.media[0], 5)).rejects.toMatchObject({ code: 'too_big' });

    await world.send(
      { kind: 'file', name: '还款计划.png', mime: 'image/png', bytes: Buffer.from([1, 2, 3]), caption: '计划' },
      'U0002',
    );
    await world.slack.idle();
    expect(world.lastScreen('U0002')).toMatchObject({ from: 'bot', file: { name: '还款计划.png', size: 3 } });
  });

  test('after a store outage Slack delivers again and the event is heard once', async () => {
    world = await new World().open();
    await world.slack.verifyEventsUrl();
    world.storeIsDown = true;
    await world.slack.say('U0002', '存不下');
    world.storeIsDown = false;
    await world.slack.setNow(new Date(START.getTime() + 400_000));

    expect(kinds()).toEqual(['message']);
    expect(world.statuses).toContain(503);
  });

  test('a post whose answer is lost is unknown and found again by its id; a post that never arrived is absent', async () => {
    world = await new World().open();
    const content: OutboundContent = { kind: 'card', card };
    const intent = (id: string) => ({ id, to: { account: ACCOUNT, chat: 'U0001' }, content, attempt: 1 });
    world.slack.addFault({ platform: 'slack', method: 'chat.postMessage', times: 1, effect: { kind: 'drop_after' } });
    const lost = await world.channel.send(intent('out-lost')).catch((error: unknown) => error);
    world.slack.addFault({ platform: 'slack', method: 'chat.postMessage', times: 1, effect: { kind: 'drop_before' } });
    const never = await world.channel.send(intent('out-never')).catch((error: unknown) => error);

    expect(lost).toMatchObject({ name: 'ChannelError', failure: 'unknown' });
    expect(never).toMatchObject({ name: 'ChannelError', failure: 'unknown' });
    expect(await world.channel.reconcile?.(intent('out-lost'), START)).toMatchObject({
      handle: { ts: world.lastScreen('U0001').id },
    });
    expect(await world.channel.reconcile?.(intent('out-never'), START)).toBe('absent');
    expect(world.slack.screen('U0001').messages).toHaveLength(1);
  });

  test('an older post with the same id is another’s: a database that was restored counts anew', async () => {
    world = await new World().open();
    const intent = {
      id: '4711',
      to: { account: ACCOUNT, chat: 'U0001' },
      content: { kind: 'card', card },
      attempt: 1,
    } as const;
    await world.channel.send(intent);
    const since = new Date(START.getTime() + 3_600_000);
    await world.slack.setNow(since);

    expect(await world.channel.reconcile?.(intent, since)).toBe('absent');
    await world.channel.send(intent);
    expect(await world.channel.reconcile?.(intent, since)).toMatchObject({ providerId: world.lastScreen('U0001').id });
  });

  test('a deleted card is gone, an unknown person is gone, a revoked token is a breaker', async () => {
    world = await new World().open();
    const update = { kind: 'card_update' as const, card, handle: { channel: 'C0001', ts: '1.000001' } };
    const codes: string[] = [];
    const attempt = async (content: OutboundContent, chat: string) => {
      const error = await world.send(content, chat).catch((caught: unknown) => caught);
      codes.push(error instanceof ChannelError ? `${error.failure} ${error.code}` : 'sent');
    };

    await attempt(update, 'C0001');
    await attempt({ kind: 'text', text: 'hi' }, 'C9999');
    world.slack.archive('C0001');
    await attempt({ kind: 'text', text: 'hi' }, 'C0001');
    world.slack.setTokenFault('token_revoked');
    await attempt({ kind: 'text', text: 'hi' }, 'U0001');

    expect(codes).toEqual([
      'card_gone message_not_found',
      'target_gone channel_not_found',
      'target_gone is_archived',
      'breaker token_revoked',
    ]);
    expect(await world.channel.check()).toEqual({ ok: false, code: 'token_revoked' });
  });

  test.each(['unsigned', 'wrong_signature', 'wrong_secret', 'stale', 'future', 'altered_body'] as const)(
    'a request that is %s is answered 401',
    async (tampering) => {
      world = await new World().open();
      await world.slack.verifyEventsUrl();
      world.slack.setSigning({ tampering });
      await world.slack.slash('U0001', '/daiban', '待办');

      expect(world.statuses.at(-1)).toBe(401);
      expect(world.heard).toEqual([]);
    },
  );

  test('a form type with a charset and the certificate probe pass', async () => {
    world = await new World().open();
    world.slack.setSigning({ hasFormCharset: true });
    await world.slack.slash('U0001', '/daiban', '待办');

    expect(kinds()).toEqual(['message']);
    expect(await world.slack.sslCheck()).toBe(200);
  });

  test('the most a card can hold passes every check of the look-alike', async () => {
    world = await new World().open();
    const full: Card = {
      ...card,
      title: '标'.repeat(400),
      text: '正文 & <尖括号>\n'.repeat(3000),
      fields: Array.from({ length: 120 }, (_, index) => ({ label: `字段${String(index)}`, value: '<'.repeat(3000) })),
      select: {
        id: 'reason',
        label: '问'.repeat(300),
        options: Array.from({ length: 130 }, (_, index) => ({ id: `o${String(index)}`, text: '选'.repeat(200) })),
      },
      actions: [
        ...Array.from({ length: 40 }, (_, index) => ({ verb: `v${String(index)}`, label: '按'.repeat(120) })),
        { verb: 'open', label: '', url: `https://app.example.com/${'a'.repeat(2976)}` },
        { verb: 'far', label: '远', url: `https://app.example.com/${'a'.repeat(2977)}` },
      ],
    };

    await expect(world.send({ kind: 'card', card: full }, 'U0001')).resolves.toMatchObject({
      providerId: expect.any(String) as string,
    });
  });

  test('by Socket Mode the same things arrive, and a refreshed connection loses nothing', async () => {
    world = await new World().open('socket');
    await world.listen();
    await world.slack.say('U0002', '一');
    await world.slack.slash('U0002', '/daiban', '待办');
    world.slack.disconnectSockets('refresh_requested');
    await expect.poll(() => world.slack.sockets).toBe(0);
    await expect.poll(() => world.slack.sockets).toBe(1);
    await world.slack.say('U0002', '二');
    await expect.poll(() => new Set(world.heard.flatMap((event) => event.deliveryKeys[0])).size).toBe(3);

    expect(kinds().every((kind) => kind === 'message')).toBe(true);
  });
});

// Everything above ran with the scopes and events that docs/slack-manifest.yaml asks for, and with no others.
test('the manifest a company makes its Slack app from has Slack deliver everything to the one address', () => {
  const { settings, features } = slackManifest;
  const addresses = [
    settings.event_subscriptions.request_url,
    settings.interactivity.request_url,
    ...features.slash_commands.map(({ url }) => url),
  ];

  expect(new Set(addresses.map((address) => new URL(address).pathname))).toEqual(new Set(['/channels/slack/events']));
});
