/** A card as every platform can show it somehow; plain data. What a platform lacks is degraded by its channel. */

/** One line of facts. */
export interface CardField {
  readonly label: string;
  readonly value: string;
}

/** A button. */
export interface CardAction {
  /** The verb that comes back (`approve`, `reject` …): lower-case ASCII, ≤ 24 characters. */
  readonly verb: string;
  readonly label: string;
  readonly style?: 'primary' | 'danger' | 'default';
  /** Opens a page instead of coming back to us. */
  readonly url?: string;
}

/** A drop-down; the choice comes back with the press, by this id (`Happening.selected`). */
export interface CardSelect {
  readonly id: string;
  readonly label: string;
  readonly options: readonly { readonly id: string; readonly text: string }[];
}

/** What is shown and what can be pressed; a later revision of the same id replaces it. */
export interface Card {
  /** Opaque, ≤ 26 base32 characters; with `revision` all that a button carries. */
  readonly id: string;
  readonly revision: number;
  /** What its question is about, opaque and shown nowhere: cards of equal words that differ in it are two questions. */
  readonly about?: string;
  /** A word above the title: what kind of card this is. */
  readonly source?: string;
  readonly title: string;
  readonly subtitle?: string;
  readonly text?: string;
  readonly fields: readonly CardField[];
  readonly select?: CardSelect;
  readonly actions: readonly CardAction[];
  /** Set when nothing can be pressed any more; shown in place of the buttons (≤ 10 characters on WeCom, longer is cut). */
  readonly closed?: string;
}

/** One thing a form asks for: words, or one of a few choices. */
export type FormField = {
  readonly id: string;
  readonly label: string;
  /** The rule in words; said again when it was not kept. */
  readonly hint: string;
} & (
  | { readonly kind: 'text'; readonly maxLength: number }
  | { readonly kind: 'choice'; readonly options: readonly { readonly id: string; readonly text: string }[] }
);

/**
 * What a pressed button still needs, asked in a form of the platform's own. It comes back as an `action` with the same
 * card, revision and verb, the answers in `selected`. At least one field has to be filled in.
 */
export interface CardForm {
  readonly cardId: string;
  readonly revision: number;
  readonly verb: string;
  readonly title: string;
  readonly fields: readonly FormField[];
  readonly submit: string;
  readonly cancel: string;
}

/** The one key a button carries: `<id>:<revision>:<verb>`, at most 64 bytes (Telegram's callback_data). */
export function encodeCardKey(card: Pick<Card, 'id' | 'revision'>, verb: string): string {
  return `${card.id}:${card.revision}:${verb}`;
}

const KEY_PATTERN = /^([0-9a-z]{4,26}):(\d{1,6}):([a-z][a-z0-9_]{0,23})$/;

/** The parts of a button's key; `undefined` for anything that is not one of ours. */
export function parseCardKey(key: string): { id: string; revision: number; verb: string } | undefined {
  const match = KEY_PATTERN.exec(key);
  if (!match) return undefined;
  const [, id = '', revision = '', verb = ''] = match;
  return { id, revision: Number(revision), verb };
}
