/** What steps can refer to: the slots, results and inputs of a frame, and what the present message brought. */
import { parseYuan } from '../../lib/money.ts';
import { ask, resolveTemplate, type CompiledConversation, type Template } from '../flow/index.ts';
import type { ConditionFacts } from '../rules/cel.ts';
import { kindOfNumber } from './command.ts';
import type { Field, Param, Params } from './protocol.ts';
import { isAsking, saysSomething } from './small-talk.ts';
import type { Frame, SlotState } from './state.ts';
import type { Turn } from './turn.ts';
import { factRecord, type FactValue } from './understand/index.ts';
import { caseOf } from './whose.ts';

/** The slots that have a value, as plain values. */
export function slotValues(frame: Frame): Record<string, FactValue> {
  const values: Record<string, FactValue> = {};
  for (const [name, slot] of Object.entries(frame.slots)) if (slot.value !== undefined) values[name] = slot.value;
  return values;
}

/** Facts as conditions want them: money in whole fen, everything else as it is. */
export function conditionFacts(turn: Turn, frame: Frame): ConditionFacts {
  return turn.factsOf(frame, () => buildFacts(turn, frame));
}

function buildFacts(turn: Turn, frame: Frame): ConditionFacts {
  const flow = turn.flowOf(frame);
  const slots: Record<string, unknown> = slotValues(frame);
  for (const [name, value] of Object.entries(slots)) {
    if (flow.slots.get(name)?.type === 'money') slots[name] = parseYuan(String(value)) ?? null;
  }
  const { contact, link } = turn.input;
  return {
    ...frame.inputs,
    ...frame.results,
    ...turn.results,
    ...(contact ? { contact } : {}),
    ...(link === undefined ? {} : { link }),
    slots,
    below: belowState(turn),
    waits: turn.below?.wait ?? 'none',
    keeps: turn.below === undefined || turn.draftAmong([turn.below]) !== undefined,
    drafts: draftBelow(turn) !== undefined,
    later: turn.parked?.later === true,
    asks: isAsking(turn.input.text),
    says: saysToSomebody(turn),
    argument: argumentOf(turn, frame),
    names: kindOfNumber(argumentOf(turn, frame)),
    returning: frame.back !== undefined,
    handedOver: turn.handedOver,
    text: turn.input.text,
  };
}

/** Words for a person to hear. A yes or no while a form is left for later is said of that, and not enough. */
function saysToSomebody(turn: Turn): boolean {
  const { text, reading } = turn.input;
  if (reading?.command !== undefined || !saysSomething(text)) return false;
  return reading?.reply === undefined || parkedForLater(turn) === undefined;
}

/** The form that lies below, under a question about a file too. */
function draftBelow(turn: Turn): Frame | undefined {
  return turn.draftAmong(turn.frames().slice(1));
}

/** The form that he had no time for; a question of its own may be about it. */
function parkedForLater({ parked }: Turn): Frame | undefined {
  return parked?.later === true ? parked : undefined;
}

/** What the command was given; an operation's result comes in an event of its own, which knows nothing of it. */
function argumentOf(turn: Turn, frame: Frame): string {
  return turn.input.argument === '' ? (frame.argument ?? '') : turn.input.argument;
}

/** Whether something lies under this frame: `open`, `parked` (a draft put aside) or `none`. */
function belowState(turn: Turn): 'open' | 'parked' | 'none' {
  if (turn.below) return 'open';
  return turn.parked ? 'parked' : 'none';
}

/** Values for an operation or a called flow. */
export function resolveInput(
  turn: Turn,
  frame: Frame,
  template: Readonly<Record<string, Template>>,
): Readonly<Record<string, unknown>> {
  return resolveTemplate(template, (root) => lookup(turn, frame, root)) as Readonly<Record<string, unknown>>;
}

/** Any `$root.path` outside a `with:` (lists, picks). */
export function resolveReference(turn: Turn, frame: Frame, reference: string): unknown {
  return resolveTemplate(reference, (root) => lookup(turn, frame, root));
}

function lookup(turn: Turn, frame: Frame, root: string): unknown {
  const { text, reading, media, link, contact } = turn.input;
  switch (root) {
    case 'text':
      return text === '' ? (frame.said ?? '') : text;
    case 'facts':
      return reading ? factRecord(reading.understanding.facts) : {};
    case 'slots':
      return slotValues(frame);
    case 'changed':
      // null: there is none any more
      return Object.fromEntries(frame.changed.map((name) => [name, frame.slots[name]?.value ?? null]));
    case 'media':
      return media ?? frame.inputs['media'];
    case 'link':
      return link;
    case 'contact':
      return contact;
    case 'argument':
      return argumentOf(turn, frame);
    case 'today':
      return turn.tools.today;
    case 'below':
      return belowState(turn);
    default:
      return turn.results[root] ?? frame.results[root] ?? frame.inputs[root];
  }
}

/** Values for a sentence: slots keep their type, `summary`, `missing`, `labels`, `title` and `whose` become typed parameters. */
export function resolveParams(turn: Turn, frame: Frame, template: Readonly<Record<string, Template>>): Params {
  const params: Record<string, Param> = {};
  for (const [name, value] of Object.entries(template)) {
    params[name] = paramOf(turn, frame, value);
  }
  return params;
}

function paramOf(turn: Turn, frame: Frame, template: Template): Param {
  if (typeof template === 'string') {
    const special = specialParam(turn, frame, template);
    if (special) return special;
  }
  const value = resolveTemplate(template, (root) => lookup(turn, frame, root));
  // What an operation did not give is an empty text: a sentence with a gap beats no sentence.
  return {
    kind: 'plain',
    value: typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : '',
  };
}

function specialParam(turn: Turn, frame: Frame, reference: string): Param | undefined {
  const flow = turn.flowOf(frame);
  const below = reference === '$labels' ? turn.below : (draftBelow(turn) ?? turn.below ?? parkedForLater(turn));
  switch (reference) {
    case '$summary':
      return { kind: 'fields', fields: fieldsOf(flow, frame) };
    case '$missing':
      return {
        kind: 'labels',
        keys: missingSlots(turn, frame)
          .filter((name) => flow.slots.get(name)?.required === true)
          .map((name) => labelOf(flow, name)),
      };
    case '$labels':
      return {
        kind: 'labels',
        keys: below
          ? [...turn.flowOf(below).slots.values()].filter((slot) => slot.ask !== undefined).map((slot) => slot.label)
          : [],
        ...(below ? { version: below.version } : {}),
      };
    case '$title':
      return below
        ? { kind: 'text', key: turn.flowOf(below).definition.title, version: below.version }
        : { kind: 'text', key: flow.definition.title };
    case '$older':
      return {
        kind: 'plain',
        value: turn.drafts().filter((draft) => draft !== below && caseOf(draft) !== undefined).length,
      };
    case '$whose':
      return whoseForm(turn, below ?? frame);
    default: {
      const slot = /^\$slots\.(?<name>[A-Za-z0-9]+)$/u.exec(reference)?.groups?.['name'];
      return slot === undefined ? undefined : slotParam(flow, slot, frame.slots[slot]);
    }
  }
}

/** A slot's value as a parameter; `undefined` when it has none. */
export function slotParam(flow: CompiledConversation, name: string, slot: SlotState | undefined): Param | undefined {
  const definition = flow.slots.get(name);
  if (!definition || slot?.value === undefined) return undefined;
  const { value, from } = slot;
  const option = definition.options?.find((candidate) => candidate.value === value)?.label;
  return {
    kind: 'slot',
    type: definition.type,
    value,
    ...(from === 'given' ? { onFile: true } : {}),
    ...(option === undefined ? {} : { option }),
  };
}

/** A form's case by its number, otherwise its person by name. */
export function designation(turn: Turn, frame: Frame): Param {
  return nameOfForm(turn, frame) ?? { kind: 'text', key: turn.flowOf(frame).definition.title };
}

function nameOfForm(turn: Turn, frame: Frame): Param | undefined {
  const number = caseOf(frame);
  if (number !== undefined) return { kind: 'plain', value: number };
  const flow = turn.flowOf(frame);
  const slot = flow.slotOfFact.get('name') ?? '';
  return slotParam(flow, slot, frame.slots[slot]);
}

/** Whose form it is, for a colleague, who has many customers; `none` for a customer, who has his own only. */
export function whoseForm(turn: Turn, frame: Frame): Param {
  const isOneOfMany = turn.tools.audience === 'staff' && turn.isForm(frame);
  return (isOneOfMany ? nameOfForm(turn, frame) : undefined) ?? { kind: 'plain', value: 'none' };
}

/** The locale key of a slot's name. */
export function labelOf(flow: CompiledConversation, name: string): string {
  return flow.slots.get(name)?.label ?? name;
}

/** One labelled value. */
export function fieldOf(flow: CompiledConversation, name: string, slot: SlotState): Field | undefined {
  const definition = flow.slots.get(name);
  const value = slotParam(flow, name, slot);
  return definition && value
    ? { slot: name, label: definition.label, value, confirmed: slot.confirmed === true }
    : undefined;
}

/** All slots that have a value, in the flow's order. */
export function fieldsOf(flow: CompiledConversation, frame: Frame, only?: readonly string[]): readonly Field[] {
  return [...flow.slots.keys()].flatMap((name) => {
    const slot = frame.slots[name];
    const field = slot && (only === undefined || only.includes(name)) ? fieldOf(flow, name, slot) : undefined;
    return field ? [field] : [];
  });
}

/** Whether a slot is wanted at all: its `when` holds; while facts for it are missing, it is not. */
export function applies(turn: Turn, frame: Frame, name: string): boolean {
  const flow = turn.flowOf(frame);
  const condition = flow.slots.get(name)?.when;
  return condition === undefined || ask(flow, condition, conditionFacts(turn, frame)) === true;
}

/** Slots that still have to be asked for, in the flow's order: they have a question, apply, and were not skipped. */
export function missingSlots(turn: Turn, frame: Frame): readonly string[] {
  const flow = turn.flowOf(frame);
  return [...flow.slots.keys()].filter(
    (name) => flow.slots.get(name)?.ask !== undefined && frame.slots[name] === undefined && applies(turn, frame, name),
  );
}
