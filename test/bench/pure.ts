/** The pure rooms: loan arithmetic, contact gate, decision tables. One core, no database. */
import { benchGate } from './gate.ts';
import { benchRepayments, type BenchRow } from './repayments.ts';
import { benchRules } from './rules.ts';
import { goal, report, type BenchOptions, type BenchReport } from './support/report.ts';

type Pure = (options: BenchOptions) => Promise<BenchReport>;

const SIZES = 'Fixed sizes on one core, so --scale changes nothing.';

/** Schedules, annual rates, the ledger's replay against a plain loop. */
export const benchArithmetic: Pure = async () =>
  rowsReport('arithmetic', `Schedules, XIRR and replay of a million ledger events. ${SIZES}`, benchRepayments());

/** The contact gate, and a million random contacts none of which may pass in quiet hours. */
export const benchContactGate: Pure = async () =>
  rowsReport('gate', `The contact gate with the installed policies. ${SIZES}`, benchGate(true));

/** A table of fifty rows beside json-rules-engine and zen-engine. */
export const benchTables: Pure = async () =>
  rowsReport('rules', `Decision tables with trace, beside other engines on the same rules. ${SIZES}`, await benchRules());

function rowsReport(bench: string, what: string, rows: readonly BenchRow[]): BenchReport {
  return report({
    bench,
    what,
    figures: Object.fromEntries(rows.map(({ name, value, unit }) => [unit === '' ? name : `${name} (${unit})`, value])),
    ratios: Object.fromEntries(rows.filter(({ unit }) => unit === 'x').map(({ name, value }) => [name, value])),
    goals: rows.filter((row) => row.goal !== '').map((row) => goal(row.name, row.goal, row.value)),
  });
}
