/**
 * Decision tables as YAML text (`flows/policies/*.yaml`), read with the line of every fault and written back without
 * loss: comments survive an edit.
 *
 *     facts:   [{ key: age, label: 年龄, type: number, whole: true }]
 *     outputs: [{ key: action, type: text }]
 *     rows:
 *       - { id: C02, if: { age: 'out [22, 55]' }, give: { action: REJECT } }
 */
import { Document, isMap, isSeq, parseDocument, type YAMLMap, type YAMLSeq } from 'yaml';
import { z } from 'zod';
import { type FileFault, type FileResult, parseYamlFile } from '../../lib/yaml-file.ts';
import { formatCell, parseCell } from './cell.ts';
import { checkTable } from './check.ts';
import {
  type Cell,
  type DecisionTable,
  type FactColumn,
  type FactType,
  HIT_POLICIES,
  NAME,
  type OutputColumn,
  TABLE_LIMITS,
  type TableFault,
  type TableRow,
} from './model.ts';

const key = z.string().regex(NAME);
const text = z.string().max(TABLE_LIMITS.text);
const literal = z.union([z.boolean(), z.number(), text]);
const type = z.enum(['number', 'text', 'boolean']);
/** Identifies a row; also the id people see in reasons and logs. */
export const rowId = z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N}_.-]{0,59}$/u);

const factColumn = z.strictObject({
  key,
  label: text.optional(),
  type,
  whole: z.boolean().optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  values: z.array(text).min(1).max(TABLE_LIMITS.values).optional(),
});
const outputColumn = z.strictObject({ key, label: text.optional(), type });
const outcomeRecord = z.record(key, literal);
const row = z.strictObject({
  id: rowId,
  if: z.record(key, literal).default({}),
  cel: z.string().max(4000).optional(),
  give: outcomeRecord,
  priority: z.int().min(-1_000_000).max(1_000_000).optional(),
  note: text.optional(),
});

/** The members of a table file; other kinds of files may add their own. */
export const tableMembers = {
  formatVersion: z.literal(1),
  name: key,
  title: text.optional(),
  hitPolicy: z.enum(HIT_POLICIES),
  facts: z.array(factColumn).max(TABLE_LIMITS.columns),
  outputs: z.array(outputColumn).min(1).max(TABLE_LIMITS.columns),
  otherwise: outcomeRecord.optional(),
  rows: z.array(row).min(1).max(TABLE_LIMITS.rows),
};
const file = z.strictObject(tableMembers);

/** A table as it stands in a file: cells are texts. */
export type WrittenTable = z.infer<typeof file>;
type WrittenRow = WrittenTable['rows'][number];

/** Reads a table from YAML text and checks it. */
export function parseTableFile(source: string): FileResult<DecisionTable> {
  const parsed = parseYamlFile(source, file);
  return parsed.ok ? readTable(parsed.value, (path) => parsed.lineOf(path)) : parsed;
}

/** The checked table of a written one; faults carry the line that `lineOf` finds. */
export function readTable(
  written: WrittenTable,
  lineOf: (path: readonly PropertyKey[]) => number,
): FileResult<DecisionTable> {
  const { table, faults } = tableOf(written);
  const all = faults.length > 0 ? faults : checkTable(table);
  if (all.length === 0) return { ok: true, value: table, lineOf };
  const isFact = (key: string): boolean => written.facts.some((column) => column.key === key);
  return { ok: false, faults: all.map((fault) => fileFault(fault, isFact, lineOf)) };
}

/** A written table with its cells read; cells that cannot be read are faults. */
function tableOf(written: WrittenTable): {
  readonly table: DecisionTable;
  readonly faults: readonly TableFault[];
} {
  const faults: TableFault[] = [];
  const facts = written.facts.map((column) => clean<FactColumn>(column));
  const types = new Map(facts.map((column) => [column.key, column.type]));
  const rows = written.rows.map((given, index): TableRow => {
    const cells: Record<string, Cell> = {};
    for (const [name, cell] of Object.entries(given.if)) {
      const parsed = parseCell(String(cell), types.get(name) ?? 'text');
      if (parsed.kind === 'cell') cells[name] = parsed.cell;
      if (parsed.kind === 'fault') faults.push({ code: parsed.code, row: index, column: name });
    }
    const { id, cel: when, give: outcome, priority, note } = given;
    return clean<TableRow>({ id, cells, when, outcome, priority, note });
  });
  const { formatVersion, name, title, hitPolicy, otherwise } = written;
  const outputs = written.outputs.map((column) => clean<OutputColumn>(column));
  return {
    table: clean<DecisionTable>({ formatVersion, name, title, hitPolicy, facts, outputs, rows, otherwise }),
    faults,
  };
}

/** The same object without members that are `undefined`. */
function clean<T extends object>(given: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as T;
}

function fileFault(
  fault: TableFault,
  isFact: (key: string) => boolean,
  lineOf: (path: readonly PropertyKey[]) => number,
): FileFault {
  const { row: index, column = '', code, params } = fault;
  const message = [code, ...Object.values(params ?? {})].join(' ');
  if (index === undefined) return { line: lineOf(['rows']), path: column, message };
  const inCells = isFact(column) || code === 'unknown_fact';
  const member = column === 'when' ? ['cel'] : column === 'id' ? ['id'] : [inCells ? 'if' : 'give', column];
  return { line: lineOf(['rows', index, ...member]), path: ['rows', index, ...member].join('.'), message };
}

/**
 * Writes a table as YAML. With the text it was read from, what did not change stays: every comment, the order of
 * members, the style of rows (only blanks inside brackets may become uniform). An unchanged table gives the same text.
 */
export function formatTableFile(table: DecisionTable, previous?: string): string {
  const written = writeTable(table);
  const document = parseDocument(previous ?? '{}\n');
  const old = previous === undefined ? undefined : parseYamlFile(previous, z.looseObject(tableMembers));
  if (old?.ok !== true || !isMap(document.contents)) {
    return freshText(written);
  }
  if (previous !== undefined && sameTable(previous, table)) return previous;
  const before = { ...old.value, rows: undefined };
  for (const [name, value] of Object.entries(written)) {
    if (name !== 'rows' && !sameJson(before[name as keyof typeof before], value))
      document.set(name, document.createNode(value));
  }
  for (const name of ['title', 'otherwise']) if (!(name in written)) document.delete(name);
  const rows = document.get('rows');
  if (isSeq(rows))
    rows.items = mergeRows(rows, old.value, written, (given) => document.createNode(given, { flow: true }));
  return document.toString({ lineWidth: 0 });
}

function sameTable(text: string, table: DecisionTable): boolean {
  const read = parseTableFile(text);
  return read.ok && sameJson(read.value, table);
}

function freshText(written: WrittenTable): string {
  const document = new Document(written);
  const rows = document.get('rows');
  if (isSeq(rows)) for (const item of rows.items) if (isMap(item)) item.flow = true;
  return document.toString({ lineWidth: 0 });
}

/** Rows keep their node when they say the same; a changed row keeps the comment above it. */
function mergeRows(
  nodes: YAMLSeq,
  before: WrittenTable,
  after: WrittenTable,
  create: (given: WrittenRow) => YAMLMap,
): unknown[] {
  const types = new Map(after.facts.map((column) => [column.key, column.type]));
  const known = new Map(before.rows.map((given, index) => [given.id, { given, node: nodes.items[index] }]));
  return after.rows.map((given) => {
    const old = known.get(given.id);
    if (old !== undefined && sameRow(old.given, given, types)) return old.node;
    const node = create(given);
    if (isMap(old?.node)) {
      if (typeof old.node.commentBefore === 'string') node.commentBefore = old.node.commentBefore;
      if (typeof old.node.comment === 'string') node.comment = old.node.comment;
    }
    return node;
  });
}

function sameRow(one: WrittenRow, other: WrittenRow, types: ReadonlyMap<string, FactType>): boolean {
  const plain = (given: WrittenRow): unknown => {
    // `>=5` and `>= 5`, true and 'true' are the same cell.
    const cells = Object.entries(given.if).map(([name, cell]) => [
      name,
      normalCell(String(cell), types.get(name) ?? 'text'),
    ]);
    return { ...given, if: Object.fromEntries(cells) as unknown };
  };
  return sameJson(plain(one), plain(other));
}

function normalCell(written: string, type: FactType): string {
  const parsed = parseCell(written, type);
  if (parsed.kind === 'cell') return formatCell(parsed.cell);
  return parsed.kind === 'any' ? '' : written;
}

function sameJson(one: unknown, other: unknown): boolean {
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((element) => sorted(element));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(
    entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, member]) => [name, sorted(member)]),
  );
}

/** The written form of a table: cells as texts, absent members left out. */
export function writeTable(table: DecisionTable): WrittenTable {
  const rows = table.rows.map(({ id, cells, when, outcome, priority, note }) =>
    clean<WrittenRow>({
      id,
      if: Object.fromEntries(Object.entries(cells).map(([name, cell]) => [name, formatCell(cell)])),
      cel: when,
      give: { ...outcome },
      priority,
      note,
    }),
  );
  return clean<WrittenTable>({
    formatVersion: 1,
    name: table.name,
    title: table.title,
    hitPolicy: table.hitPolicy,
    facts: table.facts.map((column) =>
      clean<WrittenTable['facts'][number]>({ ...column, values: column.values && [...column.values] }),
    ),
    outputs: table.outputs.map((column) => ({ ...column })),
    otherwise: table.otherwise === undefined ? undefined : { ...table.otherwise },
    rows,
  });
}
