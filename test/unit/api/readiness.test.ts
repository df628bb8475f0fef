import { expect, onTestFinished, test, vi } from 'vitest';
import { createReadiness } from '../../../src/api/readiness.ts';

test('what is missing is named', async () => {
  const of = async (pending: () => Promise<readonly string[]>, isAllWell: boolean): Promise<readonly string[]> =>
    createReadiness({
      pending,
      isQueueUp: () => isAllWell,
      hasKeys: () => isAllWell,
      hasResources: () => isAllWell,
    })();

  expect(await of(async () => [], true)).toEqual([]);
  expect(await of(async () => ['20261121000000_init'], true)).toEqual(['migrations']);
  expect(await of(async () => Promise.reject(new Error('away')), false)).toEqual([
    'database',
    'queue',
    'keys',
    'resources',
  ]);
});

test('a database that hangs is not ready, and is asked once however many want to know', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const letGo: (() => void)[] = [];
  const pending = vi.fn(async () => new Promise<readonly string[]>((resolve) => letGo.push(() => resolve([]))));
  const yes = (): boolean => true;
  const ready = createReadiness({ pending, isQueueUp: yes, hasKeys: yes, hasResources: yes });

  const asked = Promise.all([ready(), ready(), ready()]);
  await vi.advanceTimersByTimeAsync(3_000);

  expect(await asked).toEqual([['database'], ['database'], ['database']]);
  expect(pending).toHaveBeenCalledTimes(1);

  letGo[0]?.();
  await vi.advanceTimersByTimeAsync(0);
  const again = ready();
  letGo[1]?.();
  expect(await again).toEqual([]);
});
