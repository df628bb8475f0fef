/** Where money comes in: the sandbox has no bank, so the visitor says that somebody has paid. */

/** What a loan asks for next. */
interface OpenInstalment {
  /** `L0456`. */
  readonly loan: string;
  readonly instalment: number;
  readonly dueOn: string;
  /** Yuan with two decimals. */
  readonly amount: string;
}

/** The latest payment of a loan that counts, and what undoing it changes. Amounts in yuan with two decimals. */
interface LastPayment {
  readonly loan: string;
  /** Its external id. */
  readonly payment: string;
  readonly paidOn: string;
  readonly amount: string;
  /** What each instalment it pays owes now, and without it. */
  readonly changes: readonly {
    readonly instalment: number;
    readonly dueOn: string;
    readonly open: string;
    readonly reopened: string;
  }[];
  /** What goes from the credit balance. */
  readonly credit: string;
}

/** What stands on the books of a loan for the one at the desk. */
export interface LoanAtDesk {
  /** The oldest unpaid instalment, if there is one. */
  readonly open?: OpenInstalment;
  readonly last?: LastPayment;
}

/** How the app reads, records and undoes it. */
export interface PaymentDesk {
  /** `undefined` when there is no such loan. */
  look(loan: string): Promise<LoanAtDesk | undefined>;
  /** Records a payment now; `false` when it is refused: an amount that is none, no such loan. */
  record(loan: string, amount: string): Promise<boolean>;
  /** Reverses the payment of this external id; `false` when it is refused: undone before, no such payment. */
  undo(loan: string, payment: string, reason: string): Promise<boolean>;
}

/** The loans that phones have named, newest first. */
export function namedLoans(texts: readonly string[]): readonly string[] {
  const numbers = texts.flatMap((text) => text.match(/\bL\d{2,8}\b/g) ?? []);
  return [...new Set(numbers)].toSorted((a, b) => Number(b.slice(1)) - Number(a.slice(1)));
}
