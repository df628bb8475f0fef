/**
 * Decision tables in Excel workbooks, for people who think in spreadsheets. Column A carries marks (`#name`, `#key` …),
 * so that the rest may be arranged and coloured freely; what this file writes it reads back to the same table.
 *
 *     #name      | credit
 *     #hitPolicy | collect
 *     #key       | id | age          | when | action | reason | priority | note
 *     #kind      | id | fact         | cel  | output | output | priority | note
 *     #type      |    | number whole |      | text   | text   |          |
 *                | C02| out [22, 55] |      | REJECT | 年龄不符 |        |
 */
import ExcelJS from 'exceljs';
import { parseCell } from './cell.ts';
import { checkTable, MAX_FAULTS } from './check.ts';
import {
  type Cell,
  type DecisionTable,
  type FactColumn,
  type FactType,
  HIT_POLICIES,
  type HitPolicy,
  isLiteral,
  type Literal,
  NAME,
  type OutputColumn,
  TABLE_LIMITS,
  type TableFault,
  type TableRow,
} from './model.ts';
import { rowId } from './table-file.ts';
import { unpacksWithin } from './zip-guard.ts';

const MAX_WORKBOOK = 5_000_000;
const MAX_UNPACKED = 80_000_000;
/** The sheet that holds the table. */
export const RULES_SHEET = 'rules';

/** A fault with the row and column of the sheet (from 1), as people see them in Excel. */
interface SheetFault extends TableFault {
  readonly sheetRow?: number;
  readonly sheetColumn?: number;
}

/** The table of a workbook, or everything that is wrong with it. */
export type WorkbookResult =
  | { readonly ok: true; readonly table: DecisionTable }
  | { readonly ok: false; readonly faults: readonly SheetFault[] };

/** Reads the sheet `rules` (or the only sheet) of a workbook. Never throws, whatever the bytes are. */
export async function readWorkbook(bytes: Buffer): Promise<WorkbookResult> {
  const sheet = await openSheet(bytes);
  if (typeof sheet === 'string') return { ok: false, faults: [{ code: 'workbook', params: { detail: sheet } }] };
  const reader = new SheetReader(sheet);
  const table = reader.read();
  if (table === undefined || reader.faults.length > 0) return { ok: false, faults: reader.faults.slice(0, MAX_FAULTS) };
  const faults = checkTable(table).map((fault) => reader.place(fault));
  return faults.length > 0 ? { ok: false, faults } : { ok: true, table };
}

async function openSheet(bytes: Buffer): Promise<ExcelJS.Worksheet | string> {
  if (bytes.length > MAX_WORKBOOK) return 'too large';
  if (!unpacksWithin(bytes, MAX_UNPACKED)) return 'not a workbook, or too large when unpacked';
  const workbook = new ExcelJS.Workbook();
  try {
    await workbook.xlsx.load(arrayBufferOf(bytes));
  } catch {
    return 'not a workbook';
  }
  return workbook.getWorksheet(RULES_SHEET) ?? workbook.worksheets[0] ?? 'no sheet';
}

/** The bytes as the workbook library wants them: its own Buffer type is older than Node's. */
export function arrayBufferOf(bytes: Buffer): ArrayBuffer {
  const copy = new ArrayBuffer(bytes.length);
  new Uint8Array(copy).set(bytes);
  return copy;
}

/** What a column of the sheet holds. */
export type Kind = 'id' | 'fact' | 'cel' | 'output' | 'priority' | 'note';
const KINDS: ReadonlySet<string> = new Set<Kind>(['id', 'fact', 'cel', 'output', 'priority', 'note']);

interface SheetColumn {
  readonly at: number;
  readonly kind: Kind;
  readonly key: string;
  readonly fact?: FactColumn;
  readonly output?: OutputColumn;
}

/** Reads one sheet; every fault is remembered with its place. */
class SheetReader {
  readonly faults: SheetFault[] = [];
  readonly #sheet: ExcelJS.Worksheet;
  readonly #marks = new Map<string, number>();
  readonly #dataRows: number[] = [];
  #columns: readonly SheetColumn[] = [];

  constructor(sheet: ExcelJS.Worksheet) {
    this.#sheet = sheet;
  }

  read(): DecisionTable | undefined {
    if (this.#sheet.rowCount > TABLE_LIMITS.rows + 100)
      return this.#fail({ code: 'too_many_rows', params: { limit: TABLE_LIMITS.rows } });
    if (this.#sheet.columnCount > TABLE_LIMITS.columns + 10) {
      return this.#fail({ code: 'too_many_columns', params: { limit: TABLE_LIMITS.columns } });
    }
    this.#findMarks();
    const name = this.#setting('#name');
    const hitPolicy = this.#setting('#hitPolicy');
    if (!NAME.test(name)) return this.#fail({ code: 'header', params: { detail: '#name' } });
    if (!isHitPolicy(hitPolicy)) return this.#fail({ code: 'header', params: { detail: '#hitPolicy' } });
    if (!this.#marks.has('#key') || !this.#marks.has('#kind'))
      return this.#fail({ code: 'header', params: { detail: '#key, #kind' } });
    this.#columns = this.#readColumns();
    const title = this.#setting('#title');
    const otherwise = this.#readOtherwise();
    return {
      formatVersion: 1,
      name,
      ...(title === '' ? {} : { title }),
      hitPolicy,
      facts: this.#columns.flatMap((column) => column.fact ?? []),
      outputs: this.#columns.flatMap((column) => column.output ?? []),
      ...(otherwise === undefined ? {} : { otherwise }),
      rows: this.#dataRows.map((at, index) => this.#readRow(at, index)),
    };
  }

  /** A fault of the table's check, with its place in the sheet. */
  place(fault: TableFault): SheetFault {
    const sheetRow = fault.row === undefined ? undefined : this.#dataRows[fault.row];
    const wanted = fault.column === 'when' ? 'cel' : fault.column;
    const column = this.#columns.find(({ kind, key }) => key === wanted || kind === wanted);
    return {
      ...fault,
      ...(sheetRow === undefined ? {} : { sheetRow }),
      ...(column === undefined ? {} : { sheetColumn: column.at }),
    };
  }

  #fail(fault: SheetFault): undefined {
    this.faults.push(fault);
    return undefined;
  }

  /** Rows whose first cell is a mark are header rows, `##` is a remark, an empty row is nothing, the rest are rules. */
  #findMarks(): void {
    for (let at = 1; at <= this.#sheet.rowCount; at += 1) {
      const mark = this.#text(at, 1);
      if (mark.startsWith('##')) continue;
      if (mark.startsWith('#')) this.#marks.set(mark, at);
      else if (this.#sheet.getRow(at).hasValues && this.#marks.has('#key')) this.#dataRows.push(at);
    }
  }

  #setting(mark: string): string {
    const at = this.#marks.get(mark);
    return at === undefined ? '' : this.#text(at, 2);
  }

  #readColumns(): readonly SheetColumn[] {
    const columns: SheetColumn[] = [];
    for (let at = 2; at <= this.#sheet.columnCount; at += 1) {
      const kind = this.#header('#kind', at);
      if (kind === '') continue;
      const key = this.#header('#key', at);
      if (!isKind(kind) || ((kind === 'fact' || kind === 'output') && !NAME.test(key))) {
        this.faults.push({ code: 'header', sheetColumn: at, params: { detail: `${kind} ${key}` } });
        continue;
      }
      columns.push(this.#readColumn(at, kind, key));
    }
    if (!columns.some(({ kind }) => kind === 'id')) this.faults.push({ code: 'header', params: { detail: 'id' } });
    return columns;
  }

  #readColumn(at: number, kind: Kind, key: string): SheetColumn {
    const [type = 'text', whole] = this.#header('#type', at).split(' ');
    const label = this.#header('#label', at);
    const common = { key, type: isType(type) ? type : 'text', ...(label === '' ? {} : { label }) } as const;
    if ((kind === 'fact' || kind === 'output') && !isType(type)) {
      this.faults.push({ code: 'header', sheetColumn: at, params: { detail: `#type ${type}` } });
    }
    if (kind === 'output') return { at, kind, key, output: common };
    if (kind !== 'fact') return { at, kind, key };
    return {
      at,
      kind,
      key,
      fact: { ...common, ...(whole === 'whole' ? { whole: true } : {}), ...this.#domain(at, common.type) },
    };
  }

  /** `[0, 1]`, `>= 0`, `<= 100` for numbers; `in A, B` for texts. */
  #domain(at: number, type: FactType): Pick<FactColumn, 'min' | 'max' | 'values'> {
    const written = this.#header('#domain', at);
    if (written === '') return {};
    const parsed = parseCell(written, type);
    const { op, value } = parsed.kind === 'cell' ? parsed.cell : ({ op: '==', value: '' } as const);
    const list = Array.isArray(value) ? (value as readonly Literal[]) : [value as Literal];
    if (type === 'number' && op === 'in[]') return { min: Number(list[0]), max: Number(list[1]) };
    if (type === 'number' && op === '>=') return { min: Number(list[0]) };
    if (type === 'number' && op === '<=') return { max: Number(list[0]) };
    if (type === 'text' && op === 'in') return { values: list.map(String) };
    this.faults.push({ code: 'header', sheetColumn: at, params: { detail: `#domain ${written.slice(0, 100)}` } });
    return {};
  }

  #header(mark: string, column: number): string {
    const at = this.#marks.get(mark);
    return at === undefined ? '' : this.#text(at, column);
  }

  #readOtherwise(): Readonly<Record<string, Literal>> | undefined {
    const at = this.#marks.get('#otherwise');
    return at === undefined ? undefined : this.#readOutputs(at);
  }

  #readRow(at: number, index: number): TableRow {
    const cells: Record<string, Cell> = {};
    let [id, when, note] = ['', '', ''];
    let priority: number | undefined;
    for (const column of this.#columns) {
      const written = this.#text(at, column.at);
      if (column.kind === 'id') id = written;
      if (column.kind === 'cel') when = written;
      if (column.kind === 'note') note = written;
      if (column.kind === 'priority' && written !== '') priority = Number(written);
      if (column.fact === undefined) continue;
      const parsed = parseCell(written, column.fact.type);
      if (parsed.kind === 'cell') cells[column.key] = parsed.cell;
      if (parsed.kind === 'fault')
        this.faults.push({ code: parsed.code, row: index, column: column.key, sheetRow: at, sheetColumn: column.at });
    }
    if (!rowId.safeParse(id).success) this.faults.push({ code: 'row_id', row: index, column: 'id', sheetRow: at });
    if (priority !== undefined && !Number.isSafeInteger(priority)) {
      this.faults.push({ code: 'literal_type', row: index, column: 'priority', sheetRow: at });
    }
    return {
      id,
      cells,
      ...(when === '' ? {} : { when }),
      outcome: this.#readOutputs(at),
      ...(priority === undefined ? {} : { priority }),
      ...(note === '' ? {} : { note }),
    };
  }

  #readOutputs(at: number): Readonly<Record<string, Literal>> {
    const outcome: Record<string, Literal> = {};
    for (const { output, at: column } of this.#columns) {
      if (output === undefined) continue;
      const written = this.#text(at, column);
      // An output is a constant, not a cell: its text stands for itself.
      const parsed = output.type === 'text' ? written : literalOf(written, output.type);
      if (parsed !== undefined) outcome[output.key] = parsed;
    }
    return outcome;
  }

  /** What a person sees in a cell, as text. Formulas and dates are faults: their text depends on the program. */
  #text(row: number, column: number): string {
    const { value } = this.#sheet.getCell(row, column);
    if (value === null || value === undefined) return '';
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    if (value instanceof Date) return this.#refuse('date_cell', row, column);
    if ('richText' in value) return value.richText.map((part) => part.text).join('');
    if ('hyperlink' in value && typeof value.text === 'string') return value.text;
    return this.#refuse('formula', row, column);
  }

  #refuse(code: 'date_cell' | 'formula', sheetRow: number, sheetColumn: number): string {
    this.faults.push({ code, sheetRow, sheetColumn });
    return '';
  }
}

function isHitPolicy(text: string): text is HitPolicy {
  return (HIT_POLICIES as readonly string[]).includes(text);
}

function isKind(text: string): text is Kind {
  return KINDS.has(text);
}

function isType(text: string): text is FactType {
  return text === 'number' || text === 'text' || text === 'boolean';
}

function literalOf(written: string, type: FactType): Literal | undefined {
  const parsed = parseCell(written, type);
  if (parsed.kind !== 'cell' || parsed.cell.op !== '==' || !isLiteral(parsed.cell.value, type)) return undefined;
  return parsed.cell.value;
}
