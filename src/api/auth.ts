/** Bearer tokens: only their digests are stored. The bootstrap token is valid while its setting is set. */
import { timingSafeEqual } from 'node:crypto';
import { isRole, type Actor, type Role } from '../core/operations/actor.ts';
import type { Tx } from '../db/database.ts';
import { findToken } from '../domain/staff/index.ts';
import { AppError, commonErrors } from '../lib/errors.ts';
import type { Language } from '../lib/i18n.ts';
import { tokenDigest } from '../lib/ids.ts';
import type { Secret } from '../lib/secret.ts';

/** What a stored token stands for. */
interface TokenHolder {
  readonly tokenId: string;
  readonly roles: readonly string[];
  readonly mayDecide: boolean;
  readonly staff:
    | {
        readonly id: string;
        readonly name: string;
        readonly roles: readonly string[];
        readonly teamId: string | undefined;
      }
    | undefined;
}

/** Where tokens are looked up; `findToken` gives valid ones only. */
export interface AuthDeps {
  readonly bootstrap: Secret | undefined;
  readonly findToken: (digest: Buffer) => Promise<TokenHolder | undefined>;
}

/** Tokens as the staff room keeps them. */
export function storedTokens(database: Tx): AuthDeps['findToken'] {
  return async (digest) => {
    const row = await findToken(database, digest);
    if (!row) return undefined;
    const { id, roles, may_decide: mayDecide, staff_id: staffId, name, staff_roles: staffRoles, team_id: teamId } = row;
    const staff = staffId === null ? undefined : { id: staffId, name: name ?? '', roles: staffRoles ?? [] };
    return { tokenId: id, roles, mayDecide, staff: staff && { ...staff, teamId: teamId ?? undefined } };
  };
}

/** Who the bearer of this header is. @throws AppError auth.missing, auth.invalid */
export async function authenticate(deps: AuthDeps, header: string | undefined, language: Language): Promise<Actor> {
  const token = /^Bearer ([!-~]{8,512})$/i.exec(header ?? '')?.[1];
  if (token === undefined) throw new AppError(commonErrors['auth.missing']);
  const digest = tokenDigest(token);
  if (deps.bootstrap && timingSafeEqual(digest, tokenDigest(deps.bootstrap.reveal()))) {
    return { kind: 'TOKEN', id: 'bootstrap', roles: ['admin'], language };
  }
  const holder = await deps.findToken(digest);
  if (!holder) throw new AppError(commonErrors['auth.invalid']);
  if (holder.staff) {
    return {
      kind: 'STAFF',
      id: holder.staff.id,
      name: holder.staff.name,
      // A token may be narrower than its person, never wider.
      roles: known(holder.staff.roles).filter((role) => holder.roles.length === 0 || holder.roles.includes(role)),
      teamId: holder.staff.teamId,
      language,
      token: { id: holder.tokenId, mayDecide: holder.mayDecide },
    };
  }
  return { kind: 'TOKEN', id: holder.tokenId, roles: known(holder.roles), language };
}

function known(roles: readonly string[]): readonly Role[] {
  return roles.filter(isRole);
}
