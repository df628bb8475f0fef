/**
 * The webhook edge and the one place where updates pass through telegraf. telegraf's own webhook answers 200 even when a
 * handler failed; here its listeners only collect, and the caller answers after the commit.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Telegraf } from 'telegraf';
import type { Secret } from '../../lib/secret.ts';
import type { InboundEvent, RawRequest, Received, Refused } from '../channel.ts';
import type { Learned } from '../learned.ts';
import {
  isGroupTalk,
  isUpdate,
  readCallbackQuery,
  readEditedMessage,
  readMembership,
  readMessage,
  silentQuery,
  unknownUpdate,
  type ReadUpdate,
  type UpdateScope,
} from './updates.ts';

/** Telegram's updates stay far below; more is refused unread. */
const MAX_BODY_BYTES = 1_048_576;

/** An update with what it means. */
interface Interpreted {
  readonly event: InboundEvent;
  /** A callback query to be answered without words once the event is committed, so that its button stops spinning. */
  readonly silentQuery: string | undefined;
}

/** Dispatches one update through telegraf and says what it means; `now` dates updates without a time. */
export type Interpret = (update: { readonly update_id: number }, now: Date) => Promise<Interpreted>;

interface Delivery {
  readonly scope: UpdateScope;
  event: InboundEvent | undefined;
}

/** Whose updates they are; `name` is the bot's user name. */
interface Owner {
  readonly account: string;
  readonly botId: number;
  readonly name: Learned<string>;
}

/** Registers the collecting listeners on `bot`; the result dispatches one update through them. */
export function createInterpreter(bot: Telegraf, { account, botId, name }: Owner): Interpret {
  const open = new WeakMap<object, Delivery>();
  const collect =
    (read: ReadUpdate) =>
    (ctx: { readonly update: object }): void => {
      const delivery = open.get(ctx.update);
      if (delivery) delivery.event = read(ctx.update, delivery.scope);
    };
  bot.on('message', collect(readMessage));
  bot.on('edited_message', collect(readEditedMessage));
  bot.on('callback_query', collect(readCallbackQuery));
  bot.on('my_chat_member', collect(readMembership));
  return async (update, now) => {
    const self = { id: botId, name: isGroupTalk(update) ? await name.get(now) : undefined };
    const delivery: Delivery = { scope: { account, self, now }, event: undefined };
    open.set(update, delivery);
    await bot.handleUpdate(update as Parameters<Telegraf['handleUpdate']>[0]);
    return { event: delivery.event ?? unknownUpdate(update, delivery.scope), silentQuery: silentQuery(update) };
  };
}

/** What the webhook edge needs. */
export interface ReceiveDeps {
  readonly interpret: Interpret;
  /** Answers a callback query without words; must not throw. */
  readonly hush: (queryId: string) => void;
  readonly webhookSecret: Secret | undefined;
}

/** The HTTP edge. Without a webhook secret every request is refused: nothing would prove that it is Telegram's. */
export function createReceive(deps: ReceiveDeps): (request: RawRequest, now: Date) => Promise<Received | Refused> {
  return async (request, now) => {
    if (request.method !== 'POST') return refuse(405, 'method_not_allowed');
    if (!isAuthentic(request, deps.webhookSecret)) return refuse(401, 'bad_secret');
    if (request.body.length > MAX_BODY_BYTES) return refuse(413, 'body_too_large');
    const update = parseJson(request.body);
    if (!isUpdate(update)) return refuse(400, 'bad_body');
    const { event, silentQuery } = await deps.interpret(update, now);
    return {
      events: [event],
      interactive: false,
      // An empty body: Telegram would execute one that names a method.
      answer: () => {
        if (silentQuery !== undefined) deps.hush(silentQuery);
        return { status: 200 };
      },
    };
  };
}

/** Digests are compared, so that neither length nor content shows in the time it takes. */
function isAuthentic(request: RawRequest, secret: Secret | undefined): boolean {
  const given = request.headers['x-telegram-bot-api-secret-token'];
  if (secret === undefined || secret.reveal() === '' || typeof given !== 'string') return false;
  return timingSafeEqual(digest(given), digest(secret.reveal()));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

function refuse(status: number, reason: string): Refused {
  return { refused: true, status, reason };
}
