/** Several open questions of the same kind: one answer to all (都是身份证), or to one of them (第二张是流水). */
import type { StepOf } from '../flow/index.ts';
import { sentWith } from './file-places.ts';
import { pointsBack, rowSaid, saidOfAll, saidOfNth } from './row-words.ts';
import { goTo } from './run.ts';
import type { Frame } from './state.ts';
import { goTogether } from './together.ts';
import type { Turn } from './turn.ts';

/**
 * Answers every other open question of the frame's flow that offers this row; they go on when the frame on top has ended. The
 * last one, which was asked first, speaks for all. A colleague's may be about several customers, and each says whose it is.
 */
export function pickForAll(turn: Turn, frame: Frame, value: string): void {
  const others = questionsLike(turn, frame).filter((other) => other !== frame && offers(turn, other, value));
  const isOnePersons = turn.tools.audience === 'customer' && others.length > 0;
  for (const [index, other] of others.entries()) {
    const pick = pickOf(turn, other);
    if (!pick) continue;
    turn.raise(other);
    const answered = { ...other, results: { ...other.results, [pick.as]: { value } } };
    turn.put(isOnePersons ? goTogether(answered, { last: index === 0, count: 0 }) : answered);
    goTo(turn, pick.go);
  }
  turn.raise(frame);
  if (isOnePersons) turn.put(goTogether(frame, { last: false, count: 0 }));
}

function pickOf(turn: Turn, frame: Frame): StepOf<'ask'>['pick'] {
  const step = frame.wait === 'choice' ? turn.flowOf(frame).steps.get(frame.step) : undefined;
  return step?.kind === 'ask' ? step.pick : undefined;
}

/** The open questions of the frame's flow, the first asked first. */
function questionsLike(turn: Turn, frame: Frame): readonly Frame[] {
  return turn
    .frames()
    .filter(({ flow, wait }) => flow === frame.flow && wait === 'choice')
    .toReversed();
}

function offers(turn: Turn, frame: Frame, value: string): boolean {
  const pick = pickOf(turn, frame);
  return pick !== undefined && frame.offered?.some((row) => row[pick.value] === value) === true;
}

/**
 * The row of the frame's own that the message says. 两张都是身份证 says one only where two files are asked about and all of
 * them may be that: which two of three it means nobody knows. Nor which one 上面那张是流水 means, where there were several.
 */
export function pickOfWords(turn: Turn, frame: Frame, text: string): string | undefined {
  const value = valueSaid(turn, frame, text);
  const count = saidOfAll(text)?.count;
  const open = questionsLike(turn, frame);
  if (count === undefined) {
    const isOneOfMany = open.length > 1 || (turn.fileRow?.came ?? 0) > 1;
    return isOneOfMany && pointsBack(text) ? undefined : value;
  }
  if (value === undefined) return undefined;
  const files = open.reduce((sum, question) => sum + (numberOf(turn, question, 'unnamed') ?? 1), 0);
  return files === count && open.every((question) => offers(turn, question, value)) ? value : undefined;
}

/** Which open question of the frame's flow the message answers by its number, and with which of its rows. */
export function pickOfNth(
  turn: Turn,
  frame: Frame,
  text: string,
): { readonly frame: Frame; readonly value: string } | undefined {
  const said = saidOfNth(text);
  const meant = said && questionOfNth(turn, questionsLike(turn, frame), said.nth);
  const value = said && meant && valueSaid(turn, meant, said.rest);
  return meant && value !== undefined ? { frame: meant, value } : undefined;
}

function valueSaid(turn: Turn, frame: Frame, text: string): string | undefined {
  const row = frame.offered?.[rowSaid(frame.offered, text) ?? -1];
  const value = row?.[pickOf(turn, frame)?.value ?? ''];
  return value === undefined ? undefined : String(value);
}

/**
 * The question whose file has this place; where places are not known, or what is shown of one differs, the only one that
 * shows this number (第 2 张照片). The second of a name is not the second file, and of an album nobody knows which is meant.
 */
function questionOfNth(turn: Turn, open: readonly Frame[], nth: number): Frame | undefined {
  if (open.some((frame) => numberOf(turn, frame, 'nth') === undefined)) return undefined;
  const shown = open.map((frame) => numberShown(turn, frame));
  const isCounted = open.every(({ place }, at) => place !== undefined && (shown[at] ?? place) === place);
  // The only file there was: 第一张 may as well be one of long ago.
  if (isCounted) return (turn.fileRow?.came ?? 0) > 1 ? open.find(({ place }) => place === nth) : undefined;
  const meant = open.filter((_frame, at) => shown[at] === nth);
  return meant.length === 1 && meant.every((frame) => sentWith(turn, frame, 'name') === '') ? meant[0] : undefined;
}

/** The number that its question calls a file by; one of a kind has none. */
function numberShown(turn: Turn, frame: Frame): number | undefined {
  return (numberOf(turn, frame, 'of') ?? 1) > 1 ? numberOf(turn, frame, 'nth') : undefined;
}

function numberOf(turn: Turn, frame: Frame, name: string): number | undefined {
  const number = sentWith(turn, frame, name);
  return typeof number === 'number' ? number : undefined;
}
