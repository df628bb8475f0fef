/** The workspace: people, conversations, messages and files, with ids and stamps the way Slack makes them. */
import { VirtualClock } from '../kernel/clock.ts';
import { refill } from '../kernel/values.ts';
import type { Conversation, ConversationKind, SlackFile, SlackMessage, SlackOptions, SlackPerson } from './types.ts';
import { SlackRefusal } from './types.ts';

/** What a new message is made of; everything else starts empty. */
export type MessageDraft = Pick<SlackMessage, 'user' | 'fromBot' | 'text'> &
  Partial<
    Pick<
      SlackMessage,
      'blocks' | 'attachments' | 'metadata' | 'threadTs' | 'broadcast' | 'files' | 'onlyFor' | 'clientMsgId'
    >
  >;

/** A kill may come before the last ids were written down: they must not be given to others. */
const SKIPPED_IDS = 1_000;

/** What a workspace remembers over a restart. */
export interface WorkspaceState {
  readonly users: ReadonlyMap<string, SlackPerson>;
  readonly conversations: ReadonlyMap<string, Conversation>;
  readonly files: ReadonlyMap<string, SlackFile>;
  readonly lastMicros: number;
  readonly counter: number;
}

/** The one workspace of a look-alike. */
export class Workspace {
  readonly clock: VirtualClock;
  readonly teamId: string;
  readonly appId: string;
  readonly botUserId: string;
  readonly botId: string;
  readonly publicBase: string;
  readonly users = new Map<string, SlackPerson>();
  readonly conversations = new Map<string, Conversation>();
  readonly files = new Map<string, SlackFile>();
  #lastMicros = 0;
  #counter = 0;

  constructor(options: SlackOptions) {
    this.clock = new VirtualClock(options.now, options.wall);
    this.teamId = options.teamId;
    this.appId = options.appId;
    this.botUserId = options.botUserId;
    this.botId = options.botId ?? `B${options.botUserId.slice(1)}`;
    this.publicBase = options.publicBase;
    this.users.set(options.botUserId, { id: options.botUserId, name: 'Daiban' });
    for (const person of options.people) this.users.set(person.id, person);
    for (const channel of options.channels ?? []) {
      const made = this.#addConversation(channel.isPrivate === true ? 'group' : 'channel', channel.members, channel);
      made.isArchived = channel.isArchived === true;
    }
  }

  exportState(): WorkspaceState {
    const { users, conversations, files } = this;
    return { users, conversations, files, lastMicros: this.#lastMicros, counter: this.#counter };
  }

  importState(state: WorkspaceState): void {
    // Who was added or corrected since wins over what is remembered.
    for (const [id, person] of state.users) this.users.set(id, { ...person, ...this.users.get(id) });
    refill(this.conversations, state.conversations);
    refill(this.files, state.files);
    this.#lastMicros = state.lastMicros;
    this.#counter = state.counter + SKIPPED_IDS;
  }

  /** The clock in whole seconds. */
  seconds(): number {
    return Math.floor(this.clock.now().getTime() / 1000);
  }

  /** A fresh `seconds.micros` stamp, always greater than the one before, six decimals, a string. */
  nextTs(): string {
    const now = this.clock.now().getTime() * 1000;
    this.#lastMicros = Math.max(now, this.#lastMicros + 100);
    const seconds = Math.floor(this.#lastMicros / 1_000_000);
    return `${seconds}.${String(this.#lastMicros % 1_000_000).padStart(6, '0')}`;
  }

  /** A fresh id such as `F00000012`. */
  nextId(prefix: string): string {
    this.#counter += 1;
    return `${prefix}${this.#counter.toString(36).toUpperCase().padStart(8, '0')}`;
  }

  /** The direct conversation of a person with the bot, opened when there is none. */
  directWith(userId: string): Conversation {
    const open = [...this.conversations.values()].find((one) => one.kind === 'im' && one.members.has(userId));
    return open ?? this.#addConversation('im', [userId, this.botUserId]);
  }

  /** The person a direct message's id leads to; any other id as it is: posts to either go to the same place. */
  partnerIn(id: string): string {
    const place = this.conversations.get(id);
    return place?.kind === 'im' ? ([...place.members].find((one) => one !== this.botUserId) ?? id) : id;
  }

  /** Opens a conversation of several people and the bot. */
  openGroup(userIds: readonly string[]): Conversation {
    return this.#addConversation('mpim', [...userIds, this.botUserId]);
  }

  /** The conversation as the bot sees it. @throws SlackRefusal `channel_not_found` also for private ones it is not in. */
  conversation(id: string): Conversation {
    const found = this.conversations.get(id);
    const hidden = found?.kind === 'group' && !found.members.has(this.botUserId);
    if (found === undefined || hidden) throw new SlackRefusal('channel_not_found');
    return found;
  }

  /** Puts a message at the end of a conversation. */
  append(conversation: Conversation, draft: MessageDraft): SlackMessage {
    const message: SlackMessage = {
      blocks: undefined,
      attachments: undefined,
      metadata: undefined,
      threadTs: undefined,
      broadcast: false,
      files: [],
      onlyFor: undefined,
      clientMsgId: undefined,
      ...draft,
      ts: this.nextTs(),
      channel: conversation.id,
      olderBlocks: [],
      editedTs: undefined,
      isDeleted: false,
      chosen: new Map(),
    };
    conversation.messages.push(message);
    return message;
  }

  /** The message that is still there, ephemeral ones included. */
  findMessage(channel: string, ts: string): SlackMessage | undefined {
    return this.conversations.get(channel)?.messages.find((one) => one.ts === ts && !one.isDeleted);
  }

  /** Whether somebody has answered it in a thread. */
  hasReplies(message: SlackMessage): boolean {
    const messages = this.conversations.get(message.channel)?.messages ?? [];
    return messages
      .slice(messages.lastIndexOf(message) + 1)
      .some((one) => one.threadTs === message.ts && !one.isDeleted);
  }

  /** The conversations a person sees: the talk with the bot first. */
  conversationsOf(userId: string): Conversation[] {
    return [...this.conversations.values()].filter((one) => one.members.has(userId) && one.members.has(this.botUserId));
  }

  #addConversation(
    kind: ConversationKind,
    members: readonly string[],
    named?: { id: string; name: string },
  ): Conversation {
    const id = named?.id ?? this.nextId(kind === 'im' ? 'D' : 'G');
    const conversation: Conversation = {
      id,
      kind,
      name: named?.name ?? '',
      members: new Set(members),
      isArchived: false,
      created: this.seconds(),
      messages: [],
    };
    this.conversations.set(id, conversation);
    return conversation;
  }
}
