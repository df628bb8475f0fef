/**
 * The neutral card as HTML text and inline keyboard. Degradation: a drop-down becomes one button per option, each an
 * answer of its own (verb `opt_<n>`, the choice filled in as `selected`); fields that do not fit 4,096 characters are left
 * out with "…", and so are options beyond 80 and verbs beyond 20; a closed card loses its keyboard and shows its closing
 * word.
 */
import { encodeCardKey, parseCardKey, type Card, type CardSelect } from '../card.ts';
import { cutText } from '../text.ts';

/** Characters after parsing that one message may have. */
export const MAX_TEXT = 4096;
/** Characters after parsing that a file's caption may have. */
export const MAX_CAPTION = 1024;
/** Bytes a button may carry. */
const MAX_CALLBACK_BYTES = 64;
/** A keyboard takes a hundred buttons. */
const MAX_OPTIONS = 80;
const MAX_ACTIONS = 20;
const LABEL = 60;
/** Characters a phone shows on a button that shares its row. */
const HALF_ROW = 12;
const SAY = 'say:';

/** One button under a message; either it comes back to us or it opens a page. */
interface InlineButton {
  readonly text: string;
  readonly callback_data?: string;
  readonly url?: string;
}
/** Rows of buttons, top to bottom. */
export type InlineKeyboard = readonly (readonly InlineButton[])[];

/** Exactly the three characters Telegram's HTML needs escaped outside attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

/** The card's text as HTML, at most 4,096 characters after parsing. */
export function cardHtml(card: Card): string {
  const head = [titleLine(card), line(card.subtitle, 250), line(card.text, 2000)].flat();
  const foot = line(card.closed, 100, 'b');
  const room = MAX_TEXT - widthOf(head) - widthOf(foot) - 4;
  return [...head, ...fieldLines(card, room), ...foot].map((one) => one.html).join('\n');
}

/** What kind of card it is stands before the title: notifications show the first line only. */
function titleLine(card: Card): Line[] {
  const title = cutText(card.title === '' ? '—' : card.title, 250);
  const source = card.source ? `${cutText(card.source, 100)} · ` : '';
  return [{ html: `${escapeHtml(source)}<b>${escapeHtml(title)}</b>`, width: source.length + title.length + 1 }];
}

interface Line {
  readonly html: string;
  readonly width: number;
}

function line(text: string | undefined, max: number, tag?: 'b'): Line[] {
  if (text === undefined || text.trim() === '') return [];
  const cut = cutText(text, max);
  const html = escapeHtml(cut);
  return [{ html: tag === undefined ? html : `<${tag}>${html}</${tag}>`, width: cut.length + 1 }];
}

function fieldLines(card: Card, room: number): Line[] {
  const kept: Line[] = [];
  let left = room;
  for (const field of card.fields) {
    const label = cutText(field.label, 100);
    const value = cutText(field.value === '' ? '—' : field.value, 300);
    const one = { html: `${escapeHtml(label)}: ${escapeHtml(value)}`, width: label.length + value.length + 3 };
    left -= one.width;
    if (left < 0) return [...kept, { html: '…', width: 2 }];
    kept.push(one);
  }
  return kept;
}

function widthOf(lines: readonly Line[]): number {
  return lines.reduce((sum, one) => sum + one.width, 0);
}

/** The buttons of an open card, two verbs to a row (one where a label is long), options below each other; `undefined` = none, which removes them. */
export function cardKeyboard(card: Card): InlineKeyboard | undefined {
  if (card.closed !== undefined) return undefined;
  const options = card.select ? optionRows(card, card.select) : [];
  const rows = [...options, ...actionRows(card)];
  return rows.length === 0 ? undefined : rows;
}

function actionRows(card: Card): InlineKeyboard {
  const buttons = card.actions.slice(0, MAX_ACTIONS).map((action): InlineButton => {
    const text = buttonText(action.label);
    return action.url === undefined
      ? { text, callback_data: encodeCardKey(card, action.verb) }
      : { text, url: action.url };
  });
  const perRow = buttons.some(({ text }) => text.length > HALF_ROW) ? 1 : 2;
  const rows: InlineButton[][] = [];
  for (let at = 0; at < buttons.length; at += perRow) rows.push(buttons.slice(at, at + perRow));
  return rows;
}

/** Telegram refuses a button without words. */
function buttonText(label: string): string {
  return label.trim() === '' ? '—' : cutText(label, LABEL);
}

function optionRows(card: Card, select: CardSelect): InlineKeyboard {
  return select.options.slice(0, MAX_OPTIONS).map((option, index) => [
    {
      text: buttonText(option.text),
      callback_data: optionKey(card, `opt_${String(index)}`, `${select.id}=${option.id}`),
    },
  ]);
}

/** `<id>:<rev>:opt_<n>:<question>=<option>`; where that exceeds 64 bytes the index alone says which option it was. */
function optionKey(card: Card, verb: string, choice: string): string {
  const short = encodeCardKey(card, verb);
  const full = `${short}:${choice}`;
  return Buffer.byteLength(full) <= MAX_CALLBACK_BYTES ? full : short;
}

/** What a button of ours brings back. */
export interface PressedKey {
  readonly id: string;
  readonly revision: number;
  readonly verb: string;
  readonly selected: Readonly<Record<string, string>>;
}

/** What a pressed button of ours carries; `undefined` for anything else. */
export function parsePressedKey(data: string): PressedKey | undefined {
  const [, key = '', question, option] = /^([^:]*:[^:]*:[^:]*)(?::([^=]*)=(.*))?$/s.exec(data) ?? [];
  const card = parseCardKey(key);
  if (!card) return undefined;
  return { ...card, selected: question === undefined || option === undefined ? {} : { [question]: option } };
}

/** The sentence a one-tap answer stands for; `undefined` when the button is not one. */
export function spokenBy(data: string): string | undefined {
  return data.startsWith(SAY) && data.length > SAY.length ? data.slice(SAY.length) : undefined;
}

/** What a text offers as answers. */
export interface Replies {
  readonly choices: readonly string[];
  /** Label of the button that shares the person's own phone (private chats only). */
  readonly requestContact: string | undefined;
}

/**
 * One-tap answers: inline buttons that carry the sentence (`say:…`) when all fit 64 bytes, otherwise, and whenever the
 * phone is asked for, a one-time reply keyboard whose press is a plain message.
 */
export function replyMarkup(replies: Replies): Readonly<Record<string, unknown>> | undefined {
  const { choices, requestContact } = replies;
  if (choices.length === 0 && requestContact === undefined) return undefined;
  const says = choices.map((choice) => `${SAY}${choice}`);
  if (requestContact === undefined && says.every((say) => Buffer.byteLength(say) <= MAX_CALLBACK_BYTES)) {
    return { inline_keyboard: choices.map((choice, index) => [{ text: choice, callback_data: says[index] }]) };
  }
  const contact = requestContact === undefined ? [] : [[{ text: requestContact, request_contact: true }]];
  return {
    keyboard: [...contact, ...choices.map((choice) => [{ text: choice }])],
    resize_keyboard: true,
    one_time_keyboard: true,
  };
}
