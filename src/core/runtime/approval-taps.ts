/** Presses on approval cards: decided at once, asked for a reason, or answered with the present state. */
import type { CardForm } from '../../channels/card.ts';
import type { Address, Happening } from '../../channels/channel.ts';
import { AppError } from '../../lib/errors.ts';
import type { Turn } from '../unit/unit.ts';
import { answersOf, colleagueForm, OFFERED, reasonForm, type Wanting } from './decision-forms.ts';
import type { PendingDecision } from './memory.ts';

type Tap = Extract<Happening, { kind: 'action' }>;

export interface Press {
  readonly turn: Turn;
  readonly address: Address;
  readonly tap: Tap;
  readonly inboxId: bigint;
  readonly text: (key: string, params?: Readonly<Record<string, string | number>>) => string;
}

type CardFacts =
  | { readonly kind: 'unknown' }
  | {
      readonly kind: 'card';
      readonly approvalId: string;
      readonly revision: number;
      readonly state: string;
      readonly application: string;
      readonly decidedBy: string | null;
      readonly outcome: string | null;
    };

/**
 * Handles a press. The decision commits with the turn; the presser is answered in his own request where the platform
 * shows that. What it still needs is asked in a form where the platform opens one for this press. Returns the decision
 * when it is asked in the chat instead.
 */
export async function pressCard(press: Press): Promise<PendingDecision | undefined> {
  const { turn, tap } = press;
  const card = (await callOrNone(turn, tap.cardId)) ?? { kind: 'unknown' as const };
  if (card.kind === 'unknown') {
    answer(press, press.text('approval.tap.unknown'));
    return undefined;
  }
  if (card.revision !== tap.revision) {
    answer(press, press.text('approval.tap.outdated', { application: card.application }));
    return undefined;
  }
  return decide(press, card);
}

async function decide(press: Press, card: Extract<CardFacts, { kind: 'card' }>): Promise<PendingDecision | undefined> {
  const { turn, tap } = press;
  try {
    const done = (await turn.run('approval.decide', {
      id: card.approvalId,
      revision: tap.revision,
      verb: tap.verb,
      cardId: tap.cardId,
      tap: tap.handle,
      ...answersOf(tap.selected, press.text),
    })) as { readonly outcome: string };
    answer(press, press.text(`approval.tap.done.${done.outcome}`, { application: card.application }));
    return undefined;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return refused(press, card, error);
  }
}

function refused(
  press: Press,
  card: Extract<CardFacts, { kind: 'card' }>,
  error: AppError,
): PendingDecision | undefined {
  const { tap } = press;
  const params = { application: card.application, by: card.decidedBy ?? '', ...error.params };
  const pending: PendingDecision = {
    approvalId: card.approvalId,
    revision: tap.revision,
    verb: tap.verb,
    cardId: tap.cardId,
  };
  const wanting: Wanting = {
    cardId: tap.cardId,
    revision: tap.revision,
    verb: tap.verb,
    application: card.application,
  };
  switch (error.code) {
    case 'approval.reason_needed':
      if (openForm(press, reasonForm(wanting, press.text))) return undefined;
      ask(
        press,
        press.text(`approval.tap.reason.${tap.verb}`, params),
        tap.verb === 'reject' ? OFFERED.map((code) => press.text(`approval.reason.${code}`)) : [],
      );
      return pending;
    case 'approval.successor_needed': {
      const names = String(error.params['names'] ?? '')
        .split('、')
        .filter((name) => name !== '');
      if (openForm(press, colleagueForm(wanting, names, press.text))) return undefined;
      ask(press, press.text('approval.tap.successor', params), names);
      return pending;
    }
    case 'approval.closed':
      answer(press, press.text(`approval.tap.closed.${String(error.params['state'] ?? card.state)}`, params));
      return undefined;
    default:
      answer(press, press.text(`error.${error.code}.title`, params));
      return undefined;
  }
}

/** The words after a press: the reason, or the name of the colleague. `'other'` = they were about something else. */
export async function answerDecision(request: {
  readonly turn: Turn;
  readonly decision: PendingDecision;
  readonly text: string;
  readonly say: (key: string, params?: Readonly<Record<string, string | number>>) => void;
}): Promise<'answered' | 'other'> {
  const { turn, decision, text, say } = request;
  if (/^\/|^(取消|cancel|帮助|help)$/i.test(text.trim())) {
    say('approval.tap.dropped');
    return text.trim().startsWith('/') || /帮助|help/i.test(text) ? 'other' : 'answered';
  }
  const code = OFFERED.find(
    (one) => turn.call.services.texts.translate(turn.call.actor.language, `approval.reason.${one}`) === text.trim(),
  );
  const words =
    decision.verb === 'hand_over' ? { to: text.trim().slice(0, 64) } : { reason: code ?? text.trim().slice(0, 500) };
  try {
    const done = (await turn.run('approval.decide', {
      id: decision.approvalId,
      revision: decision.revision,
      verb: decision.verb,
      ...words,
    })) as { readonly outcome: string };
    say(`approval.tap.done.${done.outcome}`, { application: '' });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const key = error.code === 'approval.successor_needed' ? 'approval.tap.successor' : `error.${error.code}.title`;
    say(key, error.params);
  }
  return 'answered';
}

async function callOrNone(turn: Turn, cardId: string): Promise<CardFacts | undefined> {
  try {
    return (await turn.run('approval.card', { cardId })) as CardFacts;
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}

/** Asks in a form. A form that does not open comes back as an event of its own, and the chat asks (jobs/trouble.ts). */
function openForm({ turn, address, tap, inboxId }: Press, form: CardForm | undefined): boolean {
  if (tap.canOpenForm !== true || form === undefined) return false;
  turn.effects.send({
    to: address,
    purpose: 'STAFF',
    content: { kind: 'tap_answer', tap: tap.handle, text: form.title, alert: false, form },
    inboxId,
  });
  return true;
}

/** Asks for words; the usual ones can be tapped. */
function ask({ turn, address, tap }: Press, text: string, choices: readonly string[]): void {
  if (!address.account.startsWith('wecom:'))
    turn.effects.send({
      to: address,
      purpose: 'STAFF',
      content: { kind: 'tap_answer', tap: tap.handle, text: text.slice(0, 180), alert: false },
    });
  turn.effects.send({
    to: address,
    purpose: 'STAFF',
    content: { kind: 'text', text, ...(choices.length > 0 ? { choices } : {}) },
  });
}

/** Tells the presser, in his own request where the platform can; never queued behind messages. */
function answer({ turn, address, tap, inboxId }: Press, text: string): void {
  turn.effects.send({
    to: address,
    purpose: 'STAFF',
    content: { kind: 'tap_answer', tap: tap.handle, text, alert: text.length > 60 },
    inboxId,
    lane: address.account.startsWith('wecom:') ? 'INTERACTIVE' : 'NORMAL',
  });
}
