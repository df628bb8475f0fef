/** A published flow as a table in memory: steps by name, conditions as closures, starters by what they answer to. */
import type { Text, Wording } from '../../lib/i18n.ts';
import { compileCondition, type Condition, type ConditionFacts } from '../rules/cel.ts';
import type {
  ConversationDefinition,
  FlowDefinition,
  ProcessDefinition,
  ProcessNode,
  Route,
  ScheduleDefinition,
  SlotDefinition,
  Step,
} from './definition.ts';
import { referencesOf } from './mentions.ts';
import type { NormalisedFlow } from './load.ts';

interface Compiled {
  readonly name: string;
  readonly version: string;
  readonly conditions: ReadonlyMap<string, Condition>;
  /** What the flow says, by locale key, as it was published: a running case keeps these words (design §3.13). */
  readonly texts: ReadonlyMap<string, Wording>;
}

/** Bounds of a slot's answers, ready for the parser; `options` are the words that mean each value. */
interface SlotLimits {
  readonly min?: string | number;
  readonly max?: string | number;
  readonly maxLength?: number;
  /** Months that a sum is counted over. */
  readonly per?: number;
  readonly options?: Readonly<Record<string, readonly string[]>>;
}

const MONTHS = { month: 1, year: 12 } as const;

/** A conversation's table. `dependents` lists, for each slot, the slots that become invalid with it. */
export interface CompiledConversation extends Compiled {
  readonly kind: 'conversation';
  readonly definition: ConversationDefinition;
  readonly slots: ReadonlyMap<string, SlotDefinition>;
  readonly limits: ReadonlyMap<string, SlotLimits>;
  readonly steps: ReadonlyMap<string, Step>;
  readonly dependents: ReadonlyMap<string, readonly string[]>;
  /** Fact name of the understanding → slot. */
  readonly slotOfFact: ReadonlyMap<string, string>;
  /** Word in lower case → slot, for corrections. */
  readonly slotOfWord: ReadonlyMap<string, string>;
}

/** A process's table. */
export interface CompiledProcess extends Compiled {
  readonly kind: 'process';
  readonly definition: ProcessDefinition;
  readonly nodes: ReadonlyMap<string, ProcessNode>;
}

/** A schedule's table. */
export interface CompiledSchedule extends Compiled {
  readonly kind: 'schedule';
  readonly definition: ScheduleDefinition;
}

/** Any flow, ready to run. */
export type CompiledFlow = CompiledConversation | CompiledProcess | CompiledSchedule;

/** Builds the table. @throws Error for a format or condition this release cannot read. */
export function compileFlow(flow: NormalisedFlow, version: string): CompiledFlow {
  const { definition } = flow;
  if (definition.formatVersion !== 1) throw new Error(`flow format ${String(definition.formatVersion)} is not known`);
  const common = { name: definition.flow, version, conditions: conditionsOf(definition), texts: wordingsOf(flow) };
  switch (definition.kind) {
    case 'conversation':
      return { ...common, kind: 'conversation', definition, ...conversationTables(definition) };
    case 'process':
      return { ...common, kind: 'process', definition, nodes: new Map(Object.entries(definition.nodes)) };
    case 'schedule':
      return { ...common, kind: 'schedule', definition };
  }
}

function wordingsOf({ texts }: NormalisedFlow): ReadonlyMap<string, Wording> {
  const wordings = new Map<string, Record<string, string>>();
  for (const [language, messages] of Object.entries(texts))
    for (const [key, message] of Object.entries(messages))
      wordings.set(key, { ...wordings.get(key), [language]: message });
  return wordings;
}

/** A text as this version says it; what the version does not name is the product's own and goes by its key. */
export function textOf(flow: Pick<Compiled, 'texts'> | undefined, key: string): Text {
  return flow?.texts.get(key) ?? key;
}

function conditionsOf(definition: FlowDefinition): ReadonlyMap<string, Condition> {
  const compiled = new Map<string, Condition>();
  for (const { value } of referencesOf(definition).conditions) {
    const result = compileCondition(value);
    if (!result.ok) throw new Error(`flow ${definition.flow}: ${result.message}`);
    compiled.set(value, result.condition);
  }
  return compiled;
}

function conversationTables(
  definition: ConversationDefinition,
): Pick<CompiledConversation, 'slots' | 'limits' | 'steps' | 'dependents' | 'slotOfFact' | 'slotOfWord'> {
  const slots = inOrder(definition.slots, definition.order.slots);
  return {
    slots: new Map(slots),
    limits: new Map(slots.map(([name, slot]) => [name, limitsOf(slot)])),
    steps: new Map(inOrder(definition.steps, definition.order.steps)),
    dependents: new Map(slots.map(([name]) => [name, dependentsOf(definition, name)])),
    slotOfFact: new Map(slots.map(([name, slot]) => [slot.fact ?? name, name])),
    slotOfWord: new Map(
      slots.flatMap(([name, slot]) => [name, ...slot.words].map((word) => [word.toLowerCase(), name])),
    ),
  };
}

function inOrder<T>(record: Readonly<Record<string, T>>, order: readonly string[]): readonly (readonly [string, T])[] {
  return order.flatMap((name) => (record[name] === undefined ? [] : [[name, record[name]] as const]));
}

function limitsOf(slot: SlotDefinition): SlotLimits {
  const options = slot.options && Object.fromEntries(slot.options.map((option) => [option.value, option.words]));
  return {
    ...(slot.min === undefined ? {} : { min: slot.min }),
    ...(slot.max === undefined ? {} : { max: slot.max }),
    ...(slot.maxLength === undefined ? {} : { maxLength: slot.maxLength }),
    ...(slot.per === undefined ? {} : { per: MONTHS[slot.per] }),
    ...(options ? { options } : {}),
  };
}

function dependentsOf(definition: ConversationDefinition, name: string): readonly string[] {
  const found = new Set<string>();
  const open = [name];
  for (let current = open.pop(); current !== undefined; current = open.pop()) {
    for (const [other, slot] of Object.entries(definition.slots)) {
      if (!slot.dependsOn.includes(current) || found.has(other) || other === name) continue;
      found.add(other);
      open.push(other);
    }
  }
  return [...found];
}

/** What a condition says of these facts; `'missing'` when one it needs is absent. */
export function ask(flow: Compiled, condition: string, facts: ConditionFacts): boolean | 'missing' {
  return flow.conditions.get(condition)?.evaluate(facts) ?? 'missing';
}

/** A route's answer: the step to go to, or the condition whose facts are missing. */
export type Routed = { readonly to: string } | { readonly missing: readonly string[] };

/** The first branch that holds. A branch whose facts are missing stops the search: guessing further would skip it. */
export function followStrictly(flow: Compiled, route: Route, facts: ConditionFacts): Routed {
  if (typeof route === 'string') return { to: route };
  for (const branch of route) {
    if (!('when' in branch)) return { to: branch.otherwise };
    const answer = ask(flow, branch.when, facts);
    if (answer === 'missing') return { missing: flow.conditions.get(branch.when)?.missing(facts) ?? [] };
    if (answer) return { to: branch.go };
  }
  throw new Error(`flow ${flow.name}: a route without a default branch was published`);
}

/** The first branch that holds; in talk an unknown fact simply does not match, and `otherwise` catches the rest. */
export function follow(flow: Compiled, route: Route, facts: ConditionFacts): string {
  if (typeof route === 'string') return route;
  for (const branch of route) {
    if (!('when' in branch)) return branch.otherwise;
    if (ask(flow, branch.when, facts) === true) return branch.go;
  }
  throw new Error(`flow ${flow.name}: a route without a default branch was published`);
}
