/**
 * What WeCom's `errcode` means for a send [doc 90455]. The number decides, wording changes. A code that is not listed is
 * a fault of ours or of the console's settings: never repeated, shown to the operator with the platform's hint.
 */
import { dateIn, addDays, instantOf } from '../../lib/business-date.ts';
import { ChannelError, type ChannelFailure } from '../channel.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Wrong credentials are tried again this late: gettoken bars our IP for an hour after too many of them. */
const BREAKER_MS = 5 * MINUTE_MS;
/** Quotas by day reopen at midnight where the platform lives. */
const PLATFORM_ZONE = 'Asia/Shanghai';

/** Codes after which the token is replaced and the call replayed once; an expired token gives 40014 as well as 42001. */
const TOKEN_CODES = new Set([40014, 42001, 41001]);

interface Meaning {
  readonly failure: ChannelFailure;
  readonly retryAfterMs?: number;
  /** The platform's number, unless our code has to say more. */
  readonly code?: string;
}

const RETRY: Meaning = { failure: 'retry' };
const PARK: Meaning = { failure: 'park' };
const CARD_GONE: Meaning = { failure: 'card_gone' };
const REFRESH: Meaning = { failure: 'refresh' };
const BREAKER: Meaning = { failure: 'breaker', retryAfterMs: BREAKER_MS };

const MEANINGS: ReadonlyMap<number, Meaning> = new Map<number, Meaning>([
  // Passing trouble on their side: busy, concurrent edit, too many calls at once.
  [-1, RETRY],
  [6000, RETRY],
  [45033, RETRY],
  [41063, { failure: 'wait', retryAfterMs: MINUTE_MS }],
  [40014, REFRESH],
  [42001, REFRESH],
  [41001, REFRESH],
  // The whole account stands still until somebody mends the settings: secret, corp, agent, app switched off.
  [40001, BREAKER],
  [40091, BREAKER],
  [40013, BREAKER],
  [40056, BREAKER],
  [301002, BREAKER],
  [50003, BREAKER],
  // Our address is not on the app's list; a change there takes about a minute to work.
  [60020, { failure: 'breaker', retryAfterMs: MINUTE_MS }],
  // This person cannot be reached before the directory, the licence or the visible range changes.
  [40003, PARK],
  [46004, PARK],
  [60111, PARK],
  [60011, PARK],
  [60021, PARK],
  [81013, PARK],
  [85002, PARK],
  // The console has to grant the API, or save a callback address for cards with buttons; then it can go out.
  [48001, PARK],
  [48002, PARK],
  [48004, PARK],
  [48005, PARK],
  [48006, PARK],
  [43012, PARK],
  // Refused for its wording: a human looks at it, nothing is rephrased.
  [40201, PARK],
  [82004, PARK],
  // Media ids die after three days; only the sender can send the file again.
  [40007, PARK],
  // The response code is used or older than 72 hours.
  [60140, CARD_GONE],
]);

/** Whether this code asks for a new token and one replay. */
export function isTokenCode(errcode: number): boolean {
  return TOKEN_CODES.has(errcode);
}

/** What is known when the platform refuses a call. */
export interface Refusal {
  readonly errcode: number;
  readonly errmsg: string;
  /** The code of the refusal just before this one; decides how long a frequency block is waited out. */
  readonly earlierCode?: string | undefined;
  readonly now: Date;
}

/** The typed error for a refused call; its message carries the platform's words with hint and our IP for the operator. */
export function refusalError(refusal: Refusal): ChannelError {
  const { errcode, errmsg } = refusal;
  const meaning = errcode === FREQUENCY ? frequencyBlock(refusal) : (MEANINGS.get(errcode) ?? { failure: 'our_fault' });
  return new ChannelError(meaning.failure, meaning.code ?? String(errcode), {
    detail: `${errcode} ${errmsg.slice(0, 300)}`,
    ...(meaning.retryAfterMs === undefined ? {} : { retryAfterMs: meaning.retryAfterMs }),
  });
}

const FREQUENCY = 45009;
/** How often is asked whether an address that was barred from gettoken is let in again. */
const BARRED_MS = 10 * MINUTE_MS;

/** Whether a call of gettoken was refused because too many wrong secrets have barred our address, which lasts an hour. */
export function isBarred({ errcode }: { readonly errcode: number }): boolean {
  return errcode === FREQUENCY;
}

/** The error for it: without a token the whole account stands still, and somebody has to know. */
export function barredError({ errcode, errmsg }: { readonly errcode: number; readonly errmsg: string }): ChannelError {
  return new ChannelError('breaker', `${errcode}:gettoken`, {
    detail: `${errcode} ${errmsg.slice(0, 300)}`,
    retryAfterMs: BARRED_MS,
  });
}

/** The codes under which a block is remembered: which quota it was taken for. */
const MINUTE_BLOCK = '45009';
const HOUR_BLOCK = '45009:hour';
const DAY_BLOCK = '45009:day';

/**
 * 45009 does not say which quota is exhausted; the block lasts one unit of it. So wait a minute; where the very next try
 * is blocked again an hour, and then until the next day there. Other failures in between say nothing about a quota.
 */
function frequencyBlock({ earlierCode, now }: Refusal): Meaning {
  if (earlierCode === MINUTE_BLOCK) return { failure: 'wait', code: HOUR_BLOCK, retryAfterMs: HOUR_MS };
  if (earlierCode !== HOUR_BLOCK && earlierCode !== DAY_BLOCK)
    return { failure: 'wait', code: MINUTE_BLOCK, retryAfterMs: MINUTE_MS };
  const tomorrow = instantOf(addDays(dateIn(now, PLATFORM_ZONE), 1), { hour: 0 }, PLATFORM_ZONE);
  return { failure: 'wait', code: DAY_BLOCK, retryAfterMs: tomorrow.getTime() - now.getTime() };
}
