/**
 * Which debt a payment settles first (冲账顺序). Civil Code §561: costs, then interest, then principal, unless agreed
 * otherwise; so order and mode are product settings and this file only carries them out.
 */
import { fen, ZERO_FEN, type Fen } from '../../lib/money.ts';

/** The four debts an instalment is made of, in their usual order. */
export const COMPONENTS = ['fee', 'penalty', 'interest', 'principal'] as const;
/** The four debts an instalment is made of. */
export type Component = (typeof COMPONENTS)[number];

/** The two ways to go through the instalments. */
export const ALLOCATION_MODES = ['HORIZONTAL', 'VERTICAL'] as const;
/** HORIZONTAL finishes an instalment before the next; VERTICAL takes a component across all instalments first. */
type AllocationMode = (typeof ALLOCATION_MODES)[number];

/** Fen per component; what is absent is zero. */
export type Amounts = Readonly<Partial<Record<Component, Fen>>>;

/** How a payment was spread. */
export interface Allocation {
  /** What each instalment gets, in the order of the dues; a component that gets nothing is absent. */
  readonly out: readonly Amounts[];
  /** What no debt took: a credit balance (溢缴款), never a silent prepayment. */
  readonly leftFen: Fen;
}

/** How a product wants payments allocated; `order` names each component once. */
export interface AllocationRule {
  readonly mode: AllocationMode;
  readonly order: readonly Component[];
}

/** 费 → 罚息 → 利息 → 本金, instalment by instalment: what online lenders agree by default. */
export const DEFAULT_ALLOCATION: AllocationRule = {
  mode: 'HORIZONTAL',
  order: ['fee', 'penalty', 'interest', 'principal'],
};

/** Parses "fee,penalty,interest,principal" in any order; `undefined` unless each component stands there exactly once. */
export function parseAllocationOrder(text: string): readonly Component[] | undefined {
  const names = text.split(',').map((name) => name.trim());
  const order =
    COMPONENTS.length === names.length ? names.flatMap((name) => COMPONENTS.filter((known) => known === name)) : [];
  return new Set(order).size === COMPONENTS.length ? order : undefined;
}

/** Spreads a payment over the dues (oldest first). What goes out and what is left always add up to the payment. */
export function allocate(dues: readonly Amounts[], payFen: bigint, rule: AllocationRule): Allocation {
  const out: Partial<Record<Component, Fen>>[] = dues.map(() => ({}));
  let left = payFen;
  const settle = (index: number, component: Component): void => {
    const due = dues[index]?.[component] ?? ZERO_FEN;
    const paid = due < left ? due : left;
    const row = out[index];
    if (paid <= 0n || row === undefined) return;
    row[component] = fen(paid);
    left -= paid;
  };
  if (rule.mode === 'HORIZONTAL') {
    dues.forEach((_, index) => rule.order.forEach((component) => settle(index, component)));
  } else {
    rule.order.forEach((component) => dues.forEach((_, index) => settle(index, component)));
  }
  return { out, leftFen: fen(left) };
}
