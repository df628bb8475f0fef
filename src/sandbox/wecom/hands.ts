/** The hands of the members: what they write, send and press, and what the app's passive reply does to their phones. */
import { newToken } from '../../lib/ids.ts';
import type { Person, ScreenCard, ScreenFile } from '../emulator.ts';
import type { VirtualClock } from '../kernel/clock.ts';
import type { CallbackSender, Forgery } from './callbacks.ts';
import type { CardBook, PersonCard } from './card-book.ts';
import { checkCard } from './card-check.ts';
import { INTERACTION_TYPES } from './card-schema.ts';
import { press, selections } from './card-screen.ts';
import type { Directory } from './directory.ts';
import { WecomFault } from './fault.ts';
import type { MediaStore, MediaType } from './media.ts';
import type { ToastCode, WecomApp } from './options.ts';
import { renderMessage } from './message-body.ts';
import { articlesFromXml, cardFromXml, readPassiveReply } from './passive-reply.ts';
import type { Phones } from './phones.ts';
import { cutBytes, plainText } from './rich-text.ts';
import { writeXml, type XmlFields, xmlText, type XmlTree, xmlTree } from './xml.ts';

/** Above 2^53: a client that reads MsgId as a number gets a different one. */
const FIRST_MSG_ID = 7_469_081_234_567_890_123n;

/** What the hands reach into. */
export interface HandParts {
  readonly corpId: string;
  readonly apps: readonly WecomApp[];
  readonly clock: VirtualClock;
  readonly directory: Directory;
  readonly phones: Phones;
  readonly cards: CardBook;
  readonly media: MediaStore;
  readonly callbacks: CallbackSender;
  readonly publicBase: string;
  readonly passiveReplyBurnsCode: boolean;
  toastText(code: ToastCode): string;
}

/** A file as a member picks it. */
export interface SentFile {
  readonly name: string;
  readonly mime: string;
  readonly bytes: Buffer;
}

interface SentMessage {
  readonly type: string;
  readonly msgId: bigint;
  readonly fields: XmlFields;
}

interface Tap {
  readonly copy: PersonCard;
  readonly code: string;
}

/** Plays every member. */
export class Hands {
  readonly #parts: HandParts;
  #msgId = FIRST_MSG_ID;

  constructor(parts: HandParts) {
    this.#parts = parts;
  }

  /** The MsgId the next message of a member gets. */
  get upcomingMsgId(): bigint {
    return this.#msgId;
  }

  set upcomingMsgId(id: bigint) {
    this.#msgId = id;
  }

  async say(personId: string, text: string): Promise<void> {
    const { person, app } = this.#at(personId);
    const msgId = this.#showOwn(person, app, { text });
    await this.#message(person, app, { type: 'text', msgId, fields: [['Content', text]] });
  }

  /** Image, voice and video reach the app as MediaId; a document does not: WeCom has no inbound `file` for apps. */
  async sendFile(personId: string, file: SentFile): Promise<void> {
    const { person, app } = this.#at(personId);
    const { name, mime, bytes } = file;
    const msgId = this.#showOwn(person, app, { text: '', file: { name, mime, size: bytes.length, bytes } });
    const type = inboundType(mime);
    if (type === undefined) return;
    const mediaId = this.#parts.media.keep({ type, name, mime, bytes }, this.#parts.clock.now());
    await this.#message(person, app, { type, msgId, fields: this.#mediaFields(type, mediaId) });
  }

  #mediaFields(type: MediaType, mediaId: string): XmlFields {
    if (type === 'image') {
      return [
        ['PicUrl', `${this.#parts.publicBase}/wwpic/${mediaId}`],
        ['MediaId', mediaId],
      ];
    }
    if (type === 'voice') {
      return [
        ['MediaId', mediaId],
        ['Format', 'amr'],
      ];
    }
    const thumb = this.#parts.media.keep(
      { type: 'image', name: 'thumb.jpg', mime: 'image/jpeg', bytes: Buffer.from([0xff, 0xd8, 0xff, 0xd9]) },
      this.#parts.clock.now(),
    );
    return [
      ['MediaId', mediaId],
      ['ThumbMediaId', thumb],
    ];
  }

  /** Any other message type of a member: `location`, `link`. */
  async message(personId: string, type: string, fields: XmlFields): Promise<void> {
    const { person, app } = this.#at(personId);
    await this.#message(person, app, { type, msgId: this.#nextMsgId(), fields });
  }

  /** The member opens the app. */
  async open(personId: string): Promise<void> {
    const { person, app } = this.#at(personId);
    await this.#event(person, app, { what: 'enter_agent', fields: [['EventKey', '']] });
  }

  /** Presses a button, a submit button or a menu entry; a dead one does nothing. */
  async tap(
    personId: string,
    messageId: string,
    key: string,
    selected: Readonly<Record<string, string>>,
  ): Promise<void> {
    const { cards, clock, phones } = this.#parts;
    const entry = phones.get(personId, messageId);
    const copy = entry.personCard;
    const pressed = copy === undefined || entry.deleted === true ? undefined : press(copy, key);
    if (copy === undefined || pressed === undefined) return;
    const { person, app } = this.#at(personId, entry.agentId);
    const chosen = pressed === 'menu' ? [] : selections(copy.card, selected);
    const code = cards.issueCode(copy.task, clock.now());
    const fields: XmlFields = [
      ['EventKey', key],
      ['TaskId', copy.card.task_id ?? copy.task.taskId],
      ['CardType', copy.card.card_type ?? ''],
      ['ResponseCode', code],
    ];
    const what = pressed === 'menu' ? 'template_card_menu_event' : 'template_card_event';
    await this.#event(person, app, { what, fields, after: selectedItems(chosen), tap: { copy, code } });
  }

  /** A push with nobody's hand behind it, `FromUserName` = sys unless `fields` begin with their own. */
  async system(agentId: number, event: string, fields: XmlFields): Promise<void> {
    const app = this.#app(agentId);
    await this.#push(app, undefined, {
      what: event,
      fields: [
        ['ToUserName', this.#parts.corpId],
        ...(event === 'kf_msg_or_event' ? [] : ([['FromUserName', 'sys']] as const)),
        ['CreateTime', this.#seconds()],
        ['MsgType', 'event'],
        ['Event', event],
        ...fields,
      ],
    });
  }

  /** Someone who does not know the secrets (or knows too much) posts a text in a member's name; gives the status. */
  forge(kind: Forgery, personId: string, text: string): Promise<number> {
    const { person, app } = this.#at(personId);
    const fields = this.#messageFields(person, app, {
      type: 'text',
      msgId: this.#nextMsgId(),
      fields: [['Content', text]],
    });
    return this.#parts.callbacks.forge(app, kind, writeXml(fields));
  }

  #message(person: Person, app: WecomApp, sent: SentMessage): Promise<void> {
    return this.#push(app, person, { what: sent.type, fields: this.#messageFields(person, app, sent) });
  }

  #messageFields(person: Person, app: WecomApp, sent: SentMessage): XmlFields {
    const tail: XmlFields = [
      ['MsgId', sent.msgId],
      ['AgentID', app.agentId],
    ];
    return [...this.#head(person), ['MsgType', sent.type], ...sent.fields, ...tail];
  }

  #event(
    person: Person,
    app: WecomApp,
    event: { what: string; fields: XmlFields; after?: XmlFields; tap?: Tap },
  ): Promise<void> {
    const kind: XmlFields = [
      ['MsgType', 'event'],
      ['Event', event.what],
    ];
    const tail = [['AgentID', app.agentId] as const, ...(event.after ?? [])];
    const fields = [...this.#head(person), ...kind, ...event.fields, ...tail];
    return this.#push(app, person, { what: event.what, fields, ...(event.tap && { tap: event.tap }) });
  }

  #head(person: Person): XmlFields {
    return [
      ['ToUserName', this.#parts.corpId],
      ['FromUserName', person.id],
      ['CreateTime', this.#seconds()],
    ];
  }

  #push(
    app: WecomApp,
    person: Person | undefined,
    event: { what: string; fields: XmlFields; tap?: Tap },
  ): Promise<void> {
    const toast = (code: ToastCode): void => {
      if (person === undefined) return;
      this.#parts.phones.toast(person.id, this.#parts.clock.now(), this.#parts.toastText(code));
    };
    return this.#parts.callbacks.push({
      app,
      what: event.what,
      fields: event.fields,
      onLate: () => toast('wecom.late_reply'),
      onLost: () => toast('wecom.no_answer'),
      onReply: (body) => {
        const names = { member: person?.id ?? 'sys', corpId: this.#parts.corpId };
        const read = readPassiveReply(body, app, names);
        if (read.kind === 'none') return {};
        const error = read.kind === 'bad' ? read.why : this.#apply(app, person, { tree: read.tree, tap: event.tap });
        if (error !== undefined) toast('wecom.bad_reply');
        return { ...(error !== undefined && { error }), ...(read.kind === 'reply' && { plaintext: read.plaintext }) };
      },
    });
  }

  /** Does what a passive reply says, to the phone of this member only; gives what is wrong with it. */
  #apply(
    app: WecomApp,
    person: Person | undefined,
    reply: { tree: XmlTree; tap: Tap | undefined },
  ): string | undefined {
    if (person === undefined) return 'reply_to_system_event';
    const { tree, tap } = reply;
    const type = xmlText(tree, 'MsgType');
    if (type === 'update_button' || type === 'update_template_card') {
      const error = tap === undefined ? 'reply_without_tap' : this.#redraw(tap, tree, type);
      if (error === undefined && tap !== undefined && this.#parts.passiveReplyBurnsCode)
        this.#parts.cards.burn(tap.code);
      return error;
    }
    return this.#showReply(app, person, { tree, type });
  }

  #redraw(tap: Tap, tree: XmlTree, type: string): string | undefined {
    if (type === 'update_button') {
      const name = xmlText(xmlTree(tree, 'Button'), 'ReplaceName');
      if (name === '' || !INTERACTION_TYPES.includes(tap.copy.card.card_type ?? '')) return 'reply_bad_button';
      tap.copy.replaceName = name;
      return undefined;
    }
    const card = cardFromXml(xmlTree(tree, 'TemplateCard') ?? {});
    if (card === undefined) return 'reply_bad_card';
    try {
      checkCard(card, true);
    } catch (error) {
      if (error instanceof WecomFault) return `reply_bad_card_${error.errcode}`;
      throw error;
    }
    tap.copy.card = card;
    tap.copy.replaceName = undefined;
    return undefined;
  }

  #showReply(app: WecomApp, person: Person, reply: { tree: XmlTree; type: string }): string | undefined {
    const { phones, clock } = this.#parts;
    const entry = { id: newToken(50), agentId: app.agentId, from: 'bot' as const, at: clock.now() };
    if (reply.type === 'text') {
      const content = xmlText(reply.tree, 'Content');
      if (content === '') return 'reply_empty_text';
      phones.show(person.id, { ...entry, text: plainText(cutBytes(content, 2_048)) });
      return undefined;
    }
    try {
      const shown = this.#shownReply(reply);
      if (shown === undefined) return 'reply_bad_type';
      phones.show(person.id, { ...entry, text: '', ...shown });
      return undefined;
    } catch (error) {
      if (error instanceof WecomFault) return reply.type === 'news' ? 'reply_bad_news' : 'reply_bad_media';
      throw error;
    }
  }

  /** Articles as one card, a file as itself; `undefined` for any other type. @throws WecomFault */
  #shownReply(reply: { tree: XmlTree; type: string }): { screenCard: ScreenCard } | { file: ScreenFile } | undefined {
    const { media, clock } = this.#parts;
    if (reply.type === 'news') {
      const news = { articles: articlesFromXml(reply.tree) };
      const { screenCard } = renderMessage({ msgtype: 'news', news }, media, clock.now());
      return screenCard && { screenCard };
    }
    const block = { image: 'Image', voice: 'Voice', video: 'Video' }[reply.type];
    if (block === undefined) return undefined;
    const { name, mime, bytes } = media.find(xmlText(xmlTree(reply.tree, block), 'MediaId'), clock.now());
    return { file: { name, mime, size: bytes.length, bytes } };
  }

  #showOwn(person: Person, app: WecomApp, shown: { text: string; file?: ScreenFile }): bigint {
    const msgId = this.#nextMsgId();
    const at = this.#parts.clock.now();
    this.#parts.phones.show(person.id, { id: String(msgId), agentId: app.agentId, from: 'me', at, ...shown });
    return msgId;
  }

  #nextMsgId(): bigint {
    return this.#msgId++;
  }

  #seconds(): number {
    return Math.floor(this.#parts.clock.now().getTime() / 1_000);
  }

  /** The member and the app he is in: the named one, else the first that sees him. @throws Error for a stranger. */
  #at(personId: string, agentId?: number): { person: Person; app: WecomApp } {
    const { apps, directory } = this.#parts;
    const person = directory.find(personId);
    if (person === undefined) throw new Error(`no member ${personId}`);
    const app = agentId === undefined ? apps.find((one) => directory.isVisible(one, person.id)) : this.#app(agentId);
    if (app === undefined) throw new Error(`no app is visible to ${personId}`);
    return { person, app };
  }

  #app(agentId: number): WecomApp {
    const app = this.#parts.apps.find((one) => one.agentId === agentId);
    if (app === undefined) throw new Error(`no app ${agentId}`);
    return app;
  }
}

function inboundType(mime: string): MediaType | undefined {
  if (mime.startsWith('image/')) return 'image';
  if (mime.startsWith('audio/')) return 'voice';
  return mime.startsWith('video/') ? 'video' : undefined;
}

/** One SelectedItem per answered question; nothing at all when the card asks nothing. */
function selectedItems(chosen: ReturnType<typeof selections>): XmlFields {
  const answered = chosen.filter(({ optionIds }) => optionIds.length > 0);
  if (answered.length === 0) return [];
  const items = answered.map(({ questionKey, optionIds }): XmlFields[number] => [
    'SelectedItem',
    [
      ['QuestionKey', questionKey],
      ['OptionIds', optionIds.map((id): XmlFields[number] => ['OptionId', id])],
    ],
  ]);
  return [['SelectedItems', items]];
}
