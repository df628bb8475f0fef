/** Somebody who is no colleague says in which language he wants to be spoken to. */
import { z } from 'zod';
import { defineOperation } from '../../core/operations/operation.ts';
import { AppError, commonErrors } from '../../lib/errors.ts';
import { LANGUAGES } from '../../lib/i18n.ts';
import { setAccountLanguage } from './binding-store.ts';
import { setLanguage } from './customer-store.ts';

export const setCustomerLanguage = defineOperation({
  name: 'customer.setLanguage',
  summary:
    'Sets the language the bot speaks with the customer who asks for it, in chat and in reminders; what somebody asks for before he is bound goes over to his file then',
  access: { stranger: 'self', customer: 'self' },
  input: z.strictObject({ language: z.enum(LANGUAGES) }),
  /** `stranger`: set for this account only, for it is nobody's yet. */
  output: z.object({ kind: z.enum(['set', 'stranger']), language: z.string() }),
  async run(ctx, { language }) {
    const { actor } = ctx;
    if (actor.kind === 'STRANGER') {
      await setAccountLanguage(ctx.tx, actor.id, language);
      return { kind: 'stranger' as const, language };
    }
    if (actor.kind !== 'CUSTOMER')
      throw new AppError(commonErrors['permission.denied'], { params: { operation: 'customer.setLanguage' } });
    await setLanguage(ctx.tx, actor.id, language, ctx.now);
    return { kind: 'set' as const, language };
  },
});
