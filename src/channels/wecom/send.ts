/**
 * One intent out: what is written depends on nothing but the intent, so that a repeated send is byte for byte the same
 * and the platform's duplicate check (on for every message) drops it.
 */
import { hash } from 'node:crypto';
import { ChannelError, type OutboundContent, type OutboundIntent, type Receipt } from '../channel.ts';
import { textField, type Answer } from './answer.ts';
import { renderCard, renderUpdate } from './cards.ts';
import type { WecomClient } from './client.ts';
import type { MediaUploads, UploadedMedia } from './media.ts';
import { messageParts, withOrdinal } from './text.ts';

/** The longest interval the platform allows for its duplicate check [doc 90236]. */
export const DUPLICATE_WINDOW_SECONDS = 14_400;

type Content<K extends OutboundContent['kind']> = Extract<OutboundContent, { readonly kind: K }>;

/** One member id: neither `@all` nor a list `a|b` can ever be addressed by accident. */
const USER_ID = /^[^\s|@][^\s|]{0,63}$/;

/** Sends intents for one app. */
export class WecomSender {
  readonly #client: WecomClient;
  readonly #uploads: MediaUploads;
  readonly #agentId: number;
  readonly #account: string;

  constructor(parts: { client: WecomClient; uploads: MediaUploads; agentId: string; account: string }) {
    this.#client = parts.client;
    this.#uploads = parts.uploads;
    this.#agentId = Number(parts.agentId);
    this.#account = parts.account;
  }

  /** Delivers the intent. @throws ChannelError */
  async send(intent: OutboundIntent): Promise<Receipt> {
    if (!USER_ID.test(intent.to.chat)) throw new ChannelError('our_fault', 'bad_recipient');
    const { content } = intent;
    switch (content.kind) {
      case 'text':
        return this.#sendText(intent, withChoices(content));
      case 'card':
        return this.#sendCard(intent, content);
      case 'card_update':
        return this.#updateCard(intent, content);
      case 'file':
        return this.#sendFile(intent, content);
      case 'tap_answer':
        return this.#answerTap(intent, content);
    }
  }

  async #sendText(intent: OutboundIntent, text: string): Promise<Receipt> {
    if (text.trim() === '') throw new ChannelError('our_fault', 'empty_text');
    const ids: string[] = [];
    let undeliverable: string | undefined;
    for (const content of messageParts(withOrdinal(text, intent.ordinal), intent.id)) {
      const receipt = receiptOf(await this.#message(intent, { msgtype: 'text', text: { content } }), intent);
      if (receipt.providerId !== undefined) ids.push(receipt.providerId);
      undeliverable ??= receipt.undeliverable;
    }
    return {
      ...(ids.length === 0 ? {} : { providerId: ids.join(',') }),
      ...(undeliverable === undefined ? {} : { undeliverable }),
    };
  }

  async #sendCard(intent: OutboundIntent, { card }: Content<'card'>): Promise<Receipt> {
    const taskId = taskIdOf(intent, card);
    const rendered = renderCard(card, taskId, intent.ordinal);
    if (rendered.kind === 'text') return this.#sendText({ ...intent, ordinal: 1 }, rendered.text);
    const answer = await this.#message(intent, { msgtype: 'template_card', template_card: rendered.card });
    const receipt = receiptOf(answer, intent);
    const responseCode = textField(answer, 'response_code');
    // Without the code (a notice, or a repetition the platform dropped) the card can never be redrawn, only superseded.
    return responseCode === '' ? receipt : { ...receipt, handle: { taskId, responseCode } };
  }

  /**
   * The code of the press redraws the presser's card; the code of the send is kept for the final state, because both
   * work once only. So a card that stays open is redrawn for its presser and for nobody else.
   */
  async #updateCard(intent: OutboundIntent, { card, handle, tap }: Content<'card_update'>): Promise<Receipt> {
    const isFinal = card.closed !== undefined;
    if (!isFinal && tap === undefined) return { handle };
    const codes = [tap?.['responseCode'], isFinal ? handle['responseCode'] : undefined].filter(
      (code) => code !== undefined && code !== '',
    );
    const template = renderUpdate(card, tap?.['taskId'] ?? handle['taskId']);
    for (const code of codes) {
      const receipt = await this.#redraw(intent, { response_code: code, template_card: template });
      if (receipt) return receipt;
    }
    throw new ChannelError('card_gone', codes.length === 0 ? 'no_response_code' : '60140');
  }

  /** `undefined` when this response code is used up or too old. */
  async #redraw(intent: OutboundIntent, update: Readonly<Record<string, unknown>>): Promise<Receipt | undefined> {
    const body = { userids: [intent.to.chat], agentid: this.#agentId, ...update };
    try {
      return receiptOf(await this.#post('message/update_template_card', body, intent), intent);
    } catch (error) {
      if (error instanceof ChannelError && error.failure === 'card_gone') return undefined;
      throw error;
    }
  }

  async #sendFile(intent: OutboundIntent, content: Content<'file'>): Promise<Receipt> {
    const key = `${this.#account}:media:${intent.id}`;
    const media = await this.#uploads.upload(key, content);
    const receipt = await this.#sendMedia(intent, media).catch(async (error: unknown) => {
      if (!(error instanceof ChannelError && error.code === '40007')) throw error;
      await this.#uploads.forget(key, media);
      return this.#sendMedia(intent, await this.#uploads.upload(key, content));
    });
    if (content.caption !== undefined && content.caption.trim() !== '') await this.#sendText(intent, content.caption);
    return receipt;
  }

  async #sendMedia(intent: OutboundIntent, { type, mediaId }: UploadedMedia): Promise<Receipt> {
    return receiptOf(await this.#message(intent, { msgtype: type, [type]: { media_id: mediaId } }), intent);
  }

  async #answerTap(intent: OutboundIntent, { tap, text }: Content<'tap_answer'>): Promise<Receipt> {
    // Set by whoever showed the answer inside the callback itself.
    if (tap['answered'] === 'true') return {};
    return this.#sendText(intent, text);
  }

  async #message(intent: OutboundIntent, message: Readonly<Record<string, unknown>>): Promise<Answer> {
    const body = {
      touser: intent.to.chat,
      agentid: this.#agentId,
      ...message,
      enable_duplicate_check: 1,
      duplicate_check_interval: DUPLICATE_WINDOW_SECONDS,
    };
    return this.#post('message/send', body, intent);
  }

  async #post(path: string, body: unknown, { earlierCode }: OutboundIntent): Promise<Answer> {
    return this.#client.post(path, body, { inDoubt: 'unknown', earlierCode });
  }
}

/** New for each outbox row: the app may never use a task id twice, and one card can be sent again to the same person. */
function taskIdOf(intent: OutboundIntent, card: { readonly id: string; readonly revision: number }): string {
  return `${card.id}-${card.revision}-${hash('sha256', `${intent.id}\n${intent.to.chat}`).slice(0, 16)}`;
}

/** One-tap answers do not exist here; they are shown as words to type. */
function withChoices({ text, choices = [] }: Content<'text'>): string {
  return choices.length === 0 ? text : `${text}\n${choices.map((choice) => `[${choice}]`).join(' ')}`;
}

/** Partly invalid recipients are no error (errcode 0), so whom it reached must be read; ids come back in lower case. */
function receiptOf(answer: Answer, intent: OutboundIntent): Receipt {
  const providerId = textField(answer, 'msgid');
  const undeliverable = ['invaliduser', 'unlicenseduser'].find((field) => names(answer[field], intent.to.chat));
  return { ...(providerId === '' ? {} : { providerId }), ...(undeliverable === undefined ? {} : { undeliverable }) };
}

/** `a|b` after message/send, a list after update_template_card. */
function names(list: unknown, userId: string): boolean {
  const ids: readonly unknown[] = typeof list === 'string' ? list.split('|') : Array.isArray(list) ? list : [];
  return ids.some((id) => typeof id === 'string' && id.toLowerCase() === userId.toLowerCase());
}
