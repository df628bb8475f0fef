/**
 * What a loan may cost at most, by who lends and when the contract was made (lending reference §2.4). Every limit is a
 * dated row that a deployment can extend; this file only reads rows. The rows known today are in cap-rows.ts.
 */
import type { BusinessDate } from '../../lib/business-date.ts';
import { compareRatio, mulRatio, ratio, type Ratio } from '../../lib/rate.ts';

/** Who lends, as the law tells lenders apart. */
export type LenderType =
  | 'PRIVATE'
  | 'MICRO_LENDER'
  | 'BANK_WITH_PLATFORM'
  | 'CONSUMER_FINANCE'
  | 'FINANCIAL_INSTITUTION';

/** A limit: a multiple of the loan prime rate of the contract date, or a rate per year. */
type CapLimit =
  | { readonly kind: 'LPR_MULTIPLE'; readonly multiple: string; readonly tenor: 'oneYear' | 'fiveYear' }
  | { readonly kind: 'RATE'; readonly annualRate: string };

/** One dated limit. A later row of the same lender and purpose replaces an earlier one from its first day. */
export interface CapRow {
  readonly lenderType: LenderType;
  readonly effectiveFrom: BusinessDate;
  /** The last day it holds, where the law named one; otherwise until the next row. */
  readonly effectiveTo?: BusinessDate;
  readonly limit: CapLimit;
  /** REFUSE: such a loan must not be made. WARN: a court may cut it, or the source is guidance. */
  readonly action: 'REFUSE' | 'WARN';
  readonly source: string;
  /** How sure the source is: high, medium, low. */
  readonly certainty: 'H' | 'M' | 'L';
}

/** One announcement of the loan prime rate, as decimal fractions ("0.03"). */
export interface LprRow {
  readonly on: BusinessDate;
  readonly oneYear: string;
  readonly fiveYear: string;
  readonly source: string;
}

/** The rows a check reads. */
export interface CapTables {
  readonly caps: readonly CapRow[];
  readonly lprs: readonly LprRow[];
}

/** The limit for a contract, or why there is none. */
export type Cap =
  | { readonly kind: 'capped'; readonly annualRate: Ratio; readonly row: CapRow; readonly lpr: LprRow | undefined }
  | { readonly kind: 'uncapped' }
  /** A multiple of a rate nobody announced yet on that date. */
  | { readonly kind: 'lpr_missing'; readonly row: CapRow };

/** The limit that holds for a contract made on a date, with the loan prime rate of that date. */
export function capOn(lenderType: LenderType, contractOn: BusinessDate, tables: CapTables): Cap {
  const row = latest(
    tables.caps.filter((cap) => cap.lenderType === lenderType && (cap.effectiveTo ?? contractOn) >= contractOn),
    (cap) => cap.effectiveFrom,
    contractOn,
  );
  if (row === undefined) return { kind: 'uncapped' };
  if (row.limit.kind === 'RATE')
    return { kind: 'capped', annualRate: ratio(row.limit.annualRate), row, lpr: undefined };
  const lpr = latest(tables.lprs, (announced) => announced.on, contractOn);
  if (lpr === undefined) return { kind: 'lpr_missing', row };
  return { kind: 'capped', annualRate: mulRatio(ratio(row.limit.multiple), ratio(lpr[row.limit.tenor])), row, lpr };
}

/** Whether an all-in annual rate (a fraction) stays within a limit; exactly at the limit is within. */
export function isWithinCap(annualRate: Ratio, cap: Cap & { readonly kind: 'capped' }): boolean {
  return compareRatio(annualRate, cap.annualRate) <= 0;
}

function latest<T>(rows: readonly T[], from: (row: T) => BusinessDate, on: BusinessDate): T | undefined {
  let found: T | undefined;
  for (const row of rows) {
    if (from(row) <= on && (found === undefined || from(row) > from(found))) found = row;
  }
  return found;
}
