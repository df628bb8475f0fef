/**
 * What Slack's and Telegram's clients leave to us about plain HTTP: could the platform have acted on a call that
 * failed, and how to fetch a file without trusting its size, its address or its host.
 */
import { ChannelError } from './channel.ts';

/** The connection was never made, so the platform cannot have seen the call. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/** True when the error, or anything it wraps (`cause`, `original`), proves that no byte reached the platform. */
export function neverSent(error: unknown): boolean {
  let at: unknown = error;
  for (let depth = 0; depth < 5 && typeof at === 'object' && at !== null; depth += 1) {
    if ('code' in at && typeof at.code === 'string' && NEVER_SENT.has(at.code)) return true;
    at = 'cause' in at && at.cause !== undefined ? at.cause : 'original' in at ? at.original : undefined;
  }
  return false;
}

const MIN_WAIT_MS = 1_000;
/** Asking once an hour costs nothing; a nonsense number would stop an account for good, or overflow a timer into a storm. */
const MAX_WAIT_MS = 3_600_000;

/**
 * A `Retry-After`-like number of seconds as milliseconds, between one second and one hour; `fallbackMs` when it is not a
 * positive number.
 */
export function retryAfterMs(seconds: unknown, fallbackMs: number): number {
  const value = Number(seconds);
  if (Number.isNaN(value) || value <= 0) return fallbackMs;
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
