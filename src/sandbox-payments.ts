/** Payments in the sandbox: its page has no bank, so a press there stands for the money that came in, or did not after all. */
import type { Actor } from './core/operations/actor.ts';
import { performOperation, type UnitDeps } from './core/unit/unit.ts';
import { businessNow } from './jobs/clock.ts';
import { dateIn } from './lib/business-date.ts';
import { AppError } from './lib/errors.ts';
import { newId } from './lib/ids.ts';
import { formatYuan, parseYuan } from './lib/money.ts';
import type { LoanAtDesk, PaymentDesk } from './sandbox/server.ts';

const CASHIER: Actor = { kind: 'TOKEN', id: 'sandbox', roles: ['manager'], language: 'zh-CN' };

interface LoanShown {
  readonly instalments: readonly {
    readonly number: number;
    readonly dueOn: string;
    readonly open: string;
    readonly paidAt: unknown;
  }[];
  readonly payments: readonly {
    readonly externalId: string;
    readonly amount: string;
    readonly paidAt: string;
    readonly reversedAt: string | null;
    readonly allocated: readonly {
      readonly instalment: number;
      readonly principal: string;
      readonly interest: string;
    }[];
  }[];
}

/** The desk of this installation: works through the same operations as the API. */
export function paymentDesk(deps: UnitDeps): PaymentDesk {
  const perform = (name: string, input: unknown) =>
    performOperation(deps, { actor: CASHIER, via: 'sandbox' }, name, input);
  return {
    look: async (loan) => {
      const shown = (await perform('loan.get', { id: loan }).catch(unlessRefused)) as LoanShown | undefined;
      return shown && { ...openOf(loan, shown), ...lastOf(loan, shown, deps.services.companyZone) };
    },
    record: async (loan, amount) => {
      const paidAt = (await businessNow(deps.database)).toISOString();
      const input = { id: loan, externalId: `sandbox-${newId()}`, amount, paidAt };
      return (await perform('loan.recordPayment', input).catch(unlessRefused)) !== undefined;
    },
    undo: async (loan, payment, reason) => {
      const input = { id: loan, externalId: payment, reason };
      return (await perform('loan.reversePayment', input).catch(unlessRefused)) !== undefined;
    },
  };
}

function openOf(loan: string, { instalments }: LoanShown): Pick<LoanAtDesk, 'open'> {
  const next = instalments.find(({ paidAt }) => paidAt === null);
  return next ? { open: { loan, instalment: next.number, dueOn: next.dueOn, amount: next.open } } : {};
}

/** The last in the order of value: nothing else was spread after it, so what it pays is just what undoing it takes back. */
function lastOf(loan: string, { instalments, payments }: LoanShown, zone: string): Pick<LoanAtDesk, 'last'> {
  const last = payments.findLast(({ reversedAt }) => reversedAt === null);
  if (!last) return {};
  let credit = fenOf(last.amount);
  const changes = last.allocated.flatMap(({ instalment, principal, interest }) => {
    const row = instalments.find(({ number }) => number === instalment);
    const paid = fenOf(principal) + fenOf(interest);
    credit -= paid;
    return row ? [{ instalment, dueOn: row.dueOn, open: row.open, reopened: formatYuan(fenOf(row.open) + paid) }] : [];
  });
  const paidOn = dateIn(new Date(last.paidAt), zone);
  return {
    last: { loan, payment: last.externalId, paidOn, amount: last.amount, changes, credit: formatYuan(credit) },
  };
}

function fenOf(yuan: string): bigint {
  return parseYuan(yuan) ?? 0n;
}

/** What the operation refuses is told as "no"; a fault goes on. */
function unlessRefused(error: unknown): undefined {
  if (!(error instanceof AppError)) throw error;
}
