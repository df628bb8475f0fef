/** The little HTTP the emulators need: bounded bodies in, one kind of answer out, calls to our endpoint, faults. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FaultEffect } from './faults.ts';

/** One HTTP answer, either direction. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** A request body over the limit. */
export class BodyTooLarge extends Error {}

/** The whole body as bytes. @throws BodyTooLarge over `limit` bytes. */
export async function readBody(request: AsyncIterable<unknown>, limit = 1_048_576): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    if (!(chunk instanceof Uint8Array)) continue;
    size += chunk.length;
    if (size > limit) throw new BodyTooLarge(`body over ${limit} bytes`);
    chunks.push(Buffer.from(chunk));
  }
  return Buffer.concat(chunks);
}

/** JSON with its media type. */
export function jsonAnswer(body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=UTF-8', ...headers },
    body: JSON.stringify(body),
  };
}

/** Writes the answer. Nothing when the other side has gone. */
export function sendAnswer(response: ServerResponse, answer: Answer): void {
  if (response.destroyed || response.writableEnded) return;
  const body = Buffer.from(answer.body);
  response.writeHead(answer.status, { ...answer.headers, 'content-length': body.length });
  response.end(body);
}

/** Cuts the connection without an answer. */
function dropConnection(response: ServerResponse): void {
  response.socket?.destroy();
}

/** A call as a fault meets it. */
export interface FaultyCall {
  /** Does the work of the call. */
  run(): Promise<Answer>;
  /** The platform's way of saying `code`. */
  error(code: string, retryAfterSeconds: number | undefined): Answer;
}

/** Runs a call under an ordered fault; `undefined` = cut the connection instead of answering. */
async function answerUnderFault(effect: FaultEffect | undefined, call: FaultyCall): Promise<Answer | undefined> {
  if (effect?.kind === 'error') return call.error(effect.code, effect.retryAfterSeconds);
  if (effect?.kind === 'http') return { status: effect.status, body: '' };
  if (effect?.kind === 'drop_before') return undefined;
  if (effect?.kind === 'delay') await pause(effect.ms);
  const answer = await call.run();
  return effect?.kind === 'drop_after' ? undefined : answer;
}

/** Waits in real time. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** One request to our own endpoint. */
export interface OutgoingCall {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Real milliseconds until the whole answer must be here. */
  readonly timeoutMs: number;
  /** Ends the call early (emulator closing). */
  readonly signal?: AbortSignal;
}

/** How a request to our endpoint ended; `ms` is real time. */
export type OutgoingResult =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly headers: Headers;
      readonly body: Buffer;
      readonly ms: number;
    }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'unreachable'; readonly reason: string };

/** Calls our endpoint as the platform would: no redirects, one attempt, bounded answer. Never throws. */
export async function callOut(call: OutgoingCall): Promise<OutgoingResult> {
  const started = performance.now();
  const deadline = new AbortController();
  const overdue = setTimeout(() => deadline.abort(), call.timeoutMs);
  const signal = call.signal === undefined ? deadline.signal : AbortSignal.any([deadline.signal, call.signal]);
  try {
    const response = await fetch(call.url, {
      method: call.method,
      headers: { connection: 'close', ...call.headers },
      body: call.body ?? null,
      redirect: 'manual',
      signal,
    });
    const body = response.body === null ? Buffer.alloc(0) : await readBody(response.body);
    return {
      kind: 'answered',
      status: response.status,
      headers: response.headers,
      body,
      ms: performance.now() - started,
    };
  } catch (error) {
    if (deadline.signal.aborted) return { kind: 'timeout' };
    return { kind: 'unreachable', reason: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(overdue);
  }
}

/** The request's path without the query, and the query; `path` as the emulator got it. */
export function splitPath(path: string): { readonly pathname: string; readonly query: URLSearchParams } {
  const mark = path.indexOf('?');
  if (mark === -1) return { pathname: path, query: new URLSearchParams() };
  return { pathname: path.slice(0, mark), query: new URLSearchParams(path.slice(mark + 1)) };
}

/** Answers under a fault and writes it, or cuts the connection. Gives what was written. */
export async function respond(
  response: ServerResponse,
  effect: FaultEffect | undefined,
  call: FaultyCall,
): Promise<Answer | undefined> {
  const answer = await answerUnderFault(effect, call);
  if (answer === undefined) dropConnection(response);
  else sendAnswer(response, answer);
  return answer;
}

/** The caller's address without the IPv6-mapped prefix. */
export function remoteAddress(request: IncomingMessage): string {
  return (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
}
