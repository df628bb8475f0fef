/** What the sandbox's API answers, as JSON brings it. The server's own types are in `../world` and `../emulator.ts`. */

/** A language the page speaks. */
export type Language = 'zh-CN' | 'en';
/** A platform that has a look-alike. */
export type Platform = 'wecom' | 'slack' | 'telegram';
type Role =
  | 'sales'
  | 'team_lead'
  | 'reviewer'
  | 'approver'
  | 'collector'
  | 'manager'
  | 'compliance'
  | 'admin'
  | 'customer';

/** Which phone: platform and id of its owner. */
export interface PhoneKey {
  readonly platform: Platform;
  readonly id: string;
}

/** A phone in the list. */
export interface PhoneSummary {
  readonly platform: Platform;
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  /** The number its owner can share on Telegram: digits with country code. */
  readonly phone?: string;
  /** Messages of the bot on it. */
  readonly received: number;
  /** Cards that wait for a press. */
  readonly waiting: number;
}

/** A button; its `key` is what a press sends. */
export interface CardButton {
  readonly key: string;
  readonly text: string;
  readonly style?: string;
  readonly url?: string;
  readonly disabled?: boolean;
}

/** A question on a card. */
export interface CardSelect {
  readonly id: string;
  readonly label: string;
  /** Empty = a field to type into. */
  readonly options: readonly { readonly id: string; readonly text: string }[];
  readonly isOptional?: boolean;
  readonly hint?: string;
  readonly error?: string;
}

/** A card, whatever the platform calls its parts. */
export interface Card {
  readonly source?: string;
  readonly title: string;
  readonly subtitle?: string;
  readonly text?: string;
  readonly fields: readonly { readonly label: string; readonly value: string }[];
  readonly selects: readonly CardSelect[];
  readonly buttons: readonly CardButton[];
}

/** A one-tap answer; with `requestContact` it shares the owner’s own number. */
export interface Choice {
  readonly text: string;
  readonly requestContact?: boolean;
}

/** A message on a phone; `size` is in bytes. */
export interface Message {
  readonly id: string;
  readonly from: 'bot' | 'me';
  readonly at: string;
  readonly text: string;
  readonly edited?: boolean;
  readonly deleted?: boolean;
  readonly card?: Card;
  readonly file?: { readonly name: string; readonly mime: string; readonly size: number };
  readonly choices?: readonly Choice[];
}

/** A phone as its owner sees it. */
export interface PhoneView {
  readonly platform: Platform;
  readonly role: Role;
  readonly person: { readonly id: string; readonly name: string };
  readonly messages: readonly Message[];
  readonly toasts: readonly { readonly at: string; readonly text: string }[];
  readonly abilities: {
    readonly edit: boolean;
    readonly remove: boolean;
    readonly files: 'all' | 'pictures';
    readonly contact: boolean;
    readonly albums: boolean;
    /** Characters of one message. */
    readonly text: number;
  };
  readonly blocked: boolean;
}

/** The steps of the newcomer’s road, in order. */
export type RoadStepId = 'lead' | 'invite' | 'bind' | 'documents' | 'submit' | 'review' | 'approve' | 'reminder';
/** A step of the road, and whether it has been taken. */
export interface RoadStep {
  readonly id: RoadStepId;
  readonly done: boolean;
  /** The case was turned down or sent back: no card is left to decide. */
  readonly stopped?: boolean;
}

/** Where the clock stands; `target` while it is being moved, `next` when something falls due later. */
export interface ClockState {
  readonly now: string;
  readonly target?: string;
  readonly next?: { readonly at: string; readonly what: string };
}

/** What a loan asks for next. */
export interface OpenInstalment {
  readonly loan: string;
  readonly instalment: number;
  readonly dueOn: string;
  readonly amount: string;
}

/** The latest payment of a loan, and what undoing it changes. */
export interface LastPayment {
  readonly loan: string;
  readonly payment: string;
  readonly paidOn: string;
  readonly amount: string;
  readonly changes: readonly {
    readonly instalment: number;
    readonly dueOn: string;
    readonly open: string;
    readonly reopened: string;
  }[];
  readonly credit: string;
}

/** A call between us and a platform. */
export interface JournalItem {
  readonly seq: number;
  readonly at: string;
  readonly platform: Platform;
  readonly direction: 'to_platform' | 'to_us';
  readonly what: string;
  readonly status: number;
  readonly error?: string;
  readonly unknownFields?: readonly string[];
  readonly request: unknown;
  readonly response: unknown;
}
