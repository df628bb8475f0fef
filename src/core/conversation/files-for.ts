/** Whose the files are that a colleague sends next (上传 K318), until he turns to somebody else. */
import { parseShortId } from './command.ts';
import type { ConversationEvent } from './protocol.ts';
import type { Frame } from './state.ts';
import type { Turn } from './turn.ts';

/**
 * Lets an event be heard. Whoever answers what is asked about a file (which item is it?), is asked it again, or looks at the
 * very customer still sends that one's files; anything else may be about somebody else, and a file too few is asked about.
 */
export function hearFilesFor(turn: Turn, event: ConversationEvent, hear: () => void): void {
  const named = turn.filesFor;
  if (named === undefined || !isSaid(event)) return hear();
  // A frame's inputs stay the same object as long as it goes its own way.
  const asked = new Set(
    turn
      .frames()
      .filter(isAboutFile)
      .map(({ inputs }) => inputs),
  );
  turn.filesFor = undefined;
  hear();
  const isAnswered = turn.top !== undefined && asked.has(turn.top.inputs);
  if (turn.filesFor === undefined && (isAnswered || isLookedAt(event, named))) turn.filesFor = named;
}

/** What somebody says or presses, and no file. */
function isSaid(event: ConversationEvent): boolean {
  return event.type === 'choice' || (event.type === 'message' && event.media.length === 0);
}

function isAboutFile({ wait, inputs }: Frame): boolean {
  return wait === 'choice' && inputs['media'] !== undefined;
}

/** 客户 K318, K318. */
function isLookedAt(event: ConversationEvent, number: string): boolean {
  if (event.type !== 'message') return false;
  const wanted = event.reading.command ?? event.reading.lookUp;
  return wanted !== undefined && parseShortId(wanted.argument) === number;
}
