/** What a lead knows about the customer's wish, where each fact comes from, and whose turn it is in the rotation. Pure. */
import { z } from 'zod';
import { PURPOSE_CODES } from '../../core/conversation/understand/index.ts';
import { LARGEST_FEN, parseYuan, type Fen } from '../../lib/money.ts';
import { plainName } from '../../lib/plain-name.ts';

/** The company's own products by their code. */
const PRODUCT_CODE = /^P-\d{3}$/;

/** What a customer is called; the mask shows its first character. */
export const customerName = plainName(40, 'fault.customer_name');

const yuan = z.string().refine((text) => (parseYuan(text) ?? -1n) >= 0n, 'fault.yuan');

/**
 * Where a lead came from, as a code of the company's own: `website`, `抖音-深圳`. The column is plain, so nothing goes there
 * that could be a person: no sentence, and no run of digits as long as a phone.
 */
export const leadSource = z
  .string()
  .trim()
  .regex(/^[\p{Script=Han}A-Za-z0-9_-]{1,40}$/u, 'fault.source')
  .refine((source) => !/\d{7}/u.test(source), 'fault.source');

/** Facts as people and forms give them: money is a yuan string, times are months. Unknown things stay absent. */
export const leadFacts = z.strictObject({
  name: customerName.optional(),
  phone: z.string().trim().min(1).max(32).optional(),
  identityNumber: z.string().trim().min(15).max(20).optional(),
  amount: z.string().optional(),
  monthlyPayment: yuan.describe('yuan a month').optional(),
  income: yuan.describe('yuan a month').optional(),
  turnover: yuan.describe('yuan a year').optional(),
  debt: yuan.optional(),
  assetValue: yuan.optional(),
  fund: yuan.optional(),
  term: z.int().min(1).max(1200).optional(),
  /** A code; like the product it stands in a plain column, where no free text belongs. */
  purpose: z.enum(PURPOSE_CODES).optional(),
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
  product: z.string().regex(PRODUCT_CODE, 'fault.product_code').optional(),
});

/** What {@link leadFacts} lets through. */
export type LeadFacts = z.output<typeof leadFacts>;

const { shape } = leadFacts;

/** The same for a lead that exists: `null` takes a fact back. What a case is made of (who, how much, for what) is only replaced. */
export const leadChanges = leadFacts.extend({
  monthlyPayment: shape.monthlyPayment.nullable(),
  income: shape.income.nullable(),
  turnover: shape.turnover.nullable(),
  debt: shape.debt.nullable(),
  assetValue: shape.assetValue.nullable(),
  fund: shape.fund.nullable(),
  city: shape.city.nullable(),
  district: shape.district.nullable(),
  house: shape.house.nullable(),
  houseStatus: shape.houseStatus.nullable(),
  car: shape.car.nullable(),
  carStatus: shape.carStatus.nullable(),
  business: shape.business.nullable(),
  businessMonths: shape.businessMonths.nullable(),
  licenceName: shape.licenceName.nullable(),
});

/** What {@link leadChanges} lets through. */
export type LeadChanges = z.output<typeof leadChanges>;

/** A fact on file: its value, who said it, when. */
export interface RecordedFact {
  readonly value: string | number | boolean;
  readonly by: string;
  readonly at: string;
  /** What the customer says instead, where one of us wrote it: both stand until one of us decides. */
  readonly customer?: { readonly value: string | number | boolean; readonly at: string };
}
/** The facts on file, by name. */
export type RecordedFacts = Readonly<Record<string, RecordedFact>>;

/** Facts that never stand among the recorded ones: they are personal values with a place of their own. */
const PERSONAL = new Set(['name', 'phone', 'identityNumber']);

/** What hangs on a fact, each before what hangs on it in turn: of another house, or of none, nothing is known. */
const DEPENDENTS: readonly (readonly [string, string])[] = [
  ['house', 'houseStatus'],
  ['houseStatus', 'monthlyPayment'],
  ['car', 'carStatus'],
  ['city', 'district'],
];

/** Facts by name; `null` takes one back. */
type Said = Readonly<Record<string, RecordedFact['value'] | null | undefined>>;

/** What the facts say, and what they take back with it: what hangs on a fact goes when that one changes or is denied. */
function withTakenBack(recorded: RecordedFacts, facts: Said): Said {
  const all: Record<string, RecordedFact['value'] | null | undefined> = { ...facts };
  for (const [name, dependent] of DEPENDENTS) {
    const value = all[name];
    if (value === undefined) continue;
    const before = recorded[name]?.value ?? value;
    const isGone = value === null || value === false;
    if (isGone || (before !== value && facts[dependent] === undefined)) all[dependent] = null;
  }
  return all;
}

/**
 * What finds no place beside the facts of `ground`: what hangs on one that is denied there or said otherwise, and what hangs on
 * that in turn. Nobody pays a mortgage on a house he has not got, and no district lies in another city.
 */
export function misplacedFacts(ground: Said, facts: Said): ReadonlySet<string> {
  const misplaced = new Set<string>();
  for (const [name, dependent] of DEPENDENTS) {
    const [there, said] = [ground[name] ?? undefined, facts[name]];
    const isOther = there !== undefined && said !== undefined && said !== there;
    if (isOther || (there ?? said) === false || misplaced.has(name)) misplaced.add(dependent);
  }
  return misplaced;
}

/** Facts on file without who said them. */
export function plainFacts(recorded: RecordedFacts): Readonly<Record<string, RecordedFact['value']>> {
  return Object.fromEntries(Object.entries(recorded).map(([name, { value }]) => [name, value]));
}

/** What the new facts say of a house or a car that, once they are written, is not there. */
export function factsOfNothing(recorded: RecordedFacts, facts: Said): readonly string[] {
  const said = Object.entries(facts).filter(([, value]) => value !== undefined && value !== null);
  const misplaced = misplacedFacts({ ...plainFacts(recorded), ...Object.fromEntries(said) }, facts);
  return said.map(([name]) => name).filter((name) => misplaced.has(name));
}

/** A change of one fact; `null` stands for none. */
export interface FactChange {
  readonly from: RecordedFact['value'] | null;
  readonly to: RecordedFact['value'] | null;
}

/** What the new facts change: old → new by name, with what they take back. Personal values are left out. */
export function changedFacts(recorded: RecordedFacts, facts: Said): Readonly<Record<string, FactChange>> {
  const changes: Record<string, FactChange> = {};
  for (const [name, value] of Object.entries(withTakenBack(recorded, facts))) {
    if (value === undefined || PERSONAL.has(name)) continue;
    const before = recorded[name]?.value ?? null;
    if (before !== value) changes[name] = { from: before, to: value };
  }
  return changes;
}

/** The record with the changes written in. Whoever says again what stands there, one of us or the customer, settles what the customer said instead. */
export function recordFacts(recorded: RecordedFacts, facts: Said, by: string, at: Date): RecordedFacts {
  const changes = changedFacts(recorded, facts);
  const kept = Object.entries(recorded)
    .filter(([name]) => changes[name]?.to !== null)
    .map(([name, { customer, ...fact }]) => [
      name,
      customer === undefined || facts[name] === fact.value ? fact : { ...fact, customer },
    ]);
  const added = Object.entries(changes).flatMap(([name, { to }]) =>
    to === null ? [] : [[name, { value: to, by, at: at.toISOString() }] as const],
  );
  return Object.fromEntries([...kept, ...added]);
}

/** Whether the customer says anything otherwise than it stands there. */
export function isContradicted(recorded: RecordedFacts): boolean {
  return Object.values(recorded).some(({ customer }) => customer !== undefined);
}

/** A customer's answers: those the record takes, and those that contradict what one of us wrote. */
export function weighAnswers(
  recorded: RecordedFacts,
  facts: LeadChanges,
): { readonly taken: LeadChanges; readonly contradicted: readonly string[] } {
  const isOurs = (name: string): boolean => recorded[name] !== undefined && recorded[name].by !== 'customer';
  const contradicted = Object.entries(facts)
    .filter(([name, value]) => Object.keys(changedFacts(recorded, { [name]: value })).some(isOurs))
    .map(([name]) => name);
  const rest = Object.entries(facts).filter(([name]) => !contradicted.includes(name));
  // He has a house after all, with a mortgage: as long as ours holds, there is nothing that could be mortgaged.
  const misplaced = misplacedFacts({ ...plainFacts(recorded), ...Object.fromEntries(rest) }, facts);
  const taken = Object.fromEntries(rest.filter(([name]) => !misplaced.has(name)));
  return { taken, contradicted };
}

/** The record with what the customer says kept beside what we wrote; `news` are the facts he has not said so before. */
export function noteAnswers(
  recorded: RecordedFacts,
  facts: Said,
  contradicted: readonly string[],
  at: Date,
): { readonly noted: RecordedFacts; readonly news: readonly string[] } {
  const noted: Record<string, RecordedFact> = { ...recorded };
  const news: string[] = [];
  for (const name of contradicted) {
    const [ours, value] = [recorded[name], facts[name]];
    if (!ours || value === undefined || value === null || ours.customer?.value === value) continue;
    noted[name] = { ...ours, customer: { value, at: at.toISOString() } };
    news.push(name);
  }
  return { noted, news };
}

/** The wished amount in fen; `invalid` for what no loan can be. */
export function wishedAmount(facts: Pick<LeadFacts, 'amount'>): Fen | undefined | 'invalid' {
  if (facts.amount === undefined) return undefined;
  const amount = parseYuan(facts.amount);
  return amount === undefined || amount <= 0n || amount > LARGEST_FEN ? 'invalid' : amount;
}

/** How a lead came to its owner: he typed it, it was his turn, the customer was his before, or a superior gave it to him. */
export type Assigned = 'TYPED' | 'ROTATION' | 'KEPT' | 'GIVEN';

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
