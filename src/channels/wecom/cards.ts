/**
 * Our neutral card as a WeCom template card [doc 90236 §template_card, 94888]. Limits given in 字 are advisory there (the
 * client clips), lists and bytes are hard; everything is cut here, so that a card never fails at sending.
 *
 * What a card cannot show is degraded by these rules:
 * - something to press → `button_interaction`; only links → `text_notice` whose whole face is the first link; neither → text;
 * - a field's name longer than 5 字 stands before its value, in the value's place;
 * - a title that is cut, what a button says beyond 10 字 (with the button's place), fields beyond six and values longer than
 *   30 字 go in full below the card's text (`sub_title_text`, 160 字);
 * - buttons beyond six: presses come first, links that find no room become jump links (three), the rest is left out;
 * - options beyond ten are left out; a drop-down without a button to send it with is listed as text;
 * - links longer than 2048 bytes are left out.
 */
import { encodeCardKey, type Card, type CardAction, type CardField } from '../card.ts';
import { fitLine, fitLines, fitsLine, withOrdinal } from './text.ts';

const MAX_FIELDS = 6;
const MAX_BUTTONS = 6;
const MAX_OPTIONS = 10;
const MAX_JUMPS = 3;
const MAX_URL_BYTES = 2048;
const FIELD_NAME = 5;
const FIELD_VALUE = 30;
const TITLE = 36;
const BUTTON_TEXT = 10;

/** A template card as it goes over the wire. */
export interface TemplateCard {
  readonly card_type: 'button_interaction' | 'text_notice';
  readonly task_id?: string;
  readonly source?: { readonly desc: string; readonly desc_color: number };
  readonly main_title: { readonly title: string; readonly desc?: string };
  readonly sub_title_text?: string;
  readonly horizontal_content_list?: readonly { readonly keyname: string; readonly value: string }[];
  readonly jump_list?: readonly { readonly type: 1; readonly title: string; readonly url: string }[];
  readonly card_action?: { readonly type: 1; readonly url: string };
  readonly button_selection?: ButtonSelection;
  readonly button_list?: readonly Button[];
  readonly replace_text?: string;
}

interface ButtonSelection {
  readonly question_key: string;
  readonly title: string;
  readonly option_list: readonly { readonly id: string; readonly text: string }[];
  readonly disable?: true;
}

interface Button {
  readonly text: string;
  readonly style: number;
  readonly type: 0 | 1;
  readonly key?: string;
  readonly url?: string;
}

/** How a card goes out: as a template card, or as text where the platform has no card for it. */
export type Rendered =
  | { readonly kind: 'template'; readonly card: TemplateCard }
  | { readonly kind: 'text'; readonly text: string };

/** The card for sending. `taskId` must be new within the app; `ordinal` marks a notice that repeats an earlier one. */
export function renderCard(card: Card, taskId: string, ordinal?: number): Rendered {
  const urls = links(card);
  if (card.closed === undefined && card.actions.some(isPress)) {
    return { kind: 'template', card: interactiveCard(card, taskId) };
  }
  if (urls.length > 0) return { kind: 'template', card: noticeCard(card, urls, ordinal) };
  return { kind: 'text', text: withOrdinal(cardText(card), ordinal) };
}

/**
 * The card that replaces one already sent. It stays of the same type: turning it into a notice does not reliably
 * disable the buttons on every client. A closed card shows `closed` on one grey button.
 */
export function renderUpdate(card: Card, taskId: string | undefined): TemplateCard {
  const open = interactiveCard(card, taskId);
  if (card.closed === undefined) return open;
  const closed = fitLine(card.closed, BUTTON_TEXT);
  return {
    ...open,
    button_list: open.button_list?.length
      ? open.button_list
      : [{ text: closed, style: 1, type: 0, key: encodeCardKey(card, 'closed') }],
    ...(open.button_selection === undefined ? {} : { button_selection: { ...open.button_selection, disable: true } }),
    replace_text: closed,
  };
}

/** The card in words, for where no template card fits it. */
function cardText(card: Card): string {
  const heading = card.source === undefined ? card.title : `【${card.source}】${card.title}`;
  return present([
    heading,
    card.subtitle,
    ...card.fields.map(fieldLine),
    selectLine(card),
    card.text,
    card.closed,
  ]).join('\n');
}

function interactiveCard(card: Card, taskId: string | undefined): TemplateCard {
  const presses = card.actions.filter(isPress).slice(0, MAX_BUTTONS);
  const urls = links(card);
  const inList = urls.slice(0, MAX_BUTTONS - presses.length);
  const jumps = urls.slice(inList.length);
  const inFull = [...presses, ...inList].map(({ label }, index) => cutLabel(label, index)); // a cut one says half of what it does
  return {
    card_type: 'button_interaction',
    ...(taskId === undefined ? {} : { task_id: taskId }),
    ...face(card, [...inFull, cutLabel(card.closed)]),
    ...(jumps.length === 0 ? {} : { jump_list: jumpList(jumps) }),
    ...(card.select === undefined || presses.length === 0 ? {} : { button_selection: selection(card.select) }),
    button_list: [...presses.map((action) => pressButton(card, action)), ...inList.map(linkButton)],
  };
}

function noticeCard(card: Card, urls: readonly LinkAction[], ordinal: number | undefined): TemplateCard {
  const [first] = urls;
  return {
    card_type: 'text_notice',
    ...face({ ...card, title: withOrdinal(card.title, ordinal) }, [selectLine(card), card.closed]),
    jump_list: jumpList(urls),
    ...(first === undefined ? {} : { card_action: { type: 1, url: first.url } }),
  };
}

/** What all card types show above their buttons; `extra` lines stand for what this type has no place for. */
function face(card: Card, extra: readonly (string | undefined)[]): Omit<TemplateCard, 'card_type'> {
  const rows = card.fields.slice(0, MAX_FIELDS).map(rowOf);
  const inFull = card.fields.filter((_field, i) => i >= MAX_FIELDS || !fitsLine(rows[i]?.value ?? '', FIELD_VALUE));
  // A title that is cut would keep its question to itself: it stands below in full.
  const title = fitsLine(card.title, TITLE) ? undefined : card.title;
  const below = present([title, card.text, ...extra, ...inFull.map(fieldLine)]);
  const fields = rows.map(({ label, value }) => ({ keyname: label || '·', value: fitLine(value, FIELD_VALUE) }));
  return {
    ...(card.source === undefined ? {} : { source: { desc: fitLine(card.source, 20), desc_color: 0 } }),
    main_title: {
      title: fitLine(card.title, TITLE) || '·',
      ...(card.subtitle === undefined ? {} : { desc: fitLine(card.subtitle, 44) }),
    },
    ...(below.length === 0 ? {} : { sub_title_text: fitLines(below.join('\n'), 160) }),
    ...(fields.length === 0 ? {} : { horizontal_content_list: fields }),
  };
}

/** The field as it stands in its row. */
function rowOf(field: CardField): CardField {
  const label = fitLine(field.label, FIELD_NAME);
  return fitsLine(field.label.trim(), FIELD_NAME) ? { ...field, label } : { label: '', value: fieldLine(field) };
}

/** A label in full where its button cannot show it; several are told apart by their places. */
function cutLabel(label: string | undefined, index?: number): string | undefined {
  if (label === undefined || fitsLine(label, BUTTON_TEXT)) return undefined;
  return index === undefined ? label : `${index + 1}. ${label}`;
}

function present(lines: readonly (string | undefined)[]): string[] {
  return lines.filter((line): line is string => line !== undefined && line !== '');
}

function fieldLine({ label, value }: Card['fields'][number]): string {
  return labelled(label, value);
}

/** With the colon of the label's script: 「金额：30 万」, "Amount: 300,000". */
function labelled(label: string, value: string): string {
  return `${label}${/\p{Script=Han}/u.test(label) ? '：' : ': '}${value}`;
}

type LinkAction = CardAction & { readonly url: string };

function isPress(action: CardAction): boolean {
  return action.url === undefined;
}

function links(card: Card): LinkAction[] {
  return card.actions.filter(
    (action): action is LinkAction => action.url !== undefined && Buffer.byteLength(action.url) <= MAX_URL_BYTES,
  );
}

function jumpList(urls: readonly LinkAction[]): NonNullable<TemplateCard['jump_list']> {
  return urls.slice(0, MAX_JUMPS).map(({ label, url }) => ({ type: 1, title: fitLine(label, 18) || '·', url }));
}

function pressButton(card: Card, action: CardAction): Button {
  return { text: buttonText(action), style: styleOf(action), type: 0, key: encodeCardKey(card, action.verb) };
}

function linkButton(action: LinkAction): Button {
  return { text: buttonText(action), style: styleOf(action), type: 1, url: action.url };
}

function buttonText(action: CardAction): string {
  return fitLine(action.label, BUTTON_TEXT) || action.verb;
}

/** 1 is the filled blue one, 2 its pale variant, 3 red [doc 90236; shades differ between clients]. */
const STYLES: Readonly<Record<NonNullable<CardAction['style']>, number>> = { primary: 1, danger: 3, default: 2 };

function styleOf({ style = 'default' }: CardAction): number {
  return STYLES[style];
}

function selection(select: NonNullable<Card['select']>): ButtonSelection {
  return {
    question_key: select.id,
    title: fitLine(select.label, 12),
    option_list: select.options.slice(0, MAX_OPTIONS).map(({ id, text }) => ({ id, text: fitLine(text, 16) || id })),
  };
}

function selectLine({ select }: Card): string | undefined {
  return select && labelled(select.label, select.options.map(({ text }) => text).join(' / '));
}
