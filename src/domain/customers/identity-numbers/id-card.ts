/**
 * Resident identity number (居民身份证号码, GB 11643): region 6, birth date 8, sequence 3, check character 1
 * (ISO 7064 MOD 11-2). Also residence permits of Hong Kong, Macao and Taiwan residents (81, 82, 83) and the
 * permanent residence card for foreigners of 2023 (9, province 2, nationality 3).
 */
import { type BusinessDate, addMonths, parseBusinessDate } from '../../../lib/business-date.ts';
import { type NumberCheck, type NumberFault, compact, weightedSum, wrong } from './number-check.ts';
import { isProvince } from './province.ts';

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECK_CHARACTERS = '10X98765432';
// No holder of a number is older than this; a date further back is a typing error.
const OLDEST_AGE_MONTHS = 150 * 12;

/** What an identity number tells. */
export interface IdCardFacts {
  readonly birthDate: BusinessDate;
  readonly sex: 'male' | 'female';
  /** The division code (first six digits); for a foreigner's card 9, province and nationality. */
  readonly region: string;
}

/**
 * Checks an identity number as of `today` (nobody is born later). The old 15-digit form is an error: it may be searched
 * for (`upgradeOldIdCard`), not stored. A wrong check character is an error too.
 */
export function checkIdCard(text: string, today: BusinessDate): NumberCheck<IdCardFacts> {
  const number = compact(text);
  if (number === '') return wrong('empty', number);
  if (number.length !== 18) return lengthFault(number);
  if (!/^\d{17}[\dX]$/u.test(number)) return wrong('characters', number);
  if (!isRegion(number)) return wrong('region', number, { region: number.slice(0, 2) });
  const birthDate = parseBusinessDate(`${number.slice(6, 10)}-${number.slice(10, 12)}-${number.slice(12, 14)}`);
  if (birthDate === undefined || birthDate > today || birthDate < addMonths(today, -OLDEST_AGE_MONTHS)) {
    return wrong('birthDate', number);
  }
  if (checkCharacter(number) !== number[17]) return wrong('checksum', number);
  const sex = Number(number[16]) % 2 === 1 ? 'male' : 'female';
  return { valid: true, severity: 'ok', normalised: number, birthDate, sex, region: number.slice(0, 6) };
}

function lengthFault(number: string): NumberFault {
  const old = upgradeOldIdCard(number);
  return old === undefined ? wrong('length', number, { length: number.length }) : wrong('oldForm', number);
}

function isRegion(number: string): boolean {
  // Residents of Hong Kong, Macao and Taiwan have one code each; foreigners 9 + province + nationality (ISO 3166 numeric).
  if (number.startsWith('9')) return isProvince(number.slice(1, 3)) && number.slice(3, 6) !== '000';
  if (/^8[123]/u.test(number)) return number.slice(2, 6) === '0000';
  return isProvince(number.slice(0, 2));
}

function checkCharacter(number: string): string | undefined {
  return CHECK_CHARACTERS[weightedSum(WEIGHTS, (index) => Number(number[index])) % 11];
}

/**
 * The 18-character form of a 15-digit number (issued until 1999), for searching; `undefined` when it is none.
 * The century is always 19: nobody born later was given one.
 */
export function upgradeOldIdCard(text: string): string | undefined {
  const number = compact(text);
  if (!/^\d{15}$/u.test(number) || !isProvince(number.slice(0, 2))) return undefined;
  const longer = `${number.slice(0, 6)}19${number.slice(6)}`;
  const birthDate = `${longer.slice(6, 10)}-${longer.slice(10, 12)}-${longer.slice(12, 14)}`;
  if (parseBusinessDate(birthDate) === undefined) return undefined;
  return `${longer}${checkCharacter(longer) ?? ''}`;
}

/**
 * Full years on a date; the birthday itself already counts (民法典 counts from the day after: we chose the usual
 * banking reading). Somebody born on 29 February has the birthday on 1 March in a common year. Negative before birth.
 */
export function ageOn(birthDate: BusinessDate, on: BusinessDate): number {
  const years = Number(on.slice(0, 4)) - Number(birthDate.slice(0, 4));
  return on.slice(5) < birthDate.slice(5) ? years - 1 : years;
}
