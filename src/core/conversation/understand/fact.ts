/** What was understood of a sentence: small typed facts, each with the piece of text that says so. */

/** Those that are sums of money. */
export const MONEY_FACT_NAMES = [
  'amount',
  'monthlyPayment',
  'income',
  'turnover',
  'debt',
  'assetValue',
  'fund',
] as const;

/** Everything the extractors can find. Money is a yuan string ("300000.00"), terms and ages of a business are months. */
export const FACT_NAMES = [
  'name',
  'phone',
  'identityNumber',
  ...MONEY_FACT_NAMES,
  'term',
  'purpose',
  'city',
  'district',
  'house',
  'houseStatus',
  'car',
  'carStatus',
  'business',
  'businessMonths',
  'licenceName',
  'date',
] as const;

/** The name of a fact. */
export type FactName = (typeof FACT_NAMES)[number];

/** A fact's value as JSON can carry it. */
export type FactValue = string | number | boolean;

/** One fact and its provenance: `text.slice(start, end)` is where it stands, `confidence` how sure the pattern is. */
export interface Fact {
  readonly name: FactName;
  readonly value: FactValue;
  readonly start: number;
  readonly end: number;
  /** 0–1. At least `CERTAIN` means that a cue in the text names this very fact; below, the reading is by elimination. */
  readonly confidence: number;
}

/** From here on a fact was named by the text itself ("月供 6200"), not inferred ("6200"). */
export const CERTAIN = 0.9;

/** Besides what a message answers or corrects, facts at least this sure are taken from it; an amount by elimination is not. */
export const PROBABLE = 0.8;

/** Something that looks like a fact but cannot be one; `code` completes the locale key `conversation.problem.<code>`. */
export interface Problem {
  readonly name: FactName;
  readonly code: string;
  readonly start: number;
  readonly end: number;
}

/** What one extractor found. */
export interface Findings {
  readonly facts: readonly Fact[];
  readonly problems: readonly Problem[];
}

/** No facts, no problems. */
export const NOTHING: Findings = { facts: [], problems: [] };
