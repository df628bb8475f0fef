/** Slack as far as the chaos runs need it: signed requests, posts with metadata, updates, history for reconciliation. */
import { createHmac } from 'node:crypto';
import { PICTURE, type ApiAnswer, type ApiCall, type Delivery, type Sent, type Stub } from './stub.ts';

const SIGNING_SECRET = 'chaos-slack-signing-secret';
const BOT = 'U0BOT';
const APP = 'A0CHAOS';
const TEAM = 'T0CHAOS';

interface Block {
  readonly elements?: readonly { readonly type?: string; readonly value?: string; readonly action_id?: string }[];
}

interface Post {
  readonly ts: string;
  readonly channel: string;
  readonly metadata: unknown;
}

export class SlackStub implements Stub {
  readonly platform = 'slack';
  readonly #posts: Post[] = [];
  #count = 0;
  #incoming = 0;

  settings(base: string): Record<string, string> {
    return {
      SLACK_BOT_TOKEN: 'xoxb-chaos-bot-token',
      SLACK_SIGNING_SECRET: SIGNING_SECRET,
      SLACK_API_URL: `${base}/slack/api/`,
    };
  }

  methodOf(path: string): string | undefined {
    return path.startsWith('/slack/api/') ? path.slice('/slack/api/'.length) : undefined;
  }

  perform(call: ApiCall): ApiAnswer {
    const args = argumentsOf(call);
    switch (call.method) {
      case 'auth.test':
        return { json: { ok: true, user_id: BOT, team_id: TEAM, team: 'chaos', user: 'bot', bot_id: 'B0CHAOS' } };
      case 'conversations.open':
        return { json: { ok: true, channel: { id: directOf(text(args['users'])) } } };
      case 'conversations.history':
        return {
          json: {
            ok: true,
            messages: this.#posts.filter(({ channel }) => channel === text(args['channel'])),
            response_metadata: {},
          },
        };
      case 'chat.postMessage':
        return this.#post(args);
      case 'chat.update':
        return {
          json: { ok: true, channel: text(args['channel']), ts: text(args['ts']) },
          sent: this.#sent('chat.update', args, ''),
        };
      case 'chat.postEphemeral':
        return { json: { ok: true, message_ts: this.#stamp() }, sent: this.#sent('chat.postEphemeral', args, '') };
      case 'files.info':
        return {
          json: {
            ok: true,
            file: { id: text(args['file']), url_private: '', size: PICTURE.length, mimetype: 'image/png' },
          },
        };
      default:
        return { json: { ok: false, error: 'unknown_method' } };
    }
  }

  busy(seconds: number): ApiAnswer {
    return { status: 429, headers: { 'retry-after': String(seconds) }, json: { ok: false, error: 'ratelimited' } };
  }

  say(person: string, said: string): () => Delivery {
    this.#incoming += 1;
    const ts = this.#stamp();
    const event = {
      type: 'message',
      channel: directOf(person),
      channel_type: 'im',
      user: person,
      text: said,
      ts,
      event_ts: ts,
    };
    const body = JSON.stringify({
      type: 'event_callback',
      event_id: `Ev${this.#incoming}`,
      event_time: Number(ts.split('.')[0]),
      team_id: TEAM,
      api_app_id: APP,
      authorizations: [{ user_id: BOT, is_bot: true }],
      event,
    });
    return () => signed('application/json', body);
  }

  sendFile(person: string): () => Delivery {
    return this.say(person, 'a file');
  }

  tap(person: string, message: Sent, key: string): () => Delivery {
    this.#incoming += 1;
    const payload = {
      type: 'block_actions',
      api_app_id: APP,
      team: { id: TEAM },
      user: { id: person },
      channel: { id: message.handle['channel'] },
      container: { type: 'message', message_ts: message.id, channel_id: message.handle['channel'] },
      message: { ts: message.id },
      trigger_id: `${this.#incoming}.trigger`,
      response_url: 'https://127.0.0.1/unused',
      actions: [
        { type: 'button', action_id: key.split(':')[2] ?? key, block_id: 'b', value: key, action_ts: this.#stamp() },
      ],
    };
    const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
    return () => signed('application/x-www-form-urlencoded', body);
  }

  #post(args: Readonly<Record<string, unknown>>): ApiAnswer {
    const ts = this.#stamp();
    const channel = directOf(text(args['channel']));
    this.#posts.push({ ts, channel, metadata: parsed(args['metadata']) });
    return {
      json: { ok: true, channel, ts, message: { ts } },
      sent: { ...this.#sent('chat.postMessage', args, ts), chat: personOf(channel), handle: { channel } },
    };
  }

  #sent(method: string, args: Readonly<Record<string, unknown>>, id: string): Sent {
    const blocks = (parsed(args['blocks']) ?? []) as readonly Block[];
    const buttons = blocks.flatMap((block) =>
      (block.elements ?? []).flatMap((element) =>
        element.type === 'button' && element.value !== undefined ? [element.value] : [],
      ),
    );
    return {
      platform: 'slack',
      method,
      chat: text(args['channel']),
      text: text(args['text']),
      id,
      buttons,
      handle: {},
      isDropped: false,
    };
  }

  #stamp(): string {
    this.#count += 1;
    return `${Math.floor(Date.now() / 1_000)}.${String(this.#count).padStart(6, '0')}`;
  }
}

function signed(contentType: string, body: string): Delivery {
  const stamp = String(Math.floor(Date.now() / 1_000));
  const signature = `v0=${createHmac('sha256', SIGNING_SECRET).update(`v0:${stamp}:${body}`).digest('hex')}`;
  return {
    path: '/channels/slack/events',
    method: 'POST',
    headers: { 'content-type': contentType, 'x-slack-request-timestamp': stamp, 'x-slack-signature': signature },
    body,
  };
}

function directOf(person: string): string {
  return person.startsWith('U') ? `D${person.slice(1)}` : person;
}

/** Whose direct channel it is: a post to it stands on the same phone as one to the person. */
function personOf(channel: string): string {
  return channel.startsWith('D') ? `U${channel.slice(1)}` : channel;
}

function argumentsOf(call: ApiCall): Readonly<Record<string, unknown>> {
  if ((call.headers['content-type'] ?? '').startsWith('application/json'))
    return JSON.parse(call.body.toString()) as Record<string, unknown>;
  return Object.fromEntries(new URLSearchParams(call.body.toString()));
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function parsed(value: unknown): unknown {
  return typeof value === 'string' ? JSON.parse(value) : value;
}
