/**
 * Free conditions in CEL (Common Expression Language), e.g. `amount > yuan(200000) && city in ["上海", "杭州"]`.
 *
 * The one file that imports the CEL library. House rules on top of the language: names are ASCII, money is whole fen
 * written `yuan(200000)`, and every fact a condition mentions must be present before it is evaluated; otherwise, and
 * also when the values do not fit the operators, the answer is `'missing'`, which callers turn into a review.
 */

import { Environment, type ASTNode, type ParseResult } from '@marcbachmann/cel-js';
import { parseYuan } from '../../lib/money.ts';

/** What a condition may look at: names to values; dotted names may be written flat (`{"a.b": 1}`) or nested. */
export type ConditionFacts = Readonly<Record<string, unknown>>;

/** A checked condition, ready to be asked many times. */
export interface Condition {
  /** The text it was compiled from. */
  readonly source: string;
  /** Every fact that must be present, as dotted paths, in order of appearance. Facts inside `has(…)` are not listed. */
  readonly facts: readonly string[];
  /** Those of `facts` that are absent (not there, null, or not a finite number). */
  missing(facts: ConditionFacts): readonly string[];
  /** True or false, or `'missing'` when a fact is absent or does not fit; never throws. */
  evaluate(facts: ConditionFacts): boolean | 'missing';
}

/** The condition, or what is wrong with it: a stable code, a sentence (English) and the offset in the text. */
export type ConditionResult =
  | { readonly ok: true; readonly condition: Condition }
  | { readonly ok: false; readonly code: string; readonly message: string; readonly position: number };

// Bounds that keep parsing and evaluating cheap whatever somebody types into a console field.
const MAX_SOURCE = 4000;
const LIMITS = { maxAstNodes: 500, maxDepth: 40, maxListElements: 200, maxMapEntries: 50, maxCallArguments: 8 };
const MAX_LOOP_DEPTH = 2;

const LOOPS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);

const environment = buildEnvironment();

function buildEnvironment(): Environment {
  const built = new Environment({ unlistedVariablesAreDyn: true, enableOptionalTypes: false, limits: LIMITS });
  built.registerFunction('yuan(int): int', (yuan: bigint) => yuan * 100n);
  built.registerFunction('yuan(double): int', (yuan: number) => yuanToFen(yuan));
  // A JSON number carries no type: 0.7 arrives as a double and 1 as an int. Without the mixed operators
  // `score * 100 > 60` would work for one applicant and fail for the next.
  const arithmetic: Readonly<Record<string, (a: number, b: number) => number>> = {
    '+': (a, b) => a + b,
    '-': (a, b) => a - b,
    '*': (a, b) => a * b,
    '/': (a, b) => a / b,
  };
  for (const [operator, apply] of Object.entries(arithmetic)) {
    built.registerOperator(`double ${operator} int`, (a: number, b: bigint) => apply(a, Number(b)));
    built.registerOperator(`int ${operator} double`, (a: bigint, b: number) => apply(Number(a), b));
  }
  return built;
}

function yuanToFen(yuan: number): bigint {
  const fen = parseYuan(String(yuan));
  if (fen === undefined) throw new RangeError('not an amount with at most two places');
  return fen;
}

/**
 * Compiles a condition. It must be able to give a boolean; `matches` is refused because its patterns may take
 * exponential time; loops nest at most twice.
 */
export function compileCondition(source: string): ConditionResult {
  if (source.trim() === '') return refuse('condition.empty', 'The condition is empty.', 0);
  if (source.length > MAX_SOURCE) {
    return refuse('condition.too_long', `A condition has at most ${MAX_SOURCE} characters.`, MAX_SOURCE);
  }
  let program: ParseResult;
  try {
    program = environment.parse(source);
  } catch (error) {
    return refusalOf('condition.syntax', error);
  }
  const paths = new PathCollector();
  const fault = paths.visit(program.ast, { bound: new Set(), loops: 0, optional: false });
  if (fault !== undefined) return refuse(fault.code, fault.message, fault.node.start);
  const checked = program.check();
  if (!checked.valid) return refusalOf('condition.type', checked.error);
  if (checked.type !== 'bool' && checked.type !== 'dyn') {
    return refuse('condition.not_boolean', `A condition gives true or false, this one gives ${checked.type}.`, 0);
  }
  return { ok: true, condition: conditionOf(source, program, paths) };
}

function refuse(code: string, message: string, position: number): ConditionResult {
  return { ok: false, code, message, position };
}

function refusalOf(code: string, error: unknown): ConditionResult {
  const described = describeError(error);
  return refuse(code, described.message, described.position);
}

function describeError(error: unknown): { message: string; position: number } {
  if (!(error instanceof Error)) return { message: String(error), position: 0 };
  const message = 'summary' in error && typeof error.summary === 'string' ? error.summary : error.message;
  const range = 'range' in error ? error.range : undefined;
  const start = typeof range === 'object' && range !== null && 'start' in range ? range.start : 0;
  return { message, position: typeof start === 'number' ? start : 0 };
}

function conditionOf(source: string, program: ParseResult, paths: PathCollector): Condition {
  const required = [...paths.required];
  const optional = [...paths.optional].filter((path) => !paths.required.has(path));
  const missing = (facts: ConditionFacts): readonly string[] =>
    required.filter((path) => !isPresent(factAt(facts, path)));
  return {
    source,
    facts: required,
    missing,
    evaluate(facts) {
      const context = emptyRecord();
      for (const path of required) {
        const value = factAt(facts, path);
        if (!isPresent(value)) return 'missing';
        place(context, path, toCel(value, 0));
      }
      for (const path of optional) placeOptional(context, path, factAt(facts, path));
      return ask(program, context);
    },
  };
}

function ask(program: ParseResult, context: Record<string, unknown>): boolean | 'missing' {
  try {
    const answer: unknown = program(context);
    return typeof answer === 'boolean' ? answer : 'missing';
  } catch {
    // The only errors left here are values that do not fit their operators ("三" > 3): unknown, therefore review.
    return 'missing';
  }
}

interface Scope {
  readonly bound: ReadonlySet<string>;
  readonly loops: number;
  readonly optional: boolean;
}

interface TreeFault {
  readonly code: string;
  readonly message: string;
  readonly node: ASTNode;
}

/** Walks the syntax tree and gathers the facts it mentions; names bound by loops are not facts. */
class PathCollector {
  readonly required = new Set<string>();
  readonly optional = new Set<string>();

  visit(node: ASTNode, scope: Scope): TreeFault | undefined {
    const path = pathOf(node);
    if (path !== undefined) {
      const root = path.split('.', 1)[0] ?? path;
      if (!scope.bound.has(root)) (scope.optional ? this.optional : this.required).add(path);
      return undefined;
    }
    if (node.op === 'call') return this.#visitCall(node, node.args[0], node.args[1], scope);
    if (node.op === 'rcall') return this.#visitMethod(node, scope);
    return this.#visitAll(childrenOf(node), scope);
  }

  #visitAll(nodes: readonly ASTNode[], scope: Scope): TreeFault | undefined {
    for (const node of nodes) {
      const fault = this.visit(node, scope);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  #visitCall(node: ASTNode, name: string, args: readonly ASTNode[], scope: Scope): TreeFault | undefined {
    if (name === 'matches') return noPatterns(node);
    return this.#visitAll(args, name === 'has' ? { ...scope, optional: true } : scope);
  }

  #visitMethod(node: ASTNode & { op: 'rcall' }, scope: Scope): TreeFault | undefined {
    const [name, receiver, args] = node.args;
    if (name === 'matches') return noPatterns(node);
    if (isCelBind(name, receiver)) return this.#visitBind(args, scope);
    const fault = this.visit(receiver, scope);
    if (fault !== undefined) return fault;
    const [variable] = args;
    if (!LOOPS.has(name) || variable?.op !== 'id') return this.#visitAll(args, scope);
    if (scope.loops >= MAX_LOOP_DEPTH) {
      return { code: 'condition.loops', message: `Loops nest at most ${MAX_LOOP_DEPTH} deep.`, node };
    }
    const bound = new Set([...scope.bound, variable.args]);
    return this.#visitAll(args.slice(1), { ...scope, bound, loops: scope.loops + 1 });
  }

  #visitBind(args: readonly ASTNode[], scope: Scope): TreeFault | undefined {
    const [variable, value, body] = args;
    if (variable?.op !== 'id' || value === undefined || body === undefined) return this.#visitAll(args, scope);
    const fault = this.visit(value, scope);
    return fault ?? this.visit(body, { ...scope, bound: new Set([...scope.bound, variable.args]) });
  }
}

function isCelBind(name: string, receiver: ASTNode): boolean {
  return name === 'bind' && receiver.op === 'id' && receiver.args === 'cel';
}

function noPatterns(node: ASTNode): TreeFault {
  const message = 'Patterns (matches) are not allowed: use startsWith, endsWith, contains or in.';
  return { code: 'condition.pattern', message, node };
}

/** `a.b.c` for a chain of names, undefined for anything else. */
function pathOf(node: ASTNode): string | undefined {
  if (node.op === 'id') return node.args;
  if (node.op !== '.') return undefined;
  const [object, member] = node.args;
  const prefix = pathOf(object);
  return prefix === undefined ? undefined : `${prefix}.${member}`;
}

function childrenOf(node: ASTNode): readonly ASTNode[] {
  if (node.op === 'value' || node.op === 'id') return [];
  if (node.op === '.' || node.op === '.?') return [node.args[0]];
  if (node.op === '!_' || node.op === '-_') return [node.args];
  if (node.op === 'map') return node.args.flat();
  if (node.op === 'call') return node.args[1];
  if (node.op === 'rcall') return [node.args[1], ...node.args[2]];
  return node.args;
}

/** The fact under a dotted path: the flat name first, then step by step. Only own members count. */
function factAt(facts: ConditionFacts, path: string): unknown {
  if (Object.hasOwn(facts, path)) return facts[path];
  let at: unknown = facts;
  for (const member of path.split('.')) {
    if (!isRecord(at) || !Object.hasOwn(at, member)) return undefined;
    at = at[member];
  }
  return at;
}

function isPresent(value: unknown): boolean {
  if (value === undefined || value === null) return false;
  return typeof value !== 'number' || Number.isFinite(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

// Without a prototype: otherwise `constructor == 1` would find Object's own members.
function emptyRecord(): Record<string, unknown> {
  return Object.create(null) as Record<string, unknown>;
}

function place(context: Record<string, unknown>, path: string, value: unknown): void {
  const members = path.split('.');
  const last = members.pop() ?? path;
  let at = context;
  for (const member of members) {
    const next = at[member];
    const inner = isRecord(next) ? next : emptyRecord();
    at[member] = inner;
    at = inner;
  }
  at[last] = value;
}

function placeOptional(context: Record<string, unknown>, path: string, value: unknown): void {
  const dot = path.lastIndexOf('.');
  if (isPresent(value)) place(context, path, toCel(value, 0));
  else if (dot > 0 && !isRecord(factAt(context, path.slice(0, dot)))) place(context, path.slice(0, dot), emptyRecord());
}

const MAX_FACT_DEPTH = 8;

/** JSON values as CEL values: whole numbers become int (bigint), members are copied without a prototype. */
function toCel(value: unknown, depth: number): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (!isRecord(value) || value instanceof Date) return value;
  if (depth >= MAX_FACT_DEPTH) return null;
  if (Array.isArray(value)) return value.map((element) => toCel(element, depth + 1));
  const copy = emptyRecord();
  for (const [name, member] of Object.entries(value)) copy[name] = toCel(member, depth + 1);
  return copy;
}
