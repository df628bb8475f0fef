/** What a process of role `web` answers: webhooks, the API, the pages. */
import { createExpressApp, createHttpServer, type ApiDeps, type RawHandler } from './api/app.ts';
import { storedTokens, type AuthDeps } from './api/auth.ts';
import { mountLists } from './api/lists.ts';
import type { Metrics } from './api/metrics.ts';
import { createReadiness } from './api/readiness.ts';
import { mountUploadPage } from './api/upload/index.ts';
import { createWebhooks, type Webhooks } from './api/webhooks.ts';
import type { Base } from './base.ts';
import type { Channel, InboundEvent, Platform } from './channels/channel.ts';
import type { Lists } from './db/lists.ts';
import { pendingMigrations } from './db/migrate.ts';
import type { Inbox } from './inbox/receive.ts';
import type { Crew } from './jobs/crew.ts';
import { Interactive } from './jobs/interactive.ts';
import { createTroubleHandler } from './jobs/trouble.ts';
import type { Wake } from './jobs/wake.ts';
import { systemClock } from './lib/clock.ts';
import type { SandboxPart } from './sandbox-part.ts';

/** Where the platforms call us. */
export const WEBHOOK_PATHS: Readonly<Record<Platform, string>> = {
  wecom: '/channels/wecom/callback',
  slack: '/channels/slack/events',
  telegram: '/channels/telegram/webhook',
};

/** What the answers are made from. */
export interface WebParts {
  readonly base: Base;
  readonly channels: ReadonlyMap<string, Channel>;
  readonly wake: Wake;
  readonly crew: Crew;
  readonly inbox: Inbox;
  readonly lists: Lists;
  readonly metrics: Metrics;
  readonly sandbox: SandboxPart | undefined;
  /** Under which address people reach us. */
  readonly url: string;
  readonly version: string;
  readonly isQueueUp: () => boolean;
  /** These callbacks could not be stored. */
  readonly refused: (events: readonly InboundEvent[]) => void;
}

/** Everything the web process answers. */
export function webHandler(parts: WebParts): RawHandler {
  const { base, sandbox, crew } = parts;
  const webhooks = webhooksOf(parts);
  crew.atLast(async () => webhooks.idle());
  const server = createHttpServer(
    expressApp(parts),
    [(request, response) => sandbox?.handle(request, response) ?? false, webhooks.handle],
    { texts: base.services.texts, log: base.log },
  );
  return (request, response) => server.emit('request', request, response);
}

function webhooksOf({ base, channels, wake, inbox, metrics, refused }: WebParts): Webhooks {
  const { database, keys, log } = base;
  const interactive = new Interactive({ database, keys, wake, followUp: createTroubleHandler(keys) });
  return createWebhooks({
    routes: new Map([...channels.values()].map((channel) => [WEBHOOK_PATHS[channel.platform], channel])),
    inbox,
    clock: systemClock,
    log,
    interactiveAnswer: async (inboxId) => interactive.wait(inboxId),
    count: (platform, outcome) => metrics.webhook(platform, outcome),
    refused,
  });
}

function expressApp(parts: WebParts): ReturnType<typeof createExpressApp> {
  const { base, metrics, url, version, isQueueUp } = parts;
  const { database, registry, unit, services, log, keys } = base;
  const auth: AuthDeps = { bootstrap: base.env.BOOTSTRAP_API_TOKEN, findToken: storedTokens(database) };
  return createExpressApp({
    registry,
    unit,
    auth,
    database,
    texts: services.texts,
    log,
    metrics,
    publicUrl: url,
    version,
    readiness: createReadiness({
      pending: async () => pendingMigrations(database.url),
      isQueueUp,
      hasKeys: () => keys.isUpToDate,
      hasResources: () => !database.isShort,
    }),
    extend: extensionOf(parts, auth),
  });
}

function extensionOf({ base, lists }: WebParts, auth: AuthDeps): ApiDeps['extend'] {
  const { parts, unit, log } = base;
  const intake = parts.intake(base.database, base.services);
  return (app) => {
    mountLists(app, lists, { auth, unit });
    parts.extendApi(app, auth);
    mountUploadPage(app, { unit, store: async (file) => intake.store(file), log });
  };
}
