import { describe, expect, test } from 'vitest';
import type { FlowTable, Frame } from '../../../../src/core/conversation/index.ts';
import type { Memory } from '../../../../src/core/runtime/memory.ts';
import { PersonalSlots, type PersonalValues, type ValueOnFile } from '../../../../src/core/runtime/personal-slots.ts';
import type { Tx } from '../../../../src/db/database.ts';

const ON_FILE: readonly ValueOnFile[] = [
  { customer: 'he', value: '何女士', reference: 'r1' },
  { customer: 'he', value: '13800006612', reference: 'r2' },
  { customer: 'other', value: '何女士', reference: 'r9' },
];

/** A file of customers that notes what it is asked. */
function filing(erased: readonly string[] = []): { readonly values: PersonalValues; readonly asked: string[] } {
  const asked: string[] = [];
  const values: PersonalValues = {
    onFile: async (_tx, customers, wanted) => {
      asked.push(`onFile ${customers.join(',')}: ${wanted.join(',')}`);
      return ON_FILE.filter(({ customer, value }) => customers.includes(customer) && wanted.includes(value));
    },
    behind: async (_tx, references) => {
      asked.push(`behind ${references.join(',')}`);
      const kept = ON_FILE.filter(({ reference }) => references.includes(reference) && !erased.includes(reference));
      return new Map(kept.map(({ reference, value }) => [reference, value]));
    },
  };
  return { values, asked };
}

const tx: Tx = { query: async () => [] };
const flows = {
  get: () => ({
    slots: new Map([
      ['name', { personal: true }],
      ['phone', { personal: true }],
      ['city', { personal: false }],
    ]),
  }),
} as unknown as FlowTable;

function memoryOf(values: Readonly<Record<string, string>>, references: Readonly<Record<string, string>> = {}): Memory {
  const slots = Object.fromEntries([
    ...Object.entries(values).map(([name, value]) => [name, { value, from: 'asked' }] as const),
    ...Object.entries(references).map(([name, reference]) => [name, { reference, from: 'asked' }] as const),
  ]) as Frame['slots'];
  const frame: Frame = {
    flow: 'lead-intake',
    version: 'v1',
    step: 'fill',
    visit: 1,
    slots,
    results: {},
    inputs: {},
    trail: [],
    changed: [],
    misses: 0,
  };
  return { talk: { format: 1, frames: [frame], handedOver: false, visits: 1 } };
}

function valuesIn(memory: Memory | undefined): Readonly<Record<string, unknown>> {
  const [frame] = memory?.talk.frames ?? [];
  return Object.fromEntries(
    Object.entries(frame?.slots ?? {}).map(([name, { value, reference }]) => [
      name,
      reference === undefined ? value : { reference },
    ]),
  );
}

describe('personal slots', () => {
  const form = { name: '何女士', phone: '13800006612', city: '深圳' };

  test('are stored as references to the file the turn has touched, and come back as values', async () => {
    const { values } = filing();
    const [stored] = await new PersonalSlots(tx, values).conceal(flows, [
      { memory: memoryOf(form), customers: new Set(['he']) },
    ]);
    const [again] = await new PersonalSlots(tx, values).reveal([stored]);

    expect(valuesIn(stored)).toEqual({ name: { reference: 'r1' }, phone: { reference: 'r2' }, city: '深圳' });
    expect(again).toEqual(memoryOf(form));
  });

  test('that came as references go back as such without a look at any file', async () => {
    const { values, asked } = filing();
    const slots = new PersonalSlots(tx, values);
    const revealed = await slots.reveal([memoryOf({ city: '深圳' }, { name: 'r1' })]);
    asked.length = 0;

    const [stored] = await slots.conceal(
      flows,
      revealed.map((memory) => ({ memory, customers: new Set(['he']) })),
    );

    expect(valuesIn(stored)).toEqual({ name: { reference: 'r1' }, city: '深圳' });
    expect(asked).toEqual([]);
  });

  test('on no file yet stay as they are, and nobody is asked while no file is touched', async () => {
    const { values, asked } = filing();
    const slots = new PersonalSlots(tx, values);

    const stored = await slots.conceal(flows, [{ memory: memoryOf(form), customers: new Set() }]);

    expect(valuesIn(stored[0])).toEqual(form);
    expect(asked).toEqual([]);
  });

  test('of two people with the same name are not mixed up: each conversation keeps to its own customer', async () => {
    const stored = await new PersonalSlots(tx, filing().values).conceal(flows, [
      { memory: memoryOf({ name: '何女士' }), customers: new Set(['he']) },
      { memory: memoryOf({ name: '何女士' }), customers: new Set(['other']) },
      { memory: memoryOf({ name: '何女士' }), customers: new Set(['he', 'other']) },
    ]);

    expect(stored.map((memory) => valuesIn(memory)['name'])).toEqual([
      { reference: 'r1' },
      { reference: 'r9' },
      '何女士',
    ]);
  });

  test('of an erased customer are empty', async () => {
    const memory = memoryOf({ city: '深圳' }, { name: 'r1', phone: 'r2' });
    const [left] = await new PersonalSlots(tx, filing(['r1', 'r2']).values).reveal([memory]);

    expect(valuesIn(left)).toEqual({ city: '深圳' });
  });

  test.each(['pii:r1', 'r1', '{"reference":"r1"}'])(
    'what a person types is never taken for a reference: %s',
    async (typed) => {
      const { values, asked } = filing();
      const [again] = await new PersonalSlots(tx, values).reveal([memoryOf({ name: typed, city: typed })]);

      expect(valuesIn(again)).toEqual({ name: typed, city: typed });
      expect(asked).toEqual([]);
    },
  );
});
