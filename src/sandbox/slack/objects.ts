/** The JSON objects of Slack's API: user, conversation, message, file. */
import { compact, type Fields } from '../kernel/values.ts';
import type { Conversation, SlackFile, SlackMessage, SlackPerson } from './types.ts';
import type { Workspace } from './workspace.ts';

/** How much of a message's metadata a reader gets: all, only the event type, or none. */
export type MetadataView = 'full' | 'type' | 'none';

/** A user object; the e-mail address only `withEmail` (scope `users:read.email`). */
export function userObject(workspace: Workspace, person: SlackPerson, withEmail: boolean): Fields {
  const isBot = person.id === workspace.botUserId;
  return compact({
    id: person.id,
    team_id: workspace.teamId,
    name: person.id.toLowerCase(),
    deleted: person.deleted === true,
    real_name: person.name,
    tz: 'Asia/Shanghai',
    tz_offset: 28_800,
    profile: compact({
      real_name: person.name,
      display_name: person.name,
      email: withEmail && !isBot ? person.email : undefined,
      team: workspace.teamId,
    }),
    is_admin: false,
    is_owner: false,
    is_restricted: person.restricted === true,
    is_ultra_restricted: false,
    is_bot: isBot,
    is_app_user: false,
    updated: workspace.seconds(),
  });
}

/** A conversation object. */
export function conversationObject(workspace: Workspace, one: Conversation): Fields {
  const partner = [...one.members].find((id) => id !== workspace.botUserId);
  return compact({
    id: one.id,
    created: one.created,
    is_archived: one.isArchived,
    is_im: one.kind === 'im',
    is_mpim: one.kind === 'mpim',
    is_channel: one.kind === 'channel',
    is_group: one.kind === 'group',
    is_private: one.kind !== 'channel',
    is_org_shared: false,
    context_team_id: workspace.teamId,
    name: one.kind === 'im' ? undefined : one.name,
    user: one.kind === 'im' ? partner : undefined,
    is_member: one.kind === 'im' ? undefined : one.members.has(workspace.botUserId),
  });
}

/** `channel_type` of events. */
export function channelType(one: Conversation): string {
  return one.kind;
}

/** The type people see in Slack's file object for a media type. */
function fileType(mime: string, name: string): string {
  const extension = /\.([a-z0-9]{1,8})$/i.exec(name)?.[1];
  return extension?.toLowerCase() ?? mime.split('/')[1] ?? 'binary';
}

/** A file object; its URLs lead back to this look-alike and want the bearer token. */
export function fileObject(workspace: Workspace, file: SlackFile): Fields {
  const address = `${workspace.publicBase}/files-pri/${workspace.teamId}-${file.id}`;
  const name = encodeURIComponent(file.name);
  const sharedIn = (kind: string) =>
    [...file.shares.keys()].filter((id) => workspace.conversations.get(id)?.kind === kind);
  return {
    id: file.id,
    created: file.created,
    timestamp: file.created,
    name: file.name,
    title: file.title,
    mimetype: file.mime,
    filetype: fileType(file.mime, file.name),
    pretty_type: fileType(file.mime, file.name).toUpperCase(),
    user: file.user,
    user_team: workspace.teamId,
    editable: false,
    size: file.bytes.length,
    mode: 'hosted',
    is_external: false,
    external_type: '',
    is_public: sharedIn('channel').length > 0,
    public_url_shared: false,
    url_private: `${address}/${name}`,
    url_private_download: `${address}/download/${name}`,
    permalink: `${workspace.publicBase}/files/${file.user}/${file.id}/${name}`,
    file_access: 'visible',
    channels: sharedIn('channel'),
    groups: [...sharedIn('group'), ...sharedIn('mpim')],
    ims: sharedIn('im'),
    shares: Object.fromEntries([...file.shares].map(([channel, ts]) => [channel, [{ ts }]])),
  };
}

/** A message object as history, answers and events show it; one that has replies carries its own stamp as `thread_ts`. */
export function messageObject(workspace: Workspace, message: SlackMessage, metadata: MetadataView): Fields {
  const isReply = message.threadTs !== undefined && message.threadTs !== message.ts;
  return compact({
    type: 'message',
    subtype: message.files.length > 0 && !message.fromBot ? 'file_share' : undefined,
    user: message.user,
    text: message.text,
    ts: message.ts,
    client_msg_id: message.clientMsgId,
    team: workspace.teamId,
    ...(message.fromBot ? botMembers(workspace) : {}),
    blocks: message.blocks,
    attachments: message.attachments,
    files: message.files.length > 0 ? message.files.map((file) => fileObject(workspace, file)) : undefined,
    thread_ts: message.threadTs ?? (workspace.hasReplies(message) ? message.ts : undefined),
    parent_user_id: isReply ? workspace.findMessage(message.channel, message.threadTs ?? '')?.user : undefined,
    edited: message.editedTs === undefined ? undefined : { user: message.user, ts: message.editedTs },
    metadata: shownMetadata(message.metadata, metadata),
  });
}

/** What stands where a message was deleted that others had answered: their thread still needs a beginning. */
export function tombstoneOf({ ts }: SlackMessage): Fields {
  return {
    type: 'message',
    subtype: 'tombstone',
    text: 'This message was deleted.',
    user: 'USLACKBOT',
    hidden: true,
    ts,
    thread_ts: ts,
  };
}

function botMembers(workspace: Workspace): Fields {
  const { botId, appId, teamId } = workspace;
  return {
    bot_id: botId,
    app_id: appId,
    bot_profile: { id: botId, app_id: appId, team_id: teamId, name: 'Daiban', deleted: false, updated: 0, icons: {} },
  };
}

function shownMetadata(metadata: Fields | undefined, view: MetadataView): Fields | undefined {
  if (metadata === undefined || view === 'none') return undefined;
  return view === 'full' ? metadata : { event_type: metadata['event_type'] };
}
