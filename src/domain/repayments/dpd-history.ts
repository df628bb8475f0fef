/** Days past due over time, as the few days on which the oldest unpaid due date changed. */
import { dayNumber, type BusinessDate } from '../../lib/business-date.ts';

/** From this day on (end of day), the oldest due date with something unpaid; undefined: nothing was open. */
export interface DpdChange {
  readonly on: BusinessDate;
  readonly oldestUnpaidOn: BusinessDate | undefined;
}

/** Days past due on any past day of a history, before grace: 0 on the due date, 1 on the day after. */
export function dpdOn(history: readonly DpdChange[], on: BusinessDate): number {
  const oldest = history.findLast((change) => change.on <= on)?.oldestUnpaidOn;
  return oldest === undefined || oldest >= on ? 0 : dayNumber(on) - dayNumber(oldest);
}
