/** Decision tables written as Excel workbooks; `excel.ts` describes the sheet and reads it back. */
import ExcelJS from 'exceljs';
import { arrayBufferOf, type Kind, RULES_SHEET } from './excel.ts';
import type { DecisionTable, FactColumn, Literal } from './model.ts';
import { writeTable } from './table-file.ts';

/**
 * Writes a table as a workbook. With the workbook it was read from, other sheets, widths and colours stay; only the cells
 * of the sheet `rules` are written anew.
 */
export async function writeWorkbook(table: DecisionTable, previous?: Buffer): Promise<Buffer> {
  const workbook = new ExcelJS.Workbook();
  if (previous !== undefined) await workbook.xlsx.load(arrayBufferOf(previous));
  const sheet = workbook.getWorksheet(RULES_SHEET) ?? workbook.addWorksheet(RULES_SHEET);
  const lines = sheetLines(table);
  for (const [index, line] of lines.entries()) {
    for (const [column, text] of line.entries()) sheet.getCell(index + 1, column + 1).value = text === '' ? null : text;
  }
  clearBeyond(sheet, lines);
  const bytes = await workbook.xlsx.writeBuffer();
  return Buffer.from(bytes);
}

function clearBeyond(sheet: ExcelJS.Worksheet, lines: readonly (readonly string[])[]): void {
  const width = lines[0]?.length ?? 0;
  for (let row = 1; row <= sheet.rowCount; row += 1) {
    const from = row > lines.length ? 1 : width + 1;
    for (let column = from; column <= sheet.columnCount; column += 1) sheet.getCell(row, column).value = null;
  }
}

/** The sheet as lines of texts, all of the same width. */
function sheetLines(table: DecisionTable): readonly (readonly string[])[] {
  const written = writeTable(table);
  const columns = columnsOf(table);
  const line = (mark: string, of: (column: WrittenColumn) => string): string[] => [
    mark,
    ...columns.map((column) => of(column)),
  ];
  const setting = (mark: string, value: string): string[] => [mark, value, ...columns.slice(1).map(() => '')];
  const outputs =
    (given: Readonly<Record<string, Literal>>) =>
    (column: WrittenColumn): string =>
      column.kind === 'output' && given[column.key] !== undefined ? String(given[column.key]) : '';
  return [
    setting('#name', table.name),
    ...(table.title === undefined ? [] : [setting('#title', table.title)]),
    setting('#hitPolicy', table.hitPolicy),
    line('#key', ({ key }) => key),
    line('#label', ({ label }) => label),
    line('#kind', ({ kind }) => kind),
    line('#type', ({ type }) => type),
    line('#domain', ({ domain }) => domain),
    ...(table.otherwise === undefined ? [] : [line('#otherwise', outputs(table.otherwise))]),
    ...written.rows.map((row) =>
      line('', (column) => {
        if (column.kind === 'fact') return String(row.if[column.key] ?? '');
        if (column.kind === 'output') return outputs(row.give)(column);
        const others = {
          id: row.id,
          cel: row.cel ?? '',
          priority: row.priority?.toString() ?? '',
          note: row.note ?? '',
        };
        return others[column.kind];
      }),
    ),
  ];
}

interface WrittenColumn {
  readonly kind: Kind;
  readonly key: string;
  readonly label: string;
  readonly type: string;
  readonly domain: string;
}

function columnsOf(table: DecisionTable): readonly WrittenColumn[] {
  const plain = (kind: Kind): WrittenColumn => ({
    kind,
    key: kind === 'cel' ? 'when' : kind,
    label: '',
    type: '',
    domain: '',
  });
  const facts = table.facts.map((fact): WrittenColumn => ({
    kind: 'fact',
    key: fact.key,
    label: fact.label ?? '',
    type: fact.whole === true ? `${fact.type} whole` : fact.type,
    domain: domainText(fact),
  }));
  const outputs = table.outputs.map((output): WrittenColumn => ({
    kind: 'output',
    key: output.key,
    label: output.label ?? '',
    type: output.type,
    domain: '',
  }));
  return [plain('id'), ...facts, plain('cel'), ...outputs, plain('priority'), plain('note')];
}

function domainText({ min, max, values }: FactColumn): string {
  if (values !== undefined) return `in ${values.map((value) => JSON.stringify(value)).join(', ')}`;
  if (min !== undefined && max !== undefined) return `[${min}, ${max}]`;
  if (min !== undefined) return `>= ${min}`;
  return max === undefined ? '' : `<= ${max}`;
}
