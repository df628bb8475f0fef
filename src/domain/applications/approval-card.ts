/** The approval card of a frozen case in a person's language. */
import type { Card, CardAction } from '../../channels/card.ts';
import type { Ctx } from '../../core/operations/context.ts';
import { groupedYuan, type Language } from '../../lib/i18n.ts';
import { parseYuan } from '../../lib/money.ts';
import { cardFields, type Words } from './card-fields.ts';
import type { Snapshot } from './snapshot.ts';

/** What a card carries besides the frozen case. */
export interface CardOptions {
  readonly id: string;
  readonly revision: number;
  readonly verbs: readonly string[];
  /** Text instead of buttons once the case is decided. */
  readonly closed?: string;
  readonly note?: string;
}

/** The card: which case and node, what the flow shows of it, and what can be pressed. */
export function approvalCard(
  ctx: { readonly say: Ctx['say']; readonly services: Pick<Ctx['services'], 'texts'> },
  language: Language,
  snapshot: Snapshot,
  options: CardOptions,
): Card {
  const words: Words = {
    say: (text, params = {}) => ctx.say(language, text, params),
    has: (key) => ctx.services.texts.has(language, key),
  };
  const { application, customer, customerName: name, title } = snapshot;
  return {
    id: options.id,
    revision: options.revision,
    source:
      title === undefined
        ? words.say('approval.card.source')
        : words.say('approval.card.source_node', { node: words.say(title) }),
    title: words.say('approval.card.title', { application, amount: groupedYuan(parseYuan(snapshot.amount) ?? 0n) }),
    subtitle: words.say('approval.card.subtitle', { customer, name }),
    ...(options.note === undefined ? {} : { text: options.note }),
    fields: cardFields(snapshot, words),
    actions: options.closed === undefined ? options.verbs.map((verb) => actionOf(verb, words)) : [],
    ...(options.closed === undefined ? {} : { closed: options.closed }),
  };
}

const STYLES: Readonly<Record<string, 'primary' | 'danger'>> = { approve: 'primary', reject: 'danger' };

function actionOf(verb: string, words: Words): CardAction {
  return { verb, label: words.say(`approval.verb.${verb}`), style: STYLES[verb] ?? 'default' };
}
