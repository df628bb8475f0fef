/** WeCom as far as the chaos runs need it [doc 90236, 90240, 94888]: tokens, messages with duplicate check, cards, media. */
import { randomBytes } from 'node:crypto';
import { encrypt, getSignature } from '@wecom/crypto';
import { PICTURE, type ApiAnswer, type ApiCall, type Delivery, type Sent, type Stub } from './stub.ts';

const CORP = 'ww0chaos0chaos0000';
const AGENT = '1000002';
const TOKEN = 'chaostoken';
const AES_KEY = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ';

interface Message {
  readonly touser: string;
  readonly msgtype: string;
  readonly text?: { readonly content: string };
  readonly template_card?: Card;
  readonly enable_duplicate_check?: number;
  readonly duplicate_check_interval?: number;
}

interface Card {
  readonly card_type: string;
  readonly task_id?: string;
  readonly main_title?: { readonly title?: string; readonly desc?: string };
  readonly button_list?: readonly { readonly key?: string }[];
}

export class WecomStub implements Stub {
  readonly platform = 'wecom';
  /** When each content was last delivered, in the platform's own time. */
  readonly #seen = new Map<string, number>();
  #aheadMs = 0;
  readonly #codes = new Set<string>();
  #count = 0;
  #incoming = 0;

  settings(base: string): Record<string, string> {
    return {
      WECOM_CORP_ID: CORP,
      WECOM_AGENT_ID: AGENT,
      WECOM_SECRET: 'chaos-wecom-secret',
      WECOM_TOKEN: TOKEN,
      WECOM_ENCODING_AES_KEY: AES_KEY,
      WECOM_API_BASE: base,
    };
  }

  methodOf(path: string): string | undefined {
    return path.startsWith('/cgi-bin/') ? path.slice('/cgi-bin/'.length) : undefined;
  }

  perform(call: ApiCall): ApiAnswer {
    switch (call.method) {
      case 'gettoken':
        return ok({ access_token: 'chaos-access-token', expires_in: 7_200 });
      case 'message/send':
        return this.#send(JSON.parse(call.body.toString()) as Message);
      case 'message/update_template_card':
        return this.#update(
          JSON.parse(call.body.toString()) as { response_code: string; userids: string[]; template_card: Card },
        );
      case 'media/get':
        return {
          headers: { 'content-type': 'image/png', 'content-disposition': 'attachment; filename="a.png"' },
          bytes: PICTURE,
        };
      default:
        return { json: { errcode: 40_066, errmsg: `no such method ${call.method}` } };
    }
  }

  /** The platform lives in the same time as the business. */
  advance(ms: number): void {
    this.#aheadMs += ms;
  }

  busy(): ApiAnswer {
    return { json: { errcode: 45_033, errmsg: 'api concurrent out of limit' } };
  }

  say(person: string, text: string): () => Delivery {
    return this.#push(
      person,
      `<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[${text}]]></Content><MsgId>${this.#nextId()}</MsgId>`,
    );
  }

  sendFile(person: string): () => Delivery {
    return this.#push(
      person,
      `<MsgType><![CDATA[image]]></MsgType><PicUrl><![CDATA[]]></PicUrl><MediaId><![CDATA[media${this.#incoming}]]></MediaId><MsgId>${this.#nextId()}</MsgId>`,
    );
  }

  tap(person: string, message: Sent, key: string): () => Delivery {
    this.#incoming += 1;
    const code = `tap${this.#incoming}-${randomBytes(6).toString('hex')}`;
    this.#codes.add(code);
    return this.#push(
      person,
      `<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[template_card_event]]></Event><EventKey><![CDATA[${key}]]></EventKey>` +
        `<TaskId><![CDATA[${message.handle['taskId'] ?? ''}]]></TaskId><CardType><![CDATA[button_interaction]]></CardType><ResponseCode><![CDATA[${code}]]></ResponseCode>`,
    );
  }

  #nextId(): string {
    this.#incoming += 1;
    return String(7_000_000_000_000_000 + this.#incoming);
  }

  #push(person: string, inner: string): () => Delivery {
    const seconds = Math.floor(Date.now() / 1_000);
    const xml = `<xml><ToUserName><![CDATA[${CORP}]]></ToUserName><FromUserName><![CDATA[${person}]]></FromUserName><CreateTime>${seconds}</CreateTime>${inner}<AgentID>${AGENT}</AgentID></xml>`;
    return () => {
      const stamp = String(Math.floor(Date.now() / 1_000));
      const nonce = randomBytes(8).toString('hex');
      const cipher = encrypt(AES_KEY, xml, CORP);
      const signature = getSignature(TOKEN, stamp, nonce, cipher);
      const query = new URLSearchParams({ msg_signature: signature, timestamp: stamp, nonce });
      return {
        path: `/channels/wecom/callback?${query.toString()}`,
        method: 'POST',
        headers: { 'content-type': 'text/xml' },
        body: `<xml><ToUserName><![CDATA[${CORP}]]></ToUserName><AgentID><![CDATA[${AGENT}]]></AgentID><Encrypt><![CDATA[${cipher}]]></Encrypt></xml>`,
      };
    };
  }

  #send(message: Message): ApiAnswer {
    const { touser, ...rest } = message;
    // The documented check: the same content to the same people within the interval is not delivered again, and no error.
    const key = JSON.stringify([touser, rest]);
    const now = Date.now() + this.#aheadMs;
    const isDropped =
      message.enable_duplicate_check === 1 &&
      now - (this.#seen.get(key) ?? -Infinity) < (message.duplicate_check_interval ?? 1_800) * 1_000;
    if (!isDropped) this.#seen.set(key, now);
    this.#count += 1;
    const id = `wm${this.#count}`;
    const card = message.template_card;
    const responseCode = `rc${this.#count}`;
    if (card?.card_type === 'button_interaction') this.#codes.add(responseCode);
    const sent: Sent = {
      platform: 'wecom',
      method: 'message/send',
      chat: touser,
      text: message.text?.content ?? [card?.main_title?.title, card?.main_title?.desc].join('\n'),
      id,
      buttons: (card?.button_list ?? []).flatMap((button) => (button.key === undefined ? [] : [button.key])),
      handle: { taskId: card?.task_id ?? '' },
      isDropped,
    };
    return { ...ok({ msgid: id, ...(card && !isDropped ? { response_code: responseCode } : {}) }), sent };
  }

  #update(request: { response_code: string; userids: string[]; template_card: Card }): ApiAnswer {
    if (!this.#codes.delete(request.response_code))
      return { json: { errcode: 60_140, errmsg: 'invalid response_code' } };
    const [chat = ''] = request.userids;
    const text = request.template_card.main_title?.title ?? '';
    return {
      ...ok({}),
      sent: { platform: 'wecom', method: 'update', chat, text, id: '', buttons: [], handle: {}, isDropped: false },
    };
  }
}

function ok(fields: Readonly<Record<string, unknown>>): ApiAnswer {
  return { json: { errcode: 0, errmsg: 'ok', ...fields } };
}
