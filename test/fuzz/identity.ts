/**
 * Long fuzz of the number checks and masks: any text gets a verdict, no mask reveals more than its rule, nothing throws.
 * `npx tsx test/fuzz/identity.ts [seconds]` prints JSON; `npm run fuzz` runs it with the others.
 */
import path from 'node:path';
import * as fc from 'fast-check';
import { NUMBER_KINDS, validateNumber } from '../../src/domain/customers/identity-numbers/index.ts';
import { businessDate } from '../../src/lib/business-date.ts';
import { AppError } from '../../src/lib/errors.ts';
import { loadTexts } from '../../src/lib/i18n.ts';
import { mask, type MaskKind, maskText } from '../../src/lib/mask.ts';
import { type FuzzTarget, runFromCommandLine } from './target.ts';

const context = {
  today: businessDate('2026-11-21'),
  texts: loadTexts(path.resolve(import.meta.dirname, '../../locales')),
};
const MASK_KINDS: readonly MaskKind[] = [
  'name',
  'idCard',
  'mobile',
  'landline',
  'bankCard',
  'address',
  'email',
  'plate',
  'vin',
  'companyCode',
  'other',
];

const numberLike = fc.oneof(
  fc.stringMatching(/^[0-9XxA-Za-z +()-]{0,24}$/),
  fc.stringMatching(/^[1-9]\d{5}(18|19|20)\d{2}[01]\d[0-3]\d\d{3}[0-9Xx]$/),
  fc.stringMatching(/^9[123]\d{6}[0-9A-HJ-NPQRTUWXY]{10}$/),
  fc.stringMatching(/^[京粤新使沪][A-Z0-9]{5,7}[挂领学警]?$/),
  fc.string({ unit: 'binary', maxLength: 80 }),
);

/** Everything fuzzed in this room. */
export const identityTargets: readonly FuzzTarget[] = [
  {
    name: 'validate any value of any kind',
    property: fc.asyncProperty(fc.constantFrom(...NUMBER_KINDS), numberLike, async (kind, value) => {
      const answer = validateNumber(kind, { value }, context);
      if (answer.valid !== (answer.severity === 'ok')) throw new Error('verdict and severity disagree');
      if (kind !== 'uscc' && /[0-9A-Z]{8}/u.test(answer.masked)) throw new Error(`mask reveals ${answer.masked}`);
    }),
  },
  {
    name: 'post any body',
    property: fc.asyncProperty(fc.constantFrom(...NUMBER_KINDS), fc.jsonValue(), async (kind, body) => {
      try {
        validateNumber(kind, body, context);
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
      }
    }),
  },
  {
    name: 'mask any text',
    property: fc.asyncProperty(fc.constantFrom(...MASK_KINDS), numberLike, async (kind, value) => {
      const masked = mask(kind, value);
      if (
        kind !== 'address' &&
        kind !== 'email' &&
        kind !== 'companyCode' &&
        masked.replaceAll(/[* ]/gu, '').length > 8
      ) {
        throw new Error(`mask of ${kind} reveals ${masked}`);
      }
      maskText(value);
    }),
  },
];

await runFromCommandLine(import.meta.url, identityTargets);
