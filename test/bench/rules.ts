/**
 * Evaluations per second of a table of 50 rows with operator cells, with its trace, beside json-rules-engine and
 * zen-engine on the same rules and applicants in the same run. All three must find the same hits before they are timed.
 * `npx tsx test/bench/rules.ts` prints JSON.
 */
import { pathToFileURL } from 'node:url';
import { ZenEngine } from '@gorules/zen-engine';
import { Engine, type RuleProperties } from 'json-rules-engine';
import { compileCondition } from '../../src/core/rules/cel.ts';
import { compileTable, type CompiledTable } from '../../src/core/rules/compile.ts';
import type { Cell, DecisionTable, Literal } from '../../src/core/rules/model.ts';
import { installedRiskPolicy } from '../../src/core/rules/policy-store.ts';
import type { BenchRow } from './repayments.ts';

type Facts = Readonly<Record<string, Literal>>;

/** The credit policy twice over, the second time with other constants: 50 rows over 21 facts. */
function fiftyRows(): DecisionTable {
  const { table } = installedRiskPolicy('credit', 'collect').compiled;
  const shift = (value: Literal): Literal =>
    typeof value === 'number' ? Math.round((value * 1.1 + 0.01) * 100) / 100 : value;
  const second = table.rows.map((row) => ({
    ...row,
    id: `${row.id}b`,
    cells: Object.fromEntries(
      Object.entries(row.cells).map(([key, { op, value }]): [string, Cell] => [
        key,
        { op, value: Array.isArray(value) ? (value as Literal[]).map(shift) : shift(value as Literal) },
      ]),
    ),
  }));
  return { ...table, rows: [...table.rows, ...second] };
}

const CLEAN: Facts = {
  id_checksum_ok: true,
  age: 34,
  id_valid_days: 2000,
  three_factor: 'MATCH',
  face_score: 0.93,
  bureau_consent: true,
  internal_blacklist: false,
  court_dishonest: false,
  court_exec_amt_3y: 0,
  is_student: false,
  occupation_banned: false,
  overdue_now_amt: 0,
  overdue_consec_24m: 0,
  overdue_total_24m: 0,
  hard_query_3m: 2,
  nbank_orgs_30d: 1,
  unsettled_orgs: 2,
  card_util: 0.35,
  dti: 0.32,
  device_ids_7d: 1,
  score: 655,
};

const APPLICANTS: readonly Facts[] = [
  CLEAN,
  { ...CLEAN, card_util: 0.92, score: 545 },
  { ...CLEAN, overdue_consec_24m: 3, overdue_total_24m: 7, score: 530 },
  { ...CLEAN, dti: 0.61, score: 690 },
  { ...CLEAN, nbank_orgs_30d: 9, hard_query_3m: 11, device_ids_7d: 4 },
  { ...CLEAN, age: 21, face_score: 0.75 },
  { ...CLEAN, three_factor: 'MISMATCH', is_student: true },
  { ...CLEAN, overdue_now_amt: 800, id_valid_days: 12 },
];

/** Runs for about a second after a warm-up and gives calls per second, the best of five rounds. */
function rate(calls: number, work: (index: number) => unknown): number {
  for (let index = 0; index < calls; index += 1) work(index);
  let best = 0;
  for (let round = 0; round < 5; round += 1) {
    const start = performance.now();
    for (let index = 0; index < calls; index += 1) work(index);
    best = Math.max(best, (calls / (performance.now() - start)) * 1000);
  }
  return Math.round(best);
}

async function asyncRate(calls: number, work: (index: number) => Promise<unknown>): Promise<number> {
  for (let index = 0; index < calls; index += 1) await work(index);
  let best = 0;
  for (let round = 0; round < 3; round += 1) {
    const start = performance.now();
    for (let index = 0; index < calls; index += 1) await work(index);
    best = Math.max(best, (calls / (performance.now() - start)) * 1000);
  }
  return Math.round(best);
}

function applicant(index: number): Facts {
  return APPLICANTS[index % APPLICANTS.length] ?? CLEAN;
}

interface Rival {
  readonly name: string;
  hits(facts: Facts): Promise<readonly string[]>;
}

/** The same rules as one json-rules-engine rule per row. */
function jsonRules(table: DecisionTable): Rival {
  const engine = new Engine([], { allowUndefinedFacts: true });
  const pair = (value: unknown): [number, number] => value as [number, number];
  engine.addOperator('in[]', (fact: number, value: unknown) => fact >= pair(value)[0] && fact <= pair(value)[1]);
  engine.addOperator('in[)', (fact: number, value: unknown) => fact >= pair(value)[0] && fact < pair(value)[1]);
  engine.addOperator('in(]', (fact: number, value: unknown) => fact > pair(value)[0] && fact <= pair(value)[1]);
  engine.addOperator('out', (fact: number, value: unknown) => fact < pair(value)[0] || fact > pair(value)[1]);
  const names: Readonly<Record<string, string>> = {
    '==': 'equal',
    '!=': 'notEqual',
    '<': 'lessThan',
    '<=': 'lessThanInclusive',
    '>': 'greaterThan',
    '>=': 'greaterThanInclusive',
    in: 'in',
    nin: 'notIn',
  };
  for (const row of table.rows) {
    const all = Object.entries(row.cells).map(([fact, { op, value }]) => ({ fact, operator: names[op] ?? op, value }));
    const rule: RuleProperties = { conditions: { all }, event: { type: row.id } };
    engine.addRule(rule);
  }
  return {
    name: 'json-rules-engine',
    async hits(facts) {
      const { events } = await engine.run({ ...facts });
      return events.map(({ type }) => type);
    },
  };
}

/** The same rules as one zen-engine decision table that collects, with its trace on. */
function zen(table: DecisionTable): Rival {
  const inputs = table.facts.map(({ key }) => ({ id: key, name: key, type: 'expression', field: key }));
  const rules = table.rows.map((row) => ({
    _id: row.id,
    ...Object.fromEntries(
      table.facts.map(({ key }) => [key, row.cells[key] === undefined ? '' : zenCell(row.cells[key])]),
    ),
    hit: JSON.stringify(row.id),
  }));
  const content = {
    nodes: [
      { id: 'in', type: 'inputNode', name: 'in', position: { x: 0, y: 0 } },
      {
        id: 'table',
        type: 'decisionTableNode',
        name: 'table',
        position: { x: 0, y: 0 },
        content: {
          hitPolicy: 'collect',
          inputs,
          outputs: [{ id: 'hit', name: 'hit', type: 'expression', field: 'hit' }],
          rules,
        },
      },
      { id: 'out', type: 'outputNode', name: 'out', position: { x: 0, y: 0 } },
    ],
    edges: [
      { id: 'a', sourceId: 'in', targetId: 'table', type: 'edge' },
      { id: 'b', sourceId: 'table', targetId: 'out', type: 'edge' },
    ],
  };
  const decision = new ZenEngine().createDecision(Buffer.from(JSON.stringify(content)));
  return {
    name: 'zen-engine',
    async hits(facts) {
      const { result } = (await decision.evaluate(facts, { trace: true })) as { result: { hit: string }[] };
      return result.map(({ hit }) => hit);
    },
  };
}

function zenCell({ op, value }: Cell): string {
  const text = JSON.stringify(value);
  const [low, high] = Array.isArray(value) ? (value as Literal[]) : [];
  const ranges: Readonly<Record<string, string>> = {
    'in[]': `[${low}..${high}]`,
    'in[)': `[${low}..${high})`,
    'in(]': `(${low}..${high}]`,
    'in()': `(${low}..${high})`,
    out: `< ${low} or > ${high}`,
    nin: `not in ${text}`,
    in: `in ${text}`,
    '==': text,
  };
  return ranges[op] ?? `${op} ${text}`;
}

async function mustAgree(ours: CompiledTable, rival: Rival): Promise<void> {
  for (const facts of APPLICANTS) {
    const expected = ours.evaluate(facts).hits.map(({ id }) => id);
    const found = await rival.hits(facts);
    if (expected.toSorted().join() !== [...found].toSorted().join()) {
      throw new Error(`${rival.name} found ${found.join()} where we find ${expected.join()}`);
    }
  }
}

/** All figures of the rules room. */
export async function benchRules(): Promise<readonly BenchRow[]> {
  const table = fiftyRows();
  const compiled = compileTable(table);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.faults));
  const ours = compiled.compiled;
  const rivals = [jsonRules(table), zen(table)];
  for (const rival of rivals) await mustAgree(ours, rival);
  let sum = 0;
  const rows: BenchRow[] = [];
  const speed = rate(200_000, (index) => {
    sum += ours.evaluate(applicant(index)).trace[49] ?? 0;
  });
  if (sum === 0) throw new Error('nothing was evaluated');
  rows.push({ name: 'table of 50 rows, operator cells, with trace', value: speed, unit: '/s', goal: '>= 300000' });
  for (const rival of rivals) {
    const other = await asyncRate(rival.name === 'zen-engine' ? 3000 : 400, (index) => rival.hits(applicant(index)));
    rows.push({ name: `the same rules in ${rival.name}`, value: other, unit: '/s', goal: '' });
    rows.push({ name: `ours against ${rival.name}`, value: Math.round(speed / other), unit: 'x', goal: '>= 1' });
  }
  const condition = compileCondition('amount > yuan(200000) && city in ["上海", "杭州"] && dti < 0.7');
  if (!condition.ok) throw new Error(condition.message);
  const cel = rate(50_000, () => condition.condition.evaluate({ amount: 30_000_000n, city: '杭州', dti: 0.5 }));
  rows.push({ name: 'CEL condition of three facts', value: cel, unit: '/s', goal: '' });
  return rows;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.log(JSON.stringify(await benchRules(), null, 2));
}
