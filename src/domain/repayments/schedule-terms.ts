/** What a schedule follows from and what it is made of: the terms by repayment method, and the instalment. */
import type { BusinessDate } from '../../lib/business-date.ts';
import type { Fen, Rounding } from '../../lib/money.ts';
import type { Ratio } from '../../lib/rate.ts';
import type { DayCount } from './day-count.ts';
import type { Frequency } from './due-dates.ts';
import type { HolidayShift } from './holiday.ts';
import type { FirstPeriod } from './periods.ts';

/** A schedule with more instalments is refused (100 years of months). */
export const MAX_INSTALMENTS = 1200;
/** The dearest loan that is computed: 10¹² yuan, in fen. */
export const MAX_PRINCIPAL_FEN = 10n ** 14n;

interface CommonTerms {
  readonly principalFen: bigint;
  readonly startOn: BusinessDate;
  readonly instalmentCount: number;
  readonly firstDueOn?: BusinessDate;
  readonly dueDay?: number;
  readonly dueOn?: readonly BusinessDate[];
  readonly frequency?: Frequency;
  readonly holidayShift?: HolidayShift;
  readonly rounding?: Rounding;
  /** Residue policy MULTIPLE_OF: the level amount is rounded to this many fen; the last instalment takes the rest. */
  readonly roundToFen?: bigint;
}

interface InterestTerms extends CommonTerms {
  /** Per year, as a fraction: 7.2 % is `ratio('0.072')`. */
  readonly annualRate: Ratio;
  readonly dayCount: DayCount;
  readonly firstPeriod?: FirstPeriod;
}

/** The terms of a loan by repayment method (lending reference §1.4). */
export type ScheduleTerms =
  /** 等额本息 · 等额本金 · 先息后本 · 到期一次还本付息 */
  | (InterestTerms & { readonly method: 'EQUAL_INSTALMENT' | 'EQUAL_PRINCIPAL' | 'INTEREST_ONLY' | 'BULLET' })
  /** 等本等息: a fee per period on the original principal. */
  | (CommonTerms & { readonly method: 'FLAT'; readonly feeRatePerPeriod: Ratio })
  /** 气球贷: paid as if over `amortisedOver` instalments, the balance with the last. */
  | (InterestTerms & { readonly method: 'BALLOON'; readonly amortisedOver: number })
  /** 前几期只付息, then equal instalments. */
  | (InterestTerms & { readonly method: 'GRACE_THEN_EQUAL_INSTALMENT'; readonly graceInterestOnly: number })
  /** 固定额: as many instalments as the payment needs, at most `instalmentCount`; the last takes what is left. */
  | (InterestTerms & { readonly method: 'FIXED_PAYMENT'; readonly paymentFen: bigint })
  /** The same with a fixed principal part: what equal principal becomes when a prepayment shortens it. */
  | (InterestTerms & { readonly method: 'FIXED_PRINCIPAL'; readonly principalPartFen: bigint });

/** One row of a schedule. */
export interface Instalment {
  readonly number: number;
  /** When it is to be paid: the contract date, moved off a holiday where the terms say so. */
  readonly dueOn: BusinessDate;
  /** The contract date before any move; interest runs to it unless the terms say ADJUSTED. */
  readonly contractDueOn: BusinessDate;
  readonly principalFen: Fen;
  readonly interestFen: Fen;
  readonly totalFen: Fen;
  /** Principal still owed afterwards. */
  readonly balanceFen: Fen;
}

/** A schedule, and what a reader must know beside its rows. */
export interface Schedule {
  readonly instalments: readonly Instalment[];
  /** Years in which a due date could not be checked against the calendar and was left where it was. */
  readonly yearsNotLoaded: readonly number[];
  /** From when interest runs: the start, or the end of a free stub (SKIP_TO_NEXT). */
  readonly interestFromOn: BusinessDate;
  /** The level amount before residue (E of the annuity, the equal principal part, the fixed payment), if the method has one. */
  readonly levelFen?: Fen;
}

/** What most of the product needs to know about a loan to schedule it. */
export interface LoanTerms {
  readonly principalFen: bigint;
  /** Per year, as a decimal fraction: "0.072" is 7.2 %. */
  readonly annualRate: string;
  readonly instalmentCount: number;
  readonly startOn: BusinessDate;
  readonly firstDueOn?: BusinessDate;
  readonly method: 'EQUAL_INSTALMENT' | 'EQUAL_PRINCIPAL' | 'INTEREST_ONLY' | 'BULLET';
  readonly dayCount: DayCount;
}
