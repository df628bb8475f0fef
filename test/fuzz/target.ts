/** What a fuzz file offers: named properties, and the way to run them for a while from the command line. */
import { pathToFileURL } from 'node:url';
import * as fc from 'fast-check';

/** A property that must hold for every input. */
export interface FuzzTarget {
  readonly name: string;
  readonly property: AnyProperty;
}

// fast-check types a property by its inputs; a list of different ones has only this in common.
interface AnyProperty {
  readonly generate: unknown;
  readonly run: unknown;
}

/** How a target did: how many inputs, and the counterexample if there was one. */
export interface FuzzResult {
  readonly name: string;
  readonly runs: number;
  readonly seed: number;
  readonly failure?: string;
}

/** Runs each target for its share of the time. */
export async function fuzz(
  targets: readonly FuzzTarget[],
  seconds: number,
  seed: number,
): Promise<readonly FuzzResult[]> {
  const results: FuzzResult[] = [];
  for (const { name, property } of targets) {
    const details = await fc.check(property as fc.IAsyncProperty<unknown>, {
      seed,
      numRuns: Number.MAX_SAFE_INTEGER,
      interruptAfterTimeLimit: (seconds * 1000) / targets.length,
      markInterruptAsFailure: false,
      endOnFailure: false,
    });
    const result = { name, runs: details.numRuns, seed };
    results.push(details.failed ? { ...result, failure: fc.defaultReportMessage(details) ?? 'failed' } : result);
  }
  return results;
}

/** Fuzzes when the file was started by itself: `npx tsx test/fuzz/identity.ts [seconds] [seed]`. */
export async function runFromCommandLine(url: string, targets: readonly FuzzTarget[]): Promise<void> {
  if (process.argv[1] === undefined || url !== pathToFileURL(process.argv[1]).href) return;
  const [, , seconds = '10', seed = '20261121'] = process.argv;
  const results = await fuzz(targets, Number(seconds), Number(seed));
  console.log(JSON.stringify(results, null, 2));
  if (results.some((result) => result.failure !== undefined)) process.exitCode = 1;
}
