/**
 * Socket Mode: the same events over an outbound WebSocket, for a site without a public address. The client is the one
 * inside Bolt's SocketModeReceiver; its reconnecting is ours, because on a failed reconnect it rejects a promise nobody
 * holds, which ends the process.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { SocketModeReceiver, type webApi } from '@slack/bolt';
import { z } from 'zod';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Secret } from '../../lib/secret.ts';
import { ChannelError, type Sink } from '../channel.ts';
import { backoffMs, pause } from '../listening.ts';
import type { boltLogger } from './bolt-log.ts';
import { slackFailure } from './errors.ts';
import type { Interpret, Interpreted } from './receive.ts';
import type { HomeWorkspace } from './workspace.ts';

/** What a Socket Mode connection needs. */
export interface SocketDeps {
  readonly appToken: Secret;
  readonly clientOptions: webApi.WebClientOptions;
  readonly logger: ReturnType<typeof boltLogger>;
  readonly log: Log;
  readonly clock: Clock;
  readonly home: HomeWorkspace;
  readonly interpret: Interpret;
  /** Called at each hello. */
  readonly connected: () => void;
}

const HELLO_TIMEOUT_MS = 20_000;
/** Between a connection Slack ended in good order and the next. */
const RECONNECT_MS = 250;

/**
 * Stays connected until `signal` aborts. An envelope is acknowledged only after `sink` resolved; without it Slack
 * delivers again (duplicates also happen by themselves around reconnects).
 * @throws ChannelError `breaker` when the app token is refused or Socket Mode is switched off (`link_disabled`); any other
 * refusal too, because trying again at once would change nothing.
 */
export async function runSocket(deps: SocketDeps, sink: Sink, signal: AbortSignal): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    try {
      await connectOnce(deps, sink, signal);
      failures = 0;
      await pause(RECONNECT_MS, signal);
    } catch (error) {
      const failure = slackFailure(error, { repeatable: true });
      if (failure.failure !== 'retry' && failure.failure !== 'wait') throw failure;
      failures += 1;
      deps.log.warn({ code: failure.code, failures }, 'slack socket not connected');
      await pause(backoffMs(failure, failures), signal);
    }
  }
}

/** One connection from hello to its end; returns when Slack asks for a new one or `signal` aborts. */
async function connectOnce(deps: SocketDeps, sink: Sink, signal: AbortSignal): Promise<void> {
  const receiver = new SocketModeReceiver({
    appToken: deps.appToken.reveal(),
    logger: deps.logger,
    autoReconnectEnabled: false,
    installerOptions: { clientOptions: { ...deps.clientOptions } },
  });
  const { client } = receiver;
  const work = new Set<Promise<void>>();
  client.on('slack_event', (envelope: unknown) => {
    const handled = handleEnvelope(deps, sink, envelope).finally(() => work.delete(handled));
    work.add(handled);
  });
  holdBadFrames(client, deps.log);
  const link = { isDisabled: false };
  client.on('ws_message', (frame: unknown) => {
    link.isDisabled ||= isLinkDisabled(frame);
  });
  const ended = new AbortController();
  client.once('disconnected', () => ended.abort());
  const over = AbortSignal.any([signal, ended.signal]);
  try {
    await withinTime(client.start(), signal).catch((error: unknown) => {
      throw link.isDisabled ? new ChannelError('breaker', LINK_DISABLED) : error;
    });
    if (!signal.aborted) deps.connected();
    await aborted(over);
    if (link.isDisabled) throw new ChannelError('breaker', LINK_DISABLED);
  } finally {
    await Promise.allSettled(work);
    if (!ended.signal.aborted) await withinTime(client.disconnect(), AbortSignal.timeout(2000)).catch(() => undefined);
  }
}

/** Somebody switched Socket Mode off: Slack lets nobody in until it is on again. */
const LINK_DISABLED = 'link_disabled';
const disconnectFrame = z.looseObject({ type: z.literal('disconnect'), reason: z.literal(LINK_DISABLED) });

function isLinkDisabled(frame: unknown): boolean {
  try {
    return disconnectFrame.safeParse(JSON.parse(String(frame))).success;
  } catch {
    return false; // not JSON
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** The library rejects unheard on a frame without an inner event; wrap its listener instead of dying. */
function holdBadFrames(client: SocketModeReceiver['client'], log: Log): void {
  const listeners = client.listeners('ws_message');
  client.removeAllListeners('ws_message');
  client.on('ws_message', (...frame: unknown[]) => {
    for (const listener of listeners) {
      Promise.resolve(listener(...frame)).catch(() => log.warn({}, 'slack socket frame not understood'));
    }
  });
}

/** Done, or `signal` aborted. The library waits for ever when the server accepts the socket and never says hello. */
async function withinTime(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const stop = new AbortController();
  const limit = delay(HELLO_TIMEOUT_MS, undefined, { signal: AbortSignal.any([signal, stop.signal]) });
  work.catch(() => undefined);
  await Promise.race([
    work,
    limit.then(
      () => Promise.reject(new Error('no hello')),
      () => undefined,
    ),
  ]);
  stop.abort();
}

async function commit({ events, reply }: Interpreted, sink: Sink): Promise<Interpreted['reply']> {
  if (events.length > 0) await sink(events);
  return reply;
}

const envelopeShape = z.looseObject({
  body: z.record(z.string(), z.unknown()),
  ack: z.custom<(reply?: Readonly<Record<string, unknown>>) => Promise<void>>((value) => typeof value === 'function'),
});

async function handleEnvelope(deps: SocketDeps, sink: Sink, raw: unknown): Promise<void> {
  const envelope = envelopeShape.safeParse(raw);
  if (!envelope.success) return;
  const { body } = envelope.data;
  let reply: Interpreted['reply'];
  try {
    const now = deps.clock.now();
    // Acknowledged like any other: without it Slack would only deliver it again.
    if (await deps.home.isForeign(body, now)) deps.log.warn({ reason: 'foreign_workspace' }, 'slack envelope refused');
    else reply = await commit(await deps.interpret(body, now), sink);
  } catch (error) {
    deps.log.warn({ kind: error instanceof Error ? error.name : 'unknown' }, 'slack envelope not committed');
    return;
  }
  // A closed socket cannot be told: Slack delivers again, the delivery key answers.
  await envelope.data.ack(reply).catch(() => undefined);
}
