/** What goes into a conversation's step and what comes out. Everything is plain JSON; nothing here acts. */
import type { BusinessDate } from '../../lib/business-date.ts';
import type { Text } from '../../lib/i18n.ts';
import type { CompiledConversation, Intent } from '../flow/index.ts';
import type { Command } from './command.ts';
import type { Correction } from './correction.ts';
import type { AnswerType, FactValue, Heard, Reply, Understanding } from './understand/index.ts';

/** Everything deterministic reading finds in one message; made by `readMessage`. */
export interface Reading {
  readonly understanding: Understanding;
  /** Further customers of the same message; nothing of theirs is in `understanding`. */
  readonly others?: readonly Heard[];
  readonly command?: Command;
  /** A number alone (K305): a colleague's look-up, where no open question takes it as its answer. */
  readonly lookUp?: Command;
  /** What a customer says in his own words and wants heard. */
  readonly intent?: Intent;
  readonly correction?: Correction;
  readonly reply?: Reply;
}

/** A file of the message, as the runtime names it; opaque here. */
export type MediaToken = Readonly<Record<string, string | number | boolean>>;

/** What can happen to a conversation. */
export type ConversationEvent =
  | {
      readonly type: 'message';
      readonly text: string;
      readonly reading: Reading;
      readonly media: readonly MediaToken[];
    }
  /** A button or one-tap answer; `visit` is the one its question was asked with. */
  | { readonly type: 'choice'; readonly visit: number; readonly verb: string; readonly value?: string }
  | {
      readonly type: 'operation.done';
      readonly visit: number;
      readonly result: Readonly<Record<string, unknown>>;
      readonly announces?: readonly Announcement[];
    }
  /** A refusal (`AppError.code`); faults never reach the interpreter. */
  | {
      readonly type: 'operation.refused';
      readonly visit: number;
      readonly code: string;
      readonly params?: Readonly<Record<string, string | number>>;
    }
  | { readonly type: 'timeout'; readonly visit: number; readonly name: 'remind' | 'expire' }
  | { readonly type: 'link'; readonly payload: string }
  | { readonly type: 'contact'; readonly phone: string; readonly own: boolean }
  | { readonly type: 'opened' }
  /** The person who took over gives the word back to the bot; `isQuiet`: at an hour when it may not speak. */
  | { readonly type: 'handback'; readonly isQuiet?: boolean };

/** A value in a sentence, with its type, so that the renderer can say 30 万 or mask a phone. */
export type Param =
  | { readonly kind: 'plain'; readonly value: string | number | boolean }
  | {
      readonly kind: 'slot';
      readonly type: AnswerType;
      readonly value: FactValue;
      /** It came from the customer's file: nobody has said it in this chat. */
      readonly onFile?: true;
      readonly option?: string;
    }
  | { readonly kind: 'fields'; readonly fields: readonly Field[] }
  | { readonly kind: 'labels'; readonly keys: readonly string[]; readonly version?: string }
  /** A text by its key, e.g. a flow's title; `version` when another than the speaking flow names it. */
  | { readonly kind: 'text'; readonly key: string; readonly version?: string };

/** A labelled value: a line of a summary, a field of a card. */
export interface Field {
  readonly slot: string;
  readonly label: string;
  readonly value: Param;
  readonly confirmed: boolean;
}

/** Values of a sentence by name. */
export type Params = Readonly<Record<string, Param>>;

/** A one-tap answer. It comes back as event `choice` with the say effect's visit. */
export interface Choice {
  readonly verb: string;
  readonly label: string;
  readonly params?: Params;
  readonly value?: string;
}

/** Rows of a result, one line each. */
export interface Rows {
  readonly line: string;
  readonly items: readonly Readonly<Record<string, string | number | boolean>>[];
  /** There are more than a message holds, and that is said. */
  readonly isCut?: true;
}

/** A sentence that says what was taken down. */
export type Announcement = Extract<ConversationEffect, { readonly kind: 'say' | 'diff' }>;

/** What the runtime has to do, in order. */
export type ConversationEffect =
  | {
      readonly kind: 'say';
      /** The flow version in whose words it is said; absent: nobody's, all of it is the product's own. */
      readonly version?: string;
      readonly key: string;
      readonly params: Params;
      readonly visit: number;
      readonly rows?: Rows;
      readonly choices?: readonly Choice[];
      /** Show as a card with these fields. */
      readonly fields?: readonly Field[];
      /** Ask for the person's own phone contact; the label of that button. */
      readonly contact?: string;
    }
  /** A value has changed: old → new, and what must be answered again because of it. */
  | {
      readonly kind: 'diff';
      readonly version: string;
      readonly field: Field;
      readonly old: Param;
      readonly wasConfirmed: boolean;
      readonly reopened: readonly string[];
    }
  | {
      readonly kind: 'do';
      readonly operation: string;
      readonly input: Readonly<Record<string, unknown>>;
      readonly visit: number;
      /** What was noted and changed, said once it is kept; goes back with the result. */
      readonly announces: readonly Announcement[];
    }
  /** One timer per name; a new one replaces the old. */
  | {
      readonly kind: 'timer.set';
      readonly name: 'remind' | 'expire';
      readonly visit: number;
      readonly afterMinutes: number;
    }
  | { readonly kind: 'timer.clear'; readonly visit: number }
  | { readonly kind: 'handover' }
  /** For the event log: a frame was opened, finished, or put aside. */
  | {
      readonly kind: 'frame';
      readonly change: 'opened' | 'ended' | 'parked' | 'resumed';
      readonly flow: string;
      readonly outcome?: string;
    };

/** A flow and where it begins; without `at` at its first step. */
export interface Start {
  readonly flow: string;
  readonly at?: string;
}

/** Finds flows: by name (and version for running frames), and by what they answer to. */
export interface FlowTable {
  /** A version that is in use somewhere; without `version` the one that new frames get. */
  get(name: string, version?: string): CompiledConversation | undefined;
  /** A text as that version says it; what it does not name is the product's own and goes by its key. */
  textOf(version: string | undefined, key: string): Text;
  /** The current conversations this audience may have, in a fixed order. */
  current(audience: 'staff' | 'customer'): readonly CompiledConversation[];
  /** The conversation whose starting words this text begins with. */
  startingWith(audience: 'staff' | 'customer', text: string): Start | undefined;
}

/** What a step needs from outside. */
export interface ConversationTools {
  readonly flows: FlowTable;
  readonly audience: 'staff' | 'customer';
  readonly today: BusinessDate;
}
