/**
 * One loan's ledger while it runs. Due dates and penalty happen inside; money beyond what is due becomes a credit balance
 * (溢缴款) and settles the next instalment on its due date.
 */
import { dayNumber, type BusinessDate } from '../../lib/business-date.ts';
import { fen, ZERO_FEN, type Fen } from '../../lib/money.ts';
import { DEFAULT_ALLOCATION, type AllocationRule, type Component } from './allocation.ts';
import { dpdOn, type DpdChange } from './dpd-history.ts';
import { bucketOf, reportedDays, type OverdueRule } from './dpd.ts';
import { NO_CALENDAR, type HolidayCalendar } from './holiday.ts';
import type { MoneyEvent } from './ledger-events.ts';
import { byComponent, LedgerSlot, noTotals, type SlotPenalty, type SlotState, type SlotTotals } from './ledger-slot.ts';
import { penaltyPerDay, type PenaltyRule } from './penalty.ts';
import { partialPrepayment, payoffQuote, type Accrued, type InterestBearingTerms } from './prepayment.ts';
import type { Instalment } from './schedule-terms.ts';
import { refuseTerms } from './terms-refusal.ts';
import { WAIVER_ORDER } from './waiver.ts';

/** The contract as the ledger needs it. */
export interface LedgerTerms {
  readonly schedule: readonly Instalment[];
  readonly allocation?: AllocationRule;
  /** Without a rule, late money costs nothing. */
  readonly penalty?: PenaltyRule;
  /** Grace, tolerance and buckets of the days past due; the penalty's grace is its own. */
  readonly overdue?: OverdueRule;
  /** What the schedule follows from; needed to rewrite it when principal is paid early. */
  readonly plan?: InterestBearingTerms;
  readonly calendar?: HolidayCalendar;
}

/** Where a loan stands at the end of a day. */
export interface LedgerState {
  readonly asOf: BusinessDate;
  /** Principal not repaid yet, whether due or not. */
  readonly principalFen: Fen;
  /** What is due and unpaid, per component. */
  readonly dueFen: Readonly<Record<Component, Fen>>;
  /** All that was paid and waived so far, per component. */
  readonly paidFen: Readonly<Record<Component, Fen>>;
  readonly waivedFen: Readonly<Record<Component, Fen>>;
  readonly creditFen: Fen;
  readonly refundedFen: Fen;
  /** The instalments, and beside them, by date, principal paid early and costs charged after the last one. */
  readonly instalments: readonly SlotState[];
  /** What is past its due date and above the tolerance. */
  readonly overdueFen: Fen;
  readonly dpd: number;
  readonly bucket: string;
  readonly dpdHistory: readonly DpdChange[];
}

/** One loan's running ledger. Facts must come in the order of `compareEvents`, without reversals: `replay` sees to both. */
export class LoanLedger {
  readonly #terms: LedgerTerms;
  readonly #rule: AllocationRule;
  readonly #tolerance: bigint;
  readonly #penalty: SlotPenalty | undefined;
  readonly #history: DpdChange[] = [];
  readonly #slots: LedgerSlot[];
  /** Slots before this index owe nothing; slots before `#due` have fallen due. */
  #first = 0;
  #due = 0;
  #credit = 0n;
  #refunded = 0n;
  #plan: { readonly terms: InterestBearingTerms; readonly accrued?: Accrued } | undefined;

  constructor(terms: LedgerTerms) {
    this.#terms = terms;
    this.#rule = terms.allocation ?? DEFAULT_ALLOCATION;
    this.#tolerance = terms.overdue?.toleranceFen ?? 0n;
    this.#penalty = terms.penalty && { rule: terms.penalty, perDay: penaltyPerDay(terms.penalty) };
    this.#slots = terms.schedule.map((row) => new LedgerSlot(row, this.#penalty));
    this.#plan = terms.plan === undefined ? undefined : { terms: terms.plan };
  }

  /** Lets one fact happen. */
  apply(event: MoneyEvent): void {
    this.#advance(event.on);
    switch (event.kind) {
      case 'PAYMENT':
        this.#credit += this.#settle(event.amountFen, event.on, 'paid');
        break;
      case 'FEE':
        this.#charge(event.amountFen, event.on);
        break;
      case 'WAIVER':
        this.#settle(event.amountFen, event.on, 'waived');
        break;
      case 'PREPAYMENT':
        this.#prepay(event, this.#settle(event.amountFen, event.on, 'paid'));
        break;
      case 'REFUND':
        if (event.amountFen > this.#credit) throw refuseTerms('/events', 'ledger.refund_exceeds_credit');
        this.#credit -= event.amountFen;
        this.#refunded += event.amountFen;
        break;
    }
    this.#noteOldest(event.on);
  }

  /** The state at the end of a day that is not before the last fact. */
  stateOn(asOf: BusinessDate): LedgerState {
    this.#advance(asOf);
    this.#noteOldest(asOf);
    const open = this.#slots.slice(this.#first, this.#due);
    const late = open.filter((slot) => slot.dueOn < asOf && !slot.countsAsPaid);
    const totals = totalsOf(this.#slots);
    const rule = this.#terms.overdue ?? {};
    const dpd = reportedDays(dpdOn(this.#history, asOf), rule);
    const oldest = late[0]?.dueOn ?? asOf;
    return {
      asOf,
      principalFen: byComponent(totals.owed).principal,
      dueFen: byComponent(totalsOf(open).owed),
      paidFen: byComponent(totals.paid),
      waivedFen: byComponent(totals.waived),
      creditFen: fen(this.#credit),
      refundedFen: fen(this.#refunded),
      instalments: this.#slots.map((slot) => slot.stateOn(asOf)),
      overdueFen: fen(sumOf(late, (slot) => slot.owed)),
      dpd,
      bucket: bucketOf({ dpd, missed: late.length, oldest, asOf }, rule.buckets),
      dpdHistory: [...this.#history],
    };
  }

  /** Brings due dates and penalty up to a day; a credit balance settles each instalment as it falls due. */
  #advance(on: BusinessDate): void {
    for (;;) {
      const next = this.#slots[this.#due];
      if (next === undefined || next.dueOn > on) break;
      this.#due += 1;
      next.close(next.dueOn, this.#tolerance);
      if (this.#credit > 0n) {
        this.#accrue(next.dueOn);
        this.#credit = this.#settle(this.#credit, next.dueOn, 'paid');
      }
      // Whoever advances notes the state of `on` itself, after what happens on that day.
      if (next.dueOn < on) this.#noteOldest(next.dueOn);
    }
    this.#accrue(on);
  }

  #accrue(on: BusinessDate): void {
    if (this.#penalty === undefined) return;
    const oldest = this.#slots[this.#first];
    if (oldest === undefined || this.#first >= this.#due || oldest.dueOn >= on) return;
    const day = dayNumber(on);
    for (let index = this.#first; index < this.#due; index += 1) {
      const slot = this.#slots[index];
      if (slot !== undefined && slot.dueOn < on) slot.accrue(day);
    }
  }

  /** Settles what is due, by the rule; gives back what nothing took. */
  #settle(amount: bigint, on: BusinessDate, how: 'paid' | 'waived'): bigint {
    const rule = how === 'paid' ? this.#rule : WAIVER_ORDER;
    let left = amount;
    if (rule.mode === 'HORIZONTAL') {
      for (let index = this.#first; index < this.#due && left > 0n; index += 1) {
        const slot = this.#slots[index];
        if (slot === undefined) break;
        if (how === 'paid' && slot.owed <= left) left = slot.payWhole(left);
        else for (const component of rule.order) left = slot.settle(component, left, how);
      }
    } else {
      for (const component of rule.order) {
        for (let index = this.#first; index < this.#due && left > 0n; index += 1) {
          left = this.#slots[index]?.settle(component, left, how) ?? left;
        }
      }
    }
    this.#close(on);
    return left;
  }

  #close(on: BusinessDate): void {
    let isPrefix = true;
    for (let index = this.#first; index < this.#due; index += 1) {
      const slot = this.#slots[index];
      if (slot === undefined) break;
      slot.close(on, this.#tolerance);
      isPrefix &&= slot.owed === 0n;
      if (isPrefix) this.#first = index + 1;
    }
  }

  /** Writes down when the oldest unpaid due date changes; a change undone on the same day leaves no trace. */
  #noteOldest(on: BusinessDate): void {
    let oldest: BusinessDate | undefined;
    for (let index = this.#first; index < this.#due && oldest === undefined; index += 1) {
      const slot = this.#slots[index];
      if (slot !== undefined && !slot.countsAsPaid) oldest = slot.dueOn;
    }
    if (this.#history.at(-1)?.on === on) this.#history.pop();
    if (this.#history.at(-1)?.oldestUnpaidOn !== oldest) this.#history.push({ on, oldestUnpaidOn: oldest });
  }

  #charge(amount: bigint, on: BusinessDate): void {
    const open = this.#slots.slice(this.#first).find((slot) => !slot.countsAsPaid);
    if (open !== undefined) {
      open.charge(amount);
      return;
    }
    this.#slots.push(new LedgerSlot({ dueOn: on, principalFen: ZERO_FEN, interestFen: ZERO_FEN, totalFen: ZERO_FEN }));
    this.#slots.at(-1)?.charge(amount);
    this.#due = this.#slots.length;
  }

  #prepay(event: MoneyEvent & { readonly kind: 'PREPAYMENT' }, left: bigint): void {
    if (left === 0n) return;
    const owed = sumOf(this.#slots.slice(this.#due), (slot) => slot.owedPrincipal);
    if (owed === 0n) {
      this.#credit += left;
      return;
    }
    if (this.#plan === undefined) throw refuseTerms('/events', 'ledger.plan_missing');
    const request = {
      ...this.#plan,
      asOf: event.on,
      dayCount: event.dayCount,
      calendar: this.#terms.calendar ?? NO_CALENDAR,
    };
    if (left >= owed) {
      const { interestFen } = payoffQuote(request, { num: 0n, den: 1n });
      const row = { dueOn: event.on, principalFen: fen(owed), interestFen, totalFen: fen(owed + interestFen) };
      this.#slots.splice(this.#due, this.#slots.length, new LedgerSlot(row, this.#penalty));
      this.#due += 1;
      this.#credit += this.#settle(left, event.on, 'paid');
      return;
    }
    const { terms, accrued, instalments } = partialPrepayment(request, left, event.mode);
    this.#plan = { terms, accrued };
    const prepaid = new LedgerSlot({
      dueOn: event.on,
      principalFen: ZERO_FEN,
      interestFen: ZERO_FEN,
      totalFen: ZERO_FEN,
    });
    prepaid.bookPrepaid(left);
    prepaid.close(event.on, 0n);
    const rest = instalments.map((row) => new LedgerSlot(row, this.#penalty));
    this.#slots.splice(this.#due, this.#slots.length, prepaid, ...rest);
    this.#due += 1;
  }
}

function totalsOf(slots: readonly LedgerSlot[]): SlotTotals {
  const totals = noTotals();
  for (const slot of slots) slot.addTo(totals);
  return totals;
}

function sumOf(slots: readonly LedgerSlot[], amount: (slot: LedgerSlot) => bigint): bigint {
  return slots.reduce((sum, slot) => sum + amount(slot), 0n);
}
