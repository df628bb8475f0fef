/** What a lead knows about the customer's wish, where each fact comes from, and whose turn it is in the rotation. Pure. */
import { z } from 'zod';
import { parseYuan, type Fen } from '../../lib/money.ts';

const yuan = z.string().refine((text) => (parseYuan(text) ?? -1n) >= 0n, 'fault.yuan');

/** Facts as people and forms give them: money is a yuan string, times are months. Unknown things stay absent. */
export const leadFacts = z.strictObject({
  name: z.string().trim().min(1).max(40).optional(),
  phone: z.string().trim().min(1).max(32).optional(),
  identityNumber: z.string().trim().min(15).max(20).optional(),
  amount: z.string().optional(),
  monthlyPayment: yuan.optional(),
  income: yuan.optional(),
  turnover: yuan.optional(),
  debt: yuan.optional(),
  assetValue: yuan.optional(),
  fund: yuan.optional(),
  term: z.int().min(1).max(1200).optional(),
  purpose: z.string().max(40).optional(),
  city: z.string().max(40).optional(),
  district: z.string().max(40).optional(),
  house: z.boolean().optional(),
  houseStatus: z.string().max(20).optional(),
  car: z.boolean().optional(),
  carStatus: z.string().max(20).optional(),
  business: z.union([z.boolean(), z.string().max(50)]).optional(),
  businessMonths: z.int().min(0).max(1200).optional(),
  licenceName: z.string().max(80).optional(),
  date: z.iso.date().optional(),
  product: z.string().max(20).optional(),
});

export type LeadFacts = z.output<typeof leadFacts>;

/** A fact on file: its value, who said it, when. */
export interface RecordedFact {
  readonly value: string | number | boolean;
  readonly by: string;
  readonly at: string;
  /** What the customer says instead, where one of us wrote it: both stand until one of us decides. */
  readonly customer?: { readonly value: string | number | boolean; readonly at: string };
}
export type RecordedFacts = Readonly<Record<string, RecordedFact>>;

/** Facts that never stand among the recorded ones: they are personal values with a place of their own. */
const PERSONAL = new Set(['name', 'phone', 'identityNumber']);

/** What the new facts change: old → new by name. Personal values are left out. */
export function changedFacts(
  recorded: RecordedFacts,
  facts: LeadFacts,
): Readonly<Record<string, { readonly from: RecordedFact['value'] | null; readonly to: RecordedFact['value'] }>> {
  const changes: Record<string, { from: RecordedFact['value'] | null; to: RecordedFact['value'] }> = {};
  for (const [name, value] of Object.entries(facts)) {
    if (value === undefined || PERSONAL.has(name)) continue;
    const before = recorded[name]?.value;
    if (before !== value) changes[name] = { from: before ?? null, to: value };
  }
  return changes;
}

/** The record with the changes written in. */
export function recordFacts(recorded: RecordedFacts, facts: LeadFacts, by: string, at: Date): RecordedFacts {
  const changes = changedFacts(recorded, facts);
  const added = Object.entries(changes).map(
    ([name, change]) => [name, { value: change.to, by, at: at.toISOString() }] as const,
  );
  return { ...recorded, ...Object.fromEntries(added) };
}

/** A customer's answers: those the record takes, and those that contradict what one of us wrote. */
export function weighAnswers(
  recorded: RecordedFacts,
  facts: LeadFacts,
): { readonly taken: LeadFacts; readonly contradicted: readonly string[] } {
  const contradicted = Object.keys(changedFacts(recorded, facts)).filter(
    (name) => recorded[name] !== undefined && recorded[name].by !== 'customer',
  );
  const taken = Object.fromEntries(Object.entries(facts).filter(([name]) => !contradicted.includes(name)));
  return { taken, contradicted };
}

/** The record with what the customer says kept beside what we wrote; `news` are the facts he has not said so before. */
export function noteAnswers(
  recorded: RecordedFacts,
  facts: LeadFacts,
  contradicted: readonly string[],
  at: Date,
): { readonly noted: RecordedFacts; readonly news: readonly string[] } {
  const said: Readonly<Record<string, RecordedFact['value'] | undefined>> = facts;
  const noted: Record<string, RecordedFact> = { ...recorded };
  const news: string[] = [];
  for (const name of contradicted) {
    const [ours, value] = [recorded[name], said[name]];
    if (!ours || value === undefined || ours.customer?.value === value) continue;
    noted[name] = { ...ours, customer: { value, at: at.toISOString() } };
    news.push(name);
  }
  return { noted, news };
}

const MAX_AMOUNT_FEN = 100_000_000_000_000n; // 10^12 yuan: beyond it a figure is a typing error

/** The wished amount in fen; `invalid` for what no loan can be. */
export function wishedAmount(facts: LeadFacts): Fen | undefined | 'invalid' {
  if (facts.amount === undefined) return undefined;
  const amount = parseYuan(facts.amount);
  return amount === undefined || amount <= 0n || amount > MAX_AMOUNT_FEN ? 'invalid' : amount;
}

/** A salesperson's place in the rotation. */
export interface RotationSeat {
  readonly staffId: string;
  readonly teamId: string | null;
  /** Leads from the rotation since the newest colleague joined: nobody has to catch up with the years before. */
  readonly assigned: number;
  /** When the last of them came; before the first one, when the person joined. */
  readonly waitingSince: Date;
}

/**
 * Whose turn it is: fewest leads, then the longest waiting, then the order given. So among those who stay the spread is never
 * more than one.
 */
export function nextInRotation(seats: readonly RotationSeat[]): RotationSeat | undefined {
  return [...seats].sort((a, b) => a.assigned - b.assigned || a.waitingSince.getTime() - b.waitingSince.getTime())[0];
}
