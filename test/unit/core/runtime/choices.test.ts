/** Offered answers that are typed instead of pressed. */
import { expect, test } from 'vitest';
import { choiceSaid } from '../../../../src/core/runtime/choices.ts';

const OFFER = {
  visit: 7,
  choices: [
    { verb: 'pick', value: 'a', label: 'Bank statement' },
    { verb: 'none', label: '都不是' },
  ],
};

test.each(['Bank statement', 'bank statement', ' BANK STATEMENT. ', 'Bank statement！'])(
  'what stands on a button chooses it, in small letters too: %s',
  (text) => {
    expect(choiceSaid(OFFER, text)).toEqual({ type: 'choice', visit: 7, verb: 'pick', value: 'a' });
  },
);

test.each(['bank', 'statement', 'a bank statement of May', '', '。'])('anything else chooses nothing: %s', (text) => {
  expect(choiceSaid(OFFER, text)).toBeUndefined();
});
