/** Which conversation a place is: the one that is there, or a new one. */
import type { Address } from '../channels/channel.ts';
import { newId } from '../lib/ids.ts';
import { statement, type Tx } from './database.ts';

// Looking up takes no lock. Writing to the row instead (ON CONFLICT DO UPDATE) would wait for the turn that holds it: a delivery
// for the turn of that very conversation; and two approvers who tap in the same millisecond each hold their own conversation
// and answer into the other's.
const FIND = statement(
  'conversations-find',
  `SELECT c.id, c.account, c.chat, c.thread, c.actor FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS want (account, chat, thread, actor)
   JOIN conversations c USING (account, chat, thread, actor)`,
);
const MAKE = statement(
  'conversations-make',
  `INSERT INTO conversations (account, chat, thread, actor, id, platform, created_at)
   SELECT account, chat, thread, actor, id, platform, coalesce($7::timestamptz, business_now()) FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::text[]) AS row (account, chat, thread, actor, id, platform)
   ON CONFLICT (account, chat, thread, actor) DO NOTHING`,
);

interface Row {
  readonly id: string;
  readonly account: string;
  readonly chat: string;
  readonly thread: string;
  readonly actor: string;
}

/** The ids of the conversations at these addresses, by `addressKey`; those that are missing are made, `now` if it is given. */
export async function conversationsAt(
  tx: Tx,
  wanted: readonly Address[],
  now?: Date,
): Promise<ReadonlyMap<string, string>> {
  const distinct = new Map(wanted.map((address) => [addressKey(address), address]));
  if (distinct.size === 0) return new Map();
  // Sorted: who makes the same ones beside us waits for us instead of deadlocking.
  const addresses = [...distinct].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, address]) => address);
  const columns = [
    addresses.map(({ account }) => account),
    addresses.map(({ chat }) => chat),
    addresses.map(({ thread }) => thread ?? ''),
    addresses.map(({ actor }) => actor ?? ''),
  ];
  let rows = await tx.query<Row>(FIND, columns);
  if (rows.length < addresses.length) {
    await tx.query(MAKE, [
      ...columns,
      addresses.map(() => newId()),
      addresses.map(({ account }) => platformOf(account)),
      now ?? null,
    ]);
    rows = await tx.query<Row>(FIND, columns);
  }
  return new Map(rows.map((row) => [addressKey(row), row.id]));
}

/** The same for the same conversation; in a group everybody has one of his own. */
export function addressKey({ account, chat, thread, actor }: Address): string {
  return [account, chat, thread ?? '', actor ?? ''].join('\n');
}

/** `wecom:ww1a…:1000007` → `wecom`. */
export function platformOf(account: string): string {
  return account.slice(0, account.indexOf(':'));
}
