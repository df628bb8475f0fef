import { expect, test } from 'vitest';
import { closeInOrder } from '../../../src/lib/closing.ts';

test('a step that fails keeps none of the others from being done, and the first failure is told', async () => {
  const done: string[] = [];
  const step =
    (name: string, fault?: string): (() => Promise<void>) =>
    async () => {
      await Promise.resolve();
      done.push(name);
      if (fault !== undefined) throw new Error(fault);
    };

  const closed = closeInOrder([step('a'), step('b', 'first'), step('c', 'second'), step('d')]);

  await expect(closed).rejects.toThrow('first');
  expect(done).toEqual(['a', 'b', 'c', 'd']);
});

test('a step that is no promise may fail as well', async () => {
  const done: string[] = [];
  const fail = (): never => {
    throw new Error('at once');
  };

  await expect(closeInOrder([fail, () => done.push('after')])).rejects.toThrow('at once');
  expect(done).toEqual(['after']);
});
