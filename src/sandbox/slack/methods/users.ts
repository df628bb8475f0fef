/** `users.*`: people of the workspace; e-mail addresses only with their own scope. */
import type { Fields } from '../../kernel/values.ts';
import type { Args } from '../args.ts';
import type { SlackCore } from '../core.ts';
import { userObject } from '../objects.ts';
import { type SlackPerson, SlackRefusal } from '../types.ts';
import type { MethodTable } from './method.ts';
import { pageOf } from './paging.ts';

function shown(core: SlackCore, person: SlackPerson): Fields {
  return userObject(core.workspace, person, core.scopes.has('users:read.email'));
}

function info(core: SlackCore, args: Args): Fields {
  return { user: shown(core, core.user(args.must('user'))) };
}

function lookupByEmail(core: SlackCore, args: Args): Fields {
  const email = args.must('email').toLowerCase();
  const found = [...core.workspace.users.values()].find(
    (one) => one.email?.toLowerCase() === email && one.deleted !== true,
  );
  if (found === undefined) throw new SlackRefusal('users_not_found');
  return { user: shown(core, found) };
}

function list(core: SlackCore, args: Args): Fields {
  const page = pageOf(args, [...core.workspace.users.values()], { limit: 200, max: 1000 });
  return {
    members: page.items.map((person) => shown(core, person)),
    cache_ts: core.workspace.seconds(),
    response_metadata: { next_cursor: page.next },
  };
}

/** The `users.*` rows. */
export const userMethods: MethodTable = {
  'users.info': { tier: 't4', scopes: ['users:read'], known: ['user', 'include_locale'], run: info },
  'users.lookupByEmail': { tier: 't3', scopes: ['users:read.email'], known: ['email'], run: lookupByEmail },
  'users.list': {
    tier: 't2',
    scopes: ['users:read'],
    known: ['cursor', 'limit', 'include_locale', 'team_id'],
    run: list,
  },
};
