/** One message read in every way there is: as a command, a correction, a short reply, and for its facts. */
import type { BusinessDate } from '../../lib/business-date.ts';
import { parseCommand } from './command.ts';
import { parseCorrection } from './correction.ts';
import type { Reading } from './protocol.ts';
import { parseReply, understandLead } from './understand/index.ts';

/** Reads a message on the business day `today`. */
export function readMessage(text: string, today: BusinessDate): Reading {
  const command = parseCommand(text);
  const correction = parseCorrection(text);
  const reply = parseReply(text);
  return {
    understanding: understandLead(text, today),
    ...(command ? { command } : {}),
    ...(correction ? { correction } : {}),
    ...(reply ? { reply } : {}),
  };
}
