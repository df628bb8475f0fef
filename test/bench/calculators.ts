/** The calculators' own benches in the shape of the others: pure functions, rates on one core. */
import { benchGate } from './gate.ts';
import { benchRepayments, type BenchRow } from './repayments.ts';
import { benchRules } from './rules.ts';
import { goal, report, type BenchOptions, type BenchReport } from './support/report.ts';

function reportOf(bench: string, what: string, rows: readonly BenchRow[]): BenchReport {
  const named = ({ name, unit }: BenchRow): string => (unit === '' ? name : `${name} (${unit})`);
  return report({
    bench,
    what,
    figures: Object.fromEntries(rows.filter((row) => row.unit !== 'x').map((row) => [named(row), row.value])),
    ratios: Object.fromEntries(rows.filter((row) => row.unit === 'x').map((row) => [row.name, row.value])),
    goals: rows.filter((row) => row.goal !== '').map((row) => goal(row.name, row.goal, row.value)),
  });
}

/** Schedules, XIRR, ledger. */
export async function repayments(): Promise<BenchReport> {
  return reportOf(
    'repayments',
    'Loan arithmetic on one core, the best of five rounds; the ledger against a plain loop over the same rows.',
    benchRepayments(),
  );
}

/** Decision tables beside two other engines. */
export async function rules(): Promise<BenchReport> {
  return reportOf(
    'rules',
    'A table of 50 rows with its trace on one core, beside json-rules-engine and zen-engine with the same rules.',
    await benchRules(),
  );
}

/** The contact gate. */
export async function gate({ scale }: BenchOptions): Promise<BenchReport> {
  return reportOf(
    'gate',
    'Decisions of the contact gate on one core, the best of five rounds; then random contacts, of which none may be allowed in quiet hours.',
    benchGate(scale),
  );
}
