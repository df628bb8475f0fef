/**
 * `inbound`: a signed, encrypted WeCom text → verified, committed, one flow step, outbox, delivered to a stub, receipt
 * stored. Beside it in the same run, in turns: telegraf with the same dialogue, and one bare commit per message.
 */
import { startBenchCluster, type BenchCluster } from './support/cluster.ts';
import {
  commitLoopContestant,
  daibanContestant,
  DIALOGUE,
  telegrafContestant,
  type Contestant,
  type Run,
} from './support/contestants.ts';
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

const CHATS = 1000;
const IN_FLIGHT = 32;
const ROUNDS = 5;

/** Runs it. */
export async function benchInbound({ scale, say }: BenchOptions): Promise<BenchReport> {
  const chats = Math.max(2 * IN_FLIGHT, Math.round(CHATS * scale));
  const cluster = await startBenchCluster();
  const contestants: Contestant[] = [];
  try {
    contestants.push(await daibanContestant(cluster, chats));
    for (const mode of ['documented', 'kept connections', 'inline reply'] as const)
      contestants.push(await telegrafContestant(cluster, chats, mode));
    contestants.push(await commitLoopContestant(cluster, chats));
    return await compare(cluster, contestants, chats, say);
  } finally {
    for (const contestant of contestants) await contestant.stop();
    await cluster.stop();
  }
}

async function compare(
  cluster: BenchCluster,
  contestants: readonly Contestant[],
  chats: number,
  say: BenchOptions['say'],
): Promise<BenchReport> {
  const runs = new Map<string, Run[]>(contestants.map(({ name }) => [name, []]));
  for (const contestant of contestants) await contestant.run(0, IN_FLIGHT); // connections, prepared statements, compiled code
  await cluster.settled();
  const commitsBefore = new Map<string, number>();
  for (const { name, database } of contestants) commitsBefore.set(name, await cluster.commits(database));
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const contestant of contestants) {
      const run = await contestant.run(round, IN_FLIGHT);
      runs.get(contestant.name)?.push(run);
      say(
        `inbound ${round}/${ROUNDS} ${contestant.name}: ${Math.round(run.messages / run.seconds)} messages/s, node ${perMessage(run, 'nodeCpuMs')} µs, postgres ${perMessage(run, 'postgresCpuMs')} µs`,
      );
    }
  }
  await cluster.settled();
  const figures: Record<string, unknown> = {};
  for (const { name, database } of contestants) {
    const own = runs.get(name) ?? [];
    const messages = own.reduce((sum, run) => sum + run.messages, 0);
    const commits = (await cluster.commits(database)) - (commitsBefore.get(name) ?? 0);
    figures[name] = figuresOf(own, commits / messages);
  }
  return conclude(runs, figures, chats);
}

function figuresOf(runs: readonly Run[], commitsPerMessage: number): Record<string, unknown> {
  const [acks, replies] = [runs.flatMap((run) => run.acks), runs.flatMap((run) => run.replies)];
  return {
    messagesPerSecond: spread(runs.map((run) => run.messages / run.seconds)),
    ...(acks.length === 0 ? {} : { ackMs: { p50: round(percentile(acks, 50)), p99: round(percentile(acks, 99)) } }),
    ...(replies.length === 0
      ? {}
      : { replyMs: { p50: round(percentile(replies, 50)), p99: round(percentile(replies, 99)) } }),
    nodeCpuMicrosecondsPerMessage: spread(runs.map((run) => perMessage(run, 'nodeCpuMs'))),
    postgresCpuMicrosecondsPerMessage: spread(runs.map((run) => perMessage(run, 'postgresCpuMs'))),
    walBytesPerMessage: round(median(runs.map((run) => run.walBytes / run.messages)), 0),
    // Read-only transactions count too; the sweeps of a few idle seconds are in it.
    transactionsPerMessage: round(commitsPerMessage),
  };
}

function perMessage(run: Run, field: 'nodeCpuMs' | 'postgresCpuMs'): number {
  return Math.round((run[field] * 1000) / run.messages);
}

function conclude(
  runs: ReadonlyMap<string, readonly Run[]>,
  figures: Record<string, unknown>,
  chats: number,
): BenchReport {
  const speeds = (name: string): readonly number[] => (runs.get(name) ?? []).map((run) => run.messages / run.seconds);
  const against = (name: string): number =>
    round(median(speeds('daiban').map((speed, index) => speed / (speeds(name)[index] ?? NaN))));
  const cpu = (name: string): number => median((runs.get(name) ?? []).map((run) => run.nodeCpuMs / run.messages));
  const ratios = {
    'daiban / telegraf': against('telegraf'),
    'daiban / telegraf, kept connections': against('telegraf, kept connections'),
    'daiban / telegraf, inline reply': against('telegraf, inline reply'),
    'daiban / bare commits': against('bare commits'),
    'node CPU of daiban / telegraf': round(cpu('daiban') / cpu('telegraf')),
  };
  return report({
    bench: 'inbound',
    what: `${DIALOGUE.length}-message dialogue (${DIALOGUE.join(' → ')}) in ${chats} chats, ${IN_FLIGHT} in flight; a message counts when its reply has reached the stub. Medians of ${ROUNDS} interleaved rounds; ratios are medians of the rounds' ratios. telegraf neither deduplicates nor has an outbox, encrypts nothing, keeps no timeline and replies before it saves. Over plain http telegraf opens a connection per call; with kept connections it is as it would be over https.`,
    figures,
    ratios,
    goals: [goal('against telegraf', '>= 1.5', ratios['daiban / telegraf'])],
  });
}
