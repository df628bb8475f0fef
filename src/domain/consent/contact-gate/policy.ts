/**
 * Contact policy as dated rows in two layers: what law and standards demand, and what the company adds. The company may
 * tighten, never loosen: `buildPolicies` refuses a row that would allow what the statutory row of that day forbids.
 */
import { type BusinessDate, instantOf } from '../../../lib/business-date.ts';
import { DAY_SECONDS } from './zone-clock.ts';

/** The rules the gate knows (lending §4.1, §4.3; COL-F4, the touch budget, is ours). */
export const RULE_IDS = [
  'COL-T1',
  'COL-F1',
  'COL-F2',
  'COL-F3',
  'COL-F4',
  'COL-P1',
  'COL-P2',
  'COL-P3',
  'COL-P4',
  'COL-I1',
  'COL-B1',
  'COL-C1',
  'MK-1',
  'MK-2',
  'MK-4',
  'MK-6',
] as const;
/** One of {@link RULE_IDS}. */
export type RuleId = (typeof RULE_IDS)[number];

/** Parameters of the rules. Windows are seconds of the local day; [from, to), across midnight when from > to. */
export interface PolicyParams {
  readonly quietFrom?: number;
  readonly quietTo?: number;
  readonly marketingFrom?: number;
  readonly marketingTo?: number;
  readonly maxEffectiveCallsPerDebtorPerDay?: number;
  readonly maxUnansweredPerNumberPerDay?: number;
  readonly maxTextsPerDay?: number;
  readonly minTextGapHours?: number;
  readonly maxTouchesPerDay?: number;
  readonly maxMarketingPerDay?: number;
  readonly maxMarketingPerWeek?: number;
}
/** The name of a parameter. */
export type ParamName = keyof PolicyParams;

/** Which rule each parameter belongs to. */
const PARAM_RULES: Readonly<Record<ParamName, RuleId>> = {
  quietFrom: 'COL-T1',
  quietTo: 'COL-T1',
  marketingFrom: 'MK-4',
  marketingTo: 'MK-4',
  maxEffectiveCallsPerDebtorPerDay: 'COL-F1',
  maxUnansweredPerNumberPerDay: 'COL-F2',
  maxTextsPerDay: 'COL-F3',
  minTextGapHours: 'COL-F3',
  maxTouchesPerDay: 'COL-F4',
  maxMarketingPerDay: 'MK-4',
  maxMarketingPerWeek: 'MK-4',
};

/** All parameter names. */
export const PARAM_NAMES = Object.keys(PARAM_RULES).filter((name): name is ParamName => name in PARAM_RULES);

/** On what a row rests; a company row may loosen a `house` default only. */
type Basis = 'law' | 'standard' | 'house';

/** One dated row: a rule, from when (and until when) it holds, why, and its parameters. */
export interface PolicyRow {
  readonly rule: RuleId;
  readonly from: BusinessDate;
  /** The first day on which it no longer holds. */
  readonly until?: BusinessDate;
  readonly basis: Basis;
  readonly source: string;
  readonly set: PolicyParams;
}

/** What holds at one moment: which rules are on and their parameters, both layers merged. */
export interface Policy {
  readonly rules: ReadonlySet<RuleId>;
  readonly params: PolicyParams;
}

/** A row that cannot be accepted: where it is, a code, and the parameter. */
export interface PolicyFault {
  readonly row: number;
  readonly code: 'loosens' | 'incomplete_window' | 'empty_window' | 'foreign_parameter' | 'dates';
  readonly rule: RuleId;
  readonly param?: ParamName;
}

/** The policies of all times, in order; the gate picks the one that holds at an instant. */
export interface Policies {
  readonly segments: readonly PolicySegment[];
}

/** A policy and from when it holds (epoch ms). */
interface PolicySegment {
  readonly from: number;
  readonly policy: Policy;
}

/** Policies, or what is wrong with the company's rows (or with the statutory ones, when those are edited). */
export type PoliciesResult =
  | { readonly ok: true; readonly policies: Policies }
  | { readonly ok: false; readonly layer: 'statutory' | 'company'; readonly faults: readonly PolicyFault[] };

/** The rules are Chinese law and standards: their days begin at midnight in Shanghai. */
export const LAW_ZONE = 'Asia/Shanghai';

/** Builds the policies from both layers; refuses company rows that loosen law or standard on any day they share. */
export function buildPolicies(statutory: readonly PolicyRow[], company: readonly PolicyRow[]): PoliciesResult {
  for (const [layer, rows] of [
    ['statutory', statutory],
    ['company', company],
  ] as const) {
    const faults = rows.flatMap((row, index) => shapeFaults(row, index));
    if (faults.length > 0) return { ok: false, layer, faults };
  }
  const days = [
    ...new Set([...statutory, ...company].flatMap((row) => (row.until ? [row.from, row.until] : [row.from]))),
  ];
  days.sort();
  const faults = new Map<string, PolicyFault>();
  const segments = days.map((day) => {
    for (const found of loosened(statutory, company, day)) faults.set(`${found.row} ${found.param ?? ''}`, found);
    return { from: instantOf(day, { hour: 0 }, LAW_ZONE).getTime(), policy: policyOn(statutory, company, day) };
  });
  if (faults.size > 0) return { ok: false, layer: 'company', faults: [...faults.values()] };
  return { ok: true, policies: { segments } };
}

/** The policy that holds at an instant; `undefined` before the first row. */
export function policyAt(policies: Policies, at: number): Policy | undefined {
  return policies.segments.findLast((segment) => segment.from <= at)?.policy;
}

/** When the next policy begins after an instant; `undefined` when none is known. */
export function nextPolicyChange(policies: Policies, at: number): number | undefined {
  return policies.segments.find((segment) => segment.from > at)?.from;
}

/**
 * The policy of one moment with parameters laid over it, as a request brings them.
 * Gives the names of those that would loosen law or standard instead, when there are any.
 */
export function tighten(
  statutory: readonly PolicyRow[],
  day: BusinessDate,
  params: PolicyParams,
): { readonly ok: true; readonly policy: Policy } | { readonly ok: false; readonly faults: readonly PolicyFault[] } {
  const rows = rowsOf(params, day);
  const faults = rows.flatMap((row, index) => shapeFaults(row, index, true));
  const loose = [...faults, ...loosened(statutory, rows, day)];
  return loose.length > 0 ? { ok: false, faults: loose } : { ok: true, policy: policyOn(statutory, rows, day) };
}

function rowsOf(params: PolicyParams, from: BusinessDate): readonly PolicyRow[] {
  const byRule = new Map<RuleId, PolicyParams>();
  for (const name of PARAM_NAMES) {
    const value = params[name];
    if (value !== undefined) byRule.set(PARAM_RULES[name], { ...byRule.get(PARAM_RULES[name]), [name]: value });
  }
  return [...byRule].map(([rule, set]) => ({ rule, from, basis: 'house', source: 'request', set }));
}

function policyOn(statutory: readonly PolicyRow[], company: readonly PolicyRow[], day: BusinessDate): Policy {
  const rows = [...current(statutory, day).values(), ...current(company, day).values()];
  const params = Object.assign({}, ...rows.map((row) => row.set)) as PolicyParams;
  return { rules: new Set(rows.map((row) => row.rule)), params };
}

/** The row of each rule that holds on a day: the latest that has begun and not ended. */
function current(rows: readonly PolicyRow[], day: BusinessDate): ReadonlyMap<RuleId, PolicyRow> {
  const found = new Map<RuleId, PolicyRow>();
  for (const row of rows) {
    if (row.from > day || (row.until !== undefined && row.until <= day)) continue;
    const other = found.get(row.rule);
    if (other === undefined || other.from <= row.from) found.set(row.rule, row);
  }
  return found;
}

const WINDOWS: readonly (readonly [ParamName, ParamName])[] = [
  ['quietFrom', 'quietTo'],
  ['marketingFrom', 'marketingTo'],
];

function shapeFaults(row: PolicyRow, index: number, partial = false): readonly PolicyFault[] {
  const at = { row: index, rule: row.rule } as const;
  const names = PARAM_NAMES.filter((name) => row.set[name] !== undefined);
  const faults: PolicyFault[] = names
    .filter((name) => PARAM_RULES[name] !== row.rule)
    .map((param) => ({ ...at, code: 'foreign_parameter', param }));
  if (row.until !== undefined && row.until <= row.from) faults.push({ ...at, code: 'dates' });
  for (const [from, to] of WINDOWS) {
    if (row.set[from] === undefined && row.set[to] === undefined) continue;
    if (row.set[from] === undefined || row.set[to] === undefined) {
      if (!partial) faults.push({ ...at, code: 'incomplete_window', param: from });
    } else if (row.set[from] === row.set[to]) faults.push({ ...at, code: 'empty_window', param: from });
  }
  return faults;
}

/** What the company's rows of a day would allow although law or standard of that day forbid it. */
function loosened(
  statutory: readonly PolicyRow[],
  company: readonly PolicyRow[],
  day: BusinessDate,
): readonly PolicyFault[] {
  const law = current(statutory, day);
  const faults: PolicyFault[] = [];
  for (const row of current(company, day).values()) {
    const bound = law.get(row.rule);
    if (bound === undefined || bound.basis === 'house') continue;
    const index = company.indexOf(row);
    const wanted = { ...bound.set, ...row.set };
    for (const name of PARAM_NAMES) {
      if (row.set[name] !== undefined && loosens(name, bound.set, wanted)) {
        faults.push({ row: index, code: 'loosens', rule: row.rule, param: name });
      }
    }
  }
  return faults;
}

function loosens(name: ParamName, law: PolicyParams, wanted: PolicyParams): boolean {
  if (name === 'quietFrom' || name === 'quietTo') {
    // Quiet hours must cover the law's; the end that fails is named.
    const [outer, inner] = [windowOf(wanted, 'quietFrom', 'quietTo'), windowOf(law, 'quietFrom', 'quietTo')];
    return name === 'quietFrom' ? !begins(outer, inner) : begins(outer, inner) && !covers(outer, inner);
  }
  if (name === 'marketingFrom' || name === 'marketingTo') {
    const [outer, inner] = [
      windowOf(law, 'marketingFrom', 'marketingTo'),
      windowOf(wanted, 'marketingFrom', 'marketingTo'),
    ];
    return name === 'marketingFrom' ? !begins(outer, inner) : begins(outer, inner) && !covers(outer, inner);
  }
  if (name === 'minTextGapHours') return (wanted[name] ?? 0) < (law[name] ?? 0);
  return (wanted[name] ?? 0) > (law[name] ?? Number.POSITIVE_INFINITY);
}

interface DayWindow {
  readonly from: number;
  readonly length: number;
}

function windowOf(params: PolicyParams, from: 'quietFrom' | 'marketingFrom', to: 'quietTo' | 'marketingTo'): DayWindow {
  const start = params[from] ?? 0;
  return { from: start, length: around((params[to] ?? 0) - start) };
}

/** Whether `inner` begins within `outer`. */
function begins(outer: DayWindow, inner: DayWindow): boolean {
  return around(inner.from - outer.from) < outer.length;
}

/** Whether every second of `inner` lies in `outer`, on a clock that goes round. */
function covers(outer: DayWindow, inner: DayWindow): boolean {
  return around(inner.from - outer.from) + inner.length <= outer.length;
}

function around(seconds: number): number {
  return (seconds + DAY_SECONDS) % DAY_SECONDS;
}

/** Whether a window [from, to) of the day, across midnight when from > to, contains a second. */
export function inWindow(second: number, from: number, to: number): boolean {
  return from < to ? second >= from && second < to : second >= from || second < to;
}
