/**
 * Dialogue tests: `flows/<name>.test.yaml` says who says what, which texts come back, which operations are called and
 * what must be true then. Pure: operations are answered by the test itself. Runs in `npm test`, the command and the
 * console alike; processes and schedules have their own sections in the same files.
 */
import { businessDate } from '../../lib/business-date.ts';
import {
  planStages,
  stageTimes,
  startProcess,
  stepProcess,
  type CompiledFlow,
  type CompiledProcess,
  type CompiledSchedule,
  type ProcessEvent,
} from '../flow/index.ts';
import type { DialogueTest, PlanTest, ProcessCase } from './dialogue-file.ts';
import { buildFlowTable } from './flow-table.ts';
import type { ConversationEffect, ConversationEvent, ConversationTools } from './protocol.ts';
import { readMessage } from './reading.ts';
import { EMPTY_CONVERSATION, type ConversationState } from './state.ts';
import { stepConversation } from './step.ts';
import { slotValues } from './values.ts';

type TurnTest = DialogueTest['talk'][number];

/** Answers operations the test does not mention; without one such a call is a failure. */
export type OperationStubs = Readonly<
  Record<string, (input: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>>
>;

/** A test's result; no failures = passed. */
export interface DialogueResult {
  readonly name: string;
  readonly failures: readonly string[];
}

/** Plays one dialogue against the flows; `observe` sees every effect, e.g. to render it. */
export function runDialogue(
  test: DialogueTest,
  flows: readonly CompiledFlow[],
  stubs: OperationStubs = {},
  observe: (effect: ConversationEffect) => void = () => undefined,
): DialogueResult {
  const tools: ConversationTools = {
    flows: buildFlowTable(flows),
    audience: test.audience,
    today: businessDate(test.today),
  };
  const failures: string[] = [];
  let state = EMPTY_CONVERSATION;
  test.talk.forEach((turn, index) => {
    const player = new Player(turn, state, tools, stubs);
    state = player.play();
    player.effects.forEach(observe);
    failures.push(
      ...player.failures.map(
        (failure) => `${index + 1}. ${turn.say ?? turn.choose ?? turn.silence ?? turn.link ?? 'event'}: ${failure}`,
      ),
    );
  });
  return { name: test.name, failures };
}

/** Plays one turn as the runtime would: step, call what is to be called, step again. */
class Player {
  readonly failures: string[] = [];
  readonly #turn: TurnTest;
  readonly #tools: ConversationTools;
  readonly #stubs: OperationStubs;
  readonly effects: ConversationEffect[] = [];
  readonly #expected: TurnTest['calls'][number][];
  #state: ConversationState;

  constructor(turn: TurnTest, state: ConversationState, tools: ConversationTools, stubs: OperationStubs) {
    this.#turn = turn;
    this.#tools = tools;
    this.#stubs = stubs;
    this.#state = state;
    this.#expected = [...turn.calls];
  }

  play(): ConversationState {
    this.#feed(this.#event());
    if (this.#expected.length > 0)
      this.failures.push(`not called: ${this.#expected.map((call) => call.do).join(', ')}`);
    this.#check();
    // What a runtime stores must come back as it was.
    return JSON.parse(JSON.stringify(this.#state)) as ConversationState;
  }

  #event(): ConversationEvent {
    const turn = this.#turn;
    const visit = (this.#state.frames.at(-1) ?? this.#state.parked)?.visit ?? 0;
    if (turn.choose !== undefined) {
      return {
        type: 'choice',
        visit: turn.stale === true ? visit - 1 : visit,
        verb: turn.choose,
        ...(turn.value === undefined ? {} : { value: turn.value }),
      };
    }
    if (turn.link !== undefined) return { type: 'link', payload: turn.link };
    if (turn.contact) return { type: 'contact', ...turn.contact };
    if (turn.silence !== undefined)
      return { type: 'timeout', visit: turn.stale === true ? visit - 1 : visit, name: turn.silence };
    if (turn.opened === true) return { type: 'opened' };
    if (turn.handback === true) return { type: 'handback' };
    const text = turn.say ?? '';
    return { type: 'message', text, reading: readMessage(text, this.#tools.today), media: turn.media ?? [] };
  }

  #feed(event: ConversationEvent): void {
    const { state, effects } = stepConversation(this.#state, event, this.#tools);
    this.#state = state;
    this.effects.push(...effects);
    for (const effect of effects) if (effect.kind === 'do') this.#feed(this.#call(effect));
  }

  #call(effect: Extract<ConversationEffect, { kind: 'do' }>): ConversationEvent {
    const { operation, input, visit, announces } = effect;
    const expected = this.#expected[0]?.do === operation ? this.#expected.shift() : undefined;
    const stub = this.#stubs[operation];
    if (!expected && !stub) this.failures.push(`unexpected call ${operation} ${JSON.stringify(input)}`);
    const difference = differenceOf(expected?.with ?? {}, input, operation);
    if (difference !== undefined) this.failures.push(difference);
    if (expected?.refuses !== undefined) return { type: 'operation.refused', visit, code: expected.refuses };
    return { type: 'operation.done', visit, result: expected?.returns ?? stub?.(input) ?? {}, announces };
  }

  #check(): void {
    const turn = this.#turn;
    const top = this.#state.frames.at(-1);
    const said = this.effects.flatMap((effect) =>
      effect.kind === 'say' ? [effect.key] : effect.kind === 'diff' ? ['conversation.changed'] : [],
    );
    const last = this.effects.findLast((effect) => effect.kind === 'say');
    this.#same('bot', turn.bot, said);
    this.#same(
      'choices',
      turn.choices,
      (last?.choices ?? []).map((choice) => choice.verb),
    );
    this.#same('flow', turn.flow, top?.flow ?? '');
    this.#same('step', turn.step, top?.step ?? '');
    this.#same('depth', turn.depth, this.#state.frames.length);
    this.#same('handedOver', turn.handedOver, this.#state.handedOver);
    const slots = top ? slotValues(top) : {};
    if (turn.slots) this.#contains(turn.slots, slots, 'slots');
    for (const name of turn.empty ?? []) if (name in slots) this.failures.push(`slot ${name} is not empty`);
    for (const name of turn.confirmed ?? [])
      if (top?.slots[name]?.confirmed !== true) this.failures.push(`slot ${name} is not confirmed`);
  }

  #same(what: string, expected: unknown, actual: unknown): void {
    if (expected === undefined || JSON.stringify(expected) === JSON.stringify(actual)) return;
    this.failures.push(`${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`);
  }

  #contains(expected: unknown, actual: unknown, what: string): void {
    const difference = differenceOf(expected, actual, what);
    if (difference !== undefined) this.failures.push(difference);
  }
}

/** Where `actual` lacks something of `expected`; members that are not mentioned do not matter. */
function differenceOf(expected: unknown, actual: unknown, path: string): string | undefined {
  if (typeof expected !== 'object' || expected === null) {
    return Object.is(expected, actual)
      ? undefined
      : `${path}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`;
  }
  if (typeof actual !== 'object' || actual === null)
    return `${path}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`;
  for (const [key, value] of Object.entries(expected)) {
    const difference = differenceOf(value, (actual as Readonly<Record<string, unknown>>)[key], `${path}.${key}`);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

/** Plays one case of a process. Events of the file carry no visit numbers; they are meant for the present wait. */
export function runProcessCase(test: ProcessCase, flow: CompiledProcess): DialogueResult {
  const failures: string[] = [];
  let state = startProcess(flow, test.facts).state;
  test.events.forEach((event, index) => {
    const visit = event.stale === true ? state.visit - 1 : state.visit;
    const result =
      event.start === true ? startProcess(flow, test.facts) : stepProcess(flow, state, processEvent(event, visit));
    state = result.state;
    const effects = result.effects.filter(
      (effect) => effect.kind !== 'moved' && effect.kind !== 'timer.set' && effect.kind !== 'timer.clear',
    );
    const fail = (failure: string): void => {
      failures.push(`${index + 1}. ${failure}`);
    };
    for (const key of ['node', 'status', 'outcome'] as const) {
      if (event[key] !== undefined && event[key] !== state[key])
        fail(`${key}: expected ${event[key]}, got ${String(state[key])}`);
    }
    if (event.effects && event.effects.length !== effects.length) fail(`effects: ${JSON.stringify(effects)}`);
    event.effects?.forEach((expected, at) => {
      const difference = differenceOf(expected, effects[at], `effects.${at}`);
      if (difference !== undefined) fail(difference);
    });
  });
  return { name: test.name, failures };
}

function processEvent(event: ProcessCase['events'][number], visit: number): ProcessEvent {
  if (event.done) return { type: 'operation.done', visit, result: event.done };
  if (event.failed !== undefined) return { type: 'operation.failed', visit, code: event.failed };
  if (event.signal !== undefined)
    return {
      type: 'signal',
      name: event.signal,
      ...(event.facts ? { facts: event.facts } : {}),
      ...(event.anew === undefined ? {} : { anew: event.anew }),
    };
  if (event.timer !== undefined) return { type: 'timer', visit, name: event.timer };
  if (event.decided === undefined) return { type: 'retry', ...(event.facts ? { facts: event.facts } : {}) };
  return {
    type: 'approval.decided',
    visit,
    outcome: event.decided,
    ...(event.by === undefined ? {} : { by: event.by }),
    ...(event.reason === undefined ? {} : { reason: event.reason }),
  };
}

/** Compares one plan of a schedule: stage names and instants (ISO, UTC). */
export function runPlan(test: PlanTest, flow: CompiledSchedule): DialogueResult {
  const plan = planStages(stageTimes(flow), businessDate(test.due), { zone: test.zone, spread: test.spread });
  const actual = plan.map((stage) => [stage.stage, stage.at.toISOString()]);
  const same = JSON.stringify(actual) === JSON.stringify(test.stages);
  return {
    name: test.name,
    failures: same ? [] : [`expected ${JSON.stringify(test.stages)}, got ${JSON.stringify(actual)}`],
  };
}
