/**
 * The newcomer's road, ticked off by what the phones show: structure (numbers, links, cards, files) rather than words, so
 * that it works in every language and after every restart.
 */
import type { ScreenMessage } from '../emulator.ts';
import type { PhoneView } from './phones.ts';

/** The steps in order; their words are `sandbox.page.road.<id>`. */
const ROAD_STEPS = ['lead', 'invite', 'bind', 'documents', 'submit', 'review', 'approve', 'reminder'] as const;
/** One of them. */
type RoadStepId = (typeof ROAD_STEPS)[number];

/** Whether a step has happened. */
export interface RoadStep {
  readonly id: RoadStepId;
  readonly done: boolean;
  /** The case was turned down or sent back here: no card is left to decide. */
  readonly stopped?: true;
}

/** A reminder comes days after the loan was made; anything earlier is talk about the case. */
const REMINDER_AFTER_MS = 7 * 86_400_000;
/** A reminder names what is owed, to the fen. */
const AMOUNT = /\d\.\d{2}(?!\d)/;
const MOBILE = /1[3-9]\d{9}/;

type Phones = readonly PhoneView[];

/**
 * The road as far as it has been walked. Each step is ticked by what that step itself leaves on a phone; one that was
 * skipped stays open, whatever came later.
 *
 * @param agreed how the bot thanks for the customer's consent, in each language: the one step that leaves words only
 */
export function walkRoad(phones: Phones, agreed: readonly string[]): readonly RoadStep[] {
  const staff = phones.filter(({ role }) => role !== 'customer');
  const customers = phones.filter(({ role }) => role === 'customer');
  const loanAt = firstAt(staff, hasLoan);
  const seen: Readonly<Record<RoadStepId, boolean>> = {
    lead: staff.some(({ messages }) => hasLead(messages)),
    invite: staff.some(({ messages }) =>
      messages.some((message) => message.from === 'bot' && /[?&]start=[\w-]+/.test(wordsOf(message))),
    ),
    bind: customers.some(({ messages }) => hasAgreed(messages, agreed)),
    documents: customers.some(
      ({ messages }) => messages.filter((message) => message.from === 'me' && message.file !== undefined).length >= 2,
    ),
    submit: hasCase(staff, 'reviewer'),
    review: hasCase(staff, 'approver'),
    approve: loanAt !== undefined,
    reminder:
      loanAt !== undefined && customers.some(({ messages }) => messages.some((message) => isLate(message, loanAt))),
  };
  const stopped = seen.submit && loanAt === undefined && !staff.some(({ messages }) => messages.some(isOpenCase));
  return ROAD_STEPS.map((id) => ({
    id,
    done: seen[id],
    ...(stopped && !seen[id] && (id === 'review' || id === 'approve') && { stopped }),
  }));
}

function firstAt(phones: Phones, isIt: (message: ScreenMessage) => boolean): number | undefined {
  const found = phones.flatMap(({ messages }) => messages.filter((message) => message.from === 'bot' && isIt(message)));
  return found.length === 0 ? undefined : Math.min(...found.map(({ at }) => at.getTime()));
}

/** A case and the loan made from it in one sentence; the help names some too, each in a line of its own. */
function hasLoan(message: ScreenMessage): boolean {
  return wordsOf(message)
    .split('\n')
    .some((line) => /\bA\d{2,}\b/.test(line) && /\bL\d{2,}\b/.test(line));
}

/** What the Start button stands for is no message: nobody has sent it. */
function isLate(message: ScreenMessage, loanAt: number): boolean {
  const isSent = message.from === 'bot' && message.id !== 'start';
  return isSent && message.at.getTime() - loanAt > REMINDER_AFTER_MS && AMOUNT.test(wordsOf(message));
}

/** Somebody wrote down a customer's mobile number, and the bot has named the lead since. */
function hasLead(messages: readonly ScreenMessage[]): boolean {
  const typed = messages.findIndex(({ from, text }) => from === 'me' && MOBILE.test(text.replaceAll(/[\s-]/g, '')));
  if (typed === -1) return false;
  return messages.slice(typed).some((message) => message.from === 'bot' && /\bK\d{2,}\b/.test(wordsOf(message)));
}

/** The own number was shared and the bot has recorded the consent. */
function hasAgreed(messages: readonly ScreenMessage[], agreed: readonly string[]): boolean {
  const shared = messages.findIndex((message) => message.from === 'me' && /^\+?\d{8,15}$/.test(message.text));
  if (shared === -1) return false;
  return messages
    .slice(shared + 1)
    .some((message) => message.from === 'bot' && agreed.some((words) => wordsOf(message).includes(words)));
}

function hasCase(phones: Phones, role: PhoneView['role']): boolean {
  return phones.some((phone) => phone.role === role && phone.messages.some(isCaseCard));
}

/** A case to decide names its parts; a question with buttons does not. */
function isCaseCard(message: ScreenMessage): boolean {
  const { card } = message;
  if (card === undefined) return false;
  return card.fields.length >= 2 || /\bA\d{2,}\b/.test(wordsOf(message));
}

/** A card that still waits for a decision. */
function isOpenCase(message: ScreenMessage): boolean {
  if (message.deleted === true || !/\bA\d{2,}\b/.test(wordsOf(message))) return false;
  return message.card?.buttons.some(({ url, disabled }) => url === undefined && disabled !== true) === true;
}

/** Everything a message says, its card included. */
export function wordsOf({ text, card }: ScreenMessage): string {
  if (card === undefined) return text;
  const fields = card.fields.flatMap(({ label, value }) => [label, value]);
  return [text, card.title, card.subtitle, card.text, ...fields].join('\n');
}
