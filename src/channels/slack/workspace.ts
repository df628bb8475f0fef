/**
 * Whose requests are taken. An app signs with one secret in every workspace it is installed in, so a good signature does
 * not say that a press or a sentence comes from the workspace whose bot token we hold. (Another app has another secret.)
 */
import { z } from 'zod';
import { Learned } from '../learned.ts';
import type { SlackBody } from './body.ts';
import type { SlackApi } from './client.ts';

const self = z.looseObject({
  team_id: z.string().min(1),
  enterprise_id: z.string().nullish(),
  is_enterprise_install: z.boolean().optional(),
});

/** The workspace (or organisation) our token is for: given, or asked for when the first request comes. */
export class HomeWorkspace {
  readonly #ids: Learned<ReadonlySet<string>>;

  /** `teamId` where the settings name it; then nobody is asked. */
  constructor(api: SlackApi, teamId: string | undefined) {
    this.#ids = new Learned(async () => askWho(api), teamId === undefined ? undefined : new Set([teamId]));
  }

  /**
   * True when a verified body is another workspace's. False also while we do not know our own: nothing may be lost because
   * Slack's API is away. Takes a second at most. `now` is real time.
   */
  async isForeign(body: SlackBody, now: Date): Promise<boolean> {
    const named = workspacesOf(body);
    if (named.length === 0) return false;
    const ids = await this.#ids.get(now);
    return ids !== undefined && !named.some((id) => ids.has(id));
  }
}

async function askWho(api: SlackApi): Promise<ReadonlySet<string>> {
  const me = await api.call('auth.test', {}, { shape: self, kind: { repeatable: true } });
  const organisation = me.is_enterprise_install ? me.enterprise_id : undefined;
  return new Set([me.team_id, ...(organisation ? [organisation] : [])]);
}

const id = z.string().min(1).nullish().catch(undefined);
const place = z.looseObject({ id }).nullish().catch(undefined);
const naming = z.looseObject({
  team_id: id,
  enterprise_id: id,
  context_team_id: id,
  authorizations: z
    .array(z.looseObject({ team_id: id, enterprise_id: id }))
    .nullish()
    .catch(undefined),
  team: place,
  enterprise: place,
  user: z.looseObject({ team_id: id }).nullish().catch(undefined),
  view: z.looseObject({ app_installed_team_id: id }).nullish().catch(undefined),
});

/**
 * Where the installation that is meant may be, by every name the body gives it. In a channel shared between companies an
 * event's `team_id` may be the other's and `authorizations` holds one of several; a form opened there names the app's own
 * workspace; an installation for a whole organisation has no `team` (as Bolt reads them: `buildSource`).
 */
function workspacesOf(body: SlackBody): readonly string[] {
  const { authorizations, enterprise, team, user, view, ...outer } = naming.parse(body);
  const granted = (authorizations ?? []).flatMap((one) => [one.team_id, one.enterprise_id]);
  const pressedIn = view?.app_installed_team_id ?? team?.id ?? user?.team_id;
  const named = [outer.team_id, outer.context_team_id, outer.enterprise_id, enterprise?.id, pressedIn, ...granted];
  return named.filter((one) => typeof one === 'string');
}
