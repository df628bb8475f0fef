/**
 * Scorecards (lending §6.2): log-odds to points and back, weight of evidence, and the measures that watch a card:
 * information value, Kolmogorov–Smirnov, population stability. Statistics, not money: float64.
 */

/** How points relate to odds: `points0` at `odds0` (bad to good), `pdo` points double the odds. */
export interface ScoreScale {
  readonly points0: number;
  readonly odds0: number;
  readonly pdo: number;
}

/** The usual scale: 600 points at odds 1 to 19, 50 points to double. */
export const DEFAULT_SCALE: ScoreScale = { points0: 600, odds0: 1 / 19, pdo: 50 };

/** Offset A and factor B of a scale: score = A − B · ln(odds of bad). */
export function scaleFactors({ points0, odds0, pdo }: ScoreScale): { readonly a: number; readonly b: number } {
  const b = pdo / Math.LN2;
  return { a: points0 + b * Math.log(odds0), b };
}

/** Whole points, halves away from zero: `Math.round` alone takes −0.5 to 0. */
export function roundPoints(points: number): number {
  return Math.sign(points) * Math.round(Math.abs(points)) || 0;
}

/** The base points of a card with intercept β₀: A − B · β₀, rounded. */
export function basePoints(intercept: number, scale: ScoreScale = DEFAULT_SCALE): number {
  const { a, b } = scaleFactors(scale);
  return roundPoints(a - b * intercept);
}

/** The points of one attribute: −B · β · WoE, rounded. */
export function attributePoints(beta: number, woe: number, scale: ScoreScale = DEFAULT_SCALE): number {
  return roundPoints(-scaleFactors(scale).b * beta * woe);
}

/** One bin of a characteristic with its weight of evidence, as it stands in a card. */
interface CardBin {
  /** Lower end, included; the first bin of a characteristic starts at −Infinity. */
  readonly from: number;
  readonly woe: number;
}

/** One characteristic of a card: its fact, coefficient and bins in rising order. */
interface CardAttribute {
  readonly fact: string;
  readonly beta: number;
  readonly bins: readonly CardBin[];
}

/** A scorecard. */
export interface Scorecard {
  readonly intercept: number;
  readonly scale: ScoreScale;
  readonly attributes: readonly CardAttribute[];
}

/** A score with the points of each fact; `missing` names absent facts, and then there is no score. */
export type Score =
  | { readonly kind: 'scored'; readonly score: number; readonly points: Readonly<Record<string, number>> }
  | { readonly kind: 'missing'; readonly missing: readonly string[] };

/** Scores an applicant: base points plus the points of the bin each fact falls into. */
export function scoreOf(card: Scorecard, facts: Readonly<Record<string, unknown>>): Score {
  const missing = card.attributes.filter(({ fact }) => !Number.isFinite(facts[fact])).map(({ fact }) => fact);
  if (missing.length > 0) return { kind: 'missing', missing };
  const points = Object.fromEntries(
    card.attributes.map(({ fact, beta, bins }) => {
      const bin = bins.findLast(({ from }) => Number(facts[fact]) >= from) ?? bins[0];
      return [fact, attributePoints(beta, bin?.woe ?? 0, card.scale)];
    }),
  );
  const score = Object.values(points).reduce((sum, part) => sum + part, basePoints(card.intercept, card.scale));
  return { kind: 'scored', score, points };
}

/** Good and bad cases of one bin. */
export interface BinCount {
  readonly good: number;
  readonly bad: number;
}

/**
 * Weight of evidence per bin, ln(share of bad ÷ share of good): positive is risky.
 * @throws RangeError when a bin or a side is empty: its evidence would be infinite; merge bins first.
 */
export function weightsOfEvidence(bins: readonly BinCount[]): readonly number[] {
  return shares(bins).map(({ good, bad }) => {
    if (!(good > 0) || !(bad > 0)) throw new RangeError('a bin has no good or no bad cases');
    return Math.log(bad / good);
  });
}

/** Information value, Σ (share of bad − share of good) · WoE. @throws RangeError like `weightsOfEvidence`. */
export function informationValue(bins: readonly BinCount[]): number {
  const weights = weightsOfEvidence(bins);
  return shares(bins).reduce((sum, { good, bad }, index) => sum + (bad - good) * (weights[index] ?? 0), 0);
}

/** Kolmogorov–Smirnov: the largest distance between the cumulative shares of bad and good, bins in order of risk. */
export function kolmogorovSmirnov(bins: readonly BinCount[]): number {
  let difference = 0;
  let largest = 0;
  for (const { good, bad } of shares(bins)) {
    difference += bad - good;
    largest = Math.max(largest, Math.abs(difference));
  }
  return largest;
}

/**
 * Population stability index, Σ (actual − expected) · ln(actual ÷ expected) over shares. Above 0.1 look, above 0.25 stop.
 * @throws RangeError when the lists differ in length or a share is not above 0.
 */
export function populationStability(actual: readonly number[], expected: readonly number[]): number {
  if (actual.length !== expected.length) throw new RangeError('the two populations have different bins');
  return actual.reduce((sum, share, index) => {
    const other = expected[index] ?? 0;
    if (!(share > 0) || !(other > 0)) throw new RangeError('a share is not above 0');
    return sum + (share - other) * Math.log(share / other);
  }, 0);
}

function shares(bins: readonly BinCount[]): readonly BinCount[] {
  const good = bins.reduce((sum, bin) => sum + bin.good, 0);
  const bad = bins.reduce((sum, bin) => sum + bin.bad, 0);
  if (!(good > 0) || !(bad > 0)) throw new RangeError('there are no good or no bad cases');
  return bins.map((bin) => ({ good: bin.good / good, bad: bin.bad / bad }));
}
