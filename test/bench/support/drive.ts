/** Driving a bot: so many conversations in flight, or so many messages a second; what came back, and when. */
import type { Stub } from './stub.ts';
import { Wire } from './wire.ts';

/** One message, ready to go over the wire. */
export interface Message {
  readonly chat: string;
  readonly bytes: Buffer;
}

/** What a run measured. Times are milliseconds. */
export interface Driven {
  readonly messages: number;
  readonly seconds: number;
  /** From the first byte sent to the HTTP answer. */
  readonly acks: readonly number[];
  /** From the first byte sent to the reply reaching the platform. */
  readonly replies: readonly number[];
}

/** Says that the platform got an answer inside the webhook's own response (telegraf's short cut). */
export type InlineReply = (body: string) => boolean;

const PATIENCE_MS = 20_000;

/**
 * Keeps `inFlight` conversations going until every message has its reply. A lane takes the next message of the list once
 * its last one is acknowledged and answered, so a chat never has two at once as long as the list is longer than the lanes.
 */
export async function drive(
  port: number,
  stub: Stub,
  messages: readonly Message[],
  options: { readonly inFlight: number; readonly inline?: InlineReply },
): Promise<Driven> {
  const replies = new Replies(stub);
  const acks: number[] = [];
  const answered: number[] = [];
  let next = 0;
  const wires = await Promise.all(Array.from({ length: options.inFlight }, async () => Wire.open(port)));
  const start = performance.now();
  await Promise.all(
    wires.map(async (wire) => {
      for (let index = next; index < messages.length; index = next) {
        next += 1;
        const message = messages[index];
        if (!message) break;
        const from = performance.now();
        const reply = replies.expect(message.chat);
        const answer = await wire.send(message.bytes);
        acks.push(performance.now() - from);
        if (answer.status !== 200) throw new Error(`webhook answered ${answer.status}: ${answer.body.slice(0, 300)}`);
        if (options.inline?.(answer.body) === true) replies.came(message.chat);
        answered.push((await reply) - from);
      }
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  for (const wire of wires) wire.close();
  return { messages: messages.length, seconds, acks, replies: answered };
}

/** Sends `perSecond` messages, whatever the answers do (open loop: a slow server does not slow the clock). */
export async function driveAtRate(
  port: number,
  messages: readonly Message[],
  options: { readonly perSecond: number; readonly connections: number },
): Promise<readonly number[]> {
  const idle = await Promise.all(Array.from({ length: options.connections }, async () => Wire.open(port)));
  const all = new Set(idle);
  const acks: number[] = [];
  const sends: Promise<void>[] = [];
  const start = performance.now();
  for (const [index, message] of messages.entries()) {
    const due = start + (index * 1000) / options.perSecond;
    while (performance.now() < due)
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now() - 0.5)));
    // A message that finds no free connection waits on a new one; its waiting counts, as a platform's would.
    const wire = await freeWire(idle, port);
    all.add(wire);
    const send = async (): Promise<void> => {
      const { status } = await wire.send(message.bytes);
      if (status !== 200) throw new Error(`webhook answered ${status}`);
      acks.push(performance.now() - due);
      idle.push(wire);
    };
    sends.push(send());
  }
  await Promise.all(sends);
  for (const wire of all) wire.close();
  return acks;
}

async function freeWire(idle: Wire[], port: number): Promise<Wire> {
  for (let wire = idle.pop(); wire !== undefined; wire = idle.pop()) if (wire.isOpen) return wire;
  return Wire.open(port);
}

/** Who waits for a reply to which chat. */
class Replies {
  readonly #waiting = new Map<string, (at: number) => void>();

  constructor(stub: Stub) {
    stub.onMessage = (chat) => this.came(chat);
  }

  async expect(chat: string): Promise<number> {
    if (this.#waiting.has(chat)) throw new Error(`two messages of ${chat} at once`);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no reply to ${chat} within ${PATIENCE_MS} ms`)), PATIENCE_MS);
      this.#waiting.set(chat, (at) => {
        clearTimeout(timer);
        resolve(at);
      });
    });
  }

  came(chat: string): void {
    const waiting = this.#waiting.get(chat);
    this.#waiting.delete(chat);
    waiting?.(performance.now());
  }
}
