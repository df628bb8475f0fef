/**
 * Long fuzz of the rules room: CEL conditions, cells, table files, workbooks, request bodies; and compiled = naive.
 * `npx tsx test/fuzz/rules.ts [seconds]` prints JSON; `npm run fuzz` runs it with the others.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as fc from 'fast-check';
import { analyseTable } from '../../src/core/rules/analyse.ts';
import { compileCondition } from '../../src/core/rules/cel.ts';
import { formatCell, parseCell } from '../../src/core/rules/cell.ts';
import { compileTable } from '../../src/core/rules/compile.ts';
import { readWorkbook } from '../../src/core/rules/excel.ts';
import { writeWorkbook } from '../../src/core/rules/excel-write.ts';
import { installedRiskPolicy, parseRiskPolicy } from '../../src/core/rules/policy-store.ts';
import { runDecision } from '../../src/core/rules/run-decision.ts';
import { formatTableFile, parseTableFile } from '../../src/core/rules/table-file.ts';
import { AppError } from '../../src/lib/errors.ts';
import { loadTexts } from '../../src/lib/i18n.ts';
import { naiveEvaluate, randomFacts, randomTable } from '../unit/core/rules/random-tables.ts';
import { damaged } from './damage.ts';
import { type FuzzTarget, runFromCommandLine } from './target.ts';

const context = { texts: loadTexts(path.resolve(import.meta.dirname, '../../locales')) };
const credit = readFileSync(path.resolve(import.meta.dirname, '../../flows/policies/credit.yaml'), 'utf8');
const creditTable = installedRiskPolicy('credit', 'collect').compiled.table;
const workbook = await writeWorkbook({ ...creditTable, rows: creditTable.rows.slice(0, 3) });

const token = fc.constantFrom(
  'a',
  'b.c',
  'xs',
  '1',
  '2.5',
  '"t"',
  'true',
  '==',
  '!=',
  '<',
  '>=',
  '&&',
  '||',
  '!',
  '(',
  ')',
  '[',
  ']',
  ',',
  '+',
  '-',
  '*',
  '/',
  '%',
  '?',
  ':',
  '.',
  'in',
  'has',
  'size',
  '.all(x,',
  '.exists(y,',
  '.map(z,',
  'yuan(',
  'null',
  'b"x"',
  '{',
  '}',
  'dyn(',
  'type(',
  'timestamp(',
  '__proto__',
);
const source = fc.oneof(
  fc.array(token, { maxLength: 25 }).map((parts) => parts.join(' ')),
  fc.array(token, { maxLength: 25 }).map((parts) => parts.join('')),
  damaged('a > 1 && (b.c in ["x", "y"] || xs.exists(y, y.z >= yuan(200000)))'),
);
const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom('==', 'in', 'out', 'in[)', 'REJECT', 'a', [1, 2], ['x'], 'id', 'age'),
);

/** Everything fuzzed in this room. */
export const rulesTargets: readonly FuzzTarget[] = [
  {
    name: 'any condition, any facts',
    property: fc.asyncProperty(
      source,
      fc.dictionary(fc.constantFrom('a', 'b', 'xs', 'b.c'), fc.jsonValue()),
      async (text, facts) => {
        const compiled = compileCondition(text);
        if (compiled.ok) compiled.condition.evaluate(facts);
        else if (compiled.position < 0 || compiled.position > text.length)
          throw new Error('a position outside the text');
      },
    ),
  },
  {
    name: 'any cell',
    property: fc.asyncProperty(
      fc.oneof(damaged('in 1, "a\\"b", x'), damaged('out [1.5, 20)'), fc.string({ unit: 'binary', maxLength: 60 })),
      fc.constantFrom('number' as const, 'text' as const, 'boolean' as const),
      async (text, type) => {
        const parsed = parseCell(text, type);
        if (parsed.kind !== 'cell') return;
        const again = parseCell(formatCell(parsed.cell), type);
        if (JSON.stringify(again) !== JSON.stringify(parsed)) throw new Error(`${text} → ${formatCell(parsed.cell)}`);
      },
    ),
  },
  {
    name: 'damaged policy files',
    property: fc.asyncProperty(damaged(credit), async (text) => {
      const policy = parseRiskPolicy(text);
      if (policy.ok) policy.value.compiled.evaluate({ age: 30 });
    }),
  },
  {
    name: 'damaged workbooks',
    property: fc.asyncProperty(
      fc.nat({ max: workbook.length - 1 }),
      fc.uint8Array({ maxLength: 12 }),
      async (at, bytes) => {
        const copy = Buffer.from(workbook);
        copy.set(bytes.subarray(0, copy.length - at), at);
        await readWorkbook(copy);
      },
    ),
  },
  {
    name: 'post any decision',
    property: fc.asyncProperty(
      fc.record(
        {
          policy: fc.oneof(
            fc.constantFrom('credit', 'house'),
            fc.record({
              columns: fc.oneof(fc.constant(['id', 'field', 'op', 'value', 'action']), anything),
              rows: fc.array(fc.oneof(fc.array(anything, { minLength: 5, maxLength: 5 }), anything), { maxLength: 5 }),
            }),
            anything,
          ),
          facts: fc.oneof(fc.dictionary(fc.constantFrom('age', 'a', '__proto__', 'score'), anything), anything),
          hitPolicy: fc.constantFrom('first', 'collect', 'priority'),
        },
        { requiredKeys: [] },
      ),
      async (body) => {
        try {
          runDecision(body, context);
        } catch (error) {
          if (!(error instanceof AppError)) throw error;
        }
      },
    ),
  },
  {
    name: 'compiled = naive, written = read, analysis ends',
    property: fc.asyncProperty(randomTable, randomFacts, async (table, facts) => {
      const result = compileTable(table);
      if (!result.ok) throw new Error(JSON.stringify(result.faults));
      const hits = result.compiled.evaluate(facts).hits.map(({ id }) => id);
      const naive = naiveEvaluate(table, facts, (text) => {
        const condition = compileCondition(text);
        return condition.ok ? condition.condition.evaluate(facts) : 'missing';
      });
      if (hits.join() !== naive.hits.join()) throw new Error(`${hits.join()} against ${naive.hits.join()}`);
      if (!parseTableFile(formatTableFile(table)).ok) throw new Error('a table that cannot be read back');
      analyseTable(table, 50_000);
    }),
  },
];

await runFromCommandLine(import.meta.url, rulesTargets);
