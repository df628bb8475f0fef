/** What `npm run mutants` takes for a proof. */
import { describe, expect, test } from 'vitest';
import { isHanging, judge, type FileOutcome } from '../mutants/support/outcome.ts';

const LATE = ['Test timed out in 20000ms.\nIf this is a long-running test, pass a timeout value as the last argument'];
const HOOK = ['Hook timed out in 60000ms.\nIf this is a long-running hook, pass a timeout value as the last argument'];
const IN_VAIN = ['waited ten seconds in vain'];
const RED = ['expected 2 to be 1'];

function file(...failed: readonly (readonly string[])[]): FileOutcome {
  return { tests: 3, errors: [], failed: failed.map((messages, at) => ({ title: `promise ${at + 1}`, messages })) };
}

describe('a mutant', () => {
  test('is killed by a test that found something wrong, whatever else was slow', () => {
    expect(judge([file(), file(LATE, RED)], false)).toEqual({ verdict: 'killed', note: 'promise 2' });
  });

  test('survives when every test stays green, and when it does not even load', () => {
    expect(judge([file()], false).verdict).toBe('survived');
    expect(judge([file(RED), { tests: 0, errors: ['no such module'], failed: [] }], false).verdict).toBe('survived');
  });

  test.each([
    ['a test', LATE],
    ['a hook', HOOK],
    ['a wait', IN_VAIN],
  ])('is undecided when %s merely took too long, unless it says that it hangs', (_, messages) => {
    expect(judge([file(messages)], false).verdict).toBe('undecided');
    expect(judge([file(messages)], true).verdict).toBe('killed');
  });

  test('is undecided when something failed outside of its tests', () => {
    expect(judge([{ tests: 3, errors: ['the database is away'], failed: [] }], true).verdict).toBe('undecided');
  });

  test('says that it hangs above its diff', () => {
    const diff = '--- a/src/x.ts\n+++ b/src/x.ts\n@@ -1,1 +1,1 @@\n-a\n+Hangs: b\n';

    expect(isHanging(`Mutant: nothing wakes it.\nHangs: it waits for ever.\n${diff}`)).toBe(true);
    expect(isHanging(`Mutant: nothing wakes it.\n${diff}`)).toBe(false);
  });
});
