/**
 * One outbound intent as Web API calls. Posts carry the intent's id in their metadata (ids only: metadata is visible to
 * the workspace), which is the only way to find out later whether a post with a lost answer went through.
 */
import { z } from 'zod';
import { ChannelError, type OutboundIntent, type Place, type Receipt } from '../channel.ts';
import type { Card, CardForm } from '../card.ts';
import { cutText, splitText } from '../text.ts';
import { choiceRows, paragraphs, renderCard } from './blocks.ts';
import type { SlackApi } from './client.ts';
import { isPerson, type DirectMessages } from './direct-messages.ts';
import { uploadFile } from './files.ts';
import { renderForm } from './forms.ts';
import { escapeMrkdwn, mrkdwnWidth } from './mrkdwn.ts';

/** Below Slack's 4,000: above about 4,040 one `text` is split into messages that one `ts` no longer names. */
const MAX_TEXT = 3900;
/** A longer text stands in sections of one message, so that it arrives whole or not at all. */
const MAX_SECTIONED_TEXT = 11_000;

const METADATA_TYPE = 'daiban_message';
const REPEATABLE = { repeatable: true } as const;
const ONCE = { repeatable: false } as const;
const posted = z.looseObject({ channel: z.string(), ts: z.string() });
const anyAnswer = z.looseObject({});

/** What sending needs. */
export interface SendDeps {
  readonly api: SlackApi;
  /** The same with little patience, for what is of no use three seconds later. */
  readonly hasty: SlackApi;
  readonly directs: DirectMessages;
}

/** @throws ChannelError */
export async function sendIntent(deps: SendDeps, intent: OutboundIntent): Promise<Receipt> {
  const { content } = intent;
  if (content.kind === 'text') return sendText(deps, intent, content);
  if (content.kind === 'card') return sendCard(deps, intent, content.card);
  if (content.kind === 'card_update') return updateCard(deps.api, content);
  if (content.kind === 'tap_answer') {
    const { form, tap } = content;
    return form ? openForm(deps.hasty, form, tap) : answerTap(deps, intent, content);
  }
  return uploadFile(deps.api, { ...content, to: intent.to, chat: await channelId(deps, intent.to) });
}

function sendCard(deps: SendDeps, intent: OutboundIntent, card: Card): Promise<Receipt> {
  return post(deps, intent.to, { ...renderCard(card), metadata: metadata(intent.id) });
}

async function sendText(
  deps: SendDeps,
  intent: OutboundIntent,
  content: { readonly text: string; readonly choices?: readonly string[] },
): Promise<Receipt> {
  const parts = splitText(content.text, MAX_SECTIONED_TEXT, mrkdwnWidth);
  let receipt: Receipt = {};
  for (const [index, part] of parts.entries()) {
    const choices = index === parts.length - 1 ? (content.choices ?? []) : [];
    const number = parts.length === 1 ? undefined : index;
    try {
      receipt = await post(deps, intent.to, { ...textMessage(part, choices), metadata: metadata(intent.id, number) });
    } catch (error) {
      // The beginning has arrived: sending again from the start would repeat it.
      if (index > 0) throw new ChannelError('unknown', 'partly_sent', { cause: error });
      throw error;
    }
  }
  return receipt;
}

function textMessage(text: string, choices: readonly string[]): Record<string, unknown> {
  const short = escapeMrkdwn(cutText(text, MAX_TEXT, mrkdwnWidth));
  if (choices.length === 0 && short === escapeMrkdwn(text)) return { text: short };
  return { text: short, blocks: [...paragraphs(text), ...choiceRows(choices)] };
}

async function post(
  { api, directs }: SendDeps,
  to: Place,
  message: Readonly<Record<string, unknown>>,
): Promise<Receipt> {
  const say = async (place: string): Promise<z.output<typeof posted>> => {
    const args = { channel: place, ...threadOf(to), unfurl_links: false, unfurl_media: false, ...message };
    return api.call('chat.postMessage', args, { shape: posted, kind: ONCE });
  };
  const { channel, ts } = await say(directs.channelOf(to.chat)).catch(async (error: unknown) => {
    const isGone = error instanceof ChannelError && error.code === 'channel_not_found';
    if (!isGone || !directs.forget(to.chat)) throw error;
    return say(to.chat);
  });
  directs.learn(to.chat, channel);
  return { providerId: ts, handle: { channel, ts } };
}

async function updateCard(
  api: SlackApi,
  content: Extract<OutboundIntent['content'], { kind: 'card_update' }>,
): Promise<Receipt> {
  const { channel, ts } = content.handle;
  if (channel === undefined || ts === undefined) throw new ChannelError('card_gone', 'no_handle');
  const args = { channel, ts, ...renderCard(content.card) };
  await api.call('chat.update', args, { shape: anyAnswer, kind: REPEATABLE });
  return { providerId: ts, handle: { channel, ts } };
}

/**
 * Opens the form. The press is good for one view within three seconds and cannot be had again, so whatever goes wrong is
 * final; a form that opened although its answer was lost does no harm.
 */
async function openForm(hasty: SlackApi, form: CardForm, tap: Readonly<Record<string, string>>): Promise<Receipt> {
  const { trigger, channel, ts, thread } = tap;
  if (trigger === undefined) throw new ChannelError('our_fault', 'no_trigger');
  const place = {
    ...(channel === undefined ? {} : { channel }),
    ...(ts === undefined ? {} : { ts }),
    ...(thread === undefined ? {} : { thread }),
  };
  const shape = z.looseObject({ view: z.looseObject({ id: z.string() }) });
  try {
    const args = { trigger_id: trigger, view: renderForm(form, place) };
    const { view } = await hasty.call('views.open', args, { shape, kind: ONCE });
    return { providerId: view.id };
  } catch (error) {
    if (!(error instanceof ChannelError)) throw error;
    throw new ChannelError('our_fault', error.code, { cause: error });
  }
}

/** A note only the presser sees; where the press had no channel (a view) it goes to the direct message. */
async function answerTap(
  deps: SendDeps,
  intent: OutboundIntent,
  content: Extract<OutboundIntent['content'], { kind: 'tap_answer' }>,
): Promise<Receipt> {
  const { channel, user } = content.tap;
  const text = escapeMrkdwn(cutText(content.text, MAX_TEXT, mrkdwnWidth));
  if (channel === undefined || user === undefined) {
    return post(deps, user === undefined ? intent.to : { account: intent.to.account, chat: user }, {
      text,
      metadata: metadata(intent.id),
    });
  }
  await deps.api.call('chat.postEphemeral', { channel, user, text }, { shape: anyAnswer, kind: ONCE });
  return {};
}

/** A user id as address opens the direct message first: only posting accepts a user id itself. */
async function channelId({ api, directs }: SendDeps, to: Place): Promise<string> {
  const known = directs.channelOf(to.chat);
  if (!isPerson(known)) return known;
  const shape = z.looseObject({ channel: z.looseObject({ id: z.string() }) });
  const opened = await api.call('conversations.open', { users: to.chat }, { shape, kind: REPEATABLE });
  directs.learn(to.chat, opened.channel.id);
  return opened.channel.id;
}

function threadOf(to: Place): { thread_ts?: string } {
  return to.thread === undefined ? {} : { thread_ts: to.thread };
}

function metadata(id: string, part?: number): unknown {
  return { event_type: METADATA_TYPE, event_payload: part === undefined ? { id } : { id, part } };
}

const historyPage = z.looseObject({
  messages: z.array(
    z.looseObject({
      ts: z.string(),
      metadata: z
        .looseObject({ event_type: z.string(), event_payload: z.looseObject({ id: z.unknown() }).optional() })
        .optional(),
    }),
  ),
  response_metadata: z.looseObject({ next_cursor: z.string().optional() }).optional(),
});

/** How far the database's clock may be ahead of Slack's. */
const SKEW_SECONDS = 300;
const MAX_PAGES = 10;

/**
 * Looks for the intent's id in the metadata of what was posted in the conversation from `since` on.
 * @returns the receipt, `absent` when all of it was read without a trace, `undefined` when Slack cannot tell (files and
 * ephemeral notes carry no metadata; a long text arrived in part; more than 2,000 messages).
 */
export async function reconcileIntent(
  deps: SendDeps,
  intent: OutboundIntent,
  since: Date,
): Promise<Receipt | 'absent' | undefined> {
  const kind = intent.content.kind;
  if (kind !== 'text' && kind !== 'card') return undefined;
  const parts = kind === 'text' ? splitText(intent.content.text, MAX_SECTIONED_TEXT, mrkdwnWidth).length : 1;
  const channel = await channelId(deps, intent.to);
  const oldest = String(Math.floor(since.getTime() / 1000) - SKEW_SECONDS);
  const found = await findPosts(deps.api, { channel, thread: intent.to.thread, id: intent.id, oldest });
  const last = found?.at(0);
  if (found === undefined || (found.length > 0 && found.length < parts)) return undefined;
  return last === undefined ? 'absent' : { providerId: last, handle: { channel, ts: last } };
}

/** Stamps of the posts with this id, newest first; `undefined` when the history is too long to be sure. */
async function findPosts(
  api: SlackApi,
  where: { channel: string; thread: string | undefined; id: string; oldest: string },
): Promise<readonly string[] | undefined> {
  const method = where.thread === undefined ? 'conversations.history' : 'conversations.replies';
  const base = { channel: where.channel, oldest: where.oldest, limit: 200, include_all_metadata: true };
  const found: string[] = [];
  let cursor = '';
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const args = {
      ...base,
      ...(where.thread === undefined ? {} : { ts: where.thread }),
      ...(cursor === '' ? {} : { cursor }),
    };
    const answer = await api.call(method, args, { shape: historyPage, kind: REPEATABLE });
    for (const message of answer.messages) {
      if (message.metadata?.event_type === METADATA_TYPE && message.metadata.event_payload?.id === where.id)
        found.push(message.ts);
    }
    cursor = answer.response_metadata?.next_cursor ?? '';
    if (cursor === '') return found.sort((a, b) => Number(b) - Number(a));
  }
  return undefined;
}
