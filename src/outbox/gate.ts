/** The gates a message passes at the moment of sending. The domain's rooms give their own; `app.ts` puts them in. */
import type { Tx } from '../db/database.ts';
import type { Purpose } from '../core/operations/effects.ts';

interface GateQuestion {
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

/** Judges one message to a customer; the first gate that denies decides. */
export type SendGate = (tx: Tx, question: GateQuestion) => Promise<GateAnswer>;

/** What all gates together say. */
export async function askGates(gates: readonly SendGate[], tx: Tx, question: GateQuestion): Promise<GateAnswer> {
  for (const gate of gates) {
    const answer = await gate(tx, question);
    if (answer.decision === 'deny') return answer;
  }
  return { decision: 'allow' };
}

/** Renders a bulk row (a reminder) at the moment of sending; `dropped` = it no longer applies, and why (a code); `notBefore` = not yet. */
export type BulkRenderer = (
  tx: Tx,
  row: { readonly subjectId: string; readonly reference: string; readonly now: Date },
) => Promise<Rendered>;

/** What a renderer says. */
type Rendered =
  | { readonly text: string; readonly customerId: string }
  | { readonly dropped: string }
  | { readonly notBefore: Date };
