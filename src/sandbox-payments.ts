/** Payments in the sandbox: its page has no bank, so a press there stands for the money that came in. */
import type { Actor } from './core/operations/actor.ts';
import { performOperation, type UnitDeps } from './core/unit/unit.ts';
import { businessNow } from './jobs/clock.ts';
import { AppError } from './lib/errors.ts';
import { newId } from './lib/ids.ts';
import type { PaymentDesk } from './sandbox/server.ts';

const CASHIER: Actor = { kind: 'TOKEN', id: 'sandbox', roles: ['manager'], language: 'zh-CN' };

interface LoanShown {
  readonly instalments: readonly {
    readonly number: number;
    readonly dueOn: string;
    readonly open: string;
    readonly paidAt: unknown;
  }[];
}

/** The desk of this installation: reads and records through the same operations as the API. */
export function paymentDesk(deps: UnitDeps): PaymentDesk {
  const perform = (name: string, input: unknown) =>
    performOperation(deps, { actor: CASHIER, via: 'sandbox' }, name, input);
  return {
    open: async (loan) => {
      const shown = (await perform('loan.get', { id: loan }).catch(unlessRefused)) as LoanShown | undefined;
      const next = shown?.instalments.find(({ paidAt }) => paidAt === null);
      return next && { loan, instalment: next.number, dueOn: next.dueOn, amount: next.open };
    },
    record: async (loan, amount) => {
      const paidAt = (await businessNow(deps.database)).toISOString();
      const input = { id: loan, externalId: `sandbox-${newId()}`, amount, paidAt };
      return (await perform('loan.recordPayment', input).catch(unlessRefused)) !== undefined;
    },
  };
}

/** What the operation refuses is told as "no"; a fault goes on. */
function unlessRefused(error: unknown): undefined {
  if (!(error instanceof AppError)) throw error;
}
