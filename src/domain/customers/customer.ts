/** What a customer is found by, and how his personal values are shown. Pure. */
import { mask } from '../../lib/mask.ts';

/** K305; accepted in chat, command and API, in either case of the letter. */
export function customerNumber(number: number): string {
  return `K${number}`;
}

/** 305 for K305; `undefined` for anything else, a number without its letter too. */
export function parseCustomerNumber(text: string): number | undefined {
  const match = /^[Kk](\d{1,9})$/.exec(text.trim());
  return match ? Number(match[1]) : undefined;
}

/** The number of an application (A1087) or a loan (L0456): a customer is found by his papers as well. */
export interface PaperNumber {
  readonly of: 'application' | 'loan';
  readonly number: number;
}

/** L0456: a letter and at least four digits. */
export function loanNumber(number: number): string {
  return `L${String(number).padStart(4, '0')}`;
}

/** In either case of the letter; `undefined` for anything else. */
export function parsePaperNumber(text: string): PaperNumber | undefined {
  const match = /^([AL])(\d{1,9})$/i.exec(text.trim());
  return match ? { of: match[1]?.toUpperCase() === 'A' ? 'application' : 'loan', number: Number(match[2]) } : undefined;
}

const PHONE = /^(?:\+?86)?(1[3-9]\d{9})$/;

/** A mainland mobile number in its stored form, 11 digits; `undefined` for anything else. */
export function normalPhone(text: string): string | undefined {
  return PHONE.exec(text.replaceAll(/[\s()-]/g, ''))?.[1];
}

/** What a phone may also be found by: its last four digits. */
export function phoneLookups(phone: string): readonly string[] {
  return [`last4:${phone.slice(-4)}`];
}

/** The name without its polite form: 程甲先生 → 程甲. */
export function bareName(name: string): string {
  return name.replace(/(女士|先生|小姐|总|老板|阿姨|师傅)$/, '');
}

/** What a name may also be found by: its beginnings, and itself without the polite form (何女士 → 何). */
export function nameLookups(name: string): readonly string[] {
  const bare = bareName(name);
  const letters = Array.from(bare);
  return letters.map((_letter, index) => `prefix:${letters.slice(0, index + 1).join('')}`);
}

/** As everybody may see it: the first three and the last four digits. */
export function maskedPhone(phone: string): string {
  return mask('mobile', phone);
}

/** As everybody may see it: the first character. */
export function maskedName(name: string): string {
  return mask('name', name);
}

/** How a search term is meant. */
export type CustomerQuery =
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'paper'; readonly paper: PaperNumber }
  | { readonly kind: 'phone'; readonly phone: string }
  | { readonly kind: 'last4'; readonly digits: string }
  | { readonly kind: 'name'; readonly name: string };

/** What is nothing else is a name; `undefined` for nothing at all or more than 64 characters. */
export function parseCustomerQuery(text: string): CustomerQuery | undefined {
  const term = text.trim();
  if (term === '' || term.length > 64) return undefined;
  const number = parseCustomerNumber(term);
  if (number !== undefined) return { kind: 'number', number };
  const paper = parsePaperNumber(term);
  if (paper !== undefined) return { kind: 'paper', paper };
  const phone = normalPhone(term);
  if (phone !== undefined) return { kind: 'phone', phone };
  if (/^\d{4}$/.test(term)) return { kind: 'last4', digits: term };
  return { kind: 'name', name: term };
}
