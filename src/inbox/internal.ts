/** Events of our own that must wait their turn in a conversation: time-outs, fetched files, handing back. */
import { statement, type Tx } from '../db/database.ts';
import type { Keyring } from '../db/keyring.ts';
import { newId } from '../lib/ids.ts';

const INSERT = statement(
  'inbox-internal',
  `WITH fresh AS (INSERT INTO inbox_keys (account, key, at) VALUES ('internal', $1, $2) ON CONFLICT DO NOTHING RETURNING key)
   INSERT INTO inbox (at, account, conversation_id, kind, sealed_body, trace_id) SELECT $2, 'internal', $3, $4, $5, $6 FROM fresh RETURNING id`,
);

/** Puts an event into a conversation's queue, once per key. `false` when it is there already. */
export async function insertInternal(
  tx: Tx,
  keys: Keyring,
  event: {
    readonly key: string;
    readonly conversationId: string;
    readonly kind: string;
    readonly body: unknown;
    readonly now: Date;
  },
): Promise<boolean> {
  const trace = newId();
  const rows = await tx.query(INSERT, [
    event.key,
    event.now,
    event.conversationId,
    event.kind,
    keys.sealJson(`inbox.sealed_body.${trace}`, event.body),
    trace,
  ]);
  return rows.length > 0;
}
