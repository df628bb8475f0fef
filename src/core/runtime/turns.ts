/** What the inbox job hands to the conversation runtime, and what it gets back. */
import type { Happening, InboundEvent } from '../../channels/channel.ts';
import type { MediaToken } from '../conversation/index.ts';
import type { Unit } from '../unit/unit.ts';

/** An event of our own that has to wait its turn in a conversation. */
export type InternalEvent =
  /** The timer of a silence has rung; `at` is when it was set for, in milliseconds. */
  | { readonly internal: 'silence'; readonly at: number }
  /** Files of an earlier message have been fetched and stored (or refused). */
  | {
      readonly internal: 'media';
      readonly caption: string;
      readonly media: readonly MediaToken[];
      /** They came through an upload page: no message of the platform stands for them on the timeline. */
      readonly uploaded?: true;
    }
  /** The form that a press was answered with did not open: what it asks for is asked in the chat. */
  | { readonly internal: 'form_unopened'; readonly tap: Extract<Happening, { kind: 'action' }> }
  | { readonly internal: 'handback' };

/** Nobody has just said something: what is said because of it answers nobody. */
export function isUnasked(event: StoredEvent['event']): boolean {
  return 'internal' in event && (event.internal === 'silence' || event.internal === 'handback');
}

/** One row of the inbox, opened. */
export interface StoredEvent {
  readonly id: bigint;
  readonly at: Date;
  readonly traceId: string;
  /** Dates inside are ISO strings: it comes from JSON. */
  readonly event: InboundEvent | InternalEvent;
}

/**
 * An event whose turn failed again and again. `event` is absent where nobody can read it, or where it is what could not be
 * written down.
 */
export interface SetAside extends Pick<StoredEvent, 'id' | 'traceId'>, Partial<Pick<StoredEvent, 'event'>> {
  /** The kind of the inbox row. */
  readonly kind: string;
}

/** A conversation whose row this transaction has locked, its state opened. */
export interface LockedConversation {
  readonly id: string;
  readonly platform: string;
  readonly account: string;
  readonly chat: string;
  readonly thread: string;
  readonly actor: string;
  readonly state: unknown;
}

/** Where a conversation is held; readable even when its state is not. */
export type Place = Pick<LockedConversation, 'id' | 'account' | 'chat' | 'thread' | 'actor'>;

/** What a turn changes about its conversation. */
export interface ConversationChange {
  readonly state: unknown;
  readonly isSilenced: boolean;
}

/** A locked conversation with its events in order. */
export interface ConversationWork {
  readonly conversation: LockedConversation;
  readonly events: readonly StoredEvent[];
}

/** Handles the events of all conversations of a batch inside the unit; returns the new states in the same order. */
export type TurnHandler = (unit: Unit, works: readonly ConversationWork[]) => Promise<readonly ConversationChange[]>;
