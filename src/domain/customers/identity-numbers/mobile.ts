/** Mobile number of the mainland: 1, then 3 to 9, then nine digits. Carriers cannot be told since number portability. */
import { type NumberCheck, type NumberFault, compact, wrong } from './number-check.ts';

// Segments of resellers (虚拟运营商): valid numbers, but a fact that risk rules look at.
const VIRTUAL = /^1(?:62|65|67|70|71)/u;
// Thirteen digits: the number of a machine (物联网). Nobody reads a message sent there.
const MACHINE = /^1(?:410|440|441|46\d|48\d)\d{9}$/u;

/** What a mobile number tells. */
export interface MobileFacts {
  /** Issued by a reseller (162, 165, 167, 170, 171). */
  readonly virtualOperator: boolean;
}

/** Checks a mobile number; +86, 0086, 86 or 0 before it and spaces, dashes, dots or brackets in it are dropped. */
export function checkMobile(text: string): NumberCheck<MobileFacts> {
  const bare = compact(text, /[\s.()\-‐-―−]/gu);
  const number = bare.replace(/^(?:(?:\+|00)?86|0)(?=1\d{10}$|1\d{12}$)/u, '');
  if (number === '') return wrong('empty', number);
  if (!/^\+?\d+$/u.test(number)) return wrong('characters', number);
  const fault = shapeFault(number);
  if (fault !== undefined) return fault;
  return { valid: true, severity: 'ok', normalised: number, virtualOperator: VIRTUAL.test(number) };
}

function shapeFault(number: string): NumberFault | undefined {
  if (MACHINE.test(number)) return wrong('machine', number);
  if (number.length !== 11) return wrong('length', number, { length: number.length });
  return /^1[3-9]/u.test(number) ? undefined : wrong('segment', number, { segment: number.slice(0, 2) });
}
