import { describe, expect, test, vi } from 'vitest';
import { VirtualClock } from '../../../../src/sandbox/kernel/clock.ts';
import { FixedClock } from '../../../support/fixed-clock.ts';

const START = new Date('2026-11-30T01:00:00Z');
const after = (seconds: number): Date => new Date(START.getTime() + seconds * 1000);

describe('virtual clock', () => {
  test('stands still between two moves', async () => {
    const clock = new VirtualClock(START);

    await clock.set(after(5));

    expect(clock.now()).toEqual(after(5));
  });

  test('never goes backwards', async () => {
    const clock = new VirtualClock(START);
    await clock.set(after(60));

    await clock.set(after(30));

    expect(clock.now()).toEqual(after(60));
  });

  test('runs what falls due in order of time, each at its own instant', async () => {
    const clock = new VirtualClock(START);
    const seen: string[] = [];
    const note = (name: string) => (): void => void seen.push(`${name}@${clock.now().toISOString()}`);
    clock.at(after(20), note('second'));
    clock.at(after(10), note('first'));
    clock.at(after(20), note('third'));
    clock.at(after(99), note('never'));

    await clock.set(after(30));

    expect(seen).toEqual([
      'first@2026-11-30T01:00:10.000Z',
      'second@2026-11-30T01:00:20.000Z',
      'third@2026-11-30T01:00:20.000Z',
    ]);
    expect(clock.now()).toEqual(after(30));
  });

  test('runs what a due callback schedules inside the same move', async () => {
    const clock = new VirtualClock(START);
    const seen: number[] = [];
    clock.at(after(1), () => {
      seen.push(1);
      clock.at(after(2), () => void seen.push(2));
    });

    await clock.set(after(3));

    expect(seen).toEqual([1, 2]);
  });

  test('a cancelled callback does not run', async () => {
    const clock = new VirtualClock(START);
    const run = vi.fn();
    clock.at(after(1), run)();

    await clock.set(after(2));

    expect(run).not.toHaveBeenCalled();
  });

  test('with a wall clock it ticks along, also after a jump', async () => {
    const wall = new FixedClock('2030-01-01T00:00:00Z');
    const clock = new VirtualClock(START, wall);

    wall.advance(7_000);
    expect(clock.now()).toEqual(after(7));

    await clock.set(after(3_600));
    wall.advance(2_000);
    expect(clock.now()).toEqual(after(3_602));
    clock.close();
  });
});
