/** Where money comes in: the sandbox has no bank, so the visitor says that somebody has paid. */

/** What a loan asks for next. */
export interface OpenInstalment {
  /** `L0456`. */
  readonly loan: string;
  readonly instalment: number;
  readonly dueOn: string;
  /** Yuan with two decimals. */
  readonly amount: string;
}

/** How the app reads and records it. */
export interface PaymentDesk {
  /** The oldest unpaid instalment; `undefined` when there is no such loan or nothing is open. */
  open(loan: string): Promise<OpenInstalment | undefined>;
  /** Records a payment now; `false` when it is refused: an amount that is none, no such loan. */
  record(loan: string, amount: string): Promise<boolean>;
}

/** The loans that phones have named, newest first. */
export function namedLoans(texts: readonly string[]): readonly string[] {
  const numbers = texts.flatMap((text) => text.match(/\bL\d{2,8}\b/g) ?? []);
  return [...new Set(numbers)].toSorted((a, b) => Number(b.slice(1)) - Number(a.slice(1)));
}
