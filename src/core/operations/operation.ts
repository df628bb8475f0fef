/**
 * An operation is the only way business data changes: permitted, validated, audited. From the registry come the HTTP
 * API with its OpenAPI document, chat commands, what flows may `do`, and the permission matrix.
 */
import { z } from 'zod';
import { AppError, commonErrors, defineErrors, type FieldFault } from '../../lib/errors.ts';
import type { Language } from '../../lib/i18n.ts';
import { isUuid } from '../../lib/ids.ts';
import { meantBy, pointer, SCHEMA_WORDS } from '../../lib/request-body.ts';
import { isStorableText } from '../../lib/storable.ts';
import type { Access } from './actor.ts';
import type { Ctx } from './context.ts';

interface HttpBinding<Output = unknown> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Under `/api/v1`, with `{name}` for parameters: `/customers/{id}`. */
  readonly path: string;
  /** Of a success: 201 for a POST unless it says something else here, or only reads. */
  readonly status?: number;
  /** Whether something came to be, where that is not always so: 201 if it did, 200 if not. */
  readonly creates?: (output: Output) => boolean;
  /** Members of the input that only callers inside the house give: over HTTP they are unknown. */
  readonly internal?: readonly string[];
}

/** What an operation says of itself; permission, audit, document and route are made from it. */
export interface OperationSpec<I extends z.ZodType, O extends z.ZodType> {
  /** `noun.verb`, dotted and stable. */
  readonly name: string;
  /** One English sentence for the OpenAPI document. */
  readonly summary: string;
  readonly access: Access;
  readonly input: I;
  readonly output: O;
  readonly http?: HttpBinding<z.output<O>>;
  /** Reads are not audited unless they show personal data. */
  readonly readOnly?: boolean;
  /** True when a read shows personal data and must leave a trace. */
  readonly audited?: boolean;
  /** What the audit entry is about; where nothing is named, what a customer does is about his own file. */
  readonly subject?: (
    input: z.output<I>,
    output: z.output<O> | undefined,
  ) => { readonly kind: string; readonly id: string } | undefined;
  /** What the audit entry keeps of the output beside the input: of a bulk run the digest of its rows. */
  readonly evidence?: (output: z.output<O>) => unknown;
  /** True when `name` in its input is a colleague's, a product's or a flow's and never a customer's: the audit entry keeps it. */
  readonly keepsNames?: boolean;
  /** An example request for the document. */
  readonly example?: unknown;
  run(ctx: Ctx, input: z.output<I>): Promise<z.output<O>>;
}

/** An operation with its types erased, as the registry keeps it. */
export interface Operation {
  readonly name: string;
  readonly summary: string;
  readonly access: Access;
  readonly input: z.ZodType;
  readonly output: z.ZodType;
  readonly http: HttpBinding | undefined;
  readonly isRead: boolean;
  readonly isAudited: boolean;
  readonly keepsNames: boolean;
  readonly example: unknown;
  subject(input: unknown, output: unknown): { readonly kind: string; readonly id: string } | undefined;
  evidence(output: unknown): unknown;
  run(ctx: Ctx, input: unknown): Promise<unknown>;
}

/** A name that no operation has: a fault of ours, nobody types it. */
export const operationErrors = defineErrors({ 'operation.unknown': [500, 'error'] });

/** Things that have a name of ours instead of an id or a number. */
const NAMED = new Set(['flow']);

/** Whether a text can be one of our ids or numbers: K305, A1087, L0456, Q77, C032. */
function isReference(id: string): boolean {
  return isUuid(id) || /^[KALQC]\d{1,9}$/i.test(id);
}

/** Declares an operation. */
export function defineOperation<I extends z.ZodType, O extends z.ZodType>(spec: OperationSpec<I, O>): Operation {
  return {
    name: spec.name,
    summary: spec.summary,
    access: spec.access,
    input: spec.input,
    output: spec.output,
    http: spec.http as HttpBinding | undefined,
    isRead: spec.readOnly ?? false,
    isAudited: spec.audited ?? !(spec.readOnly ?? false),
    keepsNames: spec.keepsNames ?? false,
    example: spec.example,
    subject: (input, output) => {
      const subject = spec.subject?.(input as z.output<I>, output as z.output<O> | undefined);
      // Whoever calls may put a person's phone or name in their place, and the audit log's column for it is plain. A name
      // is taken from a call that succeeded: then there is a thing of that name.
      return subject && (isReference(subject.id) || (output !== undefined && NAMED.has(subject.kind)))
        ? subject
        : undefined;
    },
    evidence: (output) => spec.evidence?.(output as z.output<O>),
    run: async (ctx, input) => spec.run(ctx, input as z.output<I>),
  };
}

/** All operations of the product by name. */
export class Registry {
  readonly #operations = new Map<string, Operation>();

  /** @throws Error when two operations share a name or an address. */
  add(...operations: readonly Operation[]): this {
    for (const operation of operations) {
      if (this.#operations.has(operation.name)) throw new Error(`operation declared twice: ${operation.name}`);
      const clash = this.list().find(
        (other) =>
          other.http &&
          operation.http &&
          other.http.method === operation.http.method &&
          other.http.path === operation.http.path,
      );
      if (clash) throw new Error(`two operations at one address: ${clash.name}, ${operation.name}`);
      this.#operations.set(operation.name, operation);
    }
    return this;
  }

  find(name: string): Operation | undefined {
    return this.#operations.get(name);
  }

  /** @throws AppError operation.unknown */
  get(name: string): Operation {
    const found = this.#operations.get(name);
    if (!found) throw new AppError(operationErrors['operation.unknown'], { params: { name } });
    return found;
  }

  list(): readonly Operation[] {
    return [...this.#operations.values()];
  }
}

/** Parses input by the operation's schema. @throws AppError request.invalid with one fault per field. */
export function parseInput(operation: Operation, input: unknown, language: Language): unknown {
  const unstorable = unstorableIn(input);
  if (unstorable !== undefined)
    throw new AppError(commonErrors['request.invalid'], {
      faults: [{ pointer: unstorable, code: 'control_character', message: 'fault.control_character' }],
    });
  return parseFields(operation.input, input, language);
}

/** How an operation's input is read from what came: `parseInput`, or what a caller from outside may say. */
export type InputReader = (operation: Operation, input: unknown, language: Language) => unknown;

/** What a success is answered with over HTTP: all that it can be, in ascending order. */
export function successes({ http, isRead }: Operation): readonly number[] {
  if (http?.creates) return [200, 201];
  return [http?.status ?? (http?.method === 'POST' && !isRead ? 201 : 200)];
}

/** What this very success is answered with. */
export function successOf(operation: Operation, output: unknown): number {
  const [first = 200, created = first] = successes(operation);
  return operation.http?.creates?.(output) === true ? created : first;
}

/** What may be sent to an operation over HTTP: its input without what only callers inside the house give. */
export function publicInput({ input, http }: Operation): z.ZodType {
  const { internal } = http ?? {};
  return internal && input instanceof z.ZodObject ? partOf(input, (name) => !internal.includes(name)) : input;
}

/** The public input by where its members stand in a request; `path` is absent where nothing is named there. */
export function publicPlaces(operation: Operation): { readonly path?: z.ZodObject; readonly rest: z.ZodType } {
  const names = [...(operation.http?.path ?? '').matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
  const input = publicInput(operation);
  if (!(input instanceof z.ZodObject) || names.length === 0) return { rest: input };
  return {
    // What stands in the path is always there, whatever the operation says for other ways of calling it.
    path: partOf(input, (name) => names.includes(name)).required(),
    rest: partOf(input, (name) => !names.includes(name)),
  };
}

/** Some members of an object; like the whole, the part refuses members it does not know. */
export function partOf(whole: z.ZodObject, isWanted: (name: string) => boolean): z.ZodObject {
  const part = z.object(Object.fromEntries(Object.entries(whole.shape).filter(([name]) => isWanted(name))));
  return whole.def.catchall ? part.catchall(whole.def.catchall) : part;
}

/** The value as the schema describes it. @throws AppError request.invalid with one fault per field, in the reader's language. */
export function parseFields<T extends z.ZodType>(schema: T, value: unknown, language: Language): z.output<T> {
  const parsed = schema.safeParse(value, { error: SCHEMA_WORDS[language] });
  if (parsed.success) return parsed.data;
  throw new AppError(commonErrors['request.invalid'], { faults: faultsOf(parsed.error) });
}

/** Where a text stands, or a thing with a name, that PostgreSQL does not store; as a JSON pointer. */
function unstorableIn(value: unknown, at = ''): string | undefined {
  if (typeof value === 'string') return isStorableText(value) ? undefined : at;
  if (value === null || typeof value !== 'object' || Buffer.isBuffer(value)) return undefined;
  for (const [key, part] of Object.entries(value)) {
    if (!isStorableText(key)) return at;
    const found = unstorableIn(part, `${at}${pointer([key])}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Zod issues as JSON pointers with a code and a sentence; a member nobody asked for is pointed at itself. */
function faultsOf({ issues }: { readonly issues: readonly z.core.$ZodIssue[] }): FieldFault[] {
  return issues.flatMap((issue) => {
    const { code, message, path } = issue;
    const meant = issue.code === 'invalid_union' ? meantBy(issue) : [];
    if (meant.length > 0) return faultsOf({ issues: meant });
    const places = issue.code === 'unrecognized_keys' ? issue.keys.map((name) => [...path, name]) : [path];
    return places.map((at) => ({ pointer: pointer(at), code, message }));
  });
}
