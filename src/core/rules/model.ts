/**
 * Decision tables as a business person writes them: columns of facts, cells of operator and literal, one outcome per row.
 * A table is plain data; `compile.ts` makes it executable, `analyse.ts` looks for gaps, overlaps and dead rows.
 */

/** Operators of cells. `in[)` and its kin are ranges with open or closed ends, `out` is outside a closed range. */
export const OPERATORS = [
  '==',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  'in',
  'nin',
  'in[]',
  'in[)',
  'in(]',
  'in()',
  'out',
] as const;
/** One of {@link OPERATORS}. */
export type Operator = (typeof OPERATORS)[number];

/** The type of a fact or of an output. Money facts are whole numbers; `bigint` facts are taken as numbers. */
export type FactType = 'number' | 'text' | 'boolean';
/** A constant of a cell or an outcome. */
export type Literal = number | string | boolean;

/** One cell: the fact of its column compared with constants. */
export interface Cell {
  readonly op: Operator;
  readonly value: Literal | readonly Literal[];
}

/** A column that is asked: which fact, of what type, and what values it can have at all. */
export interface FactColumn {
  readonly key: string;
  readonly label?: string;
  readonly type: FactType;
  /** Whole numbers only: between 3 and 4 there is nothing, so no gap either. */
  readonly whole?: boolean;
  readonly min?: number;
  readonly max?: number;
  /** All texts the fact can be. */
  readonly values?: readonly string[];
}

/** A column that is answered. */
export interface OutputColumn {
  readonly key: string;
  readonly label?: string;
  readonly type: FactType;
}

/** A row: it fires when all its cells and its condition hold. */
export interface TableRow {
  readonly id: string;
  /** By fact key; a fact without a cell may be anything. */
  readonly cells: Readonly<Record<string, Cell>>;
  /** A further condition in CEL, over any facts. */
  readonly when?: string;
  readonly outcome: Readonly<Record<string, Literal>>;
  /** For hit policy `priority`: the largest wins, the earlier row among equals. 0 when absent. */
  readonly priority?: number;
  readonly note?: string;
}

/** Which firing rows count: the first, all of them, or the one of highest priority. */
export const HIT_POLICIES = ['first', 'collect', 'priority'] as const;
/** One of {@link HIT_POLICIES}. */
export type HitPolicy = (typeof HIT_POLICIES)[number];

/** A decision table. */
export interface DecisionTable {
  readonly formatVersion: 1;
  readonly name: string;
  readonly title?: string;
  readonly hitPolicy: HitPolicy;
  readonly facts: readonly FactColumn[];
  readonly outputs: readonly OutputColumn[];
  readonly rows: readonly TableRow[];
  /** The outcome when no row fires; with it, a table has no gaps. */
  readonly otherwise?: Readonly<Record<string, Literal>>;
}

/** What tables, facts and outputs may be called. */
export const NAME = /^[A-Za-z][A-Za-z0-9_.]{0,99}$/u;

/** Bounds of a table; larger ones are refused, so that checking and running stay within time and memory. */
export const TABLE_LIMITS = { rows: 10_000, columns: 500, values: 1000, text: 2000 } as const;

/** Something wrong with a table: where (row from 0, column key), a stable code, values for the sentence. */
export interface TableFault {
  readonly code: TableFaultCode;
  readonly row?: number;
  readonly column?: string;
  readonly params?: Readonly<Record<string, string | number>>;
}

/** Codes of faults; the sentence is the text `rules.fault.<code>`. */
export type TableFaultCode =
  | 'unknown_operator'
  | 'unknown_fact'
  | 'unknown_output'
  | 'missing_output'
  | 'literal_type'
  | 'range_shape'
  | 'range_empty'
  | 'list_empty'
  | 'list_too_long'
  | 'not_in_values'
  | 'outside_domain'
  | 'duplicate_id'
  | 'duplicate_column'
  | 'too_many_rows'
  | 'too_many_columns'
  | 'no_rows'
  | 'condition'
  | 'cell_syntax'
  | 'text_too_long'
  | 'conflicting_types'
  | 'row_length'
  | 'row_id'
  | 'fact_name'
  | 'unknown_action'
  | 'unknown_column'
  | 'missing_column'
  | 'workbook'
  | 'formula'
  | 'date_cell'
  | 'header';

/** Whether a value is a constant of the type. Numbers must be finite. */
export function isLiteral(value: unknown, type: FactType): value is Literal {
  if (type === 'number') return typeof value === 'number' && Number.isFinite(value);
  return typeof value === (type === 'text' ? 'string' : 'boolean');
}
