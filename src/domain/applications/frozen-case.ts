/** The case that an approver decided on, as it was frozen: for whoever reads it afterwards. */
import { z } from 'zod';
import type { Ctx } from '../../core/operations/context.ts';
import { shownFact } from '../leads/index.ts';
import type { Snapshot } from './snapshot.ts';

const value = z.union([z.string(), z.number(), z.boolean()]);

/** Money is wire yuan, the rate a decimal of a year; people are masked. What older releases did not freeze is absent. */
export const frozenCase = z.object({
  product: z.string(),
  productVersion: z.int(),
  amount: z.string(),
  termMonths: z.int(),
  method: z.string(),
  annualRate: z.string(),
  mobile: z.string().nullable(),
  submitter: z.string().optional(),
  facts: z.record(z.string(), value),
  /** What only the process knows of what the card shows. */
  caseFacts: z.record(z.string(), value).optional(),
  /** What the card shows, in this order. */
  card: z.array(z.string()).optional(),
  documents: z.array(z.object({ item: z.string(), version: z.int(), digest: z.string() })),
  required: z.array(z.string()).optional(),
  missing: z.array(z.string()).optional(),
  /** What was said before, oldest first; `terms` where it was said of another loan than this one. */
  votes: z.array(
    z.object({
      node: z.string().nullable(),
      by: z.string(),
      outcome: z.string(),
      reason: z.string().nullable(),
      terms: z.object({ amount: z.string(), termMonths: z.int(), product: z.string() }).optional(),
    }),
  ),
});

/** The frozen case in the reader's language. */
export function describeFrozen(ctx: Ctx, snapshot: Snapshot): z.output<typeof frozenCase> {
  const { facts, votes = [] } = snapshot;
  return frozenCase.parse({
    ...snapshot,
    facts: Object.fromEntries(Object.entries(facts).map(([name, fact]) => [name, shownFact(name, fact)])),
    votes: votes.map(({ title, reason, ...vote }) => ({
      ...vote,
      node: title === null ? null : ctx.t(title),
      reason: reasonText(ctx, reason),
    })),
  });
}

/** A usual reason in words; any other as it was written. */
export function reasonText(ctx: Ctx, reason: string | null): string | null {
  const key = `approval.reason.${reason ?? ''}`;
  return ctx.services.texts.has(ctx.actor.language, key) ? ctx.t(key) : reason;
}
