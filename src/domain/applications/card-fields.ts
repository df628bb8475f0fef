/** What an approval card shows of a frozen case, by the names a flow lists under `card`. Pure but for the texts. */
import type { CardField } from '../../channels/card.ts';
import { groupedYuan, type Text } from '../../lib/i18n.ts';
import { parseYuan } from '../../lib/money.ts';
import { percentOf } from '../../lib/rate.ts';
import type { Snapshot } from './snapshot.ts';

/** A text in the reader's language. */
export interface Words {
  say(text: Text, params?: Readonly<Record<string, unknown>>): string;
  has(key: string): boolean;
}

type Show = (snapshot: Snapshot, words: Words) => string | undefined;

/** Frozen by older releases, which showed the same to everybody. */
const FORMER: readonly string[] = ['amount', 'term', 'method', 'rate', 'product', 'documents'];
/** They stand in the heading of every card. */
const HEADING: ReadonlySet<string> = new Set(['application', 'customer']);
const MAX_REASON = 40;
/** What of the lead is an amount of money that does not come every month or year. */
const AMOUNTS = ['debt', 'assetValue'] as const;

const FIELDS: Readonly<Record<string, Show>> = {
  amount: ({ amount }, words) => yuan(amount, words),
  term: ({ termMonths }, words) => words.say('approval.value.months', { months: termMonths }),
  method: ({ method }, words) => words.say(`approval.method.${method}`),
  rate: ({ annualRate }, words) => words.say('approval.value.percent', { percent: percentOf(annualRate) }),
  product: ({ product }) => product,
  documents,
  purpose: ({ facts }, words) => option(facts['purpose'], 'flows.purpose', words),
  house: ({ facts }, words) => owned(facts['house'], facts['houseStatus'], words),
  car: ({ facts }, words) => owned(facts['car'], facts['carStatus'], words),
  submitter: ({ submitter }) => submitter,
  earlier,
  ...Object.fromEntries(AMOUNTS.map((name): [string, Show] => [name, ({ facts }, words) => yuan(facts[name], words)])),
  income: ({ facts }, words) => yuan(facts['income'], words, 'yuan_a_month'),
  turnover: ({ facts }, words) => yuan(facts['turnover'], words, 'yuan_a_year'),
  monthlyPayment: ({ facts }, words) =>
    facts['house'] === false ? undefined : yuan(facts['monthlyPayment'], words, 'yuan_a_month'),
};

/** Names the frozen case answers itself; a card takes any other from the process. */
export const OWN_FIELDS: ReadonlySet<string> = new Set([...Object.keys(FIELDS), ...HEADING]);

/** The fields of the card, in the order of the flow; what is not known is left out. */
export function cardFields(snapshot: Snapshot, words: Words): readonly CardField[] {
  return (snapshot.card ?? FORMER).flatMap((name) => {
    if (HEADING.has(name)) return [];
    const show = FIELDS[name];
    const value = show ? show(snapshot, words) : String(snapshot.caseFacts?.[name] ?? '');
    const label = `approval.field.${name}`;
    return value === undefined || value === '' ? [] : [{ label: words.has(label) ? words.say(label) : name, value }];
  });
}

function yuan(amount: unknown, words: Words, unit = 'yuan'): string | undefined {
  const fen = typeof amount === 'string' ? parseYuan(amount) : undefined;
  return fen === undefined ? undefined : words.say(`approval.value.${unit}`, { amount: groupedYuan(fen) });
}

/** A code of a list of texts; what is on no list was written in words. */
function option(code: unknown, list: string, words: Words): string | undefined {
  if (typeof code !== 'string') return undefined;
  return words.has(`${list}.${code}`) ? words.say(`${list}.${code}`) : code;
}

function owned(has: unknown, status: unknown, words: Words): string | undefined {
  if (typeof status === 'string' && has !== false) return option(status, 'flows.option', words);
  return typeof has === 'boolean' ? words.say(has ? 'approval.value.owned' : 'approval.value.not_owned') : undefined;
}

function documents({ documents: filed, required, missing }: Snapshot, words: Words): string {
  const items = new Set(filed.map((one) => one.item));
  const count = items.size;
  if (required === undefined) return words.say('approval.value.documents', { count });
  const lacking = missing ?? required.filter((code) => !items.has(code)); // older releases froze no more
  return words.say('approval.value.documents_of', { count, required: required.length, missing: lacking.length });
}

/** A reason among other fields; the rest of it was told when the case was returned. */
function shortened(reason: string): string {
  return reason.length > MAX_REASON ? `${reason.slice(0, MAX_REASON - 1)}…` : reason;
}

/** How the case came here: what each earlier node said, on what if it was about something else, and that it was returned. */
function earlier({ votes = [] }: Snapshot, words: Words): string | undefined {
  const said = votes.map(({ title, by, outcome, reason, terms }) => {
    const node = title === null ? '' : words.say(title);
    const why = shortened(option(reason, 'approval.reason', words) ?? '');
    const vote = words.say(`approval.earlier.${outcome}`, { node, by, reason: why }).trim();
    if (!terms) return vote;
    const { termMonths: months, product } = terms;
    return words.say('approval.earlier.on_other_terms', { vote, amount: yuan(terms.amount, words), months, product });
  });
  return said.length === 0 ? undefined : said.join(words.say('approval.earlier.then'));
}
