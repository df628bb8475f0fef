/**
 * Decision tables made executable: facts are fetched once into slots, each row becomes one closure. No code is
 * generated, nothing is evaluated from text but CEL, and a fact that is absent or of the wrong type makes a row unknown
 * (`MISSING`), never false: unknown leads to a review.
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../../lib/canonical.ts';
import { numberTest, wordTest } from './cell.ts';
import { compileCondition, type Condition, type ConditionFacts } from './cel.ts';
import { checkTable } from './check.ts';
import type { Cell, DecisionTable, FactType, TableFault, TableRow } from './model.ts';

/** What a row said: not asked, did not fire, fired, cannot be known. The values of a trace. */
export const ROW = { SKIPPED: 0, NO: 1, HIT: 2, MISSING: 3 } as const;

/** A fact that a row would have needed. */
export interface MissingFact {
  readonly id: string;
  readonly field: string;
}

/** The result of one evaluation. */
interface TableResult {
  /** Hash of the table, see `tableVersion`. */
  readonly version: string;
  /** Rows that fired and count under the hit policy, in the order of the table. */
  readonly hits: readonly TableRow[];
  /** Facts that kept rows from being decided; not empty means: not safe to act without a person. */
  readonly missing: readonly MissingFact[];
  /** One value of {@link ROW} per row. */
  readonly trace: Uint8Array;
}

/** An executable table. */
export interface CompiledTable {
  readonly table: DecisionTable;
  readonly version: string;
  /** Every fact that the table looks at, cells and conditions. */
  readonly facts: readonly string[];
  /** Asks the table. Pure; never throws. */
  evaluate(facts: ConditionFacts): TableResult;
}

/** The executable table, or what is wrong with it. */
export type CompileResult =
  | { readonly ok: true; readonly compiled: CompiledTable }
  | { readonly ok: false; readonly faults: readonly TableFault[] };

/** sha256 over the canonical JSON (RFC 8785) of a table: the same table always has the same version. */
export function tableVersion(table: DecisionTable): string {
  return createHash('sha256').update(canonicalJson(table)).digest('hex');
}

/** Compiles a table after checking it. */
export function compileTable(table: DecisionTable): CompileResult {
  const faults = checkTable(table);
  if (faults.length > 0) return { ok: false, faults };
  const slots = new SlotPlan(table);
  const rows = table.rows.map((row) => compileRow(row, slots));
  const version = tableVersion(table);
  const evaluate = table.hitPolicy === 'first' ? evaluateFirst : evaluateAll;
  const plan: Plan = { table, slots, rows, version };
  const conditions = rows.flatMap((row) => row.condition?.facts ?? []);
  const facts = [...new Set([...slots.keys, ...conditions])];
  return { ok: true, compiled: { table, version, facts, evaluate: (given) => evaluate(plan, given) } };
}

/** Which facts are fetched, and where each of them lies: numbers apart, where NaN means absent. */
class SlotPlan {
  readonly keys: readonly string[];
  readonly #slots = new Map<string, { readonly index: number; readonly type: FactType }>();
  readonly #numbers: readonly string[];
  readonly #words: readonly { readonly key: string; readonly type: FactType }[];

  constructor(table: DecisionTable) {
    const used = new Set(table.rows.flatMap((row) => Object.keys(row.cells)));
    const columns = table.facts.filter((fact) => used.has(fact.key));
    const numbers = columns.filter((fact) => fact.type === 'number');
    const words = columns.filter((fact) => fact.type !== 'number');
    for (const list of [numbers, words]) {
      for (const [index, { key, type }] of list.entries()) this.#slots.set(key, { index, type });
    }
    this.keys = columns.map((fact) => fact.key);
    this.#numbers = numbers.map((fact) => fact.key);
    this.#words = words;
  }

  slotOf(key: string): { readonly index: number; readonly type: FactType } {
    const slot = this.#slots.get(key);
    if (slot === undefined) throw new Error(`no slot for fact ${key}`);
    return slot;
  }

  fetch(facts: ConditionFacts): Slots {
    const numbers = new Float64Array(this.#numbers.length);
    for (let index = 0; index < this.#numbers.length; index += 1) {
      const value = facts[this.#numbers[index] ?? ''];
      numbers[index] = typeof value === 'number' ? value : typeof value === 'bigint' ? Number(value) : Number.NaN;
    }
    const words: (string | boolean | undefined)[] = [];
    for (const { key, type } of this.#words) {
      const value = facts[key];
      if (type === 'text') words.push(typeof value === 'string' ? value : undefined);
      else words.push(typeof value === 'boolean' ? value : undefined);
    }
    return { numbers, words, facts };
  }
}

interface Slots {
  readonly numbers: Float64Array;
  readonly words: readonly (string | boolean | undefined)[];
  readonly facts: ConditionFacts;
}

type Ask = (slots: Slots) => number;

interface CompiledRow {
  readonly row: TableRow;
  readonly ask: Ask;
  readonly cells: readonly { readonly key: string; readonly ask: Ask }[];
  readonly condition: Condition | undefined;
}

interface Plan {
  readonly table: DecisionTable;
  readonly slots: SlotPlan;
  readonly rows: readonly CompiledRow[];
  readonly version: string;
}

function compileRow(row: TableRow, slots: SlotPlan): CompiledRow {
  const cells = Object.entries(row.cells).map(([key, cell]) => ({ key, ask: compileCell(cell, slots.slotOf(key)) }));
  const condition = row.when === undefined ? undefined : conditionOf(row.when);
  const asks = cells.map((cell) => cell.ask);
  if (condition !== undefined) asks.push((given) => askCondition(condition, given.facts));
  return { row, ask: allOf(asks), cells, condition };
}

function conditionOf(source: string): Condition {
  const compiled = compileCondition(source);
  if (!compiled.ok) throw new Error(`unchecked condition: ${compiled.message}`);
  return compiled.condition;
}

function askCondition(condition: Condition, facts: ConditionFacts): number {
  const answer = condition.evaluate(facts);
  if (answer === 'missing') return ROW.MISSING;
  return answer ? ROW.HIT : ROW.NO;
}

function compileCell(cell: Cell, { index, type }: { readonly index: number; readonly type: FactType }): Ask {
  if (type === 'number') {
    const test = numberTest(cell);
    return ({ numbers }) => {
      const value = numbers[index] ?? Number.NaN;
      if (Number.isNaN(value)) return ROW.MISSING;
      return test(value) ? ROW.HIT : ROW.NO;
    };
  }
  const test = wordTest(cell);
  return ({ words }) => {
    const value = words[index];
    if (value === undefined) return ROW.MISSING;
    return test(value) ? ROW.HIT : ROW.NO;
  };
}

/** A row fires when every part holds; one part that fails decides it even when another is unknown. */
function allOf(asks: readonly Ask[]): Ask {
  const [only] = asks;
  if (only === undefined) return () => ROW.HIT;
  if (asks.length === 1) return only;
  return (slots) => {
    let answer: number = ROW.HIT;
    for (const ask of asks) {
      const part = ask(slots);
      if (part === ROW.NO) return ROW.NO;
      if (part === ROW.MISSING) answer = ROW.MISSING;
    }
    return answer;
  };
}

function evaluateFirst(plan: Plan, facts: ConditionFacts): TableResult {
  const slots = plan.slots.fetch(facts);
  const trace = new Uint8Array(plan.rows.length);
  const missing: MissingFact[] = [];
  for (let index = 0; index < plan.rows.length; index += 1) {
    const row = plan.rows[index];
    if (row === undefined) break;
    const answer = row.ask(slots);
    trace[index] = answer;
    if (answer === ROW.HIT) return { version: plan.version, hits: [row.row], missing, trace };
    // An unknown row above might have been the first one: the result is no longer certain.
    if (answer === ROW.MISSING) collectMissing(row, slots, missing);
  }
  return { version: plan.version, hits: [], missing, trace };
}

function evaluateAll(plan: Plan, facts: ConditionFacts): TableResult {
  const slots = plan.slots.fetch(facts);
  const trace = new Uint8Array(plan.rows.length);
  const missing: MissingFact[] = [];
  const fired: TableRow[] = [];
  for (let index = 0; index < plan.rows.length; index += 1) {
    const row = plan.rows[index];
    if (row === undefined) break;
    const answer = row.ask(slots);
    trace[index] = answer;
    if (answer === ROW.HIT) fired.push(row.row);
    else if (answer === ROW.MISSING) collectMissing(row, slots, missing);
  }
  const hits = plan.table.hitPolicy === 'priority' ? highest(fired) : fired;
  return { version: plan.version, hits, missing, trace };
}

function highest(fired: readonly TableRow[]): readonly TableRow[] {
  let best: TableRow | undefined;
  for (const row of fired) if (best === undefined || (row.priority ?? 0) > (best.priority ?? 0)) best = row;
  return best === undefined ? [] : [best];
}

function collectMissing(row: CompiledRow, slots: Slots, into: MissingFact[]): void {
  const { id } = row.row;
  for (const cell of row.cells) if (cell.ask(slots) === ROW.MISSING) into.push({ id, field: cell.key });
  for (const field of row.condition?.missing(slots.facts) ?? []) into.push({ id, field });
  // A condition whose facts are all there but do not fit their operators: the row itself is named.
  if (into.at(-1)?.id !== id) into.push({ id, field: row.condition?.facts[0] ?? '' });
}
