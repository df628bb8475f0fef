import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatCell, parseCell } from '../../../../src/core/rules/cell.ts';
import type { Cell, FactType } from '../../../../src/core/rules/model.ts';
import { cellFor } from './random-tables.ts';

describe('the text of a cell', () => {
  test.each<[string, FactType, Cell]>([
    ['>= 6', 'number', { op: '>=', value: 6 }],
    ['>=6', 'number', { op: '>=', value: 6 }],
    ['≥6', 'number', { op: '>=', value: 6 }],
    ['= 5', 'number', { op: '==', value: 5 }],
    ['5', 'number', { op: '==', value: 5 }],
    ['-5', 'number', { op: '==', value: -5 }],
    ['70%', 'number', { op: '==', value: 0.7 }],
    ['[22, 55]', 'number', { op: 'in[]', value: [22, 55] }],
    ['[0.7, 0.8)', 'number', { op: 'in[)', value: [0.7, 0.8] }],
    ['（0，1000]', 'number', { op: 'in(]', value: [0, 1000] }],
    ['out [22, 55]', 'number', { op: 'out', value: [22, 55] }],
    ['in 1, 2,3', 'number', { op: 'in', value: [1, 2, 3] }],
    ['in 购房、炒股，理财', 'text', { op: 'in', value: ['购房', '炒股', '理财'] }],
    ['nin 住宅, "a, b"', 'text', { op: 'nin', value: ['住宅', 'a, b'] }],
    ['!= MATCH', 'text', { op: '!=', value: 'MATCH' }],
    ['inland', 'text', { op: '==', value: 'inland' }],
    ['true', 'boolean', { op: '==', value: true }],
    ['否', 'boolean', { op: '==', value: false }],
    ['true', 'text', { op: '==', value: 'true' }],
    ['"-"', 'text', { op: '==', value: '-' }],
  ])('%j in a %s column', (written, type, cell) => {
    expect(parseCell(written, type)).toEqual({ kind: 'cell', cell });
  });

  test.each(['', '  ', '-', 'any'])('%j means anything', (written) => {
    expect(parseCell(written, 'number')).toEqual({ kind: 'any' });
  });

  test.each<[string, FactType, string]>([
    ['>= x', 'number', 'cell_syntax'],
    ['>', 'number', 'cell_syntax'],
    ['[1]', 'number', 'range_shape'],
    ['[1,2,3]', 'number', 'range_shape'],
    ['out (1,2)', 'number', 'cell_syntax'],
    ['in 1,,2', 'number', 'cell_syntax'],
    ['in 1,', 'number', 'cell_syntax'],
    ['1 2', 'number', 'cell_syntax'],
    ['Infinity', 'number', 'cell_syntax'],
    ['0x10', 'number', 'cell_syntax'],
    ['maybe', 'boolean', 'cell_syntax'],
    ['"open', 'text', 'cell_syntax'],
  ])('%j in a %s column is refused as %s', (written, type, code) => {
    expect(parseCell(written, type)).toEqual({ kind: 'fault', code });
  });

  test('is read back to the same cell, whatever the cell', () => {
    const columns = [
      { key: 'n', type: 'number' as const },
      { key: 't', type: 'text' as const },
      { key: 'b', type: 'boolean' as const },
    ];
    const cells = fc
      .constantFrom(...columns)
      .chain((column) => cellFor(column).map((cell) => ({ cell, type: column.type })));
    fc.assert(
      fc.property(cells, ({ cell, type }) => {
        expect(parseCell(formatCell(cell), type)).toEqual({ kind: 'cell', cell });
      }),
      { seed: 20_261_121, numRuns: 5000 },
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (value) => {
        const cell: Cell = { op: 'in', value: [value, 'x'] };
        expect(parseCell(formatCell(cell), 'text')).toEqual({ kind: 'cell', cell });
      }),
      { seed: 20_261_121, numRuns: 5000 },
    );
  });

  test('is read or refused in time, whatever it is', () => {
    const pieces = fc.constantFrom('in', 'out', ' ', ',', '"', '\\', '[', ')', '>', '=', '1', 'é', '%', '，', 'e9');
    fc.assert(
      fc.property(
        fc.array(pieces, { maxLength: 60 }),
        fc.constantFrom<FactType>('number', 'text', 'boolean'),
        (parts, type) => {
          expect(['cell', 'any', 'fault']).toContain(parseCell(parts.join(''), type).kind);
        },
      ),
      { seed: 20_261_121, numRuns: 5000 },
    );
    const started = performance.now();
    parseCell(`in ${'"'.repeat(39_000)}`, 'text');
    parseCell(`in ${' '.repeat(39_000)}x`, 'number');
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
