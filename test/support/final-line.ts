/** Ends a run with one plain line that people and scripts can read: `tests: 412 passed, 0 failed`. */
import { writeSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';
import { unproven } from './coverage-lines.ts';

/** A run that touched all of these ran everything. */
const FULL_RUN = ['test/unit/', 'test/integration/', 'test/invariants/', 'test/chaos/', 'test/contract/', 'test/e2e/'];

/** Vitest reporter. Counts single tests; a file or hook that fails before its tests counts as one failure. */
export class FinalLine implements Reporter {
  #passed = 0;
  #failed = 0;
  readonly #skipped = new Set<string>();
  #unproven: readonly string[] = [];

  onInit(): void {
    // At exit, so that nothing printed while closing down comes after it.
    process.once('exit', () => this.#print());
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    this.#passed = 0;
    this.#failed = unhandled.length;
    const passed = new Set<string>();
    for (const module of modules) this.#count(module, passed);
    if (FULL_RUN.every((folder) => modules.some((module) => module.relativeModuleId.startsWith(folder))))
      this.#unproven = unproven(passed);
    this.#failed += this.#unproven.length;
  }

  #count(module: TestModule, passed: Set<string>): void {
    this.#failed += module.errors().length;
    for (const suite of module.children.allSuites()) this.#failed += suite.errors().length;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === 'passed') {
        this.#passed += 1;
        passed.add(test.name);
      }
      if (state === 'failed') this.#failed += 1;
      if (state === 'skipped') this.#skipped.add(module.relativeModuleId);
    }
  }

  #print(): void {
    if (this.#failed > 0) process.exitCode ||= 1;
    const skipped = [...this.#skipped].map((file) => `skipped tests in ${file}\n`).join('');
    const unprovenLines = this.#unproven.map((line) => `no passed test for checklist line ${line}\n`).join('');
    writeSync(1, `${skipped}${unprovenLines}tests: ${this.#passed} passed, ${this.#failed} failed\n`);
  }
}
