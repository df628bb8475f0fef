/** 试算 as an operation: reads nothing, writes nothing, sends nothing. */
import { z } from 'zod';
import { ANY_STAFF, type Access } from '../../core/operations/actor.ts';
import { defineOperation } from '../../core/operations/operation.ts';
import { dateIn } from '../../lib/business-date.ts';
import { planTrial, trialInput, trialPlan, trialText } from './trial.ts';

/** Any member of staff and the customer himself: the terms belong to nobody. */
const ACCESS: Access = { ...ANY_STAFF, customer: 'self' };

/** Text and plan of given terms, in the caller's language; a chat shows the plan as a picture besides (picture.ts). */
export const runTrial = defineOperation({
  name: 'loan.trial',
  summary: 'Calculates a repayment plan for given terms: text and plan; promises nothing',
  access: ACCESS,
  input: trialInput,
  output: z.object({
    text: z.string(),
    plan: trialPlan,
  }),
  readOnly: true,
  example: { principal: '300000.00', n: 36, ratePct: '6', method: 'EQUAL_INSTALMENT' },
  async run(ctx, input) {
    const plan = planTrial(input, dateIn(ctx.now, ctx.services.companyZone));
    return { plan, text: trialText(plan, { texts: ctx.services.texts, language: ctx.actor.language }) };
  },
});
