/**
 * The line on the customer's file for a bulk row (a reminder). It gets its text only at the moment of sending, so the line
 * is written then, after the gates have allowed it, with exactly what is handed to the platform (invariant 14).
 */
import { addressKey, conversationsAt, platformOf } from '../db/conversations.ts';
import { statement, type Tx } from '../db/database.ts';
import type { Keyring } from '../db/keyring.ts';
import { maskText } from '../lib/mask.ts';
import type { LeasedRow } from './claim.ts';

const ITEM = statement(
  'outbox-bulk-timeline',
  `WITH item AS (
     INSERT INTO timeline_items (id, at, conversation_id, platform, direction, kind, actor_kind, actor_id, sealed_text, text_masked, outbox_id)
     SELECT $1, $2, $3, $4, 'OUT', $5, 'BOT', 'bot', $6, $7, $8
     WHERE NOT EXISTS (SELECT 1 FROM timeline_items WHERE outbox_id = $8)
     RETURNING id
   )
   INSERT INTO timeline_links (customer_id, item_id, item_at) SELECT $9, id, $2 FROM item`,
);
const FIND = statement(
  'outbox-bulk-timeline-find',
  'SELECT id, sealed_text FROM timeline_items WHERE outbox_id = $1 AND at = $2',
);
const RENEW = statement(
  'outbox-bulk-timeline-renew',
  'UPDATE timeline_items SET sealed_text = $3, text_masked = $4 WHERE id = $1 AND at = $2',
);

/** What a bulk row says now, and on whose file that belongs. */
export interface BulkText {
  readonly customerId: string;
  readonly text: string;
}

/**
 * Puts what is about to be sent on the customer's file, one line a row; returns the text that has to be sent. After an
 * attempt that surely did not arrive the line says what goes out now; after one that may have, the same words go out again,
 * because the platform would not drop others as a repetition.
 */
export async function fileBulkText(tx: Tx, keys: Keyring, row: LeasedRow, said: BulkText): Promise<string> {
  const known = row.attempts > 1 ? await findItem(tx, keys, row) : undefined;
  if (known === undefined) await writeItem(tx, keys, row, said);
  else if (row.unclear_since !== null) return known.text;
  else if (known.text !== said.text)
    await tx.query(RENEW, [known.id, row.at, sealed(keys, known.id, said.text), maskText(said.text)]);
  return said.text;
}

async function findItem(
  tx: Tx,
  keys: Keyring,
  row: LeasedRow,
): Promise<{ readonly id: bigint; readonly text: string } | undefined> {
  const [item] = await tx.query<{ id: bigint; sealed_text: Buffer }>(FIND, [row.id, row.at]);
  return item && { id: item.id, text: keys.openText(aadOf(item.id), item.sealed_text) };
}

async function writeItem(tx: Tx, keys: Keyring, row: LeasedRow, { customerId, text }: BulkText): Promise<void> {
  const [next] = await tx.query<{ id: bigint }>(`SELECT nextval('timeline_id_seq') AS id`);
  const id = next?.id ?? 0n;
  const place = { account: row.account, chat: row.chat };
  const conversations = await conversationsAt(tx, [place], row.at);
  await tx.query(ITEM, [
    id,
    row.at,
    conversations.get(addressKey(place)),
    platformOf(row.account),
    row.kind,
    sealed(keys, id, text),
    maskText(text),
    row.id,
    customerId,
  ]);
}

function sealed(keys: Keyring, id: bigint, text: string): Buffer {
  return keys.seal(aadOf(id), text);
}

function aadOf(id: bigint): string {
  return `timeline_items.sealed_text.${id}`;
}
