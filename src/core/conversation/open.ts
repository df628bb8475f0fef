/** Opening a flow on top of the stack. */
import type { CompiledConversation, Starter } from '../flow/index.ts';
import { sayHeardAtOpening } from './heard.ts';
import { leaveOldest } from './leave-aside.ts';
import { absorb } from './slots.ts';
import type { Start } from './protocol.ts';
import type { SlotState } from './state.ts';
import type { Turn } from './turn.ts';

/** How a flow is opened. */
export interface Opening {
  /** Begin at this step instead of the first. */
  readonly at?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
}

/** Deepest stack of forms, and most questions about files: somebody may send many, but a state must stay small. */
const MAX_DEPTH = 24;

/** Pushes a frame of the flow's current version and fills it from what the message says. It runs with `run`. */
export function openFlow(turn: Turn, name: string, opening: Opening = {}): void {
  const flow = turn.tools.flows.get(name);
  if (!flow) throw new Error(`flow ${name} is not published`);
  const isLeft = flow.definition.aside !== undefined;
  if (!isLeft) forgetOldest(turn);
  turn.push({
    flow: flow.name,
    version: flow.version,
    step: opening.at ?? flow.definition.first,
    visit: turn.nextVisit(),
    slots: givenSlots(flow, opening.inputs?.['slots']),
    results: {},
    inputs: otherInputs(opening.inputs),
    ...(turn.input.argument === '' ? {} : { argument: turn.input.argument }),
    ...(flow.definition.transient && turn.input.text !== '' ? { said: turn.input.text } : {}),
    trail: [],
    changed: [],
    misses: 0,
  });
  if (isLeft && waiting(turn, flow.name) >= MAX_DEPTH) leaveOldest(turn, flow.name);
  const { reading } = turn.input;
  if (flow.slots.size === 0 || !reading) return;
  absorb(turn, reading.understanding.facts);
  sayHeardAtOpening(turn, reading);
}

/**
 * Somebody who begins a lead in every sentence and never answers must be heard all the same. What he was asked first is no
 * longer asked; what he said stands in the lead, which he can take up again by its number.
 */
function forgetOldest(turn: Turn): void {
  const kept = turn.frames().filter((frame) => turn.draftAmong([frame]) !== undefined);
  const oldest = kept.at(-1);
  if (oldest && kept.length >= MAX_DEPTH) turn.forget(oldest);
}

function waiting(turn: Turn, flow: string): number {
  return turn.frames().filter((frame) => frame.flow === flow && frame.wait === 'choice').length;
}

/** The first current flow with a starter that fits. */
export function findStart(turn: Turn, fits: (starter: Starter) => boolean): Start | undefined {
  for (const flow of turn.tools.flows.current(turn.tools.audience)) {
    const starter = flow.definition.begin.find(fits);
    if (starter) return starter.at === undefined ? { flow: flow.name } : { flow: flow.name, at: starter.at };
  }
  return undefined;
}

/** Values passed in for slots the flow has; anything else in the record is left out. */
export function givenSlots(flow: CompiledConversation, given: unknown): Readonly<Record<string, SlotState>> {
  if (typeof given !== 'object' || given === null) return {};
  const slots: Record<string, SlotState> = {};
  for (const [name, value] of Object.entries(given)) {
    if (!flow.slots.has(name)) continue;
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      slots[name] = { value, from: 'given' };
  }
  return slots;
}

function otherInputs(inputs: Opening['inputs']): Readonly<Record<string, unknown>> {
  const { slots: _, ...others } = inputs ?? {};
  return others;
}
