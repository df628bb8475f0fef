/** What a run of the tests said, and what it proves about the mutant it ran on. */
import { writeFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

/** How one file of tests ended. */
export interface FileOutcome {
  readonly tests: number;
  /** The file did not load, or a hook around its tests failed. */
  readonly errors: readonly string[];
  readonly failed: readonly { readonly title: string; readonly messages: readonly string[] }[];
}

/** Vitest reporter: writes the outcome of each file to `path`, with the errors' own words. */
export class OutcomeReporter implements Reporter {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly { readonly message: string }[]): void {
    const files = modules.map(outcomeOf);
    const astray = unhandled.map(({ message }) => message);
    const all = astray.length === 0 ? files : [...files, { tests: files.length, errors: astray, failed: [] }];
    writeFileSync(this.#path, JSON.stringify(all satisfies FileOutcome[]));
  }
}

function outcomeOf(module: TestModule): FileOutcome {
  const errors = [module, ...module.children.allSuites()].flatMap((part) => part.errors());
  const tests = [...module.children.allTests()];
  return {
    tests: tests.length,
    errors: errors.map(({ message }) => message),
    failed: tests.flatMap((test) => {
      const result = test.result();
      if (result.state !== 'failed') return [];
      return [{ title: test.name, messages: result.errors.map(({ message }) => message) }];
    }),
  };
}

/** A machine under load says this too. */
const OVERDUE = /^(Test|Hook) timed out in |^waited ten seconds in vain$/;

/** What a run says of a mutant. `undecided` is neither: the run has to be repeated, or the mutant to declare that it hangs. */
export interface Judgement {
  readonly verdict: 'killed' | 'survived' | 'undecided';
  readonly note: string;
}

/** A test that fails kills a mutant; one that only takes too long kills it where the mutant `hangs`. */
export function judge(files: readonly FileOutcome[], hangs: boolean): Judgement {
  // A mutant that does not even load proves nothing about the test.
  if (files.some(({ tests }) => tests === 0)) return { verdict: 'survived', note: 'the mutant does not load' };
  const failed = files.flatMap((file) => file.failed);
  const killer = failed.find(({ messages }) => hangs || messages.some((message) => !OVERDUE.test(message)));
  if (killer) return { verdict: 'killed', note: killer.title.slice(0, 100) };
  const [late] = failed;
  if (late) return { verdict: 'undecided', note: `took too long, no more: ${late.title.slice(0, 80)}` };
  const [error] = files.flatMap(({ errors }) => errors);
  if (error !== undefined) return { verdict: 'undecided', note: `outside of any test: ${error.slice(0, 80)}` };
  return { verdict: 'survived', note: 'every test stayed green' };
}

/** A mutant that makes something wait for ever says so in a line of its own above its diff: `Hangs: why`. */
export function isHanging(patch: string): boolean {
  return /^Hangs: /m.test(patch.slice(0, patch.indexOf('--- a/')));
}
