/**
 * How personal data looks to somebody who may not see it: the one place that knows how a name, a phone or a card is
 * masked (reference: lending §7.6). Masking happens on the server; logs and group chats always get the tight form.
 *
 * A mask keeps the length of what it hides, up to 64 characters. What does not have the shape of its kind is hidden
 * completely: a mistyped phone may be somebody's identity number.
 */
import { matchesOf } from './matches.ts';

/** What can be masked. */
export type MaskKind =
  | 'name'
  | 'idCard'
  | 'mobile'
  | 'landline'
  | 'bankCard'
  | 'address'
  | 'email'
  | 'plate'
  | 'vin'
  | 'companyCode'
  | 'other';

/**
 * How much may stay readable. `tight` for everybody, logs and chats; `internal` for staff of the case (identity number
 * 6 + 4, card 4 + last block); `owner` for the customer's own account manager (a name keeps its last character too).
 */
export type MaskLevel = 'tight' | 'internal' | 'owner';

const LONGEST_MASK = 64;

/** The value with everything hidden that the level may not see. Never throws, whatever the value is. */
export function mask(kind: MaskKind, value: string, level: MaskLevel = 'tight'): string {
  const characters = Array.from(value.trim());
  const rule = RULES[kind](characters.join(''), level);
  if (typeof rule === 'string') return rule;
  if (rule === undefined || rule.head + rule.tail >= characters.length) return stars(characters.length);
  return keep(characters, rule.head, rule.tail);
}

interface Window {
  readonly head: number;
  readonly tail: number;
}

/** A rule gives how many characters stay at both ends, a finished text, or nothing: hide all. */
type Rule = (value: string, level: MaskLevel) => Window | string | undefined;

const RULES: Readonly<Record<MaskKind, Rule>> = {
  name: (value, level) => ({ head: 1, tail: level === 'owner' && Array.from(value).length >= 3 ? 1 : 0 }),
  idCard: (value, level) => identityWindow(value, level),
  mobile: (value) => (/^1\d{10}$/u.test(value) ? { head: 3, tail: 4 } : undefined),
  landline: (value) => (/^0\d{2,3}-?\d{6,8}$/u.test(value) ? { head: 4, tail: 2 } : undefined),
  bankCard: (value, level) => (/^\d{13,19}$/u.test(value) ? cardText(value, level) : undefined),
  address: (value) => ({ head: Math.max(0, Array.from(value).length - 8), tail: 0 }),
  email: (value) => emailText(value),
  plate: (value) => (/^\p{Script=Han}[A-Za-z0-9]/u.test(value) && value.length >= 7 ? { head: 3, tail: 1 } : undefined),
  vin: (value) => (/^[A-Za-z0-9]{17}$/u.test(value) ? { head: 3, tail: 4 } : undefined),
  companyCode: (value, level) => companyCodeText(value, level),
  other: () => undefined,
};

function identityWindow(value: string, level: MaskLevel): Window | undefined {
  if (!/^(?:\d{15}|\d{17}[\dXx])$/u.test(value)) return undefined;
  return level === 'tight' ? { head: 1, tail: 2 } : { head: 6, tail: 4 };
}

/** Blocks of four. Tight shows the last four digits only; internal the first block and the last one (1 to 4 digits). */
function cardText(digits: string, level: MaskLevel): string {
  if (level === 'tight') return `${blocks('*'.repeat(digits.length - 4))} ${digits.slice(-4)}`;
  const tail = digits.length % 4 === 0 ? 4 : digits.length % 4;
  return blocks(digits.slice(0, 4) + '*'.repeat(digits.length - 4 - tail) + digits.slice(-tail));
}

function blocks(text: string): string {
  return text.replaceAll(/.{4}(?=.)/gu, '$& ');
}

function emailText(value: string): string | undefined {
  const at = value.lastIndexOf('@');
  const domain = value.slice(at + 1);
  if (at < 1 || domain.length > LONGEST_MASK || !/^[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+$/u.test(domain)) return undefined;
  const local = Array.from(value.slice(0, at));
  // A one-letter mailbox would be shown whole.
  const shown = local.length > 1 ? keep(local, 1, 0) : '*';
  return `${shown}@${domain}`;
}

/**
 * Company codes are public. A sole proprietor's (个体户, 92…) names a person; and 17 digits with a check character may
 * be an identity number that was typed into the wrong field.
 */
function companyCodeText(value: string, level: MaskLevel): Window | string | undefined {
  const code = value.toUpperCase();
  if (!/^[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}$/u.test(code)) return undefined;
  if (/^\d{17}[\dX]$/u.test(code)) return { head: 1, tail: 2 };
  if (!code.startsWith('92')) return value;
  return level === 'tight' ? { head: 1, tail: 2 } : { head: 6, tail: 4 };
}

function keep(characters: readonly string[], head: number, tail: number): string {
  const hidden = characters.length - head - tail;
  const end = tail === 0 ? '' : characters.slice(-tail).join('');
  return characters.slice(0, head).join('') + stars(hidden) + end;
}

function stars(count: number): string {
  return '*'.repeat(Math.min(count, LONGEST_MASK));
}

interface TextPattern {
  readonly kind: MaskKind;
  readonly pattern: RegExp;
}

// Longest numbers first: an identity number contains what looks like a mobile number. Separators are what people and
// platforms put between digits; the bounds keep each pattern linear.
const TEXT_PATTERNS: readonly TextPattern[] = [
  { kind: 'email', pattern: /(?<![\w.+-])[\w.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}/gu },
  { kind: 'idCard', pattern: /(?<!\d)\d{6}[ -]?\d{4}[ -]?\d{4}[ -]?\d{3}[\dXx](?![\dA-Za-z])/gu },
  { kind: 'bankCard', pattern: /(?<!\d)\d(?:[ -]?\d){14,18}(?!\d)/gu },
  { kind: 'mobile', pattern: /(?<!\d)(?:\+?86[ -]?)?1[3-9](?:[ -]?\d){9}(?!\d)/gu },
  { kind: 'landline', pattern: /(?<!\d)0\d{2,3}-?\d{7,8}(?!\d)/gu },
  // A digit too few or too many makes no phone, card or identity number, and still gives its owner away. Not hidden: parts of
  // a longer word (K1234567), amounts (round, with cents, with a unit or a sign before) and days (20261130).
  {
    kind: 'other',
    pattern:
      /(?<![\dA-Za-z*¥￥$_/]|[A-Za-z]-|\d[.,-])(?!\d{4,6}000(?!\d)|20\d{2}[01]\d[0-3]\d(?!\d))\d{7,64}(?![\dA-Za-z*_]|[.,]\d|-\d|\s?[元万块])/gu,
  },
  { kind: 'other', pattern: /(?<![\dA-Za-z*.,-])1[3-9]\d[ -]\d{3,4}[ -]\d{3,5}(?![\dA-Za-z*.,-])/gu },
];

/** Every pattern needs a digit, an at sign or a link. */
const MAY_NEED_MASKING = /[\d@０-９＠]|https?:/u;

/** The secret in a one-time link: what follows the last slash or a parameter's name, too long and too random to be a word. */
const LINK_SECRET = /(?<=https?:\/\/[^\s?#]{1,200}(?:\/|\?[\w-]{1,20}=))[\w-]{24,128}/gu;

/** The free text masked, with the given names hidden as well. */
export function maskTextAndNames(text: string, names: Iterable<string>): string {
  return maskNames(maskText(text), names);
}

/** The text with these names hidden, and nothing else. */
export function maskNames(text: string, names: Iterable<string>): string {
  let masked = text;
  for (const name of names) masked = masked.replaceAll(name, mask('name', name));
  return masked;
}

/**
 * Free text with the numbers in it masked: identity numbers, bank cards, mobile and landline numbers, e-mail addresses; and
 * the secrets of one-time links. Names and addresses cannot be found in free text and stay; full-width digits are found too.
 */
export function maskText(text: string): string {
  if (!MAY_NEED_MASKING.test(text)) return text;
  let masked = text.replaceAll(LINK_SECRET, (secret) => stars(secret.length));
  // Matching runs on the half-width copy; both have the same length, so the places are the same.
  let readable = toHalfWidth(masked);
  for (const { kind, pattern } of TEXT_PATTERNS) {
    const matches = matchesOf(readable, pattern);
    if (matches.length === 0) continue;
    let result = '';
    let from = 0;
    for (const found of matches) {
      result += masked.slice(from, found.index) + mask(kind, compact(kind, found[0]));
      from = found.index + found[0].length;
    }
    masked = result + masked.slice(from);
    readable = toHalfWidth(masked);
  }
  return masked;
}

function compact(kind: MaskKind, found: string): string {
  if (kind === 'email') return found;
  const digits = found.replaceAll(/[ -]/gu, '');
  return kind === 'mobile' ? digits.slice(-11) : digits;
}

/** The text with full-width ASCII (１３８，Ａ) and the ideographic space made half-width; its length never changes. */
export function toHalfWidth(text: string): string {
  return text.replaceAll(/[\uFF01-\uFF5E\u3000]/gu, (wide) =>
    wide === '\u3000' ? ' ' : String.fromCharCode(wide.charCodeAt(0) - 0xfe_e0),
  );
}
