/**
 * One instalment while the ledger runs: what it still owes, what was paid and waived of it, and the penalty it gathers.
 * Mutable on purpose, and seen by nobody but the fold; `stateOn` gives the picture others may keep.
 */
import { dayNumber, type BusinessDate } from '../../lib/business-date.ts';
import { fen, mulDiv, ZERO_FEN, type Fen } from '../../lib/money.ts';
import type { Component } from './allocation.ts';
import type { PenaltyRule } from './penalty.ts';
import type { Ratio } from '../../lib/rate.ts';
import type { Instalment } from './schedule-terms.ts';

/**
 * NOT_DUE → DUE on the due date → PARTIAL once something of it is settled, OVERDUE from the day after → PAID, PAID_LATE, or
 * WAIVED when the last of it was forgiven.
 */
export type InstalmentStatus = 'NOT_DUE' | 'DUE' | 'PARTIAL' | 'OVERDUE' | 'PAID' | 'PAID_LATE' | 'WAIVED';

/** One instalment at the end of a day. */
export interface SlotState {
  readonly dueOn: BusinessDate;
  readonly status: InstalmentStatus;
  readonly owedFen: Readonly<Record<Component, Fen>>;
  readonly paidFen: Readonly<Record<Component, Fen>>;
  readonly waivedFen: Readonly<Record<Component, Fen>>;
  /** When the last of it was settled; undefined while something is owed. */
  readonly settledOn: BusinessDate | undefined;
}

type Four = readonly [fee: bigint, penalty: bigint, interest: bigint, principal: bigint];
type Sums = [fee: bigint, penalty: bigint, interest: bigint, principal: bigint];
/** Shared by every slot that owes or has settled nothing, which is most of them; never written to. */
const NONE: Sums = [0n, 0n, 0n, 0n];
const INDEX: Readonly<Record<Component, 0 | 1 | 2 | 3>> = { fee: 0, penalty: 1, interest: 2, principal: 3 };

/** A penalty rule with its rate per day worked out once for all slots of a loan. */
export interface SlotPenalty {
  readonly rule: PenaltyRule;
  readonly perDay: Ratio;
}

/** See the file's head. Days are numbers since 1970, as `dayNumber` gives them. */
export class LedgerSlot {
  readonly dueOn: BusinessDate;
  readonly #penalty: SlotPenalty | undefined;
  #owed: Sums;
  #paid: Sums = NONE;
  #waived: Sums = NONE;
  #owedTotal: bigint;
  /** Σ(overdue base × days) so far, the day it reaches, and the penalty posted for it. */
  #fenDays = 0n;
  #accruedUntil: number | undefined;
  #dueDay: number | undefined;
  #posted = 0n;
  #countsAsPaid = false;
  #settledOn: BusinessDate | undefined;
  #endedByWaiver = false;

  constructor(row: Pick<Instalment, 'dueOn' | 'principalFen' | 'interestFen' | 'totalFen'>, penalty?: SlotPenalty) {
    this.dueOn = row.dueOn;
    this.#penalty = penalty;
    this.#owed = [0n, 0n, row.interestFen, row.principalFen];
    this.#owedTotal = row.totalFen;
  }

  /** All that is still owed of it. */
  get owed(): bigint {
    return this.#owedTotal;
  }

  /** Whether the days past due look past it: settled, or no more than the tolerance was left. */
  get countsAsPaid(): boolean {
    return this.#countsAsPaid;
  }

  get owedPrincipal(): bigint {
    return this.#owed[INDEX.principal];
  }

  /** Adds this slot's amounts to the loan's. */
  addTo(totals: SlotTotals): void {
    addFour(totals.owed, this.#owed);
    addFour(totals.paid, this.#paid);
    addFour(totals.waived, this.#waived);
  }

  /** Adds a cost. */
  charge(amount: bigint): void {
    this.#owed = plus(this.#owed, 'fee', amount);
    this.#owedTotal += amount;
  }

  /** Books principal that was paid early: owed and paid in one. */
  bookPrepaid(amount: bigint): void {
    this.#paid = plus(this.#paid, 'principal', amount);
  }

  /** Takes what the component owes from the money; gives back the rest. */
  settle(component: Component, money: bigint, how: 'paid' | 'waived'): bigint {
    const owed = this.#owed[INDEX[component]];
    if (owed <= 0n || money === 0n) return money;
    const taken = owed < money ? owed : money;
    this.#owed = plus(this.#owed, component, -taken);
    this.#owedTotal -= taken;
    if (how === 'paid') this.#paid = plus(this.#paid, component, taken);
    else this.#waived = plus(this.#waived, component, taken);
    if (this.#owedTotal === 0n) this.#endedByWaiver = how === 'waived';
    return money - taken;
  }

  /** Pays all it owes with money that is known to suffice, whatever the order; gives back the rest. */
  payWhole(money: bigint): bigint {
    const rest = money - this.#owedTotal;
    this.#paid = sum(this.#paid, this.#owed);
    this.#owed = NONE;
    this.#owedTotal = 0n;
    this.#endedByWaiver = false;
    return rest;
  }

  /** Notes on a day whether it is settled, or little enough is left to count as paid. */
  close(on: BusinessDate, tolerance: bigint): void {
    if (this.#owedTotal <= tolerance) this.#countsAsPaid = true;
    if (this.#owedTotal === 0n) this.#settledOn ??= on;
    else this.#settledOn = undefined;
    if (this.#fenDays !== 0n && this.#posted === 0n && this.#base() === 0n) this.#forgiveInGrace(dayNumber(on));
  }

  /** Posts the penalty up to a day: the rounded total to date less what was posted, never rounded days. */
  accrue(day: number): void {
    const penalty = this.#penalty;
    if (penalty === undefined || this.#countsAsPaid) return;
    const base = this.#base();
    if (base > 0n) {
      const from = this.#accruedUntil ?? this.#startDay(penalty.rule);
      if (day <= from) return;
      this.#fenDays += base * BigInt(day - from);
      this.#accruedUntil = day;
    }
    if (this.#fenDays === 0n || this.#isSpared(day)) return;
    const { num, den } = penalty.perDay;
    const total = mulDiv(this.#fenDays, num, den, penalty.rule.rounding);
    this.#owed = plus(this.#owed, 'penalty', total - this.#posted);
    this.#owedTotal += total - this.#posted;
    this.#posted = total;
  }

  /** The picture of the instalment at the end of a day. */
  stateOn(asOf: BusinessDate): SlotState {
    return {
      dueOn: this.dueOn,
      status: this.#status(asOf),
      owedFen: byComponent(this.#owed),
      paidFen: byComponent(this.#paid),
      waivedFen: byComponent(this.#waived),
      settledOn: this.#settledOn,
    };
  }

  #status(asOf: BusinessDate): InstalmentStatus {
    if (this.#settledOn !== undefined) {
      if (this.#endedByWaiver) return 'WAIVED';
      return this.#settledOn > this.dueOn ? 'PAID_LATE' : 'PAID';
    }
    if (asOf < this.dueOn) return 'NOT_DUE';
    if (asOf > this.dueOn && !this.#countsAsPaid) return 'OVERDUE';
    return this.#paid.some((amount) => amount > 0n) ? 'PARTIAL' : 'DUE';
  }

  /** What penalty is charged on. */
  #base(): bigint {
    const principal = this.#owed[INDEX.principal];
    return this.#penalty?.rule.base === 'PRINCIPAL_AND_INTEREST' ? principal + this.#owed[INDEX.interest] : principal;
  }

  #startDay(rule: PenaltyRule): number {
    return this.#dueDayNumber() + (rule.graceMode === 'SHIFT_START' ? rule.graceDays : 0);
  }

  #dueDayNumber(): number {
    return (this.#dueDay ??= dayNumber(this.dueOn));
  }

  #forgiveInGrace(day: number): void {
    if (this.#isSpared(day)) this.#fenDays = 0n;
  }

  /** Inside a grace that forgives everything if it is paid in time. */
  #isSpared(day: number): boolean {
    const rule = this.#penalty?.rule;
    return rule?.graceMode === 'WAIVE_IF_PAID_WITHIN' && day - this.#dueDayNumber() <= rule.graceDays;
  }
}

/** Amounts of many slots together, filled by `addTo`. */
export interface SlotTotals {
  readonly owed: Sums;
  readonly paid: Sums;
  readonly waived: Sums;
}

/** Sums that nothing was added to yet. */
export function noTotals(): SlotTotals {
  return { owed: [0n, 0n, 0n, 0n], paid: [0n, 0n, 0n, 0n], waived: [0n, 0n, 0n, 0n] };
}

function addFour(sums: Sums, four: Four): void {
  if (four === NONE) return;
  const [fee, penalty, interest, principal] = four;
  if (fee !== 0n) sums[0] += fee;
  if (penalty !== 0n) sums[1] += penalty;
  if (interest !== 0n) sums[2] += interest;
  if (principal !== 0n) sums[3] += principal;
}

/** Four amounts under their names. */
export function byComponent(four: Four): Readonly<Record<Component, Fen>> {
  if (four === NONE) return NOTHING;
  const [fee, penalty, interest, principal] = four;
  return { fee: fen(fee), penalty: fen(penalty), interest: fen(interest), principal: fen(principal) };
}

const NOTHING: Readonly<Record<Component, Fen>> = Object.freeze({
  fee: ZERO_FEN,
  penalty: ZERO_FEN,
  interest: ZERO_FEN,
  principal: ZERO_FEN,
});

/** The amounts with one of them changed: in place, unless they are the shared nothing. */
function plus(four: Sums, component: Component, amount: bigint): Sums {
  const own: Sums = four === NONE ? [0n, 0n, 0n, 0n] : four;
  own[INDEX[component]] += amount;
  return own;
}

function sum(a: Sums, b: Sums): Sums {
  if (b === NONE) return a;
  if (a === NONE) return b;
  addFour(a, b);
  return a;
}
