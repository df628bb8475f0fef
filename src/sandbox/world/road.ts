/**
 * The newcomer's road, ticked off by what the phones show: structure only (numbers, links, cards, files), never words, so
 * that it works in every language and after every restart.
 */
import type { ScreenMessage } from '../emulator.ts';
import type { PhoneView } from './phones.ts';

/** The steps in order; their words are `sandbox.page.road.<id>`. */
export const ROAD_STEPS = ['lead', 'invite', 'bind', 'documents', 'submit', 'review', 'approve', 'reminder'] as const;
/** One of them. */
export type RoadStepId = (typeof ROAD_STEPS)[number];

/** Whether a step has happened. */
export interface RoadStep {
  readonly id: RoadStepId;
  readonly done: boolean;
}

/** A reminder comes days after the loan was made; anything earlier is talk about the case. */
const REMINDER_AFTER_MS = 7 * 86_400_000;

/** The road as far as it has been walked; a step that a later one presupposes counts as walked too. */
export function walkRoad(phones: readonly PhoneView[]): readonly RoadStep[] {
  const staff = phones.filter(({ role }) => role !== 'customer');
  const customers = phones.filter(({ role }) => role === 'customer');
  const loanAt = firstAt(staff, (message) => /\bL\d{2,}\b/.test(wordsOf(message)));
  const seen: Readonly<Record<RoadStepId, boolean>> = {
    lead: staff.some(({ messages }) =>
      messages.some((message) => message.from === 'bot' && /\bK\d{2,}\b/.test(wordsOf(message))),
    ),
    invite: staff.some(({ messages }) =>
      messages.some((message) => message.from === 'bot' && /[?&]start=[\w-]+/.test(wordsOf(message))),
    ),
    bind: customers.some(({ messages }) => hasShared(messages)),
    documents: customers.some(
      ({ messages }) => messages.filter((message) => message.from === 'me' && message.file !== undefined).length >= 2,
    ),
    submit: staff.some(({ role, messages }) => role === 'reviewer' && messages.some(isCaseCard)),
    review: staff.some(({ role, messages }) => role === 'approver' && messages.some(isCaseCard)),
    approve: loanAt !== undefined,
    reminder:
      loanAt !== undefined && customers.some(({ messages }) => messages.some((message) => isLate(message, loanAt))),
  };
  const last = ROAD_STEPS.findLastIndex((id) => seen[id]);
  return ROAD_STEPS.map((id, at) => ({ id, done: at <= last }));
}

function firstAt(phones: readonly PhoneView[], isIt: (message: ScreenMessage) => boolean): number | undefined {
  const found = phones.flatMap(({ messages }) => messages.filter((message) => message.from === 'bot' && isIt(message)));
  return found.length === 0 ? undefined : Math.min(...found.map(({ at }) => at.getTime()));
}

function isLate(message: ScreenMessage, loanAt: number): boolean {
  return message.from === 'bot' && message.at.getTime() - loanAt > REMINDER_AFTER_MS;
}

/** The own number was shared and the person went on after that. */
function hasShared(messages: readonly ScreenMessage[]): boolean {
  const shared = messages.findIndex((message) => message.from === 'me' && /^\+?\d{8,15}$/.test(message.text));
  return shared !== -1 && messages.slice(shared + 1).filter((message) => message.from === 'bot').length >= 2;
}

/** A case to decide names its parts; a question with buttons does not. */
function isCaseCard(message: ScreenMessage): boolean {
  const { card } = message;
  if (card === undefined) return false;
  return card.fields.length >= 2 || /\bA\d{2,}\b/.test(wordsOf(message));
}

function wordsOf({ text, card }: ScreenMessage): string {
  if (card === undefined) return text;
  const fields = card.fields.flatMap(({ label, value }) => [label, value]);
  return [text, card.title, card.subtitle, card.text, ...fields].join('\n');
}
