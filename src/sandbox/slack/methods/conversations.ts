/** `conversations.*`. */
import { compact, type Fields } from '../../kernel/values.ts';
import type { Args } from '../args.ts';
import type { SlackCore } from '../core.ts';
import { conversationObject, messageObject } from '../objects.ts';
import { type Conversation, type SlackMessage, SlackRefusal } from '../types.ts';
import type { MethodTable } from './method.ts';
import { type Page, pageOf } from './paging.ts';

const MAX_PEOPLE = 8;

/** What scopes are called by kind of conversation: `im:history`, `channels:read`. */
const SCOPE_OF_KIND = { im: 'im', mpim: 'mpim', channel: 'channels', group: 'groups' } as const;

/** The conversation, if the bot was granted this right for its kind. @throws SlackRefusal. */
function granted(core: SlackCore, args: Args, right: 'read' | 'history'): Conversation {
  const conversation = core.workspace.conversation(args.must('channel'));
  core.demandScope([`${SCOPE_OF_KIND[conversation.kind]}:${right}`]);
  return conversation;
}

function open(core: SlackCore, args: Args): Fields {
  const { workspace } = core;
  const channel = args.text('channel');
  if (channel !== undefined) return opened(core, workspace.conversation(channel), args, true);
  const users = (args.text('users') ?? '').split(',').filter((id) => id !== '');
  if (users.length === 0) throw new SlackRefusal('users_list_not_supplied');
  if (users.length > MAX_PEOPLE) throw new SlackRefusal('too_many_users');
  core.demandScope([users.length === 1 ? 'im:write' : 'mpim:write']);
  for (const id of users) {
    if (core.user(id).deleted === true) throw new SlackRefusal('user_disabled');
  }
  const [only] = users;
  if (users.length > 1 || only === undefined) return opened(core, workspace.openGroup(users), args, false);
  const wasOpen = workspace.conversationsOf(only).some((one) => one.kind === 'im');
  return opened(core, workspace.directWith(only), args, wasOpen);
}

function opened(core: SlackCore, conversation: Conversation, args: Args, wasOpen: boolean): Fields {
  const channel = args.flag('return_im') ? conversationObject(core.workspace, conversation) : { id: conversation.id };
  return wasOpen ? { no_op: true, already_open: true, channel } : { channel };
}

function info(core: SlackCore, args: Args): Fields {
  return { channel: conversationObject(core.workspace, granted(core, args, 'read')) };
}

/** A conversation whose messages the bot may read. @throws SlackRefusal. */
function readable(core: SlackCore, args: Args): Conversation {
  const conversation = granted(core, args, 'history');
  if (!conversation.members.has(core.workspace.botUserId)) throw new SlackRefusal('not_in_channel');
  return conversation;
}

function isWithin(message: SlackMessage, args: Args): boolean {
  const isInclusive = args.flag('inclusive');
  const oldest = args.text('oldest');
  const latest = args.text('latest');
  const isNewEnough = oldest === undefined || message.ts > oldest || (isInclusive && message.ts === oldest);
  const isOldEnough = latest === undefined || message.ts < latest || (isInclusive && message.ts === latest);
  return isNewEnough && isOldEnough;
}

function shownPage(core: SlackCore, args: Args, page: Page<SlackMessage>): Fields {
  const view = args.flag('include_all_metadata') ? 'full' : 'type';
  return compact({
    messages: page.items.map((message) => messageObject(core.workspace, message, view)),
    has_more: page.next !== '',
    pin_count: 0,
    response_metadata: page.next === '' ? undefined : { next_cursor: page.next },
  });
}

function history(core: SlackCore, args: Args): Fields {
  const isTop = (one: SlackMessage) => one.threadTs === undefined || one.threadTs === one.ts || one.broadcast;
  const all = readable(core, args).messages.filter(
    (one) => !one.isDeleted && one.onlyFor === undefined && isTop(one) && isWithin(one, args),
  );
  return shownPage(core, args, pageOf(args, all.toReversed(), { limit: 100, max: 999 }));
}

function replies(core: SlackCore, args: Args): Fields {
  const conversation = readable(core, args);
  const parentTs = args.must('ts');
  const parent = core.workspace.findMessage(conversation.id, parentTs);
  if (parent === undefined || parent.onlyFor !== undefined) throw new SlackRefusal('thread_not_found');
  const thread = conversation.messages.filter(
    (one) => !one.isDeleted && (one.ts === parentTs || one.threadTs === parentTs),
  );
  return shownPage(
    core,
    args,
    pageOf(
      args,
      thread.filter((one) => isWithin(one, args)),
      { limit: 1000, max: 1000 },
    ),
  );
}

function members(core: SlackCore, args: Args): Fields {
  const conversation = granted(core, args, 'read');
  const page = pageOf(args, [...conversation.members], { limit: 100, max: 1000 });
  return { members: page.items, response_metadata: { next_cursor: page.next } };
}

const TYPE_OF_KIND = { im: 'im', mpim: 'mpim', channel: 'public_channel', group: 'private_channel' } as const;

function list(core: SlackCore, args: Args): Fields {
  const types = (args.text('types') ?? 'public_channel').split(',');
  const isWanted = (one: Conversation) =>
    types.includes(TYPE_OF_KIND[one.kind]) && !(args.flag('exclude_archived') && one.isArchived);
  const isVisible = (one: Conversation) => one.kind === 'channel' || one.members.has(core.workspace.botUserId);
  const all = [...core.workspace.conversations.values()].filter((one) => isWanted(one) && isVisible(one));
  const page = pageOf(args, all, { limit: 100, max: 999 });
  return {
    channels: page.items.map((one) => conversationObject(core.workspace, one)),
    response_metadata: { next_cursor: page.next },
  };
}

function join(core: SlackCore, args: Args): Fields {
  const conversation = core.workspace.conversation(args.must('channel'));
  if (conversation.kind !== 'channel') throw new SlackRefusal('method_not_supported_for_channel_type');
  if (conversation.isArchived) throw new SlackRefusal('is_archived');
  conversation.members.add(core.workspace.botUserId);
  return { channel: conversationObject(core.workspace, conversation) };
}

const PAGE = ['cursor', 'limit'];
const READ = ['channels:read', 'groups:read', 'im:read', 'mpim:read'];
const HISTORY = ['channels:history', 'groups:history', 'im:history', 'mpim:history'];
const RANGE = ['latest', 'oldest', 'inclusive', 'include_all_metadata'];

/** The `conversations.*` rows. */
export const conversationMethods: MethodTable = {
  'conversations.open': {
    tier: 't3',
    scopes: ['im:write', 'mpim:write'],
    known: ['users', 'channel', 'return_im', 'prevent_creation'],
    run: open,
  },
  'conversations.info': {
    tier: 't3',
    scopes: READ,
    known: ['channel', 'include_locale', 'include_num_members'],
    run: info,
  },
  'conversations.members': { tier: 't4', scopes: READ, known: ['channel', ...PAGE], run: members },
  'conversations.list': {
    tier: 't2',
    scopes: READ,
    known: ['types', 'exclude_archived', 'team_id', ...PAGE],
    run: list,
  },
  'conversations.history': { tier: 't3', scopes: HISTORY, known: ['channel', ...RANGE, ...PAGE], run: history },
  'conversations.replies': { tier: 't3', scopes: HISTORY, known: ['channel', 'ts', ...RANGE, ...PAGE], run: replies },
  'conversations.join': { tier: 't3', scopes: ['channels:join'], known: ['channel'], run: join },
};
