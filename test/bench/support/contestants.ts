/** Those who are driven with the same dialogue over the same PostgreSQL: the product, telegraf, and the bare loop. */
import path from 'node:path';
import type { BenchCluster } from './cluster.ts';
import { drive, type Driven, type Message } from './drive.ts';
import { startProgram, type Running } from './processes.ts';
import { startProduct, wecomText, type Product } from './product.ts';
import { startTelegramStub, startWecomStub, type Stub } from './stub.ts';
import { requestBytes } from './wire.ts';

/**
 * Four messages of one dialogue; each gets exactly one reply. In the product this is the form of `flows/lead-intake.yaml`
 * up to the point where a lead would be made: it changes state with every message and ends as a parked draft.
 */
export const DIALOGUE = ['新客户', '何女士', '上一步', '取消'] as const;

/** One run of one contestant. */
export interface Run extends Driven {
  readonly nodeCpuMs: number;
  readonly postgresCpuMs: number;
  readonly walBytes: number;
}

/** Somebody who answers messages. */
export interface Contestant {
  readonly name: string;
  readonly database: string;
  readonly process: Running;
  /** The dialogue in the chats of this round, with `inFlight` of them at once. */
  run(round: number, inFlight: number): Promise<Run>;
  stop(): Promise<void>;
}

const PEERS = path.resolve(import.meta.dirname, '../peers');
const TSX = ['--import', 'tsx'];

/**
 * Rounds follow each other faster than people write: with the same chats in each, the product would keep to the pace that
 * WeCom allows for one member (half of thirty messages a minute at once), and the bench would measure that.
 */
const GROUPS = 3;

/** `count` chats for each group. */
function chatGroups(count: number): readonly (readonly string[])[] {
  return Array.from({ length: GROUPS }, (_, group) =>
    Array.from({ length: count }, (_, index) => String(10_000 + group * count + index)),
  );
}

/** All chats say the first word, then all the second, and so on: as many drafts are open at once as there are chats. */
function dialogueOf(
  groups: readonly (readonly string[])[],
  round: number,
  say: (chat: string, text: string) => Message,
): readonly Message[] {
  const chats = groups[round % GROUPS] ?? [];
  return DIALOGUE.flatMap((text) => chats.map((chat) => say(chat, text)));
}

/** Runs `work` and says what it cost besides. */
export async function measured(cluster: BenchCluster, process: Running, work: () => Promise<Driven>): Promise<Run> {
  const wal = await cluster.walBytes();
  const [node, postgres] = [process.cpuMs(), cluster.cpuMs()];
  const driven = await work();
  const nodeCpuMs = process.cpuMs() - node;
  const postgresCpuMs = cluster.cpuMs() - postgres;
  return { ...driven, nodeCpuMs, postgresCpuMs, walBytes: (await cluster.walBytes()) - wal };
}

/** The product with `chats` members of staff, added through its API. */
export async function daibanContestant(
  cluster: BenchCluster,
  chats: number,
  nodeArgs: readonly string[] = [],
): Promise<Contestant & { readonly product: Product; readonly stub: Stub }> {
  const stub = await startWecomStub();
  const database = 'bench_daiban';
  const product = await startProduct({ databaseUrl: await cluster.create(database), stubUrl: stub.url, nodeArgs });
  const groups = chatGroups(chats);
  await product.addStaff(groups.flat());
  return {
    name: 'daiban',
    database,
    process: product.process,
    product,
    stub,
    run: async (round, inFlight) => {
      const messages = dialogueOf(groups, round, wecomText);
      return measured(cluster, product.process, async () => drive(product.port, stub, messages, { inFlight }));
    },
    stop: async () => {
      await product.stop();
      await stub.close();
    },
  };
}

let update = 1;

/** A text as Telegram delivers it. */
function telegramText(chat: string, text: string): Message {
  update += 1;
  const person = { id: Number(chat), first_name: 'bench', type: 'private' };
  const body = JSON.stringify({
    update_id: update,
    message: { message_id: update, date: 1_700_000_000, chat: person, from: { ...person, is_bot: false }, text },
  });
  const headers = { 'content-type': 'application/json', 'x-telegram-bot-api-secret-token': 'bench-secret' };
  return { chat, bytes: requestBytes('/telegram', headers, body) };
}

/**
 * telegraf with a wizard scene: as documented; with connections kept to the stub, which telegraf itself does over https only;
 * or with its reply left in the webhook's response.
 */
export type TelegrafMode = 'documented' | 'kept connections' | 'inline reply';

/** telegraf with the same dialogue. */
export async function telegrafContestant(
  cluster: BenchCluster,
  chats: number,
  mode: TelegrafMode,
): Promise<Contestant> {
  const stub = await startTelegramStub();
  const inline = mode === 'inline reply';
  const database = `bench_telegraf_${mode.replace(' ', '_')}`;
  const process = await startProgram({
    args: [...TSX, path.join(PEERS, 'telegraf.ts')],
    ready: /^ready/,
    env: {
      DATABASE_URL: await cluster.create(database),
      API_ROOT: stub.url,
      WEBHOOK_REPLY: String(inline),
      KEEP_ALIVE: String(mode === 'kept connections'),
    },
  });
  const groups = chatGroups(chats);
  return {
    name: mode === 'documented' ? 'telegraf' : `telegraf, ${mode}`,
    database,
    process,
    run: async (round, inFlight) => {
      const messages = dialogueOf(groups, round, telegramText);
      const options = inline ? { inFlight, inline: (body: string) => body.includes('"sendMessage"') } : { inFlight };
      return measured(cluster, process, async () => drive(portOf(process), stub, messages, options));
    },
    stop: async () => {
      await process.stop();
      await stub.close();
    },
  };
}

/** One single-row commit per message, nothing else. */
export async function commitLoopContestant(cluster: BenchCluster, chats: number): Promise<Contestant> {
  const database = 'bench_commit_loop';
  const process = await startProgram({
    args: [...TSX, path.join(PEERS, 'commit-loop.ts')],
    ready: /^ready/,
    env: { DATABASE_URL: await cluster.create(database) },
  });
  return {
    name: 'bare commits',
    database,
    process,
    run: async () => {
      const count = chats * DIALOGUE.length;
      return measured(cluster, process, async () => {
        const response = await fetch(`http://127.0.0.1:${portOf(process)}/run?count=${count}`);
        const { seconds } = (await response.json()) as { readonly seconds: number };
        return { messages: count, seconds, acks: [], replies: [] };
      });
    },
    stop: async () => process.stop(),
  };
}

/** The port in a program's ready line. */
export function portOf(process: Running): number {
  return Number(/:(\d+)\/?$/.exec(process.ready.trim())?.[1]);
}
