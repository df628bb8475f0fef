/**
 * `npm run bench [-- name …] [--scale 0.1]`: ratios measured in one run on this machine, as one JSON document on standard
 * output. Progress goes to standard error. Ends with 1 when a goal is missed.
 */
import { parseArgs } from 'node:util';
import { build } from '../../scripts/build.mjs';
import { benchAck } from './ack.ts';
import { benchInbound } from './inbound.ts';
import { benchArithmetic, benchContactGate, benchTables } from './pure.ts';
import { benchRemind } from './remind.ts';
import { benchRss } from './rss.ts';
import type { BenchOptions, BenchReport } from './support/report.ts';

const BENCHES: Readonly<Record<string, (options: BenchOptions) => Promise<BenchReport>>> = {
  inbound: benchInbound,
  ack: benchAck,
  remind: benchRemind,
  rss: benchRss,
  arithmetic: benchArithmetic,
  gate: benchContactGate,
  rules: benchTables,
};

const { values, positionals } = parseArgs({ allowPositionals: true, options: { scale: { type: 'string', default: '1' } } });
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const wanted = positionals.length === 0 ? Object.keys(BENCHES) : positionals;
const unknown = wanted.filter((name) => BENCHES[name] === undefined);
if (unknown.length > 0) {
  say(`no bench ${unknown.join(', ')}; there are ${Object.keys(BENCHES).join(', ')}`);
  process.exit(2);
}

await build({ say });
const reports: BenchReport[] = [];
for (const name of wanted) {
  say(`bench ${name} …`);
  const result = await BENCHES[name]?.({ scale: Number(values.scale), say });
  if (result) reports.push(result);
}
console.log(JSON.stringify({ node: process.version, cpus: (await import('node:os')).availableParallelism(), benches: reports, pass: reports.every((one) => one.pass) }, null, 2));
if (reports.some((one) => !one.pass)) process.exitCode = 1;
