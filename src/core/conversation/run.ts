/** Runs the top frame step by step until somebody has to answer: a person, an operation, or another flow. */
import { follow, type Step, type StepOf } from '../flow/index.ts';
import { comeBackTo, control } from './control.ts';
import { takePlace } from './file-places.ts';
import { prompt, saySentence, sayStillOpen, sayWhereWeWere } from './prompt.ts';
import type { Announcement } from './protocol.ts';
import { openFlow } from './open.ts';
import type { Frame, Question } from './state.ts';
import { passCountOn } from './together.ts';
import { formOf, running, type Turn } from './turn.ts';
import { applies, conditionFacts, missingSlots, resolveInput, resolveReference } from './values.ts';

/** Steps one event may take; the checks make loops without a person impossible, this catches what they missed. */
const MAX_STEPS = 200;

/** Runs until every frame that can run has come to a wait. @throws Error for a flow that spins. */
export function run(turn: Turn): void {
  for (let steps = 0; turn.top !== undefined && turn.top.wait === undefined; steps += 1) {
    if (steps > MAX_STEPS) throw new Error(`flow ${turn.top.flow} does not come to rest`);
    enter(turn, turn.top);
  }
}

/** Moves the top frame to a step. */
export function goTo(turn: Turn, step: string): void {
  const frame = turn.top;
  if (frame) turn.put({ ...running(frame), step, visit: turn.nextVisit(), misses: 0 });
}

function stepOf(turn: Turn, frame: Frame): Step {
  const step = turn.flowOf(frame).steps.get(frame.step);
  if (!step) throw new Error(`flow ${frame.flow}@${frame.version} has no step ${frame.step}`);
  return step;
}

/** Follows the way out of the top frame's step. */
export function leave(turn: Turn, route: StepOf<'say'>['go']): void {
  const frame = turn.top;
  if (frame)
    goTo(turn, typeof route === 'string' ? route : follow(turn.flowOf(frame), route, conditionFacts(turn, frame)));
}

function enter(turn: Turn, frame: Frame): void {
  const step = stepOf(turn, frame);
  switch (step.kind) {
    case 'collect':
      return collect(turn, frame, step);
    case 'do':
      return callOperation(turn, frame, step);
    case 'say':
      saySentence(turn, step.say, step);
      if (step.files !== undefined) takeFilesFor(turn, resolveReference(turn, frame, step.files));
      return leave(turn, step.go);
    case 'ask':
      return askOnce(turn, frame, step);
    case 'confirm':
      return waitFor(turn, frame, 'confirm');
    case 'route':
      return leave(turn, step.route);
    case 'call':
      return callFlow(turn, frame, step);
    case 'control':
      return runControl(turn, step);
    case 'end':
      return end(turn, step.end);
  }
}

function takeFilesFor(turn: Turn, number: unknown): void {
  if (typeof number === 'string') turn.filesFor = number;
}

/** Opens another flow above; a frame that has nothing left to do after it makes room. */
function callFlow(turn: Turn, frame: Frame, step: StepOf<'call'>): void {
  const inputs = resolveInput(turn, frame, step.with);
  const next = typeof step.go === 'string' ? turn.flowOf(frame).steps.get(step.go) : undefined;
  if (next?.kind === 'end') {
    turn.pop();
    turn.effects.push({ kind: 'frame', change: 'ended', flow: frame.flow, outcome: next.end });
  } else turn.put({ ...frame, wait: 'call' });
  openFlow(turn, step.call, { inputs });
}

/** A question before the form is there once: one that lies below or aside with the same words has nothing left to ask. */
function askOnce(turn: Turn, frame: Frame, step: StepOf<'ask'>): void {
  if (step.instead !== undefined) {
    turn.keepOnly(frame, (other) => other.step === frame.step && other.wait === 'choice');
    if (turn.parked?.flow === frame.flow && turn.parked.step === frame.step) turn.parked = undefined;
  }
  waitFor(turn, frame, 'choice');
}

function waitFor(turn: Turn, frame: Frame, wait: 'choice' | 'confirm'): void {
  const { argument: _, back: __, said: ___, ...rest } = frame;
  turn.put(takePlace(turn, { ...rest, wait }));
  prompt(turn);
}

/** Tells the operation what has been learned, then asks for the next missing slot, then goes on. */
function collect(turn: Turn, frame: Frame, step: StepOf<'collect'>): void {
  const here = { ...frame, form: frame.step };
  turn.put(here);
  // A customer has one form: what he had put aside of it is asked for here.
  if (turn.tools.audience === 'customer' && turn.parked?.flow === frame.flow) turn.parked = undefined;
  if (step.changed && frame.changed.length > 0)
    return callOperation(turn, here, step.changed, turn.takeAnnouncements());
  const wanted = new Set(missingSlots(turn, frame));
  const next = step.collect.find((name) => wanted.has(name));
  if (next === undefined) return leave(turn, step.go);
  askFor(turn, next);
}

/** Waits for one slot. */
function askFor(turn: Turn, name: string): void {
  const frame = turn.top;
  if (!frame) return;
  const again = frame.asked === name && frame.wait === 'slot';
  const trail =
    frame.trail.at(-1) === name ? frame.trail : [...frame.trail.filter((other) => other !== name), name].slice(-20);
  const { argument: _, back: __, said: ___, ...rest } = frame;
  turn.put({
    ...rest,
    wait: 'slot',
    asked: name,
    trail,
    misses: again ? frame.misses : 0,
    visit: again ? frame.visit : turn.nextVisit(),
  });
  prompt(turn);
}

/** Goes to the form that asks for a slot, and asks for it. */
export function reopen(turn: Turn, slot: string): void {
  const frame = turn.top;
  if (!frame) return;
  const form = formOf(turn, frame, [slot]);
  if (form !== undefined) turn.put({ ...running(frame), step: form });
  askFor(turn, slot);
}

type Call = Pick<StepOf<'do'>, 'do' | 'with'>;

function callOperation(turn: Turn, frame: Frame, call: Call, announces: readonly Announcement[] = []): void {
  const visit = turn.nextVisit();
  const input = resolveInput(turn, frame, call.with);
  turn.put({ ...running(frame), wait: 'operation', visit, changed: [] });
  turn.effects.push({ kind: 'do', operation: call.do, input, visit, announces });
}

/** A control acts on the frame below; `resume` in a frame that was itself interrupted goes back to its own question. */
function runControl(turn: Turn, step: StepOf<'control'>): void {
  const { top } = turn;
  if (step.control === 'resume' && top?.back) {
    const { back, ...rest } = top;
    turn.put({ ...running(rest), ...back });
    turn.results = {};
    sayWhereWeWere(turn);
    return prompt(turn);
  }
  const frame = turn.pop();
  if (frame) turn.effects.push({ kind: 'frame', change: 'ended', flow: frame.flow });
  control(turn, step.control);
}

/** Closes the top frame; whoever is below goes on, or is reminded where it was. */
function end(turn: Turn, outcome: string): void {
  const frame = turn.pop();
  if (frame) turn.effects.push({ kind: 'frame', change: 'ended', flow: frame.flow, outcome });
  if (frame) passCountOn(turn, frame);
  const below = turn.top;
  if (!below?.wait) return;
  if (below.wait === 'call') {
    const step = stepOf(turn, below);
    if (step.kind === 'call') leave(turn, step.go);
    return;
  }
  if (below.later === true || (frame && turn.flowOf(frame).definition.transient)) return comeBack(turn, below);
  comeBackTo(turn);
}

/**
 * After a look-up the form says in one line where it was, unless it is left for later; its question still stands above, with its
 * buttons. A flow that says how (`resume`) looks at what is on file first: its lead may have been handed in meanwhile.
 */
function comeBack(turn: Turn, below: Frame): void {
  const { resume } = turn.flowOf(below).definition;
  if (resume === undefined) return sayStillOpen(turn);
  turn.put({ ...running(below), step: resume, visit: turn.nextVisit(), back: questionOf(below) });
}

/** What a frame waits with. */
export function questionOf({ step, visit, wait, asked, offered, later }: Frame): Question {
  return {
    step,
    visit,
    ...(wait === undefined ? {} : { wait }),
    ...(asked === undefined ? {} : { asked }),
    ...(offered === undefined ? {} : { offered }),
    ...(later === undefined ? {} : { later }),
  };
}

/** A form that tells an operation what it has learned. */
function isListening(step: Step): boolean {
  return step.kind === 'collect' && step.changed !== undefined;
}

/** After a change from outside the present step: back to the form if something there is open again or has to be told. */
export function reconsider(turn: Turn): void {
  const frame = turn.top;
  if (!frame) return;
  const flow = turn.flowOf(frame);
  const current = flow.steps.get(frame.step);
  if (current?.kind === 'collect') {
    turn.put(running(frame));
    return;
  }
  const missing = missingSlots(turn, frame).filter((name) => applies(turn, frame, name));
  const told = frame.changed.length > 0 ? [...flow.steps].find(([, step]) => isListening(step))?.[0] : undefined;
  const form = told ?? formOf(turn, frame, missing);
  if (form === undefined) prompt(turn);
  else goTo(turn, form);
}
