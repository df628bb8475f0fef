/** 试算 as an operation: reads nothing, writes nothing, sends nothing. */
import { z } from 'zod';
import { defineOperation } from '../../core/operations/operation.ts';
import { dateIn } from '../../lib/business-date.ts';
import { renderPlanPicture } from './picture.ts';
import { planTrial, trialInput, trialPlan, trialText } from './trial.ts';

/** Any member of staff and the customer himself: the terms belong to nobody. */
const ACCESS = {
  sales: 'all',
  team_lead: 'all',
  reviewer: 'all',
  approver: 'all',
  collector: 'all',
  manager: 'all',
  compliance: 'all',
  admin: 'all',
  customer: 'self',
} as const;

/** Text, plan and picture (PNG, base64) of given terms, in the caller's language. */
export const runTrial = defineOperation({
  name: 'loan.trial',
  summary: 'Calculates a repayment plan for given terms: text, plan and picture; promises nothing',
  access: ACCESS,
  input: trialInput,
  output: z.object({
    text: z.string(),
    plan: trialPlan,
    picture: z.object({ name: z.string(), mime: z.literal('image/png'), base64: z.string() }),
  }),
  readOnly: true,
  example: { principal: '300000.00', n: 36, ratePct: '6', method: 'EQUAL_INSTALMENT' },
  async run(ctx, input) {
    const words = { texts: ctx.services.texts, language: ctx.actor.language };
    const plan = planTrial(input, dateIn(ctx.now, ctx.services.companyZone));
    const picture = await renderPlanPicture(plan, words);
    const name = `${words.texts.translate(words.language, 'trial.title')}.png`;
    return {
      text: trialText(plan, words),
      plan,
      picture: { name, mime: 'image/png' as const, base64: picture.toString('base64') },
    };
  },
});
