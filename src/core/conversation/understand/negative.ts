/** Amounts and terms below zero (-30万, 负12期): nobody means them, and reading them without the sign would hide the slip. */
import { NOTHING, type Findings, type Problem } from './fact.ts';
import { NUMERAL_CHARACTERS } from './numerals.ts';
import { matchesOf } from '../../../lib/matches.ts';

const SIGN = '(?:[-−–]|负)';
/** After a label (金额-30万), a number (20-30万) or a name a dash only separates. */
const NEGATIVE = new RegExp(
  `(?<![^\\s,，。;；:：贷借要是])${SIGN}(?:\\d[\\d,]{0,14}(?:\\.\\d{1,6})?|[${NUMERAL_CHARACTERS}]{1,8})\\s?(?<unit>个月|期|年|万|千|元|块|[wWkK](?![A-Za-z]))`,
  'gu',
);
const LIST_DASHES = /^\s*-[^\n]*\n\s*-/u;
const ANSWER = new RegExp(`(?<![\\d万wW]\\s?)${SIGN}\\s?\\d`, 'u');

/** What is written below zero, as problems `money_negative` and `term_negative`. Lines of a list that begin with a dash are none. */
export function extractNegatives(text: string): Findings {
  if (LIST_DASHES.test(text)) return NOTHING;
  const problems = matchesOf(text, NEGATIVE).flatMap((match): Problem[] => {
    const isTerm = /^(?:个月|期|年)$/u.test(match.groups?.['unit'] ?? '');
    // 30万 -50万 is a range, 30万 -12期 is not.
    if ((isTerm ? /[\d期月年]\s$/u : /[\d万wW]\s$/u).test(text.slice(0, match.index))) return [];
    const span = { start: match.index, end: match.index + match[0].length };
    return isTerm
      ? [{ name: 'term', code: 'term_negative', ...span }]
      : [{ name: 'amount', code: 'money_negative', ...span }];
  });
  return { facts: [], problems };
}

/** Whether the answer to a question for a number begins with a sign: there a dash separates nothing. */
export function isNegative(text: string): boolean {
  return ANSWER.test(text);
}
