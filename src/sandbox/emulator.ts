/**
 * What every platform look-alike offers besides its wire protocol: a virtual clock, a journal, fault injection and the
 * hands of the people who use it (the sandbox page and tests play them). An emulator imports nothing from `channels/`:
 * the two check each other.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** Somebody who uses the platform: staff or customer. */
export interface Person {
  /** The platform's id: WeCom userid, Slack U…, Telegram user id. */
  readonly id: string;
  readonly name: string;
}

/** One thing on a phone's screen. */
export interface ScreenMessage {
  readonly id: string;
  readonly from: 'bot' | 'me';
  readonly at: Date;
  readonly text: string;
  readonly edited?: boolean;
  readonly deleted?: boolean;
  readonly card?: ScreenCard;
  readonly file?: ScreenFile;
  /** One-tap answers under the message or the keyboard (Telegram reply keyboard, "share my phone"). */
  readonly choices?: readonly { readonly text: string; readonly requestContact?: boolean }[];
}

/** A file as it lies on a phone. */
export interface ScreenFile {
  readonly name: string;
  readonly mime: string;
  readonly size: number;
  readonly bytes: Buffer;
}

/** A card as its reader sees it, whatever the platform calls its parts. */
export interface ScreenCard {
  readonly source?: string;
  readonly title: string;
  readonly subtitle?: string;
  readonly text?: string;
  readonly fields: readonly { readonly label: string; readonly value: string }[];
  readonly selects: readonly {
    readonly id: string;
    readonly label: string;
    readonly options: readonly { readonly id: string; readonly text: string }[];
    readonly isOptional?: boolean;
    /** Small print under the field. */
    readonly hint?: string;
    /** What is wrong with the last answer. */
    readonly error?: string;
  }[];
  /** `key` is what `tap` takes; a disabled button shows but does nothing. */
  readonly buttons: readonly {
    readonly key: string;
    readonly text: string;
    readonly style?: string;
    readonly url?: string;
    readonly disabled?: boolean;
  }[];
}

/** What a person sees of his talk with our bot, oldest first. */
export interface Screen {
  readonly person: Person;
  readonly messages: readonly ScreenMessage[];
  /** What only flashes up: a callback answer, an ephemeral note, an error banner. Newest last. */
  readonly toasts: readonly { readonly at: Date; readonly text: string }[];
}

/** One call in either direction, as the journal keeps it (`GET /sandbox/journal`). Bodies are synthetic data only. */
export interface JournalEntry {
  readonly seq: number;
  readonly at: Date;
  readonly platform: string;
  readonly direction: 'to_platform' | 'to_us';
  /** API method or event type. */
  readonly what: string;
  readonly status: number;
  /** Platform error code, when there is one. */
  readonly error?: string;
  /** Fields the platform does not know. */
  readonly unknownFields?: readonly string[];
  readonly request: unknown;
  readonly response: unknown;
}

/** `POST /sandbox/faults`: what the next `times` matching calls meet. */
export interface Fault {
  readonly platform: string;
  /** API method or event type; `*` for any. */
  readonly method: string;
  readonly times: number;
  readonly effect:
    | { readonly kind: 'error'; readonly code: string; readonly retryAfterSeconds?: number }
    | { readonly kind: 'http'; readonly status: number }
    /** The call takes effect but the connection dies before the answer: finds double sends. */
    | { readonly kind: 'drop_after' }
    | { readonly kind: 'drop_before' }
    | { readonly kind: 'delay'; readonly ms: number };
}

/** What a look-alike carries over when our process is stopped and started: real platforms do not forget a chat then. */
export interface Remembering {
  /** Plain data for a structured copy: objects, lists, maps, sets, dates, big integers and bytes. */
  exportState(): unknown;
  /** Puts an exported state back, before anything else happened. A state of another shape is ignored. */
  importState(state: unknown): void;
}

/** A look-alike of one platform. */
export interface Emulator extends Remembering {
  readonly platform: 'wecom' | 'slack' | 'telegram';
  readonly journal: readonly JournalEntry[];
  /**
   * Serves one API call of the platform. `path` is the URL behind the mount point (`/cgi-bin/…`, `/api/…`,
   * `/bot<token>/…`); answers everything, unknown paths with the platform's own 404.
   */
  handle(request: IncomingMessage, response: ServerResponse, path: string): Promise<void>;
  /** Moves the platform's clock (forward only) and performs what falls due: redelivery, expiry. */
  setNow(now: Date): Promise<void>;
  addFault(fault: Fault): void;
  /** Forgets the faults that are still to come. */
  clearFaults(): void;
  people(): readonly Person[];
  addPerson(person: Person): void;
  screen(personId: string): Screen;
  /** The person writes to our bot; resolves when the delivery to us was answered or given up. */
  say(personId: string, text: string): Promise<void>;
  sendFile(
    personId: string,
    file: { readonly name: string; readonly mime: string; readonly bytes: Buffer },
    caption?: string,
  ): Promise<void>;
  tap(personId: string, messageId: string, key: string, selected?: Readonly<Record<string, string>>): Promise<void>;
  /** Changes or takes back a message of the person's own, where the platform lets people do that. */
  edit(personId: string, messageId: string, text: string): Promise<void>;
  remove(personId: string, messageId: string): Promise<void>;
  /** Stops timers and open deliveries. */
  close(): Promise<void>;
}
