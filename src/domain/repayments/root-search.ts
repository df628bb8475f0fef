/**
 * The root search of IRR and XIRR: the only file of the product where money and rates are floats. It looks for the
 * force of interest x with Σ c·e^(−x·t) = 0; in x the value of a loan falls and bends one way, so that Newton's steps
 * cannot run away. Rates too large for eight right decimals in a float are finished with decimals.
 *
 * The tests hold every answer against decimal.js.
 */
import { Decimal } from 'decimal.js';

/** One cash flow: when, counted in days or periods, and how much; the sign is the direction. */
export interface TimedAmount {
  readonly time: number;
  readonly amountFen: bigint;
}

/** The growth of money per day or period that makes the flows balance; rates have eight decimals and are never "-0". */
export interface Growth {
  /** Compounded over so many days or periods: growth^times − 1. */
  effective(times: number): string;
  /** Merely multiplied: (growth − 1) × times. */
  nominal(times: number): string;
}

const PLACES = 8;
/** Below this, a float has at least twelve right decimals; above it, decimals finish the work. */
const FLOAT_LIMIT = 1000;
/** Rates beyond 10⁶⁰ are not a price any more. */
const LARGEST_FORCE = 138;
/** What is searched when Newton fails or several roots are possible: rates from −99 % to 10 000 % per 365 days or period. */
const BRACKET = { low: Math.log(0.01), high: Math.log(101), steps: 400 };
const Exact = Decimal.clone({ precision: 90, toExpPos: 200, toExpNeg: -200 });

/**
 * The growth that balances the flows; `undefined` when there is none (all of one sign, all at one moment, or truly no
 * root). Where several growths balance, the one nearest to no interest. `span` is how many units of time a rate is
 * judged over: 365 for days, 1 for periods.
 */
export function findGrowth(flows: readonly TimedAmount[], span: number): Growth | undefined {
  const merged = mergeTimes(flows);
  const signs = signChanges(merged);
  if (signs === 0) return undefined;
  const sums = new FlowSums(merged);
  // One change of direction means one root, and Newton finds it at once; several may mean several, so all are looked at.
  const force =
    signs === 1 ? (newton(sums, span) ?? bracketed(sums, span)) : (bracketed(sums, span) ?? newton(sums, span));
  if (force === undefined || !(Math.abs(force) * span <= LARGEST_FORCE)) return undefined;
  return new FoundGrowth(force, merged);
}

/** Amounts of one moment are one flow; zero flows carry nothing. */
function mergeTimes(flows: readonly TimedAmount[]): readonly TimedAmount[] {
  const merged: TimedAmount[] = [];
  for (const flow of [...flows].sort((a, b) => a.time - b.time)) {
    const last = merged.at(-1);
    if (last?.time === flow.time)
      merged[merged.length - 1] = { time: flow.time, amountFen: last.amountFen + flow.amountFen };
    else merged.push(flow);
  }
  return merged.filter((flow) => flow.amountFen !== 0n);
}

function signChanges(flows: readonly TimedAmount[]): number {
  let changes = 0;
  flows.forEach((flow, index) => {
    const previous = flows[index - 1];
    if (previous !== undefined && previous.amountFen > 0n !== flow.amountFen > 0n) changes += 1;
  });
  return changes;
}

/** Value and slope of the flows at a force of interest; money out comes first and is negative. */
class FlowSums {
  readonly #times: Float64Array;
  readonly #amounts: Float64Array;
  value = 0;
  slope = 0;
  /** Σ of the absolute present values: what `value` is small against, at a root. */
  size = 0;

  constructor(flows: readonly TimedAmount[]) {
    const [first] = flows;
    const start = first?.time ?? 0;
    const sign = (first?.amountFen ?? 0n) > 0n ? -1 : 1;
    const scale = sign / Math.max(...flows.map((flow) => Math.abs(Number(flow.amountFen))));
    this.#times = Float64Array.from(flows, (flow) => flow.time - start);
    this.#amounts = Float64Array.from(flows, (flow) => Number(flow.amountFen) * scale);
  }

  at(force: number): void {
    let value = 0;
    let slope = 0;
    let size = 0;
    for (let i = 0; i < this.#times.length; i += 1) {
      const time = this.#times[i] ?? 0;
      const present = (this.#amounts[i] ?? 0) * Math.exp(-force * time);
      value += present;
      slope -= time * present;
      size += Math.abs(present);
    }
    this.value = value;
    this.slope = slope;
    this.size = size;
  }

  /**
   * A start on the safe side of a single root: what was paid back, over what was given, at the mean time between them.
   * By Jensen's inequality the value there is not negative, and from there Newton climbs to the root without overshoot.
   */
  get start(): number {
    let given = 0;
    let returned = 0;
    let moment = 0;
    for (let i = 0; i < this.#times.length; i += 1) {
      const amount = this.#amounts[i] ?? 0;
      moment += amount * (this.#times[i] ?? 0);
      if (amount < 0) given -= amount;
      else returned += amount;
    }
    return moment > 0 ? (Math.log(returned / given) * returned) / moment : 0;
  }
}

/** Newton's steps shrink quadratically: after one of a billionth, the next would be below what a float can hold. */
function newton(sums: FlowSums, span: number): number | undefined {
  let force = sums.start;
  for (let round = 0; round < 60; round += 1) {
    sums.at(force);
    const step = sums.value / sums.slope;
    if (!Number.isFinite(step)) return undefined;
    force -= step;
    if (Math.abs(step) > 1e-9 * Math.max(1e-4 / span, Math.abs(force))) continue;
    // A step can also vanish because the slope overflowed; at a root the flows cancel.
    return Math.abs(sums.value) <= 1e-6 * sums.size ? force : undefined;
  }
  return undefined;
}

/** Halving inside the sign change nearest to zero. */
function bracketed(sums: FlowSums, span: number): number | undefined {
  const low = BRACKET.low / span;
  const width = (BRACKET.high / span - low) / BRACKET.steps;
  let nearest: number | undefined;
  let before = valueAt(sums, low);
  for (let i = 1; i <= BRACKET.steps; i += 1) {
    const high = low + i * width;
    const value = valueAt(sums, high);
    if (isCrossing(before, value)) {
      const root = halve(sums, high - width, high);
      if (nearest === undefined || Math.abs(root) < Math.abs(nearest)) nearest = root;
    }
    before = value;
  }
  return nearest;
}

/** A change of sign between two values that a float can hold; centuries at −99 % overflow it. */
function isCrossing(before: number, after: number): boolean {
  return Number.isFinite(before) && Number.isFinite(after) && (before === 0 || before < 0 !== after < 0);
}

function halve(sums: FlowSums, from: number, to: number): number {
  let [low, high] = [from, to];
  const below = valueAt(sums, low) < 0;
  for (let round = 0; round < 70; round += 1) {
    const middle = (low + high) / 2;
    if (valueAt(sums, middle) < 0 === below) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function valueAt(sums: FlowSums, force: number): number {
  sums.at(force);
  return sums.value;
}

class FoundGrowth implements Growth {
  readonly #force: number;
  readonly #flows: readonly TimedAmount[];

  constructor(force: number, flows: readonly TimedAmount[]) {
    this.#force = force;
    this.#flows = flows;
  }

  effective(times: number): string {
    const rate = Math.expm1(this.#force * times);
    return Math.abs(rate) < FLOAT_LIMIT ? unsigned(rate.toFixed(PLACES)) : this.#exact((growth) => growth.pow(times));
  }

  nominal(times: number): string {
    const rate = Math.expm1(this.#force) * times;
    if (Math.abs(rate) < FLOAT_LIMIT) return unsigned(rate.toFixed(PLACES));
    return this.#exact((growth) => growth.minus(1).times(times).plus(1));
  }

  #exact(grow: (growth: Decimal) => Decimal): string {
    return unsigned(grow(polish(this.#force, this.#flows)).minus(1).toFixed(PLACES));
  }
}

/** The growth with far more digits than any rate shows, by Newton's method in decimals. */
function polish(force: number, flows: readonly TimedAmount[]): Decimal {
  let exact = new Exact(force);
  for (let round = 0; round < 4; round += 1) {
    let value = new Exact(0);
    let slope = new Exact(0);
    for (const { time, amountFen } of flows) {
      const present = exact.times(-time).exp().times(amountFen.toString());
      value = value.plus(present);
      slope = slope.minus(present.times(time));
    }
    exact = exact.minus(value.div(slope));
  }
  return exact.exp();
}

function unsigned(text: string): string {
  return /^-[0.]+$/.test(text) ? text.slice(1) : text;
}
