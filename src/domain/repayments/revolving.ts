/**
 * 随借随还: simple daily interest on what is in use. There is no schedule before money is drawn; the rows say what each
 * stretch between two events cost, so a bill at any event is the sum of the rows since the last one.
 */
import { daysBetween, type BusinessDate } from '../../lib/business-date.ts';
import { fen, mulDiv, ZERO_FEN, type Rounding } from '../../lib/money.ts';
import type { Ratio } from '../../lib/rate.ts';
import type { Instalment } from './schedule-terms.ts';
import { refuseTerms } from './terms-refusal.ts';

/** Money taken from the line, or principal given back to it. */
export interface RevolvingEvent {
  readonly on: BusinessDate;
  readonly kind: 'draw' | 'repayPrincipal';
  readonly amountFen: bigint;
}

/** A line of credit and what was done with it. */
export interface RevolvingTerms {
  /** Per day, as a fraction: 0.05 % is `ratio('0.0005')`. */
  readonly dailyRate: Ratio;
  readonly events: readonly RevolvingEvent[];
  /** The granted line, if draws are to be held against it. */
  readonly limitFen?: bigint;
  readonly rounding?: Rounding;
}

/**
 * One row per event after the first: the interest since the event before, the principal repaid, the balance afterwards.
 * Interest is posted as a difference of rounded totals, so the rows add up to the exact total rounded once.
 * @throws AppError `request.invalid` when nothing is drawn first, more is repaid than owed, or the line is exceeded.
 */
export function accrueRevolving(terms: RevolvingTerms): readonly Instalment[] {
  const events = terms.events.map((event, index) => ({ ...event, index })).sort((a, b) => order(a.on, b.on));
  const [first, ...later] = events;
  if (first === undefined) throw refuseTerms('/events', 'events.empty');

  const { num, den } = terms.dailyRate;
  const rows: Instalment[] = [];
  let balance = afterEvent(0n, first, terms);
  let fenDays = 0n;
  let posted = 0n;
  let since = first.on;
  for (const event of later) {
    fenDays += balance * BigInt(daysBetween(since, event.on));
    const interest = mulDiv(fenDays, num, den, terms.rounding) - posted;
    balance = afterEvent(balance, event, terms);
    posted += interest;
    since = event.on;
    const principal = event.kind === 'draw' ? ZERO_FEN : fen(event.amountFen);
    rows.push({
      number: rows.length + 1,
      dueOn: event.on,
      contractDueOn: event.on,
      principalFen: principal,
      interestFen: fen(interest),
      totalFen: fen(principal + interest),
      balanceFen: fen(balance),
    });
  }
  return rows;
}

function afterEvent(
  balance: bigint,
  event: RevolvingEvent & { readonly index: number },
  terms: RevolvingTerms,
): bigint {
  const next = event.kind === 'draw' ? balance + event.amountFen : balance - event.amountFen;
  if (next < 0n) throw refuseTerms(`/events/${event.index}/2`, 'events.repaid_more_than_owed');
  if (terms.limitFen !== undefined && next > terms.limitFen)
    throw refuseTerms(`/events/${event.index}/2`, 'events.over_limit');
  return next;
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
