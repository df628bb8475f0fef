/**
 * One message read in every way there is: as a command, a correction, a short reply, and for its facts. Of several customers
 * in one message the facts are the first one's.
 */
import type { BusinessDate } from '../../lib/business-date.ts';
import { parseCommand, parseLookUp } from './command.ts';
import { parseCorrection } from './correction.ts';
import { parseIntent } from './intent.ts';
import type { Reading } from './protocol.ts';
import { MAX_TEXT_LENGTH, parseReply, partCustomers, understandLead, whoIs } from './understand/index.ts';

/** Reads a message on the business day `today`. */
export function readMessage(text: string, today: BusinessDate): Reading {
  const command = parseCommand(text);
  const lookUp = parseLookUp(text);
  const intent = parseIntent(text);
  const correction = parseCorrection(text);
  const reply = parseReply(text);
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
