/** Telling a member of staff something, on every account he can be reached at. */
import { z } from 'zod';
import { defineOperation } from '../../core/operations/operation.ts';
import { isLanguage, textSchema } from '../../lib/i18n.ts';
import { withTexts } from '../../lib/text-params.ts';
import { findStaff, identitiesOfStaff } from './staff-store.ts';

export const notifyStaff = defineOperation({
  name: 'staff.notify',
  summary: 'Sends a member of staff a text on each of his chat accounts',
  access: { system: 'all' },
  input: z.strictObject({ staffId: z.uuid(), text: textSchema, params: z.record(z.string(), z.unknown()) }),
  output: z.object({ accounts: z.int() }),
  subject: (input) => ({ kind: 'staff', id: input.staffId }),
  async run(ctx, input) {
    const staff = await findStaff(ctx.tx, input.staffId);
    if (!staff?.is_active) return { accounts: 0 };
    const language = isLanguage(staff.language) ? staff.language : 'zh-CN';
    const identities = (await identitiesOfStaff(ctx.tx, staff.id)).filter((identity) => identity.is_reachable);
    const between = ctx.say(language, 'conversation.format.between_labels');
    const params = plain(
      withTexts(input.params, (text) => ctx.say(language, text)),
      between,
    );
    for (const identity of identities) {
      ctx.effects.send({
        to: { account: identity.account, chat: identity.external_id },
        purpose: 'STAFF',
        content: { kind: 'text', text: ctx.say(language, input.text, params) },
      });
    }
    return { accounts: identities.length };
  },
});

/** The values of a text; several, as names, with what stands between them in its language. */
function plain(params: Readonly<Record<string, unknown>>, between: string): Record<string, string | number> {
  const said = (value: unknown): string | number => {
    if (Array.isArray(value)) return value.map(said).join(between);
    return typeof value === 'number' || typeof value === 'string' ? value : '';
  };
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, said(value)]));
}
