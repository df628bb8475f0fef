/** editMessageText, editMessageCaption, editMessageReplyMarkup, deleteMessage, answerCallbackQuery. */
import { isDeepStrictEqual } from 'node:util';
import type { Fields } from '../../kernel/values.ts';
import type { Args } from '../args.ts';
import { readCaption, readText } from '../content.ts';
import type { TelegramCore } from '../core.ts';
import { readMarkup } from '../keyboards.ts';
import { badRequest, type Chat, type ChatMessage } from '../types.ts';
import type { MethodTable } from './method.ts';

const NOT_MODIFIED =
  'message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message';
const TOO_OLD = 'query is too old and response timeout expired or query ID is invalid';
const DELETE_WITHIN_SECONDS = 48 * 3600;
const MAX_ANSWER = 200;

/** Members an edit may replace. */
const TEXT = ['text', 'entities'];
const CAPTION = ['caption', 'caption_entities'];

interface Target {
  readonly chat: Chat;
  readonly message: ChatMessage;
}

function target(core: TelegramCore, args: Args, missing: string): Target {
  const chat = core.changeableChat(args.text('chat_id'));
  const id = args.text('message_id');
  if (id === undefined || !/^\d+$/.test(id)) throw badRequest('message identifier is not specified');
  const message = chat.messages.get(Number(id));
  if (message === undefined || message.isDeleted) throw badRequest(missing);
  return { chat, message };
}

/** One of the bot's own messages with an inline keyboard or none. @throws TelegramRefusal. */
function editable(core: TelegramCore, args: Args): Target {
  const found = target(core, args, 'message to edit not found');
  if (found.message.fromId !== core.world.botId || found.message.keyboard !== undefined)
    throw badRequest("message can't be edited");
  return found;
}

function newMarkup(chat: Chat, args: Args): Fields | undefined {
  const markup = readMarkup(args.json('reply_markup', 'reply markup'), chat.type);
  if (markup !== undefined && markup.kind !== 'inline') throw badRequest('inline keyboard expected');
  return markup?.markup;
}

/** Puts the change in place; an omitted keyboard is taken away. @throws TelegramRefusal when nothing changes. */
function change(core: TelegramCore, { chat, message }: Target, args: Args, body: Fields): Fields {
  const markup = newMarkup(chat, args);
  if (isDeepStrictEqual(body, message.body) && isDeepStrictEqual(markup, message.markup))
    throw badRequest(NOT_MODIFIED);
  core.countSend(chat);
  if (message.markup !== undefined) message.olderMarkups.push(message.markup);
  message.body = body;
  message.markup = markup;
  message.editDate = core.world.seconds();
  return core.world.messageObject(chat, message);
}

function without(body: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !names.includes(name)));
}

function editText(core: TelegramCore, args: Args): Fields {
  const found = editable(core, args);
  if (found.message.body['text'] === undefined) throw badRequest('there is no text in the message to edit');
  return change(core, found, args, { ...without(found.message.body, TEXT), ...readText(core.world, args) });
}

function editCaption(core: TelegramCore, args: Args): Fields {
  const found = editable(core, args);
  if (found.message.file === undefined) throw badRequest('there is no caption in the message to edit');
  return change(core, found, args, { ...without(found.message.body, CAPTION), ...readCaption(core.world, args) });
}

function editMarkup(core: TelegramCore, args: Args): Fields {
  const found = editable(core, args);
  return change(core, found, args, found.message.body);
}

/** Incoming messages of a private chat at any time, own ones for 48 hours. */
function remove(core: TelegramCore, args: Args): boolean {
  const { message } = target(core, args, 'message to delete not found');
  const isTooOld = core.world.seconds() - message.date > DELETE_WITHIN_SECONDS;
  if (isTooOld) throw badRequest("message can't be deleted");
  message.isDeleted = true;
  return true;
}

function answerCallbackQuery(core: TelegramCore, args: Args): boolean {
  const query = core.queries.get(args.text('callback_query_id') ?? '');
  const now = core.world.clock.now().getTime();
  const isLate = query !== undefined && now - query.pressedAt > core.limits.callbackSeconds * 1000;
  if (query === undefined || query.isAnswered || isLate) throw badRequest(TOO_OLD);
  const text = args.text('text') ?? '';
  if (text.length > MAX_ANSWER) throw badRequest('MESSAGE_TOO_LONG');
  query.isAnswered = true;
  if (text !== '') core.flash(query.userId, text, args.flag('show_alert'));
  return true;
}

const WHERE = ['chat_id', 'message_id', 'inline_message_id', 'business_connection_id', 'reply_markup'];
const result = (run: (core: TelegramCore, args: Args) => unknown) => (core: TelegramCore, args: Args) => ({
  result: run(core, args),
});

/** The rows that change what was sent. */
export const editMethods: MethodTable = {
  editMessageText: {
    known: [...WHERE, 'text', 'parse_mode', 'entities', 'link_preview_options', 'disable_web_page_preview'],
    run: result(editText),
  },
  editMessageCaption: {
    known: [...WHERE, 'caption', 'parse_mode', 'caption_entities', 'show_caption_above_media'],
    run: result(editCaption),
  },
  editMessageReplyMarkup: { known: WHERE, run: result(editMarkup) },
  deleteMessage: { known: ['chat_id', 'message_id'], run: result(remove) },
  answerCallbackQuery: {
    known: ['callback_query_id', 'text', 'show_alert', 'url', 'cache_time'],
    run: result(answerCallbackQuery),
  },
};
