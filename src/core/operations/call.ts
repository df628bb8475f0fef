/** Runs one operation inside a unit of work: permission, input, savepoint, run, audit. */
import { AppError, commonErrors } from '../../lib/errors.ts';
import type { Language, Params, Text } from '../../lib/i18n.ts';
import type { Tx } from '../../db/database.ts';
import { maskedInput } from '../audit/masked.ts';
import { scopeOf, SYSTEM_ACTOR, type Actor } from './actor.ts';
import type { Ctx, Services } from './context.ts';
import type { Effects } from './effects.ts';
import { parseInput, type InputReader, type Operation, type Registry } from './operation.ts';

/** Who calls, from where, at what instant: everything of a context that does not depend on the operation. */
export interface Call {
  readonly tx: Tx;
  readonly now: Date;
  readonly actor: Actor;
  readonly via: string;
  readonly traceId: string;
  readonly shown?: Ctx['shown'] | undefined;
  readonly services: Services;
  readonly effects: Effects;
  readonly registry: Registry;
}

/**
 * Calls an operation by name. Its writes are undone (savepoint) and the refusal audited when it throws, so the
 * surrounding turn can go on and tell the person.
 * `read` is asked once the actor is known to be allowed.
 * @throws AppError permission.denied, request.invalid or what the operation refuses.
 */
export async function callOperation(
  call: Call,
  name: string,
  rawInput: unknown,
  read: InputReader = parseInput,
): Promise<unknown> {
  const operation = call.registry.get(name);
  const scope = scopeOf(call.actor, operation.access);
  if (scope === undefined) {
    refuse(call, operation, undefined, 'permission.denied');
    throw new AppError(commonErrors['permission.denied'], { params: { operation: name } });
  }
  const input = parsed(call, operation, rawInput, read);
  const mark = call.effects.mark();
  if (!operation.isRead) await call.tx.query('SAVEPOINT operation');
  try {
    const output = await operation.run(contextOf(call, scope), input);
    if (!operation.isRead) await call.tx.query('RELEASE SAVEPOINT operation');
    if (operation.isAudited) auditDone(call, operation, input, output);
    return output;
  } catch (error) {
    if (!(error instanceof AppError)) throw error; // a fault: the whole turn is run again
    if (!operation.isRead) {
      await call.tx.query('ROLLBACK TO SAVEPOINT operation');
      await call.tx.query('RELEASE SAVEPOINT operation'); // or a caller that catches this and then refuses itself would return to here only
    }
    call.effects.reset(mark);
    refuse(call, operation, input, error.code);
    throw error;
  }
}

function auditDone(call: Call, operation: Operation, input: unknown, output: unknown): void {
  const subject = operation.subject(input, output) ?? ownFile(call.actor);
  call.effects.audit({
    action: operation.name,
    outcome: 'DONE',
    ...(subject ? { subject } : {}),
    detail: auditDetail(operation, input, output),
  });
}

/** What a customer does is on his file's trail, where the operation is about nothing else. */
function ownFile(actor: Actor): { readonly kind: string; readonly id: string } | undefined {
  return actor.kind === 'CUSTOMER' ? { kind: 'customer', id: actor.id } : undefined;
}

function parsed(call: Call, operation: Operation, rawInput: unknown, read: InputReader): unknown {
  try {
    return read(operation, rawInput, call.actor.language);
  } catch (error) {
    if (error instanceof AppError) refuse(call, operation, undefined, error.code);
    throw error;
  }
}

function refuse(call: Call, operation: Operation, input: unknown, code: string): void {
  if (operation.isRead && !operation.isAudited && code !== 'permission.denied') return;
  const subject = input === undefined ? undefined : operation.subject(input, undefined);
  call.effects.audit({ action: operation.name, outcome: 'REFUSED', ...(subject ? { subject } : {}), detail: { code } });
}

function auditDetail(operation: Operation, input: unknown, output: unknown): unknown {
  const evidence = operation.evidence(output);
  return { input: maskedInput(input, operation.keepsNames), ...(evidence === undefined ? {} : { evidence }) };
}

function contextOf(call: Call, scope: Ctx['scope']): Ctx {
  const { texts } = call.services;
  return {
    tx: call.tx,
    now: call.now,
    actor: call.actor,
    scope,
    via: call.via,
    traceId: call.traceId,
    shown: call.shown ?? {},
    services: call.services,
    keys: call.services.keys,
    effects: call.effects,
    t: (text: Text, params?: Params) => texts.translate(call.actor.language, text, params),
    say: (language: Language, text: Text, params?: Params) => texts.translate(language, text, params),
    call: async (name, input) => callOperation(call, name, input),
    callAsSystem: async (name, input) => callOperation({ ...call, actor: SYSTEM_ACTOR }, name, input),
  };
}
