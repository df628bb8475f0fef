/**
 * What a table says as a whole: situations no row covers (gaps), situations two rows answer differently (overlaps), rows
 * that can never count (unreachable). Looked at when a table is loaded or published, not when it runs.
 *
 * Instead of interval arithmetic the facts are sampled where rows change their answer: at every constant, between two
 * neighbours, and beyond the ends. Rows depend on nothing else, so the samples stand for all values. Work is bounded;
 * a table too large for the budget gets the finding `incomplete` instead of a wrong "all is well".
 */
import { bounds, literalsOf, numberTest, wordTest } from './cell.ts';
import { type Cell, type DecisionTable, type FactColumn, type Literal, type TableRow } from './model.ts';

/** Something worth knowing: what, which rows (from 0), and for gaps and overlaps an example of the facts. */
export interface TableFinding {
  readonly code: 'gap' | 'overlap' | 'unreachable' | 'duplicate' | 'incomplete';
  readonly severity: 'error' | 'warning' | 'info';
  readonly rows: readonly number[];
  /** Facts that show it; a fact that is not listed may be anything. */
  readonly example: Readonly<Record<string, Literal>>;
}

/** How much work each of the three looks may do, in rows looked at. */
const DEFAULT_BUDGET = 2_000_000;
const MAX_FINDINGS = 100;

/** Analyses a checked table (`checkTable` found nothing). */
export function analyseTable(table: DecisionTable, budget = DEFAULT_BUDGET): readonly TableFinding[] {
  const findings: TableFinding[] = [];
  let complete = true;
  for (const look of [findGap, findUnreachable, findOverlaps]) {
    try {
      look(new Space(table, budget), findings);
    } catch (error) {
      if (!(error instanceof BudgetSpent)) throw error;
      complete = false;
    }
  }
  const shown = findings.slice(0, MAX_FINDINGS);
  return complete ? shown : [...shown, { code: 'incomplete', severity: 'info', rows: [], example: {} }];
}

class BudgetSpent extends Error {}

interface SpaceRow {
  readonly index: number;
  readonly row: TableRow;
  /** A row with a free condition may or may not fire, so it never covers anything for certain. */
  readonly certain: boolean;
  readonly tests: ReadonlyMap<string, (value: Literal) => boolean>;
}

/** The table's rows as tests over samples, with a budget. */
class Space {
  readonly table: DecisionTable;
  readonly rows: readonly SpaceRow[];
  #left: number;

  constructor(table: DecisionTable, budget: number) {
    this.table = table;
    this.#left = budget;
    const types = new Map(table.facts.map((fact) => [fact.key, fact.type]));
    this.rows = table.rows.map((row, index) => ({
      index,
      row,
      certain: row.when === undefined,
      tests: new Map(Object.entries(row.cells).map(([key, cell]) => [key, testOf(cell, types.get(key) === 'number')])),
    }));
  }

  spend(amount: number): void {
    this.#left -= amount;
    if (this.#left < 0) throw new BudgetSpent();
  }

  /** Values of a fact at which the given rows may answer differently. */
  samples(column: FactColumn, rows: readonly SpaceRow[]): readonly Literal[] {
    const cells = rows.flatMap(({ row }) => row.cells[column.key] ?? []);
    this.spend(cells.length + 1);
    return samplesOf(column, cells);
  }

  /**
   * A situation within `box` that no certain row of `rows` covers; `undefined` when there is none.
   * `box` restricts facts to what one row accepts.
   */
  uncovered(rows: readonly SpaceRow[], box?: SpaceRow): Readonly<Record<string, Literal>> | undefined {
    const certain = rows.filter((row) => row.certain);
    return this.#search(certain, 0, box);
  }

  #search(rows: readonly SpaceRow[], depth: number, box: SpaceRow | undefined): Record<string, Literal> | undefined {
    this.spend(rows.length + 1);
    const column = this.table.facts[depth];
    if (column === undefined) return rows.length > 0 ? undefined : {};
    const bounded = box === undefined ? rows : [...rows, box];
    const tried = new Set<string>();
    for (const sample of this.samples(column, bounded)) {
      if (box?.tests.get(column.key)?.(sample) === false) continue;
      this.spend(rows.length);
      const rest = rows.filter((row) => row.tests.get(column.key)?.(sample) !== false);
      // The rows that remain decide everything further; the same rows again give the same answer.
      const signature = rest.map((row) => row.index).join();
      if (tried.has(signature)) continue;
      tried.add(signature);
      const found = this.#search(rest, depth + 1, box);
      if (found !== undefined)
        return { ...(bounded.some((row) => row.tests.has(column.key)) ? { [column.key]: sample } : {}), ...found };
    }
    return undefined;
  }
}

function testOf(cell: Cell, isNumber: boolean): (value: Literal) => boolean {
  if (!isNumber) return wordTest(cell);
  const test = numberTest(cell);
  return (value) => test(Number(value));
}

// No text of a table looks like this; it stands for every text the table does not mention.
const OTHER_TEXT = '\u0000other';

function samplesOf(column: FactColumn, cells: readonly Cell[]): readonly Literal[] {
  if (column.type === 'boolean') return [true, false];
  if (column.type === 'text') {
    if (column.values !== undefined) return column.values;
    const literals = cells.flatMap((cell) => [...literalsOf(cell)]);
    return [...new Set([...literals, OTHER_TEXT])];
  }
  return numberSamples(column, cells);
}

function numberSamples({ whole, min, max }: FactColumn, cells: readonly Cell[]): readonly number[] {
  const edges = cells.flatMap((cell) =>
    cell.op === 'in' || cell.op === 'nin' ? [...literalsOf(cell)].map(Number) : bounds(cell),
  );
  for (const end of [min, max]) if (end !== undefined) edges.push(end);
  const sorted = [...new Set(edges)].toSorted((a, b) => a - b);
  const samples: number[] = [];
  const first = sorted[0];
  if (first === undefined) return [min ?? max ?? 0];
  samples.push(whole === true ? Math.ceil(first) - 1 : first - 1);
  for (const [index, edge] of sorted.entries()) {
    samples.push(edge);
    const next = sorted[index + 1];
    const between = next === undefined ? edge + 1 : (edge + next) / 2;
    samples.push(whole === true ? Math.floor(edge) + 1 : between);
  }
  return [...new Set(samples)].filter(
    (sample) =>
      sample >= (min ?? -Infinity) && sample <= (max ?? Infinity) && (whole !== true || Number.isInteger(sample)),
  );
}

/** Pairs of rows that can fire together and answer differently. */
function findOverlaps(space: Space, findings: TableFinding[]): void {
  const { hitPolicy } = space.table;
  for (const [at, one] of space.rows.entries()) {
    for (const other of space.rows.slice(at + 1)) {
      if (findings.length >= MAX_FINDINGS) return;
      space.spend(1);
      if (hitPolicy === 'collect' && !sameFacts(one, other)) continue;
      const example = meeting(space, one, other);
      if (example === undefined) continue;
      const rows = [one.index, other.index];
      if (sameOutcome(one.row, other.row)) {
        if (sameCells(one.row, other.row)) findings.push({ code: 'duplicate', severity: 'warning', rows, example });
      } else if (hitPolicy !== 'priority' || (one.row.priority ?? 0) === (other.row.priority ?? 0)) {
        // With `first` the order of rows settles it; that is worth a look, not an alarm.
        findings.push({ code: 'overlap', severity: hitPolicy === 'first' ? 'info' : 'warning', rows, example });
      }
    }
  }
}

/** In a collecting table different facts are meant to fire together; the same facts with two answers are not. */
function sameFacts(one: SpaceRow, other: SpaceRow): boolean {
  return one.tests.size === other.tests.size && [...one.tests.keys()].every((key) => other.tests.has(key));
}

/** Facts with which both rows fire; rows are boxes, so each column can be looked at alone. */
function meeting(space: Space, one: SpaceRow, other: SpaceRow): Record<string, Literal> | undefined {
  const example: Record<string, Literal> = {};
  for (const column of space.table.facts) {
    const tests = [one.tests.get(column.key), other.tests.get(column.key)];
    if (tests[0] === undefined && tests[1] === undefined) continue;
    const common = space
      .samples(column, [one, other])
      .find((sample) => tests.every((test) => test?.(sample) !== false));
    if (common === undefined) return undefined;
    example[column.key] = common;
  }
  return example;
}

function sameOutcome(one: TableRow, other: TableRow): boolean {
  const keys = Object.keys(one.outcome);
  return (
    keys.length === Object.keys(other.outcome).length && keys.every((key) => one.outcome[key] === other.outcome[key])
  );
}

function sameCells(one: TableRow, other: TableRow): boolean {
  const text = (row: TableRow): string =>
    JSON.stringify([Object.entries(row.cells).toSorted(([a], [b]) => (a < b ? -1 : 1)), row.when]);
  return text(one) === text(other);
}

/** Rows whose every situation is already answered by rows that go before. */
function findUnreachable(space: Space, findings: TableFinding[]): void {
  const { hitPolicy } = space.table;
  for (const row of space.rows) {
    if (findings.length >= MAX_FINDINGS) return;
    const before = space.rows.filter((other) => {
      if (hitPolicy === 'collect') return false;
      if (hitPolicy === 'first') return other.index < row.index;
      const [mine, others] = [row.row.priority ?? 0, other.row.priority ?? 0];
      return others > mine || (others === mine && other.index < row.index);
    });
    space.spend(space.rows.length);
    if (space.uncovered(before, row) === undefined) {
      findings.push({ code: 'unreachable', severity: 'error', rows: [row.index], example: {} });
    }
  }
}

/** One situation that no row answers, in a table that promises an answer to every one. */
function findGap(space: Space, findings: TableFinding[]): void {
  if (space.table.otherwise !== undefined) return;
  const example = space.uncovered(space.rows);
  if (example !== undefined) findings.push({ code: 'gap', severity: 'error', rows: [], example });
}
