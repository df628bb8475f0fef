/** What every member's phone shows. */
import type { Person, Screen, ScreenCard, ScreenFile, ScreenMessage } from '../emulator.ts';
import type { PersonCard } from './card-book.ts';
import { cardOnScreen } from './card-screen.ts';

const MAX_MESSAGES = 500;
const MAX_TOASTS = 50;

/** A message on a phone; a template card is drawn from its present state each time somebody looks. */
export interface PhoneEntry {
  readonly id: string;
  readonly agentId: number;
  readonly from: 'bot' | 'me';
  readonly at: Date;
  readonly text: string;
  readonly edited?: boolean;
  readonly deleted?: boolean;
  readonly screenCard?: ScreenCard;
  readonly personCard?: PersonCard;
  readonly file?: ScreenFile;
}

/** One member's phone. */
export interface Phone {
  entries: PhoneEntry[];
  toasts: { readonly at: Date; readonly text: string }[];
}

/** All phones, by userid. */
export class Phones {
  readonly #phones = new Map<string, Phone>();

  show(personId: string, entry: PhoneEntry): void {
    const phone = this.#phone(personId);
    phone.entries.push(entry);
    if (phone.entries.length > MAX_MESSAGES) phone.entries.shift();
  }

  toast(personId: string, at: Date, text: string): void {
    const phone = this.#phone(personId);
    phone.toasts.push({ at, text });
    if (phone.toasts.length > MAX_TOASTS) phone.toasts.shift();
  }

  /** @throws Error when the phone shows no such message. */
  get(personId: string, messageId: string): PhoneEntry {
    const entry = this.#phone(personId).entries.find(({ id }) => id === messageId);
    if (entry === undefined) throw new Error(`no message ${messageId} on the phone of ${personId}`);
    return entry;
  }

  /** Replaces a message by what `change` makes of it, on every phone that shows it. */
  change(messageId: string, change: (entry: PhoneEntry) => PhoneEntry, personId?: string): void {
    const phones = personId === undefined ? [...this.#phones.values()] : [this.#phone(personId)];
    for (const phone of phones) {
      phone.entries = phone.entries.map((entry) => (entry.id === messageId ? change(entry) : entry));
    }
  }

  /** Everything on every phone, by userid. */
  exportState(): ReadonlyMap<string, Phone> {
    return this.#phones;
  }

  importState(phones: ReadonlyMap<string, Phone>): void {
    for (const [id, phone] of phones) this.#phones.set(id, phone);
  }

  screen(person: Person): Screen {
    const { entries, toasts } = this.#phone(person.id);
    return { person, messages: entries.map(onScreen), toasts: [...toasts] };
  }

  #phone(personId: string): Phone {
    const id = personId.toLowerCase();
    const phone = this.#phones.get(id) ?? { entries: [], toasts: [] };
    this.#phones.set(id, phone);
    return phone;
  }
}

function onScreen(entry: PhoneEntry): ScreenMessage {
  const { agentId: _, screenCard, personCard, ...message } = entry;
  const card = personCard === undefined ? screenCard : cardOnScreen(personCard);
  return card === undefined ? message : { ...message, card };
}
