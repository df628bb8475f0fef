/** The events Slack tells an app about, in the shapes of @slack/types events. */
import { compact, type Fields } from '../kernel/values.ts';
import { channelType, messageObject, tombstoneOf } from './objects.ts';
import type { Conversation, SlackFile, SlackMessage } from './types.ts';
import type { Workspace } from './workspace.ts';

/** Bot events this look-alike knows, by the name they are subscribed under. */
export const SLACK_SUBSCRIPTIONS = [
  'message.im',
  'message.mpim',
  'message.channels',
  'message.groups',
  'app_mention',
  'file_shared',
  'app_home_opened',
  'app_uninstalled',
  'tokens_revoked',
] as const;

const MESSAGE_SUBSCRIPTION = {
  im: 'message.im',
  mpim: 'message.mpim',
  channel: 'message.channels',
  group: 'message.groups',
} as const;

/** Turns what happens in the workspace into the events the app subscribed to. */
export class EventFeed {
  readonly #workspace: Workspace;
  readonly #subscriptions: ReadonlySet<string>;
  readonly #deliver: (outer: Fields) => Promise<void>;
  /** Members of the envelope that are not from here: Slack Connect and org installs. */
  envelopeExtra: Fields = {};

  constructor(workspace: Workspace, subscriptions: readonly string[], deliver: (outer: Fields) => Promise<void>) {
    this.#workspace = workspace;
    this.#subscriptions = new Set(subscriptions);
    this.#deliver = deliver;
  }

  /** A new message; one that mentions the bot in a channel is told twice, as `app_mention` and as `message`. */
  async posted(conversation: Conversation, message: SlackMessage): Promise<void> {
    const body = { ...messageObject(this.#workspace, message, 'none'), ...place(conversation), event_ts: message.ts };
    const told = [this.#tell(MESSAGE_SUBSCRIPTION[conversation.kind], body)];
    if (conversation.kind !== 'im' && message.text.includes(`<@${this.#workspace.botUserId}>`)) {
      told.push(this.#tell('app_mention', mentionOf(body)));
    }
    await Promise.all(told);
  }

  /** A changed message. Our own `chat.update` is told like anybody's. */
  async changed(conversation: Conversation, message: SlackMessage, previous: Fields): Promise<void> {
    const ts = this.#workspace.nextTs();
    await this.#tell(MESSAGE_SUBSCRIPTION[conversation.kind], {
      type: 'message',
      subtype: 'message_changed',
      hidden: true,
      ...place(conversation),
      ts,
      event_ts: ts,
      message: messageObject(this.#workspace, message, 'none'),
      previous_message: previous,
    });
  }

  /** A deleted message; one that has replies is changed into a stone instead. */
  async deleted(conversation: Conversation, message: SlackMessage): Promise<void> {
    const ts = this.#workspace.nextTs();
    const change = this.#workspace.hasReplies(message)
      ? { subtype: 'message_changed', message: tombstoneOf(message) }
      : { subtype: 'message_deleted', deleted_ts: message.ts };
    await this.#tell(MESSAGE_SUBSCRIPTION[conversation.kind], {
      type: 'message',
      ...change,
      hidden: true,
      ...place(conversation),
      ts,
      event_ts: ts,
      previous_message: messageObject(this.#workspace, message, 'none'),
    });
  }

  /** Says only which file; the rest is for `files.info`. */
  async fileShared(conversation: Conversation, file: SlackFile): Promise<void> {
    await this.#tell('file_shared', {
      type: 'file_shared',
      file_id: file.id,
      user_id: file.user,
      file: { id: file.id },
      channel_id: conversation.id,
      event_ts: this.#workspace.nextTs(),
    });
  }

  async homeOpened(user: string, tab: 'home' | 'messages', view: Fields | undefined): Promise<void> {
    const channel = this.#workspace.directWith(user).id;
    const event_ts = this.#workspace.nextTs();
    await this.#tell('app_home_opened', compact({ type: 'app_home_opened', user, channel, tab, view, event_ts }));
  }

  /** Any other event, as given. */
  async other(event: Fields): Promise<void> {
    const type = event['type'];
    await this.#tell(typeof type === 'string' ? type : '', event);
  }

  async #tell(subscription: string, event: Fields): Promise<void> {
    if (this.#subscriptions.has(subscription)) await this.#deliver(this.#envelope(event));
  }

  #envelope(event: Fields): Fields {
    const { teamId, appId, botUserId } = this.#workspace;
    return {
      token: 'verification-token',
      team_id: teamId,
      context_team_id: teamId,
      context_enterprise_id: null,
      api_app_id: appId,
      event,
      type: 'event_callback',
      event_id: this.#workspace.nextId('Ev'),
      event_time: this.#workspace.seconds(),
      authorizations: [
        { enterprise_id: null, team_id: teamId, user_id: botUserId, is_bot: true, is_enterprise_install: false },
      ],
      is_ext_shared_channel: false,
      event_context: `4-${this.#workspace.nextId('CTX')}`,
      ...this.envelopeExtra,
    };
  }
}

function place(conversation: Conversation): Fields {
  return { channel: conversation.id, channel_type: channelType(conversation) };
}

/** app_mention carries no channel_type. */
function mentionOf(body: Fields): Fields {
  const { channel_type: _left, subtype: _also, ...rest } = body;
  return { ...rest, type: 'app_mention' };
}
