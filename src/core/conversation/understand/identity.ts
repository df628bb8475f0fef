/** Resident identity numbers (GB 11643): 18 characters with a calendar date and an ISO 7064 MOD 11-2 check character. */
import { parseBusinessDate } from '../../../lib/business-date.ts';
import type { Fact, Findings, Problem } from './fact.ts';
import { matchesOf } from '../../../lib/matches.ts';

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2] as const;
const CHECK_CHARACTERS = '10X98765432';
const CANDIDATE = /(?<![\dA-Za-z])(?<number>[1-9]\d{5}\s?(?:\d{8}\s?\d{3}[\dXx]|\d{9}))(?![\dA-Za-z])/gu;
const CLAIMED = /(?:身份证号?码?|证件号码?|identity number|id number)(?:是|为|[:：\s])*(?<number>\d[\dXx\s]{6,24})/giu;

/** Upper-case 18 characters, or why not: `identity_length`, `identity_date`, `identity_checksum`. */
export function parseIdentityNumber(text: string): { readonly value: string } | { readonly code: string } {
  const number = text.replaceAll(/[\s-]/gu, '').toUpperCase();
  if (!/^\d{17}[\dX]$/u.test(number)) return { code: 'identity_length' };
  const born = `${number.slice(6, 10)}-${number.slice(10, 12)}-${number.slice(12, 14)}`;
  if (parseBusinessDate(born) === undefined) return { code: 'identity_date' };
  const sum = WEIGHTS.reduce((total, weight, index) => total + weight * Number(number[index]), 0);
  return CHECK_CHARACTERS[sum % 11] === number[17] ? { value: number } : { code: 'identity_checksum' };
}

/** Identity numbers in the text, and what is meant as one but is wrong. */
export function extractIdentityNumbers(text: string): Findings {
  const facts: Fact[] = [];
  const problems: Problem[] = [];
  for (const match of [...matchesOf(text, CANDIDATE), ...matchesOf(text, CLAIMED)]) {
    const written = match.groups?.['number'] ?? '';
    const start = match.index + match[0].indexOf(written);
    const end = start + written.trimEnd().length;
    if (facts.some((fact) => fact.start === start) || problems.some((fault) => fault.start === start)) continue;
    const parsed = parseIdentityNumber(written);
    if ('value' in parsed) facts.push({ name: 'identityNumber', value: parsed.value, start, end, confidence: 0.99 });
    else problems.push({ name: 'identityNumber', code: parsed.code, start, end });
  }
  return { facts, problems };
}
