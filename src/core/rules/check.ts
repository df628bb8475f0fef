/** The checks without which a table may not run: types, names, sizes. Linear in the size of the table. */
import { cellFault } from './cell.ts';
import { compileCondition } from './cel.ts';
import {
  type Cell,
  type DecisionTable,
  type FactColumn,
  isLiteral,
  type Literal,
  type OutputColumn,
  TABLE_LIMITS,
  type TableFault,
  type TableRow,
} from './model.ts';

/** One table reports this many faults; more help nobody. */
export const MAX_FAULTS = 100;

/** Everything that keeps a table from running, each with row and column. */
export function checkTable(table: DecisionTable): readonly TableFault[] {
  if (table.rows.length === 0) return [{ code: 'no_rows' }];
  if (table.rows.length > TABLE_LIMITS.rows) return [{ code: 'too_many_rows', params: { limit: TABLE_LIMITS.rows } }];
  if (table.facts.length + table.outputs.length > TABLE_LIMITS.columns) {
    return [{ code: 'too_many_columns', params: { limit: TABLE_LIMITS.columns } }];
  }
  const columns = new Map(table.facts.map((fact) => [fact.key, fact]));
  const faults: TableFault[] = columnFaults(table);
  const ids = new Set<string>();
  for (const [index, row] of table.rows.entries()) {
    if (ids.has(row.id)) faults.push({ code: 'duplicate_id', row: index, column: 'id' });
    ids.add(row.id);
    faults.push(...rowFaults(row, index, columns), ...outcomeFaults(row.outcome, table.outputs, index));
    if (faults.length >= MAX_FAULTS) break;
  }
  if (table.otherwise !== undefined) faults.push(...outcomeFaults(table.otherwise, table.outputs));
  return faults.slice(0, MAX_FAULTS);
}

function columnFaults(table: DecisionTable): TableFault[] {
  const faults: TableFault[] = [];
  const keys = new Set<string>();
  for (const { key } of [...table.facts, ...table.outputs]) {
    if (keys.has(key)) faults.push({ code: 'duplicate_column', column: key });
    keys.add(key);
  }
  for (const fact of table.facts) {
    if (fact.min !== undefined && fact.max !== undefined && fact.min > fact.max) {
      faults.push({ code: 'range_empty', column: fact.key });
    }
  }
  return faults;
}

function rowFaults(row: TableRow, index: number, columns: ReadonlyMap<string, FactColumn>): readonly TableFault[] {
  const faults: TableFault[] = [];
  for (const [key, cell] of Object.entries(row.cells)) {
    const column = columns.get(key);
    const code = column === undefined ? 'unknown_fact' : (cellFault(cell, column) ?? domainFault(cell, column));
    if (code !== undefined) faults.push({ code, row: index, column: key });
  }
  if (row.when !== undefined) faults.push(...conditionFaults(row.when, index));
  return faults;
}

/** An exact value that the fact can never have is a typing error; a range may reach beyond the domain. */
function domainFault({ op, value }: Cell, { min, max }: FactColumn): 'outside_domain' | undefined {
  if (op !== '==' && op !== 'in') return undefined;
  const literals = Array.isArray(value) ? (value as readonly Literal[]) : [value as Literal];
  const outside = literals.some(
    (literal) => typeof literal === 'number' && (literal < (min ?? -Infinity) || literal > (max ?? Infinity)),
  );
  return outside ? 'outside_domain' : undefined;
}

function conditionFaults(source: string, row: number): readonly TableFault[] {
  const compiled = compileCondition(source);
  if (compiled.ok) return [];
  return [
    { code: 'condition', row, column: 'when', params: { detail: compiled.message, position: compiled.position } },
  ];
}

function outcomeFaults(
  outcome: Readonly<Record<string, Literal>>,
  outputs: readonly OutputColumn[],
  row?: number,
): readonly TableFault[] {
  const at = row === undefined ? {} : { row };
  const faults: TableFault[] = [];
  for (const key of Object.keys(outcome)) {
    if (!outputs.some((output) => output.key === key)) faults.push({ code: 'unknown_output', ...at, column: key });
  }
  for (const { key, type } of outputs) {
    const value = outcome[key];
    if (value === undefined) faults.push({ code: 'missing_output', ...at, column: key });
    else if (!isLiteral(value, type)) faults.push({ code: 'literal_type', ...at, column: key });
  }
  return faults;
}
