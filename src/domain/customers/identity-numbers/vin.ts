/** Vehicle identification number (GB 16735, ISO 3779): 17 characters without I, O and Q; position 9 checks the rest. */
import { type NumberCheck, compact, doubtful, weightedSum, wrong } from './number-check.ts';

const WEIGHTS = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
const LETTERS = 'ABCDEFGHJKLMNPRSTUVWXYZ';
const LETTER_VALUES = '12345678123457923456789';

/** What a VIN tells. */
export interface VinFacts {
  /** World manufacturer identifier, the first three characters; L is China. */
  readonly manufacturer: string;
}

/** Checks a VIN. A wrong check digit is a warning: GB 16735 does not bind makers outside North America to it. */
export function checkVin(text: string): NumberCheck<VinFacts> {
  const vin = compact(text, /[\s-]/gu);
  if (vin === '') return wrong('empty', vin);
  if (vin.length !== 17) return wrong('length', vin, { length: vin.length });
  if (!/^[A-HJ-NPR-Z0-9]{17}$/u.test(vin)) return wrong('characters', vin);
  if (checkDigit(vin) !== vin[8]) return doubtful('checksum', vin);
  return { valid: true, severity: 'ok', normalised: vin, manufacturer: vin.slice(0, 3) };
}

function checkDigit(vin: string): string {
  const rest = weightedSum(WEIGHTS, (index) => valueOf(vin[index] ?? '0')) % 11;
  return rest === 10 ? 'X' : String(rest);
}

function valueOf(character: string): number {
  const letter = LETTERS.indexOf(character);
  return letter === -1 ? Number(character) : Number(LETTER_VALUES[letter]);
}
