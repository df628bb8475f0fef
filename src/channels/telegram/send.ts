/** One outbound intent as Bot API calls. Telegram has no idempotency key and no search: a lost answer stays `unknown`. */
import { z } from 'zod';
import { ChannelError, type OutboundContent, type OutboundIntent, type Place, type Receipt } from '../channel.ts';
import type { Card } from '../card.ts';
import { cutText, splitText } from '../text.ts';
import type { TelegramApi } from './bot.ts';
import { cardHtml, cardKeyboard, escapeHtml, MAX_CAPTION, MAX_TEXT, replyMarkup } from './render.ts';

const ONCE = { repeatable: false } as const;
const REPEATABLE = { repeatable: true } as const;
const UPLOAD_TIMEOUT_MS = 60_000;
const MAX_PHOTO_BYTES = 10 * 2 ** 20;
const MAX_FILE_BYTES = 50 * 2 ** 20;
/** Characters of a callback answer. */
const MAX_TOAST = 200;
const PHOTO_TYPES = new Set(['image/jpeg', 'image/png']);

const sentMessage = z.looseObject({ message_id: z.int(), chat: z.looseObject({ id: z.int() }) });
const anyAnswer = z.unknown();

type Of<K extends OutboundContent['kind']> = Extract<OutboundContent, { kind: K }>;

/** @throws ChannelError */
export async function sendIntent(api: TelegramApi, intent: OutboundIntent): Promise<Receipt> {
  const { content, to } = intent;
  if (content.kind === 'text') return sendText(api, to, content);
  if (content.kind === 'card') return sendCard(api, to, content.card);
  if (content.kind === 'card_update') return updateCard(api, content);
  if (content.kind === 'tap_answer') return answerTap(api, content);
  return sendFile(api, to, content);
}

async function sendText(api: TelegramApi, to: Place, content: Of<'text'>): Promise<Receipt> {
  const parts = splitText(content.text, MAX_TEXT);
  const markup = replyMarkup({
    choices: content.choices ?? [],
    // Telegram lets a bot ask for the phone in private chats only, and refuses the message otherwise.
    requestContact: isGroup(to) ? undefined : content.requestContact,
  });
  let receipt: Receipt = {};
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1;
    try {
      receipt = await sendHtml(api, to, { html: escapeHtml(part), markup: isLast ? markup : undefined });
    } catch (error) {
      // The beginning has arrived: sending again from the start would repeat it.
      if (index > 0) throw new ChannelError('unknown', 'partly_sent', { cause: error });
      throw error;
    }
  }
  return receipt;
}

function sendCard(api: TelegramApi, to: Place, card: Card): Promise<Receipt> {
  return sendHtml(api, to, { html: cardHtml(card), markup: inline(card) });
}

async function sendHtml(
  api: TelegramApi,
  to: Place,
  message: { html: string; markup: Readonly<Record<string, unknown>> | undefined },
): Promise<Receipt> {
  const payload = {
    ...target(to),
    ...htmlText(message.html),
    ...(message.markup ? { reply_markup: message.markup } : {}),
  };
  return receiptOf(await api.call('sendMessage', payload, { shape: sentMessage, kind: ONCE }));
}

/** Leaving `reply_markup` out removes the keyboard, which is what a closed card wants. */
async function updateCard(api: TelegramApi, content: Of<'card_update'>): Promise<Receipt> {
  const { chat, message } = content.handle;
  if (chat === undefined || message === undefined) throw new ChannelError('card_gone', 'no_handle');
  const markup = inline(content.card);
  const payload = {
    chat_id: chat,
    message_id: Number(message),
    ...htmlText(cardHtml(content.card)),
    ...(markup ? { reply_markup: markup } : {}),
  };
  await tolerate('not_modified', api.call('editMessageText', payload, { shape: anyAnswer, kind: REPEATABLE }));
  return { providerId: message, handle: { chat, message } };
}

/** Telegram forgets a query after some seconds; the button has stopped spinning by then, so that is no failure. */
async function answerTap(api: TelegramApi, content: Of<'tap_answer'>): Promise<Receipt> {
  const { query } = content.tap;
  if (query === undefined) throw new ChannelError('our_fault', 'no_handle');
  const payload = { callback_query_id: query, text: cutText(content.text, MAX_TOAST), show_alert: content.alert };
  await tolerate('query_too_old', api.call('answerCallbackQuery', payload, { shape: anyAnswer, kind: REPEATABLE }));
  return {};
}

/** A picture Telegram does not take as a photo goes as a document: the refusal proves that nothing was sent. */
async function sendFile(api: TelegramApi, to: Place, content: Of<'file'>): Promise<Receipt> {
  if (content.bytes.length === 0) throw new ChannelError('our_fault', 'empty_file');
  if (content.bytes.length > MAX_FILE_BYTES) throw new ChannelError('our_fault', 'too_big');
  const asPhoto = PHOTO_TYPES.has(content.mime) && content.bytes.length <= MAX_PHOTO_BYTES;
  if (!asPhoto) return upload(api, to, content, 'document');
  return upload(api, to, content, 'photo').catch((error: unknown) => {
    if (error instanceof ChannelError && error.code === 'bad_photo') return upload(api, to, content, 'document');
    throw error;
  });
}

/** Fence 7: in a multipart call telegraf drops option objects, so everything beside the file is text or number. */
async function upload(api: TelegramApi, to: Place, content: Of<'file'>, as: 'photo' | 'document'): Promise<Receipt> {
  const payload = {
    ...target(to),
    // telegraf writes the name into a header as it is.
    [as]: { source: content.bytes, filename: content.name.replace(/[\r\n"\\/]/g, '_') },
    ...(content.caption ? { caption: escapeHtml(cutText(content.caption, MAX_CAPTION)), parse_mode: 'HTML' } : {}),
  };
  const method = as === 'photo' ? 'sendPhoto' : 'sendDocument';
  return receiptOf(await api.call(method, payload, { shape: sentMessage, kind: ONCE, timeoutMs: UPLOAD_TIMEOUT_MS }));
}

function receiptOf(sent: z.infer<typeof sentMessage>): Receipt {
  const message = String(sent.message_id);
  return { providerId: message, handle: { chat: String(sent.chat.id), message } };
}

/** Ids of groups are negative. */
function isGroup(to: Place): boolean {
  return to.chat.startsWith('-');
}

function target(to: Place): Readonly<Record<string, unknown>> {
  return { chat_id: to.chat, ...(to.thread === undefined ? {} : { message_thread_id: Number(to.thread) }) };
}

function htmlText(html: string): Readonly<Record<string, unknown>> {
  return { text: html, parse_mode: 'HTML', link_preview_options: { is_disabled: true } };
}

function inline(card: Card): Readonly<Record<string, unknown>> | undefined {
  const keyboard = cardKeyboard(card);
  return keyboard && { inline_keyboard: keyboard };
}

async function tolerate(code: string, call: Promise<unknown>): Promise<void> {
  await call.catch((error: unknown) => {
    if (!(error instanceof ChannelError) || error.code !== code) throw error;
  });
}
