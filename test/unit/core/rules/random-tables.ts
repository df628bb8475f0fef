/** Random decision tables and facts for properties, and a slow second opinion on what a table says. */
import * as fc from 'fast-check';
import type { Cell, DecisionTable, FactColumn, FactType, Literal, Operator } from '../../../../src/core/rules/model.ts';

const FACTS: readonly FactColumn[] = [
  { key: 'age', label: '年龄', type: 'number', whole: true, min: 0, max: 120 },
  { key: 'dti', type: 'number' },
  { key: 'purpose', label: '用途', type: 'text', values: ['购房', '炒股', '经营', 'other use'] },
  { key: 'city', type: 'text' },
  { key: 'sealed', type: 'boolean' },
];

const number = fc.oneof(
  fc.integer({ min: -3, max: 12 }),
  fc.double({ min: -2, max: 12, noNaN: true }).map((value) => value || 0),
);
const word = fc.constantFrom('上海', '杭州', 'in', 'true', '5', 'a, b', '"q"', '-', ' x', '[1, 2]');

function literalFor(column: FactColumn): fc.Arbitrary<Literal> {
  if (column.type === 'boolean') return fc.boolean();
  if (column.values !== undefined) return fc.constantFrom(...column.values);
  return column.type === 'text' ? word : column.whole === true ? fc.integer({ min: 0, max: 12 }) : number;
}

/** Any valid cell of a column. */
export function cellFor(column: FactColumn): fc.Arbitrary<Cell> {
  const literal = literalFor(column);
  const equal = fc.record({ op: fc.constantFrom('==', '!='), value: literal });
  const list = fc.record({
    op: fc.constantFrom('in', 'nin'),
    value: fc.array(literal, { minLength: 1, maxLength: 4 }),
  });
  if (column.type !== 'number') return fc.oneof(equal, list);
  const ordered = fc.record({ op: fc.constantFrom('<', '<=', '>', '>='), value: literal });
  const range = fc
    .tuple(fc.constantFrom('in[]', 'in[)', 'in(]', 'in()', 'out'), literal, literal)
    .filter(([, low, high]) => low !== high)
    .map(([op, low, high]) => ({ op, value: [low, high].toSorted((a, b) => Number(a) - Number(b)) }));
  return fc.oneof(equal, list, ordered, range);
}

const cells = fc
  .tuple(...FACTS.map((column) => fc.option(cellFor(column), { nil: undefined, freq: 1 })))
  .map((list): Record<string, Cell> => {
    const entries = FACTS.flatMap(({ key }, index) => {
      const cell = list[index];
      return cell === undefined ? [] : [[key, cell] as const];
    });
    return Object.fromEntries(entries);
  });

const row = fc.record(
  {
    cells,
    when: fc.constantFrom('age > 5 && dti < 1.5', 'city == "上海" || sealed', 'has(extra.flag) && extra.flag'),
    outcome: fc.record({
      action: fc.constantFrom('APPROVE', 'REVIEW', 'REJECT'),
      points: fc.integer({ min: -5, max: 5 }),
      notify: fc.boolean(),
    }),
    priority: fc.integer({ min: -2, max: 2 }),
    note: fc.constantFrom('说明', 'see # 3', ': yes'),
  },
  { requiredKeys: ['cells', 'outcome'] },
);

/** Any valid table with up to a dozen rows. */
export const randomTable: fc.Arbitrary<DecisionTable> = fc
  .record(
    {
      title: fc.constantFrom('测试表', 'a: b # c'),
      hitPolicy: fc.constantFrom('first' as const, 'collect' as const, 'priority' as const),
      rows: fc.array(row, { minLength: 1, maxLength: 12 }),
      otherwise: fc.constant({ action: 'APPROVE', points: 0, notify: false }),
    },
    { requiredKeys: ['hitPolicy', 'rows'] },
  )
  .map(({ rows, ...rest }): DecisionTable => ({
    formatVersion: 1,
    name: 'random',
    facts: FACTS,
    outputs: [
      { key: 'action', label: '结论', type: 'text' },
      { key: 'points', type: 'number' },
      { key: 'notify', type: 'boolean' },
    ],
    rows: rows.map((given, index) => ({ id: `R${index + 1}`, ...given })),
    ...rest,
  }));

/** Facts for such a table: often absent, sometimes null, NaN or of a wrong type. */
export const randomFacts: fc.Arbitrary<Record<string, unknown>> = fc.record(
  {
    age: fc.oneof(
      { weight: 6, arbitrary: fc.integer({ min: 0, max: 12 }) },
      { weight: 1, arbitrary: fc.constantFrom('12', null, 3n, Number.NaN) },
    ),
    dti: fc.oneof({ weight: 6, arbitrary: number }, { weight: 1, arbitrary: fc.constantFrom(true, null) }),
    purpose: fc.constantFrom('购房', '炒股', '经营', 'other use', 7),
    city: fc.oneof(word, fc.constantFrom(null, 1)),
    sealed: fc.oneof(fc.boolean(), fc.constantFrom('true', null)),
    extra: fc.constantFrom({ flag: true }, { flag: false }, {}),
  },
  { requiredKeys: [] },
);

/** Yes, no, or unknown (`undefined`). */
type Verdict = boolean | undefined;

function compare(cell: Cell, value: Literal): boolean {
  const [low, high] = Array.isArray(cell.value) ? (cell.value as Literal[]) : [cell.value as Literal];
  const list = cell.value as Literal[];
  const [v, a, b] = [Number(value), Number(low), Number(high)];
  const verdicts: Record<Operator, boolean> = {
    '==': value === cell.value,
    '!=': value !== cell.value,
    '<': v < a,
    '<=': v <= a,
    '>': v > a,
    '>=': v >= a,
    in: Array.isArray(list) && list.some((literal) => literal === value),
    nin: Array.isArray(list) && list.every((literal) => literal !== value),
    'in[]': a <= v && v <= b,
    'in[)': a <= v && v < b,
    'in(]': a < v && v <= b,
    'in()': a < v && v < b,
    out: !(a <= v && v <= b),
  };
  return verdicts[cell.op];
}

function typed(value: unknown, type: FactType): Literal | undefined {
  if (type === 'number') {
    const plain = typeof value === 'bigint' ? Number(value) : value;
    return typeof plain === 'number' && !Number.isNaN(plain) ? plain : undefined;
  }
  if (type === 'text') return typeof value === 'string' ? value : undefined;
  return typeof value === 'boolean' ? value : undefined;
}

/** What a table says, row by row, by reading it anew each time: the second opinion for the compiled form. */
export function naiveEvaluate(
  table: DecisionTable,
  facts: Readonly<Record<string, unknown>>,
  ask: (condition: string) => boolean | 'missing',
): { readonly hits: readonly string[]; readonly unknown: readonly string[] } {
  const verdicts = table.rows.map((given): Verdict => {
    const parts = Object.entries(given.cells).map(([key, cell]): Verdict => {
      const column = table.facts.find((fact) => fact.key === key)!;
      const value = typed(facts[key], column.type);
      return value === undefined ? undefined : compare(cell, value);
    });
    if (given.when !== undefined) {
      const answer = ask(given.when);
      parts.push(answer === 'missing' ? undefined : answer);
    }
    if (parts.includes(false)) return false;
    return parts.includes(undefined) ? undefined : true;
  });
  const ids = (wanted: Verdict, until = Infinity): string[] =>
    table.rows.filter((_, index) => index < until && verdicts[index] === wanted).map(({ id }) => id);
  if (table.hitPolicy === 'first') {
    const first = verdicts.indexOf(true);
    return {
      hits: first === -1 ? [] : [table.rows[first]!.id],
      unknown: ids(undefined, first === -1 ? Infinity : first),
    };
  }
  if (table.hitPolicy === 'collect') return { hits: ids(true), unknown: ids(undefined) };
  const fired = table.rows.filter((_, index) => verdicts[index] === true);
  const best = Math.max(...fired.map(({ priority = 0 }) => priority));
  return {
    hits: fired
      .filter(({ priority = 0 }) => priority === best)
      .slice(0, 1)
      .map(({ id }) => id),
    unknown: ids(undefined),
  };
}
