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
export const DIALOGUE = ['新客户', '何女士', '1380000', '取消'] as const;

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
  /** The dialogue, `dialogues` times over all chats, with `inFlight` of them at once. */
  run(dialogues: number, inFlight: number): Promise<Run>;
  stop(): Promise<void>;
}

const PEERS = path.resolve(import.meta.dirname, '../peers');
const TSX = ['--import', 'tsx'];

/** `count` chat names that no other run has used. */
function chatNames(count: number, first: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => String(first + index));
}

/** All chats say the first word, then all the second, and so on: as many drafts are open at once as there are chats. */
function dialogueOf(
  chats: readonly string[],
  dialogues: number,
  say: (chat: string, text: string) => Message,
): readonly Message[] {
  return Array.from({ length: dialogues }, () =>
    DIALOGUE.flatMap((text) => chats.map((chat) => say(chat, text))),
  ).flat();
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
  const names = chatNames(chats, 10_000);
  await product.addStaff(names);
  return {
    name: 'daiban',
    database,
    process: product.process,
    product,
    stub,
    run: async (dialogues, inFlight) => {
      const messages = dialogueOf(names, dialogues, wecomText);
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

/** telegraf with a wizard scene. `inline` leaves its reply in the webhook's response, as telegraf does by default. */
export async function telegrafContestant(cluster: BenchCluster, chats: number, inline: boolean): Promise<Contestant> {
  const stub = await startTelegramStub();
  const database = inline ? 'bench_telegraf_inline' : 'bench_telegraf';
  const process = await startProgram({
    args: [...TSX, path.join(PEERS, 'telegraf.ts')],
    ready: /^ready/,
    env: { DATABASE_URL: await cluster.create(database), API_ROOT: stub.url, WEBHOOK_REPLY: String(inline) },
  });
  const names = chatNames(chats, 10_000);
  return {
    name: inline ? 'telegraf, reply inside the webhook response' : 'telegraf',
    database,
    process,
    run: async (dialogues, inFlight) => {
      const messages = dialogueOf(names, dialogues, telegramText);
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
    run: async (dialogues) => {
      const count = dialogues * chats * DIALOGUE.length;
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
