/** What a conversation puts on the timeline: who writes it down belongs to the domain. */
import type { Happening } from '../../channels/channel.ts';
import { namesIn } from '../conversation/index.ts';

/** A line of the timeline that came in. */
export interface IncomingItem {
  readonly conversationId: string;
  readonly platform: string;
  readonly kind: string;
  readonly actorKind: string;
  readonly actorId: string;
  readonly messageId: string | null;
  readonly text: string;
  readonly inboxId: bigint;
  readonly fileIds: readonly string[];
  readonly customers: readonly string[];
  /** Names to hide in the searchable copy. */
  readonly concealed: readonly string[];
}

/** An edit or deletion that the platform reported. */
export interface ItemChange {
  readonly conversationId: string;
  readonly messageId: string;
  readonly inboxId: bigint;
  readonly kind: 'EDITED' | 'DELETED';
  readonly text?: string;
  /** Names to hide in the searchable copy. */
  readonly concealed?: readonly string[];
}

/** What the platform reports of an earlier message, as a line of the timeline. `place`: the conversation, the inbox row. */
export function changeOf(
  happening: Extract<Happening, { kind: 'edited' | 'deleted' }>,
  [conversationId, inboxId]: readonly [string, bigint],
  names: readonly string[],
): ItemChange {
  const { messageId } = happening;
  if (happening.kind === 'deleted') return { conversationId, messageId, inboxId, kind: 'DELETED' };
  const { text } = happening;
  return { conversationId, messageId, inboxId, kind: 'EDITED', text, concealed: [...names, ...namesIn(text)] };
}
