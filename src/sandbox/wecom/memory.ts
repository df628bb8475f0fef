/** What this look-alike carries over a restart: phones, cards, files, and which JSON counts as a repetition. */
import { isFields } from '../kernel/values.ts';
import type { CardBook, CardBookState } from './card-book.ts';
import type { Hands } from './hands.ts';
import type { MediaStore, StoredFile } from './media.ts';
import type { MessageDesk, MessageDeskState } from './messages.ts';
import type { Phone, Phones } from './phones.ts';

const VERSION = 1;
/** A kill may come before the last messages were written down: their ids must not be given to others. */
const SKIPPED_IDS = 1_000n;

/** The rooms that remember. */
export interface RememberingRooms {
  readonly phones: Phones;
  readonly cards: CardBook;
  readonly media: MediaStore;
  readonly desk: MessageDesk;
  readonly hands: Hands;
}

interface State {
  readonly version: typeof VERSION;
  readonly phones: ReadonlyMap<string, Phone>;
  readonly cards: CardBookState;
  readonly media: ReadonlyMap<string, StoredFile>;
  readonly desk: MessageDeskState;
  readonly msgId: bigint;
}

/** Everything as plain data; a card on a phone and its task stay one object. */
export function exportRooms({ phones, cards, media, desk, hands }: RememberingRooms): unknown {
  const state: State = {
    version: VERSION,
    phones: phones.exportState(),
    cards: cards.exportState(),
    media: media.exportState(),
    desk: desk.exportState(),
    msgId: hands.upcomingMsgId,
  };
  return state;
}

/** Puts the state back; one of another version is ignored. */
export function importRooms(rooms: RememberingRooms, state: unknown): void {
  if (!isState(state)) return;
  rooms.phones.importState(state.phones);
  rooms.cards.importState(state.cards);
  rooms.media.importState(state.media);
  rooms.desk.importState(state.desk);
  rooms.hands.upcomingMsgId = state.msgId + SKIPPED_IDS;
}

/** The version stands for the shape: the state never leaves this process but through its own memory file. */
function isState(state: unknown): state is State {
  return isFields(state) && state['version'] === VERSION;
}
