/** What is handed in and cannot simply be changed any more, of whoever did it or whose customer it is: who has it, what has come back. */
import { z } from 'zod';
import { ANY_STAFF } from '../../core/operations/actor.ts';
import { defineOperation } from '../../core/operations/operation.ts';
import { statement } from '../../db/database.ts';
import { customerNumber } from '../customers/index.ts';

/** More is what the console is for. */
const MOST = 5;

const OWN = statement(
  'applications-own',
  `SELECT a.number, a.state, a.customer_id, c.number AS customer, c.name_masked, (
     SELECT array_agg(s.name ORDER BY t.recorded_at, t.id) FROM approvals p
     JOIN approval_tasks t ON t.approval_id = p.id AND t.state = 'OPEN' JOIN staff s ON s.id = t.staff_id
     WHERE p.application_id = a.id AND p.state = 'OPEN'
   ) AS waiting_for
   FROM applications a JOIN customers c ON c.id = a.customer_id JOIN leads l ON l.id = a.lead_id
   WHERE $1 IN (a.submitted_by, l.owner_id) AND a.state IN ('SUBMITTED', 'RETURNED') ORDER BY a.submitted_at DESC, a.number DESC`,
);

interface OwnRow {
  readonly number: number;
  readonly state: 'SUBMITTED' | 'RETURNED';
  readonly customer_id: string;
  readonly customer: number;
  readonly name_masked: string;
  readonly waiting_for: readonly string[] | null;
}

export const listOwnApplications = defineOperation({
  name: 'application.mine',
  summary:
    'Lists what the caller handed in, or a colleague for his customer, and is still being decided or came back; where the words name a case, only that one',
  access: ANY_STAFF, // 等等 and 撤回 may be said by whoever works here; he is shown his own
  input: z.strictObject({ text: z.string().max(4000).default('') }),
  output: z.object({
    items: z.array(
      z.object({
        number: z.string(),
        customer: z.string(),
        name: z.string(),
        state: z.enum(['SUBMITTED', 'RETURNED']),
        /** The names of who decides now, or `none`. */
        waiting: z.string(),
      }),
    ),
  }),
  readOnly: true,
  async run(ctx, { text }) {
    if (ctx.actor.kind !== 'STAFF') return { items: [] };
    const named = /(?<![A-Z\d])[AK]\d{1,8}(?!\d)/iu.exec(text)?.[0].toUpperCase();
    const own = (await ctx.tx.query<OwnRow>(OWN, [ctx.actor.id])).filter(
      (row) => named === undefined || named === `A${row.number}` || named === customerNumber(row.customer),
    );
    const [only] = own;
    if (only && own.length === 1) ctx.effects.touch(only.customer_id);
    return {
      items: own.slice(0, MOST).map((row) => ({
        number: `A${row.number}`,
        customer: customerNumber(row.customer),
        name: row.name_masked,
        state: row.state,
        waiting: row.waiting_for?.join(ctx.t('conversation.format.between_labels')) ?? 'none',
      })),
    };
  },
});
