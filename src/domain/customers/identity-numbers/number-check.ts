/** What every identity-number check answers, and the small pieces that all of them share. */
import { toHalfWidth } from '../../../lib/mask.ts';

/** Which part of a number is wrong. The sentence for it is the text `identity.<kind>.<part>`. */
export type NumberPart =
  | 'empty'
  | 'length'
  | 'characters'
  | 'region'
  | 'birthDate'
  | 'oldForm'
  | 'registration'
  | 'organisationCode'
  | 'issuer'
  | 'segment'
  | 'machine'
  | 'province'
  | 'serial'
  | 'checksum';

/** A number that is wrong: `warn` when a person may still confirm it, `error` when nobody can. */
export interface NumberFault {
  readonly valid: false;
  readonly severity: 'warn' | 'error';
  readonly part: NumberPart;
  /** Values for the sentence. Never the number itself. */
  readonly params: Readonly<Record<string, string | number>>;
  /** The number as it would be stored if it were right. */
  readonly normalised: string;
}

/** A number that is right, in the form in which it is stored, with what it tells about its owner. */
type ValidNumber<Facts> = { readonly valid: true; readonly severity: 'ok'; readonly normalised: string } & Facts;

/** A right number or a fault. */
export type NumberCheck<Facts = unknown> = ValidNumber<Facts> | NumberFault;

/** A fault nobody can confirm away. */
export function wrong(
  part: NumberPart,
  normalised: string,
  params: Readonly<Record<string, string | number>> = {},
): NumberFault {
  return { valid: false, severity: 'error', part, params, normalised };
}

/** A fault that old or pilot numbers in circulation have too: shown, and taken after a person's confirmation. */
export function doubtful(part: NumberPart, normalised: string): NumberFault {
  return { valid: false, severity: 'warn', part, params: {}, normalised };
}

/** The number as typed in a chat made comparable: half-width, upper case, without spaces and the given separators. */
export function compact(text: string, separators = /\s/gu): string {
  return toHalfWidth(text).replaceAll(separators, '').toUpperCase();
}

/** Σ weight × value, for the check characters of the national standards. */
export function weightedSum(weights: readonly number[], valueAt: (index: number) => number): number {
  let sum = 0;
  for (let index = 0; index < weights.length; index += 1) sum += (weights[index] ?? 0) * valueAt(index);
  return sum;
}
