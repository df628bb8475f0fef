/** `rss`: what the process holds on to. Memory after 100 000 messages beside that after 10 000, in one process. */
import { Client } from 'pg';
import { startBenchCluster } from './support/cluster.ts';
import { DIALOGUE } from './support/contestants.ts';
import { drive } from './support/drive.ts';
import { startProduct, wecomText } from './support/product.ts';
import { goal, median, report, round, type BenchOptions, type BenchReport } from './support/report.ts';
import { startWecomStub } from './support/stub.ts';

const FIRST = 10_000;
const ALL = 100_000;
const CHATS = 8_000;
const IN_FLIGHT = 32;
const SAMPLES = 10;

/** Runs it. */
export async function benchRss({ scale, say }: BenchOptions): Promise<BenchReport> {
  const [first, all] = [Math.round(FIRST * scale), Math.round(ALL * scale)];
  const cluster = await startBenchCluster();
  const stub = await startWecomStub();
  const url = await cluster.create('bench_rss');
  const product = await startProduct({ databaseUrl: url, stubUrl: stub.url });
  try {
    await product.addStaff(['10000']);
    const chats = await multiply(url, Math.max(2 * IN_FLIGHT, Math.round(CHATS * scale)));
    const idle = await settledRss(product.process);
    let sent = 0;
    const sendUpTo = async (count: number): Promise<number> => {
      while (sent < count) {
        // Made in portions: signatures are valid for minutes, and a hundred thousand requests are 100 MB here.
        const portion = Array.from({ length: Math.min(chats.length, count - sent) }, (_, index) =>
          wecomText(
            chats[(sent + index) % chats.length] ?? '',
            DIALOGUE[Math.floor((sent + index) / chats.length) % DIALOGUE.length] ?? '',
          ),
        );
        await drive(product.port, stub, portion, { inFlight: IN_FLIGHT });
        sent += portion.length;
        say(`rss: ${sent} messages, ${Math.round(product.process.rssMb())} MB`);
      }
      return settledRss(product.process);
    };
    const early = await sendUpTo(first);
    const late = await sendUpTo(all);
    const ratio = round(late / early);
    return report({
      bench: 'rss',
      what: `One process with all roles, ${chats.length} chats, the dialogue of \`inbound\`; resident memory a few seconds after the last reply.`,
      figures: {
        idleMb: round(idle, 1),
        [`afterMessages_${first}_Mb`]: round(early, 1),
        [`afterMessages_${all}_Mb`]: round(late, 1),
      },
      ratios: { 'after all / after the first tenth': ratio },
      goals: [
        goal('memory after ten times the messages', '<= 1.3', ratio),
        goal('idle memory in MB', '<= 200', round(idle, 1)),
      ],
    });
  } finally {
    await product.stop();
    await stub.close();
    await cluster.stop();
  }
}

/** Gives the one member of staff many chats: the API adds a few hundred people a second, and people are not the subject here. */
async function multiply(url: string, count: number): Promise<readonly string[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(
    `INSERT INTO identities (id, account, external_id, staff_id, is_verified, created_at, bound_at)
     SELECT gen_random_uuid(), account, (10000 + n)::text, staff_id, is_verified, created_at, bound_at FROM identities, generate_series(1, $1) AS n WHERE external_id = '10000'`,
    [count - 1],
  );
  await client.end();
  return Array.from({ length: count }, (_, index) => String(10_000 + index));
}

async function settledRss(process: { rssMb(): number }): Promise<number> {
  const samples: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample += 1) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    samples.push(process.rssMb());
  }
  return median(samples);
}
