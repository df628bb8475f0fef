/** Decisions that are typed instead of pressed: the words decide nothing, for a decision rests on what the card shows. */
import type { Turn } from '../unit/unit.ts';
import { readTypedDecision } from './decision-words.ts';
import type { Say } from './speech.ts';

interface Waiting {
  readonly items: readonly { readonly number: string; readonly customerName: string }[];
}

/** Numbers named in one answer; 审批 lists the others. */
const MOST = 10;

/**
 * Answers a colleague who types 通过 or A1087 退回 with the card he means, dealt once more, or with the cases that wait for
 * him. `false` when the words are none of that: without a number they are, while a form is open or nothing waits for him.
 */
export async function pointToCard(turn: Turn, words: string, how: { isFormOpen: boolean; say: Say }): Promise<boolean> {
  const typed = turn.call.actor.kind === 'STAFF' ? readTypedDecision(words) : undefined;
  if (!typed || (typed.application === undefined && how.isFormOpen)) return false;
  const word = (key: string): string => turn.call.services.texts.translate(turn.call.actor.language, key);
  const verb = word(`approval.verb.${typed.verb}`);
  if (typed.application !== undefined) {
    await dealAgain(turn, typed.application, { verb, say: how.say });
    return true;
  }
  const { items } = (await turn.run('approval.list', { state: 'OPEN', mine: true })) as Waiting;
  const [only, ...others] = items;
  if (!only) return false;
  if (others.length === 0) await dealAgain(turn, only.number, { verb, say: how.say });
  else {
    const cases = items.slice(0, MOST).map(({ number, customerName }) => `${number} ${customerName}`);
    how.say('approval.typed.many', {
      verb,
      cases: cases.join(word('conversation.format.between_labels')),
      example: only.number,
    });
  }
  return true;
}

async function dealAgain(turn: Turn, application: string, { verb, say }: { verb: string; say: Say }): Promise<void> {
  const { kind, number } = (await turn.run('approval.sendCard', { application })) as { kind: string; number: string };
  say(`approval.typed.${kind === 'sent' ? 'one' : 'none'}`, { application: number, verb });
}
