/** Which item of a checklist a file is, read from what was written with it. Deterministic and pure. */

/** An item by the words that name it. */
export interface NamedItem {
  readonly code: string;
  readonly words: readonly string[];
}

/** The one item the words name, the several they may name, or none. */
export type ItemMatch =
  | { readonly kind: 'one'; readonly code: string }
  | { readonly kind: 'several'; readonly codes: readonly string[] }
  | { readonly kind: 'none' };

const LONGEST_TEXT = 2_000;
const WORD_CHARACTER = /[a-z0-9]/u;
const HAN = /\p{Script=Han}/u;

/**
 * The caption decides; where it names nothing, the file's name does. A word inside a longer one of another item does not
 * count (身份证 in 法人身份证); words of two items side by side are not guessed between.
 */
export function matchItem(items: readonly NamedItem[], caption: string, fileName: string): ItemMatch {
  const byCaption = matchText(items, caption);
  return byCaption.kind === 'none' ? matchText(items, fileName.replace(/\.[A-Za-z0-9]{1,5}$/u, '')) : byCaption;
}

interface Found {
  readonly code: string;
  readonly start: number;
  readonly end: number;
}

function matchText(items: readonly NamedItem[], raw: string): ItemMatch {
  const text = plain(raw.slice(0, LONGEST_TEXT));
  const found = items.flatMap((item) => item.words.flatMap((word) => places(text, plain(word), item.code)));
  const outermost = found.filter((one) => !found.some((other) => other.code !== one.code && covers(other, one)));
  const codes = [...new Set(outermost.map((one) => one.code))];
  const [code] = codes;
  if (code === undefined) return { kind: 'none' };
  return codes.length === 1 ? { kind: 'one', code } : { kind: 'several', codes };
}

function covers(outer: Found, inner: Found): boolean {
  return outer.start <= inner.start && outer.end >= inner.end && outer.end - outer.start > inner.end - inner.start;
}

function places(text: string, word: string, code: string): Found[] {
  if (word === '') return [];
  const found: Found[] = [];
  for (let start = text.indexOf(word); start !== -1; start = text.indexOf(word, start + 1)) {
    const end = start + word.length;
    if (HAN.test(word) || isWhole(text, start, end)) found.push({ code, start, end });
  }
  return found;
}

/** Latin words count as whole words only: "id" is not in "video". */
function isWhole(text: string, start: number, end: number): boolean {
  return !WORD_CHARACTER.test(text[start - 1] ?? '') && !WORD_CHARACTER.test(text[end] ?? '');
}

function plain(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

const CONTINUES =
  /反面|背面|国徽面|续页|第\s*(?:[2-9]|[1-9]\d|[二三四五六七八九十]+)\s*页|\bback\b|\bpage\s*(?:[2-9]|[1-9]\d)\b/iu;

/** Whether the words say that the file goes on with the one before: the back of a card, page 2. */
export function saysContinued(caption: string, fileName: string): boolean {
  return CONTINUES.test(`${caption.slice(0, LONGEST_TEXT)}\n${fileName.slice(0, LONGEST_TEXT)}`);
}

/** Whether the words say that this is the first side (once more): 正面, 人像面. */
export function saysFirstSide(caption: string, fileName: string): boolean {
  return /正面(?!反)|人像面|\bfront\b/iu.test(`${caption.slice(0, LONGEST_TEXT)}\n${fileName.slice(0, LONGEST_TEXT)}`);
}

const CUSTOMER_NUMBER = /(?<![A-Za-z0-9])[Kk]\d{1,9}(?![A-Za-z0-9])/u;

/** The K-number somebody wrote with a file, as written; `undefined` when there is none. */
export function numberIn(caption: string): string | undefined {
  return CUSTOMER_NUMBER.exec(caption.normalize('NFKC').slice(0, LONGEST_TEXT))?.[0];
}
