/**
 * `npm run bench [-- name …] [--scale 0.1]`: ratios measured in one run on this machine, as one JSON document on standard
 * output. Progress goes to standard error. Ends with 1 when a goal is missed. What the figures mean: docs/performance.md.
 */
import { availableParallelism, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { build } from '../../scripts/build.mjs';
import { benchAck } from './ack.ts';
import { gate, repayments, rules } from './calculators.ts';
import { benchInbound } from './inbound.ts';
import { benchRemind } from './remind.ts';
import { benchRss } from './rss.ts';
import type { BenchOptions, BenchReport } from './support/report.ts';

const BENCHES: Readonly<Record<string, (options: BenchOptions) => Promise<BenchReport>>> = {
  inbound: benchInbound,
  ack: benchAck,
  remind: benchRemind,
  rss: benchRss,
  repayments,
  rules,
  gate,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { scale: { type: 'string', default: '1' } },
});
const scale = Number(values.scale);
const wanted = positionals.length === 0 ? Object.keys(BENCHES) : positionals;
const unknown = wanted.filter((name) => BENCHES[name] === undefined);
const say = (line: string): void => void process.stderr.write(`${line}\n`);
if (unknown.length > 0 || !(scale > 0)) {
  say(`usage: npm run bench [-- name …] [--scale 0.1]; names: ${Object.keys(BENCHES).join(', ')}`);
  process.exit(2);
}

await build({ say });
const reports: BenchReport[] = [];
for (const name of wanted) {
  say(`bench ${name} …`);
  const result = await BENCHES[name]?.({ scale, say });
  if (result) reports.push(result);
}
const pass = reports.every((one) => one.pass);
const [load = 0] = loadavg();
console.log(
  JSON.stringify(
    { node: process.version, cpus: availableParallelism(), loadAverage: load, scale, benches: reports, pass },
    null,
    2,
  ),
);
if (!pass) process.exitCode = 1;
