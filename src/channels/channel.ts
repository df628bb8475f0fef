/**
 * The port every chat platform is driven through: verify and parse what comes in, send one intent out, tell what the
 * platform can do. A channel never knows leads or loans; the domain never knows platforms.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Card, CardForm } from './card.ts';

/** The platforms a chat can take place on. */
export type Platform = 'wecom' | 'slack' | 'telegram';

/** Where something is said or sent. `account` names the bot (corp+agent, workspace, bot). */
export interface Place {
  readonly account: string;
  /** Telegram chat id, WeCom userid, Slack channel id or, for a direct message, the person's user id. */
  readonly chat: string;
  readonly thread?: string;
}

/** Where a talk takes place: in a group each `actor` has his own. What is sent goes to the place, for all to read. */
export interface Address extends Place {
  readonly actor?: string;
}

/** A file the platform holds for us; fetch it at once, platform ids expire. */
export interface MediaRef {
  readonly id: string;
  readonly kind: 'image' | 'file' | 'voice' | 'video';
  /** Claims of the sender, never to be trusted. */
  readonly name?: string;
  readonly mime?: string;
  readonly size?: number;
  /** Stable across deliveries where the platform has such an id (Telegram `file_unique_id`). */
  readonly uniqueId?: string;
  /** Shared by files that were sent together as separate messages (Telegram album); only one of them may have words. */
  readonly album?: string;
}

/** What a person did, as one closed union. */
export type Happening =
  | { readonly kind: 'message'; readonly messageId: string; readonly text: string; readonly media: readonly MediaRef[] }
  /** A person's message that holds neither words nor a file (a place, a sticker, a poll); `what` is the platform's own word for it. */
  | { readonly kind: 'unreadable'; readonly messageId: string; readonly what: string }
  /** The platform reports an edit or a deletion of an earlier message. */
  | { readonly kind: 'edited'; readonly messageId: string; readonly text: string }
  | {
      readonly kind: 'deleted';
      readonly messageId: string;
      /** The platform does not say whose it was: it stands in this chat, or in any direct talk of the account. */
      readonly isAnyones?: true;
    }
  /** A button of one of our cards. `cardId`/`revision`/`verb` come from our own opaque key, never from business data. */
  | {
      readonly kind: 'action';
      readonly cardId: string;
      readonly revision: number;
      readonly verb: string;
      /** Drop-down choices by question id; of a form that was sent in, its answers by field. */
      readonly selected: Readonly<Record<string, string>>;
      /** The platform can open a form in answer to this very press (`tap_answer.form`). */
      readonly canOpenForm?: true;
      /** What the channel needs to answer or redraw this very card (response_code, query id, message ts). */
      readonly handle: Readonly<Record<string, string>>;
    }
  /** A deep link was followed (`/start <payload>`). */
  | { readonly kind: 'start'; readonly payload: string; readonly messageId: string }
  /** A shared phone contact; `own` only when the platform proves that it is the sender's. */
  | { readonly kind: 'contact'; readonly messageId: string; readonly phone: string; readonly own: boolean }
  /** The person opened the bot (enter_agent, app_home_opened). */
  | { readonly kind: 'opened' }
  /** The person blocked (`false`) or unblocked us. */
  | { readonly kind: 'reachable'; readonly reachable: boolean }
  /** The platform says that it left out some of what happened. */
  | { readonly kind: 'gap' }
  /** Authentic but not understood: stored, ignored. `what` is the platform's own word for it. */
  | { readonly kind: 'other'; readonly what: string };

/** What came from a platform, verified and parsed; the inbox keeps exactly this. */
export interface InboundEvent {
  readonly platform: Platform;
  readonly address: Address;
  /** External id of the person who acted; empty for system events. */
  readonly sender: string;
  /** Unique per account; a second delivery with any of these keys is the same event. The first is the primary one. */
  readonly deliveryKeys: readonly [string, ...string[]];
  readonly occurredAt: Date;
  readonly happening: Happening;
}

/** A request as it came over the wire: raw bytes, never parsed before verification. */
export interface RawRequest {
  readonly method: string;
  /** Path with query string. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What a webhook is answered with, byte for byte. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** An answer shown inside the platform's own request (WeCom passive reply). */
export interface InteractiveAnswer {
  readonly kind: 'text';
  readonly text: string;
}

/** What a verified request means. */
export interface Received {
  readonly events: readonly InboundEvent[];
  /** True when the platform can show an answer given inside this request; the caller may wait for one (≤ 1.5 s). */
  readonly interactive: boolean;
  /** The HTTP answer, made only after the events are committed. */
  answer(interactive?: InteractiveAnswer): HttpAnswer;
}

/** A request that is not authentic or not well-formed: answered with `status`, logged by `reason`, nothing stored. */
export interface Refused {
  readonly refused: true;
  readonly status: number;
  /** Stable snake_case reason for log and metrics, e.g. `bad_signature`; no personal data. */
  readonly reason: string;
}

/** What is sent, in terms every platform has; what it cannot show the channel degrades, it never fails for that. */
export type OutboundContent =
  | {
      readonly kind: 'text';
      readonly text: string;
      /** One-tap answers; degraded to a hint line where unsupported. */
      readonly choices?: readonly string[];
      /** Ask for the person's own phone (Telegram). */
      readonly requestContact?: string;
    }
  | { readonly kind: 'card'; readonly card: Card }
  /** Redraw an earlier card. `handle` is the receipt's, `tap` the handle of the press that caused it, if any. */
  | {
      readonly kind: 'card_update';
      readonly card: Card;
      readonly handle: Readonly<Record<string, string>>;
      readonly tap?: Readonly<Record<string, string>>;
      /** Another message says it anyway: a card that is not there, or can no longer be redrawn, is not sent instead. */
      readonly ifShown?: true;
    }
  | {
      readonly kind: 'file';
      readonly name: string;
      readonly mime: string;
      readonly bytes: Buffer;
      readonly caption?: string;
    }
  /** Answer a button press (Telegram callback query, Slack ephemeral). Never queued behind messages. */
  | {
      readonly kind: 'tap_answer';
      readonly tap: Readonly<Record<string, string>>;
      readonly text: string;
      readonly alert: boolean;
      /**
       * Asks for what is still missing in a form; only for a press with `canOpenForm`. A press too old for it, or any
       * trouble, is `our_fault`: it is then asked for in the chat.
       */
      readonly form?: CardForm;
    };

/** One try at one outbox row. */
export interface OutboundIntent {
  /** The outbox row: idempotency key and what reconciliation looks for. */
  readonly id: string;
  readonly to: Place;
  readonly content: OutboundContent;
  /** 1 for the first try. */
  readonly attempt: number;
  /** What the try before this one ended with (`ChannelError.code`); absent on the first. */
  readonly earlierCode?: string;
  /**
   * How often this very content went to this chat inside `capabilities.duplicateWindowMs`, counting this one (2, 3 …);
   * shown, so that the platform does not swallow it as a repetition. The same on every try of the row. Absent = first.
   */
  readonly ordinal?: number;
}

/** What the platform said when it took a message. */
export interface Receipt {
  /** The platform's id of the message. */
  readonly providerId?: string;
  /** What a later `card_update` needs. */
  readonly handle?: Readonly<Record<string, string>>;
  /** Set when the platform took it but says that it cannot arrive (WeCom `invaliduser`). */
  readonly undeliverable?: string;
}

/**
 * retry: may be sent again · wait: not before `retryAfterMs` · park: needs a human or the customer · refresh: handled
 * inside the channel, surfaced only if it failed twice · target_gone · card_gone: send a fresh card · our_fault: never
 * again · breaker: the whole account is broken (bad secret, revoked token), stop the channel and alarm ·
 * unknown: bytes were written and no answer came.
 */
export type ChannelFailure =
  | 'retry'
  | 'wait'
  | 'park'
  | 'refresh'
  | 'target_gone'
  | 'card_gone'
  | 'our_fault'
  | 'breaker'
  | 'unknown';

/** The only error a channel throws: what to do about it (`failure`), and the platform's own word for it. */
export class ChannelError extends Error {
  readonly failure: ChannelFailure;
  /** The platform's own code (`60140`, `channel_not_found`, `400`). */
  readonly code: string;
  readonly retryAfterMs: number | undefined;
  constructor(
    failure: ChannelFailure,
    code: string,
    options: { retryAfterMs?: number; detail?: string; cause?: unknown } = {},
  ) {
    super(options.detail ?? code, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ChannelError';
    this.failure = failure;
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** At most `count` sends in any `windowMs`, below the platform's own limit. */
export interface PaceRule {
  readonly scope: 'account' | 'chat';
  readonly count: number;
  readonly windowMs: number;
  /** Only for chats with several people (Telegram: 20 a minute per group); ignoring it is merely slower. */
  readonly groupsOnly?: boolean;
}

/** In what platforms differ for those outside a channel. */
export interface Capabilities {
  /** May an ambiguous send be repeated because the platform drops the duplicate? */
  readonly safeToRepeat: boolean;
  /** For how long the platform drops identical content to one chat: repeat an ambiguous send only inside it, number equal texts. */
  readonly duplicateWindowMs?: number;
  readonly reports: Reports;
}

/** What a platform tells us of what people do to messages afterwards. */
export interface Reports {
  readonly edits: boolean;
  readonly deletions: boolean;
}

/** Every platform's: whoever reads a timeline has to know where silence means nothing. */
export const REPORTS: Readonly<Record<Platform, Reports>> = {
  wecom: { edits: false, deletions: false },
  slack: { edits: true, deletions: true },
  telegram: { edits: true, deletions: false },
};

/** The port. One object per configured account. */
export interface Channel {
  readonly platform: Platform;
  readonly account: string;
  readonly capabilities: Capabilities;
  readonly pace: readonly PaceRule[];
  /** Verifies and parses one HTTP request. Pure but for decryption; `now` is real time (signature windows). */
  receive(request: RawRequest, now: Date): Promise<Received | Refused>;
  /** @throws ChannelError, always typed. */
  send(intent: OutboundIntent): Promise<Receipt>;
  /**
   * Looks for a send whose outcome is unknown; `undefined` when the platform cannot tell. `'absent'` = surely not sent. No
   * try of it is older than `since`: what is, has the same id by chance (a database that was restored counts anew).
   */
  reconcile?(intent: OutboundIntent, since: Date): Promise<Receipt | 'absent' | undefined>;
  /** Downloads a file. @throws ChannelError; `our_fault`/`too_big` when over `maxBytes`. */
  fetchMedia(media: MediaRef, maxBytes: number): Promise<Buffer>;
  /**
   * The account the platform's webhook path serves is fixed; polling and sockets push through `sink` instead. `connected` is
   * called, once or more often, when the platform has let us in.
   * @throws ChannelError when the platform refuses to let us listen; `retry` and `wait` are waited out inside.
   */
  listen?(sink: Sink, signal: AbortSignal, connected?: () => void): Promise<void>;
  /** The bot's own user name, for deep links; `undefined` while the platform cannot be asked. */
  botName?(): Promise<string | undefined>;
  /** Tells the platform where to deliver, where that is done by a call. @throws ChannelError */
  useWebhook?(url: string): Promise<void>;
  /**
   * Asks the platform whether credentials work and, where it says, whether it delivers to us; `ours` is how our addresses
   * begin, if that is known. A sentence-free code for `daiban doctor`.
   */
  check(ours?: string): Promise<Check>;
}

/** What `check` found; `code` says what is wrong. */
export interface Check {
  readonly ok: boolean;
  readonly code?: string;
}

/** Commits events; resolves only when they are safe. */
export type Sink = (events: readonly InboundEvent[]) => Promise<void>;

/** Where a channel keeps its access token: shared by all processes, replaced by compare-and-delete. */
export interface TokenStore {
  get(key: string): Promise<{ readonly token: string; readonly expiresAt: Date } | undefined>;
  /** Runs `refresh` in one process at a time per key and stores what it gives; losers get the winner's token. */
  refresh(
    key: string,
    stale: string | undefined,
    refresh: () => Promise<{ readonly token: string; readonly expiresAt: Date }>,
  ): Promise<string>;
  /** Deletes the stored token only if it still is `token`. */
  discard(key: string, token: string): Promise<void>;
  /**
   * Keeps what a single message must find again when it is repeated by another process, until it expires; what has
   * expired is dropped. Nothing is held while it is made: whoever calls holds the lease of the message.
   */
  remember(key: string, named: { readonly token: string; readonly expiresAt: Date }): Promise<void>;
  /** What `remember` was given for `key`, if it is still valid. */
  recall(key: string): Promise<string | undefined>;
}
