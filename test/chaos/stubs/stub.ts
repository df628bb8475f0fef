/**
 * What the three scripted platforms have in common: they take calls, remember what arrived on whose phone, and give the test
 * signed deliveries. Written against the platforms' documents, sharing no line with the product or its look-alikes.
 */
import type { IncomingHttpHeaders } from 'node:http';

export type Platform = 'wecom' | 'slack' | 'telegram';

/** A call of the product that reached the platform and took effect. */
export interface Sent {
  readonly platform: Platform;
  readonly method: string;
  readonly chat: string;
  readonly text: string;
  /** What the platform calls the message; `''` where it gives none. */
  readonly id: string;
  /** Keys of the buttons under it. */
  readonly buttons: readonly string[];
  /** What a press of them has to carry besides the key. */
  readonly handle: Readonly<Record<string, string>>;
  /** The platform took it for a repetition and showed nothing. */
  readonly isDropped: boolean;
}

/** One HTTP request as a platform makes it, ready for `fetch`. */
export interface Delivery {
  readonly path: string;
  readonly method: 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface ApiCall {
  readonly method: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface ApiAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly bytes?: Buffer;
  /** Set when the call reached a person. */
  readonly sent?: Sent;
}

/** One platform. */
export interface Stub {
  readonly platform: Platform;
  /** Settings of the product that point it here. */
  settings(base: string): Readonly<Record<string, string>>;
  /** The API method this path calls; `undefined` when it is not ours. */
  methodOf(path: string): string | undefined;
  /** Performs a call. */
  perform(call: ApiCall): ApiAnswer;
  /** How this platform says "too many requests". */
  busy(seconds: number): ApiAnswer;
  /** A person writes; every call makes another message. The result signs a fresh copy each time. */
  say(person: string, text: string): () => Delivery;
  /** A person presses a button. */
  tap(person: string, message: Sent, key: string): () => Delivery;
  /** A person sends a picture. */
  sendFile(person: string): () => Delivery;
}

/** The smallest picture that is one: a grey dot. */
export const PICTURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==',
  'base64',
);
