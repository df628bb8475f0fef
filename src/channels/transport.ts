/**
 * What the platforms' clients leave to us about plain HTTP: could the platform have acted on a call that failed, what an
 * answer means that is not the platform's, and how to fetch a file without trusting its size, its address or its host.
 */
import { BEFORE_SENDING } from '../lib/http.ts';
import { ChannelError, type ChannelFailure } from './channel.ts';

/** What may be done again about a call, and done without. */
export interface CallKind {
  /** True when a second call changes nothing (an edit, an answer to a press, every read): a lost answer is then simply retried. */
  readonly repeatable: boolean;
  /** True when the bot can do without this call: where it is not allowed the one intent is parked, not the whole account. */
  readonly optional?: boolean;
}

/** What it means that a call's answer was lost. */
export function lost(kind: CallKind): ChannelFailure {
  return kind.repeatable ? 'retry' : 'unknown';
}

/** Nobody gets through here until somebody mends the network's rules. */
const BARRED = new Set([403, 407]);

/**
 * What it means that something between us and the platform answered in its place. With a 4xx it has passed nothing on, and
 * whatever it says of the address or the size is not the platform's word; after anything else the platform may have acted:
 * `inDoubt`. `barred` where that is not the whole account's trouble.
 */
export function gatewayFailure(
  status: number,
  inDoubt: ChannelFailure,
  barred: 'breaker' | 'park' = 'breaker',
): ChannelError {
  const code = `http_${String(status)}`;
  if (status === 429) return waitFailure(code, undefined);
  if (BARRED.has(status)) return new ChannelError(barred, code);
  return new ChannelError(status >= 400 && status < 500 ? 'retry' : inDoubt, code);
}

/** Too many calls; `seconds` is what the platform said of how long to wait. */
export function waitFailure(code: string, seconds: unknown, detail?: { readonly detail: string }): ChannelError {
  return new ChannelError('wait', code, { retryAfterMs: retryAfterMs(seconds), ...detail });
}

/** True when the error, or anything it wraps, proves that no byte reached the platform. */
export function neverSent(error: unknown): boolean {
  return wrapped(error).some((one) => 'code' in one && typeof one.code === 'string' && BEFORE_SENDING.has(one.code));
}

/** The status with which a proxy refused to pass a call on, where `fetch` shows its answer to nobody but in words. */
export function proxyStatus(error: unknown): number | undefined {
  for (const one of wrapped(error)) {
    const said = 'message' in one && typeof one.message === 'string' ? one.message : '';
    if (said === 'proxy authentication required') return 407;
    const status = /^Proxy response \((\d{3})\) !== 200/.exec(said)?.[1];
    if (status !== undefined) return Number(status);
  }
  return undefined;
}

/** The error and what it wraps (`cause`, `original`). */
function wrapped(error: unknown): readonly object[] {
  const found: object[] = [];
  let at: unknown = error;
  while (found.length < 5 && typeof at === 'object' && at !== null) {
    found.push(at);
    at = 'cause' in at && at.cause !== undefined ? at.cause : 'original' in at ? at.original : undefined;
  }
  return found;
}

const DEFAULT_WAIT_MS = 30_000;
const MIN_WAIT_MS = 1_000;
/** Asking once an hour costs nothing; a nonsense number would stop an account for good, or overflow a timer into a storm. */
const MAX_WAIT_MS = 3_600_000;

/** A `Retry-After`-like number of seconds as milliseconds, between one second and one hour; half a minute when it is none. */
export function retryAfterMs(seconds: unknown): number {
  const value = Number(seconds);
  if (Number.isNaN(value) || value <= 0) return DEFAULT_WAIT_MS;
  return Math.min(MAX_WAIT_MS, Math.max(MIN_WAIT_MS, Math.ceil(value * 1000)));
}

/** What a GET brought. */
export interface Downloaded {
  readonly status: number;
  /** Media type in lower case without parameters; empty when the server gave none. */
  readonly mime: string;
  readonly location?: string;
  readonly bytes: Buffer;
}

/** Limits of one download, in bytes and milliseconds. */
export interface DownloadOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly maxBytes: number;
  readonly timeoutMs: number;
}

/**
 * One GET that never follows a redirect (a token must not travel to another host) and stops reading at `maxBytes`.
 * No error carries the address: Telegram's contains the bot token.
 * @throws ChannelError `our_fault`/`too_big`, `retry`/`network` (a download may always be repeated).
 */
export async function download(url: URL, options: DownloadOptions): Promise<Downloaded> {
  const signal = AbortSignal.timeout(options.timeoutMs);
  try {
    const response = await fetch(url, { headers: { ...options.headers }, redirect: 'manual', signal });
    const location = response.headers.get('location');
    return {
      status: response.status,
      mime: (response.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '',
      ...(location === null ? {} : { location }),
      bytes: await readLimited(response, options.maxBytes),
    };
  } catch (error) {
    if (error instanceof ChannelError) throw error;
    throw new ChannelError('retry', 'network');
  }
}

/** True when somebody's page came in place of a file that is none; `mime` is what the platform says the file is. */
export function isPage(got: Pick<Downloaded, 'status' | 'mime'>, mime: string | null | undefined): boolean {
  return got.status === 200 && got.mime === 'text/html' && mime !== 'text/html';
}

async function readLimited(response: Response, maxBytes: number): Promise<Buffer> {
  const declared = Number(response.headers.get('content-length') ?? '0');
  if (declared > maxBytes) {
    await response.body?.cancel();
    throw new ChannelError('our_fault', 'too_big');
  }
  const parts: Uint8Array[] = [];
  let total = 0;
  for await (const part of response.body ?? []) {
    total += part.byteLength;
    if (total > maxBytes) throw new ChannelError('our_fault', 'too_big');
    parts.push(part);
  }
  return Buffer.concat(parts, total);
}
