/** A customer says in which language he wants to be spoken to. */
import { z } from 'zod';
import { defineOperation } from '../../core/operations/operation.ts';
import { AppError, commonErrors } from '../../lib/errors.ts';
import { LANGUAGES } from '../../lib/i18n.ts';
import { setLanguage } from './customer-store.ts';

export const setCustomerLanguage = defineOperation({
  name: 'customer.setLanguage',
  summary: 'Sets the language the bot speaks with the customer who asks for it, in chat and in reminders',
  access: { customer: 'self' },
  input: z.strictObject({ language: z.enum(LANGUAGES) }),
  output: z.object({ kind: z.literal('set'), language: z.string() }),
  async run(ctx, { language }) {
    if (ctx.actor.kind !== 'CUSTOMER')
      throw new AppError(commonErrors['permission.denied'], { params: { operation: 'customer.setLanguage' } });
    await setLanguage(ctx.tx, ctx.actor.id, language, ctx.now);
    return { kind: 'set' as const, language };
  },
});
