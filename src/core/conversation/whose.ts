/** Whose form it is: the case and the person a frame is about. */
import { parseShortId } from './command.ts';
import type { FlowTable } from './protocol.ts';
import type { ConversationState, Frame } from './state.ts';
import type { Turn } from './turn.ts';
import { parsePhone, toSimplified } from './understand/index.ts';

const FORM_OF_ADDRESS = /^(?<surname>[\u4e00-\u9fa5]{1,2})(?:女士|先生|小姐|太太|老板|总|经理|哥|姐|叔|阿姨|老师)$/u;

/** Whether it is a form with somebody's name in it; whoever waits for an operation or a called flow lies below it. */
export function holdsOnePerson(turn: Turn, frame: Frame): boolean {
  return turn.flowOf(frame).slotOfFact.has('name') && frame.wait !== 'call' && frame.wait !== 'operation';
}

/** Whether `who` (a number, a phone, a name) is the form's own person. */
export function isAbout(turn: Turn, frame: Frame, who: string): boolean {
  const id = parseShortId(who);
  if (id !== undefined) return numbersOf(frame).includes(id);
  const phone = parsePhone(who);
  if (phone !== undefined) return valueOf(turn, frame, 'phone') === phone;
  const name = valueOf(turn, frame, 'name');
  if (name === undefined) return false;
  if (same(name, who)) return true;
  // 何女士 may be 何丽, but neither 何先生 nor 何总.
  const surname = FORM_OF_ADDRESS.exec(toSimplified(who))?.groups?.['surname'];
  return surname !== undefined && !FORM_OF_ADDRESS.test(toSimplified(name)) && toSimplified(name).startsWith(surname);
}

/** Whether two names are one, in whichever characters. */
export function same(one: string, other: string): boolean {
  return toSimplified(one).toLowerCase() === toSimplified(other).toLowerCase();
}

/** The form's name or phone; `undefined` while there is none. */
export function valueOf(turn: Turn, frame: Frame, fact: 'name' | 'phone'): string | undefined {
  const value = frame.slots[turn.flowOf(frame).slotOfFact.get(fact) ?? '']?.value;
  return value === undefined ? undefined : String(value);
}

/** The numbers of the form's own case; a collision names somebody else's. */
function numbersOf(frame: Frame): readonly string[] {
  const records = [...Object.values(frame.results), ...Object.values(frame.inputs)];
  return records.flatMap((record) => {
    if (typeof record !== 'object' || record === null || ('kind' in record && record.kind === 'collision')) return [];
    return Object.values(record).flatMap((value) => (typeof value === 'string' ? (parseShortId(value) ?? []) : []));
  });
}

/**
 * The K-number of the customer just named for files, or else of the form that has the word; `undefined` when none is open, it
 * is left for later, or it is nobody's on file yet.
 */
export function openCase({ frames, filesFor }: ConversationState, flows: Pick<FlowTable, 'get'>): string | undefined {
  if (filesFor !== undefined) return filesFor;
  const form = frames.findLast(({ flow, version }) => flows.get(flow, version)?.slotOfFact.has('name') === true);
  return form && form.later !== true ? caseOf(form) : undefined;
}

/** The customer's number of the form's own case. */
export function caseOf(frame: Frame): string | undefined {
  return numbersOf(frame).find((number) => number.startsWith('K'));
}
