/** The stateless decision `POST /api/v1/decisions/run` (design §10): body in, answer out, no HTTP. */
import { z } from 'zod';
import type { FieldFault } from '../../lib/errors.ts';
import type { Language, Texts } from '../../lib/i18n.ts';
import { fault, invalidRequest, parseBody, pointer } from '../../lib/request-body.ts';
import { compileTable, type MissingFact } from './compile.ts';
import { decide, type RiskPolicy } from './decide.ts';
import { HIT_POLICIES, type HitPolicy, isLiteral, TABLE_LIMITS, type TableFault } from './model.ts';
import { installedRiskPolicy, POLICY_NAMES } from './policy-store.ts';
import { type Action, LIST_COLUMNS, readRuleList } from './rule-list.ts';

const MAX_FACTS = 2000;

/** The request: a policy by name or in full, and the applicant's facts. Money in facts is whole yuan. */
export const decisionRequest = z.strictObject({
  policy: z.union([
    z.enum(POLICY_NAMES),
    z.strictObject({
      columns: z.array(z.string().max(40)).max(LIST_COLUMNS.length),
      rows: z.array(z.array(z.unknown()).max(LIST_COLUMNS.length)).max(TABLE_LIMITS.rows),
    }),
  ]),
  hitPolicy: z.enum(HIT_POLICIES).default('collect'),
  facts: z
    .record(z.string().max(200), z.unknown())
    .refine((facts) => Object.keys(facts).length <= MAX_FACTS, fault('rules.fault.too_many_facts')),
});

/** The answer. An absent fact makes it at least REVIEW; `limit` (whole yuan) comes with named policies, 0 on REJECT. */
export interface DecisionResponse {
  readonly decision: Action;
  readonly hits: readonly string[];
  readonly missing: readonly MissingFact[];
  readonly reasons: readonly { readonly id: string; readonly text: string }[];
  readonly limit?: number;
}

/** What the decision needs from its surroundings. */
export interface DecisionContext {
  readonly texts: Texts;
  readonly language?: Language;
}

/**
 * Answers a decision request.
 * @throws AppError `request.invalid` for a body of another shape, a table with faults (pointer to the cell), or a fact
 * of the wrong type. An absent or null fact is no fault: it leads to a review.
 */
export function runDecision(body: unknown, context: DecisionContext): DecisionResponse {
  const request = parseBody(decisionRequest, body, context);
  const policy =
    typeof request.policy === 'string'
      ? installedRiskPolicy(request.policy, request.hitPolicy)
      : inlinePolicy(request.policy, request.hitPolicy, context);
  const wrong = wrongTypes(policy, request.facts, context);
  if (wrong.length > 0) throw invalidRequest(wrong);
  const { decision, hits, missing, reasons, limit } = decide(policy, request.facts);
  return { decision, hits, missing, reasons, ...(limit === undefined ? {} : { limit }) };
}

interface InlinePolicy {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

function inlinePolicy({ columns, rows }: InlinePolicy, hitPolicy: HitPolicy, context: DecisionContext): RiskPolicy {
  const list = readRuleList(columns, rows, hitPolicy);
  if (!list.ok) throw invalidRequest(list.faults.map((found) => fieldFault(found, columns, context)));
  const compiled = compileTable(list.table);
  if (!compiled.ok) throw invalidRequest(compiled.faults.map((found) => fieldFault(found, columns, context)));
  return { compiled: compiled.compiled };
}

function fieldFault(found: TableFault, columns: readonly string[], { texts, language }: DecisionContext): FieldFault {
  const message = texts.translate(language ?? 'zh-CN', `rules.fault.${found.code}`, {
    column: found.column ?? '',
    ...found.params,
  });
  return { pointer: pointer(placeOf(found, columns)), code: found.code, message };
}

function placeOf({ row, column }: TableFault, columns: readonly string[]): readonly (string | number)[] {
  const index = column === undefined ? -1 : columns.indexOf(column);
  if (row === undefined)
    return index === -1 ? ['policy', column === undefined ? 'rows' : 'columns'] : ['policy', 'columns', index];
  return index === -1 ? ['policy', 'rows', row] : ['policy', 'rows', row, index];
}

/** Facts that are there but are not what the policy compares them with. */
function wrongTypes(
  { compiled }: RiskPolicy,
  facts: Readonly<Record<string, unknown>>,
  { texts, language }: DecisionContext,
): readonly FieldFault[] {
  return compiled.table.facts
    .filter(({ key, type }) => Object.hasOwn(facts, key) && facts[key] !== null && !isLiteral(facts[key], type))
    .map(({ key, type }) => ({
      pointer: pointer(['facts', key]),
      code: 'fact_type',
      message: texts.translate(language ?? 'zh-CN', 'rules.fault.fact_type', { fact: key, type }),
    }));
}
