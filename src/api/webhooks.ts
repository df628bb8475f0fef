/**
 * Webhooks run on plain node:http in front of express: on Node 20 express costs more than verification and commit
 * together. A platform gets its 2xx only after the event is committed (invariant 1); when the store is down it gets 503
 * and delivers again.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Channel, HttpAnswer, InteractiveAnswer, RawRequest, Received } from '../channels/channel.ts';
import type { Inbox, Stored } from '../inbox/receive.ts';
import type { Clock } from '../lib/clock.ts';
import { errorText } from '../lib/errors.ts';
import { levelOf, type Log } from '../lib/log.ts';
import { inTime, Late } from '../lib/patience.ts';

const MAX_BODY_BYTES = 1_048_576;
/** Slack waits three seconds for its answer and WeCom five; a store that hangs must not keep their connections open. */
const STORE_PATIENCE_MS = 2_500;

/** An answer that waits for this request; `shown` is told once the platform has taken the response. */
interface HeldAnswer {
  readonly answer: InteractiveAnswer;
  shown(): Promise<void>;
  /** Nothing was written, the request is gone: the answer goes out as a message. */
  notShown(): Promise<void>;
}

/** What receiving needs; `routes` are the channels by path. */
export interface WebhookDeps {
  readonly routes: ReadonlyMap<string, Channel>;
  readonly inbox: Inbox;
  readonly clock: Clock;
  readonly log: Log;
  /** Waits a moment for an answer that the platform shows inside this very request. */
  readonly interactiveAnswer: (inboxId: bigint) => Promise<HeldAnswer | undefined>;
  readonly count: (platform: string, outcome: string) => void;
  /** These could not be stored, and the platform is told so. */
  readonly refused: (events: Received['events']) => void;
}

/** The webhooks of all channels. */
export interface Webhooks {
  /** Serves a webhook request; `false` when the path is not a webhook's. */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** What the requests left to be written down is written: an answer that was shown counts as sent only then. */
  readonly idle: () => Promise<void>;
}

/** Verifies, stores, answers. */
export function createWebhooks(deps: WebhookDeps): Webhooks {
  const underWay = new Set<Promise<void>>();
  return {
    handle: (request, response) => {
      const channel = deps.routes.get(pathOf(request.url ?? ''));
      if (!channel) return false;
      const served = serve(deps, channel, request, response).finally(() => underWay.delete(served));
      underWay.add(served);
      return true;
    },
    idle: async () => void (await Promise.all(underWay)),
  };
}

function pathOf(url: string): string {
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
}

async function serve(
  deps: WebhookDeps,
  channel: Channel,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const body = await readBody(request);
    if (body === 'aborted') {
      // Nothing was stored and nobody is there to be answered; a platform that meant it delivers again.
      deps.log.debug({ event: 'webhook.aborted', channel: channel.platform });
      deps.count(channel.platform, 'aborted');
      return;
    }
    if (body === 'too_large') {
      deps.count(channel.platform, 'too_large');
      write(response, { status: 413 });
      return;
    }
    const { http, held } = await answer(deps, channel, {
      method: request.method ?? 'GET',
      url: request.url ?? '',
      headers: request.headers,
      body,
    });
    const isWritten = write(response, http);
    if (held) await (isWritten ? shown(response, held) : held.notShown());
  } catch (error) {
    const level = levelOf(error, error instanceof Late ? 'warn' : 'error');
    deps.log[level]({ event: 'webhook.failed', channel: channel.platform, error: errorText(error) });
    deps.count(channel.platform, 'unavailable');
    write(response, { status: 503, headers: { 'retry-after': '2' } });
  }
}

/** Tells once the response is out; a client that is gone has not seen it, the row's lease then runs out. */
async function shown(response: ServerResponse, held: HeldAnswer): Promise<void> {
  const isOut = await new Promise<boolean>((resolve) => {
    response.once('finish', () => resolve(true));
    response.once('close', () => resolve(response.writableFinished));
    if (response.writableFinished) resolve(true);
  });
  if (isOut) await held.shown();
}

interface Answered {
  readonly http: HttpAnswer;
  readonly held?: HeldAnswer;
}

async function answer(deps: WebhookDeps, channel: Channel, request: RawRequest): Promise<Answered> {
  const received = await channel.receive(request, deps.clock.now());
  if ('refused' in received) {
    deps.log.warn({ event: 'webhook.refused', channel: channel.platform, reason: received.reason });
    deps.count(channel.platform, received.reason);
    return { http: { status: received.status } };
  }
  const stored = await store(deps, received.events);
  deps.count(channel.platform, stored.some(Boolean) || received.events.length === 0 ? 'stored' : 'duplicate');
  const held = await waitFor(deps, received, stored);
  return held ? { http: received.answer(held.answer), held } : { http: received.answer() };
}

async function store({ inbox, refused }: WebhookDeps, events: Received['events']): Promise<readonly Stored[]> {
  try {
    return await inTime(inbox.receive(events), STORE_PATIENCE_MS);
  } catch (error) {
    refused(events);
    throw error;
  }
}

async function waitFor(
  deps: WebhookDeps,
  received: Received,
  stored: readonly Stored[],
): Promise<HeldAnswer | undefined> {
  const first = stored[0];
  // Only taps leave an answer for their own request. A text's reply is a message of its own, so its request need not stay
  // open until the turn is done: the platform has its 2xx right after the commit.
  const isTap = received.events[0]?.happening.kind === 'action';
  return received.interactive && isTap && first ? deps.interactiveAnswer(first.inboxId) : undefined;
}

async function readBody(request: IncomingMessage): Promise<Buffer | 'too_large' | 'aborted'> {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > MAX_BODY_BYTES) {
    request.resume();
    return 'too_large';
  }
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_BODY_BYTES) chunks.push(chunk);
      else chunks.length = 0;
    });
    request.on('end', () => resolve(size > MAX_BODY_BYTES ? 'too_large' : Buffer.concat(chunks)));
    request.on('error', () => resolve('aborted')); // the only error of a request: its connection was cut
  });
}

/** `false` when nobody is there any more. */
function write(response: ServerResponse, { status, headers, body }: HttpAnswer): boolean {
  if (response.headersSent || response.destroyed) return false;
  const bytes = body === undefined ? Buffer.alloc(0) : Buffer.from(body);
  response.writeHead(status, { 'content-length': bytes.length, ...headers });
  response.end(bytes);
  return true;
}
