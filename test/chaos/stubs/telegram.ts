/** Telegram's Bot API as far as the chaos runs need it: webhook updates, messages, edits, callback answers, files. */
import { PICTURE, type ApiAnswer, type ApiCall, type Delivery, type Sent, type Stub } from './stub.ts';

const BOT_TOKEN = '7777:chaos-telegram-token-0000000000000';
const SECRET = 'chaos_telegram_secret';

interface SendMessage {
  readonly chat_id: number | string;
  readonly text?: string;
  readonly message_id?: number;
  readonly reply_markup?: { readonly inline_keyboard?: readonly (readonly { readonly callback_data?: string }[])[] };
}

export class TelegramStub implements Stub {
  readonly platform = 'telegram';
  #count = 100;
  #updates = 5_000;

  settings(base: string): Record<string, string> {
    return { TELEGRAM_BOT_TOKEN: BOT_TOKEN, TELEGRAM_WEBHOOK_SECRET: SECRET, TELEGRAM_API_ROOT: base };
  }

  methodOf(path: string): string | undefined {
    if (path.startsWith(`/file/bot${BOT_TOKEN}/`)) return 'download';
    return path.startsWith(`/bot${BOT_TOKEN}/`) ? path.slice(`/bot${BOT_TOKEN}/`.length) : undefined;
  }

  perform(call: ApiCall): ApiAnswer {
    switch (call.method) {
      case 'getMe':
        return ok({ id: 7_777, is_bot: true, first_name: 'chaos', username: 'chaos_bot' });
      case 'getFile':
        return ok({ file_id: 'f', file_unique_id: 'u', file_size: PICTURE.length, file_path: 'photos/a.png' });
      case 'download':
        return { headers: { 'content-type': 'application/octet-stream' }, bytes: PICTURE };
      case 'sendMessage':
        return this.#send(bodyOf(call));
      case 'editMessageText':
        return { ...ok(true), sent: sentOf('editMessageText', bodyOf(call), '') };
      case 'answerCallbackQuery':
      case 'setWebhook':
      case 'deleteWebhook':
        return ok(true);
      default:
        return { status: 404, json: { ok: false, error_code: 404, description: 'Not Found' } };
    }
  }

  busy(seconds: number): ApiAnswer {
    return {
      status: 429,
      json: {
        ok: false,
        error_code: 429,
        description: `Too Many Requests: retry after ${seconds}`,
        parameters: { retry_after: seconds },
      },
    };
  }

  say(person: string, text: string): () => Delivery {
    return this.#update({ message: { ...this.#message(person), text } });
  }

  sendFile(person: string): () => Delivery {
    const size = {
      file_id: `file${this.#updates}`,
      file_unique_id: `u${this.#updates}`,
      file_size: PICTURE.length,
      width: 1,
      height: 1,
    };
    return this.#update({ message: { ...this.#message(person), photo: [size] } });
  }

  /** The person's own phone, as the platform proves it. */
  shareContact(person: string, phone: string): () => Delivery {
    return this.#update({
      message: { ...this.#message(person), contact: { phone_number: phone, first_name: 'x', user_id: Number(person) } },
    });
  }

  tap(person: string, message: Sent, key: string): () => Delivery {
    const id = String(1_000_000 + this.#updates);
    const shown = {
      message_id: Number(message.id),
      date: Math.floor(Date.now() / 1_000),
      chat: { id: Number(person), type: 'private' },
    };
    return this.#update({
      callback_query: {
        id,
        from: { id: Number(person), is_bot: false, first_name: 'x' },
        chat_instance: '1',
        message: shown,
        data: key,
      },
    });
  }

  #message(person: string): Record<string, unknown> {
    this.#count += 1;
    const id = Number(person);
    return {
      message_id: this.#count,
      date: Math.floor(Date.now() / 1_000),
      chat: { id, type: 'private', first_name: 'x' },
      from: { id, is_bot: false, first_name: 'x' },
    };
  }

  #update(content: Readonly<Record<string, unknown>>): () => Delivery {
    this.#updates += 1;
    const body = JSON.stringify({ update_id: this.#updates, ...content });
    const headers = { 'content-type': 'application/json', 'x-telegram-bot-api-secret-token': SECRET };
    return () => ({ path: '/channels/telegram/webhook', method: 'POST', headers, body });
  }

  #send(message: SendMessage): ApiAnswer {
    this.#count += 1;
    const id = this.#count;
    const result = {
      message_id: id,
      date: Math.floor(Date.now() / 1_000),
      chat: { id: Number(message.chat_id), type: 'private' },
      text: message.text,
    };
    return { ...ok(result), sent: sentOf('sendMessage', message, String(id)) };
  }
}

function sentOf(method: string, message: SendMessage, id: string): Sent {
  const buttons = (message.reply_markup?.inline_keyboard ?? []).flatMap((row) =>
    row.flatMap((button) => (button.callback_data === undefined ? [] : [button.callback_data])),
  );
  return {
    platform: 'telegram',
    method,
    chat: String(message.chat_id),
    text: message.text ?? '',
    id,
    buttons,
    handle: {},
    isDropped: false,
  };
}

function bodyOf(call: ApiCall): SendMessage {
  return JSON.parse(call.body.toString()) as SendMessage;
}

function ok(result: unknown): ApiAnswer {
  return { json: { ok: true, result } };
}
