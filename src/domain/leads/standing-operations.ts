/** Where a customer stands, in words for himself, and his question passed on to whoever looks after him. */
import { z } from 'zod';
import type { Ctx } from '../../core/operations/context.ts';
import { defineOperation } from '../../core/operations/operation.ts';
import { dateIn } from '../../lib/business-date.ts';
import { moneyText } from '../../lib/i18n.ts';
import { parseYuan } from '../../lib/money.ts';
import { hasConsent, isKeptFromChat, refusalOf } from '../consent/index.ts';
import { customerInScope, hidingNames, refuseThirdParties, type CustomerRow } from '../customers/index.ts';
import { findStaff } from '../staff/index.ts';
import { factsOf, lastStage, openLead, type LeadRow } from './lead-store.ts';

/** What the customer's own form would ask for. */
const ASKED = ['amount', 'purpose', 'city', 'income', 'house', 'houseStatus'] as const;
const value = z.union([z.string(), z.number(), z.boolean()]);

const standing = z.object({
  kind: z.enum(['stranger', 'open', 'settled']),
  /** The adviser's name, or `none`. */
  adviser: z.string(),
  /** How far the open application is, in words. */
  progress: z.string(),
  /** What is on file of the form, as one line; '' when nothing is. */
  known: z.string(),
  /** The consent to the handling of his data was given and is taken back. */
  withdrawn: z.boolean(),
  /** He was asked for that consent and said no. */
  declined: z.boolean(),
  /** The consent to the handling of his data is on file and holds. */
  consented: z.boolean(),
  /** What is his may not be said in this chat: it lies abroad, and he has not agreed to that. */
  abroad: z.boolean(),
  /** How his last wish ended, while no other is open: not approved, or over for another reason; `none` also for a loan. */
  outcome: z.enum(['none', 'rejected', 'closed']),
  /** Nothing is left to be asked. */
  complete: z.boolean(),
  customerId: z.string().optional(),
  ...Object.fromEntries(ASKED.map((name) => [name, value.optional()])),
});

const STRANGER = {
  kind: 'stranger' as const,
  adviser: 'none',
  progress: '',
  known: '',
  withdrawn: false,
  declined: false,
  consented: false,
  abroad: false,
  outcome: 'none' as const,
  complete: false,
};

/** What a customer hears of the stage in which his wish ended. */
const OUTCOMES: Readonly<Record<string, 'rejected' | 'closed'>> = { F96: 'rejected', F97: 'closed', F98: 'closed' };

export const customerStanding = defineOperation({
  name: 'customer.standing',
  summary: 'Whether the customer has an application open, how far it is, what of it is on file, and who his adviser is',
  access: { stranger: 'self', customer: 'self' },
  input: z.strictObject({}),
  output: standing,
  readOnly: true,
  async run(ctx) {
    if (ctx.actor.kind !== 'CUSTOMER') return STRANGER;
    const customer = await customerInScope(ctx, ctx.actor.id);
    const lead = await openLead(ctx.tx, customer.id);
    const facts = lead ? await onFile(ctx, lead) : {};
    const refusal = await refusalOf(ctx.tx, customer.id, 'personal-information');
    return {
      ...facts,
      kind: lead ? ('open' as const) : ('settled' as const),
      customerId: customer.id,
      adviser: (await adviserOf(ctx, customer)) ?? 'none',
      progress: lead ? ctx.t(`lead.progress.${lead.stage >= 'F70' ? lead.stage : 'early'}`) : '',
      known: describe(ctx, facts),
      withdrawn: refusal === 'withdrawn',
      declined: refusal === 'declined',
      consented: await hasConsent(ctx.tx, customer.id, 'personal-information'),
      abroad: await isKeptFromChat(ctx, ctx.actor),
      outcome: (lead ? undefined : OUTCOMES[(await lastStage(ctx.tx, customer.id)) ?? '']) ?? ('none' as const),
      complete: ASKED.every(
        (name) => facts[name] !== undefined || (name === 'houseStatus' && facts['house'] === false),
      ),
    };
  },
});

type Facts = Readonly<Partial<Record<(typeof ASKED)[number], string | number | boolean>>>;

async function onFile(ctx: Ctx, lead: LeadRow): Promise<Facts> {
  const recorded = await factsOf(ctx.tx, ctx.keys, lead);
  const facts = Object.fromEntries(
    ASKED.flatMap((name) => {
      const fact = recorded[name];
      return fact === undefined ? [] : [[name, fact.value]];
    }),
  );
  // A house of which the rest is unknown is asked about as a whole: the second question hangs on the first.
  if (facts['house'] === true && facts['houseStatus'] === undefined) delete facts['house'];
  return facts;
}

async function adviserOf(ctx: Ctx, customer: CustomerRow): Promise<string | undefined> {
  const owner = customer.owner_id === null ? undefined : await findStaff(ctx.tx, customer.owner_id);
  return owner?.is_active === true ? owner.name : undefined;
}

/** 想借多少 12 万、用途 周转 */
function describe(ctx: Ctx, facts: Facts): string {
  const said = ASKED.flatMap((name) => {
    const words = facts[name] === undefined ? undefined : wordsOf(ctx, name, facts[name]);
    return words === undefined
      ? []
      : [`${ctx.t(name === 'amount' ? 'flows.slot.wish' : `flows.slot.${name}`)} ${words}`];
  });
  return said.join(ctx.t('conversation.format.between_labels'));
}

function wordsOf(ctx: Ctx, name: (typeof ASKED)[number], fact: string | number | boolean): string | undefined {
  if (typeof fact === 'boolean') return ctx.t(`conversation.format.${fact ? 'yes' : 'no'}`);
  if (name === 'amount' || name === 'income') {
    const fen = parseYuan(String(fact));
    return fen === undefined ? undefined : moneyText(fen, (key, params) => ctx.t(key, params));
  }
  const key = name === 'houseStatus' ? `flows.option.${fact}` : `flows.purpose.${fact}`;
  return ctx.services.texts.has(ctx.actor.language, key) ? ctx.t(key) : String(fact);
}

/** What a customer can want passed on. */
const TOPICS = [
  'repaid',
  'repay',
  'question',
  'settle',
  'defer',
  'outcome',
  'complaint',
  'disputed',
  'contact',
  'calls',
  'mistaken',
  'advertising',
  'silent',
  'files',
  'refused',
  'erase',
  'phone',
  'callback',
  'change',
  'unclear',
] as const;
/**
 * Of these each message may be about another instalment, question or file, and a complaint that comes again was not settled;
 * the others are one matter a day: said again in the same words, it is told no more.
 */
const HOURLY: ReadonlySet<string> = new Set([
  'repaid',
  'repay',
  'question',
  'complaint',
  'disputed',
  'files',
  'phone',
  'callback',
  'change',
]);
/** Of these the customer hears that his words were passed on, so they are, however many he writes of one matter. */
const EACH_TOLD: ReadonlySet<string> = new Set([
  'question',
  'complaint',
  'disputed',
  'phone',
  'callback',
  'change',
  'unclear',
]);
/** As much of a message as a to-do brings along; all of it stands on the timeline. */
const LONGEST_WORDS = 500;
/** What is not left to the adviser alone: a complaint may be about him, a loan that nobody took his doing, and erasure is the law's business. */
const ALSO: Readonly<Partial<Record<(typeof TOPICS)[number], 'above' | 'compliance'>>> = {
  complaint: 'above',
  disputed: 'above',
  erase: 'compliance',
};

export const askAdviser = defineOperation({
  name: 'customer.askAdviser',
  summary:
    'Puts what the customer wants on his adviser’s list and tells him, with his words; without an adviser it goes to the managers. A complaint or a disputed loan also goes to somebody above the adviser, a wish for erasure to compliance',
  access: { stranger: 'self', customer: 'self' },
  input: z.strictObject({ topic: z.enum(TOPICS), words: z.string().default('') }),
  output: z.object({ kind: z.enum(['told', 'stranger']), adviser: z.string() }),
  async run(ctx, { topic, words }) {
    if (ctx.actor.kind !== 'CUSTOMER') return { kind: 'stranger' as const, adviser: 'none' };
    const customer = await customerInScope(ctx, ctx.actor.id);
    const when = HOURLY.has(topic) ? ctx.now.toISOString().slice(0, 13) : dateIn(ctx.now, ctx.services.companyZone);
    if (topic === 'contact') await refuseThirdParties(ctx.tx, customer.id, ctx.now);
    await ctx.callAsSystem('task.addForOwner', {
      customerId: customer.id,
      key: `asked:${topic}:${customer.id}:${when}`,
      kind: `customer_${topic}`,
      ...(words === '' ? {} : { words: await hidingNames(ctx, customer.id, words.slice(0, LONGEST_WORDS)) }),
      ...(words !== '' && EACH_TOLD.has(topic) ? { isEachTold: true } : {}),
      isOneOpen: true,
      ...(ALSO[topic] === undefined ? {} : { also: ALSO[topic] }),
    });
    return { kind: 'told' as const, adviser: (await adviserOf(ctx, customer)) ?? 'none' };
  },
});
