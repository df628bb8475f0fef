/** How many messages at the platform an outbox row takes: platforms count those, not our rows. */
import type { MessageContent } from '../core/operations/effects.ts';

/** UTF-8 bytes of one message where it is shortest (WeCom `text.content` [doc 90236]) … */
const WHOLE_BYTES = 2048;
/** … and of each of several, which carry a mark and end at a line. */
const PART_BYTES = 1900;
/** What is longer is cut there. */
const MAX_TEXT_PARTS = 10;

/**
 * The messages that `content` becomes on the platform that splits most. An estimate for the pace: a platform that takes
 * longer texts, or a file together with its caption, is only used less than it allows.
 */
export function partsOf(content: MessageContent): number {
  switch (content.kind) {
    case 'text':
    case 'tap_answer':
      return textParts(content.text);
    case 'card':
    case 'card_update':
    case 'picture':
      return 1;
    case 'file_ref':
      return 1 + (content.caption ? textParts(content.caption) : 0);
  }
}

function textParts(text: string): number {
  if (text.length * 3 <= WHOLE_BYTES) return 1; // no UTF-16 unit takes more than three bytes
  const bytes = Buffer.byteLength(text);
  return bytes <= WHOLE_BYTES ? 1 : Math.min(MAX_TEXT_PARTS, Math.ceil(bytes / PART_BYTES));
}
