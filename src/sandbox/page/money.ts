const GROUPED = new Intl.NumberFormat('en', { minimumFractionDigits: 2 });

/** "12860.5" as "12,860.50", as it stands in the chats. */
export function grouped(amount: string): string {
  return GROUPED.format(amount as Intl.StringNumericLiteral);
}
