import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { giveBackWhenQuiet, LOOK_MS } from '../../../src/lib/quiet-memory.ts';

const MB = 1_048_576;
const machine = { cpuMs: 0, heapMb: 0 };
let timer: NodeJS.Timeout;

beforeEach(() => {
  vi.useFakeTimers();
  Object.assign(machine, { cpuMs: 0, heapMb: 60 });
  const used = (): NodeJS.CpuUsage => ({ user: machine.cpuMs * 1000, system: 0 });
  vi.spyOn(process, 'cpuUsage').mockImplementation((before) => {
    const now = used();
    return before === undefined ? now : { user: now.user - before.user, system: 0 };
  });
  vi.spyOn(process, 'memoryUsage').mockImplementation((() => ({ heapTotal: machine.heapMb * MB })) as never);
});
afterEach(() => {
  clearInterval(timer);
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Half a minute in which the process used so much of a core. */
function pass(cpuMs: number): void {
  machine.cpuMs += cpuMs;
  vi.advanceTimersByTime(LOOK_MS);
}

describe('a process gives memory back', () => {
  test('once a busy time is over, and not again before the heap has grown', () => {
    const collect = vi.fn(() => {
      machine.heapMb = 60;
    });
    timer = giveBackWhenQuiet(collect);

    machine.heapMb = 200;
    pass(20_000);
    expect(collect).not.toHaveBeenCalled(); // busy
    pass(200);
    expect(collect).toHaveBeenCalledTimes(1);
    pass(200);
    machine.heapMb = 70;
    pass(200);
    expect(collect).toHaveBeenCalledTimes(1); // nothing to be had
    machine.heapMb = 120;
    pass(200);
    expect(collect).toHaveBeenCalledTimes(2);
  });
});
