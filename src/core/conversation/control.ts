/**
 * What the controls do to the frame they act on: 取消 上一步 跳过 重来 人工 继续. Each ends with a question, never in silence.
 * `later` is a 取消 of everything that is open for now: what is said of it is still heard, and he is reminded. `shelve` is one that
 * nobody asked for: heard as well, but nobody is reminded of the draft. `stop` is one for good: only 继续 takes it up again.
 */
import { leaveAll } from './leave-aside.ts';
import { prompt, sayWhereWeWere } from './prompt.ts';
import type { StepOf } from '../flow/index.ts';
import { sayOn } from './say.ts';
import type { Frame } from './state.ts';
import { awake, formOf, running, type Turn } from './turn.ts';
import { labelOf } from './values.ts';
import { caseOf } from './whose.ts';

type ControlVerb = StepOf<'control'>['control'];

/** Applies a control to the top frame. */
export function control(turn: Turn, verb: ControlVerb): void {
  switch (verb) {
    case 'cancel':
      return park(turn);
    case 'shelve':
      return putAllAside(turn, { expired: true, shelved: true });
    case 'stop':
      return putAllAside(turn);
    case 'later':
      return turn.tools.audience === 'staff' ? keepForLater(turn) : putAllAside(turn, { expired: true, later: true });
    case 'skip':
      return skip(turn);
    case 'back':
      return back(turn);
    case 'restart':
      return restart(turn);
    case 'resume':
      return prompt(turn);
    case 'handover':
      turn.effects.push({ kind: 'handover' });
      if (turn.tools.audience === 'staff') return prompt(turn); // whoever works here goes on working with the bot
      turn.handedOver = true;
      leaveAll(turn); // a question about a file would wait for nobody: what comes from now on is not asked about either
      return;
    case 'revive':
      return revive(turn);
  }
}

/** Puts the draft aside; it can be taken up again with 继续, unless its flow says where else it goes. */
function park(turn: Turn): void {
  const { top } = turn;
  if (!top) return;
  if (turn.draftAmong([top]) === undefined && leaveAll(turn)) return;
  lay(turn, top);
  if (top.expired === true) dropOlder(turn);
  if (turn.top?.wait) comeBackTo(turn);
}

/**
 * The forms below one that nobody answered have been waiting even longer: asked for one by one they would come back for weeks.
 * One without a case is nowhere else.
 */
function dropOlder(turn: Turn): void {
  for (const frame of turn.drafts()) {
    if (caseOf(frame) === undefined) continue;
    turn.take(frame);
    turn.effects.push({ kind: 'frame', change: 'ended', flow: frame.flow, outcome: 'expired' });
  }
}

type Why = Pick<Frame, 'expired' | 'shelved' | 'later'>;

/**
 * Puts the draft aside and sends every question about a file where it goes: who has no time now is asked for neither. What he
 * had put aside before and would be reminded of lies from now on as this one does.
 */
function putAllAside(turn: Turn, why: Why = {}): void {
  const drafts = turn.frames().filter((frame) => turn.draftAmong([frame]) !== undefined);
  const isKept = turn.parked?.later === true;
  // A question whose silence is a no lies before what he was asked.
  const draft = drafts.find((frame) => isRemindedOf(turn, frame)) ?? (isKept ? undefined : drafts[0]);
  for (const other of drafts) if (other !== draft) turn.forget(other);
  if (draft) lay(turn, draft, why);
  else if (turn.parked?.expired === true) turn.parked = { ...awake(turn.parked), ...why };
  leaveAll(turn);
}

/** Whether silence at its question is followed up: with a reminder first, and then it is put aside. */
export function isRemindedOf(turn: Turn, frame: Frame): boolean {
  const step = turn.flowOf(frame).steps.get(frame.step);
  return step?.kind !== 'ask' || step.remind !== false;
}

/**
 * A colleague has many customers: what is not asked for now stays open, each form for its own answers and its own reminder,
 * and says nothing.
 */
function keepForLater(turn: Turn): void {
  const draft = turn.draftAmong(turn.frames());
  if (!draft) return;
  const { pending: _, ...rest } = draft; // a question of the moment
  turn.raise(draft);
  turn.put({ ...rest, later: true });
  leaveAll(turn);
}

function lay(turn: Turn, frame: Frame, why: Why = {}): void {
  turn.take(frame);
  const { pending: _, later: __, ...rest } = frame; // a question of the moment is not there any more when the draft is taken up
  turn.parked = { ...rest, ...why };
  turn.effects.push({ kind: 'frame', change: 'parked', flow: frame.flow });
}

/**
 * Whoever lay below has the word again: said where it was, and asked by what is on file now, if its flow knows how to look. What
 * he had no time for waits until he comes to it.
 */
export function comeBackTo(turn: Turn): void {
  if (turn.top?.later === true) return;
  sayWhereWeWere(turn);
  if (!lookAgain(turn)) prompt(turn);
}

/** The draft that was put aside, open again; nothing when there is none. */
export function takeUp(turn: Turn): Frame | undefined {
  if (!turn.parked) return undefined;
  const frame = awake(turn.parked);
  turn.parked = undefined;
  turn.push({ ...frame, visit: turn.nextVisit(), misses: 0 });
  return turn.top;
}

/** The draft that was put aside for later, open again at the very question it lay at: its buttons and its timers hold on. */
export function wake(turn: Turn, parked: Frame): Frame {
  const frame = awake(parked);
  turn.parked = undefined;
  turn.push(frame);
  return frame;
}

function revive(turn: Turn): void {
  if (!turn.top && !takeUp(turn)) return;
  if (lookAgain(turn)) return;
  sayWhereWeWere(turn);
  prompt(turn);
}

/** Sends the top frame to the step that looks at what is on file by now; `false` when its flow has none. */
export function lookAgain(turn: Turn): boolean {
  const frame = turn.top;
  const step = frame?.wait && turn.flowOf(frame).definition.resume;
  if (!frame || step === undefined) return false;
  turn.put({ ...running(frame), step, visit: turn.nextVisit(), misses: 0 });
  return true;
}

function skip(turn: Turn): void {
  const frame = turn.top;
  if (!frame) return;
  const flow = turn.flowOf(frame);
  const name = frame.wait === 'slot' ? frame.asked : undefined;
  const slot = name === undefined ? undefined : flow.slots.get(name);
  if (name === undefined || !slot) return refuse(turn, frame, 'conversation.nothing_to_skip');
  if (frame.slots[name]?.value !== undefined) {
    turn.put(running(frame)); // asked again by 上一步: skipping keeps what was there
    return;
  }
  if (slot.required) return refuse(turn, frame, 'conversation.cannot_skip');
  turn.put({ ...running(frame), slots: { ...frame.slots, [name]: { from: 'skipped' } } });
}

function refuse(turn: Turn, frame: Frame, key: string): void {
  const flow = turn.flowOf(frame);
  const what = frame.asked === undefined ? flow.definition.title : labelOf(flow, frame.asked);
  sayOn(turn, frame, key, { params: { slot: { kind: 'text', key: what } } });
  prompt(turn);
}

/** Asks the question before the present one again; the answer given then stays until it is replaced. */
function back(turn: Turn): void {
  const frame = turn.top;
  if (!frame) return;
  const trail = frame.wait === 'slot' && frame.trail.at(-1) === frame.asked ? frame.trail.slice(0, -1) : frame.trail;
  const previous = trail.at(-1);
  if (previous === undefined) return refuse(turn, frame, 'conversation.nothing_before');
  const step = formOf(turn, frame, [previous]) ?? frame.step;
  const { [previous]: old, ...others } = frame.slots;
  const slots = old?.from === 'skipped' ? others : frame.slots;
  turn.put({
    ...running(frame),
    slots,
    step,
    wait: 'slot',
    asked: previous,
    trail,
    misses: 0,
    visit: turn.nextVisit(),
  });
  prompt(turn);
}

/** Begins the questions anew. Whose form it is stays, once an operation was told: another person gets a form of his own. */
function restart(turn: Turn): void {
  const frame = turn.top;
  if (!frame) return;
  const { definition, slots } = turn.flowOf(frame);
  const told = Object.entries(frame.slots).filter(
    ([name]) => slots.get(name)?.guarded === true && !frame.changed.includes(name),
  );
  const anew = [...slots].flatMap(([name, { ask }]) => (ask === undefined ? [] : [name]));
  turn.put({
    ...running(frame),
    anew,
    step: definition.restart ?? definition.first,
    slots: Object.fromEntries(told),
    trail: [],
    changed: [],
    misses: 0,
    visit: turn.nextVisit(),
  });
}
