/**
 * First two digits of an administrative division code (GB/T 2260): the provinces. Counties come and go and old numbers
 * keep abolished ones, so nothing below the province is checked.
 */
const PROVINCES: ReadonlySet<string> = new Set(
  '11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82'.split(' '),
);

/** Whether two digits name a province, municipality, autonomous or special administrative region. */
export function isProvince(digits: string): boolean {
  return PROVINCES.has(digits);
}
