/**
 * What a turn wants to leave behind, collected in memory and written in one go before the commit: messages, timers,
 * audit entries, events of cases, incidents. Nothing here is sent; sending is the outbox's business.
 */
import type { Address, OutboundContent } from '../../channels/channel.ts';
import type { Language } from '../../lib/i18n.ts';
import { readable } from '../../lib/plain-name.ts';
import type { TextParam } from '../../lib/text-params.ts';

/** What is told to a person. A file travels by id and a picture by what it shows: bytes exist only at the moment of sending. */
export type MessageContent =
  | Exclude<OutboundContent, { kind: 'file' }>
  | {
      readonly kind: 'file_ref';
      readonly fileId: string;
      readonly name: string;
      readonly mime: string;
      readonly caption?: string;
    }
  | {
      readonly kind: 'picture';
      /** Which of the app's painters draws it, at the moment of sending. */
      readonly drawing: string;
      /** What it shows, as plain JSON. */
      readonly data: unknown;
      readonly language: Language;
      readonly name: string;
    };

/** Draws one kind of picture (PNG) from its data. */
export type Painter = (data: unknown, language: Language) => Promise<Buffer>;

/** STAFF and ANSWER (a direct answer to what the person just wrote) pass the contact gate; the others are judged by it. */
export type Purpose = 'STAFF' | 'ANSWER' | 'SERVICE' | 'COLLECTION' | 'MARKETING';

/** A message that shall leave once the turn is committed. */
export interface MessageDraft {
  /** Once for ever: a second row with this key is not written. Without it each call writes one. */
  readonly key?: string;
  readonly to: Address;
  readonly purpose: Purpose;
  readonly content: MessageContent;
  readonly lane?: 'INTERACTIVE' | 'NORMAL' | 'BULK';
  readonly customerId?: string;
  readonly subject?: { readonly kind: string; readonly id: string };
  /** The inbox event whose own request may carry this answer (lane INTERACTIVE). */
  readonly inboxId?: bigint;
  /** Who speaks on the timeline; the bot itself by default. */
  readonly actorId?: string;
}

/** Something that shall happen later. */
export interface TimerDraft {
  /** Unique; a second timer with the same key moves nothing while the first is open or fired. */
  readonly key: string;
  readonly kind: string;
  readonly dueAt: Date;
  readonly subjectId?: string;
  readonly payload?: unknown;
}

/** An audit entry without its actor, which the turn knows. */
export interface AuditDraft {
  readonly action: string;
  readonly outcome: 'DONE' | 'REFUSED';
  readonly subject?: { readonly kind: string; readonly id: string };
  /** Before/after, reason, hashes; sealed. */
  readonly detail?: unknown;
}

/** What a process went through: one row of its history. */
export interface FlowEventDraft {
  readonly instanceId: string;
  readonly rev: number;
  readonly type: string;
  readonly data?: unknown;
}

/** Trouble that somebody of the house must look at; `detail` fills the texts of its kind. */
export interface IncidentDraft {
  readonly kind: string;
  readonly subject?: { readonly kind: string; readonly id: string };
  readonly detail?: Readonly<Record<string, string | number | TextParam>>;
}

/** The collector. One per turn or API call. */
export class Effects {
  readonly messages: MessageDraft[] = [];
  readonly timers: TimerDraft[] = [];
  readonly cancelledTimers: string[] = [];
  readonly audits: AuditDraft[] = [];
  readonly events: FlowEventDraft[] = [];
  readonly incidents: IncidentDraft[] = [];
  /** Customers whose files this turn's messages belong to, and whose names its searchable copies hide. */
  readonly touched = new Set<string>();

  /** What others have written into it reaches nobody with characters that hide or turn round the rest. */
  send(message: MessageDraft): void {
    this.messages.push({ ...message, content: readable(message.content) });
  }
  setTimer(timer: TimerDraft): void {
    this.timers.push(timer);
  }
  cancelTimer(key: string): void {
    this.cancelledTimers.push(key);
  }
  audit(entry: AuditDraft): void {
    this.audits.push(entry);
  }
  event(event: FlowEventDraft): void {
    this.events.push(event);
  }
  incident(incident: IncidentDraft): void {
    this.incidents.push(incident);
  }
  /** Words that never stand in a searchable copy of this turn's texts (people's names). */
  readonly concealed = new Set<string>();

  conceal(word: string): void {
    if (word.length > 1) this.concealed.add(word);
  }
  /**
   * Files the turn's messages with this customer, also when what was wanted for him is refused in the end: nothing said is
   * missing from his file. So it is called only once it is clear that the caller may see him.
   */
  touch(customerId: string): void {
    this.touched.add(customerId);
  }

  /** A mark to return to when an operation is refused half-way. */
  mark(): EffectsMark {
    return {
      messages: this.messages.length,
      timers: this.timers.length,
      cancelledTimers: this.cancelledTimers.length,
      audits: this.audits.length,
      events: this.events.length,
      incidents: this.incidents.length,
    };
  }
  /** Forgets what an operation wanted since the mark; whom it was about, and whose names are hidden, stays. */
  reset(mark: EffectsMark): void {
    this.messages.length = mark.messages;
    this.timers.length = mark.timers;
    this.cancelledTimers.length = mark.cancelledTimers;
    this.audits.length = mark.audits;
    this.events.length = mark.events;
    this.incidents.length = mark.incidents;
  }
}

/** How much there was of each. */
export type EffectsMark = Readonly<
  Record<'messages' | 'timers' | 'cancelledTimers' | 'audits' | 'events' | 'incidents', number>
>;
