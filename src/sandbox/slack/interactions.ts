/** What a person sets off by pressing, submitting, closing and commanding; one try each, failures shown to the person. */
import { compact, type Fields, fieldsOf, isFields, listOf, parseJson, wordOf } from '../kernel/values.ts';
import { placedElements, type PlacedElement } from './blocks.ts';
import type { SlackCore } from './core.ts';
import type { Payload, Reply } from './delivery.ts';
import { isStateful, optionsOf, stateValue } from './elements.ts';
import { conversationObject, messageObject } from './objects.ts';
import { postFromResponse } from './response.ts';
import { type SlackMessage, SlackRefusal } from './types.ts';
import { type OpenView, stateValues } from './views.ts';

/** Choices by `block_id/action_id` (or the action id alone) → option value or typed text. */
export type Selected = Readonly<Record<string, string>>;

/** The key a screen names an element by. */
export function elementKey({ blockId, actionId }: PlacedElement): string {
  return `${blockId}/${actionId}`;
}

function matches(placed: PlacedElement, key: string): boolean {
  return key === elementKey(placed) || key === placed.actionId || (key !== '' && key === placed.element['value']);
}

/** The element a key names, on the screen as it is or as it was before a redraw the person has not seen. */
function findElement(revisions: readonly (readonly Fields[])[], key: string): PlacedElement {
  for (const blocks of revisions) {
    const found = placedElements(blocks).find((placed) => matches(placed, key));
    if (found !== undefined) return found;
  }
  throw new Error(`nothing on this screen is called ${key}`);
}

/** Fills select menus and inputs. @throws Error for a choice that is not offered. */
function fill(blocks: readonly Fields[], chosen: Map<string, string>, selected: Selected): void {
  for (const [key, value] of Object.entries(selected)) {
    const placed = findElement([blocks], key);
    const options = optionsOf(placed.element);
    const isOffered =
      options.length === 0 || value.split(',').every((one) => options.some((option) => option['value'] === one));
    if (!isOffered) throw new Error(`${key} does not offer ${value}`);
    chosen.set(elementKey(placed), value);
  }
}

/** Presses, submissions, closings and commands of people. */
export class Interactions {
  readonly #core: SlackCore;

  constructor(core: SlackCore) {
    this.#core = core;
  }

  /** A press (or choice) in a message. */
  async pressMessage(userId: string, message: SlackMessage, key: string, selected: Selected): Promise<void> {
    const blocks = message.blocks ?? [];
    fill(blocks, message.chosen, selected);
    const placed = findElement([blocks, ...message.olderBlocks.toReversed()], key);
    const { workspace } = this.#core;
    const conversation = workspace.conversation(message.channel);
    const isEphemeral = message.onlyFor !== undefined;
    await this.#interact('block_actions', userId, {
      container: { type: 'message', message_ts: message.ts, channel_id: message.channel, is_ephemeral: isEphemeral },
      channel: { id: conversation.id, name: channelName(conversationObject(workspace, conversation)) },
      ...(isEphemeral ? {} : { message: messageObject(workspace, message, 'full') }),
      state: { values: stateValues(blocks, message.chosen) },
      response_url: this.#core.responseUrls.mint('actions', {
        channel: message.channel,
        userId,
        messageTs: message.ts,
      }),
      actions: [this.#action(placed, message.chosen)],
    });
  }

  /** A press (or choice) in a modal or home tab. */
  async pressView(userId: string, view: OpenView, key: string, selected: Selected): Promise<void> {
    fill(view.blocks, view.filled, selected);
    const placed = findElement([view.blocks], key);
    const shown = this.#core.views.object(view);
    await this.#interact('block_actions', userId, {
      container: { type: 'view', view_id: view.id },
      view: shown,
      hash: view.hash,
      state: shown['state'],
      actions: [this.#action(placed, view.filled)],
    });
  }

  /** Submits the top modal; a required input left empty, or too long a text, is stopped by the client, without a request. */
  async submit(userId: string, view: OpenView, selected: Selected): Promise<void> {
    fill(view.blocks, view.filled, selected);
    view.errors = undefined;
    const empty = placedElements(view.blocks).find(
      (placed) => isRequiredInput(placed) && isUnfilled(placed, view.filled),
    );
    if (empty !== undefined) {
      this.#core.flash(userId, `missing_input: ${empty.blockId}`);
      return;
    }
    const tooLong = placedElements(view.blocks).find((placed) => isTooLong(placed, view.filled));
    if (tooLong !== undefined) {
      this.#core.flash(userId, `too_long_input: ${tooLong.blockId}`);
      return;
    }
    const reply = await this.#interact('view_submission', userId, {
      view: this.#core.views.object(view),
      response_urls: [],
    });
    if (reply.isOk) this.#follow(userId, view, reply.text);
  }

  /** Closes the top modal, or the whole stack; told to the app only for views with `notify_on_close`. */
  async dismiss(userId: string, isWholeStack: boolean): Promise<void> {
    for (let top = this.#core.views.top(userId); top !== undefined; top = this.#core.views.top(userId)) {
      const isCleared = isWholeStack || top.body['clear_on_close'] === true;
      const shown = this.#core.views.object(top, false);
      const isTold = top.body['notify_on_close'] === true;
      this.#core.views.close(userId, false);
      if (isTold) await this.#interact('view_closed', userId, { view: shown, is_cleared: isCleared });
      if (!isCleared) return;
    }
  }

  /** A slash command; its 200 may carry the answer. */
  async slash(userId: string, command: string, text: string, channelId?: string): Promise<void> {
    const { workspace } = this.#core;
    const conversation = channelId === undefined ? workspace.directWith(userId) : workspace.conversation(channelId);
    const place = { channel: conversation.id, userId };
    const body: Fields = {
      token: 'verification-token',
      team_id: workspace.teamId,
      team_domain: 'sandbox',
      channel_id: conversation.id,
      channel_name: channelName(conversationObject(workspace, conversation)),
      user_id: userId,
      user_name: userId.toLowerCase(),
      command,
      text,
      api_app_id: workspace.appId,
      is_enterprise_install: 'false',
      response_url: this.#core.responseUrls.mint('commands', place),
      trigger_id: this.#core.triggers.mint(userId),
    };
    const reply = await this.#send(userId, { kind: 'slash_commands', what: command, body });
    if (reply.isOk && reply.text.trim() !== '') this.#showReply(place, reply.text);
  }

  #showReply(place: { channel: string; userId: string }, text: string): void {
    const parsed = parseJson(text);
    try {
      postFromResponse(this.#core, place, isFields(parsed) ? parsed : { text });
    } catch (error) {
      if (!(error instanceof SlackRefusal)) throw error;
      this.#core.flash(place.userId, error.error);
    }
  }

  #action(placed: PlacedElement, chosen: ReadonlyMap<string, string>): Fields {
    const { element, blockId, actionId } = placed;
    const base = { action_id: actionId, block_id: blockId, action_ts: this.#core.workspace.nextTs() };
    if (isStateful(element)) return { ...base, ...stateValue(element, chosen.get(elementKey(placed))) };
    return compact({
      ...base,
      type: element['type'],
      text: element['text'],
      value: element['value'],
      style: element['style'],
      url: element['url'],
    });
  }

  /** Sends an interaction payload with the members all of them share. */
  #interact(type: string, userId: string, members: Fields): Promise<Reply> {
    const { workspace } = this.#core;
    const body: Fields = {
      type,
      user: { id: userId, username: userId.toLowerCase(), name: userId.toLowerCase(), team_id: workspace.teamId },
      api_app_id: workspace.appId,
      token: 'verification-token',
      team: { id: workspace.teamId, domain: 'sandbox' },
      enterprise: null,
      is_enterprise_install: false,
      ...(type === 'view_closed' ? {} : { trigger_id: this.#core.triggers.mint(userId) }),
      ...members,
      ...this.#core.interactionExtra,
    };
    return this.#send(userId, { kind: 'interactive', what: type, body });
  }

  async #send(userId: string, payload: Payload): Promise<Reply> {
    const reply = await this.#core.deliveries.request(payload);
    if (!reply.isOk)
      this.#core.flash(userId, reply.reason === 'http_timeout' ? 'operation_timeout' : 'dispatch_failed');
    return reply;
  }

  /** Does what the answer to a submission says. */
  #follow(userId: string, view: OpenView, text: string): void {
    const answer = fieldsOf(parseJson(text));
    try {
      switch (wordOf(answer['response_action'])) {
        case 'errors':
          this.#showErrors(userId, view, fieldsOf(answer['errors']));
          return;
        case 'update':
          this.#core.views.update({ viewId: view.id }, answer['view']);
          return;
        case 'push':
          this.#core.views.push(userId, answer['view']);
          return;
        case 'clear':
          this.#core.views.close(userId, true);
          return;
        default:
          this.#core.views.close(userId, false);
      }
    } catch (error) {
      if (!(error instanceof SlackRefusal)) throw error;
      this.#core.flash(userId, error.error);
    }
  }

  /** Errors may stand at input blocks only; anything else is a faulty answer and the person sees just that. */
  #showErrors(userId: string, view: OpenView, errors: Fields): void {
    const inputs = new Set(view.blocks.filter((block) => block['type'] === 'input').map((block) => block['block_id']));
    const entries = Object.entries(errors);
    const isFaulty = entries.length === 0 || entries.some(([block]) => !inputs.has(block));
    if (isFaulty) this.#core.flash(userId, 'invalid_response_errors');
    else view.errors = Object.fromEntries(entries.map(([block, text]) => [block, wordOf(text)]));
  }
}

function isRequiredInput({ block }: PlacedElement): boolean {
  return block['type'] === 'input' && block['optional'] !== true;
}

/** Slack's client takes no more than `max_length` characters. */
function isTooLong(placed: PlacedElement, filled: ReadonlyMap<string, string>): boolean {
  const max = placed.element['max_length'];
  return typeof max === 'number' && (filled.get(elementKey(placed)) ?? '').length > max;
}

function isUnfilled(placed: PlacedElement, filled: ReadonlyMap<string, string>): boolean {
  const state = stateValue(placed.element, filled.get(elementKey(placed)));
  const [value] = Object.entries(state).flatMap(([name, one]) => (name === 'type' ? [] : [one]));
  return value === null || value === undefined || value === '' || (Array.isArray(value) && listOf(value).length === 0);
}

function channelName(conversation: Fields): string {
  return conversation['is_im'] === true ? 'directmessage' : wordOf(conversation['name']);
}
