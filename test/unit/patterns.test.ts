/**
 * What people write is read by regular expressions, in the one thread that serves everybody. One in which a text can be taken
 * apart in two ways inside a repetition needs twice as long with each further character: forty of them stop the process for
 * good, and again after each restart. Two libraries look for that in every pattern of `src`, written or built.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { RegExpParser, visitRegExpAST, type AST } from '@eslint-community/regexpp';
import { getIntersectionWords, JS, NFA, Words } from 'refa';
import { analyse } from 'scslre';
import { parseSync } from 'vite';
import { describe, expect, test } from 'vitest';
import { readMessage } from '../../src/core/conversation/index.ts';
import { businessDate } from '../../src/lib/business-date.ts';

interface Pattern {
  readonly file: string;
  readonly source: string;
  readonly flags: string;
}

const ROOT = path.resolve(import.meta.dirname, '../..');
const parser = new RegExpParser();

function sources(): readonly string[] {
  return readdirSync(path.join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && !file.startsWith('db/generated'))
    .map((file) => path.join(ROOT, 'src', file));
}

/** Every `/…/` of a file. */
function literalsOf(file: string): readonly Pattern[] {
  const found: Pattern[] = [];
  const walk = (node: unknown): void => {
    if (node === null || typeof node !== 'object') return;
    if ('regex' in node) {
      const { pattern, flags } = node.regex as { readonly pattern: string; readonly flags: string };
      found.push({ file, source: pattern, flags });
    }
    for (const value of Object.values(node)) walk(value);
  };
  walk(parseSync(file, readFileSync(file, 'utf8')).program.body);
  return found;
}

/** What modules put together with `new RegExp` when they are loaded. */
function builtBy(files: readonly string[]): readonly Pattern[] {
  const script = path.join(ROOT, 'test/support/built-patterns.ts');
  const printed = execFileSync(process.execPath, ['--import', 'tsx', script, ...files], { cwd: ROOT });
  const patterns = JSON.parse(printed.toString()) as readonly Omit<Pattern, 'file'>[];
  return patterns.map((pattern) => ({ file: 'built', ...pattern }));
}

function patternOf({ source, flags }: Pattern): AST.Pattern {
  return parser.parsePattern(source, 0, source.length, { unicode: flags.includes('u') });
}

/** Repetitions of one character that several quantifiers share. */
function sharedCharacters(pattern: Pattern): readonly string[] {
  const ast = { pattern: patternOf(pattern), flags: parser.parseFlags(pattern.flags) };
  const { reports } = analyse(ast, { reportTypes: { Move: false }, assumeRejectingSuffix: false });
  return reports.flatMap((report) => (report.exponential ? [`${pattern.source}: ${report.type}`] : []));
}

/** Repeated groups two of whose alternatives begin one text that both can finish. */
function ambiguousGroups(pattern: Pattern): readonly string[] {
  const found: string[] = [];
  visitRegExpAST(patternOf(pattern), {
    onQuantifierEnter: ({ max, element, raw }) => {
      if (max !== Number.POSITIVE_INFINITY || !('alternatives' in element)) return;
      const word = ambiguity([...new Set(element.alternatives.flatMap(spelledOut))], pattern.flags);
      if (word !== undefined) found.push(`${raw}: ${word}`);
    },
  });
  return found;
}

function ambiguity(alternatives: readonly string[], given: string): string | undefined {
  const flags = given.replace(/[gyd]/g, '');
  const ways = alternatives.filter((one) => one !== '');
  const rest = `(?:${ways.join('|')})*`;
  const automata = ways.map((way) => automatonOf(`(?:${way})${rest}`, flags));
  for (const [index, one] of automata.entries())
    for (const [offset, other] of automata.slice(index + 1).entries())
      for (const word of wordsOfBoth(one, other)) {
        const [first, second] = [ways[index], ways[index + 1 + offset]];
        const both = [first, second].map((way) => new RegExp(`^(?:${way ?? ''})${rest}$`, flags));
        if (both.every((way) => way.test(word.repeat(2)))) return `${word} = ${first ?? ''}… = ${second ?? ''}…`;
      }
  return undefined;
}

/** Without assertions, which only narrow it: a word it gives is tried on the pattern itself. */
function automatonOf(source: string, flags: string): NFA {
  const ast = JS.Parser.fromAst({
    pattern: parser.parsePattern(source, 0, source.length, { unicode: flags.includes('u') }),
    flags: parser.parseFlags(flags),
  });
  const { expression, maxCharacter } = ast.parse({ assertions: 'ignore' });
  return NFA.fromRegex(expression, { maxCharacter });
}

function wordsOfBoth(one: NFA, other: NFA): readonly string[] {
  const words: string[] = [];
  for (const word of getIntersectionWords(one, other)) {
    words.push(Words.fromUnicodeToString(word));
    if (words.length === 20) break;
  }
  return words;
}

/** An alternative as several without `?`: 想要? is 想 and 想要. */
function spelledOut({ elements }: AST.Alternative): readonly string[] {
  let ways: readonly string[] = [''];
  for (const element of elements) {
    const isOptional = element.type === 'Quantifier' && element.min === 0 && element.max === 1;
    const next = [...(isOptional ? [''] : []), ...waysOf(isOptional ? element.element : element)];
    ways = ways.flatMap((way) => next.map((one) => way + one));
  }
  return ways;
}

function waysOf(element: AST.Element): readonly string[] {
  return element.type === 'Group' ? element.alternatives.flatMap(spelledOut) : [element.raw];
}

describe('patterns', () => {
  const files = sources();
  const written = files.flatMap(literalsOf);
  const building = files.filter(
    (file) => !file.includes('/page/') && readFileSync(file, 'utf8').includes('new RegExp('),
  );
  const patterns = [...written, ...builtBy(building)];

  test('are all seen, those that are put together from pieces too', () => {
    expect(written.length).toBeGreaterThan(500);
    expect(patterns.length - written.length).toBeGreaterThan(50);
  });

  test('never take the same characters by two quantifiers, over and over', () => {
    expect(patterns.flatMap(sharedCharacters)).toEqual([]);
  });

  test('never repeat a group in which a text can be taken apart in two ways', () => {
    expect(patterns.flatMap(ambiguousGroups)).toEqual([]);
  });

  test.each([
    ['^(?:好|嗯+)*吗$', sharedCharacters],
    ['^(?:想要?|要)*吗$', ambiguousGroups],
    ['^(?:刚才?(?:发的)?|我?发的)*吗$', ambiguousGroups],
  ])('the check finds %s', (source, check) => {
    expect(check({ file: '', source, flags: 'u' })).toHaveLength(1);
  });

  test('a lookahead that keeps two ways apart is seen', () => {
    expect(ambiguousGroups({ file: '', source: '^(?:早上|早(?!上)|上周一|周一)*$', flags: 'u' })).toEqual([]);
    expect(ambiguousGroups({ file: '', source: '^(?:早上|早|上周一|周一)*$', flags: 'u' })).toHaveLength(1);
  });
});

describe('a text of forty thousand characters', () => {
  const today = businessDate('2026-11-21');

  test.each(['!', '给\t ', '更正\n\t', 'set ', '错了\t', '嗯', '要想', '刚发的'])('of "%s" is read', (piece) => {
    expect(readMessage(piece.repeat(40_000 / piece.length), today)).not.toHaveProperty('command');
  });

  test('is told, not commanded', () => {
    expect(readMessage('提交 A1087', today).command).toMatchObject({});
    expect(readMessage(`提交 A1087 ${'。'.repeat(2000)}`, today).command).toBeUndefined();
  });
});
