/** What a `response_url` post or the body of a command's 200 does in the conversation. No token, no membership needed. */
import type { Fields } from '../kernel/values.ts';
import { Args } from './args.ts';
import { isEmpty, readContent } from './content.ts';
import type { SlackCore } from './core.ts';
import { changeMessage, postOnlyFor } from './methods/chat.ts';
import { messageObject } from './objects.ts';
import { type Conversation, type SlackMessage, SlackRefusal } from './types.ts';
import type { ResponsePlace } from './tickets.ts';

/** Posts, replaces or deletes as `body` says; a new note is for the presser alone unless `response_type` is in_channel. */
export function postFromResponse(core: SlackCore, place: ResponsePlace, body: Fields): void {
  const args = new Args(body);
  const conversation = core.workspace.conversations.get(place.channel);
  if (conversation === undefined) throw new SlackRefusal('channel_not_found');
  const original =
    place.messageTs === undefined ? undefined : core.workspace.findMessage(place.channel, place.messageTs);
  if (args.flag('delete_original')) {
    removeOriginal(core, conversation, original);
    return;
  }
  const content = readContent(core.workspace, args);
  if (isEmpty(content)) throw new SlackRefusal('no_text');
  if (args.flag('replace_original') && original !== undefined) {
    const previous = messageObject(core.workspace, original, 'none');
    changeMessage(original, content, core.workspace.nextTs());
    if (original.onlyFor === undefined) void core.feed.changed(conversation, original, previous);
    return;
  }
  if (args.text('response_type') !== 'in_channel') {
    postOnlyFor(core, conversation, place.userId, content);
    return;
  }
  const draft = {
    user: core.workspace.botUserId,
    fromBot: true,
    text: content.text ?? '',
    blocks: content.blocks,
    threadTs: args.text('thread_ts'),
  };
  void core.feed.posted(conversation, core.workspace.append(conversation, draft));
}

/** A command's own message cannot be taken away: there is no original then. */
function removeOriginal(core: SlackCore, conversation: Conversation, original: SlackMessage | undefined): void {
  if (original === undefined) throw new SlackRefusal('cant_delete_message');
  original.isDeleted = true;
  if (original.onlyFor === undefined) void core.feed.deleted(conversation, original);
}
