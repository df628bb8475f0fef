/** Filling a schedule row by row: interest rounded once per instalment, and never more principal than is owed. */
import { fen, mulDiv, type Fen, type Rounding } from '../../lib/money.ts';
import type { Ratio } from '../../lib/rate.ts';
import type { Interest, Periods } from './periods.ts';
import type { Instalment, ScheduleTerms } from './schedule-terms.ts';
import { refuseTerms } from './terms-refusal.ts';

/** The rows so far and the balance they leave. */
export class ScheduleRows {
  readonly #rows: Instalment[] = [];
  readonly #terms: ScheduleTerms;
  readonly #periods: Periods;
  readonly #rounding: Rounding;
  #balance: bigint;

  constructor(terms: ScheduleTerms, periods: Periods) {
    this.#terms = terms;
    this.#periods = periods;
    this.#rounding = terms.rounding ?? 'HALF_UP';
    this.#balance = terms.principalFen;
  }

  get count(): number {
    return this.#rows.length;
  }

  get balance(): bigint {
    return this.#balance;
  }

  /** Whether the level amount is rounded to more than a fen. */
  get roundsLevel(): boolean {
    return (this.#terms.roundToFen ?? 1n) > 1n;
  }

  /** The level amount of a factor, rounded once to a fen or to the multiple the terms ask for. */
  roundLevel(factor: Ratio): Fen {
    const unit = this.#terms.roundToFen ?? 1n;
    const level = fen(mulDiv(this.#balance, factor.num, factor.den * unit, this.#rounding) * unit);
    if (level === 0n && unit > 1n) throw refuseTerms('/roundTo', 'round_to.too_coarse');
    return level;
  }

  /** A row with this much principal (never more than is owed) and the period's interest. */
  add(principal: bigint): void {
    const index = this.#rows.length;
    this.#push(index, this.#atMostOwed(principal), this.#interest(index, 'charged'));
  }

  /**
   * A row of a level payment: what the regular interest leaves of it is principal. Over very many unequal periods a long
   * month's interest can exceed a solved payment by a little and the balance grows for that month, as the formula says;
   * but a payment that somebody chose must cover it, and a debt that doubles is no repayment.
   */
  addLevel(level: bigint, chosenAt?: string): void {
    const index = this.#rows.length;
    const regular = this.#interest(index, 'regular');
    if (level <= regular && chosenAt !== undefined) throw refuseTerms(chosenAt, 'payment.below_interest');
    const charged = index === 0 ? this.#interest(index, 'charged') : regular;
    this.#push(index, this.#atMostOwed(level - regular), charged);
    if (this.#balance > 2n * this.#terms.principalFen) throw refuseTerms('/annualRatePct', 'instalment.below_interest');
  }

  /** The last row: all that is still owed. */
  addLast(): void {
    this.add(this.#balance);
  }

  /** One row for the whole term of `count` periods. */
  addWhole(count: number): void {
    const { num, den } = this.#periods.interestOfAll(count);
    this.#push(count - 1, this.#balance, mulDiv(this.#balance, num, den, this.#rounding));
  }

  /** What would settle the loan with the next row. */
  owedNext(): bigint {
    return this.#balance + this.#interest(this.#rows.length, 'charged');
  }

  /** Whether a payment would not even reduce the debt in the first regular period (exact, before rounding). */
  firstInterestExceeds(payment: bigint): boolean {
    const { num, den } = this.#periods.interest(0, 'regular');
    return payment * den <= this.#balance * num;
  }

  done(): readonly Instalment[] {
    return this.#rows;
  }

  #atMostOwed(principal: bigint): bigint {
    return principal < this.#balance ? principal : this.#balance;
  }

  #interest(index: number, which: Interest): bigint {
    const terms = this.#terms;
    if (terms.method === 'FLAT') {
      return mulDiv(terms.principalFen, terms.feeRatePerPeriod.num, terms.feeRatePerPeriod.den, this.#rounding);
    }
    const { num, den } = this.#periods.interest(index, which);
    return mulDiv(this.#balance, num, den, this.#rounding);
  }

  #push(index: number, principal: bigint, interest: bigint): void {
    this.#balance -= principal;
    this.#rows.push({
      number: this.#rows.length + 1,
      dueOn: this.#periods.dueOn(index),
      contractDueOn: this.#periods.contractDueOn(index),
      principalFen: fen(principal),
      interestFen: fen(interest),
      totalFen: fen(principal + interest),
      balanceFen: fen(this.#balance),
    });
  }
}
