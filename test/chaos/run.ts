/**
 * `npm run chaos`: the long form. An office of real processes on its own PostgreSQL and Redis is killed at every kill point in
 * every role that has it, and put through the failures of the design (engine §2.6); after each the count must come out even.
 *
 *   npm run chaos                    everything (about ten minutes)
 *   npm run chaos -- media reminders only scenarios whose name contains one of the words
 */
import { writeFile } from 'node:fs/promises';
import { KILL_POINTS, KILL_POINT_NAMES } from '../../src/lib/kill-points.ts';
import { mentionsCanary } from './support/canary.ts';
import { Fleet } from './support/fleet.ts';
import { Office } from './support/office.ts';
import { scenarios, type Stage } from './support/scenarios.ts';
import { ChaosPostgres, ChaosRedis } from './support/servers.ts';

const words = process.argv.slice(2);
const code = await Fleet.build();
const postgres = await ChaosPostgres.open();
const redis = await ChaosRedis.open();
const office = await Office.open({ code, databaseUrl: postgres.url, redisUrl: redis.url });
let failures = 0;
/** Told once, by the scenario that brought it about. */
const told = new Set<string>();
let isStopping = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => (isStopping = true));
try {
  const stage: Stage = { office, postgres, redis };
  for (const { name, play } of scenarios()) {
    if (isStopping || (words.length > 0 && !words.some((word) => name.includes(word)))) continue;
    failures += await perform(name, async () => play(stage));
  }
  if (words.length === 0) failures += missedPoints();
} finally {
  await office.close();
  await redis.close();
  await postgres.close();
}
if (process.env['CHAOS_LOG'] !== undefined) await writeFile(process.env['CHAOS_LOG'], office.fleet.output);
console.log(failures === 0 ? 'chaos: everything came out even' : `chaos: ${failures} scenarios did not come out even`);
process.exitCode = failures === 0 ? 0 : 1;

async function perform(name: string, play: () => Promise<void>): Promise<number> {
  const started = performance.now();
  const wrong: string[] = [];
  try {
    await play();
    const found = await office.findings();
    wrong.push(
      ...found.filter((line) => !told.has(line)),
      ...mentionsCanary(await redis.content()).map((kind) => `Redis holds a ${kind}`),
    );
  } catch (error) {
    office.platforms.trouble = () => undefined;
    office.fleet.thaw();
    wrong.push(error instanceof Error ? error.message : String(error));
  }
  for (const line of wrong) told.add(line);
  const seconds = ((performance.now() - started) / 1_000).toFixed(1).padStart(6);
  console.log(`${wrong.length === 0 ? 'even ' : 'UNEVEN'} ${seconds} s  ${name}`);
  for (const line of wrong) console.log(`         ${line.replaceAll('\n', '\n         ')}`);
  for (const line of await office.newUnknown()) console.log(`         unknown, as it must be: ${line}`);
  office.forgive();
  return wrong.length === 0 ? 0 : 1;
}

/** Every point must have killed every role that passes it. */
function missedPoints(): number {
  const missed = KILL_POINT_NAMES.flatMap((point) => KILL_POINTS[point].roles.map((role) => `${point} ${role}`)).filter(
    (pair) => !office.fleet.deaths.includes(pair),
  );
  for (const pair of missed) console.log(`UNEVEN           nobody died at ${pair}`);
  return missed.length;
}
