/** The parts of the Slack look-alike that methods, interactions and the screen share. */
import { EventFeed, SLACK_SUBSCRIPTIONS } from './events.ts';
import type { Deliveries, Undelivered } from './delivery.ts';
import type { SocketTransport } from './socket-transport.ts';
import { type Fields, refill } from '../kernel/values.ts';
import { ResponseUrls, Triggers } from './tickets.ts';
import { slackLimits, type SlackLimits, type SlackOptions, type SlackPerson, SlackRefusal } from './types.ts';
import { ViewBook, type ViewBookState } from './views.ts';
import type { Workspace, WorkspaceState } from './workspace.ts';

/** What flashes up on a person's screen. */
export interface Toast {
  readonly at: Date;
  readonly text: string;
}

/** Scopes our app's manifest asks for; the default grant. */
const SLACK_BOT_SCOPES = [
  'chat:write',
  'im:write',
  'mpim:write',
  'im:history',
  'im:read',
  'mpim:history',
  'mpim:read',
  'channels:history',
  'channels:read',
  'channels:join',
  'groups:history',
  'groups:read',
  'users:read',
  'users:read.email',
  'files:read',
  'files:write',
  'commands',
  'app_mentions:read',
] as const;

/** What the look-alike remembers over a restart. */
export interface SlackState {
  readonly format: 'slack 1';
  readonly workspace: WorkspaceState;
  readonly views: ViewBookState;
  readonly responseUrls: ReturnType<ResponseUrls['exportState']>;
  readonly deliveries: readonly Undelivered[];
  readonly toasts: ReadonlyMap<string, Toast[]>;
}

/** One running look-alike. */
export class SlackCore {
  readonly workspace: Workspace;
  readonly views: ViewBook;
  readonly triggers: Triggers;
  readonly responseUrls: ResponseUrls;
  readonly feed: EventFeed;
  readonly deliveries: Deliveries;
  readonly sockets: SocketTransport;
  readonly scopes: ReadonlySet<string>;
  readonly limits: SlackLimits;
  /** Members of interaction payloads that are not from here (an org-wide install sends `team: null`). */
  interactionExtra: Fields = {};
  readonly #toasts = new Map<string, Toast[]>();

  constructor(
    options: SlackOptions,
    parts: { workspace: Workspace; deliveries: Deliveries; sockets: SocketTransport },
  ) {
    this.workspace = parts.workspace;
    this.deliveries = parts.deliveries;
    this.sockets = parts.sockets;
    this.views = new ViewBook(parts.workspace);
    this.triggers = new Triggers(parts.workspace);
    this.responseUrls = new ResponseUrls(parts.workspace);
    this.feed = new EventFeed(parts.workspace, options.subscriptions ?? SLACK_SUBSCRIPTIONS, (outer) =>
      parts.deliveries.event(outer),
    );
    this.scopes = new Set(options.scopes ?? SLACK_BOT_SCOPES);
    this.limits = slackLimits(options.limits);
  }

  exportState(): SlackState {
    return {
      format: 'slack 1',
      workspace: this.workspace.exportState(),
      views: this.views.exportState(),
      responseUrls: this.responseUrls.exportState(),
      deliveries: this.deliveries.exportState(),
      toasts: this.#toasts,
    };
  }

  importState(state: SlackState): void {
    this.workspace.importState(state.workspace);
    this.views.importState(state.views);
    this.responseUrls.importState(state.responseUrls);
    this.deliveries.importState(state.deliveries);
    refill(this.#toasts, state.toasts);
  }

  /** The bot was granted one of these scopes. @throws SlackRefusal `missing_scope`, with what is needed and what is there. */
  demandScope(scopes: readonly string[]): void {
    if (scopes.some((scope) => this.scopes.has(scope))) return;
    throw new SlackRefusal('missing_scope', { needed: scopes.join(','), provided: [...this.scopes].join(',') });
  }

  /** Lets something flash up on a person's screen. */
  flash(userId: string, text: string): void {
    const toasts = this.#toasts.get(userId) ?? [];
    toasts.push({ at: this.workspace.clock.now(), text });
    this.#toasts.set(userId, toasts);
  }

  toasts(userId: string): readonly Toast[] {
    return this.#toasts.get(userId) ?? [];
  }

  /** The member. @throws SlackRefusal `error` (default `user_not_found`). */
  user(id: string, error = 'user_not_found'): SlackPerson {
    const person = this.workspace.users.get(id);
    if (person === undefined) throw new SlackRefusal(error);
    return person;
  }
}
