/** Who acts: a member of staff, a customer, an API token without a person, the system itself, or somebody unknown. */
import type { Language } from '../../lib/i18n.ts';

/** The roles a member of staff or a token can have. */
export const ROLES = [
  'sales',
  'team_lead',
  'reviewer',
  'approver',
  'collector',
  'manager',
  'compliance',
  'admin',
] as const;
/** A role as permissions name it (`Access`). */
export type Role = (typeof ROLES)[number];

/** Whether a text names a role. */
export function isRole(text: string): text is Role {
  return (ROLES as readonly string[]).includes(text);
}

/** A stored token that acts as a person. */
interface ActingToken {
  readonly id: string;
  /** Whether it may decide approvals: only where a person, or whoever sits at the machine, answers for its making. */
  readonly mayDecide: boolean;
}

/** Who acts; `id` is a row of his own kind, a stranger's that of his identity. */
export type Actor =
  | {
      readonly kind: 'STAFF';
      readonly id: string;
      readonly name: string;
      readonly roles: readonly Role[];
      readonly teamId: string | undefined;
      readonly language: Language;
      /** The stored token that acts as him; absent where he is there himself (a chat, an upload link). */
      readonly token?: ActingToken;
    }
  | { readonly kind: 'CUSTOMER'; readonly id: string; readonly identityId: string; readonly language: Language }
  /** A token that stands for no person: it may do what its roles allow, but never decide an approval. */
  | { readonly kind: 'TOKEN'; readonly id: string; readonly roles: readonly Role[]; readonly language: Language }
  | { readonly kind: 'SYSTEM'; readonly id: string; readonly language: Language }
  | { readonly kind: 'STRANGER'; readonly id: string; readonly language: Language };

/** The product itself: due timers, and what no person asked for. */
export const SYSTEM_ACTOR: Actor = { kind: 'SYSTEM', id: 'daiban', language: 'zh-CN' };

/** How far a right reaches: one's own customers, the team's, everybody's; `self` is a customer's own file. */
export type DataScope = 'own' | 'team' | 'all' | 'self';

/** Who may call an operation, and how far: `{ sales: 'own', manager: 'all', customer: 'self' }`. */
export type Access = Readonly<Partial<Record<Role | 'customer' | 'system' | 'stranger', DataScope>>>;

/** Everybody who works here, without looking at whose customer it is. */
export const ANY_STAFF: Access = Object.fromEntries(ROLES.map((role) => [role, 'all']));

const WIDTH: Readonly<Record<DataScope, number>> = { self: 0, own: 1, team: 2, all: 3 };

/** The widest scope the actor has under `access`; `undefined` = may not at all. */
export function scopeOf(actor: Actor, access: Access): DataScope | undefined {
  switch (actor.kind) {
    case 'CUSTOMER':
      return access.customer;
    case 'SYSTEM':
      return access.system ?? 'all';
    case 'STRANGER':
      return access.stranger;
    case 'STAFF':
    case 'TOKEN': {
      let widest: DataScope | undefined;
      for (const role of actor.roles) {
        const scope = access[role];
        if (scope && (!widest || WIDTH[scope] > WIDTH[widest])) widest = scope;
      }
      return widest;
    }
  }
}

/** Whose something is, for scope checks. */
export interface Ownership {
  readonly ownerId: string | null;
  readonly teamId: string | null;
  readonly customerId?: string;
}

/** Whether something lies inside the scope. An ownerless thing is visible to team and wider. */
export function inScope(actor: Actor, scope: DataScope, thing: Ownership): boolean {
  switch (scope) {
    case 'all':
      return true;
    case 'team':
      return (
        actor.kind === 'STAFF' &&
        (thing.ownerId === actor.id ||
          (actor.teamId !== undefined && thing.teamId === actor.teamId) ||
          (thing.ownerId === null && thing.teamId === null))
      );
    case 'own':
      return actor.kind === 'STAFF' && thing.ownerId === actor.id;
    case 'self':
      return actor.kind === 'CUSTOMER' && thing.customerId === actor.id;
  }
}
