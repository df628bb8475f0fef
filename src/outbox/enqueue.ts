/**
 * Puts messages into the outbox and onto the timeline, in the turn's transaction. A message whose key is already there
 * is not written again (invariant 2). The plain text is never stored: payload and timeline text are sealed, and the
 * timeline keeps a masked copy, the only text that may be searched.
 */
import { statement, type Tx } from '../db/database.ts';
import type { Keyring } from '../db/keyring.ts';
import type { MessageContent, MessageDraft } from '../core/operations/effects.ts';
import { maskTextAndNames } from '../lib/mask.ts';
import { ordinalOf } from './claim.ts';
import { partsOf } from './parts.ts';

/** A draft with what the unit of work adds: ids from their sequences, the turn's trace, whose files it belongs to. */
export interface NumberedMessage extends MessageDraft {
  readonly id: bigint;
  readonly timelineId: bigint;
  readonly traceId: string;
  readonly conversationId: string;
  readonly platform: string;
  readonly touched: readonly string[];
  /** Names to hide in the searchable copy. */
  readonly concealed: readonly string[];
  /** Written as leased under `Writing.leaseToken`: this process sends it as soon as the transaction is committed. */
  readonly isLeased?: boolean;
}

const INSERT = statement(
  'outbox-insert',
  `WITH draft AS (
     SELECT * FROM unnest($1::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
       $10::uuid[], $11::text[], $12::uuid[], $13::bytea[], $14::text[], $15::bigint[], $16::text[], $18::bytea[], $19::boolean[], $21::smallint[])
     AS row (id, key, account, chat, thread, lane, kind, purpose, customer_id, subject_kind, subject_id, sealed_payload, card_id, inbox_id, trace_id, repeat_key, leased, parts)
   ), fresh AS (
     INSERT INTO outbox_keys (key, outbox_id, at) SELECT key, id, $2 FROM draft WHERE key IS NOT NULL
     ORDER BY key -- two that say the same wait for each other instead of deadlocking
     ON CONFLICT DO NOTHING RETURNING outbox_id
   )
   INSERT INTO outbox (id, at, account, chat, thread, lane, kind, purpose, customer_id, subject_kind, subject_id, sealed_payload, card_id, inbox_id, due_at, trace_id, repeat_key, parts,
     state, lease_token, lease_until, sending_at, attempts, ordinal)
   SELECT id, $2, account, chat, thread, lane, kind, purpose, customer_id, subject_kind, subject_id, sealed_payload, card_id, inbox_id, $17, trace_id, repeat_key, parts,
     CASE WHEN leased THEN 'LEASED' ELSE 'PENDING' END, CASE WHEN leased THEN $20::uuid END,
     CASE WHEN leased THEN clock_timestamp() + interval '30 seconds' END, CASE WHEN leased THEN clock_timestamp() END, leased::int,
     CASE WHEN leased THEN ${ordinalOf('draft', '$2::timestamptz')} END
   FROM draft WHERE key IS NULL OR id IN (SELECT outbox_id FROM fresh)
   RETURNING id, ordinal`,
);

const TIMELINE = statement(
  'outbox-timeline',
  `WITH item AS (
     INSERT INTO timeline_items (id, at, conversation_id, platform, direction, kind, actor_kind, actor_id, sealed_text, text_masked, file_ids, outbox_id)
     SELECT id, $2, conversation_id, platform, 'OUT', kind, 'BOT', actor_id, sealed_text, text_masked, CASE WHEN file_id IS NULL THEN '{}' ELSE ARRAY[file_id] END, outbox_id
     FROM unnest($1::bigint[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::bytea[], $8::text[], $9::uuid[], $10::bigint[])
       AS row (id, conversation_id, platform, kind, actor_id, sealed_text, text_masked, file_id, outbox_id)
   )
   INSERT INTO timeline_links (customer_id, item_id, item_at)
   SELECT customer_id, item_id, $2 FROM unnest($11::uuid[], $12::bigint[]) AS link (customer_id, item_id)`,
);

/** When messages are written, and may go out (business time), and the lease some are born with. */
export interface Writing {
  readonly now: Date;
  readonly leaseToken?: string;
}

/** What became of a draft: its row is new, with the ordinal its words have when it was leased at once. */
export interface Written {
  readonly id: bigint;
  readonly ordinal: number | null;
}

/** Writes the drafts; returns those that were new. */
export async function writeMessages(
  tx: Tx,
  keys: Keyring,
  times: Writing,
  drafts: readonly NumberedMessage[],
): Promise<readonly Written[]> {
  if (drafts.length === 0) return [];
  // A message without a key of its own is new for certain; only the others have to wait for the answer.
  const [certain, keyed] = [
    drafts.filter((draft) => draft.key === undefined),
    drafts.filter((draft) => draft.key !== undefined),
  ];
  const [written] = await Promise.all([
    insertDrafts(tx, keys, times, drafts),
    writeTimeline(tx, keys, times.now, certain),
  ]);
  const fresh = new Set(written.map(({ id }) => id));
  await writeTimeline(
    tx,
    keys,
    times.now,
    keyed.filter((draft) => fresh.has(draft.id)),
  );
  return written;
}

async function insertDrafts(
  tx: Tx,
  keys: Keyring,
  times: Writing,
  drafts: readonly NumberedMessage[],
): Promise<readonly Written[]> {
  return tx.query<Written>(INSERT, [
    drafts.map((draft) => draft.id),
    times.now,
    drafts.map((draft) => draft.key ?? null),
    drafts.map((draft) => draft.to.account),
    drafts.map((draft) => draft.to.chat),
    drafts.map((draft) => draft.to.thread ?? ''),
    drafts.map((draft) => draft.lane ?? 'NORMAL'),
    drafts.map((draft) => draft.content.kind),
    drafts.map((draft) => draft.purpose),
    drafts.map((draft) => draft.customerId ?? null),
    drafts.map((draft) => draft.subject?.kind ?? null),
    drafts.map((draft) => draft.subject?.id ?? null),
    drafts.map((draft) => keys.sealJson(`outbox.sealed_payload.${draft.id}`, draft.content)),
    drafts.map((draft) => cardIdOf(draft.content)),
    drafts.map((draft) => draft.inboxId ?? null),
    drafts.map((draft) => draft.traceId),
    times.now,
    drafts.map((draft) => repeatKey(keys, draft)),
    drafts.map((draft) => draft.isLeased ?? false),
    times.leaseToken ?? null,
    drafts.map((draft) => partsOf(draft.content)),
  ]);
}

/** An answer to a tap that says what the redrawn card or the tap itself says is no line of its own. */
async function writeTimeline(tx: Tx, keys: Keyring, now: Date, written: readonly NumberedMessage[]): Promise<void> {
  const drafts = written.filter((draft) => !repeatsCard(draft, written));
  if (drafts.length === 0) return;
  const texts = drafts.map((draft) => plainText(draft.content));
  const links = drafts.flatMap((draft) => customersOf(draft).map((customer) => [customer, draft.timelineId] as const));
  await tx.query(TIMELINE, [
    drafts.map((draft) => draft.timelineId),
    now,
    drafts.map((draft) => draft.conversationId),
    drafts.map((draft) => draft.platform),
    drafts.map((draft) => draft.content.kind),
    drafts.map((draft) => draft.actorId ?? 'bot'),
    drafts.map((draft, index) => keys.seal(`timeline_items.sealed_text.${draft.timelineId}`, texts[index] ?? '')),
    drafts.map((draft, index) => maskTextAndNames(texts[index] ?? '', draft.concealed)),
    drafts.map((draft) => (draft.content.kind === 'file_ref' ? draft.content.fileId : null)),
    drafts.map((draft) => draft.id),
    links.map(([customer]) => customer),
    links.map(([, item]) => item),
  ]);
}

function repeatsCard({ content, traceId }: NumberedMessage, written: readonly NumberedMessage[]): boolean {
  if (content.kind !== 'tap_answer') return false;
  if (content.form) return true; // what it asks for is answered by an event of its own
  return written.some(
    (other) =>
      other.traceId === traceId &&
      other.content.kind === 'card_update' &&
      other.content.tap?.['query'] === content.tap['query'],
  );
}

function customersOf(draft: NumberedMessage): string[] {
  return [...new Set([...draft.touched, ...(draft.customerId ? [draft.customerId] : [])])];
}

/** What is the same whenever the same words go to the same chat. Buttons make every card its own. */
function repeatKey(keys: Keyring, { to, content }: NumberedMessage): Buffer | null {
  if (content.kind === 'card_update' || content.kind === 'file_ref') return null;
  if (content.kind === 'tap_answer' && content.form) return null; // opens a form, says nothing
  return keys.blind('outbox.repeat_key', [to.account, to.chat, to.thread ?? '', plainText(content)].join('\n'));
}

function cardIdOf(content: MessageContent): string | null {
  return content.kind === 'card' || content.kind === 'card_update' ? content.card.id : null;
}

/** What a person reads, as one text: for the timeline. */
export function plainText(content: MessageContent): string {
  switch (content.kind) {
    case 'text':
    case 'tap_answer':
      return content.text;
    case 'card':
    case 'card_update': {
      const { card } = content;
      const lines = [
        card.title,
        card.subtitle,
        card.text,
        ...card.fields.map((field) => `${field.label} ${field.value}`),
        card.closed,
      ];
      return lines.filter((line) => line !== undefined && line !== '').join('\n');
    }
    case 'picture':
      return content.name;
    case 'file_ref':
      return [content.name, content.caption].filter(Boolean).join('\n');
  }
}
