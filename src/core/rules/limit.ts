/**
 * Credit limits of the named policies (lending §6.4, §6.5). The formulas are code, their parameters data of the policy
 * file. Facts and limits are whole yuan; the arithmetic is decimal, so that 0.7 × a valuation is what a person computes.
 */
import { Decimal } from 'decimal.js';
import { z } from 'zod';

const rate = z.number().min(0).max(1);
const income = z.strictObject({
  kind: z.literal('income'),
  roundDownTo: z.int().min(1),
  cap: z.int().min(0),
  /** Multiples of the monthly income by score, best first. */
  multiples: z.array(z.strictObject({ minScore: z.number(), times: z.number().min(0) })).min(1),
  otherwiseTimes: z.number().min(0),
  reduction: z.strictObject({ aboveDti: rate, factor: rate }),
});
const collateral = z.strictObject({
  kind: z.literal('collateral'),
  roundDownTo: z.int().min(1),
  loanToValue: rate,
});

/** The `limit` block of a policy file. */
export const limitRule = z.discriminatedUnion('kind', [income, collateral]);
/** A limit formula with its parameters. */
export type LimitRule = z.infer<typeof limitRule>;

const FACTS = {
  income: ['requested', 'income', 'score', 'dti'],
  collateral: ['requested', 'valuation', 'first_lien'],
} as const;

/** The facts a limit formula needs. */
export function limitFacts(rule: LimitRule): readonly string[] {
  return FACTS[rule.kind];
}

/** The limit in whole yuan, never negative; `undefined` when one of its facts is not a number. */
export function creditLimit(rule: LimitRule, facts: Readonly<Record<string, unknown>>): number | undefined {
  const values = limitFacts(rule).map((name) => facts[name]);
  if (!values.every((value) => typeof value === 'number' && Number.isFinite(value))) return undefined;
  const of = (name: string): Decimal => new Decimal(Number(facts[name]));
  const most =
    rule.kind === 'income' ? incomeLimit(rule, of) : of('valuation').times(rule.loanToValue).minus(of('first_lien'));
  const limit = Decimal.min(of('requested'), most);
  const reduced =
    rule.kind === 'income' && of('dti').gt(rule.reduction.aboveDti) ? limit.times(rule.reduction.factor) : limit;
  return Decimal.max(0, reduced.div(rule.roundDownTo).floor().times(rule.roundDownTo)).toNumber();
}

function incomeLimit(rule: LimitRule & { readonly kind: 'income' }, of: (name: string) => Decimal): Decimal {
  const band = rule.multiples.find(({ minScore }) => of('score').gte(minScore));
  return Decimal.min(of('income').times(band?.times ?? rule.otherwiseTimes), rule.cap);
}
