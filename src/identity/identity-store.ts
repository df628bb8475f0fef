/** Who stands behind an external id, both directions. */
import { statement, type Tx } from '../db/database.ts';
import { newId } from '../lib/ids.ts';

/** An identity with what is needed to make an actor of it. */
export interface Identity {
  readonly id: string;
  readonly account: string;
  readonly external_id: string;
  readonly staff_id: string | null;
  readonly customer_id: string | null;
  readonly is_verified: boolean;
  readonly is_reachable: boolean;
  readonly name: string | null;
  readonly roles: readonly string[] | null;
  readonly team_id: string | null;
  readonly is_active: boolean | null;
  readonly staff_language: string | null;
  readonly customer_language: string | null;
  /** What somebody asked for before it was known who he is. */
  readonly own_language: string | null;
}

const COLUMNS = `i.id, i.account, i.external_id, i.staff_id, i.customer_id, i.is_verified, i.is_reachable, s.name, s.roles, s.team_id, s.is_active, s.language AS staff_language, c.language AS customer_language, i.language AS own_language`;
const FIND = statement(
  'identities-find',
  `SELECT ${COLUMNS} FROM unnest($1::text[], $2::text[]) AS want (account, external_id) JOIN identities i USING (account, external_id)
   LEFT JOIN staff s ON s.id = i.staff_id LEFT JOIN customers c ON c.id = i.customer_id`,
);
const MAKE = statement(
  'identities-make',
  `INSERT INTO identities (id, account, external_id, created_at) SELECT id, account, external_id, $4 FROM unnest($1::uuid[], $2::text[], $3::text[]) AS row (id, account, external_id) ORDER BY account, external_id ON CONFLICT DO NOTHING`,
);
const REACHABLE = statement(
  'identities-reachable',
  'UPDATE identities SET is_reachable = $3 WHERE account = $1 AND external_id = $2',
);

/** A person as a platform names him: account (`wecom:corp:agent` …) and his id there. */
export interface Sender {
  readonly account: string;
  readonly externalId: string;
}

/** The identities of senders, in the same order; a stranger gets a row of his own. */
export async function identitiesOf(tx: Tx, senders: readonly Sender[], now: Date): Promise<readonly Identity[]> {
  if (senders.length === 0) return [];
  const columns = [senders.map((sender) => sender.account), senders.map((sender) => sender.externalId)] as const;
  let rows = await tx.query<Identity>(FIND, columns);
  const known = new Set(rows.map(keyOf));
  const strangers = senders.filter((sender) => !known.has(senderKey(sender)));
  if (strangers.length > 0) {
    await tx.query(MAKE, [
      strangers.map(() => newId()),
      strangers.map((sender) => sender.account),
      strangers.map((sender) => sender.externalId),
      now,
    ]);
    rows = await tx.query<Identity>(FIND, columns);
  }
  const byKey = new Map(rows.map((row) => [keyOf(row), row]));
  return senders.map((sender) => {
    const row = byKey.get(senderKey(sender));
    if (!row) throw new Error('identity not found after it was made');
    return row;
  });
}

/** Marks a person as reached or not reachable on an account (blocked the bot, left). */
export async function setReachable(tx: Tx, sender: Sender, isReachable: boolean): Promise<void> {
  await tx.query(REACHABLE, [sender.account, sender.externalId, isReachable]);
}

function keyOf(row: Identity): string {
  return `${row.account}\n${row.external_id}`;
}

function senderKey(sender: Sender): string {
  return `${sender.account}\n${sender.externalId}`;
}
