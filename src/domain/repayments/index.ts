/**
 * The door of the repayments room: schedules, annual rates, allocation, prepayment, penalty, the ledger and days past
 * due, all pure and exact, and the stateless calculators over them. Other rooms import only from here.
 */
export { buildSchedule, planSchedule } from './schedule.ts';
export {
  MAX_INSTALMENTS,
  MAX_PRINCIPAL_FEN,
  type Instalment,
  type LoanTerms,
  type Schedule,
  type ScheduleTerms,
} from './schedule-terms.ts';
export type { FirstPeriod } from './periods.ts';
export {
  annualRateOf,
  DAY_COUNTS,
  interestDays,
  yearPart,
  type DayCount,
  type RateUnit,
  type YearPart,
} from './day-count.ts';
export { parseFrequency, type Frequency } from './due-dates.ts';
export {
  HOLIDAY_RULES,
  holidayCalendar,
  isWorkday,
  NO_CALENDAR,
  shiftDueDate,
  type CalendarDay,
  type HolidayCalendar,
  type HolidayRule,
  type HolidayShift,
  type Shift,
} from './holiday.ts';
export { PACKAGED_CALENDAR, packagedCalendarDays } from './holiday-rows.ts';
export { accrueRevolving, type RevolvingEvent, type RevolvingTerms } from './revolving.ts';
export {
  flowAnnualRates,
  loanAnnualRates,
  upfrontDeduction,
  xirr,
  type AnnualRates,
  type CashFlow,
  type LoanCashFlows,
  type UpfrontDeduction,
} from './apr.ts';
export { capOn, isWithinCap, type Cap, type CapRow, type CapTables, type LenderType, type LprRow } from './caps.ts';
export { CAP_ROWS, LPR_ROWS } from './cap-rows.ts';
export {
  allocate,
  ALLOCATION_MODES,
  COMPONENTS,
  DEFAULT_ALLOCATION,
  parseAllocationOrder,
  type Allocation,
  type AllocationMode,
  type AllocationRule,
  type Amounts,
  type Component,
} from './allocation.ts';
export { splitWaiver } from './waiver.ts';
export {
  partialPrepayment,
  payoffQuote,
  type InterestBearingTerms,
  type PartialPrepayment,
  type PayoffQuote,
  type PrepaymentMode,
  type PrepaymentRequest,
} from './prepayment.ts';
export { lateCost, penaltyDays, penaltyInterest, type GraceMode, type LateCost, type PenaltyRule } from './penalty.ts';
export {
  bucketOf,
  dayBucket,
  DEFAULT_BUCKETS,
  overdueAsOf,
  type BucketScheme,
  type Overdue,
  type OverdueRule,
} from './dpd.ts';
export type { LedgerEvent } from './ledger-events.ts';
export { replay, replayLoans, type LedgerRow } from './ledger.ts';
export type { LedgerState, LedgerTerms } from './loan-ledger.ts';
export { dpdOn, type DpdChange } from './dpd-history.ts';
export type { InstalmentStatus } from './ledger-slot.ts';
export { balanceByBucket, countAtRisk, portfolioAtRisk, shareText, type LoanStanding } from './portfolio.ts';
export {
  calcAllocate,
  calcApr,
  calcDpd,
  calcPrepay,
  calcSchedule,
  type AllocationAnswer,
  type DpdAnswer,
  type PartialAnswer,
  type PayoffAnswer,
  type ScheduleAnswer,
  type ScheduleRow,
} from './calculators.ts';
