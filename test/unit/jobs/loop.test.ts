import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Loop, type Catch, type LoopOptions } from '../../../src/jobs/loop.ts';
import { markTold, silentLog } from '../../../src/lib/log.ts';

/** A loop over catches that are known beforehand; notes at which millisecond it looked. */
function loopOver(
  catches: readonly (number | Catch)[],
  options: Partial<LoopOptions> = {},
): { readonly loop: Loop; readonly looks: number[] } {
  const looks: number[] = [];
  const began = Date.now();
  const work = async (): Promise<number | Catch> => {
    looks.push(Date.now() - began);
    return catches[looks.length - 1] ?? 0;
  };
  return { loop: new Loop({ name: 'test', work, intervalMs: 1_000, log: silentLog, ...options }), looks };
}

/** When a loop over these catches looks within so many milliseconds of its own. */
async function looksWithin(
  ms: number,
  catches: readonly (number | Catch)[],
  options: Partial<LoopOptions> = {},
): Promise<readonly number[]> {
  const { loop, looks } = loopOver(catches, options);
  loop.start();
  await vi.advanceTimersByTimeAsync(ms);
  await loop.stop();
  return looks;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a loop', () => {
  test('looks again at once as long as it finds something', async () => {
    expect(await looksWithin(10, [3, 1, 0])).toEqual([0, 0, 0]);
  });

  test('that gathers begins at once, waits after a small catch, and not when there is plenty', async () => {
    expect(await looksWithin(50, [1, 20, 2, 0], { gather: { ms: 5, below: 8 } })).toEqual([0, 5, 5, 10]);
  });

  test('told that nothing is left waits for the next wake-up, and heeds one that came while it was at work', async () => {
    const { loop, looks } = loopOver([
      { done: 2, next: 'wait' },
      { done: 1, next: 'wait' },
    ]);
    loop.start();
    loop.wake(); // while the first look is under way
    await vi.advanceTimersByTimeAsync(500);

    expect(looks).toEqual([0, 0]);
    await loop.stop();
  });

  test('gathers after a small catch even when nothing is left: what wakes it meanwhile is done together', async () => {
    const { loop, looks } = loopOver([{ done: 1, next: 'wait' }], { gather: { ms: 5, below: 8 } });
    loop.start();
    await vi.advanceTimersByTimeAsync(2);
    loop.wake();
    loop.wake();
    await vi.advanceTimersByTimeAsync(500);

    expect(looks).toEqual([0, 5]);
    await loop.stop();
  });

  test('told that others hold what there is looks again soon, without being woken', async () => {
    const { loop, looks } = loopOver([
      { done: 0, next: 'soon' },
      { done: 0, next: 'wait' },
    ]);
    loop.start();
    const settledAt = loop.settled().then(() => looks.length);
    await vi.advanceTimersByTimeAsync(500);

    expect(looks).toEqual([0, 25]);
    expect(await settledAt).toBe(2); // what others hold is not settled
    await loop.stop();
  });

  test('looks by itself now and then, so that a lost wake-up costs the interval', async () => {
    expect(await looksWithin(2_500, [0, 0, 0])).toEqual([0, 1_000, 2_000]);
  });

  test('looks when something falls due that was named to it, once for all of about the same time', async () => {
    const { loop, looks } = loopOver([], { intervalMs: 60_000 });
    loop.start();
    await vi.advanceTimersByTimeAsync(0);
    for (let waiting = 0; waiting < 1_000; waiting += 1) loop.wakeIn(1_000 + waiting / 10);
    loop.wakeIn(3_000);
    await vi.advanceTimersByTimeAsync(10_000);

    const [, ...later] = looks;
    expect(later.length).toBeLessThan(6);
    expect(later[0]).toBeGreaterThan(1_000);
    expect(later.at(-2)).toBeGreaterThan(1_099); // never too early for the last of them
    expect(later.at(-1)).toBeGreaterThan(3_000);
    expect(later.at(-1)).toBeLessThan(3_060);
    await loop.stop();
  });

  test('asked to stop forgets what was to fall due', async () => {
    const { loop, looks } = loopOver([], { intervalMs: 60_000 });
    loop.start();
    loop.wakeIn(100);
    await loop.stop();
    await vi.advanceTimersByTimeAsync(1_000);

    expect(looks).toEqual([0]);
  });

  test('goes on after a failure', async () => {
    let calls = 0;
    const { loop } = loopOver([], {
      work: async () => {
        calls += 1;
        if (calls === 1) throw new Error('the database is away');
        return 0;
      },
    });
    loop.start();
    await vi.advanceTimersByTimeAsync(1_000);

    expect(calls).toBe(2);
    await loop.stop();
  });

  test('says at error what fails, and at debug what has been told already', async () => {
    const levels: string[] = [];
    const log = pino(
      { level: 'debug' },
      { write: (line: string) => void levels.push(line.includes('"level":20') ? 'debug' : 'error') },
    );
    const faults = [new Error('a bug'), new Error('the database is away')];
    markTold(faults[1]);
    const { loop } = loopOver([], { log, work: async () => Promise.reject(faults.shift() ?? new Error('no more')) });
    loop.start();
    await vi.advanceTimersByTimeAsync(1_000);
    await loop.stop();

    expect(levels).toEqual(['error', 'debug']);
  });

  test('asked to stop while others hold what there is does not wait for them', async () => {
    const { loop, looks } = loopOver([{ done: 0, next: 'soon' }]);
    loop.start();
    await vi.advanceTimersByTimeAsync(5);
    await loop.stop();
    await vi.advanceTimersByTimeAsync(500);

    expect(looks).toEqual([0]);
  });

  test('asked to stop while it gathers is settled without another look', async () => {
    const { loop, looks } = loopOver([1, 1, 1], { gather: { ms: 5, below: 8 } });
    loop.start();
    await vi.advanceTimersByTimeAsync(1);
    const stopped = loop.stop();
    await vi.advanceTimersByTimeAsync(10);
    await stopped;

    expect(looks).toEqual([0]);
  });
});
