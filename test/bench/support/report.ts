/** What a bench gives: figures, ratios of two things measured in the same run, and the goals they are held against. */

/** `want` is a bound such as `>= 1.5`; an empty one is information only. */
export interface Goal {
  readonly name: string;
  readonly want: string;
  readonly value: number;
  readonly pass: boolean;
}

/** One bench's part of the document that `npm run bench` prints. */
export interface BenchReport {
  readonly bench: string;
  /** What was done, in a sentence or two: a figure without it says nothing. */
  readonly what: string;
  readonly figures: Readonly<Record<string, unknown>>;
  readonly ratios: Readonly<Record<string, number>>;
  readonly goals: readonly Goal[];
  readonly pass: boolean;
}

/** Settings of a run from the command line. */
export interface BenchOptions {
  /** Sizes are multiplied by this; below 1 for slow machines. */
  readonly scale: number;
  /** Progress for the person who waits; standard output belongs to the document. */
  readonly say: (line: string) => void;
}

/** Judges a value against a bound. @throws Error for a bound that is not `<= n` or `>= n`. */
export function goal(name: string, want: string, value: number): Goal {
  const [, sign, bound] = /^(<=|>=) (-?[\d.]+)$/.exec(want) ?? [];
  if (bound === undefined) throw new Error(`not a bound: ${want}`);
  return { name, want, value, pass: sign === '<=' ? value <= Number(bound) : value >= Number(bound) };
}

/** A report that passes when all its goals do. */
export function report(parts: Omit<BenchReport, 'pass'>): BenchReport {
  return { ...parts, pass: parts.goals.every((one) => one.pass) };
}

/** Median, or NaN of nothing. */
export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** The value below which `percent` of the values lie (nearest rank). */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1))] ?? NaN;
}

/** Rounded to `digits` decimals. */
export function round(value: number, digits = 2): number {
  return Number(value.toFixed(digits));
}

/** min, median and max, as every figure of several runs is shown. */
export function spread(values: readonly number[], digits = 0): { min: number; median: number; max: number } {
  return {
    min: round(Math.min(...values), digits),
    median: round(median(values), digits),
    max: round(Math.max(...values), digits),
  };
}
