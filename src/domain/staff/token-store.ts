/** API tokens: only their digests are stored. */
import { statement, type Tx } from '../../db/database.ts';

const FIND = statement(
  'token-find',
  `SELECT t.id, t.roles, t.may_decide, s.id AS staff_id, s.name, s.roles AS staff_roles, s.team_id FROM api_tokens t LEFT JOIN staff s ON s.id = t.staff_id
   WHERE t.digest = $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > clock_timestamp()) AND (t.staff_id IS NULL OR s.is_active)`,
);
const INSERT = statement(
  'token-insert',
  // An expiry is real time, like the clock it is held against: no sandbox day makes a token older.
  `INSERT INTO api_tokens (id, name, digest, staff_id, roles, created_by, may_decide, created_at, expires_at)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, clock_timestamp() + make_interval(days => $9::int))`,
);
const LIST = statement(
  'token-list',
  `SELECT t.id, t.name, t.roles, t.staff_id, s.name AS staff_name, t.created_by, coalesce(maker.name, t.created_by) AS created_by_name,
     t.may_decide, t.created_at, t.expires_at, t.revoked_at
   FROM api_tokens t LEFT JOIN staff s ON s.id = t.staff_id LEFT JOIN staff maker ON maker.id::text = t.created_by
   WHERE $1::uuid IS NULL OR t.id < $1 ORDER BY t.id DESC LIMIT $2`,
);
const REVOKE = statement(
  'token-revoke',
  `UPDATE api_tokens SET revoked_at = coalesce(revoked_at, $2) WHERE id = $1 RETURNING id`,
);

const REVOKE_ALL = statement(
  'token-revoke-all',
  'UPDATE api_tokens SET revoked_at = $2 WHERE staff_id = $1 AND revoked_at IS NULL',
);

/** Who a token stands for. */
export interface TokenRow {
  readonly id: string;
  readonly roles: readonly string[];
  readonly may_decide: boolean;
  readonly staff_id: string | null;
  readonly name: string | null;
  readonly staff_roles: readonly string[] | null;
  readonly team_id: string | null;
}

/** The valid token with this digest. */
export async function findToken(tx: Tx, digest: Buffer): Promise<TokenRow | undefined> {
  const [row] = await tx.query<TokenRow>(FIND, [digest]);
  return row;
}

/** Adds a token that is valid from now on. */
export async function insertToken(
  tx: Tx,
  token: {
    readonly id: string;
    readonly name: string;
    readonly digest: Buffer;
    readonly staffId: string | null;
    readonly roles: readonly string[];
    readonly createdBy: string;
    readonly mayDecide: boolean;
    readonly now: Date;
    /** Days of real time; `null` = until it is revoked. */
    readonly validDays: number | null;
  },
): Promise<void> {
  const { id, name, digest, staffId, roles, createdBy, mayDecide, now, validDays } = token;
  await tx.query(INSERT, [id, name, digest, staffId, roles, createdBy, mayDecide, now, validDays]);
}

/** A token as administrators see it. */
export interface ListedToken {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly string[];
  readonly staff_id: string | null;
  readonly staff_name: string | null;
  readonly created_by: string;
  readonly created_by_name: string;
  readonly may_decide: boolean;
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly revoked_at: Date | null;
}

/** The newest tokens first; those after `after`. */
export async function listTokens(tx: Tx, after: string | undefined, limit: number): Promise<readonly ListedToken[]> {
  return tx.query<ListedToken>(LIST, [after ?? null, limit]);
}

/** Ends every token that acts as a person, for ever: whoever comes back gets new ones. */
export async function revokeTokensOf(tx: Tx, staffId: string, now: Date): Promise<void> {
  await tx.query(REVOKE_ALL, [staffId, now]);
}

/** Ends a token for ever; `false` when there is none. Ending it twice changes nothing. */
export async function revokeToken(tx: Tx, id: string, now: Date): Promise<boolean> {
  return (await tx.query(REVOKE, [id, now])).length > 0;
}
