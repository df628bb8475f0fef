/**
 * Penalty interest (罚息) on what is overdue, and compound interest (复利) on unpaid interest. Each is the base × rate ×
 * days, rounded once; never the sum of rounded days, and never penalty on penalty.
 */
import { daysBetween, type BusinessDate } from '../../lib/business-date.ts';
import { fen, mulDiv, ZERO_FEN, type Fen, type Rounding } from '../../lib/money.ts';
import type { Ratio } from '../../lib/rate.ts';

/**
 * WAIVE_IF_PAID_WITHIN: paid inside the grace costs nothing, later costs every day (Chinese banks' 容时).
 * SHIFT_START: the days of grace are never charged (Frappe Lending).
 */
type GraceMode = 'WAIVE_IF_PAID_WITHIN' | 'SHIFT_START';

/** What a contract says about paying late. */
export interface PenaltyRule {
  /** The penalty rate per year itself: contract rate × 1.3–1.5, × 1.5–2 for misuse (银发〔2003〕251号). */
  readonly annualRate: Ratio;
  readonly basis: 360 | 365;
  /** What the penalty is charged on; interest enters only where the contract agrees 复利. */
  readonly base: 'PRINCIPAL' | 'PRINCIPAL_AND_INTEREST';
  readonly graceDays: number;
  readonly graceMode: GraceMode;
  readonly rounding?: Rounding;
}

/** Days that are charged when something due on one date is paid on another. */
export function penaltyDays(
  dueOn: BusinessDate,
  paidOn: BusinessDate,
  rule: Pick<PenaltyRule, 'graceDays' | 'graceMode'>,
): number {
  const late = daysBetween(dueOn, paidOn);
  if (late <= rule.graceDays) return 0;
  return rule.graceMode === 'SHIFT_START' ? late - rule.graceDays : late;
}

/** The penalty rate of one day, exact. */
export function penaltyPerDay({ annualRate, basis }: Pick<PenaltyRule, 'annualRate' | 'basis'>): Ratio {
  return { num: annualRate.num, den: annualRate.den * BigInt(basis) };
}

/** `base × annualRate × days ÷ basis`, rounded once. */
export function penaltyInterest(
  baseFen: bigint,
  days: number,
  rule: Pick<PenaltyRule, 'annualRate' | 'basis' | 'rounding'>,
): Fen {
  if (days <= 0) return ZERO_FEN;
  const { num, den } = penaltyPerDay(rule);
  return mulDiv(baseFen * BigInt(days), num, den, rule.rounding);
}

/** What an overdue instalment costs by the day it is paid. */
export interface LateCost {
  /** On overdue principal. */
  readonly penaltyFen: Fen;
  /** On overdue interest; zero unless the rule's base includes it. */
  readonly compoundFen: Fen;
}

/** The late cost of one instalment that is paid in full on a date. */
export function lateCost(
  due: { readonly dueOn: BusinessDate; readonly principalFen: bigint; readonly interestFen: bigint },
  paidOn: BusinessDate,
  rule: PenaltyRule,
): LateCost {
  const days = penaltyDays(due.dueOn, paidOn, rule);
  const compounds = rule.base === 'PRINCIPAL_AND_INTEREST';
  return {
    penaltyFen: penaltyInterest(due.principalFen, days, rule),
    compoundFen: compounds ? penaltyInterest(due.interestFen, days, rule) : fen(0n),
  };
}
