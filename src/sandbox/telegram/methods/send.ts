/** sendMessage, sendPhoto, sendDocument, sendVoice, sendChatAction. */
import type { Fields } from '../../kernel/values.ts';
import { fieldsOf, textOf } from '../../kernel/values.ts';
import type { Args } from '../args.ts';
import { readCaption, readText } from '../content.ts';
import type { TelegramCore } from '../core.ts';
import { FILE_MEMBERS } from '../files.ts';
import { type Markup, readMarkup } from '../keyboards.ts';
import { badRequest, type Chat, type StoredFile, TelegramRefusal } from '../types.ts';
import type { MethodTable } from './method.ts';

const MAX_PHOTO = 10 * 2 ** 20;
const MAX_FILE = 50 * 2 ** 20;
const ACTIONS = [
  'typing',
  'upload_photo',
  'record_video',
  'upload_video',
  'record_voice',
  'upload_voice',
  'upload_document',
  'choose_sticker',
  'find_location',
];

/** The message replied to. @throws TelegramRefusal when it is gone, unless the call allows that. */
function replyTarget(chat: Chat, args: Args): number | undefined {
  const parameters = fieldsOf(args.json('reply_parameters', 'reply parameters'));
  const id = textOf(parameters['message_id']) ?? args.text('reply_to_message_id');
  if (id === undefined) return undefined;
  const message = chat.messages.get(Number(id));
  if (message !== undefined && !message.isDeleted) return message.id;
  const isAllowed = parameters['allow_sending_without_reply'] === true || args.flag('allow_sending_without_reply');
  if (!isAllowed) throw badRequest('message to be replied not found');
  return undefined;
}

/** Appends what the call says and moves the chat's reply keyboard accordingly. */
function append(core: TelegramCore, chat: Chat, args: Args, content: { body: Fields; file?: StoredFile }): Fields {
  const markup = readMarkup(args.json('reply_markup', 'reply markup'), chat.type);
  const message = core.world.append(chat, {
    fromId: core.world.botId,
    body: content.body,
    file: content.file,
    replyTo: replyTarget(chat, args),
    markup: markup?.kind === 'inline' ? markup.markup : undefined,
    keyboard: markup?.kind === 'keyboard' ? markup.markup : undefined,
  });
  moveKeyboard(chat, markup);
  return core.world.messageObject(chat, message);
}

function moveKeyboard(chat: Chat, markup: Markup | undefined): void {
  if (markup?.kind === 'keyboard') chat.keyboard = markup.markup;
  if (markup?.kind === 'remove') chat.keyboard = undefined;
}

function sendMessage(core: TelegramCore, args: Args): Fields {
  const chat = core.writableChat(args.text('chat_id'));
  return append(core, chat, args, { body: readText(core.world, args) });
}

/** The file a field names: uploaded, or one the bot knows by `file_id`. @throws TelegramRefusal. */
function namedFile(core: TelegramCore, args: Args, kind: StoredFile['kind']): StoredFile {
  const upload = args.upload(kind);
  if (upload !== undefined) {
    if (upload.bytes.length === 0) throw badRequest('file must be non-empty');
    if (upload.bytes.length > MAX_FILE) throw new TelegramRefusal(413, 'Request Entity Too Large');
    if (kind === 'photo' && upload.bytes.length > MAX_PHOTO) throw badRequest('file is too big');
    return core.world.keepFile(kind, upload.bytes, { name: upload.name, mime: upload.mime });
  }
  const value = args.text(kind) ?? '';
  if (value === '') throw badRequest(`there is no ${kind} in the request`);
  if (/^https?:\/\//i.test(value)) throw badRequest('failed to get HTTP URL content');
  const known = core.world.files.get(value);
  if (known === undefined) throw badRequest('wrong file identifier/HTTP URL specified');
  if (known.kind !== kind) throw badRequest(`type of file mismatch`);
  return known;
}

function sendFile(kind: StoredFile['kind']): (core: TelegramCore, args: Args) => Fields {
  return (core, args) => {
    const chat = core.writableChat(args.text('chat_id'));
    const file = namedFile(core, args, kind);
    const caption = readCaption(core.world, args);
    const member = FILE_MEMBERS[kind](core.world, file);
    return append(core, chat, args, { body: { ...member, ...caption }, file });
  };
}

function sendChatAction(core: TelegramCore, args: Args): boolean {
  core.chat(args.text('chat_id'));
  if (!ACTIONS.includes(args.text('action') ?? '')) throw badRequest('wrong parameter action in request');
  return true;
}

const WHERE = ['chat_id', 'message_thread_id', 'business_connection_id'];
const HOW = [
  'disable_notification',
  'protect_content',
  'reply_parameters',
  'reply_to_message_id',
  'allow_sending_without_reply',
  'reply_markup',
];
const CAPTION = ['caption', 'parse_mode', 'caption_entities', 'message_effect_id', 'allow_paid_broadcast'];

const result = (run: (core: TelegramCore, args: Args) => unknown) => (core: TelegramCore, args: Args) => ({
  result: run(core, args),
});

/** The rows that send. */
export const sendMethods: MethodTable = {
  sendMessage: {
    known: [
      ...WHERE,
      ...HOW,
      'text',
      'parse_mode',
      'entities',
      'link_preview_options',
      'disable_web_page_preview',
      'message_effect_id',
    ],
    run: result(sendMessage),
  },
  sendPhoto: {
    known: [...WHERE, ...HOW, ...CAPTION, 'photo', 'has_spoiler', 'show_caption_above_media'],
    run: result(sendFile('photo')),
  },
  sendDocument: {
    known: [...WHERE, ...HOW, ...CAPTION, 'document', 'thumbnail', 'disable_content_type_detection'],
    run: result(sendFile('document')),
  },
  sendVoice: { known: [...WHERE, ...HOW, ...CAPTION, 'voice', 'duration'], run: result(sendFile('voice')) },
  sendChatAction: { known: [...WHERE, 'action'], run: result(sendChatAction) },
};
