/**
 * One message read in every way there is: as a command, a correction, a short reply, and for its facts. Of several customers
 * in one message the facts are the first one's.
 */
import type { BusinessDate } from '../../lib/business-date.ts';
import { parseCommand, parseLookUp } from './command.ts';
import { parseCorrection } from './correction.ts';
import { parseIntent } from './intent.ts';
import type { Reading } from './protocol.ts';
import { withoutGreeting } from './small-talk.ts';
import { MAX_TEXT_LENGTH, parseReply, partCustomers, understandLead, whoIs } from './understand/index.ts';

/** Reads a message on the business day `today`. */
export function readMessage(text: string, today: BusinessDate): Reading {
  // Nobody commands, corrects or agrees at such length; and what is read by patterns must be short enough for all of them.
  const short = text.length > MAX_TEXT_LENGTH ? '' : withoutGreeting(text);
  const command = parseCommand(short);
  const lookUp = parseLookUp(short);
  const intent = parseIntent(short);
  const correction = parseCorrection(short);
  const reply = parseReply(short);
  const [first = text, ...others] = partCustomers(text.slice(0, MAX_TEXT_LENGTH));
  return {
    understanding: understandLead(first, today),
    ...(others.length > 0 ? { others: others.map(whoIs) } : {}),
    ...(command ? { command } : {}),
    ...(lookUp ? { lookUp } : {}),
    ...(intent ? { intent } : {}),
    ...(correction ? { correction } : {}),
    ...(reply ? { reply } : {}),
  };
}
