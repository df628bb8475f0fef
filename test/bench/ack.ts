/**
 * `ack`: how long a platform waits for its 200 at 200 messages a second, beside a bare express handler that verifies the
 * same callbacks and commits one row. The product goes on working on each message after its answer; the bare handler is done.
 */
import path from 'node:path';
import { startBenchCluster, type BenchCluster } from './support/cluster.ts';
import { DIALOGUE, portOf } from './support/contestants.ts';
import { driveAtRate, type Message } from './support/drive.ts';
import { startProgram, type Running } from './support/processes.ts';
import { startProduct, wecomText, WECOM } from './support/product.ts';
import {
  goal,
  median,
  percentile,
  report,
  round,
  spread,
  type BenchOptions,
  type BenchReport,
} from './support/report.ts';
import { startWecomStub } from './support/stub.ts';

const PER_SECOND = 200;
const SECONDS = 10;
const ROUNDS = 5;
const CONNECTIONS = 10;
const CHATS = 1000;

/** Runs it. */
export async function benchAck({ scale, say }: BenchOptions): Promise<BenchReport> {
  const seconds = Math.max(2, Math.round(SECONDS * scale));
  const cluster = await startBenchCluster();
  const stub = await startWecomStub();
  const product = await startProduct({ databaseUrl: await cluster.create('bench_ack'), stubUrl: stub.url });
  const bare = await startBare(cluster);
  const chats = Array.from({ length: Math.max(100, Math.round(CHATS * scale)) }, (_, index) => String(10_000 + index));
  try {
    await product.addStaff(chats);
    const contestants = [
      { name: 'daiban', port: product.port },
      { name: 'bare express', port: portOf(bare) },
    ];
    const p99 = new Map<string, number[]>(contestants.map(({ name }) => [name, []]));
    const p50 = new Map<string, number[]>(contestants.map(({ name }) => [name, []]));
    for (let number = 0; number <= ROUNDS; number += 1) {
      for (const { name, port } of contestants) {
        const acks = await driveAtRate(port, messages(chats, number, seconds), {
          perSecond: PER_SECOND,
          connections: CONNECTIONS,
        });
        if (number === 0) continue; // warm-up
        p99.get(name)?.push(percentile(acks, 99));
        p50.get(name)?.push(percentile(acks, 50));
        say(
          `ack ${number}/${ROUNDS} ${name}: p50 ${round(percentile(acks, 50))} ms, p99 ${round(percentile(acks, 99))} ms`,
        );
      }
    }
    const of = (name: string): Record<string, unknown> => ({
      p50Ms: spread(p50.get(name) ?? [], 2),
      p99Ms: spread(p99.get(name) ?? [], 2),
    });
    const ratio = round(median(p99.get('daiban') ?? []) / median(p99.get('bare express') ?? []));
    return report({
      bench: 'ack',
      what: `${PER_SECOND} signed WeCom texts a second for ${seconds} s, ${ROUNDS} interleaved rounds; time from the moment a message was due to be sent to its HTTP answer. The bare handler: express, @wecom/crypto, one INSERT.`,
      figures: { daiban: of('daiban'), 'bare express': of('bare express') },
      ratios: { 'p99 of daiban / bare express': ratio },
      goals: [goal('p99 against the bare handler', '<= 2', ratio)],
    });
  } finally {
    await product.stop();
    await bare.stop();
    await stub.close();
    await cluster.stop();
  }
}

async function startBare(cluster: BenchCluster): Promise<Running> {
  return startProgram({
    args: ['--import', 'tsx', path.resolve(import.meta.dirname, 'peers/express-insert.ts')],
    ready: /^ready/,
    env: {
      DATABASE_URL: await cluster.create('bench_express'),
      WECOM_TOKEN: WECOM.token,
      WECOM_ENCODING_AES_KEY: WECOM.encodingAesKey,
    },
  });
}

/** Each round continues the dialogues where the last one stopped. */
function messages(chats: readonly string[], round: number, seconds: number): readonly Message[] {
  return Array.from({ length: seconds * PER_SECOND }, (_, index) => {
    const serial = round * seconds * PER_SECOND + index;
    const text = DIALOGUE[Math.floor(serial / chats.length) % DIALOGUE.length] ?? '';
    return wecomText(chats[serial % chats.length] ?? '', text);
  });
}
