/** The question a frame waits with, asked for the first time or again. */
import type { Listing, StepOf } from '../flow/index.ts';
import type { Choice, Field, Params, Rows } from './protocol.ts';
import { sayOn, type SayExtras } from './say.ts';
import type { Frame } from './state.ts';
import { awake, type Turn } from './turn.ts';
import type { Ambiguity } from './understand/index.ts';
import { fieldsOf, labelOf, missingSlots, resolveParams, resolveReference, slotParam, whoseForm } from './values.ts';

/** Choices a platform can show under one message. */
const MAX_CHOICES = 10;
/** Lines of a list; more is what the console is for. */
const MAX_ROWS = 20;

type Scalars = Readonly<Record<string, string | number | boolean>>;

function scalarsOf(value: unknown): Scalars {
  const scalars: Record<string, string | number | boolean> = {};
  if (typeof value !== 'object' || value === null) return scalars;
  for (const [key, member] of Object.entries(value)) {
    if (typeof member === 'string' || typeof member === 'number' || typeof member === 'boolean') scalars[key] = member;
  }
  return scalars;
}

function listOf(turn: Turn, frame: Frame, reference: string): readonly Scalars[] {
  const value = resolveReference(turn, frame, reference);
  return Array.isArray(value) ? value.map(scalarsOf) : [];
}

/** Rows of a `list:`, and the key to use instead when there are none. */
function rowsOf(
  turn: Turn,
  frame: Frame,
  listing: Listing | undefined,
): { readonly rows?: Rows; readonly insteadOf?: string } {
  if (!listing) return {};
  const all = listOf(turn, frame, listing.of);
  if (all.length === 0 && listing.empty !== undefined) return { insteadOf: listing.empty };
  const items = all.slice(0, MAX_ROWS);
  return { rows: { line: listing.line, items, ...(all.length > items.length ? { isCut: true } : {}) } };
}

type Saying = Pick<StepOf<'say'>, 'with' | 'list' | 'card'>;

/** The slots a card shows: all, or those named, in that order. */
function cardFields(turn: Turn, frame: Frame, card: Saying['card']): SayExtras['fields'] {
  if (card === false) return undefined;
  const flow = turn.flowOf(frame);
  const fields = card === true ? fieldsOf(flow, frame) : card.flatMap((name) => fieldsOf(flow, frame, [name]));
  return fields.map(asOnFile);
}

/** A card shows the file: a name in it is hidden the first time too, as it will be whenever the card is opened again. */
function asOnFile(field: Field): Field {
  return field.value.kind === 'slot' ? { ...field, value: { ...field.value, onFile: true } } : field;
}

/** Says a step's sentence in the top frame's name, with its list and card. */
export function saySentence(turn: Turn, key: string, saying: Saying, extras: SayExtras = {}): void {
  const frame = turn.top;
  if (!frame) return;
  const { rows, insteadOf } = rowsOf(turn, frame, saying.list);
  const fields = cardFields(turn, frame, saying.card);
  sayOn(turn, frame, insteadOf ?? key, {
    params: resolveParams(turn, frame, saying.with),
    ...(rows ? { rows } : {}),
    ...(fields ? { fields } : {}),
    ...extras,
  });
}

/** Asks (again) whatever the top frame waits for; silent when it waits for nothing. */
export function prompt(turn: Turn): void {
  if (turn.top?.wait && turn.top.later === true) turn.put(awake(turn.top)); // it is before his eyes again
  const frame = turn.top;
  if (!frame?.wait) return;
  const step = turn.flowOf(frame).steps.get(frame.step);
  if (frame.wait === 'slot') askSlot(turn, frame);
  else if (frame.wait === 'choice' && step?.kind === 'ask') askChoices(turn, frame, step);
  else if (frame.wait === 'confirm' && step?.kind === 'confirm') askConfirmation(turn, frame, step);
}

/** Asks for the frame's `asked` slot, naming its present value if it has one, and how many are left. */
export function askSlot(turn: Turn, frame: Frame, ambiguity?: Ambiguity): void {
  const flow = turn.flowOf(frame);
  const name = frame.asked;
  const slot = name === undefined ? undefined : flow.slots.get(name);
  if (name === undefined || slot?.ask === undefined) return;
  const present = slotParam(flow, name, frame.slots[name]);
  if (present) {
    const params = { slot: { kind: 'text' as const, key: slot.label }, old: present };
    sayOn(turn, frame, 'conversation.ask_again', {
      params,
      choices: [{ verb: 'unchanged', label: 'conversation.choice.unchanged' }],
    });
    return;
  }
  const left = missingSlots(turn, frame).filter((other) => other !== name).length;
  const choices = ambiguity ? candidateChoices(turn, frame, ambiguity) : slotChoices(turn, frame, name);
  const key = ambiguity ? 'conversation.which' : slot.ask;
  const params: Params = { left: { kind: 'plain', value: left }, slot: { kind: 'text', key: slot.label } };
  sayOn(turn, frame, key, { params, ...(choices.length > 0 ? { choices } : {}) });
}

function slotChoices(turn: Turn, frame: Frame, name: string): readonly Choice[] {
  const slot = turn.flowOf(frame).slots.get(name);
  const skip: readonly Choice[] = slot?.required === false ? [{ verb: 'skip', label: 'conversation.choice.skip' }] : [];
  if (slot?.type === 'consent') {
    return [
      { verb: 'answer', label: 'conversation.choice.agree', value: '同意' },
      { verb: 'answer', label: 'conversation.choice.decline', value: '不同意' },
    ];
  }
  if (slot?.type === 'yes-no') {
    return [
      { verb: 'answer', label: 'conversation.choice.yes', value: 'yes' },
      { verb: 'answer', label: 'conversation.choice.no', value: 'no' },
      ...skip,
    ];
  }
  const options = (slot?.options ?? []).map(({ label, value }) => ({ verb: 'answer', label, value }));
  return [...options.slice(0, MAX_CHOICES), ...skip];
}

function candidateChoices(turn: Turn, frame: Frame, ambiguity: Ambiguity): readonly Choice[] {
  const flow = turn.flowOf(frame);
  return ambiguity.candidates.slice(0, MAX_CHOICES).flatMap((candidate) => {
    const value = slotParam(flow, frame.asked ?? '', { value: candidate.value, from: 'said' });
    return value
      ? [{ verb: 'answer', label: 'conversation.choice.value', params: { value }, value: String(candidate.value) }]
      : [];
  });
}

function askChoices(turn: Turn, frame: Frame, step: StepOf<'ask'>): void {
  const choices: Choice[] = [];
  for (const item of step.pick ? offerRows(turn, frame, step.pick.of) : []) {
    const params = Object.fromEntries(
      Object.entries(item).map(([key, value]) => [key, { kind: 'plain' as const, value }]),
    );
    choices.push({
      verb: 'pick',
      label: step.pick?.line ?? '',
      params,
      value: String(item[step.pick?.value ?? ''] ?? ''),
    });
  }
  // "none of these" comes after what there is
  choices.push(...(step.choices ?? []).map(({ verb, label }) => ({ verb, label })));
  saySentence(turn, step.ask, step, {
    ...(choices.length > 0 ? { choices } : {}),
    ...(step.contact ? { contact: step.contact.label } : {}),
  });
}

/** The rows of a pick; remembered the first time, because the result they came from is gone when it is asked again. */
function offerRows(turn: Turn, frame: Frame, reference: string): readonly Scalars[] {
  if (frame.offered) return frame.offered;
  const offered = listOf(turn, frame, reference).slice(0, MAX_CHOICES);
  turn.put({ ...frame, offered });
  return offered;
}

function askConfirmation(turn: Turn, frame: Frame, step: StepOf<'confirm'>): void {
  const flow = turn.flowOf(frame);
  const params = {
    ...resolveParams(turn, frame, step.with),
    summary: { kind: 'fields' as const, fields: fieldsOf(flow, frame, step.slots) },
  };
  const choices = [
    { verb: 'yes', label: 'conversation.choice.confirm' },
    { verb: 'no', label: 'conversation.choice.change' },
  ];
  sayOn(turn, frame, step.confirm, {
    params,
    choices,
    ...(step.card ? { fields: fieldsOf(flow, frame, step.slots) } : {}),
  });
}

/** One line after a look-up: the item a form asks for, or that the question above still stands. Nothing is asked again. */
export function sayStillOpen(turn: Turn): void {
  const frame = turn.top;
  if (!frame || frame.later === true) return; // he has no time for it
  if (frame.asked !== undefined) return sayWhereWeWere(turn);
  const title = { kind: 'text' as const, key: turn.flowOf(frame).definition.title };
  sayOn(turn, frame, 'conversation.still_open', { params: { title, whose: whoseForm(turn, frame) } });
}

/** "We were at …": after a digression. A colleague has many customers and is told whose form it is. A form names the item it asks for; any other question follows in full anyway. */
export function sayWhereWeWere(turn: Turn): void {
  const frame = turn.top;
  if (!frame) return;
  const flow = turn.flowOf(frame);
  const title = { kind: 'text' as const, key: flow.definition.title };
  const whose = whoseForm(turn, frame);
  if (frame.asked === undefined) return sayOn(turn, frame, 'conversation.back_to_flow', { params: { title, whose } });
  const what = { kind: 'text' as const, key: labelOf(flow, frame.asked) };
  sayOn(turn, frame, 'conversation.back_to', { params: { title, what, whose } });
}
