/** Queries of the staff room. */
import { personId } from '../../channels/person-id.ts';
import { statement, type Tx } from '../../db/database.ts';

/** A member of staff; who has left is not active. */
export interface StaffRow {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly string[];
  readonly team_id: string | null;
  readonly team_name: string | null;
  readonly is_active: boolean;
  readonly language: string;
}

/** Whom a chat account is bound to; all `null` when to nobody. */
export interface HolderRow {
  readonly staff_id: string | null;
  readonly staff_name: string | null;
  readonly customer_number: number | null;
}

/** A chat account of a member of staff; `external_id` is the platform’s. */
export interface IdentityRow {
  readonly id: string;
  readonly account: string;
  readonly external_id: string;
  /** The id as whoever bound it wrote it, for people to read; `null` where that is the same. */
  readonly written_as: string | null;
  readonly staff_id: string | null;
  readonly is_reachable: boolean;
}

const INSERT = statement(
  'staff-insert',
  'INSERT INTO staff (id, name, roles, team_id, language, created_at) VALUES ($1, $2, $3, $4, $5, $6)',
);
const COLUMNS = `s.id, s.name, s.roles, s.team_id, t.name AS team_name, s.is_active, s.language`;
const PEOPLE = `SELECT ${COLUMNS} FROM staff s LEFT JOIN teams t ON t.id = s.team_id`;
const FIND = statement('staff-find', `${PEOPLE} WHERE s.id = $1`);
const LIST = statement('staff-list', `${PEOPLE} ORDER BY s.created_at, s.id`);
const BY_ROLE = statement(
  'staff-by-role',
  `${PEOPLE} WHERE s.is_active AND s.roles @> ARRAY[$1] ORDER BY s.created_at, s.id`,
);
// One row lock for whoever is changed and one for each administrator, in a fixed order: two administrators who take the role
// from each other at once come one after the other, and the second finds himself the last.
const LOCK = statement(
  'staff-lock',
  `${PEOPLE} WHERE s.id = $1 OR (s.is_active AND s.roles @> '{admin}') ORDER BY s.id FOR NO KEY UPDATE OF s`,
);
const CHANGE = statement(
  'staff-change',
  `UPDATE staff SET name = $2, roles = $3, team_id = $4, language = $5, is_active = $6,
     disabled_at = CASE WHEN $6 THEN NULL ELSE coalesce(disabled_at, $7) END WHERE id = $1`,
);
const LANGUAGE = statement('staff-language', 'UPDATE staff SET language = $2 WHERE id = $1');
const TEAM = statement(
  'staff-team',
  'INSERT INTO teams (id, name) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id',
);
const BIND = statement(
  'staff-bind',
  `INSERT INTO identities (id, account, external_id, written_as, staff_id, is_verified, created_at, bound_at) VALUES ($1, $2, $3, nullif($4, $3), $5, true, $6, $6)
   ON CONFLICT (account, external_id) DO UPDATE SET staff_id = excluded.staff_id, written_as = excluded.written_as, is_verified = true, is_reachable = true,
     bound_at = coalesce(identities.bound_at, excluded.bound_at)
     WHERE coalesce(identities.staff_id, excluded.staff_id) = excluded.staff_id AND identities.customer_id IS NULL RETURNING id`,
);
const HOLDER = statement(
  'staff-holder',
  `SELECT i.staff_id, s.name AS staff_name, c.number AS customer_number FROM identities i
   LEFT JOIN staff s ON s.id = i.staff_id LEFT JOIN customers c ON c.id = i.customer_id WHERE i.account = $1 AND i.external_id = $2`,
);
const RELEASE = statement(
  'staff-release',
  `UPDATE identities SET staff_id = NULL, written_as = NULL, is_verified = false, bound_at = NULL
   WHERE staff_id = $1 AND account = $2 AND external_id IS DISTINCT FROM $3`,
);
const IDENTITIES = statement(
  'staff-identities',
  'SELECT id, account, external_id, written_as, staff_id, is_reachable FROM identities WHERE staff_id = ANY($1::uuid[]) ORDER BY created_at, id',
);
/** Adds an active member of staff; his accounts are bound apart (`bindStaffIdentity`). */
export async function insertStaff(
  tx: Tx,
  staff: { id: string; name: string; roles: readonly string[]; teamId: string | null; language: string; now: Date },
): Promise<void> {
  await tx.query(INSERT, [staff.id, staff.name, staff.roles, staff.teamId, staff.language, staff.now]);
}

/** The member of staff with this id, active or not. */
export async function findStaff(tx: Tx, id: string): Promise<StaffRow | undefined> {
  const [row] = await tx.query<StaffRow>(FIND, [id]);
  return row;
}

/** Everybody, active or not, the longest-serving first. */
export async function listStaff(tx: Tx): Promise<readonly StaffRow[]> {
  return tx.query<StaffRow>(LIST);
}

/** Active members of staff with a role, the longest-serving first: a deterministic order. */
export async function staffWithRole(tx: Tx, role: string): Promise<readonly StaffRow[]> {
  return tx.query<StaffRow>(BY_ROLE, [role]);
}

/** A member of staff, and the active administrators beside him; all locked until the transaction ends. */
export async function lockStaff(
  tx: Tx,
  id: string,
): Promise<{ readonly member: StaffRow | undefined; readonly otherAdmins: number }> {
  const rows = await tx.query<StaffRow>(LOCK, [id]);
  const member = rows.find((row) => row.id === id);
  return { member, otherAdmins: rows.length - (member ? 1 : 0) };
}

/** Writes a member of staff as he is from now on. */
export async function changeStaff(tx: Tx, staff: Omit<StaffRow, 'team_name'>, now: Date): Promise<void> {
  const { id, name, roles, team_id: teamId, language, is_active: isActive } = staff;
  await tx.query(CHANGE, [id, name, roles, teamId, language, isActive, now]);
}

/** Writes the language he is spoken to in. */
export async function setStaffLanguage(tx: Tx, id: string, language: string): Promise<void> {
  await tx.query(LANGUAGE, [id, language]);
}

/** The id of the team with this name, made when missing. */
export async function teamNamed(tx: Tx, id: string, name: string): Promise<string> {
  const [row] = await tx.query<{ id: string }>(TEAM, [id, name]);
  return row?.id ?? id;
}

/** Binds an account to a member of staff, if it is not his already; `false` when it belongs to somebody else. */
export async function bindStaffIdentity(
  tx: Tx,
  identity: { id: string; account: string; externalId: string; staffId: string; now: Date },
): Promise<boolean> {
  const { id, account, externalId, staffId, now } = identity;
  return (await tx.query(BIND, [id, account, personId(account, externalId), externalId, staffId, now])).length > 0;
}

/** Whom an account is bound to; `undefined` when it was never seen. */
export async function holderOf(tx: Tx, account: string, externalId: string): Promise<HolderRow | undefined> {
  return (await tx.query<HolderRow>(HOLDER, [account, personId(account, externalId)]))[0];
}

/** Takes a person's accounts of one installation away from him, all but the one to keep. Who writes from them is a stranger. */
export async function releaseAccounts(tx: Tx, staffId: string, account: string, keep: string | null): Promise<void> {
  await tx.query(RELEASE, [staffId, account, keep === null ? null : personId(account, keep)]);
}

/** The chat accounts of these people, the oldest first, whether they can be reached there or not. */
export async function identitiesOfStaff(tx: Tx, ...staffIds: readonly string[]): Promise<readonly IdentityRow[]> {
  return tx.query<IdentityRow>(IDENTITIES, [staffIds]);
}
