/** Risk decisions: what a table of rules says about an applicant. The strictest rule wins; what is unknown is reviewed. */
import { compileTable, type CompiledTable, type MissingFact } from './compile.ts';
import { creditLimit, limitFacts, type LimitRule } from './limit.ts';
import type { DecisionTable, HitPolicy, TableRow } from './model.ts';
import { type Action, ACTIONS, isAction } from './rule-list.ts';

/** A risk policy ready to run: its table, and the limit formula if it has one. */
export interface RiskPolicy {
  readonly compiled: CompiledTable;
  readonly limit?: LimitRule;
}

/** What was decided, by which version, which rules fired, and what was missing. */
export interface RiskDecision {
  readonly decision: Action;
  readonly version: string;
  readonly hits: readonly string[];
  /** Facts that were absent. Whatever the hits, a decision with missing facts is at least REVIEW. */
  readonly missing: readonly MissingFact[];
  readonly reasons: readonly { readonly id: string; readonly text: string }[];
  /** Whole yuan; 0 on REJECT, absent when there is no formula or one of its facts is missing. */
  readonly limit?: number;
  /** One value of `ROW` per rule. */
  readonly trace: Uint8Array;
}

/** Decides about an applicant. Pure; never throws. */
export function decide(policy: RiskPolicy, facts: Readonly<Record<string, unknown>>): RiskDecision {
  const { hits, missing, trace, version } = policy.compiled.evaluate(facts);
  const asked = hits.map((row) => row.outcome['action']).filter(isAction);
  const ruled = strictest(missing.length > 0 ? [...asked, 'REVIEW'] : asked);
  const limit = policy.limit === undefined ? undefined : limitOf(policy.limit, facts, ruled);
  const unknown = (limit?.missing ?? []).filter((field) => !missing.some((known) => known.field === field));
  const amount = limit?.amount;
  return {
    decision: unknown.length > 0 ? strictest([ruled, 'REVIEW']) : ruled,
    version,
    hits: hits.map((row) => row.id),
    missing: [...missing, ...unknown.map((field) => ({ id: 'limit', field }))],
    reasons: hits.map((row) => ({ id: row.id, text: String(row.outcome['reason'] ?? '') })),
    ...(amount === undefined ? {} : { limit: amount }),
    trace,
  };
}

function strictest(actions: readonly Action[]): Action {
  return ACTIONS[Math.max(0, ...actions.map((action) => ACTIONS.indexOf(action)))] ?? 'REVIEW';
}

function limitOf(
  rule: LimitRule,
  facts: Readonly<Record<string, unknown>>,
  decision: Action,
): { readonly amount: number | undefined; readonly missing: readonly string[] } {
  if (decision === 'REJECT') return { amount: 0, missing: [] };
  const missing = limitFacts(rule).filter((name) => typeof facts[name] !== 'number');
  return { amount: creditLimit(rule, facts), missing };
}

/** The same policy under another hit policy. */
export function withHitPolicy(policy: RiskPolicy, hitPolicy: HitPolicy): RiskPolicy {
  if (policy.compiled.table.hitPolicy === hitPolicy) return policy;
  // Rules without a priority of their own rank by how strict they are.
  const rows = policy.compiled.table.rows.map((row) => ({ ...row, priority: row.priority ?? strictness(row) }));
  const table: DecisionTable = { ...policy.compiled.table, hitPolicy, ...(hitPolicy === 'priority' ? { rows } : {}) };
  const compiled = compileTable(table);
  if (!compiled.ok) throw new Error(`table ${table.name} does not compile under ${hitPolicy}`);
  return { ...policy, compiled: compiled.compiled };
}

function strictness(row: TableRow): number {
  const action = row.outcome['action'];
  return isAction(action) ? ACTIONS.indexOf(action) : 0;
}
