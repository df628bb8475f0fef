/** The gates a message passes at the moment of sending. The domain's rooms give their own; `app.ts` puts them in. */
import type { Tx } from '../db/database.ts';
import type { Purpose } from '../core/operations/effects.ts';

export interface GateQuestion {
  readonly outboxId: bigint;
  readonly purpose: Purpose;
  readonly customerId: string;
  /** The account it is to leave by (`telegram:4242`). */
  readonly account: string;
  readonly text: string;
  readonly now: Date;
}

/** allow · deny for good (rule id) · deny until an instant (a timer asks again then). */
export type GateAnswer =
  | { readonly decision: 'allow' }
  | { readonly decision: 'deny'; readonly rule: string; readonly until?: Date };

export type SendGate = (tx: Tx, question: GateQuestion) => Promise<GateAnswer>;

/** Renders a bulk row (a reminder) at the moment of sending; `dropped` = it no longer applies, and why (a code). */
export type BulkRenderer = (
  tx: Tx,
  row: { readonly subjectId: string; readonly reference: string; readonly now: Date },
) => Promise<{ readonly text: string; readonly customerId: string } | { readonly dropped: string }>;
