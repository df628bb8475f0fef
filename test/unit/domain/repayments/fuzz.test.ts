/** The short form of the fuzz: the same properties as `npm run fuzz`, a few hundred inputs each. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { repaymentTargets } from '../../../fuzz/repayments.ts';

describe('any body is answered or refused, never guessed', () => {
  test.each(repaymentTargets.map((target) => [target.name, target] as const))('%s', async (_, { property }) => {
    const details = await fc.check(property as fc.IAsyncProperty<unknown>, { seed: 20_260_115, numRuns: 300 });

    expect(details.failed ? fc.defaultReportMessage(details) : undefined).toBeUndefined();
  });
});
