/** Every message in both directions on the customer's file, once, in order. */
import type { IncomingItem, ItemChange } from '../../core/runtime/incoming.ts';
import type { Unit } from '../../core/unit/unit.ts';
import { statement, type Tx } from '../../db/database.ts';
import type { Keyring } from '../../db/keyring.ts';
import { maskTextAndNames } from '../../lib/mask.ts';
import { namesOfCustomers } from '../customers/index.ts';

const INSERT = statement(
  'timeline-insert',
  `WITH item AS (
     INSERT INTO timeline_items (id, at, conversation_id, platform, direction, kind, actor_kind, actor_id, message_id, sealed_text, text_masked, file_ids, inbox_id)
     SELECT id, $2, conversation_id, platform, 'IN', kind, actor_kind, actor_id, message_id, sealed_text, text_masked, string_to_array(files, ',')::uuid[], inbox_id
     FROM unnest($1::bigint[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bytea[], $10::text[], $11::text[], $12::bigint[])
       AS row (id, conversation_id, platform, kind, actor_kind, actor_id, message_id, sealed_text, text_masked, files, inbox_id)
   )
   INSERT INTO timeline_links (customer_id, item_id, item_at)
   SELECT customer_id, item_id, $2 FROM unnest($13::uuid[], $14::bigint[]) AS link (customer_id, item_id)`,
);

/** Writes what came in, in the unit that handles it. */
export async function writeIncoming(unit: Unit, keys: Keyring, items: readonly IncomingItem[]): Promise<void> {
  if (items.length === 0) return;
  const ids = await unit.timelineIds(items.length);
  const links = items.flatMap((item, index) => item.customers.map((customer) => [customer, ids[index]] as const));
  await unit.tx.query(INSERT, [
    ids,
    unit.now,
    items.map((item) => item.conversationId),
    items.map((item) => item.platform),
    items.map((item) => item.kind),
    items.map((item) => item.actorKind),
    items.map((item) => item.actorId),
    items.map((item) => item.messageId),
    items.map((item, index) => keys.seal(`timeline_items.sealed_text.${ids[index] ?? 0n}`, item.text)),
    items.map((item) => maskTextAndNames(item.text, item.concealed)),
    items.map((item) => item.fileIds.join(',')),
    items.map((item) => item.inboxId),
    links.map(([customer]) => customer),
    links.map(([, item]) => item),
  ]);
}

const FIND_MESSAGE = statement(
  'timeline-find-message',
  `SELECT id, at FROM timeline_items WHERE conversation_id = $1 AND message_id = $2 AND direction = 'IN' ORDER BY id DESC LIMIT 1`,
);
// A message's id is its own within one chat only: two direct talks may use the same one.
const FIND_ANYONES = statement(
  'timeline-find-anyones',
  `SELECT i.id, i.at, i.conversation_id, c.chat = here.chat AS is_here FROM conversations here
   JOIN conversations c ON c.account = here.account AND (c.chat = here.chat OR c.actor = '')
   JOIN timeline_items i ON i.conversation_id = c.id AND i.message_id = $2 AND i.direction = 'IN'
   WHERE here.id = $1 ORDER BY i.id DESC LIMIT 9`,
);
const CHANGE = statement(
  'timeline-change',
  `INSERT INTO timeline_changes (item_id, item_at, inbox_id, kind, at, sealed_text, text_masked) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`,
);

/** Notes an edit or deletion that the platform reported; `false` when the message is not on file. */
export async function writeChange(tx: Tx, keys: Keyring, now: Date, change: ItemChange): Promise<boolean> {
  const item = await findMessage(tx, change);
  if (!item) return false;
  const sealed =
    change.text === undefined
      ? null
      : keys.seal(`timeline_changes.sealed_text.${item.id}.${change.inboxId}`, change.text);
  const names = change.text === undefined ? [] : [...(change.concealed ?? []), ...(await namesOn(tx, keys, item))];
  await tx.query(CHANGE, [
    item.id,
    item.at,
    change.inboxId,
    change.kind,
    now,
    sealed,
    change.text === undefined ? null : maskTextAndNames(change.text, names),
  ]);
  return true;
}

const LINKED = statement(
  'timeline-linked',
  'SELECT customer_id FROM timeline_links WHERE item_id = $1 AND item_at = $2',
);

/** The names of those on whose files a line stands. */
async function namesOn(tx: Tx, keys: Keyring, { id, at }: Found): Promise<readonly string[]> {
  const linked = await tx.query<{ customer_id: string }>(LINKED, [id, at]);
  if (linked.length === 0) return [];
  const names = await namesOfCustomers(
    tx,
    keys,
    linked.map((row) => row.customer_id),
  );
  return [...names.values()].flat();
}

interface Found {
  readonly id: bigint;
  readonly at: Date;
}

/** The line of the message a change is about; of one that might be anyone's only when there is no doubt which it is. */
async function findMessage(tx: Tx, { conversationId, messageId, isAnyones }: ItemChange): Promise<Found | undefined> {
  if (isAnyones !== true) return (await tx.query<Found>(FIND_MESSAGE, [conversationId, messageId]))[0];
  const found = await tx.query<Found & { readonly conversation_id: string; readonly is_here: boolean }>(FIND_ANYONES, [
    conversationId,
    messageId,
  ]);
  const here = found.filter((row) => row.is_here);
  const meant = here.length > 0 ? here : found;
  return new Set(meant.map((row) => row.conversation_id)).size === 1 ? meant[0] : undefined;
}

const WORDS = statement(
  'timeline-words',
  `SELECT i.id, i.sealed_text, c.inbox_id, c.sealed_text AS sealed_edit FROM timeline_items i
   LEFT JOIN LATERAL (SELECT inbox_id, sealed_text FROM timeline_changes WHERE item_id = i.id AND kind = 'EDITED' ORDER BY inbox_id DESC LIMIT 1) c ON true
   WHERE i.conversation_id = $1 AND i.message_id = $2 AND i.direction = 'IN' ORDER BY i.id DESC LIMIT 1`,
);

/** What a message says now: its last edit, which may have come without it, or what came first; `undefined` for neither. */
export async function wordsOf(
  tx: Tx,
  keys: Keyring,
  conversationId: string,
  messageId: string,
): Promise<string | undefined> {
  const [row] = await tx.query<{
    readonly id: bigint;
    readonly sealed_text: Buffer | null;
    readonly inbox_id: bigint | null;
    readonly sealed_edit: Buffer | null;
  }>(WORDS, [conversationId, messageId]);
  if (row?.sealed_edit)
    return keys.open(`timeline_changes.sealed_text.${row.id}.${row.inbox_id}`, row.sealed_edit).toString('utf8');
  return row?.sealed_text
    ? keys.open(`timeline_items.sealed_text.${row.id}`, row.sealed_text).toString('utf8')
    : undefined;
}

/** A message on a customer’s file; one of ours comes with how its delivery stands. */
export interface ItemRow {
  readonly id: bigint;
  readonly at: Date;
  readonly platform: string;
  readonly direction: 'IN' | 'OUT';
  readonly kind: string;
  readonly actor_kind: string;
  readonly actor_id: string;
  readonly text_masked: string | null;
  readonly file_ids: readonly string[];
  readonly delivery_state: string | null;
  readonly delivery_code: string | null;
  readonly settled_at: Date | null;
}

const LIST = statement(
  'timeline-list',
  `SELECT i.id, i.at, i.platform, i.direction, i.kind, i.actor_kind, i.actor_id, i.text_masked, i.file_ids,
     o.state AS delivery_state, o.error_code AS delivery_code, o.settled_at
   FROM timeline_links l JOIN timeline_items i ON i.id = l.item_id AND i.at = l.item_at
   LEFT JOIN outbox o ON o.id = i.outbox_id AND o.at = i.at
   WHERE l.customer_id = $1 AND (l.item_at, l.item_id) > ($2, $3)
     AND (i.kind <> 'edited' OR NOT EXISTS ( -- what stood in for a message that came after all
       SELECT 1 FROM timeline_items m WHERE m.conversation_id = i.conversation_id AND m.message_id = i.message_id AND m.direction = 'IN' AND m.id <> i.id))
   ORDER BY l.item_at, l.item_id LIMIT $4`,
);
const CHANGES = statement(
  'timeline-changes',
  'SELECT item_id, kind, at, text_masked FROM timeline_changes WHERE item_id = ANY($1::bigint[]) ORDER BY inbox_id',
);
const FILES = statement('timeline-files', 'SELECT id, mime, size_bytes FROM files WHERE id = ANY($1::uuid[])');

/** What stands on a customer’s file after this place, the oldest first. */
export async function listItems(
  tx: Tx,
  customerId: string,
  after: { readonly at: Date; readonly id: bigint },
  limit: number,
): Promise<readonly ItemRow[]> {
  return tx.query<ItemRow>(LIST, [customerId, after.at, after.id, limit]);
}

/** An edit or a deletion that the platform told us of. */
export interface ChangeRow {
  readonly item_id: bigint;
  readonly kind: 'EDITED' | 'DELETED';
  readonly at: Date;
  readonly text_masked: string | null;
}

/** What became of these messages, in the order in which we were told. */
export async function changesOf(tx: Tx, items: readonly bigint[]): Promise<readonly ChangeRow[]> {
  return items.length === 0 ? [] : tx.query<ChangeRow>(CHANGES, [items]);
}

/** Type and size in bytes of these files. */
export async function filesOf(
  tx: Tx,
  ids: readonly string[],
): Promise<readonly { readonly id: string; readonly mime: string; readonly size_bytes: bigint }[]> {
  return ids.length === 0 ? [] : tx.query(FILES, [ids]);
}

const LINK_EARLIER = statement(
  'timeline-link-earlier',
  `INSERT INTO timeline_links (customer_id, item_id, item_at) SELECT $1, i.id, i.at FROM timeline_items i
   WHERE i.conversation_id = $2 AND NOT EXISTS (SELECT 1 FROM timeline_links l WHERE l.item_id = i.id AND l.item_at = i.at)
   ON CONFLICT DO NOTHING`,
);

/** A chat has turned out to be this customer's: what was said there before and is on nobody's file goes on his. */
export async function linkEarlier(tx: Tx, conversationId: string, customerId: string): Promise<void> {
  await tx.query(LINK_EARLIER, [customerId, conversationId]);
}

const ATTACH = statement(
  'timeline-attach',
  `WITH item AS (
     UPDATE timeline_items SET file_ids = file_ids || $2::uuid[] WHERE conversation_id = $3 AND inbox_id = $1 AND NOT file_ids && $2::uuid[] RETURNING id, at
   )
   INSERT INTO timeline_links (customer_id, item_id, item_at)
   SELECT DISTINCT f.customer_id, item.id, item.at FROM item JOIN files f ON f.id = ANY($2::uuid[]) ON CONFLICT DO NOTHING`,
);

/**
 * Files fetched later belong to the message that brought them, and that message to the customers whose files they are: a
 * colleague who forwards a photo names nobody in the turn of the message itself. Once.
 */
export async function attachToMessage(
  tx: Tx,
  message: { readonly inboxId: bigint; readonly conversationId: string },
  fileIds: readonly string[],
): Promise<void> {
  if (fileIds.length > 0) await tx.query(ATTACH, [message.inboxId, fileIds, message.conversationId]);
}
