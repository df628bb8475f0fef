/** Bank card number (ISO/IEC 7812): 13 to 19 digits, the last one by the Luhn formula over all of them. */
import { type NumberCheck, compact, doubtful, wrong } from './number-check.ts';

/** What a card number tells without a table of issuers. */
export interface BankCardFacts {
  /** 62 is UnionPay's (银联) range. */
  readonly scheme: 'unionPay' | 'other';
}

/**
 * Checks a bank card number. A wrong check digit alone is a warning: passbook numbers and some old cards fail the
 * formula, and the four-factor check of the payment channel decides.
 */
export function checkBankCard(text: string): NumberCheck<BankCardFacts> {
  const number = compact(text, /[\s-]/gu);
  if (number === '') return wrong('empty', number);
  if (!/^\d+$/u.test(number)) return wrong('characters', number);
  if (number.length < 13 || number.length > 19) return wrong('length', number, { length: number.length });
  // Industry 0 of ISO/IEC 7812 issues no payment cards.
  if (number.startsWith('0')) return wrong('issuer', number);
  if (luhnSum(number) % 10 !== 0) return doubtful('checksum', number);
  return { valid: true, severity: 'ok', normalised: number, scheme: number.startsWith('62') ? 'unionPay' : 'other' };
}

function luhnSum(digits: string): number {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits[digits.length - 1 - index]);
    const doubled = index % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum;
}
