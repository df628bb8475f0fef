/** Cells: their check, their text form for YAML and Excel (`[22, 55]`, `>= 6`, `in 购房, 炒股`), and what they test. */
import {
  type Cell,
  type FactColumn,
  type FactType,
  isLiteral,
  type Literal,
  type Operator,
  OPERATORS,
  TABLE_LIMITS,
  type TableFaultCode,
} from './model.ts';

const ORDERED: ReadonlySet<Operator> = new Set(['<', '<=', '>', '>=']);
const RANGES: ReadonlySet<Operator> = new Set(['in[]', 'in[)', 'in(]', 'in()', 'out']);

/** Whether a word is an operator. */
export function isOperator(text: unknown): text is Operator {
  return typeof text === 'string' && (OPERATORS as readonly string[]).includes(text);
}

/** What is wrong with a cell in its column; `undefined` when nothing is. */
export function cellFault(cell: Cell, column: FactColumn): TableFaultCode | undefined {
  if (ORDERED.has(cell.op))
    return isLiteral(cell.value, 'number') && column.type === 'number' ? undefined : 'literal_type';
  if (RANGES.has(cell.op)) return rangeFault(cell, column.type);
  const literals = cell.op === 'in' || cell.op === 'nin' ? cell.value : [cell.value];
  if (!Array.isArray(literals)) return 'literal_type';
  if (literals.length === 0) return 'list_empty';
  if (literals.length > TABLE_LIMITS.values) return 'list_too_long';
  if (!literals.every((literal) => isLiteral(literal, column.type))) return 'literal_type';
  const known = column.values;
  return known !== undefined && !literals.every((literal) => known.includes(String(literal)))
    ? 'not_in_values'
    : undefined;
}

function rangeFault(cell: Cell, type: FactType): TableFaultCode | undefined {
  if (type !== 'number') return 'literal_type';
  const [low, high, ...more] = Array.isArray(cell.value) ? (cell.value as readonly unknown[]) : [];
  if (low === undefined || high === undefined || more.length > 0) return 'range_shape';
  if (typeof low !== 'number' || typeof high !== 'number') return 'literal_type';
  if (!Number.isFinite(low) || !Number.isFinite(high)) return 'literal_type';
  const closed = cell.op === 'in[]' || cell.op === 'out';
  return low < high || (closed && low === high) ? undefined : 'range_empty';
}

type NumberTest = (value: number) => boolean;

const NUMBER_TESTS: Readonly<Record<Operator, (low: number, high: number, set: ReadonlySet<unknown>) => NumberTest>> = {
  '==': (low) => (value) => value === low,
  '!=': (low) => (value) => value !== low,
  '<': (low) => (value) => value < low,
  '<=': (low) => (value) => value <= low,
  '>': (low) => (value) => value > low,
  '>=': (low) => (value) => value >= low,
  in: (_low, _high, set) => (value) => set.has(value),
  nin: (_low, _high, set) => (value) => !set.has(value),
  'in[]': (low, high) => (value) => value >= low && value <= high,
  'in[)': (low, high) => (value) => value >= low && value < high,
  'in(]': (low, high) => (value) => value > low && value <= high,
  'in()': (low, high) => (value) => value > low && value < high,
  out: (low, high) => (value) => value < low || value > high,
};

/** What a checked cell of a number column tests. */
export function numberTest(cell: Cell): NumberTest {
  const [low, high] = bounds(cell);
  return NUMBER_TESTS[cell.op](low, high, literalsOf(cell));
}

/** What a checked cell of a text or boolean column tests. */
export function wordTest(cell: Cell): (value: Literal) => boolean {
  const { op, value } = cell;
  if (op === '==') return (given) => given === value;
  if (op === '!=') return (given) => given !== value;
  const set = literalsOf(cell);
  return op === 'nin' ? (given) => !set.has(given) : (given) => set.has(given);
}

/** All constants of a cell. */
export function literalsOf({ value }: Cell): ReadonlySet<Literal> {
  return new Set(Array.isArray(value) ? (value as readonly Literal[]) : [value as Literal]);
}

/** The numbers of a range or of an ordered comparison; zeros for cells that have none. */
export function bounds({ value }: Cell): readonly [number, number] {
  const [low, high = low] = Array.isArray(value) ? (value as readonly Literal[]) : [value as Literal];
  return [Number(low ?? 0), Number(high ?? 0)];
}

const BRACKETS: Readonly<Partial<Record<Operator, readonly [string, string]>>> = {
  'in[]': ['[', ']'],
  'in[)': ['[', ')'],
  'in(]': ['(', ']'],
  'in()': ['(', ')'],
};

/** The cell as people write it; `parseCell` reads it back to the same cell. */
export function formatCell({ op, value }: Cell): string {
  const brackets = BRACKETS[op];
  if (Array.isArray(value)) {
    const list = (value as readonly Literal[]).map((literal) => formatLiteral(literal)).join(', ');
    if (brackets !== undefined) return `${brackets[0]}${list}${brackets[1]}`;
    return op === 'out' ? `out [${list}]` : `${op} ${list}`;
  }
  const literal = formatLiteral(value as Literal);
  return op === '==' ? literal : `${op} ${literal}`;
}

// A text that could be taken for something else is written in JSON quotes.
const PLAIN_TEXT = /^[\p{L}_][\p{L}\p{N}_./%-]{0,100}$/u;

function formatLiteral(literal: Literal): string {
  if (typeof literal !== 'string') return String(literal);
  return PLAIN_TEXT.test(literal) && !WORDS.has(literal) ? literal : JSON.stringify(literal);
}

const WORDS: ReadonlySet<string> = new Set(['in', 'nin', 'out', 'true', 'false', 'any']);

/** A cell, nothing (the fact may be anything), or a fault. */
export type ParsedCell =
  | { readonly kind: 'cell'; readonly cell: Cell }
  | { readonly kind: 'any' }
  | { readonly kind: 'fault'; readonly code: TableFaultCode };

const FAULT: ParsedCell = { kind: 'fault', code: 'cell_syntax' };

/** Reads the text of a cell in a column of the type. Blank, `-` and `any` mean anything. Never throws. */
export function parseCell(written: string, type: FactType): ParsedCell {
  const text = halfWidthSigns(written.trim());
  if (text === '' || text === '-' || text === 'any') return { kind: 'any' };
  if (text.length > TABLE_LIMITS.text * 20) return { kind: 'fault', code: 'text_too_long' };
  const range = /^(?<out>out\s*)?(?<open>[[(])(?<inner>[^[\]()]*)(?<close>[\])])$/u.exec(text)?.groups;
  if (range !== undefined && type === 'number') return parseRange(range);
  const operator = /^(?<op>==|!=|<=|>=|<|>|=|n?in(?=[\s"]))\s*(?<rest>.*)$/su.exec(text)?.groups;
  if (operator === undefined) return single('==', text, type);
  const { op = '', rest = '' } = operator;
  if (op === 'in' || op === 'nin') return list(op, rest, type);
  const known = op === '=' ? '==' : op;
  return isOperator(known) ? single(known, rest, type) : FAULT;
}

function parseRange(groups: Readonly<Record<string, string | undefined>>): ParsedCell {
  const { out, open = '', inner = '', close = '' } = groups;
  const literals = parseLiterals(inner, 'number');
  if (literals?.length !== 2) return { kind: 'fault', code: 'range_shape' };
  if (out !== undefined) return open + close === '[]' ? { kind: 'cell', cell: { op: 'out', value: literals } } : FAULT;
  const op = `in${open}${close}`;
  return isOperator(op) ? { kind: 'cell', cell: { op, value: literals } } : FAULT;
}

function single(op: Operator, text: string, type: FactType): ParsedCell {
  const literals = parseLiterals(text, type);
  const [literal] = literals ?? [];
  if (literals?.length !== 1 || literal === undefined) return FAULT;
  return { kind: 'cell', cell: { op, value: literal } };
}

function list(op: Operator, text: string, type: FactType): ParsedCell {
  const literals = parseLiterals(text, type);
  return literals === undefined ? FAULT : { kind: 'cell', cell: { op, value: literals } };
}

// A JSON string, or anything up to the next comma.
const TOKEN = /\s*(?:(?<quoted>"(?:[^"\\]|\\.)*")|(?<bare>[^,"]*))\s*(?:,|$)/suy;

function parseLiterals(text: string, type: FactType): readonly Literal[] | undefined {
  const literals: Literal[] = [];
  const token = new RegExp(TOKEN);
  while (token.lastIndex < text.length) {
    const groups = token.exec(text)?.groups;
    const literal = groups && readLiteral(groups, type);
    if (literal === undefined) return undefined;
    literals.push(literal);
  }
  // A comma at the end promises another literal.
  return /,\s*$/u.test(text) ? undefined : literals;
}

function readLiteral(groups: Readonly<Record<string, string | undefined>>, type: FactType): Literal | undefined {
  const { quoted, bare = '' } = groups;
  if (quoted !== undefined) return type === 'text' ? jsonString(quoted) : undefined;
  const word = bare.trim();
  if (word === '') return undefined;
  if (type === 'text') return word;
  if (type === 'boolean') return parseBoolean(word);
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?%?$/u.test(word) ? parseNumber(word) : undefined;
}

function parseBoolean(word: string): boolean | undefined {
  if (word === 'true' || word === '是') return true;
  return word === 'false' || word === '否' ? false : undefined;
}

function parseNumber(word: string): number | undefined {
  const value = word.endsWith('%') ? Number(`${word.slice(0, -1)}e-2`) : Number(word);
  return Number.isFinite(value) ? value : undefined;
}

function jsonString(quoted: string): string | undefined {
  try {
    const value: unknown = JSON.parse(quoted);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

// Chinese input methods give full-width signs; inside JSON quotes they stay.
function halfWidthSigns(text: string): string {
  if (text.includes('"')) return text;
  return text
    .replaceAll(/[，、]/gu, ',')
    .replaceAll('（', '(')
    .replaceAll('）', ')')
    .replaceAll('【', '[')
    .replaceAll('】', ']')
    .replaceAll('＞', '>')
    .replaceAll('＜', '<')
    .replaceAll('＝', '=')
    .replaceAll('≥', '>=')
    .replaceAll('≤', '<=')
    .replaceAll('≠', '!=');
}
