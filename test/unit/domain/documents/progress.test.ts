import { describe, expect, test } from 'vitest';
import { DOCUMENT_STATES, type DocumentState } from '../../../../src/domain/documents/index.ts';
import { checklistOf } from '../../../support/checklist.ts';
import {
  arrivalOf,
  offerOrder,
  progressOf,
  stillNeeded,
  type CustomerDocument,
} from '../../../../src/domain/documents/document.ts';

const checklist = checklistOf(['D01', 'D07', 'D06?']);

function aDocument(itemCode: string | null, state: DocumentState = 'RECEIVED'): CustomerDocument {
  return { id: `doc-${String(itemCode)}`, itemCode, state, pages: [] };
}

describe('the progress of a checklist', () => {
  test('begins with everything missing; only required items are needed', () => {
    const progress = progressOf(checklist, []);

    expect(progress.map(({ item, state }) => [item.code, state])).toEqual([
      ['D01', 'MISSING'],
      ['D07', 'MISSING'],
      ['D06', 'MISSING'],
    ]);
    expect(stillNeeded(progress).map(({ item }) => item.code)).toEqual(['D01', 'D07']);
  });

  test.each(DOCUMENT_STATES)('an item whose document is %s is needed only if it cannot be used', (state) => {
    const isNeeded = stillNeeded(progressOf(checklist, [aDocument('D01', state)])).some(
      ({ item }) => item.code === 'D01',
    );

    expect(isNeeded).toBe(state === 'UNCLEAR' || state === 'MISMATCH' || state === 'EXPIRED');
  });

  test('what nobody has named is no progress; what is not on the list comes last and is not asked for', () => {
    const progress = progressOf(checklist, [aDocument('D21', 'UNCLEAR'), aDocument(null)]);

    expect(progress.map(({ item }) => item.code)).toEqual(['D01', 'D07', 'D06', 'D21']);
    expect(stillNeeded(progress).map(({ item }) => item.code)).toEqual(['D01', 'D07']);
  });

  test('an unknown file is offered the likely items, then what is needed, what never came, and the rest', () => {
    const progress = progressOf(checklistOf(['D01', 'D02', 'D06?', 'D05?']), [aDocument('D01')]);

    expect(offerOrder(progress, ['D05']).map(({ item }) => item.code)).toEqual(['D05', 'D02', 'D06', 'D01']);
  });

  test('a page remembers the platform and the album it came with', () => {
    expect(arrivalOf('telegram')).toEqual({ via: 'telegram', album: undefined });
    expect(arrivalOf('telegram#a#b')).toEqual({ via: 'telegram', album: 'a#b' });
  });
});
