/** What the conversation runtime is given by whoever puts the program together. */
import type { Texts } from '../../lib/i18n.ts';
import type { SendGate } from '../../outbox/gate.ts';
import type { Unit } from '../unit/unit.ts';
import type { Flows } from './flows.ts';
import type { IncomingItem, ItemChange } from './incoming.ts';
import type { PersonalValues } from './personal-slots.ts';

/** What talks need of the rest of the program. */
export interface RuntimeDeps {
  readonly flows: Flows;
  readonly texts: Texts;
  readonly companyZone: string;
  /** What the outbox asks before it sends: also asked before the bot speaks of its own accord. */
  readonly gates: readonly SendGate[];
  readonly writeIncoming: (unit: Unit, items: readonly IncomingItem[]) => Promise<void>;
  /** Notes an edit or deletion; `false` when the message is not on file. */
  readonly writeChange: (unit: Unit, change: ItemChange) => Promise<boolean>;
  /** The words of a message as they stand on file now, an edit included, also where only that has come. */
  readonly wordsOf: (unit: Unit, conversationId: string, messageId: string) => Promise<string | undefined>;
  /** Files what was said in a conversation before it was known whose it is. */
  readonly linkEarlier: (unit: Unit, conversationId: string, customerId: string) => Promise<void>;
  readonly personal: PersonalValues;
}
