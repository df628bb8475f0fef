/**
 * The door of the repayments room: schedules, annual rates, allocation, prepayment, penalty, the ledger and days past
 * due, all pure and exact, and the stateless calculators over them. Other rooms import only from here.
 */
export { buildSchedule, planSchedule } from './schedule.ts';
export { METHODS } from './schedule-request.ts';
export { MAX_INSTALMENTS, type ScheduleTerms } from './schedule-terms.ts';
export { annualRateOf, DAY_COUNTS, interestDays, yearPart, type DayCount } from './day-count.ts';
export { HOLIDAY_RULES, holidayCalendar, isWorkday, shiftDueDate } from './holiday.ts';
export { PACKAGED_CALENDAR, packagedCalendarDays } from './holiday-rows.ts';
export { accrueRevolving, type RevolvingEvent } from './revolving.ts';
export { upfrontDeduction, xirr } from './apr.ts';
export { capOn, isWithinCap } from './caps.ts';
export { CAP_ROWS, LPR_ROWS } from './cap-rows.ts';
export { allocate, ALLOCATION_MODES } from './allocation.ts';
export { splitWaiver } from './waiver.ts';
export { partialPrepayment, payoffQuote, type InterestBearingTerms } from './prepayment.ts';
export { lateCost, penaltyDays, penaltyInterest, type PenaltyRule } from './penalty.ts';
export { dayBucket, overdueAsOf } from './dpd.ts';
export type { LedgerEvent } from './ledger-events.ts';
export { replay, replayLoans } from './ledger.ts';
export type { LedgerState, LedgerTerms } from './loan-ledger.ts';
export { dpdOn } from './dpd-history.ts';
export { balanceByBucket, countAtRisk, portfolioAtRisk, shareText } from './portfolio.ts';
export {
  calcAllocate,
  calcApr,
  calcDpd,
  calcPrepay,
  calcSchedule,
  type PayoffAnswer,
  type ScheduleAnswer,
} from './calculators.ts';
