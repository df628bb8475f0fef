/** Fitting text into WeCom messages: what the client would swallow is escaped, what is too long is split or cut. */
import { hash } from 'node:crypto';
import { cutText, type CharWidth } from '../text.ts';
import { withoutControls } from './xml.ts';

/** `text.content` and passive text replies are cut by the platform beyond this many UTF-8 bytes [doc 90236, 90241]. */
const MAX_TEXT_BYTES = 2048;
/** More parts than this would run into the 30 messages a minute that one member gets; the rest is cut. */
const MAX_PARTS = 10;
/** Room for an ellipsis and the line that tells the parts of one message apart: `…\n(10/10·k7)`. */
const PART_MARK_BYTES = 18;
const ELLIPSIS = '…';
/** A grapheme longer than this is no emoji but stacked combining marks, and may fall apart into its code points. */
const MAX_GRAPHEME_BYTES = 64;

const graphemes = new Intl.Segmenter('zh', { granularity: 'grapheme' });

/** `text` as it stands in a text message: the client takes `<…>` for markup and would not show a name like `<div>`. */
export function escapeMarkup(text: string): string {
  return withoutControls(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function messageBytes(text: string): number {
  return Buffer.byteLength(escapeMarkup(text));
}

/**
 * The messages that carry `text`, escaped, each within 2048 bytes, cut between graphemes and preferably after a line.
 * Several parts carry a mark made from `seed` (the outbox row): two long texts that begin alike would otherwise share
 * their first part, and the platform's duplicate check would swallow it.
 */
export function messageParts(text: string, seed: string): readonly string[] {
  const whole = escapeMarkup(text);
  if (Buffer.byteLength(whole) <= MAX_TEXT_BYTES) return [whole];
  const parts = splitGraphemes(text, MAX_TEXT_BYTES - PART_MARK_BYTES);
  const mark = hash('sha256', seed).slice(0, 2);
  const kept = parts.slice(0, MAX_PARTS);
  return kept.map((part, i) => {
    const cut = i === MAX_PARTS - 1 && parts.length > MAX_PARTS ? ELLIPSIS : '';
    return `${escapeMarkup(part)}${cut}\n(${i + 1}/${kept.length}·${mark})`;
  });
}

/** `text` escaped and cut to the limit of one message, with an ellipsis where something is missing. */
export function singleMessage(text: string): string {
  const whole = escapeMarkup(text);
  if (Buffer.byteLength(whole) <= MAX_TEXT_BYTES) return whole;
  const [first = ''] = splitGraphemes(text, MAX_TEXT_BYTES - Buffer.byteLength(ELLIPSIS));
  return `${escapeMarkup(first)}${ELLIPSIS}`;
}

/** `text` with its visible ordinal, e.g. `已收到 (2)`: the platform drops what it takes for a repetition. */
export function withOrdinal(text: string, ordinal: number | undefined): string {
  return ordinal === undefined || ordinal < 2 ? text : `${text} (${ordinal})`;
}

/** WeCom counts 字: a Chinese character is one, Latin letters and digits half of one. */
const displayWidth: CharWidth = (char) => (char.length === 1 && char.charCodeAt(0) < 0x100 ? 0.5 : 1);

/** One line of at most `width` 字, cut with an ellipsis. */
export function fitLine(text: string, width: number): string {
  return cutText(withoutControls(text).replaceAll(/\s+/g, ' ').trim(), width, displayWidth);
}

/** Several lines of together at most `width` 字, cut with an ellipsis. */
export function fitLines(text: string, width: number): string {
  return cutText(withoutControls(text).trim(), width, displayWidth);
}

/** Whether `text` needs no cutting in a place for `width` 字. */
export function fitsLine(text: string, width: number): boolean {
  return fitLine(text, width) === text;
}

interface Piece {
  readonly text: string;
  readonly bytes: number;
}

function splitGraphemes(text: string, limit: number): string[] {
  const parts: string[] = [];
  let part = '';
  let bytes = 0;
  for (const piece of pieces(text)) {
    if (bytes + piece.bytes > limit) {
      const lineEnd = part.lastIndexOf('\n') + 1;
      const keep = lineEnd > part.length / 2 ? lineEnd : part.length;
      parts.push(part.slice(0, keep));
      part = part.slice(keep);
      bytes = messageBytes(part);
    }
    part += piece.text;
    bytes += piece.bytes;
  }
  parts.push(part);
  return parts;
}

function* pieces(text: string): Generator<Piece> {
  for (const { segment } of graphemes.segment(text)) {
    const bytes = messageBytes(segment);
    if (bytes <= MAX_GRAPHEME_BYTES) yield { text: segment, bytes };
    else for (const char of segment) yield { text: char, bytes: messageBytes(char) };
  }
}
