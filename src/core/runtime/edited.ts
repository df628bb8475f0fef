/**
 * A message changed by its author after it was read: the record keeps what was read then. When the new words say something
 * else, whoever answers for the record hears of it; a corrected typing error is nobody's business.
 */
import type { BusinessDate } from '../../lib/business-date.ts';
import type { Text } from '../../lib/i18n.ts';
import {
  parseTrial,
  present,
  readMessage,
  type FactName,
  type FactValue,
  type Param,
  type Reading,
} from '../conversation/index.ts';
import { SYSTEM_ACTOR, type Actor } from '../operations/actor.ts';
import { callOperation } from '../operations/call.ts';
import type { Turn } from '../unit/unit.ts';

type Say = (text: Text, params?: Readonly<Record<string, string | number>>) => string;

/** How a fact's value is written. A date is read off a message only where one is asked for. */
const TYPES = {
  amount: 'money',
  monthlyPayment: 'money',
  income: 'money',
  turnover: 'money',
  debt: 'money',
  assetValue: 'money',
  fund: 'money',
  term: 'term',
  purpose: 'purpose',
  name: 'person-name',
  phone: 'phone',
  identityNumber: 'identity-number',
  city: 'place',
  district: 'district',
  house: 'yes-no',
  car: 'yes-no',
  houseStatus: 'choice',
  carStatus: 'choice',
  business: 'text',
  businessMonths: 'integer',
  licenceName: 'licence-name',
} as const satisfies Readonly<Record<Exclude<FactName, 'date'>, Extract<Param, { kind: 'slot' }>['type']>>;

type Told = keyof typeof TYPES;
const TOLD = Object.keys(TYPES) as readonly Told[];
/** On file, but in no form: a correction in words does not reach them. */
const IN_NO_FORM: ReadonlySet<Told> = new Set(['identityNumber', 'assetValue', 'fund']);

/** A fact that the new words of a message say differently. */
interface EditedFact {
  readonly name: Told;
  readonly before?: FactValue;
  readonly after?: FactValue;
}

/** A message before and after it was edited, and whose it is; `message` names the message: its edits are one matter. */
interface Edit {
  readonly before: string;
  readonly after: string;
  readonly today: BusinessDate;
  readonly actor: Actor;
  readonly message: string;
}

/**
 * Tells whoever answers for the record: a customer's edit goes on his owner's list, who sees both versions on the file; a
 * colleague is told himself, in the words this gives. `undefined` when there is nothing to say to the author.
 */
export async function noticeEdit(turn: Turn, edit: Edit, say: Say): Promise<string | undefined> {
  const { actor, message } = edit;
  const facts = editedFacts(edit);
  if (facts.length === 0) return undefined;
  if (actor.kind === 'STAFF') return editedNotice(facts, say);
  if (actor.kind !== 'CUSTOMER') return undefined;
  const call = { ...turn.call, actor: SYSTEM_ACTOR };
  const todo = { customerId: actor.id, key: `edited:${message}`, kind: 'customer_edited', isOneOpen: true };
  await callOperation(call, 'task.addForOwner', todo);
  return undefined;
}

/** What the new words say differently. A look-up or a calculation has left nothing on record that could differ. */
function editedFacts({ before, after, today }: Edit): readonly EditedFact[] {
  const [old, now] = [readMessage(before, today), readMessage(after, today)];
  if (old.command ?? old.lookUp ?? parseTrial(before)) return [];
  return TOLD.flatMap((name) => {
    const [was, is] = [valueOf(old, name), valueOf(now, name)];
    if (was === is) return [];
    return [{ name, ...(was === undefined ? {} : { before: was }), ...(is === undefined ? {} : { after: is }) }];
  });
}

function valueOf({ understanding }: Reading, name: FactName): FactValue | undefined {
  return understanding.facts.find((fact) => fact.name === name)?.value;
}

/** What differs and how to change it. */
function editedNotice(facts: readonly EditedFact[], say: Say): string {
  const textOf = (_version: string | undefined, key: string): string => key;
  const line = (key: string, fact: EditedFact): string =>
    present(
      {
        kind: 'say',
        key,
        visit: 0,
        params: {
          fact: { kind: 'plain', value: fact.name },
          label: { kind: 'text', key: `flows.slot.${fact.name}` },
          before: paramOf(fact.name, fact.before),
          after: paramOf(fact.name, fact.after),
        },
      },
      { textOf },
      (text, params) => say(text, params),
    ).text;
  const changes = facts.map((fact) => line('talk.edited.change', fact)).join(say('conversation.format.between_labels'));
  const example = facts.find(({ name, after }) => after !== undefined && !IN_NO_FORM.has(name));
  return say('talk.edited.told', { changes, how: example ? line('talk.edited.how', example) : '' });
}

function paramOf(name: Told, value: FactValue | undefined): Param {
  if (value === undefined) return { kind: 'text', key: 'lead.none' };
  const type = TYPES[name];
  const option = type === 'choice' ? { option: `flows.option.${value}` } : {};
  return { kind: 'slot', type, value, ...option };
}
