/** What the Slack look-alike is told at its making, and the things its workspace holds. */
import type { Clock } from '../../lib/clock.ts';
import type { Person } from '../emulator.ts';
import { stricter } from '../kernel/bucket.ts';
import type { Fields } from '../kernel/values.ts';

/** A member of the workspace. `deleted` = deactivated, `restricted` = guest. */
export interface SlackPerson extends Person {
  readonly email?: string;
  readonly deleted?: boolean;
  readonly restricted?: boolean;
}

/** A channel people and the bot may share; direct messages open by themselves. */
interface SlackChannel {
  readonly id: string;
  readonly name: string;
  readonly isPrivate?: boolean;
  readonly isArchived?: boolean;
  /** User ids; name the bot's own to invite it. */
  readonly members: readonly string[];
}

/** Every number may only be made stricter than Slack's own. */
export interface SlackLimits {
  /** Posts to one channel at once before the rate of one a second bites. */
  readonly channelBurst: number;
  /** Calls a minute by tier 1 to 4; `special` for methods without one. */
  readonly tiers: {
    readonly t1: number;
    readonly t2: number;
    readonly t3: number;
    readonly t4: number;
    readonly special: number;
  };
  /** Event deliveries an hour before `app_rate_limited`. */
  readonly eventsPerHour: number;
  /** Open Socket Mode connections. */
  readonly sockets: number;
}

/** Slack's numbers: Web API rate limits page, Events API page, Socket Mode page. */
const SLACK_LIMITS: SlackLimits = {
  channelBurst: 10,
  tiers: { t1: 1, t2: 20, t3: 50, t4: 100, special: 600 },
  eventsPerHour: 30_000,
  sockets: 10,
};

/** Slack's numbers, or the wanted ones where those are stricter. */
export function slackLimits(wanted: Partial<SlackLimits> = {}): SlackLimits {
  const { channelBurst, tiers, eventsPerHour, sockets } = SLACK_LIMITS;
  return {
    channelBurst: stricter(channelBurst, wanted.channelBurst),
    tiers: {
      t1: stricter(tiers.t1, wanted.tiers?.t1),
      t2: stricter(tiers.t2, wanted.tiers?.t2),
      t3: stricter(tiers.t3, wanted.tiers?.t3),
      t4: stricter(tiers.t4, wanted.tiers?.t4),
      special: stricter(tiers.special, wanted.tiers?.special),
    },
    eventsPerHour: stricter(eventsPerHour, wanted.eventsPerHour),
    sockets: stricter(sockets, wanted.sockets),
  };
}

/** The workspace, the app and its endpoint. */
export interface SlackOptions {
  readonly teamId: string;
  readonly appId: string;
  readonly botUserId: string;
  /** `B…`; made from the bot user when absent. */
  readonly botId?: string;
  readonly botToken: string;
  /** App-level token. Without `eventsUrl` the app is in Socket Mode and nothing goes over HTTP. */
  readonly appToken?: string;
  readonly signingSecret: string;
  /** Our endpoint for events, interactivity and commands. */
  readonly eventsUrl?: string;
  /** Where this look-alike is reached, without a trailing slash; the base of every URL it hands out. */
  readonly publicBase: string;
  readonly now: Date;
  /** Real time to tick along with; absent = the clock stands still between `setNow` calls. */
  readonly wall?: Clock;
  /** Stamps of signatures (real time always, whatever the virtual clock shows). */
  readonly realTime?: Clock;
  readonly people: readonly SlackPerson[];
  readonly channels?: readonly SlackChannel[];
  /** Granted bot scopes; default all that the methods here need. */
  readonly scopes?: readonly string[];
  /** Bot events subscribed to; default all this look-alike knows. */
  readonly subscriptions?: readonly string[];
  /** Real milliseconds for an answer, at most Slack's 3,000. */
  readonly deadlineMs?: number;
  readonly limits?: Partial<SlackLimits>;
  /** Real milliseconds between pings on an open socket. */
  readonly pingIntervalMs?: number;
}

/** Direct, group direct, public channel, private channel. */
export type ConversationKind = 'im' | 'mpim' | 'channel' | 'group';

/** A place to talk; `members` are user ids. */
export interface Conversation {
  readonly id: string;
  readonly kind: ConversationKind;
  readonly name: string;
  readonly members: Set<string>;
  isArchived: boolean;
  readonly created: number;
  readonly messages: SlackMessage[];
}

/** A message as the workspace keeps it; `text` is stored escaped, as Slack shows it to apps. */
export interface SlackMessage {
  readonly ts: string;
  readonly channel: string;
  readonly user: string;
  readonly fromBot: boolean;
  text: string;
  blocks: readonly Fields[] | undefined;
  /** What the blocks were before each update: a client that did not redraw yet can still press them. */
  readonly olderBlocks: (readonly Fields[])[];
  attachments: readonly unknown[] | undefined;
  metadata: Fields | undefined;
  readonly threadTs: string | undefined;
  readonly broadcast: boolean;
  readonly files: readonly SlackFile[];
  editedTs: string | undefined;
  isDeleted: boolean;
  /** Shown to this person only and in no history. */
  readonly onlyFor: string | undefined;
  readonly clientMsgId: string | undefined;
  /** What people chose in its select menus: `block_id/action_id` → the chosen value. */
  readonly chosen: Map<string, string>;
}

/** A file with its bytes; an upload passes through all states in turn. */
export interface SlackFile {
  readonly id: string;
  readonly user: string;
  readonly name: string;
  title: string;
  readonly mime: string;
  bytes: Buffer;
  readonly created: number;
  /** Announced length of an upload that waits for its bytes. */
  readonly announced: number;
  state: 'announced' | 'uploaded' | 'complete' | 'deleted';
  /** Channel id → ts of the message that shares it. */
  readonly shares: Map<string, string>;
}

/** An answer of the Web API that is not `ok`. */
export class SlackRefusal extends Error {
  readonly error: string;
  readonly extra: Fields;
  constructor(error: string, extra: Fields = {}) {
    super(error);
    this.name = 'SlackRefusal';
    this.error = error;
    this.extra = extra;
  }
}
