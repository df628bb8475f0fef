/** Queries of the staff room. */
import { statement, type Tx } from '../../db/database.ts';

export interface StaffRow {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly string[];
  readonly team_id: string | null;
  readonly is_active: boolean;
  readonly language: string;
}

export interface IdentityRow {
  readonly id: string;
  readonly account: string;
  readonly external_id: string;
  readonly staff_id: string | null;
  readonly customer_id: string | null;
  readonly is_reachable: boolean;
  readonly is_verified: boolean;
}

const INSERT = statement(
  'staff-insert',
  'INSERT INTO staff (id, name, roles, team_id, language, created_at) VALUES ($1, $2, $3, $4, $5, $6)',
);
const FIND = statement('staff-find', 'SELECT id, name, roles, team_id, is_active, language FROM staff WHERE id = $1');
const LIST = statement(
  'staff-list',
  'SELECT id, name, roles, team_id, is_active, language FROM staff ORDER BY created_at, id',
);
const BY_ROLE = statement(
  'staff-by-role',
  'SELECT id, name, roles, team_id, is_active, language FROM staff WHERE is_active AND roles @> ARRAY[$1] ORDER BY created_at, id',
);
const BY_NAME = statement(
  'staff-by-name',
  'SELECT id, name, roles, team_id, is_active, language FROM staff WHERE is_active AND name = $1 ORDER BY created_at, id',
);
const DISABLE = statement(
  'staff-disable',
  'UPDATE staff SET is_active = false, disabled_at = $2 WHERE id = $1 AND is_active RETURNING id',
);
const TEAM = statement(
  'staff-team',
  'INSERT INTO teams (id, name) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id',
);
const BIND = statement(
  'staff-bind',
  `INSERT INTO identities (id, account, external_id, staff_id, is_verified, created_at, bound_at) VALUES ($1, $2, $3, $4, true, $5, $5)
   ON CONFLICT (account, external_id) DO UPDATE SET staff_id = excluded.staff_id, is_verified = true, bound_at = excluded.bound_at
     WHERE identities.staff_id IS NULL AND identities.customer_id IS NULL RETURNING id`,
);
const IDENTITIES = statement(
  'staff-identities',
  'SELECT id, account, external_id, staff_id, customer_id, is_reachable, is_verified FROM identities WHERE staff_id = $1 ORDER BY created_at, id',
);
export async function insertStaff(
  tx: Tx,
  staff: { id: string; name: string; roles: readonly string[]; teamId: string | null; language: string; now: Date },
): Promise<void> {
  await tx.query(INSERT, [staff.id, staff.name, staff.roles, staff.teamId, staff.language, staff.now]);
}

export async function findStaff(tx: Tx, id: string): Promise<StaffRow | undefined> {
  const [row] = await tx.query<StaffRow>(FIND, [id]);
  return row;
}

export async function listStaff(tx: Tx): Promise<readonly StaffRow[]> {
  return tx.query<StaffRow>(LIST);
}

/** Active members of staff with a role, the longest-serving first: a deterministic order. */
export async function staffWithRole(tx: Tx, role: string): Promise<readonly StaffRow[]> {
  return tx.query<StaffRow>(BY_ROLE, [role]);
}

export async function staffNamed(tx: Tx, name: string): Promise<readonly StaffRow[]> {
  return tx.query<StaffRow>(BY_NAME, [name]);
}

export async function disableStaff(tx: Tx, id: string, now: Date): Promise<boolean> {
  return (await tx.query(DISABLE, [id, now])).length > 0;
}

/** The id of the team with this name, made when missing. */
export async function teamNamed(tx: Tx, id: string, name: string): Promise<string> {
  const [row] = await tx.query<{ id: string }>(TEAM, [id, name]);
  return row?.id ?? id;
}

/** Binds an account to a member of staff; `false` when it belongs to somebody else. */
export async function bindStaffIdentity(
  tx: Tx,
  identity: { id: string; account: string; externalId: string; staffId: string; now: Date },
): Promise<boolean> {
  return (
    (await tx.query(BIND, [identity.id, identity.account, identity.externalId, identity.staffId, identity.now]))
      .length > 0
  );
}

export async function identitiesOfStaff(tx: Tx, staffId: string): Promise<readonly IdentityRow[]> {
  return tx.query<IdentityRow>(IDENTITIES, [staffId]);
}
