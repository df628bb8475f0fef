/** The three platforms behind one loopback server, with the troubles a test orders. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { SlackStub } from './slack.ts';
import type { ApiAnswer, Delivery, Platform, Sent, Stub } from './stub.ts';
import { TelegramStub } from './telegram.ts';
import { WecomStub } from './wecom.ts';

/**
 * late: takes effect, the answer comes after `ms` (past the client's patience) · cut: takes effect, the connection dies ·
 * away: the connection dies before anything happened · busy: 429 or its like, nothing happens.
 */
export type Trouble =
  | { readonly kind: 'late'; readonly ms: number }
  | { readonly kind: 'cut' }
  | { readonly kind: 'away' }
  | { readonly kind: 'busy'; readonly seconds: number };

export class Platforms {
  readonly wecom = new WecomStub();
  readonly slack = new SlackStub();
  readonly telegram = new TelegramStub();
  /** Everything that reached a person, in order. */
  readonly sent: Sent[] = [];
  /** Asked for every call that would reach a person. */
  trouble: (platform: Platform, method: string) => Trouble | undefined = () => undefined;
  readonly #server: Server;
  readonly #stubs: readonly Stub[] = [this.wecom, this.slack, this.telegram];
  /** Every address that was asked for, to be searched for personal data. */
  readonly urls: string[] = [];

  constructor() {
    this.#server = createServer(
      (request, response) => void this.#serve(request, response).catch(() => response.destroy()),
    );
  }

  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Settings that point the product at all three. */
  settings(): Record<string, string> {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the platforms are not open');
    const base = `http://127.0.0.1:${address.port}`;
    return Object.assign({}, ...this.#stubs.map((stub) => stub.settings(base))) as Record<string, string>;
  }

  /** What one person's phone shows. */
  screen(platform: Platform, chat: string): readonly Sent[] {
    return this.sent.filter((sent) => sent.platform === platform && sent.chat === chat && !sent.isDropped);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://stub');
    this.urls.push(request.url ?? '');
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const stub = this.#stubs.find((one) => one.methodOf(url.pathname) !== undefined);
    const method = stub?.methodOf(url.pathname);
    if (!stub || method === undefined) return write(response, { status: 404, json: {} });
    const trouble = /send|update|post|edit|gettoken/i.test(method) ? this.trouble(stub.platform, method) : undefined;
    if (trouble?.kind === 'away') return void response.destroy();
    if (trouble?.kind === 'busy') return write(response, stub.busy(trouble.seconds));
    const answer = stub.perform({
      method,
      query: url.searchParams,
      headers: request.headers,
      body: Buffer.concat(chunks),
    });
    if (answer.sent) this.sent.push(answer.sent);
    if (trouble?.kind === 'cut') return void response.destroy();
    if (trouble?.kind === 'late') await wait(trouble.ms, undefined, { ref: false });
    return write(response, answer);
  }
}

function write(response: ServerResponse, answer: ApiAnswer): void {
  if (response.destroyed) return;
  const body = answer.bytes ?? Buffer.from(JSON.stringify(answer.json));
  response.writeHead(answer.status ?? 200, {
    'content-type': 'application/json',
    'content-length': body.length,
    ...answer.headers,
  });
  response.end(body);
}

/** Delivers until it is taken, as platforms do; gives up after `patienceMs`. */
export async function deliverUntilTaken(base: string, make: () => Delivery, patienceMs = 60_000): Promise<void> {
  for (const end = performance.now() + patienceMs; performance.now() < end; await wait(100)) {
    const { path, ...init } = make();
    try {
      const response = await fetch(`${base}${path}`, { ...init, signal: AbortSignal.timeout(5_000) });
      await response.arrayBuffer();
      if (response.ok) return;
    } catch {
      // nobody there, or it died before it answered: again
    }
  }
  throw new Error('a delivery was never taken');
}
