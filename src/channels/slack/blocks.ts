/**
 * The neutral card as Block Kit, within the limits of reference §1.10. What does not fit is degraded here, never
 * refused by Slack: texts are cut with "…", fields and options beyond 100 and links beyond 3,000 characters are left
 * out, a drop-down stands as the accessory of its own section, a closed card loses drop-down and buttons and shows its
 * closing word.
 */
import type { types } from '@slack/bolt';
import { encodeCardKey, type Card, type CardAction, type CardSelect } from '../card.ts';
import { cutText, splitText } from '../text.ts';
import { escapeMrkdwn, mrkdwnWidth } from './mrkdwn.ts';

/** `action_id` of a one-tap answer; its value is the sentence itself. */
export const SAY_PREFIX = 'say:';
/** `action_id` of a drop-down; the rest is the question's id. */
export const SELECT_PREFIX = 'select:';

const HEADER = 150;
const SECTION_TEXT = 3000;
const FIELD_TEXT = 2000;
const MAX_FIELDS = 100;
const FIELDS_PER_SECTION = 10;
const MAX_TEXT_SECTIONS = 8;
const ACTIONS_PER_BLOCK = 25;
const URL_LENGTH = 3000;
/** Notification text beside blocks; `chat.update` refuses more than 4,000. */
const FALLBACK_TEXT = 3000;

/** A message as chat.postMessage and chat.update take it. */
export interface SlackMessage {
  /** Notification and screen-reader text, escaped. */
  readonly text: string;
  readonly blocks: readonly types.KnownBlock[];
}

/** The card as one message. Empty strings never reach Slack: a section text has at least one character. */
export function renderCard(card: Card): SlackMessage {
  const blocks: types.KnownBlock[] = [];
  if (card.source) blocks.push(context(card.source));
  blocks.push({ type: 'header', text: plain(card.title, HEADER) });
  // A title that is cut would keep its question to itself: it stands below in full.
  if (card.title.length > HEADER) blocks.push(section(card.title));
  if (card.subtitle) blocks.push(context(card.subtitle));
  if (card.text) blocks.push(...paragraphs(card.text).slice(0, MAX_TEXT_SECTIONS));
  blocks.push(...fieldSections(card));
  if (card.closed === undefined) {
    if (card.select && card.select.options.length > 0) blocks.push(selectSection(card, card.select));
    blocks.push(...actionRows(card));
  } else {
    blocks.push(section(card.closed === '' ? '—' : card.closed));
  }
  return { text: fallbackText(card), blocks };
}

/** Text in sections of at most 3,000 characters each. */
export function paragraphs(text: string): types.SectionBlock[] {
  return splitText(text, SECTION_TEXT, mrkdwnWidth)
    .filter((piece) => piece.trim() !== '')
    .map(section);
}

/** One-tap answers as buttons; their press comes back as the sentence on them. */
export function choiceRows(choices: readonly string[]): types.ActionsBlock[] {
  return rows(
    choices.map((choice, index) => ({
      type: 'button',
      action_id: `${SAY_PREFIX}${String(index)}`,
      text: plain(choice, 75),
      value: choice.slice(0, 2000),
    })),
  );
}

function fallbackText(card: Card): string {
  const lines = [
    card.title,
    card.subtitle,
    card.closed,
    ...card.fields.map((field) => `${field.label}: ${field.value}`),
  ];
  const text = lines.filter((line) => line !== undefined && line !== '').join('\n');
  return escapeMrkdwn(cutText(text, FALLBACK_TEXT, mrkdwnWidth));
}

function fieldSections(card: Card): types.SectionBlock[] {
  const fields = card.fields.slice(0, MAX_FIELDS).map((field) => mrkdwn(fieldText(field.label, field.value)));
  const sections: types.SectionBlock[] = [];
  for (let at = 0; at < fields.length; at += FIELDS_PER_SECTION) {
    sections.push({ type: 'section', fields: fields.slice(at, at + FIELDS_PER_SECTION) });
  }
  return sections;
}

function fieldText(label: string, value: string): string {
  const head = escapeMrkdwn(cutText(label === '' ? '—' : label, 200, mrkdwnWidth));
  const body = escapeMrkdwn(cutText(value === '' ? '—' : value, FIELD_TEXT - 300, mrkdwnWidth));
  return `*${head}*\n${body}`;
}

function selectSection(card: Card, select: CardSelect): types.SectionBlock {
  return {
    type: 'section',
    // The id changes with the revision, otherwise Slack keeps the old choice when the card is redrawn.
    block_id: `${card.id}:${String(card.revision)}:select`,
    text: mrkdwn(escapeMrkdwn(cutText(select.label === '' ? '—' : select.label, 200, mrkdwnWidth))),
    accessory: {
      type: 'static_select',
      action_id: `${SELECT_PREFIX}${select.id}`,
      placeholder: plain(select.label, 150),
      options: select.options.slice(0, 100).map((option) => ({ text: plain(option.text, 75), value: option.id })),
    },
  };
}

function actionRows(card: Card): types.ActionsBlock[] {
  const fitting = card.actions.filter(({ url = '' }) => url.length <= URL_LENGTH);
  return rows(fitting.map((action) => button(card, action)));
}

function button(card: Card, action: CardAction): types.Button {
  const base = { type: 'button' as const, action_id: action.verb, text: plain(action.label, 75) };
  const style = action.style === 'primary' || action.style === 'danger' ? { style: action.style } : {};
  return action.url === undefined
    ? { ...base, ...style, value: encodeCardKey(card, action.verb) }
    : { ...base, ...style, url: action.url };
}

function rows(buttons: readonly types.Button[]): types.ActionsBlock[] {
  const blocks: types.ActionsBlock[] = [];
  for (let at = 0; at < buttons.length; at += ACTIONS_PER_BLOCK) {
    blocks.push({ type: 'actions', elements: buttons.slice(at, at + ACTIONS_PER_BLOCK) });
  }
  return blocks;
}

function section(text: string): types.SectionBlock {
  return { type: 'section', text: mrkdwn(escapeMrkdwn(cutText(text, SECTION_TEXT, mrkdwnWidth))) };
}

function context(text: string): types.ContextBlock {
  return { type: 'context', elements: [mrkdwn(escapeMrkdwn(cutText(text, FIELD_TEXT, mrkdwnWidth)))] };
}

/** `verbatim`: what a person wrote must not turn into channel links and mentions. */
function mrkdwn(text: string): types.MrkdwnElement {
  return { type: 'mrkdwn', text, verbatim: true };
}

/** A label, cut to its limit; Slack refuses an empty one. */
export function plain(text: string, max: number): types.PlainTextElement {
  return { type: 'plain_text', text: cutText(text === '' ? '—' : text, max), emoji: false };
}
