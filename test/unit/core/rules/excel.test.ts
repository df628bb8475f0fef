import { deflateRawSync } from 'node:zlib';
import ExcelJS from 'exceljs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { arrayBufferOf, readWorkbook } from '../../../../src/core/rules/excel.ts';
import { writeWorkbook } from '../../../../src/core/rules/excel-write.ts';
import type { DecisionTable } from '../../../../src/core/rules/model.ts';
import { installedRiskPolicy } from '../../../../src/core/rules/policy-store.ts';
import { unpacksWithin } from '../../../../src/core/rules/zip-guard.ts';
import { randomTable } from './random-tables.ts';

const credit = installedRiskPolicy('credit', 'collect').compiled.table;

async function read(bytes: Buffer): Promise<DecisionTable> {
  const result = await readWorkbook(bytes);
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  return result.table;
}

/** The workbook of a table after somebody worked in it. */
async function edited(
  table: DecisionTable,
  edit: (sheet: ExcelJS.Worksheet, book: ExcelJS.Workbook) => void,
): Promise<Buffer> {
  const book = new ExcelJS.Workbook();
  await book.xlsx.load(arrayBufferOf(await writeWorkbook(table)));
  edit(book.getWorksheet('rules')!, book);
  return Buffer.from(await book.xlsx.writeBuffer());
}

function cellAt(sheet: ExcelJS.Worksheet, id: string, key: string): ExcelJS.Cell {
  const values = (row: number): unknown[] => sheet.getRow(row).values as unknown[];
  const keys = Array.from({ length: sheet.rowCount }, (_, index) => index + 1).find(
    (row) => values(row)[1] === '#key',
  )!;
  const row = Array.from({ length: sheet.rowCount }, (_, index) => index + 1).find((at) => values(at)[2] === id)!;
  return sheet.getCell(row, values(keys).indexOf(key));
}

describe('a workbook', () => {
  test('holds the credit policy and gives it back', async () => {
    expect(await read(await writeWorkbook(credit))).toEqual(credit);
  });

  test('gives every random table back', async () => {
    await fc.assert(
      fc.asyncProperty(randomTable, async (table) => {
        expect(await read(await writeWorkbook(table))).toEqual(table);
      }),
      { seed: 20_261_121, numRuns: 25 },
    );
  });

  test('takes what people type: numbers, rich text, a new row, a remark', async () => {
    const bytes = await edited(credit, (sheet) => {
      cellAt(sheet, 'C13', 'overdue_now_amt').value = 500;
      cellAt(sheet, 'C02', 'reason').value = { richText: [{ text: '年龄' }, { text: '不符！' }] };
      sheet.addRow(['## 以下为新规则']);
      sheet.addRow([]);
      const added = sheet.addRow([]);
      added.getCell(2).value = 'C26';
      sheet.getCell(added.number, cellAt(sheet, 'C24', 'score').fullAddress.col).value = '[560, 570)';
      sheet.getCell(added.number, cellAt(sheet, 'C24', 'action').fullAddress.col).value = 'REVIEW';
    });
    const table = await read(bytes);
    const row = (id: string): unknown => table.rows.find((given) => given.id === id);
    expect(row('C13')).toMatchObject({ cells: { overdue_now_amt: { op: '==', value: 500 } } });
    expect(row('C02')).toMatchObject({ outcome: { reason: '年龄不符！' } });
    expect(row('C26')).toEqual({
      id: 'C26',
      cells: { score: { op: 'in[)', value: [560, 570] } },
      outcome: { action: 'REVIEW', reason: '' },
    });
  });

  test('keeps other sheets and colours when the table is written into it again', async () => {
    const before = await edited(credit, (sheet, book) => {
      book.addWorksheet('notes').getCell('A1').value = '会议纪要';
      sheet.getCell('B1').font = { bold: true };
    });
    const shorter = { ...credit, rows: credit.rows.slice(0, 3) };
    const after = await writeWorkbook(shorter, before);
    const book = new ExcelJS.Workbook();
    await book.xlsx.load(arrayBufferOf(after));
    expect(book.getWorksheet('notes')?.getCell('A1').value).toBe('会议纪要');
    expect(book.getWorksheet('rules')?.getCell('B1').font?.bold).toBe(true);
    expect(await read(after)).toEqual(shorter);
  });

  test.each<[string, (sheet: ExcelJS.Worksheet) => void, object]>([
    ['a formula', (sheet) => (cellAt(sheet, 'C02', 'age').value = { formula: 'A1' }), { code: 'formula' }],
    ['a date', (sheet) => (cellAt(sheet, 'C02', 'age').value = new Date(0)), { code: 'date_cell' }],
    [
      'a bad cell',
      (sheet) => (cellAt(sheet, 'C02', 'age').value = 'about 30'),
      { code: 'cell_syntax', row: 1, column: 'age' },
    ],
    [
      'a range the wrong way round',
      (sheet) => (cellAt(sheet, 'C02', 'age').value = '[5, 1]'),
      { code: 'range_empty', row: 1, column: 'age' },
    ],
    ['an id twice', (sheet) => (cellAt(sheet, 'C02', 'id').value = 'C01'), { code: 'duplicate_id', row: 1 }],
    ['no name', (sheet) => (sheet.getCell('B1').value = null), { code: 'header' }],
    ['an unknown hit policy', (sheet) => (sheet.getCell('B3').value = 'all'), { code: 'header' }],
  ])('with %s is refused with its place', async (_, edit, fault) => {
    const result = await readWorkbook(await edited(credit, edit));
    expect(result).toMatchObject({
      ok: false,
      faults: expect.arrayContaining([expect.objectContaining(fault)]) as unknown,
    });
  });

  test('names row and column of the sheet', async () => {
    const result = await readWorkbook(await edited(credit, (sheet) => (cellAt(sheet, 'C02', 'age').value = '[5, 1]')));
    expect(!result.ok && result.faults[0]).toMatchObject({ sheetRow: 11, sheetColumn: 4 });
  });
});

describe('bytes that are no workbook', () => {
  test('are refused, whatever they are', async () => {
    const workbook = await writeWorkbook({ ...credit, rows: credit.rows.slice(0, 2) });
    const broken = fc
      .tuple(fc.integer({ min: 0, max: workbook.length - 1 }), fc.integer({ min: 0, max: 255 }), fc.boolean())
      .map(([at, byte, cut]) => {
        const copy = Buffer.from(cut ? workbook.subarray(0, at) : workbook);
        if (!cut) copy[at] = byte;
        return copy;
      });
    const bytes = fc.oneof(
      broken,
      fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (given) => {
        expect(typeof (await readWorkbook(given)).ok).toBe('boolean');
      }),
      { seed: 20_261_121, numRuns: 150 },
    );
  });

  test('of an archive that unpacks to gigabytes are refused before they are unpacked', () => {
    const packed = deflateRawSync(Buffer.alloc(20_000_000));
    expect(unpacksWithin(archive(packed, 20_000_000), 30_000_000)).toBe(true);
    expect(unpacksWithin(archive(packed, 20_000_000), 10_000_000)).toBe(false);
    // The archive claims to be small.
    expect(unpacksWithin(archive(packed, 10), 10_000_000)).toBe(false);
  });
});

/** A ZIP archive with one deflated entry that claims a size. */
function archive(packed: Buffer, claimed: number): Buffer {
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(8, 8);
  local.writeUInt32LE(packed.length, 18);
  local.writeUInt32LE(claimed, 22);
  const entry = Buffer.alloc(46);
  entry.writeUInt32LE(0x02014b50, 0);
  entry.writeUInt16LE(8, 10);
  entry.writeUInt32LE(packed.length, 20);
  entry.writeUInt32LE(claimed, 24);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(46, 12);
  end.writeUInt32LE(30 + packed.length, 16);
  return Buffer.concat([local, packed, entry, end]);
}
