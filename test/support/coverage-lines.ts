/**
 * Holds `src/sandbox/coverage.yaml` to its word: after a full run every checklist line it names a test for must have a
 * passed test of exactly that title. A run of chosen files says nothing about the others and is not judged.
 */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

const line = z.union([
  z.strictObject({ id: z.string(), text: z.string().min(1), test: z.string().min(1) }),
  z.strictObject({ id: z.string(), text: z.string().min(1), later: z.string().min(1) }),
]);
const file = z.strictObject({
  wecom: z.array(line).min(60),
  slack: z.array(line).min(80),
  telegram: z.array(line).min(60),
});

export type CoverageLine = z.output<typeof line>;

/** All lines of the file. @throws z.ZodError when a line has neither a test nor a reason. */
export function coverageLines(): readonly CoverageLine[] {
  const parsed = file.parse(parse(readFileSync(new URL('../../src/sandbox/coverage.yaml', import.meta.url), 'utf8')));
  return [...parsed.wecom, ...parsed.slack, ...parsed.telegram];
}

/** Lines whose test did not pass in this run. */
export function unproven(passedTitles: ReadonlySet<string>): readonly string[] {
  return coverageLines().flatMap((one) =>
    'test' in one && !passedTitles.has(one.test) ? [`${one.id}: ${one.test}`] : [],
  );
}
