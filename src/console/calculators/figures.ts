/** Texts of amounts and rates; sums in whole fen, so that nothing is off by one. */

/** "300000.00" in fen. */
export function fen(text: string): bigint {
  const [whole = '0', part = ''] = text.replace('-', '').split('.');
  const amount = BigInt(whole) * 100n + BigInt(part.padEnd(2, '0').slice(0, 2));
  return text.startsWith('-') ? -amount : amount;
}

/** Fen as "300,000.00". */
export function yuan(amount: bigint): string {
  const absolute = amount < 0n ? -amount : amount;
  const whole = (absolute / 100n).toString().replace(/\B(?=(\d{3})+$)/g, ',');
  return `${amount < 0n ? '−' : ''}${whole}.${(absolute % 100n).toString().padStart(2, '0')}`;
}

/** "300000.00" as "300,000.00". */
export function grouped(text: string): string {
  return yuan(fen(text));
}

/** A fraction of eight decimals as percent with two: "0.12958709" is "12.96%". Half up, as everywhere. */
export function percent(fraction: string): string {
  const negative = fraction.startsWith('-');
  const [whole = '0', part = ''] = fraction.replace('-', '').split('.');
  const units = BigInt(whole) * 100_000_000n + BigInt(part.padEnd(8, '0').slice(0, 8));
  const hundredths = (units + 5_000n) / 10_000n; // of a percent
  const text = `${hundredths / 100n}.${(hundredths % 100n).toString().padStart(2, '0')}%`;
  return negative && hundredths > 0n ? `−${text}` : text;
}
