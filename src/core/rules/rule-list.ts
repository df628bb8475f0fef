/**
 * The list form of a risk policy: one rule per row, `[id, field, op, value, action, reason]`, as in the published policies
 * and in `POST /api/v1/decisions/run`. It becomes an ordinary decision table with the outputs `action` and `reason`.
 */
import { isOperator } from './cell.ts';
import { checkTable } from './check.ts';
import {
  type Cell,
  type DecisionTable,
  type FactColumn,
  type FactType,
  type HitPolicy,
  type Literal,
  NAME,
  type OutputColumn,
  TABLE_LIMITS,
  type TableFault,
  type TableRow,
} from './model.ts';
import { rowId } from './table-file.ts';

/** What a risk rule asks for, from mild to strict. */
export const ACTIONS = ['APPROVE', 'REVIEW', 'REJECT'] as const;
/** One of {@link ACTIONS}. */
export type Action = (typeof ACTIONS)[number];

/** Whether a value is an action. */
export function isAction(value: unknown): value is Action {
  return typeof value === 'string' && (ACTIONS as readonly string[]).includes(value);
}

/** The columns a list may have; the first four and `action` must be there. */
export const LIST_COLUMNS = ['id', 'field', 'op', 'value', 'action', 'reason', 'priority', 'when'] as const;
type ListColumn = (typeof LIST_COLUMNS)[number];
const REQUIRED: readonly ListColumn[] = ['id', 'field', 'op', 'value', 'action'];

/** The outputs of every risk policy. */
const POLICY_OUTPUTS: readonly OutputColumn[] = [
  { key: 'action', label: '结论', type: 'text' },
  { key: 'reason', label: '原因', type: 'text' },
];

/** The table, or faults whose `column` is the name of a list column. */
export type RuleListResult =
  | { readonly ok: true; readonly table: DecisionTable }
  | { readonly ok: false; readonly faults: readonly TableFault[] };

/** Reads a list of rules. Types of facts follow from the operators and constants; two types for one fact are a fault. */
export function readRuleList(
  columns: readonly string[],
  rows: readonly (readonly unknown[])[],
  hitPolicy: HitPolicy,
): RuleListResult {
  const shape = shapeFaults(columns, rows);
  if (shape.length > 0) return { ok: false, faults: shape };
  const reader = new RowReader(columns);
  const read = rows.map((row, index) => reader.read(row, index));
  if (reader.faults.length > 0) return { ok: false, faults: reader.faults };
  const table: DecisionTable = {
    formatVersion: 1,
    name: 'inline',
    hitPolicy,
    facts: reader.facts(),
    outputs: POLICY_OUTPUTS,
    rows: read,
    otherwise: { action: 'APPROVE', reason: '' },
  };
  const faults = checkTable(table).map((fault) =>
    fault.row === undefined ? fault : { ...fault, column: listColumn(fault) },
  );
  return faults.length > 0 ? { ok: false, faults } : { ok: true, table };
}

function listColumn({ column }: TableFault): ListColumn {
  return column === 'id' || column === 'when' ? column : 'value';
}

function shapeFaults(columns: readonly string[], rows: readonly (readonly unknown[])[]): readonly TableFault[] {
  const faults: TableFault[] = [];
  for (const [index, column] of columns.entries()) {
    if (!(LIST_COLUMNS as readonly string[]).includes(column)) faults.push({ code: 'unknown_column', column });
    else if (columns.indexOf(column) !== index) faults.push({ code: 'duplicate_column', column });
  }
  for (const column of REQUIRED) if (!columns.includes(column)) faults.push({ code: 'missing_column', column });
  if (rows.length === 0) faults.push({ code: 'no_rows' });
  if (rows.length > TABLE_LIMITS.rows) faults.push({ code: 'too_many_rows', params: { limit: TABLE_LIMITS.rows } });
  return faults;
}

// One answer lists this many faults; more help nobody.
const MAX_FAULTS = 50;

class RowReader {
  readonly faults: TableFault[] = [];
  readonly #types = new Map<string, FactType>();
  readonly #columns: readonly string[];

  constructor(columns: readonly string[]) {
    this.#columns = columns;
  }

  facts(): readonly FactColumn[] {
    return [...this.#types].map(([key, type]) => ({ key, type }));
  }

  read(row: readonly unknown[], index: number): TableRow {
    const at = (column: ListColumn): unknown => row[this.#columns.indexOf(column)];
    const fail = (code: TableFault['code'], column?: ListColumn): void => {
      if (this.faults.length < MAX_FAULTS)
        this.faults.push({ code, row: index, ...(column === undefined ? {} : { column }) });
    };
    if (row.length !== this.#columns.length) fail('row_length');
    const [id, action, reason, priority, when] = [
      at('id'),
      at('action'),
      at('reason') ?? '',
      at('priority'),
      at('when'),
    ];
    if (!rowId.safeParse(id).success) fail('row_id', 'id');
    if (!isAction(action)) fail('unknown_action', 'action');
    if (typeof reason !== 'string') fail('literal_type', 'reason');
    else if (reason.length > TABLE_LIMITS.text) fail('text_too_long', 'reason');
    if (priority !== undefined && !Number.isSafeInteger(priority)) fail('literal_type', 'priority');
    if (when !== undefined && when !== '' && typeof when !== 'string') fail('literal_type', 'when');
    return {
      id: String(id),
      cells: this.#cells(at, fail),
      ...(typeof when === 'string' && when !== '' ? { when } : {}),
      outcome: { action: String(action), reason: typeof reason === 'string' ? reason : '' },
      // Without priorities the stricter action goes first.
      priority: typeof priority === 'number' ? priority : isAction(action) ? ACTIONS.indexOf(action) : 0,
    };
  }

  #cells(
    at: (column: ListColumn) => unknown,
    fail: (code: TableFault['code'], column: ListColumn) => void,
  ): Readonly<Record<string, Cell>> {
    const [field, op, value] = [at('field'), at('op'), at('value')];
    if (typeof field !== 'string' || !NAME.test(field)) {
      fail('fact_name', 'field');
      return {};
    }
    if (!isOperator(op)) {
      fail('unknown_operator', 'op');
      return {};
    }
    const type = typeOf(value, op);
    if (type === undefined) {
      fail('literal_type', 'value');
      return {};
    }
    if ((this.#types.get(field) ?? type) !== type) fail('conflicting_types', 'value');
    this.#types.set(field, type);
    return { [field]: { op, value: value as Literal | readonly Literal[] } };
  }
}

/** The type of a fact that is compared with these constants; `undefined` when they are no constants. */
function typeOf(value: unknown, op: Cell['op']): FactType | undefined {
  const literals: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (literals.length > TABLE_LIMITS.values) return undefined;
  if (op !== '==' && op !== '!=' && op !== 'in' && op !== 'nin') return 'number';
  const types = new Set(literals.map((literal) => typeof literal));
  if (types.size > 1) return undefined;
  if (types.has('number')) return 'number';
  if (types.has('string') && literals.every((literal) => String(literal).length <= TABLE_LIMITS.text)) return 'text';
  return types.has('boolean') ? 'boolean' : undefined;
}
