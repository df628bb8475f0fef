/**
 * What happens to a loan after it was paid out, as facts with a value date. Facts are never changed: a mistake gets a
 * REVERSAL, and the ledger is replayed without both.
 */
import type { BusinessDate } from '../../lib/business-date.ts';
import type { DayCount } from './day-count.ts';
import type { PrepaymentMode } from './prepayment.ts';
import { refuseTerms } from './terms-refusal.ts';

interface Fact {
  /** The external id: the same fact told twice is one fact. */
  readonly id: string;
  /** The value date, on which it counts, whenever it was learnt. */
  readonly on: BusinessDate;
}

/** A fact about one loan. */
export type LedgerEvent =
  | (Fact & { readonly kind: 'PAYMENT'; readonly amountFen: bigint })
  /** A cost charged on the date; it joins the oldest instalment that is not settled. */
  | (Fact & { readonly kind: 'FEE'; readonly amountFen: bigint })
  /** 减免: up to this much of what is due, penalty first, then fees, then interest; never principal. */
  | (Fact & { readonly kind: 'WAIVER'; readonly amountFen: bigint })
  /** Money meant to reduce the principal early: dues are settled first, the rest rewrites the plan. */
  | (Fact & {
      readonly kind: 'PREPAYMENT';
      readonly amountFen: bigint;
      readonly mode: PrepaymentMode;
      readonly dayCount: DayCount;
    })
  /** 溢缴款 given back. */
  | (Fact & { readonly kind: 'REFUND'; readonly amountFen: bigint })
  /** The fact `of` never happened. A reversal can itself be reversed. */
  | (Fact & { readonly kind: 'REVERSAL'; readonly of: string });

/** A fact that moves money. */
export type MoneyEvent = Exclude<LedgerEvent, { readonly kind: 'REVERSAL' }>;

/** On one date, what is owed is settled before what is paid; ids break the rest of the ties, never the order of arrival. */
const RANK: Readonly<Record<MoneyEvent['kind'], number>> = { FEE: 0, WAIVER: 1, PAYMENT: 2, PREPAYMENT: 3, REFUND: 4 };

/** Whether the first counts before the second. */
function compareEvents(a: MoneyEvent, b: MoneyEvent): number {
  if (a.on !== b.on) return a.on < b.on ? -1 : 1;
  if (a.kind !== b.kind) return RANK[a.kind] - RANK[b.kind];
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

/**
 * The facts that count, in the order in which they count: told twice is once, reversed is never.
 * @throws AppError `request.invalid` when one id names two different facts or a reversal names no fact.
 */
export function effectiveEvents(events: readonly LedgerEvent[]): readonly MoneyEvent[] {
  return inOrderAlready(events) ? events : sortedOut(events);
}

/** Nearly every loan's facts come as they count: each once, in order, none reversed. */
function inOrderAlready(events: readonly LedgerEvent[]): events is readonly MoneyEvent[] {
  const ids = new Set<string>();
  let previous: MoneyEvent | undefined;
  for (const event of events) {
    if (event.kind === 'REVERSAL' || (previous !== undefined && compareEvents(previous, event) > 0)) return false;
    ids.add(event.id);
    previous = event;
  }
  return ids.size === events.length;
}

function sortedOut(events: readonly LedgerEvent[]): readonly MoneyEvent[] {
  const byId = new Map<string, LedgerEvent>();
  const reversals: (LedgerEvent & { readonly kind: 'REVERSAL' })[] = [];
  for (const event of events) {
    const known = byId.get(event.id);
    if (known === undefined) {
      byId.set(event.id, event);
      if (event.kind === 'REVERSAL') reversals.push(event);
    } else if (!sameFact(known, event)) throw refuseTerms('/events', 'ledger.id_used_twice');
  }
  const gone = reversedIds(byId, reversals);
  const effective: MoneyEvent[] = [];
  for (const event of byId.values()) if (event.kind !== 'REVERSAL' && !gone.has(event.id)) effective.push(event);
  return effective.sort(compareEvents);
}

function sameFact(a: LedgerEvent, b: LedgerEvent): boolean {
  if (a.kind !== b.kind || a.on !== b.on) return false;
  if (a.kind === 'REVERSAL' || b.kind === 'REVERSAL')
    return a.kind === b.kind && 'of' in a && 'of' in b && a.of === b.of;
  return a.amountFen === b.amountFen;
}

function reversedIds(
  byId: ReadonlyMap<string, LedgerEvent>,
  reversals: readonly (LedgerEvent & { readonly kind: 'REVERSAL' })[],
): ReadonlySet<string> {
  const against = new Map<string, string[]>();
  for (const { id, of } of reversals) {
    if (!byId.has(of) || of === id) throw refuseTerms('/events', 'ledger.reverses_nothing');
    against.set(of, [...(against.get(of) ?? []), id]);
  }
  // A chain of reversals is short; walking it from its end decides each link once.
  const counts = (id: string, depth: number): boolean => {
    if (depth > byId.size) throw refuseTerms('/events', 'ledger.reverses_nothing');
    return !(against.get(id) ?? []).some((reversal) => counts(reversal, depth + 1));
  };
  return new Set([...against.keys()].filter((id) => !counts(id, 0)));
}
