/**
 * Request bodies of the stateless calculators: parsed strictly, refused with a pointer to each fault.
 *
 * A calculator's case may be posted as it stands in a vector file, so its remarks (`id`, `cn`, `desc`, `expect`, `rule`,
 * `note`) are dropped at the top level; every other unknown member is a fault, at every level.
 */
import { z } from 'zod';
import { AppError, commonErrors, type FieldFault } from './errors.ts';
import type { Language, Texts } from './i18n.ts';

/** Members of a posted case that are remarks about it, not input. */
export const REMARKS: ReadonlySet<string> = new Set(['cn', 'id', 'desc', 'expect', 'rule', 'note']);

// A refusal lists this many faults at most: a table with 10 000 bad rows must not become a 10 000-fault answer.
const MAX_FAULTS = 50;

/** Formats that the library only calls by their technical names, with the key of what to write instead. */
const EXPECTED: Readonly<Record<string, string>> = { uuid: 'fault.id', date: 'fault.date' };

/** What is wrong with a field: the key of a text where we have our own, else the library's words. */
export const SCHEMA_WORDS: Readonly<Record<Language, z.core.$ZodErrorMap>> = {
  'zh-CN': withOurs(z.locales.zhCN().localeError),
  en: withOurs(z.locales.en().localeError),
};

/** The same for kinds of values. */
const EXPECTED_TYPES: Readonly<Record<string, string>> = {
  string: 'fault.a_text',
  number: 'fault.a_number',
  int: 'fault.a_whole_number',
  boolean: 'fault.a_boolean',
  array: 'fault.a_list',
  object: 'fault.object',
};

function withOurs(words: z.core.$ZodErrorMap): z.core.$ZodErrorMap {
  return (issue) => ourWords(issue) ?? words(issue);
}

function ourWords(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_format') return EXPECTED[issue.format];
  if (issue.code === 'invalid_union') return 'fault.none_of_these';
  if (issue.code !== 'invalid_type') return undefined;
  return issue.input === undefined ? 'fault.required' : EXPECTED_TYPES[issue.expected];
}

/** In which language faults are told, and the texts for a schema's own checks. */
export interface FaultWords {
  readonly language?: Language;
  readonly texts?: Texts;
}

/**
 * The body as the schema describes it. A schema's own check names its sentence: `.refine(isZone, fault('area.key'))`.
 * @throws AppError `request.invalid` with one fault per finding (pointer after RFC 6901, code, sentence).
 */
export function parseBody<T>(schema: z.ZodType<T>, body: unknown, words: FaultWords = {}): T {
  const parsed = schema.safeParse(withoutRemarks(body), { error: SCHEMA_WORDS[words.language ?? 'zh-CN'] });
  if (parsed.success) return parsed.data;
  throw invalidRequest(parsed.error.issues.flatMap((issue) => faultsOf(issue, words)));
}

/** Names the sentence of a schema's own check; the fault's code is the key's last part. */
export function fault(key: string): { readonly params: { readonly key: string } } {
  return { params: { key } };
}

/** The refusal with these faults, for checks that a schema cannot express. */
export function invalidRequest(faults: readonly FieldFault[]): AppError {
  return new AppError(commonErrors['request.invalid'], { faults: faults.slice(0, MAX_FAULTS) });
}

/** RFC 6901 pointer: `['rows', 3, 'a/b']` → `/rows/3/a~1b`; the whole document is the empty string. */
export function pointer(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function withoutRemarks(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  return Object.fromEntries(Object.entries(body).filter(([name]) => !REMARKS.has(name)));
}

function faultsOf(issue: z.core.$ZodIssue, words: FaultWords): readonly FieldFault[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((name) => fieldFault([...issue.path, name], 'unknown_member', issue.message));
  }
  if (issue.code === 'invalid_union') {
    const meant = meantBy(issue);
    if (meant.length > 0) return meant.flatMap((inner) => faultsOf(inner, words));
  }
  const key: unknown = issue.code === 'custom' ? issue.params?.['key'] : undefined;
  if (typeof key !== 'string') return [fieldFault(issue.path, issue.code, issue.message)];
  const message = words.texts?.translate(words.language ?? 'zh-CN', key) ?? issue.message;
  return [fieldFault(issue.path, key.slice(key.lastIndexOf('.') + 1), message)];
}

/**
 * What is wrong with the alternative of a union that the sender meant: the one that got furthest, and of several the one with
 * the fewest faults. Empty when none has a fault in a member, or two have as little to do with it as each other.
 */
export function meantBy({ path, errors }: z.core.$ZodIssueInvalidUnion): readonly z.core.$ZodIssue[] {
  const nearest = (a: readonly z.core.$ZodIssue[], b: readonly z.core.$ZodIssue[]): number =>
    depth(b) - depth(a) || faultCount(a) - faultCount(b);
  const [best = [], next] = errors.toSorted(nearest);
  return depth(best) === 0 || (next && nearest(best, next) === 0)
    ? []
    : best.map((inner) => ({ ...inner, path: [...path, ...inner.path] }));
}

function faultCount(issues: readonly z.core.$ZodIssue[]): number {
  return issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1), 0);
}

function depth(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(0, ...issues.map((issue) => issue.path.length + (issue.code === 'unrecognized_keys' ? 1 : 0)));
}

function fieldFault(path: readonly PropertyKey[], code: string, message: string): FieldFault {
  return { pointer: pointer(path), code, message };
}
