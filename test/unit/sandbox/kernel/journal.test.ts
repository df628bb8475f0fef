import { expect, test } from 'vitest';
import { Journal, unknownFields } from '../../../../src/sandbox/kernel/journal.ts';
import { FixedClock } from '../../../support/fixed-clock.ts';

const clock = new FixedClock('2026-11-30T01:00:00Z');
const note = (what: string, request: unknown = {}): Parameters<Journal['add']>[0] => ({
  direction: 'to_platform',
  what,
  status: 200,
  request,
  response: {},
});

test('entries are numbered, dated and named after the platform', () => {
  const journal = new Journal('wecom', clock);

  journal.add(note('a'));

  expect(journal.entries).toEqual([{ ...note('a'), seq: 1, at: new Date('2026-11-30T01:00:00Z'), platform: 'wecom' }]);
});

test('only the newest entries are kept and their numbers go on', () => {
  const journal = new Journal('wecom', clock, 2);

  for (const what of ['a', 'b', 'c']) journal.add(note(what));

  expect(journal.entries.map(({ seq, what }) => [seq, what])).toEqual([
    [2, 'b'],
    [3, 'c'],
  ]);
});

test('bytes and very long texts are shortened in the journal', () => {
  const journal = new Journal('wecom', clock);

  const entry = journal.add(note('upload', { media: Buffer.alloc(70_000), list: ['x'.repeat(9_000)] }));

  expect(entry.request).toEqual({ media: '<70000 bytes>', list: [`${'x'.repeat(8_192)}…`] });
});

test('a field the platform does not know is named with its path, inside lists too', () => {
  const known = { text: { content: true }, list: [{ id: true }] } as const;

  expect(unknownFields({ text: { content: 'a', colour: 1 }, list: [{ id: 1 }, { key: 2 }], foo: {} }, known)).toEqual([
    'text.colour',
    'list.key',
    'foo',
  ]);
  expect(unknownFields({ constructor: 1 }, known)).toEqual(['constructor']);
});
