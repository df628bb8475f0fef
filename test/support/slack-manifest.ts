/** What a company grants the Slack app it makes from docs/slack-manifest.yaml: the look-alike grants no more. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const manifest = z.object({
  features: z.object({ slash_commands: z.array(z.object({ command: z.string(), url: z.url() })) }),
  oauth_config: z.object({ scopes: z.object({ bot: z.array(z.string()).min(1) }) }),
  settings: z.object({
    event_subscriptions: z.object({ request_url: z.url(), bot_events: z.array(z.string()).min(1) }),
    interactivity: z.object({ is_enabled: z.literal(true), request_url: z.url() }),
  }),
});

const file = path.resolve(import.meta.dirname, '../../docs/slack-manifest.yaml');

/** The manifest as Slack reads it. */
export const slackManifest = manifest.parse(parse(readFileSync(file, 'utf8')));

/** Options of the look-alike. */
export const GRANTED = {
  scopes: slackManifest.oauth_config.scopes.bot,
  subscriptions: slackManifest.settings.event_subscriptions.bot_events,
};
