/**
 * Two customers in one message (王先生 138… 10万 装修；李女士 139… 20万 周转): where one ends and the next begins. One form holds
 * one customer; what is said of the others must not be mixed into it.
 */
import { extractMoney } from './money.ts';
import { blank, toSimplified } from './normalise.ts';
import { extractNames } from './person-name.ts';
import { extractPhones, hasTwoMobiles } from './phone.ts';
import { toHalfWidth } from '../../../lib/mask.ts';

/** A semicolon, a full stop or a new line parts customers; a comma only where both sides leave no doubt. */
const STRONG = /[;；。\n]/u;
const WEAK = /[;；。\n,，、]/u;

interface Piece {
  readonly text: string;
  readonly phone: string | undefined;
  readonly isNamed: boolean;
  readonly hasAmount: boolean;
}

/**
 * The message parted by customer, in order; one part when it speaks of one. A further customer must have a phone of his own,
 * and a name or an amount (both, after a comma): the second number of the same person, or his wife's, is no customer.
 */
export function partCustomers(text: string): readonly string[] {
  const plain = toSimplified(toHalfWidth(text));
  if (!hasTwoMobiles(plain)) return [text];
  const strong = join(piecesOf(plain, STRONG), (piece) => piece.isNamed || piece.hasAmount);
  const parts = strong.length > 1 ? strong : join(piecesOf(plain, WEAK), (piece) => piece.isNamed && piece.hasAmount);
  let at = 0;
  return parts.map(({ length }) => text.slice(at, (at += length)));
}

/** Who a part speaks of, to be named to the person who wrote it. */
export interface Heard {
  readonly name: string;
  readonly phone: string;
}

/** Name ('' when none) and phone of a part. */
export function whoIs(part: string): Heard {
  const plain = toSimplified(toHalfWidth(part));
  const name = extractNames(plain)[0];
  return {
    name: name ? part.slice(name.start, name.end) : '',
    phone: String(extractPhones(plain).facts[0]?.value ?? ''),
  };
}

function piecesOf(text: string, separator: RegExp): readonly Piece[] {
  const ends: number[] = [];
  for (let at = 0; at < text.length; at += 1) if (separator.test(text.charAt(at))) ends.push(at + 1);
  return [...ends, text.length].map((end, index) => pieceOf(text.slice(ends[index - 1] ?? 0, end)));
}

function pieceOf(text: string): Piece {
  const phones = extractPhones(text).facts;
  const rest = blank(text, phones);
  return {
    text,
    phone: phones.length > 0 ? String(phones[0]?.value) : undefined,
    isNamed: extractNames(rest).length > 0,
    hasAmount: extractMoney(rest).facts.some((fact) => fact.name === 'amount'),
  };
}

/** Pieces without a customer of their own belong to the part before them. */
function join(pieces: readonly Piece[], isCustomer: (piece: Piece) => boolean): readonly string[] {
  const parts: string[] = [];
  let phones: readonly string[] = [];
  for (const piece of pieces) {
    const isNext = piece.phone !== undefined && isCustomer(piece) && phones.length > 0 && !phones.includes(piece.phone);
    if (isNext || parts.length === 0) parts.push(piece.text);
    else parts.push(`${parts.pop() ?? ''}${piece.text}`);
    if (piece.phone !== undefined) phones = [...phones, piece.phone];
  }
  return parts;
}
