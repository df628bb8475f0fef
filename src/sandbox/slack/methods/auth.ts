/** `auth.test`, and `apps.connections.open` for Socket Mode. */
import type { Fields } from '../../kernel/values.ts';
import type { SlackCore } from '../core.ts';
import { SlackRefusal } from '../types.ts';
import type { MethodTable } from './method.ts';

function test({ workspace }: SlackCore): Fields {
  return {
    url: `${workspace.publicBase}/`,
    team: 'Sandbox',
    user: 'daiban',
    team_id: workspace.teamId,
    user_id: workspace.botUserId,
    bot_id: workspace.botId,
    is_enterprise_install: false,
  };
}

function openConnection({ sockets }: SlackCore): Fields {
  if (sockets.isLinkDisabled) throw new SlackRefusal('not_allowed');
  return { url: sockets.mintUrl() };
}

/** The rows about tokens and connections. */
export const authMethods: MethodTable = {
  'auth.test': { tier: 'special', known: [], run: test },
  'apps.connections.open': { tier: 't3', token: 'app', known: [], run: openConnection },
};
