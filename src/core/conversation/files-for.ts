/** Whose the files are that a colleague sends next (上传 K318), until he turns to somebody else. */
import { parseShortId } from './command.ts';
import { endRow, isAboutFile } from './file-places.ts';
import type { ConversationEvent } from './protocol.ts';
import type { Turn } from './turn.ts';
import { isCourtesy } from './understand/index.ts';

/**
 * Lets an event be heard. Whoever answers what is asked about a file (which item is it?), says no more than 好的 to it, or looks
 * at the very customer still sends that one's files. Anything else may be about somebody else, above all what was not
 * understood (王先生的), and a file too few is asked about.
 */
export function hearFilesFor(turn: Turn, event: ConversationEvent, hear: () => void): void {
  if (isSaid(event)) endRow(turn);
  const named = turn.filesFor;
  if (named === undefined || !isSaid(event)) return hear();
  // A frame's inputs stay the same object as long as it goes its own way.
  const asked = new Map(
    turn
      .frames()
      .filter(isAboutFile)
      .map(({ inputs, step }) => [inputs, step]),
  );
  turn.filesFor = undefined;
  hear();
  const step = turn.top && asked.get(turn.top.inputs);
  const isAnswered = step !== undefined && (turn.top?.step !== step || isThanks(event));
  if (turn.filesFor === undefined && (isAnswered || isLookedAt(event, named))) turn.filesFor = named;
}

/** What somebody says or presses, and no file. */
function isSaid(event: ConversationEvent): boolean {
  return event.type === 'choice' || (event.type === 'message' && event.media.length === 0);
}

function isThanks(event: ConversationEvent): boolean {
  return event.type === 'message' && isCourtesy(event.text);
}

/** 客户 K318, K318. */
function isLookedAt(event: ConversationEvent, number: string): boolean {
  if (event.type !== 'message') return false;
  const wanted = event.reading.command ?? event.reading.lookUp;
  return wanted !== undefined && parseShortId(wanted.argument) === number;
}
