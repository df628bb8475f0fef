/** The pure interpreter of conversations: one event in, the new state and what shall happen out. No I/O, no clock. */
import { durationMinutes, type CompiledConversation } from '../flow/index.ts';
import { hearFilesFor } from './files-for.ts';
import { isRemindedOf, wake } from './control.ts';
import { givenSlots } from './open.ts';
import { prompt, sayStillOpen, sayWhereWeWere } from './prompt.ts';
import type { ConversationEffect, ConversationEvent, ConversationTools, Reading } from './protocol.ts';
import { withoutPuttingAside } from './put-aside.ts';
import { repair } from './begin.ts';
import {
  dismissTransient,
  handBack,
  isTransient,
  respondToChoice,
  respondToContact,
  respondToEvent,
  respondSilenced,
  respondToMedia,
  respondToText,
} from './respond.ts';
import { goTo, leave, run } from './run.ts';
import { sayOn } from './say.ts';
import { countTogether, passCountOn } from './together.ts';
import type { ConversationState, Frame, KeptResult, SlotState } from './state.ts';
import { formOf, running, Turn, type TurnInput } from './turn.ts';
import { missingSlots, resolveReference, whoseForm } from './values.ts';
import { caseOf } from './whose.ts';

/** A step's result. The runtime calls each `do` in order and feeds its result back as the next event. */
export interface ConversationStep {
  readonly state: ConversationState;
  readonly effects: readonly ConversationEffect[];
}

const NO_INPUT: TurnInput = { text: '', argument: '' };

/** What an event does to a conversation. @throws Error only for a broken flow table; the state is then unchanged. */
export function stepConversation(
  state: ConversationState,
  event: ConversationEvent,
  tools: ConversationTools,
): ConversationStep {
  const turn = new Turn(state, tools, inputOf(event));
  const before = isHandedBack(event, turn) ? undefined : waitedAt(turn); // what fell due while a person had the word is lost
  hearFilesFor(turn, event, () => {
    if (turn.handedOver) applySilenced(turn, event);
    else apply(turn, event);
  });
  // Before what the step does: an operation's result is the next event, and what that waits for must not be cleared by this one.
  return { state: turn.state(), effects: [...idleTimers(turn, before), ...turn.effects] };
}

function inputOf(event: ConversationEvent): TurnInput {
  switch (event.type) {
    case 'message':
      return { text: event.text, reading: event.reading, argument: '' };
    case 'link':
      return { ...NO_INPUT, link: event.payload };
    case 'contact':
      return { ...NO_INPUT, contact: { phone: event.phone, own: event.own } };
    case 'choice':
    case 'operation.done':
    case 'operation.refused':
    case 'timeout':
    case 'opened':
    case 'handback':
      return NO_INPUT;
  }
}

/** A message as it is meant where the conversation stands. */
function hearHere(turn: Turn, said: Reading): Reading {
  const reading = withoutPuttingAside(turn, said);
  turn.input = { ...turn.input, reading };
  return reading;
}

function apply(turn: Turn, event: ConversationEvent): void {
  switch (event.type) {
    case 'message':
      if (event.media.length > 0) return respondToMedia(turn, event.media);
      return respondToText(turn, event.text, hearHere(turn, event.reading));
    case 'choice':
      return respondToChoice(turn, event.visit, event.verb, event.value);
    case 'operation.done':
      return operationDone(turn, event);
    case 'operation.refused':
      return operationRefused(turn, event);
    case 'timeout':
      return timedOut(turn, event.visit, event.name);
    case 'link':
    case 'opened':
      return respondToEvent(turn, event.type);
    case 'contact':
      return respondToContact(turn);
    case 'handback':
      return handBack(turn, event.isQuiet);
  }
}

/**
 * While a person has the word the bot only listens: everything is on the timeline and no question is asked or answered. Files
 * are taken all the same, and so are the few words a flow wants to hear even then.
 */
function applySilenced(turn: Turn, event: ConversationEvent): void {
  switch (event.type) {
    case 'message':
      if (event.media.length > 0) return apply(turn, event);
      return respondSilenced(turn, event.text);
    case 'handback':
    case 'operation.done':
    case 'operation.refused':
      return apply(turn, event);
    case 'link':
      turn.handedOver = false; // whoever opens an invitation asks for what it offers
      return apply(turn, event);
    case 'choice':
    case 'timeout':
    case 'opened':
    case 'contact':
      return;
  }
}

type OperationDone = Extract<ConversationEvent, { type: 'operation.done' }>;

function waitingFor(turn: Turn, visit: number): Frame | undefined {
  const frame = turn.top;
  return frame?.wait === 'operation' && frame.visit === visit ? frame : undefined;
}

function operationDone(turn: Turn, { visit, result, announces = [] }: OperationDone): void {
  const frame = waitingFor(turn, visit);
  if (!frame) return;
  const step = turn.flowOf(frame).steps.get(frame.step);
  const call = step?.kind === 'collect' ? step.changed : step?.kind === 'do' ? step : undefined;
  if (!call || !step) return;
  if (call.as !== undefined) {
    turn.results = { ...turn.results, [call.as]: result };
    turn.put({ ...frame, results: { ...frame.results, [call.as]: plainFields(result) } });
    closeTwins(turn);
  }
  countTogether(turn, result);
  if (step.kind === 'do') {
    if (step.slotsFrom === undefined || !refill(turn, step.slotsFrom)) leave(turn, step.go);
  } else {
    if (step.kind === 'collect' && step.changed?.next) leaveForm(turn, frame.step, step.changed.next);
    else turn.put(running(turn.top ?? frame));
    if (turn.top?.step === frame.step) turn.effects.push(...announces); // the form goes on: they are kept
  }
  run(turn);
}

/** One customer, one form: the one just opened (继续 K307) replaces an older one, whose words and buttons are of yesterday. */
function closeTwins(turn: Turn): void {
  const { top } = turn;
  const number = top && caseOf(top);
  if (!top || number === undefined || !turn.flowOf(top).slotOfFact.has('name')) return;
  turn.keepOnly(top, (other) => caseOf(other) === number);
  if (turn.parked?.flow === top.flow && caseOf(turn.parked) === number) turn.parked = undefined;
}

/**
 * Fills the form from what is on file, so that what it shows is what will be handed in. `true` when that settles where to
 * go: back to the question a look-up had interrupted, or into the form, if the file lacks what it wants.
 */
function refill(turn: Turn, reference: string): boolean {
  const frame = turn.top;
  const onFile = frame && resolveReference(turn, frame, reference);
  if (!frame || typeof onFile !== 'object' || onFile === null) return false;
  const { back, ...rest } = { ...frame, slots: slotsOnFile(turn.flowOf(frame), frame, onFile) };
  turn.put(rest);
  if (back) {
    turn.put({ ...running(rest), ...back });
    sayStillOpen(turn);
    return true;
  }
  const missing = missingSlots(turn, rest);
  const form = formOf(turn, rest, missing);
  if (form === undefined) return false;
  goTo(turn, form);
  return true;
}

/** What is on file wins, but for what is asked anew; a value that is not there goes, a slot that was skipped stays skipped. */
function slotsOnFile(
  flow: CompiledConversation,
  { slots: present, anew = [] }: Frame,
  onFile: object,
): Readonly<Record<string, SlotState>> {
  const skipped = Object.entries(present).filter(([, slot]) => slot.from === 'skipped');
  const given = Object.entries(givenSlots(flow, onFile)).flatMap(([name, slot]) => {
    const before = present[name];
    if (before === undefined && anew.includes(name)) return [];
    return [[name, before !== undefined && before.value === slot.value ? before : slot] as const];
  });
  return Object.fromEntries([...skipped, ...given]);
}

/** `next` of a form's operation: staying means going on with the questions. */
function leaveForm(turn: Turn, form: string, next: Parameters<typeof leave>[1]): void {
  leave(turn, next);
  if (turn.top?.step === form) turn.put(running(turn.top));
}

function plainFields(result: Readonly<Record<string, unknown>>): KeptResult {
  const kept: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(result)) {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') kept[name] = value;
  }
  return kept;
}

/** A refusal is told in its own words; the form stays where it was, a step without `failed` ends its flow. */
function operationRefused(turn: Turn, event: Extract<ConversationEvent, { type: 'operation.refused' }>): void {
  const frame = waitingFor(turn, event.visit);
  if (!frame) return;
  const step = turn.flowOf(frame).steps.get(frame.step);
  const number = lostCase(turn, frame, event.code);
  if (number !== undefined) return loseCase(turn, frame, number);
  const params = Object.fromEntries(
    Object.entries(event.params ?? {}).map(([name, value]) => [name, { kind: 'plain' as const, value }]),
  );
  // One message: WeCom counts them.
  const rows = { line: `error.${event.code}.help`, items: [event.params ?? {}] };
  sayOn(turn, frame, `error.${event.code}.title`, { params, rows });
  if (step?.kind === 'do' && step.failed !== undefined) goTo(turn, step.failed);
  else if (step?.kind === 'collect' && step.changed?.failed !== undefined) goTo(turn, step.changed.failed);
  else if (step?.kind === 'collect') turn.put(running(frame));
  else {
    giveUp(turn, frame);
    prompt(turn);
  }
  run(turn);
}

/** How operations refuse a customer who is not, or not any more, within somebody's reach. */
const OUT_OF_REACH = 'customer.not_found';

/** The number of the form's own case when it has been given to somebody else since the form was opened. */
function lostCase(turn: Turn, frame: Frame, code: string): string | undefined {
  return code === OUT_OF_REACH && turn.flowOf(frame).slotOfFact.has('name') ? caseOf(frame) : undefined;
}

/** His form ends by name. The one below is named too before it asks: what was said was not for it. */
function loseCase(turn: Turn, frame: Frame, number: string): void {
  const isUnsaid = turn.flowOf(frame).steps.get(frame.step)?.kind === 'collect'; // words on their way to the operation
  sayOn(turn, frame, 'conversation.lost', {
    params: { number: { kind: 'plain', value: number }, unsaid: { kind: 'plain', value: isUnsaid ? 'yes' : 'no' } },
  });
  giveUp(turn, frame);
  if (!turn.top?.wait) return;
  sayWhereWeWere(turn);
  prompt(turn);
}

function giveUp(turn: Turn, frame: Frame): void {
  turn.pop();
  turn.effects.push({ kind: 'frame', change: 'ended', flow: frame.flow, outcome: 'refused' });
  passCountOn(turn, frame);
}

/** Silence. A timer of an earlier question changes nothing. */
function timedOut(turn: Turn, visit: number, name: 'remind' | 'expire'): void {
  const waited = waitedAt(turn);
  if (waited?.visit !== visit) return;
  dismissTransient(turn);
  const frame = waited === turn.parked ? wake(turn, waited) : turn.top;
  if (!frame) return;
  const idle = turn.flowOf(frame).definition.idle;
  if (!idle) return;
  if (name === 'expire' && !isRemindedOf(turn, frame)) {
    turn.pop(); // no answer was a no
    turn.effects.push({ kind: 'frame', change: 'ended', flow: frame.flow, outcome: 'dismissed' });
    return;
  }
  if (name === 'expire') {
    turn.put({ ...frame, expired: true });
    return repair(turn, 'timeout');
  }
  const title = { kind: 'text' as const, key: turn.flowOf(frame).definition.title };
  sayOn(turn, frame, idle.remind, { params: { title, whose: whoseForm(turn, frame) } });
  prompt(turn);
}

/** What is waited for: the question on top, or the form on which a look-up's list lies, or one put aside for later. */
function waitedAt(turn: Turn): Frame | undefined {
  const open = turn.frames().find((frame) => !isTransient(turn, frame));
  return open ?? (turn.parked?.later === true ? turn.parked : undefined);
}

/** One pair of timers for whatever is being waited for; set anew when that changes. */
function idleTimers(turn: Turn, before: Frame | undefined): readonly ConversationEffect[] {
  const after = waitedAt(turn);
  if (before?.visit === after?.visit && before?.wait === after?.wait) return [];
  const timers: ConversationEffect[] = [];
  if (before && turn.tools.flows.get(before.flow, before.version)?.definition.idle)
    timers.push({ kind: 'timer.clear', visit: before.visit });
  const idle = after && waitsForPerson(after) ? turn.flowOf(after).definition.idle : undefined;
  if (!after || !idle) return timers;
  const { visit } = after;
  if (isRemindedOf(turn, after))
    timers.push({ kind: 'timer.set', name: 'remind', visit, afterMinutes: durationMinutes(idle.remindAfter) });
  timers.push({ kind: 'timer.set', name: 'expire', visit, afterMinutes: durationMinutes(idle.expireAfter) });
  return timers;
}

/** The word is the bot's again, and what waits is asked anew or was put aside; at an hour when nothing is asked the runtime waits. */
function isHandedBack(event: ConversationEvent, turn: Turn): boolean {
  return event.type === 'handback' && (event.isQuiet !== true || turn.top === undefined);
}

function waitsForPerson(frame: Frame): boolean {
  return frame.wait === 'slot' || frame.wait === 'choice' || frame.wait === 'confirm';
}
