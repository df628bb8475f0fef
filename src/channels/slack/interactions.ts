/** Slash commands, button presses and views as `InboundEvent`s. Pure; shapes: reference §1.7. */
import { z } from 'zod';
import { parseCardKey } from '../card.ts';
import { readSubmission } from './forms.ts';
import type { Happening, InboundEvent } from '../channel.ts';
import { SAY_PREFIX, SELECT_PREFIX } from './blocks.ts';
import { addressOf, instantOf, threadOf, type EventScope } from './events.ts';
import { decodeMrkdwn } from './mrkdwn.ts';

const slashCommand = z.looseObject({
  command: z.string().min(1),
  text: z.string().default(''),
  user_id: z.string().min(1),
  trigger_id: z.string().min(1),
});

const pressedAction = z.looseObject({
  type: z.string(),
  action_id: z.string(),
  action_ts: z.string().optional(),
  value: z.string().nullish(),
});

const stateValue = z.looseObject({ selected_option: z.looseObject({ value: z.string() }).nullish() });

const blockActions = z.looseObject({
  type: z.literal('block_actions'),
  user: z.looseObject({ id: z.string().min(1) }),
  team: z.looseObject({ id: z.string() }).nullish(),
  channel: z.looseObject({ id: z.string() }).nullish(),
  container: z
    .looseObject({
      message_ts: z.string().optional(),
      channel_id: z.string().optional(),
      thread_ts: z.string().optional(),
    })
    .optional(),
  message: z.looseObject({ ts: z.string().optional(), thread_ts: z.string().optional() }).nullish(),
  trigger_id: z.string().optional(),
  state: z.looseObject({ values: z.record(z.string(), z.record(z.string(), stateValue)) }).nullish(),
  actions: z.array(pressedAction).min(1),
});
type BlockActions = z.infer<typeof blockActions>;
type PressedAction = z.infer<typeof pressedAction>;

const viewBody = z.looseObject({
  type: z.string(),
  user: z.looseObject({ id: z.string().min(1) }),
  view: z.looseObject({ id: z.string(), hash: z.string().default('') }),
});

/**
 * `/daiban 客户 何女士` is the sentence "客户 何女士"; a bare command is its own sentence. Wherever it is typed it is said in
 * the person's direct message and answered there: a channel never sees what it is about, and cards and buttons work.
 */
export function readCommand(body: unknown, scope: EventScope): readonly InboundEvent[] | undefined {
  const parsed = slashCommand.safeParse(body);
  if (!parsed.success) return undefined;
  const command = parsed.data;
  const text = decodeMrkdwn(command.text).trim() || command.command;
  const key = `command:${command.trigger_id}`;
  return [
    {
      platform: 'slack',
      address: { account: scope.account, chat: command.user_id },
      sender: command.user_id,
      deliveryKeys: [key],
      occurredAt: scope.now,
      happening: { kind: 'message', messageId: key, text, media: [] },
    },
  ];
}

/** Presses of our buttons; anything else in the request (a drop-down touched, a link opened) is `other`. */
export function readBlockActions(body: unknown, scope: EventScope): readonly InboundEvent[] | undefined {
  const parsed = blockActions.safeParse(body);
  if (!parsed.success) return undefined;
  return parsed.data.actions.map((action) => toInbound(parsed.data, action, scope));
}

/**
 * A form of ours that was sent in is the press it belongs to, with the answers; any other view is kept as `other`. Sent in
 * twice it is one event: the view's id is its key.
 */
export function readView(body: unknown, scope: EventScope): readonly InboundEvent[] | undefined {
  const parsed = viewBody.safeParse(body);
  if (!parsed.success) return undefined;
  const { type, user, view } = parsed.data;
  const press = type === 'view_submission' ? readSubmission(view) : undefined;
  const handle = { user: user.id, ...press?.place };
  return [
    {
      platform: 'slack',
      address: addressOf(scope.account, {
        channel: press?.place.channel,
        person: user.id,
        thread: press?.place.thread,
      }),
      sender: user.id,
      deliveryKeys: [`${type}:${view.id}:${view.hash}`],
      occurredAt: scope.now,
      happening: press
        ? { kind: 'action', ...press.key, selected: press.answers, handle }
        : { kind: 'other', what: type },
    },
  ];
}

function toInbound(body: BlockActions, action: PressedAction, scope: EventScope): InboundEvent {
  const ts = stampOf(body) ?? '';
  const stamp = action.action_ts ?? body.trigger_id ?? '';
  const key = ['press', body.user.id, channelOf(body) ?? '', ts, action.action_id, stamp].join(':');
  return {
    platform: 'slack',
    address: addressOf(scope.account, { channel: channelOf(body), person: body.user.id, thread: threadAt(body) }),
    sender: body.user.id,
    deliveryKeys: [key],
    occurredAt: instantOf(action.action_ts, undefined, scope.now),
    happening: happeningOf(body, action, key),
  };
}

function happeningOf(body: BlockActions, action: PressedAction, key: string): Happening {
  const value = action.value ?? '';
  if (action.type === 'button' && action.action_id.startsWith(SAY_PREFIX) && value !== '') {
    return { kind: 'message', messageId: key, text: value, media: [] };
  }
  const card = action.type === 'button' ? parseCardKey(value) : undefined;
  if (!card) return { kind: 'other', what: `block_actions:${action.type}` };
  return {
    kind: 'action',
    cardId: card.id,
    revision: card.revision,
    verb: card.verb,
    selected: selectedOf(body),
    handle: handleOf(body),
    ...(body.trigger_id === undefined ? {} : { canOpenForm: true as const }),
  };
}

/**
 * Where the pressed card stands, who pressed, and the trigger, which opens one view within three seconds; the
 * `response_url` is a bearer secret and is not kept.
 */
function handleOf(body: BlockActions): Readonly<Record<string, string>> {
  const channel = channelOf(body);
  const ts = stampOf(body);
  const thread = threadAt(body);
  const trigger = body.trigger_id;
  return {
    user: body.user.id,
    ...(channel === undefined ? {} : { channel }),
    ...(ts === undefined ? {} : { ts }),
    ...(thread === undefined ? {} : { thread }),
    ...(trigger === undefined ? {} : { trigger }),
  };
}

function selectedOf(body: BlockActions): Readonly<Record<string, string>> {
  const selected: Record<string, string> = {};
  for (const block of Object.values(body.state?.values ?? {})) {
    for (const [actionId, state] of Object.entries(block)) {
      const value = state.selected_option?.value;
      if (actionId.startsWith(SELECT_PREFIX) && value !== undefined)
        selected[actionId.slice(SELECT_PREFIX.length)] = value;
    }
  }
  return selected;
}

function channelOf(body: BlockActions): string | undefined {
  return body.channel?.id ?? body.container?.channel_id;
}

function stampOf(body: BlockActions): string | undefined {
  return body.container?.message_ts ?? body.message?.ts;
}

function threadAt(body: BlockActions): string | undefined {
  return threadOf({ ts: stampOf(body), thread_ts: body.message?.thread_ts ?? body.container?.thread_ts });
}
