/**
 * `npm run fuzz [-- seconds] [seed]`: every fuzz target of every room for its share of the time (default 300 s together).
 * One JSON document on standard output; a counterexample ends it with 1 and says how to see it again.
 */
import { callbackTargets } from './callbacks.ts';
import { chatTargets } from './chat.ts';
import { gateTargets } from './gate.ts';
import { identityTargets } from './identity.ts';
import { repaymentTargets } from './repayments.ts';
import { rulesTargets } from './rules.ts';
import { fuzz, type FuzzResult, type FuzzTarget } from './target.ts';

/** The rooms with something to fuzz. */
export const ROOMS: Readonly<Record<string, readonly FuzzTarget[]>> = {
  repayments: repaymentTargets,
  identity: identityTargets,
  gate: gateTargets,
  rules: rulesTargets,
  callbacks: callbackTargets,
  chat: chatTargets,
};

const DEFAULT_SECONDS = 300;

/** Runs all rooms one after the other; each gets time by the number of its targets. */
export async function fuzzAll(
  seconds: number,
  seed: number,
  say: (line: string) => void,
): Promise<Readonly<Record<string, readonly FuzzResult[]>>> {
  const total = Object.values(ROOMS).reduce((sum, targets) => sum + targets.length, 0);
  const results: Record<string, readonly FuzzResult[]> = {};
  for (const [room, targets] of Object.entries(ROOMS)) {
    say(`fuzz ${room}: ${targets.length} targets`);
    results[room] = await fuzz(targets, (seconds * targets.length) / total, seed);
  }
  return results;
}

if (process.argv[1] !== undefined && import.meta.filename === process.argv[1]) {
  const [, , seconds = String(DEFAULT_SECONDS), seed = String(Date.now() % 2_147_483_647)] = process.argv;
  if (!(Number(seconds) > 0) || !Number.isInteger(Number(seed))) {
    process.stderr.write('usage: npm run fuzz [-- seconds [seed]]\n');
    process.exit(2);
  }
  const results = await fuzzAll(Number(seconds), Number(seed), (line) => void process.stderr.write(`${line}\n`));
  const failures = Object.values(results)
    .flat()
    .filter((result) => result.failure !== undefined);
  console.log(
    JSON.stringify(
      { seconds: Number(seconds), seed: Number(seed), rooms: results, pass: failures.length === 0 },
      null,
      2,
    ),
  );
  if (failures.length > 0) {
    process.stderr.write(
      `${failures.length} of the properties failed; run again with: npm run fuzz -- ${seconds} ${seed}\n`,
    );
    process.exitCode = 1;
  }
}
