/* oxlint-disable unicorn/require-post-message-target-origin -- chat.postMessage is Slack's, not the window's */
/** The Slack look-alike against Slack's own client and framework, which nobody here wrote. */
import { createServer, type Server } from 'node:http';
import { App, type BlockAction, ExpressReceiver, LogLevel, SocketModeReceiver } from '@slack/bolt';
import { WebClient } from '@slack/web-api';
import express from 'express';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fieldsOf, listOf } from '../../src/sandbox/kernel/values.ts';
import { after, APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, type Stage, stage } from '../unit/sandbox/slack/support.ts';
import { listen, shut } from '../support/loopback.ts';

const silent = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  setLevel() {},
  getLevel: () => LogLevel.ERROR,
  setName() {},
};

function clientFor(base: string): WebClient {
  return new WebClient(BOT_TOKEN, {
    slackApiUrl: `${base}/api/`,
    logger: silent,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
  });
}

describe('@slack/web-api against the look-alike', () => {
  let s: Stage;
  let client: WebClient;
  beforeEach(async () => {
    s = await stage({ limits: { channelBurst: 3 } });
    client = clientFor(s.base);
  });
  afterEach(() => s.close());

  test('WebClient posts, updates, finds by metadata and deletes', async () => {
    const posted = await client.chat.postMessage({
      channel: 'U0LIN',
      text: '审批',
      blocks: [{ type: 'section', text: { type: 'mrkdwn', text: '*A1087*' } }],
      metadata: { event_type: 'outbox', event_payload: { id: 'ob-7' } },
    });
    const place = { channel: posted.channel ?? '', ts: posted.ts ?? '' };
    await client.chat.update({ ...place, text: '已批', blocks: [] });
    const history = await client.conversations.history({ channel: place.channel, include_all_metadata: true });
    const gone = await client.chat.delete(place);

    expect(history.messages).toMatchObject([
      { ts: place.ts, text: '已批', metadata: { event_payload: { id: 'ob-7' } } },
    ]);
    expect(gone.ok).toBe(true);
  });

  test('WebClient meets platform errors as WebAPIPlatformError', async () => {
    await expect(client.chat.postMessage({ channel: 'C0NONE', text: 'x' })).rejects.toMatchObject({
      code: 'slack_webapi_platform_error',
      data: { error: 'channel_not_found' },
    });
  });

  test('WebClient reads the wait out of a 429', async () => {
    const post = () => client.chat.postMessage({ channel: 'U0LIN', text: 'x' });
    await post();
    await post();
    await post();

    await expect(post()).rejects.toMatchObject({ code: 'slack_webapi_rate_limited_error', retryAfter: 1 });
  });

  test('WebClient pages through members and looks people up', async () => {
    const ids: string[] = [];
    for await (const page of client.paginate('users.list', { limit: 2 })) {
      ids.push(...listOf(fieldsOf(page)['members']).map((one) => String(fieldsOf(one)['id'])));
    }
    const found = await client.users.lookupByEmail({ email: 'lin@example.com' });

    expect(ids).toEqual(['U0BOT', 'U0LIN', 'U0ZHAO', 'U0GONE']);
    expect(found.user?.id).toBe('U0LIN');
  });

  test('filesUploadV2 puts a file into the direct message', async () => {
    const { channel } = await client.conversations.open({ users: 'U0LIN' });
    await client.filesUploadV2({
      channel_id: channel?.id ?? '',
      file: Buffer.from('%PDF-1.7'),
      filename: 'plan.pdf',
      title: '计划',
    });

    expect(s.slack.screen('U0LIN').messages).toMatchObject([
      { file: { name: 'plan.pdf', mime: 'application/pdf', size: 8 } },
    ]);
  });
});

describe('Bolt over HTTP against the look-alike', () => {
  let s: Stage;
  let server: Server;
  let app: App;
  beforeEach(async () => {
    const web = express();
    server = createServer(web);
    const url = await listen(server);
    s = await stage({ eventsUrl: `${url}/slack/events` });
    const receiver = new ExpressReceiver({
      signingSecret: SIGNING_SECRET,
      app: web,
      endpoints: '/slack/events',
      processBeforeResponse: true,
      logger: silent,
    });
    app = new App({
      receiver,
      token: BOT_TOKEN,
      botId: 'B0BOT',
      botUserId: 'U0BOT',
      convoStore: false,
      logger: silent,
      clientOptions: { slackApiUrl: `${s.base}/api/`, retryConfig: { retries: 0 } },
    });
  });
  afterEach(async () => {
    await s.close();
    await shut(server);
  });

  const shown = () =>
    s.slack
      .screen('U0LIN')
      .messages.filter(({ from }) => from === 'bot')
      .map(({ text }) => text);

  test("Bolt's own receiver passes the handshake, verifies signatures and answers in the talk", async () => {
    app.message('你好', async ({ say }) => void (await say('您好')));

    expect(await s.slack.verifyEventsUrl()).toBe(true);
    await s.slack.say('U0LIN', '你好');
    await s.slack.idle();

    expect(shown()).toEqual(['您好']);
  });

  test.each(['wrong_signature', 'wrong_secret', 'stale', 'altered_body', 'unsigned'] as const)(
    'Bolt refuses a request that is %s',
    async (tampering) => {
      let heard = 0;
      app.message(async () => void (heard += 1));
      await s.slack.verifyEventsUrl();
      s.slack.setSigning({ tampering });
      await s.slack.say('U0LIN', 'x');

      expect(heard).toBe(0);
      expect(s.slack.journal.filter(({ what }) => what === 'message').map(({ error }) => error)).toEqual([
        'http_error',
        'http_error',
      ]);
    },
  );

  test('a listener that throws is answered 500 and gets the event again', async () => {
    let tries = 0;
    app.message(async () => {
      tries += 1;
      if (tries < 3) throw new Error('down');
    });
    await s.slack.say('U0LIN', 'x');
    await s.slack.setNow(after(60));
    await s.slack.setNow(after(1000));

    expect(tries).toBe(3);
  });

  test('a button press reaches app.action, which acks, updates the card and responds to the presser', async () => {
    app.action('approve', async ({ ack, body, client, respond }) => {
      await ack();
      const { channel, message } = body as BlockAction;
      await client.chat.update({ channel: channel?.id ?? '', ts: message?.ts ?? '', text: '已批', blocks: [] });
      await respond('您已批准');
    });
    const { ts } = await app.client.chat.postMessage({
      channel: 'U0LIN',
      text: '待批',
      blocks: [
        {
          type: 'actions',
          elements: [{ type: 'button', action_id: 'approve', value: '1', text: { type: 'plain_text', text: '同意' } }],
        },
      ],
    });
    await s.slack.tap('U0LIN', ts ?? '', 'approve');

    expect(shown()).toEqual(['已批']);
    expect(s.slack.screen('U0LIN').toasts.map(({ text }) => text)).toEqual(['您已批准']);
  });

  test('a command opens a modal whose errors and success go through ack', async () => {
    app.command('/reject', async ({ ack, client, command }) => {
      await ack();
      await client.views.open({
        trigger_id: command.trigger_id,
        view: {
          type: 'modal',
          callback_id: 'reason',
          title: { type: 'plain_text', text: '原因' },
          submit: { type: 'plain_text', text: '提交' },
          blocks: [
            {
              type: 'input',
              block_id: 'why',
              label: { type: 'plain_text', text: '原因' },
              element: { type: 'plain_text_input', action_id: 'text' },
            },
          ],
        },
      });
    });
    app.view('reason', async ({ ack, view }) => {
      const text = view.state.values['why']?.['text']?.value ?? '';
      await (text.length < 3 ? ack({ response_action: 'errors', errors: { why: '太短' } }) : ack());
    });
    await s.slack.slash('U0LIN', '/reject', '');
    const open = () => s.slack.screen('U0LIN').messages.find(({ id }) => id.startsWith('view:'))?.id;

    await s.slack.tap('U0LIN', open() ?? '', 'submit', { 'why/text': '短' });
    expect(s.slack.screen('U0LIN').messages.at(-1)?.card?.selects[0]?.error).toBe('太短');
    await s.slack.tap('U0LIN', open() ?? '', 'submit', { 'why/text': '流水不足六个月' });
    expect(open()).toBeUndefined();
  });

  test('an action nobody listens to shows dispatch_failed', async () => {
    const quick = new ExpressReceiver({
      signingSecret: SIGNING_SECRET,
      unhandledRequestTimeoutMillis: 20,
      logger: silent,
    });
    const lonely = createServer(quick.app);
    const other = await stage({ eventsUrl: `${await listen(lonely)}/slack/events` });
    void new App({
      receiver: quick,
      token: BOT_TOKEN,
      botId: 'B0BOT',
      botUserId: 'U0BOT',
      convoStore: false,
      logger: silent,
      clientOptions: { slackApiUrl: `${other.base}/api/` },
    });
    const { ts } = await other.call('chat.postMessage', {
      channel: 'U0LIN',
      text: 'x',
      blocks: [
        {
          type: 'actions',
          elements: [{ type: 'button', action_id: 'nobody', text: { type: 'plain_text', text: 'x' } }],
        },
      ],
    });
    await other.slack.tap('U0LIN', String(ts), 'nobody');
    const toasts = other.slack.screen('U0LIN').toasts;
    await other.close();
    await shut(lonely);

    expect(toasts.map(({ text }) => text)).toEqual(['dispatch_failed']);
  });
});

describe('Bolt in Socket Mode against the look-alike', () => {
  test('Bolt connects, answers a message, a press and a command, and reconnects after a refresh', async () => {
    const s = await stage();
    const clientOptions = { slackApiUrl: `${s.base}/api/` };
    // The client waits one ping time-out before it connects again.
    const receiver = new SocketModeReceiver({
      appToken: APP_TOKEN,
      clientPingTimeout: 200,
      logger: silent,
      installerOptions: { clientOptions },
    });
    const app = new App({
      receiver,
      token: BOT_TOKEN,
      botId: 'B0BOT',
      botUserId: 'U0BOT',
      convoStore: false,
      logger: silent,
      clientOptions,
    });
    app.message('你好', async ({ say }) => {
      await say({
        text: '卡',
        blocks: [
          {
            type: 'actions',
            elements: [{ type: 'button', action_id: 'go', text: { type: 'plain_text', text: '走' } }],
          },
        ],
      });
    });
    app.action('go', async ({ ack, respond }) => {
      await ack();
      await respond('走了');
    });
    app.command('/daiban', async ({ ack }) => ack('收到'));
    await app.start();
    try {
      await s.slack.say('U0LIN', '你好');
      const card = await until(() => s.slack.screen('U0LIN').messages.find(({ from }) => from === 'bot'));
      await s.slack.tap('U0LIN', card.id, 'go');
      await s.slack.slash('U0LIN', '/daiban', 'x');
      await until(() => (s.slack.screen('U0LIN').toasts.length === 2 ? true : undefined));
      s.slack.disconnectSockets('refresh_requested');
      await until(() => (s.slack.sockets === 0 ? true : undefined));
      await until(() => (s.slack.sockets === 1 ? true : undefined));
      await s.slack.slash('U0LIN', '/daiban', 'x');

      expect(
        s.slack
          .screen('U0LIN')
          .toasts.map(({ text }) => text)
          .toSorted(),
      ).toEqual(['收到', '收到', '走了']);
    } finally {
      await app.stop();
      await s.close();
    }
  });
});

/** Waits for the client's own timing, which is not ours to set; gives up with the test's time limit. */
async function until<T>(look: () => T | undefined): Promise<T> {
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}
