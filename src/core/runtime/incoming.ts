/** What a conversation puts on the timeline: who writes it down belongs to the domain. */

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
