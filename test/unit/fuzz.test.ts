/** The short form of `npm run fuzz`: every target of every room, a few inputs each, from a pinned seed. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PRESS, receiveSealed } from '../fuzz/callbacks.ts';
import { ROOMS } from '../fuzz/run.ts';
import { fuzz } from '../fuzz/target.ts';

const RUNS = 25;

describe.each(Object.entries(ROOMS))('%s', (_room, targets) => {
  test.each(targets.map((target) => [target.name, target] as const))('%s', async (_name, { property }) => {
    const details = await fc.check(property as fc.IAsyncProperty<unknown>, { seed: 20_261_121, numRuns: RUNS });

    expect(details.failed ? fc.defaultReportMessage(details) : undefined).toBeUndefined();
  });
});

test('the press that is damaged is a press while it is whole', () => {
  expect(receiveSealed(PRESS).map(({ happening }) => happening)).toMatchObject([
    { kind: 'action', cardId: 'abcd', revision: 1, verb: 'approve' },
  ]);
});

describe('the long form', () => {
  test('it does not pass what it had no time to try', async () => {
    const [result] = await fuzz([{ name: 'never', property: fc.asyncProperty(fc.nat(), async () => true) }], 0, 7);

    expect(result).toMatchObject({ runs: 0, failure: expect.stringContaining('interrupted after 0 tests') });
  });

  test('it names the input that breaks a property', async () => {
    const [result] = await fuzz(
      [{ name: 'small numbers', property: fc.asyncProperty(fc.nat(), async (value) => value < 1000) }],
      1,
      7,
    );

    expect(result?.failure).toContain('Counterexample: [1000]');
  });
});
