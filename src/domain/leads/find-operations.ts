/** Finding customers from chat: one with his lead, several to choose from, or one's own. */
import { z } from 'zod';
import type { Ctx } from '../../core/operations/context.ts';
import { defineOperation } from '../../core/operations/operation.ts';
import { formatYuan } from '../../lib/money.ts';
import { textParamSchema, withTexts } from '../../lib/text-params.ts';
import { isOverseas } from '../consent/index.ts';
import {
  countCustomersOf,
  CUSTOMER_ACCESS,
  customerNumber,
  describeCustomer,
  findByQuery,
  FIRST_PAGE,
  listCustomers,
  loanNumber,
  parseCustomerQuery,
  type CustomerPage,
  type CustomerRow,
} from '../customers/index.ts';
import { findStaff } from '../staff/index.ts';
import { factNames, factText, valueText } from './fact-text.ts';
import { casesOf, factsOf, openLead, type CaseRow, type LeadRow } from './lead-store.ts';

/** A customer in a list to choose from. */
export const line = z.object({ number: z.string(), name: z.string(), stage: z.string() });
const found = z.union([
  z.object({ kind: z.literal('none'), items: z.array(line) }),
  /** `more`: how many besides those listed. */
  z.object({ kind: z.literal('many'), items: z.array(line), more: z.int() }),
  z.object({
    kind: z.literal('one'),
    number: z.string(),
    name: z.string(),
    phone: z.string(),
    owner: z.string(),
    stage: z.string(),
    /** The loan he was asked for by. */
    loan: z.string().optional(),
    leads: z.array(z.object({ number: z.string(), amount: z.string(), purpose: z.string(), stage: z.string() })),
    items: z.array(line),
  }),
]);

export const findCustomers = defineOperation({
  name: 'customer.find',
  summary: 'Finds customers from chat by phone, name or number, or lists the caller’s own',
  access: CUSTOMER_ACCESS,
  input: z.strictObject({ query: z.string().max(200).optional(), mine: z.boolean().optional() }),
  output: found,
  readOnly: true,
  async run(ctx, input) {
    if (input.mine === true) return many(ctx, await mine(ctx));
    const query = parseCustomerQuery(input.query ?? '');
    const page = query ? await findByQuery(ctx, query) : NOBODY;
    const [only, other] = page.rows;
    if (!only) return { kind: 'none' as const, items: [] };
    const loan = query?.kind === 'paper' && query.paper.of === 'loan' ? loanNumber(query.paper.number) : undefined;
    return other ? many(ctx, page) : one(ctx, only, loan);
  },
});

const NOBODY: CustomerPage = { rows: [], more: 0 };

async function mine(ctx: Ctx): Promise<CustomerPage> {
  const { actor } = ctx;
  if (actor.kind !== 'STAFF') return NOBODY;
  const rows = await listCustomers(ctx.tx, { scope: 'own', personId: actor.id, teamId: null, ...FIRST_PAGE });
  return { rows, more: (await countCustomersOf(ctx.tx, actor.id)) - rows.length };
}

async function many(ctx: Ctx, { rows, more }: CustomerPage): Promise<z.output<typeof found>> {
  return { kind: 'many', items: await lines(ctx, rows), more };
}

/** Customers as lines to choose from, in their order. */
export async function lines(ctx: Ctx, rows: readonly CustomerRow[]): Promise<z.output<typeof line>[]> {
  const items = [];
  for (const row of rows) {
    const lead = await openLead(ctx.tx, row.id);
    const stage = stageOf(ctx, lead, lead ? [] : await casesOf(ctx.tx, row.id));
    items.push({ number: customerNumber(row.number), name: row.name_masked, stage });
  }
  return items;
}

async function one(ctx: Ctx, row: CustomerRow, loan: string | undefined): Promise<z.output<typeof found>> {
  const view = await describeCustomer(ctx, row);
  const lead = await openLead(ctx.tx, row.id);
  const cases = await casesOf(ctx.tx, row.id);
  const owner = row.owner_id === null ? undefined : await findStaff(ctx.tx, row.owner_id);
  const none = ctx.t('lead.none');
  ctx.effects.touch(row.id);
  return {
    kind: 'one',
    number: view.number,
    name: view.name,
    phone: view.mobile ?? none,
    owner: owner?.name ?? none,
    stage: [
      stageOf(ctx, lead, cases),
      ...(row.third_party_refused_at === null ? [] : [ctx.t('lead.third_party_refused')]),
      ...(lead ? await differences(ctx, lead) : []),
    ].join(ctx.t('lead.between')),
    ...(loan === undefined ? {} : { loan }),
    leads: [
      ...(lead
        ? [
            {
              number: view.number,
              amount: lead.amount_fen === null ? none : formatYuan(lead.amount_fen),
              purpose: valueText(ctx, ctx.actor.language, 'purpose', lead.purpose_code ?? none),
              stage: ctx.t(`lead.stage.${lead.stage}`),
            },
          ]
        : []),
      ...(await caseLines(ctx, cases)),
    ],
    items: [],
  };
}

/** What the customer says otherwise than one of us wrote; in a chat whose servers are abroad only about what. */
async function differences(ctx: Ctx, lead: LeadRow): Promise<readonly string[]> {
  const { language } = ctx.actor;
  const differing = Object.entries(await factsOf(ctx.tx, ctx.keys, lead)).flatMap(([name, { value, customer }]) =>
    customer === undefined ? [] : [{ name, ours: value, said: customer.value }],
  );
  if (differing.length === 0) return [];
  if (isOverseas(`${ctx.via}:`)) {
    const names = differing.map(({ name }) => name);
    return [ctx.t('lead.customer_differs.abroad', { facts: ctx.t(factNames(ctx, names).$text) })];
  }
  return differing.map(({ name, said, ours }) =>
    ctx.t('lead.customer_differs.here', {
      said: factText(ctx, language, name, said),
      ours: valueText(ctx, language, name, ours),
    }),
  );
}

const why = z.object({ id: z.string(), reason: z.union([z.string(), textParamSchema]), until: z.string() });

/** What came back says why, and until when it waits. */
async function caseLines(
  ctx: Ctx,
  cases: readonly CaseRow[],
): Promise<readonly Record<'number' | 'amount' | 'purpose' | 'stage', string>[]> {
  const back = cases.filter(({ letter, state }) => letter === 'A' && state === 'RETURNED').map(({ id }) => id);
  const { items } =
    back.length === 0
      ? { items: [] }
      : z.object({ items: z.array(why) }).parse(await ctx.callAsSystem('application.returned', { applications: back }));
  return cases.map(({ letter, id, number, amount_fen, state }) => {
    const returned = items.find((one) => one.id === id);
    return {
      number: letter === 'L' ? loanNumber(number) : `A${number}`,
      amount: formatYuan(amount_fen),
      purpose: ctx.t(`lead.paper.${letter}`),
      stage: returned
        ? ctx.t(
            'lead.case_returned',
            withTexts(returned, (text) => ctx.t(text)),
          )
        : ctx.t(`lead.case.${state}`),
    };
  });
}

/** How far he is: his open lead; without one the newest of what became of the earlier ones. */
function stageOf(ctx: Ctx, lead: LeadRow | undefined, [newest]: readonly CaseRow[]): string {
  if (lead) return ctx.t(`lead.stage.${lead.stage}`);
  return ctx.t(newest ? `lead.case.${newest.state}` : 'lead.stage.none');
}
