/** What remembers which of several files of a minute is which. */
import { describe, expect, test } from 'vitest';
import type { MediaRef } from '../../../../src/channels/channel.ts';
import { countIn, countUp, withFilesFor, withoutPastFiles } from '../../../../src/core/runtime/arrivals.ts';
import { memoryOf, type Memory } from '../../../../src/core/runtime/memory.ts';

const AT = '2026-11-23T02:00:00.000Z';
const NOW = new Date(AT);
const later = (minutes: number): Date => new Date(NOW.getTime() + minutes * 60_000);
const file = (name?: string): MediaRef => ({ id: 'f', kind: 'file', ...(name === undefined ? {} : { name }) });

/** What is remembered once these have come, one message each. */
const after = (names: readonly (string | undefined)[], now = NOW): Memory => {
  let memory = memoryOf(null);
  for (const name of names) memory = countIn(memory, [file(name)], now).memory;
  return memory;
};

describe('the files of a minute', () => {
  test.each([['流水.pdf'], [undefined]])('are counted by their names (%s)', (name) => {
    const memory = after([name, '别的.pdf']);
    const { memory: counted, arrival } = countIn(memory, [file(name), file(name)], NOW);
    const token = { name: name ?? '', ...arrival };

    expect(arrival).toEqual({ at: AT, nth: 2 });
    expect(countUp(counted, [token])).toEqual([{ ...token, of: 3 }]);
  });

  test('are counted anew in the next one', () => {
    expect(countIn(after(['a.pdf']), [file('a.pdf')], later(1)).arrival.nth).toBe(1);
  });

  test('are remembered without their names', () => {
    const memory = after(['吴先生的身份证.jpg', 'Wu.pdf']);

    expect(JSON.stringify(memory)).not.toMatch(/吴|身份证|Wu/u);
  });

  test('take little room, however many there are and however long their names', () => {
    const names = Array.from({ length: 500 }, (_, index) => `${index}${'x'.repeat(10_000)}`);

    expect(JSON.stringify(after(names).files).length).toBeLessThan(1_500);
  });

  test('are forgotten when they have long been asked about', () => {
    const memory = after(['a.pdf']);

    expect(withoutPastFiles(memory, later(1))).toBe(memory);
    expect(withoutPastFiles(memory, later(10))).toEqual(memoryOf(null));
  });
});

describe('the customer named for files', () => {
  const fresh = memoryOf(null);
  const named: Memory = { ...fresh, talk: { ...fresh.talk, filesFor: 'K318' } };

  test('stays named for ten minutes, each time something comes for him', () => {
    const remembered = withFilesFor(named, NOW);

    expect(withoutPastFiles(remembered, later(9))).toBe(remembered);
    expect(withoutPastFiles(withFilesFor(remembered, later(9)), later(18)).talk.filesFor).toBe('K318');
    expect(withoutPastFiles(remembered, later(10))).toEqual(fresh);
  });

  test('is nobody any more when nobody knows since when, or somebody else is turned to', () => {
    expect(withoutPastFiles(named, NOW)).toEqual(fresh);
    expect(withFilesFor({ ...fresh, filesForAt: AT }, NOW)).toEqual(fresh);
  });
});

test('a conversation without files is left as it is', () => {
  const memory = memoryOf(null);

  expect(withoutPastFiles(memory, NOW)).toBe(memory);
});
