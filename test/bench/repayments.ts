/**
 * Rates of the loan arithmetic on one core, and the ledger's time against a plain loop over the same rows.
 * `npx tsx test/bench/repayments.ts` prints JSON; `npm run bench` collects it with the others.
 */
import { pathToFileURL } from 'node:url';
import { xirr } from '../../src/domain/repayments/apr.ts';
import { replayLoans, type LedgerRow } from '../../src/domain/repayments/ledger.ts';
import { LoanLedger, type LedgerTerms } from '../../src/domain/repayments/loan-ledger.ts';
import { penaltyInterest, type PenaltyRule } from '../../src/domain/repayments/penalty.ts';
import { buildSchedule } from '../../src/domain/repayments/schedule.ts';
import { addDays, addMonths, businessDate } from '../../src/lib/business-date.ts';
import { ratio } from '../../src/lib/rate.ts';

export interface BenchRow {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What the issue asks for: at least or at most so much. */
  readonly goal: string;
}

const START = businessDate('2026-01-15');
const TERMS = {
  principalFen: 30_000_000n,
  annualRate: '0.06',
  instalmentCount: 36,
  startOn: START,
  method: 'EQUAL_INSTALMENT',
} as const;

/** Calls per second after a warm-up, the best of five rounds: the machine's other work only ever slows one down. */
function rate(calls: number, work: () => unknown): number {
  for (let i = 0; i < calls / 4; i += 1) work();
  let best = 0;
  for (let round = 0; round < 5; round += 1) {
    const start = performance.now();
    for (let i = 0; i < calls; i += 1) work();
    best = Math.max(best, (calls / (performance.now() - start)) * 1000);
  }
  return Math.round(best);
}

function schedules(): readonly BenchRow[] {
  const monthly = rate(4000, () => buildSchedule({ ...TERMS, dayCount: '30/360' }));
  const daily = rate(4000, () => buildSchedule({ ...TERMS, dayCount: 'ACT/365' }));
  return [
    { name: 'schedule of 36 instalments, 30/360', value: monthly, unit: '/s', goal: '>= 10000' },
    { name: 'schedule of 36 instalments, ACT/365', value: daily, unit: '/s', goal: '>= 10000' },
  ];
}

function annualRates(): readonly BenchRow[] {
  const rows = buildSchedule({ ...TERMS, dayCount: '30/360' });
  const flows = [
    { on: START, amountFen: -29_100_000n },
    ...rows.map((row) => ({ on: row.dueOn, amountFen: row.totalFen })),
  ];
  return [{ name: 'XIRR of 36 flows', value: rate(10_000, () => xirr(flows)), unit: '/s', goal: '>= 20000' }];
}

const LOANS = 27_778;
const SCHEDULE = buildSchedule({ ...TERMS, dayCount: '30/360' });
const PENALTY: PenaltyRule = {
  annualRate: ratio('0.09'),
  basis: 360,
  base: 'PRINCIPAL',
  graceDays: 3,
  graceMode: 'WAIVE_IF_PAID_WITHIN',
};
const LEDGER: LedgerTerms = { schedule: SCHEDULE, penalty: PENALTY };

/** Payments on the due date, and five days late with the penalty that is asked for then. */
const IN_TIME = SCHEDULE.map((row) => ({ on: row.dueOn, amount: row.totalFen.toString() }));
const LATE = SCHEDULE.map((row) => {
  return {
    on: addDays(row.dueOn, 5),
    amount: (row.totalFen + penaltyInterest(row.principalFen, 5, PENALTY)).toString(),
  };
});

/**
 * A million rows as a cursor gives them: grouped by loan, one payment in four late. Amounts are text, as the database
 * driver hands them over, because a bigint column does not fit a float.
 */
function* ledgerRows(): Generator<LedgerRow> {
  for (let loan = 0; loan < LOANS; loan += 1) {
    for (const [index, inTime] of IN_TIME.entries()) {
      const { on, amount } = ((loan + index) % 4 === 0 ? LATE[index] : undefined) ?? inTime;
      yield {
        loanId: `L${loan}`,
        event: { kind: 'PAYMENT', id: `P${loan * 36 + index}`, on, amountFen: BigInt(amount) },
      };
    }
  }
}

/** What any program must do to know a balance: look at each row and add its amount to its loan. */
function plainLoop(): bigint {
  const paid = new Map<string, bigint>();
  for (const { loanId, event } of ledgerRows()) {
    if (event.kind === 'PAYMENT') paid.set(loanId, (paid.get(loanId) ?? 0n) + event.amountFen);
  }
  return paid.get('L0') ?? 0n;
}

/** The whole ledger of every loan: allocation, penalty, due dates, days past due. */
function foldAll(): number {
  const asOf = addMonths(START, 37);
  let peak = 0;
  let loans = 0;
  for (const { state } of replayLoans(ledgerRows(), () => LEDGER, asOf)) {
    loans += state.dpd > 0 ? 1 : 0;
    if (loans % 1000 === 0) peak = Math.max(peak, process.memoryUsage.rss());
  }
  return peak;
}

function timed(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/** The two loops take turns, so that a slow second of the machine hits both. */
function ledger(): readonly BenchRow[] {
  let [plain, fold, peak] = [Infinity, Infinity, 0];
  for (let round = 0; round < 3; round += 1) {
    plain = Math.min(plain, timed(plainLoop));
    fold = Math.min(
      fold,
      timed(() => {
        peak = Math.max(peak, foldAll());
      }),
    );
  }
  const single = new LoanLedger(LEDGER);
  const drip = timed(() => {
    for (let i = 0; i < 1_000_000; i += 1) single.apply({ kind: 'PAYMENT', id: `${i}`, on: START, amountFen: 1n });
  });
  return [
    { name: 'replay of 1 000 008 ledger events of 27 778 loans', value: Math.round(fold), unit: 'ms', goal: '' },
    {
      name: 'the same against a plain loop over the rows',
      value: Number((fold / plain).toFixed(2)),
      unit: 'x',
      goal: '<= 5',
    },
    { name: 'memory at the peak of the replay', value: Math.round(peak / 1e6), unit: 'MB', goal: '<= 400' },
    { name: '1 000 000 payments of one loan', value: Math.round(drip), unit: 'ms', goal: '' },
  ];
}

/** All figures of this room. */
export function benchRepayments(): readonly BenchRow[] {
  return [...schedules(), ...annualRates(), ...ledger()];
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.log(JSON.stringify(benchRepayments(), null, 2));
}
