import { defineConfig, type TestProjectConfiguration } from 'vitest/config';
import { FinalLine } from './test/support/final-line.ts';
import { scratchFolder } from './test/support/scratch.ts';

// Most of our users live in this zone; TEST_TZ=UTC shows what leans on it. Set here because worker threads ignore a later change.
process.env['TZ'] = process.env['TEST_TZ'] ?? 'Asia/Shanghai';
process.env['TMPDIR'] ??= scratchFolder();

/** Pure tests: no database, no isolation. `isolate: false` makes a hundred files as fast as one and forbids module-level state. */
const unit: TestProjectConfiguration = {
  extends: true,
  test: {
    name: 'unit',
    include: ['test/unit/**/*.test.ts'],
    pool: 'threads',
    isolate: false,
    maxWorkers: 2,
    sequence: { groupOrder: 0 },
  },
};

/**
 * Tests on a real PostgreSQL, which is started when the first project that needs it runs. Each file has a database of its own,
 * so files may share a process: loading the product once and not a hundred times saves a minute.
 */
function onDatabase(name: string, folders: readonly string[], isolate = false): TestProjectConfiguration {
  return {
    extends: true,
    test: {
      name,
      include: folders.map((folder) => `test/${folder}/**/*.test.ts`),
      pool: 'forks',
      isolate,
      maxWorkers: 3, // they wait for PostgreSQL, browsers and processes as much as they work
      globalSetup: ['test/support/global-setup.ts'],
      sequence: { groupOrder: 1 },
    },
  };
}

export default defineConfig({
  test: {
    reporters: ['default', new FinalLine()],
    setupFiles: ['test/support/network.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 10_000 } },
    projects: [
      unit,
      onDatabase('integration', ['integration', 'invariants', 'chaos', 'contract']),
      onDatabase('e2e', ['e2e'], true),
    ],
  },
});
