/** Short notices to the customer about his own case. */
import { z } from 'zod';
import type { Ctx } from '../../core/operations/context.ts';
import { defineOperation } from '../../core/operations/operation.ts';
import { statement } from '../../db/database.ts';
import { dateIn, parseBusinessDate } from '../../lib/business-date.ts';
import { dayText, isLanguage, type Language } from '../../lib/i18n.ts';
import { lacksBorderConsent } from '../consent/index.ts';
import { customerErrors } from './customer-errors.ts';
import { AppError } from '../../lib/errors.ts';
import { findCustomer, type CustomerRow } from './customer-store.ts';

// What may not go out by the last one left is stopped by the gate and stands on the file as denied.
const CHAT = statement(
  'customer-chat',
  `SELECT account, external_id FROM identities WHERE customer_id = $1 AND is_verified AND is_reachable
   ORDER BY ${lacksBorderConsent('account', 'identities.customer_id')}, bound_at DESC NULLS LAST, id LIMIT 1`,
);

const param = z.union([z.string(), z.number()]);
const notice = z.strictObject({
  customerId: z.uuid(),
  /** Locale key of the sentence. */
  text: z.string(),
  params: z.record(z.string(), param).default({}),
});

export const notifyCustomer = defineOperation({
  name: 'customer.notify',
  summary: 'Tells the customer something about his own case in his chat; quiet hours and the contact rules apply',
  access: { system: 'all' },
  input: notice,
  output: z.object({ accounts: z.int() }),
  subject: (input) => ({ kind: 'customer', id: input.customerId }),
  async run(ctx, input) {
    const customer = await requireCustomer(ctx, input.customerId);
    const [chat] = await ctx.tx.query<{ account: string; external_id: string }>(CHAT, [customer.id]);
    if (!chat) return { accounts: 0 };
    const language = isLanguage(customer.language) ? customer.language : 'zh-CN';
    ctx.effects.send({
      to: { account: chat.account, chat: chat.external_id },
      purpose: 'SERVICE',
      content: { kind: 'text', text: ctx.say(language, input.text, spoken(ctx, language, input.params)) },
      customerId: customer.id,
    });
    return { accounts: 1 };
  },
});

/** The values of a notice as a customer reads them everywhere else: 12月20日 for a date. */
function spoken(ctx: Ctx, language: Language, params: z.output<typeof notice>['params']): typeof params {
  const today = dateIn(ctx.now, ctx.services.companyZone);
  const say = (value: string | number): string | number =>
    parseBusinessDate(String(value)) === undefined ? value : dayText(String(value), language, today);
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, say(value)]));
}

async function requireCustomer(ctx: Ctx, id: string): Promise<CustomerRow> {
  const customer = await findCustomer(ctx.tx, id);
  if (!customer) throw new AppError(customerErrors['customer.not_found']);
  ctx.effects.touch(customer.id);
  return customer;
}
