/** `chat.*`: post, update, delete, ephemeral notes, permalinks. */
import { compact, type Fields } from '../../kernel/values.ts';
import type { Args } from '../args.ts';
import { type Content, isEmpty, readContent, splitText } from '../content.ts';
import type { SlackCore } from '../core.ts';
import { messageObject } from '../objects.ts';
import { type Conversation, type SlackMessage, SlackRefusal } from '../types.ts';
import type { MethodTable } from './method.ts';

const MAX_UPDATE_TEXT = 4000;

/** The conversation to post to; a user id opens the direct message. @throws SlackRefusal. */
function postingPlace(core: SlackCore, channel: string): Conversation {
  const { workspace } = core;
  if (/^[UW]/.test(channel)) {
    const person = core.user(channel, 'channel_not_found');
    if (person.deleted === true || person.id === workspace.botUserId) throw new SlackRefusal('channel_not_found');
    return workspace.directWith(person.id);
  }
  const conversation = workspace.conversation(channel);
  if (conversation.isArchived) throw new SlackRefusal('is_archived');
  if (!conversation.members.has(workspace.botUserId)) throw new SlackRefusal('not_in_channel');
  return conversation;
}

/** A reply hangs on the thread's first message only. @throws SlackRefusal. */
function threadOf(core: SlackCore, conversation: Conversation, args: Args): string | undefined {
  const threadTs = args.text('thread_ts');
  if (threadTs === undefined) return undefined;
  const parent = core.workspace.findMessage(conversation.id, threadTs);
  if (parent === undefined) throw new SlackRefusal('thread_not_found');
  if (parent.threadTs !== undefined && parent.threadTs !== parent.ts) throw new SlackRefusal('cannot_reply_to_message');
  return threadTs;
}

function postMessage(core: SlackCore, args: Args): Fields {
  const { workspace } = core;
  const conversation = postingPlace(core, args.must('channel'));
  const content = readContent(workspace, args);
  if (isEmpty(content)) throw new SlackRefusal('no_text');
  const threadTs = threadOf(core, conversation, args);
  const pieces = content.blocks === undefined ? splitText(content.text ?? '') : [content.text ?? ''];
  const posted = pieces.map((text) =>
    append(core, conversation, { content, text, threadTs, isBroadcast: args.flag('reply_broadcast') }),
  );
  const [first] = posted;
  if (first === undefined) throw new SlackRefusal('no_text');
  for (const message of posted) void core.feed.posted(conversation, message);
  return compact({
    channel: conversation.id,
    ts: first.ts,
    message: messageObject(workspace, first, 'full'),
    warning: content.isTruncated ? 'message_truncated' : undefined,
    response_metadata: content.isTruncated ? { warnings: ['message_truncated'] } : undefined,
  });
}

interface NewMessage {
  readonly content: Content;
  readonly text: string;
  readonly threadTs: string | undefined;
  readonly isBroadcast: boolean;
}

function append(
  core: SlackCore,
  conversation: Conversation,
  { content, text, threadTs, isBroadcast }: NewMessage,
): SlackMessage {
  return core.workspace.append(conversation, {
    user: core.workspace.botUserId,
    fromBot: true,
    text,
    blocks: content.blocks,
    attachments: content.attachments,
    metadata: content.metadata,
    threadTs,
    broadcast: isBroadcast,
  });
}

/** Our own message by channel id (never a user id) and ts. @throws SlackRefusal. */
function ownMessage(
  core: SlackCore,
  args: Args,
  notOurs: string,
): { conversation: Conversation; message: SlackMessage } {
  const conversation = core.workspace.conversation(args.must('channel'));
  const message = core.workspace.findMessage(conversation.id, args.must('ts'));
  if (message === undefined || message.onlyFor !== undefined) throw new SlackRefusal('message_not_found');
  if (!message.fromBot) throw new SlackRefusal(notOurs);
  return { conversation, message };
}

function update(core: SlackCore, args: Args): Fields {
  const { conversation, message } = ownMessage(core, args, 'cant_update_message');
  if (conversation.isArchived) throw new SlackRefusal('is_inactive');
  if ((args.text('text')?.length ?? 0) > MAX_UPDATE_TEXT) throw new SlackRefusal('msg_too_long');
  const content = readContent(core.workspace, args);
  const isBlocksOnly = content.blocks !== undefined && content.blocks.length > 0;
  if (content.text === undefined && !isBlocksOnly && content.attachments === undefined)
    throw new SlackRefusal('no_text');
  const previous = messageObject(core.workspace, message, 'none');
  changeMessage(message, content, core.workspace.nextTs());
  void core.feed.changed(conversation, message, previous);
  const shown = messageObject(core.workspace, message, 'full');
  return { channel: conversation.id, ts: message.ts, text: message.text, message: shown };
}

/** Puts new content into a message; blocks and the rest stay unless the call names them. */
export function changeMessage(message: SlackMessage, content: Content, editedTs: string): void {
  message.text = content.text ?? message.text;
  if (content.blocks !== undefined) {
    if (message.blocks !== undefined) message.olderBlocks.push(message.blocks);
    message.blocks = content.blocks.length === 0 ? undefined : content.blocks;
    message.chosen.clear();
  }
  message.attachments = content.attachments ?? message.attachments;
  message.metadata = content.metadata ?? message.metadata;
  message.editedTs = editedTs;
}

function remove(core: SlackCore, args: Args): Fields {
  const { conversation, message } = ownMessage(core, args, 'cant_delete_message');
  message.isDeleted = true;
  void core.feed.deleted(conversation, message);
  return { channel: conversation.id, ts: message.ts };
}

function postEphemeral(core: SlackCore, args: Args): Fields {
  const conversation = postingPlace(core, args.must('channel'));
  const user = args.must('user');
  if (!conversation.members.has(user)) throw new SlackRefusal('user_not_in_channel');
  const content = readContent(core.workspace, args);
  if (isEmpty(content)) throw new SlackRefusal('no_text');
  return { message_ts: postOnlyFor(core, conversation, user, content).ts };
}

/** A note only one person sees: in no history, gone with the next reload, told as no event. */
export function postOnlyFor(core: SlackCore, conversation: Conversation, user: string, content: Content): SlackMessage {
  const text = content.text ?? '';
  const message = core.workspace.append(conversation, {
    user: core.workspace.botUserId,
    fromBot: true,
    text,
    blocks: content.blocks,
    attachments: content.attachments,
    onlyFor: user,
  });
  core.flash(user, text);
  return message;
}

function getPermalink(core: SlackCore, args: Args): Fields {
  const conversation = core.workspace.conversation(args.must('channel'));
  const message = core.workspace.findMessage(conversation.id, args.must('message_ts'));
  if (message === undefined || message.onlyFor !== undefined) throw new SlackRefusal('message_not_found');
  return {
    channel: conversation.id,
    permalink: `${core.workspace.publicBase}/archives/${conversation.id}/p${message.ts.replace('.', '')}`,
  };
}

const CONTENT = ['text', 'blocks', 'attachments', 'metadata', 'markdown_text', 'parse', 'link_names', 'as_user'];
const LOOKS = ['mrkdwn', 'unfurl_links', 'unfurl_media', 'username', 'icon_emoji', 'icon_url', 'client_msg_id'];
const scopes = ['chat:write'];

/** The `chat.*` rows. */
export const chatMethods: MethodTable = {
  'chat.postMessage': {
    tier: 'special',
    scopes,
    known: ['channel', 'thread_ts', 'reply_broadcast', ...CONTENT, ...LOOKS],
    run: postMessage,
  },
  'chat.update': {
    tier: 't3',
    scopes,
    known: ['channel', 'ts', 'file_ids', 'reply_broadcast', ...CONTENT],
    run: update,
  },
  'chat.delete': { tier: 't3', scopes, known: ['channel', 'ts', 'as_user'], run: remove },
  'chat.postEphemeral': {
    tier: 't4',
    scopes,
    known: ['channel', 'user', 'thread_ts', ...CONTENT, ...LOOKS],
    run: postEphemeral,
  },
  'chat.getPermalink': { tier: 'special', known: ['channel', 'message_ts'], run: getPermalink },
};
