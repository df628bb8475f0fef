/** The look-alikes' memory on a disk that fails. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Memory } from '../../../../src/sandbox/world/memory.ts';

let place = '';
beforeEach(() => {
  place = mkdtempSync(path.join(tmpdir(), 'daiban-memory-'));
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(place, { recursive: true, force: true });
});

test('is told about once, ends nothing, and is written as soon as the disk lets it', () => {
  const said: unknown[] = [];
  const log = pino({ base: null, timestamp: false }, { write: (line) => void said.push(JSON.parse(line)) });
  const folder = path.join(place, 'sandbox');
  writeFileSync(folder, 'in the way'); // root writes wherever a mode forbids it, but not into a file as if it were a folder
  const one = { exportState: () => 'shown', importState: () => undefined };
  const memory = new Memory(folder, { one }, log);

  memory.note();
  vi.advanceTimersByTime(60_000);
  expect(said).toEqual([expect.objectContaining({ event: 'sandbox.memory', outcome: 'not_written' })]);
  expect(said).toHaveLength(1);

  rmSync(folder);
  vi.advanceTimersByTime(60_000);
  expect(existsSync(path.join(folder, 'state.bin'))).toBe(true);
  expect(said.at(-1)).toMatchObject({ outcome: 'written_again' });
  memory.close();
});

test('closing on a disk that fails ends nothing either', () => {
  const folder = path.join(place, 'sandbox');
  writeFileSync(folder, 'in the way');
  const memory = new Memory(folder, {}, pino({ level: 'silent' }));

  memory.note();
  expect(() => memory.close()).not.toThrow();
  expect(vi.getTimerCount()).toBe(0);
});
