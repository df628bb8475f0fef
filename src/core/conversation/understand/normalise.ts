/** Small views of a text that keep every position: pieces blanked out, and the clause around a place. */

import { matchesOf } from '../../../lib/matches.ts';
import { TRADITIONAL } from './traditional-data.ts';

/** Stands for text that is already understood; a private-use character nobody types. */
const BLANK = '\ue000';

/** Blanks out pieces that are already understood, keeping every other position where it was. */
export function blank(text: string, pieces: readonly { readonly start: number; readonly end: number }[]): string {
  let rest = text;
  for (const { start, end } of pieces) {
    rest = rest.slice(0, start) + BLANK.repeat(end - start) + rest.slice(end);
  }
  return rest;
}

/** The part of the clause before `at`: back to the last comma, full stop or line break. */
export function clauseBefore(text: string, at: number): string {
  const before = text.slice(0, at);
  return before.slice(Math.max(...Array.from(',，。;；、!！?？\n', (mark) => before.lastIndexOf(mark))) + 1);
}

/** The part of the clause from `at` on: up to the next comma, full stop or line break. */
export function clauseAfter(text: string, at: number): string {
  const after = text.slice(at);
  const stop = after.search(/[,，。;；、!！?？\n]/u);
  return stop === -1 ? after : after.slice(0, stop);
}

const NUMBERING = /(?<=^|[\s,，;；])(?<number>\d{1,2})[.、)](?=\s?\S)/gu;

/**
 * The text with the numbers of a list in one line made separators (1.周海 2.138… 3.15万 must not say 3.15 万). A list counts
 * from one, and something in it begins with a word: 1.5万 2.5万 are amounts. Every position stays where it was.
 */
export function withoutNumbering(text: string): string {
  if (!/1[.、)]/u.test(text)) return text;
  const items: RegExpExecArray[] = [];
  for (const match of matchesOf(text, NUMBERING)) {
    if (Number(match.groups?.['number']) === items.length + 1) items.push(match);
  }
  const hasWords = items.some((item) => /^\s?\D/u.test(text.slice(item.index + item[0].length)));
  if (items.length < 2 || !hasWords) return text;
  let rest = text;
  for (const { index, 0: mark } of items)
    rest = rest.slice(0, index) + '，'.repeat(mark.length) + rest.slice(index + mark.length);
  return rest;
}

const SIMPLIFIED = new Map(TRADITIONAL.map((pair) => [pair.slice(0, 1), pair.slice(1)]));
const ANY_TRADITIONAL = new RegExp(`[${[...SIMPLIFIED.keys()].join('')}]`, 'gu');

/** The text with 三十萬, 週轉, 廣州 written as the patterns know them; its length never changes. What is kept is kept as written. */
export function toSimplified(text: string): string {
  return text.replaceAll(ANY_TRADITIONAL, (character) => SIMPLIFIED.get(character) ?? character);
}
