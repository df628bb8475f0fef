/**
 * The places of files that are asked about (第二张是流水). They are counted only while everybody would count alike: all that came
 * are of one kind, each is asked about, and one of them still is. Otherwise 第二张 may be the second that came, the second in
 * question, or the second photo.
 */
import type { Frame } from './state.ts';
import type { Turn } from './turn.ts';
import { resolveReference } from './values.ts';

/** Files sent one after the other since something else was said with none of them in question. */
export interface FileRow {
  readonly came: number;
  readonly asked: number;
  /** What is asked about so far, as its question calls it (photo, file). */
  readonly sort?: string;
  /** Places are given: each was asked about before the next one came, and not all had been answered by then. */
  readonly isWhole: boolean;
}

/** Whether it asks about a file. */
export function isAboutFile({ wait, inputs }: Frame): boolean {
  return wait === 'choice' && inputs['media'] !== undefined;
}

/** Counts a file that has come. */
export function countFile(turn: Turn): void {
  const row = turn.fileRow ?? { came: 0, asked: 0, isWhole: true };
  const isFirst = row.came === 0;
  const isWhole = row.isWhole && row.came === row.asked && (isFirst || turn.frames().some(isAboutFile));
  turn.fileRow = { ...row, came: row.came + 1, isWhole };
}

/** The frame with its file's place, as it is asked about. */
export function takePlace(turn: Turn, frame: Frame): Frame {
  const row = turn.fileRow;
  if (!row || !isAboutFile(frame) || frame.place !== undefined) return frame;
  const said = sentWith(turn, frame, 'sort');
  const sort = typeof said === 'string' ? said : '';
  // What has a name is called by it.
  const isWhole = row.isWhole && sort !== 'named' && (row.asked === 0 || row.sort === sort);
  turn.fileRow = { ...row, asked: row.asked + 1, sort, isWhole };
  return isWhole ? { ...frame, place: row.came } : frame;
}

/** A value of the sentence that asks about the frame's file. */
export function sentWith(turn: Turn, frame: Frame, name: string): unknown {
  const step = turn.flowOf(frame).steps.get(frame.step);
  const reference = step?.kind === 'ask' ? step.with[name] : undefined;
  return typeof reference === 'string' ? resolveReference(turn, frame, reference) : undefined;
}

/** What is said while no file is in question begins a new row. */
export function endRow(turn: Turn): void {
  if (!turn.frames().some(isAboutFile)) turn.fileRow = undefined;
}
