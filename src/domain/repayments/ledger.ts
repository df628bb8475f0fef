/**
 * The ledger as a fold: facts in the order of their value dates → balances, instalments and the history of days past
 * due. Nothing of it is stored as truth; a back-dated fact is added and the fold runs again, so it lands where a fresh run
 * would.
 */
import type { BusinessDate } from '../../lib/business-date.ts';
import { effectiveEvents, type LedgerEvent } from './ledger-events.ts';
import { LoanLedger, type LedgerState, type LedgerTerms } from './loan-ledger.ts';

/**
 * The state at the end of `asOf`, from any facts in any order.
 * @throws AppError `request.invalid` when the facts contradict one another or a prepayment cannot be planned.
 */
export function replay(terms: LedgerTerms, events: readonly LedgerEvent[], asOf: BusinessDate): LedgerState {
  const ledger = new LoanLedger(terms);
  for (const event of effectiveEvents(events)) {
    if (event.on > asOf) break;
    ledger.apply(event);
  }
  return ledger.stateOn(asOf);
}

/** A fact together with the loan it belongs to. */
export interface LedgerRow {
  readonly loanId: string;
  readonly event: LedgerEvent;
}

/**
 * The states of many loans, one after the other, from rows that are grouped by loan. Memory holds one loan at a time,
 * however many rows there are.
 */
export function* replayLoans(
  rows: Iterable<LedgerRow>,
  termsOf: (loanId: string) => LedgerTerms,
  asOf: BusinessDate,
): Generator<{ readonly loanId: string; readonly state: LedgerState }> {
  let loanId: string | undefined;
  let events: LedgerEvent[] = [];
  for (const row of rows) {
    if (loanId !== undefined && row.loanId !== loanId) {
      yield { loanId, state: replay(termsOf(loanId), events, asOf) };
      events = [];
    }
    loanId = row.loanId;
    events.push(row.event);
  }
  if (loanId !== undefined) yield { loanId, state: replay(termsOf(loanId), events, asOf) };
}
