import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import {
  FACT_NAMES,
  factRecord,
  understandLead,
  type Understanding,
} from '../../../../../src/core/conversation/understand/index.ts';
import { businessDate } from '../../../../../src/lib/business-date.ts';

const folder = path.resolve(import.meta.dirname, '../../../../fixtures/understanding');
const corpusSchema = z.strictObject({
  today: z.string(),
  sentences: z.array(
    z.strictObject({
      text: z.string(),
      facts: z.partialRecord(z.enum(FACT_NAMES), z.union([z.string(), z.number(), z.boolean()])),
      ambiguous: z.array(z.enum(FACT_NAMES)).default([]),
      problems: z.array(z.enum(FACT_NAMES)).default([]),
    }),
  ),
});

interface Tally {
  right: number;
  wrong: number;
  missed: number;
}

const tallies = new Map<string, Tally>();
const faults: string[] = [];

function tally(name: string): Tally {
  const found = tallies.get(name) ?? { right: 0, wrong: 0, missed: 0 };
  tallies.set(name, found);
  return found;
}

function score(text: string, expected: Readonly<Record<string, unknown>>, understood: Understanding): void {
  const actual = factRecord(understood.facts);
  for (const name of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
    const same = expected[name] === actual[name];
    if (same) tally(name).right += 1;
    if (!same && name in actual) tally(name).wrong += 1;
    if (!same && name in expected) tally(name).missed += 1;
    if (!same)
      faults.push(
        `${text}\n      ${name}: expected ${JSON.stringify(expected[name])}, got ${JSON.stringify(actual[name])}`,
      );
  }
}

const ratio = (part: number, whole: number): number => (whole === 0 ? 1 : part / whole);

describe('the understanding corpus', () => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
  let sentences = 0;
  for (const file of files) {
    const corpus = corpusSchema.parse(parse(readFileSync(path.join(folder, file), 'utf8')));
    sentences += corpus.sentences.length;
    for (const sentence of corpus.sentences)
      score(sentence.text, sentence.facts, understandLead(sentence.text, businessDate(corpus.today)));

    test(`${file}: what is ambiguous or impossible is reported apart and left empty`, () => {
      const actual = corpus.sentences.map(({ text }) => {
        const { ambiguous, problems } = understandLead(text, businessDate(corpus.today));
        return { text, ambiguous: ambiguous.map((item) => item.name), problems: problems.map((item) => item.name) };
      });
      expect(actual).toEqual(corpus.sentences.map(({ text, ambiguous, problems }) => ({ text, ambiguous, problems })));
    });
  }

  test('is read with precision of at least 98 % and recall of at least 95 %', () => {
    const all = [...tallies.values()];
    const right = all.reduce((sum, row) => sum + row.right, 0);
    const precision = ratio(right, right + all.reduce((sum, row) => sum + row.wrong, 0));
    const recall = ratio(right, right + all.reduce((sum, row) => sum + row.missed, 0));
    const rows = [...tallies]
      .sort(([a], [b]) => a.localeCompare(b))
      .map(
        ([name, row]) =>
          `  ${name.padEnd(16)} ${String(row.right).padStart(3)} right ${row.wrong} wrong ${row.missed} missed`,
      );
    console.log(
      [
        `${sentences} sentences: precision ${(precision * 100).toFixed(1)} %, recall ${(recall * 100).toFixed(1)} %`,
        ...rows,
        ...faults.map((fault) => `  ! ${fault}`),
      ].join('\n'),
    );

    expect(sentences).toBeGreaterThan(130);
    expect(precision).toBeGreaterThanOrEqual(0.98);
    expect(recall).toBeGreaterThanOrEqual(0.95);
  });

  test('every fact points at the piece of text it came from', () => {
    const text = '新客户 何女士 13800006612 想贷30万周转';

    const spans = Object.fromEntries(
      understandLead(text, businessDate('2026-11-30')).facts.map((fact) => [
        fact.name,
        text.slice(fact.start, fact.end),
      ]),
    );

    expect(spans).toEqual({ name: '何女士', phone: '13800006612', amount: '30万', purpose: '周转' });
  });
});
