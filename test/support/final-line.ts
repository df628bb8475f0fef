/** Ends a run with one plain line that people and scripts can read: `tests: 412 passed, 0 failed`. */
import { writeSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

/** Vitest reporter. Counts single tests; a file or hook that fails before its tests counts as one failure. */
export class FinalLine implements Reporter {
  #passed = 0;
  #failed = 0;
  readonly #skipped = new Set<string>();

  onInit(): void {
    // At exit, so that nothing printed while closing down comes after it.
    process.once('exit', () => this.#print());
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    this.#passed = 0;
    this.#failed = unhandled.length;
    for (const module of modules) this.#count(module);
  }

  #count(module: TestModule): void {
    this.#failed += module.errors().length;
    for (const suite of module.children.allSuites()) this.#failed += suite.errors().length;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === 'passed') this.#passed += 1;
      if (state === 'failed') this.#failed += 1;
      if (state === 'skipped') this.#skipped.add(module.relativeModuleId);
    }
  }

  #print(): void {
    if (this.#failed > 0) process.exitCode ||= 1;
    const skipped = [...this.#skipped].map((file) => `skipped tests in ${file}\n`).join('');
    writeSync(1, `${skipped}tests: ${this.#passed} passed, ${this.#failed} failed\n`);
  }
}
