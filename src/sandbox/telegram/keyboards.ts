/** `reply_markup`: inline keyboards and reply keyboards, checked as the server does. */
import { type Fields, fieldsOf, isFields, listOf, textOf, wordOf } from '../kernel/values.ts';
import { badRequest, type ChatType } from './types.ts';

const MAX_BUTTONS = 100;
const MAX_CALLBACK_BYTES = 64;
const ACTIONS = [
  'callback_data',
  'url',
  'web_app',
  'login_url',
  'switch_inline_query',
  'switch_inline_query_current_chat',
  'copy_text',
  'pay',
];

/** What `reply_markup` turned out to be; an inline keyboard without buttons has no markup. */
export type Markup =
  | { readonly kind: 'inline'; readonly markup: Fields | undefined }
  | { readonly kind: 'keyboard'; readonly markup: Fields }
  | { readonly kind: 'remove' }
  | { readonly kind: 'force_reply' };

/** The markup, checked for the chat it goes to. @throws TelegramRefusal. */
export function readMarkup(value: unknown, chatType: ChatType): Markup | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isFields(value)) throw badRequest('object expected as reply markup');
  if (value['inline_keyboard'] !== undefined) return { kind: 'inline', markup: inlineKeyboard(value, chatType) };
  if (value['keyboard'] !== undefined) return { kind: 'keyboard', markup: replyKeyboard(value, chatType) };
  if (value['remove_keyboard'] !== undefined) return { kind: 'remove' };
  return value['force_reply'] === undefined ? undefined : { kind: 'force_reply' };
}

/** An inline keyboard, or `undefined` for one without buttons. @throws TelegramRefusal. */
function inlineKeyboard(value: Fields, chatType: ChatType): Fields | undefined {
  const rows = rowsOf(value, 'inline_keyboard');
  const checked = rows
    .map((row) => row.map((button) => inlineButton(button, chatType)))
    .filter((row) => row.length > 0);
  if (checked.flat().length > MAX_BUTTONS) throw badRequest('reply markup is too long');
  return checked.length === 0 ? undefined : { inline_keyboard: checked };
}

function rowsOf(value: Fields, name: string): readonly (readonly unknown[])[] {
  const rows = value[name];
  if (!Array.isArray(rows)) throw badRequest(`field "${name}" must be of type Array`);
  return rows.map((row) => {
    if (!Array.isArray(row)) throw badRequest(`field "${name}" must be an Array of Arrays`);
    return listOf(row);
  });
}

function inlineButton(button: unknown, chatType: ChatType): Fields {
  const fault = (text: string) => badRequest(`can't parse inline keyboard button: ${text}`);
  if (!isFields(button)) throw fault('InlineKeyboardButton must be an Object');
  if (textOf(button['text']) === undefined) throw fault(`Can't find field "text"`);
  const actions = ACTIONS.filter((name) => button[name] !== undefined && button[name] !== '');
  const [action] = actions;
  if (action === undefined) throw fault('Text buttons are unallowed in the inline keyboard');
  if (actions.length > 1) throw fault('Exactly one of the optional fields must be used');
  if (wordOf(button['text']).trim() === '') throw badRequest('BUTTON_TEXT_INVALID');
  checkAction(action, button, chatType);
  return button;
}

function checkAction(action: string, button: Fields, chatType: ChatType): void {
  switch (action) {
    case 'callback_data':
      if (Buffer.byteLength(wordOf(button['callback_data'])) > MAX_CALLBACK_BYTES)
        throw badRequest('BUTTON_DATA_INVALID');
      return;
    case 'url':
      checkUrl(wordOf(button['url']));
      return;
    case 'web_app':
      checkWebApp(wordOf(fieldsOf(button['web_app'])['url']), chatType);
      return;
    default:
  }
}

function checkUrl(url: string): void {
  const isKnown = /^(?:https?|tg|ton):\/\//i.test(url) && URL.canParse(url);
  if (!isKnown) throw badRequest(`inline keyboard button URL '${url}' is invalid: Wrong HTTP URL`);
}

function checkWebApp(url: string, chatType: ChatType): void {
  if (chatType !== 'private') throw badRequest('BUTTON_TYPE_INVALID');
  const isSafe = url.startsWith('https://') && URL.canParse(url);
  if (!isSafe) throw badRequest(`inline keyboard button Web App URL '${url}' is invalid: Only HTTPS links are allowed`);
}

function replyKeyboard(value: Fields, chatType: ChatType): Fields {
  const rows = rowsOf(value, 'keyboard').map((row) => row.map((button) => replyButton(button, chatType)));
  if (rows.flat().length === 0) throw badRequest('reply markup must have at least one button');
  if (rows.flat().length > MAX_BUTTONS * 3) throw badRequest('reply markup is too long');
  const placeholder = textOf(value['input_field_placeholder']);
  if (placeholder !== undefined && (placeholder.length < 1 || placeholder.length > 64))
    throw badRequest('input field placeholder is invalid');
  return { ...value, keyboard: rows };
}

function replyButton(button: unknown, chatType: ChatType): Fields {
  const fields = typeof button === 'string' ? { text: button } : fieldsOf(button);
  const text = textOf(fields['text']);
  if (text === undefined || text.trim() === '')
    throw badRequest(`can't parse keyboard button: Field "text" must be of type String`);
  if (fields['request_contact'] === true && chatType !== 'private')
    throw badRequest('phone number can be requested in private chats only');
  return fields;
}

/** All buttons of an inline keyboard in reading order. */
export function inlineButtons(markup: Fields | undefined): readonly Fields[] {
  return listOf(markup?.['inline_keyboard']).flatMap((row) => listOf(row).map(fieldsOf));
}

/** All buttons of a reply keyboard in reading order. */
export function replyButtons(keyboard: Fields | undefined): readonly Fields[] {
  return listOf(keyboard?.['keyboard']).flatMap((row) => listOf(row).map(fieldsOf));
}
