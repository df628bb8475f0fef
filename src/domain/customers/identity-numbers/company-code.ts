/**
 * Unified social credit code (统一社会信用代码, GB 32100-2015): registration office 1, category 1, division 6,
 * organisation code 9 (GB 11714, with a check character of its own), check character 1.
 */
import { type NumberCheck, compact, doubtful, weightedSum, wrong } from './number-check.ts';
import { isProvince } from './province.ts';

const ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY';
/** 3^i mod 31. */
const WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
const ORGANISATION_ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const ORGANISATION_WEIGHTS = [3, 7, 9, 10, 5, 8, 4, 2];

// Office and category (GB 32100 table 1 with its later additions): 1 establishment office, 2 foreign affairs,
// 3 justice, 4 culture, 5 civil affairs, 6 tourism, 7 religion, 8 trade unions, 9 market supervision,
// A military, N agriculture, Y others.
const REGISTRATION = /^(?:1[1239]|2[19]|3[1-59]|4[19]|5[1239]|6[129]|7[129]|8[19]|9[1239]|A[19]|N[1239]|Y1)/u;

/** What a company code tells. */
export interface CompanyCodeFacts {
  readonly category: 'company' | 'soleProprietor' | 'cooperative' | 'other';
  /** The organisation code (组织机构代码), nine characters. */
  readonly organisationCode: string;
}

/**
 * Checks a company code. A wrong check character alone is a warning: codes of the pilot cities are in circulation that
 * never satisfied the formula.
 */
export function checkCompanyCode(text: string): NumberCheck<CompanyCodeFacts> {
  const code = compact(text, /[\s-]/gu);
  if (code === '') return wrong('empty', code);
  if (code.length !== 18) return wrong('length', code, { length: code.length });
  if (!/^[0-9A-HJ-NPQRTUWXY]{18}$/u.test(code)) return wrong('characters', code);
  if (!/^\d{6}$/u.test(code.slice(2, 8)) || !isDivision(code.slice(2, 4))) return wrong('region', code);
  if (!REGISTRATION.test(code)) return doubtful('registration', code);
  if (checkCharacter(code) !== code[17]) return doubtful('checksum', code);
  const organisationCode = code.slice(8, 17);
  if (organisationCheck(organisationCode) !== organisationCode[8]) return doubtful('organisationCode', code);
  return { valid: true, severity: 'ok', normalised: code, category: categoryOf(code), organisationCode };
}

// 10 stands for the state's own offices.
function isDivision(digits: string): boolean {
  return digits === '10' || isProvince(digits);
}

function checkCharacter(code: string): string | undefined {
  const sum = weightedSum(WEIGHTS, (index) => ALPHABET.indexOf(code[index] ?? ''));
  return ALPHABET[(31 - (sum % 31)) % 31];
}

function organisationCheck(code: string): string {
  const sum = weightedSum(ORGANISATION_WEIGHTS, (index) => ORGANISATION_ALPHABET.indexOf(code[index] ?? ''));
  const value = (11 - (sum % 11)) % 11;
  return value === 10 ? 'X' : String(value);
}

function categoryOf(code: string): CompanyCodeFacts['category'] {
  if (code.startsWith('91')) return 'company';
  if (code.startsWith('92')) return 'soleProprietor';
  return code.startsWith('93') ? 'cooperative' : 'other';
}
