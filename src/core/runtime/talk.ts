/** One conversation's share of a batch: who speaks, what was meant, which operations that calls, and what is said in return. */
import type { Card } from '../../channels/card.ts';
import type { Address, InboundEvent } from '../../channels/channel.ts';
import { identitiesOf, setReachable, type Identity } from '../../identity/identity-store.ts';
import type { BusinessDate } from '../../lib/business-date.ts';
import { AppError } from '../../lib/errors.ts';
import {
  MAX_TEXT_LENGTH,
  namesIn,
  openCase,
  readMessage,
  stepConversation,
  type ConversationEffect,
  type ConversationEvent,
  type ConversationTools,
} from '../conversation/index.ts';
import type { Actor } from '../operations/actor.ts';
import type { Turn, Unit } from '../unit/unit.ts';
import { hearDecision, keepQuestion, pressCard } from './approval-taps.ts';
import { countIn, countUp, withFilesFor, withoutPastFiles } from './arrivals.ts';
import {
  askedCard,
  choiceEvent,
  choiceOf,
  choicePressed,
  choiceTyped,
  labelOn,
  lockedChoices,
  overWords,
} from './choices.ts';
import { pressText } from './decision-forms.ts';
import { noticeEdit } from './edited.ts';
import { callForPerson, passOn } from './handover.ts';
import {
  changeOf,
  lineOf,
  linkItems,
  readConcealing,
  uploadLine,
  type IncomingItem,
  type Line,
  type ReportedChange,
} from './incoming.ts';
import { handOverMedia } from './media-timer.ts';
import {
  awaitingMessage,
  caseOf,
  memoryFor,
  namesHeld,
  withAside,
  withMessage,
  withoutDecision,
  type Memory,
} from './memory.ts';
import type { RuntimeDeps } from './runtime-deps.ts';
import { actorOf, isDisabled, isUnknownStaff } from './senders.ts';
import { answered, awaitAnswer, keepAlarm, putOff, ring, type Silence } from './silence.ts';
import { Speech } from './speech.ts';
import { answerTrial } from './trial.ts';
import { isUnasked, type ConversationWork, type InternalEvent, type StoredEvent } from './turns.ts';
import { pointToCard } from './typed-decisions.ts';
import { unaskedHour } from './unasked.ts';

const LANGUAGE_CHOICES: ReadonlySet<string> = new Set(['staff.setLanguage', 'customer.setLanguage']);

type Press = Extract<InboundEvent['happening'], { kind: 'action' }>;

/** One conversation of a batch: its events, who speaks, what is remembered. */
interface Share {
  readonly work: ConversationWork;
  readonly identity: Identity;
  readonly memory: Memory;
  readonly items: IncomingItem[];
  readonly today: BusinessDate;
}

/** Built for each batch; `run` handles its events in order, `memory` is what is remembered then. */
export class Talk {
  readonly #deps: RuntimeDeps;
  readonly #unit: Unit;
  readonly #work: ConversationWork;
  readonly #items: IncomingItem[];
  /** The business day; the same for the whole batch, for asking the time zone's calendar is dear. */
  readonly #today: BusinessDate;
  readonly #identity: Identity;
  readonly #address: Address;
  readonly #speech: Speech;
  /** Whose files its turns have touched. */
  readonly customers = new Set<string>();
  /** Edits and deletions the platform reported. */
  readonly changes: ReportedChange[] = [];
  readonly #turns: Turn[] = [];
  #actor: Actor;
  #memory: Memory;
  /** The contact of this turn is the customer's own phone as it stands on file; its words are with his adviser already. */
  #isProvenPhone = false;
  #isPassedOn = false;

  constructor(deps: RuntimeDeps, unit: Unit, { work, identity, memory, items, today }: Share) {
    this.#deps = deps;
    this.#unit = unit;
    this.#work = work;
    this.#items = items;
    this.#today = today;
    this.#identity = identity;
    this.#actor = actorOf(identity, 'zh-CN');
    const { account, chat, thread, actor } = work.conversation;
    this.#memory = memory;
    this.#address = { account, chat, ...(thread === '' ? {} : { thread }), ...(actor === '' ? {} : { actor }) };
    this.#speech = new Speech(deps, this.#address, () => this.#actor);
  }

  /** What is remembered now. */
  get memory(): Memory {
    return this.#memory;
  }

  async run(): Promise<void> {
    await this.#deps.flows.ensure(this.#unit.tx, [
      ...this.#memory.talk.frames.map((frame) => frame.version),
      ...(this.#memory.talk.parked ? [this.#memory.talk.parked.version] : []),
    ]);
    const memory = memoryFor(this.#memory, this.#deps.flows.table, this.#audience());
    this.#memory = withoutPastFiles(memory, this.#unit.now);
    for (const stored of this.#work.events) await this.#handle(stored);
  }

  async #handle(stored: StoredEvent): Promise<void> {
    const { conversation } = this.#work;
    const turn = this.#unit.turn({
      actor: this.#actor,
      via: conversation.platform,
      traceId: stored.traceId,
      conversation: { id: conversation.id, platform: conversation.platform, address: this.#address },
      shown: this.#memory.shown,
    });
    this.#turns.push(turn);
    this.#isProvenPhone = false;
    this.#isPassedOn = false;
    this.#speech.isUnasked = isUnasked(stored.event);
    if (this.#actor.kind === 'CUSTOMER') turn.effects.touch(this.#actor.id);
    for (const name of namesHeld(this.#memory)) turn.effects.conceal(name);
    if ('internal' in stored.event) {
      if (!this.#isOverheard()) await this.#internal(turn, stored, stored.event);
    } else await this.#external(turn, stored, stored.event);
    for (const customer of turn.effects.touched) this.customers.add(customer);
  }

  async #internal(turn: Turn, stored: StoredEvent, event: InternalEvent): Promise<void> {
    switch (event.internal) {
      case 'silence':
        return this.#silence(turn, event.at);
      case 'handback':
        return this.#takeWord(turn);
      case 'form_unopened':
        return this.#press(turn, stored, event.tap);
      case 'media':
        await this.#step(turn, {
          type: 'message',
          text: event.caption,
          reading: readMessage(event.caption, this.#today),
          media: countUp(this.#memory, event.media),
        });
        if (event.uploaded === undefined) return;
        for (const name of namesIn(event.caption)) turn.effects.conceal(name);
        return this.#file(turn, stored, uploadLine(event));
    }
  }

  async #external(turn: Turn, stored: StoredEvent, event: InboundEvent): Promise<void> {
    const { happening } = event;
    const { conversation } = this.#work;
    switch (happening.kind) {
      case 'edited': {
        const { messageId, text } = happening;
        readConcealing(turn.effects, text, this.#today);
        const change = changeOf(happening, [conversation.id, stored.id], turn.effects.concealed);
        await this.#noticeEdit(turn, { messageId, text });
        this.changes.push({ change, standIn: () => this.#line(turn, stored, { kind: 'edited', messageId, text }) });
        return;
      }
      case 'deleted':
        this.changes.push({ change: changeOf(happening, [conversation.id, stored.id], []) });
        return;
      case 'reachable':
        await setReachable(
          this.#unit.tx,
          { account: conversation.account, externalId: event.sender },
          happening.reachable,
        );
        return this.#file(turn, stored, {
          kind: happening.reachable ? 'unblocked' : 'blocked',
          messageId: null,
          text: '',
        });
      case 'gap': {
        const { account } = conversation;
        turn.effects.incident({
          kind: 'delivery_gap',
          subject: { kind: 'account', id: account },
          detail: { account },
        });
        return;
      }
      case 'other':
        return;
      case 'opened':
        if (this.#isUnknownStaff()) return; // looking at the app's page is no message
        // Colleagues look at an app's page all day; a start button is pressed by whoever wants to be answered.
        if (this.#actor.kind !== 'STAFF' || conversation.platform === 'telegram')
          await this.#step(turn, { type: 'opened' });
        if (conversation.platform === 'telegram')
          this.#file(turn, stored, { kind: 'start', messageId: null, text: '/start' });
        return;
      case 'start':
        await this.#step(turn, { type: 'link', payload: happening.payload });
        return this.#file(turn, stored, { kind: 'start', messageId: happening.messageId, text: '/start' });
      case 'contact':
        await this.#step(turn, { type: 'contact', phone: happening.phone, own: happening.own });
        // Somebody else's number is nobody's business here, not even masked.
        return this.#file(turn, stored, {
          kind: 'contact',
          messageId: happening.messageId,
          text: this.#isProvenPhone ? happening.phone : this.#speech.text('talk.foreign_contact'),
        });
      case 'action': {
        const asked = await askedCard(turn, happening);
        const label = choiceOf(this.#memory.offer, happening)?.label ?? labelOn(asked, happening.verb);
        const pressed = label ?? pressText(happening, (key) => this.#speech.text(key));
        await this.#tap(turn, stored, { ...happening, asked });
        for (const name of namesIn(pressed)) turn.effects.conceal(name);
        return this.#file(turn, stored, { kind: 'action', messageId: null, text: pressed });
      }
      case 'unreadable':
        this.#cannotRead(turn);
        return this.#file(turn, stored, {
          kind: 'unreadable',
          messageId: happening.messageId,
          text: this.#speech.wordless(happening.what),
        });
      case 'message':
        await this.#message(turn, stored, await this.#asEdited(turn, stored, happening));
        return this.#file(turn, stored, {
          kind: happening.media.length > 0 ? 'file' : 'text',
          messageId: happening.messageId,
          text: happening.text || this.#speech.soundOrMotion(happening.media),
        });
    }
  }

  /** The record keeps what was read before the edit; whoever answers for it hears of a difference. */
  async #noticeEdit(turn: Turn, { messageId, text }: { messageId: string; text: string }): Promise<void> {
    const { id } = this.#work.conversation;
    const waiting = this.#items.findLast(
      (item) => item.conversationId === id && item.messageId === messageId && item.kind !== 'edited',
    );
    const before = waiting?.text ?? (await this.#deps.wordsOf(this.#unit, id, messageId));
    if (this.#isUnknownStaff() || this.#isOverheard() || this.#memory.early?.includes(messageId) === true) return;
    if (before === undefined) {
      this.#memory = awaitingMessage(this.#memory, messageId);
      return;
    }
    readConcealing(turn.effects, before, this.#today); // the notice says both
    const edit = { before, after: text, today: this.#today, actor: this.#actor, message: `${id}:${messageId}` };
    const told = await noticeEdit(turn, edit, (key, params) => this.#speech.text(key, params));
    if (told !== undefined) this.#speech.send(turn, { kind: 'text', text: told });
  }

  /** A message that its own edit has overtaken is read as it was edited; the change is noted on its line. */
  async #asEdited(
    turn: Turn,
    stored: StoredEvent,
    message: Extract<InboundEvent['happening'], { kind: 'message' }>,
  ): Promise<typeof message> {
    const { messageId } = message;
    if (this.#memory.early?.includes(messageId) !== true) return message;
    this.#memory = withMessage(this.#memory, messageId);
    const conversationId = this.#work.conversation.id;
    const inBatch = this.changes.findLast(({ change }) => change.messageId === messageId)?.change.text;
    const text = inBatch ?? (await this.#deps.wordsOf(this.#unit, conversationId, messageId));
    if (text === undefined) return message;
    readConcealing(turn.effects, message.text, this.#today); // its line has the words as they were sent
    if (inBatch === undefined) {
      const change = { messageId, kind: 'edited', text } as const;
      this.changes.push({ change: changeOf(change, [conversationId, stored.id], turn.effects.concealed) });
    }
    return { ...message, text };
  }

  async #message(
    turn: Turn,
    stored: StoredEvent,
    message: Extract<InboundEvent['happening'], { kind: 'message' }>,
  ): Promise<void> {
    const reading = readConcealing(turn.effects, message.text, this.#today);
    const text = message.text.slice(0, MAX_TEXT_LENGTH); // what is read; the record and a person get all of it
    if (this.#isUnknownStaff()) return this.#speech.sayer(turn)('talk.unknown_staff');
    if (this.#isOverheard()) return this.#sendAway(turn);
    if (message.media.length > 0) {
      const { id: conversationId, account } = this.#work.conversation;
      const { text: caption, media } = message;
      const { memory, arrival } = countIn(this.#memory, media, this.#unit.now);
      this.#memory = memory;
      const messages = [{ inboxId: String(stored.id), caption, media, arrival }];
      const about = this.#actor.kind === 'STAFF' ? openCase(this.#memory.talk, this.#deps.flows.table) : undefined;
      const whose = about === undefined ? {} : { about };
      await handOverMedia(turn, { conversationId, account, actor: this.#actor, ...whose, messages });
      return;
    }
    if (this.#actor.kind !== 'STRANGER') {
      const answers = await answerTrial(turn, text, this.#actor.language, (key) => this.#speech.text(key));
      for (const content of answers) this.#speech.send(turn, content);
      if (answers.length > 0) return;
    }
    const say = this.#speech.sayer(turn);
    const { table: flows } = this.#deps.flows;
    const heard = await hearDecision(this.#memory, { turn, text, reading, flows, say });
    this.#memory = heard.memory;
    if (heard.kind === 'answered') return;
    const depth = this.#memory.talk.frames.length;
    const chosen = choiceTyped(this.#memory, text);
    const { handedOver } = this.#memory.talk;
    if (chosen || !(await pointToCard(turn, text, { isFormOpen: depth > 0, say })))
      await this.#step(turn, chosen ?? { type: 'message', text, reading, media: [] });
    if (handedOver && this.#memory.talk.handedOver && !this.#isPassedOn)
      await passOn(turn, this.#actor, this.#work.conversation.id, message.text);
    this.#memory = keepQuestion(this.#memory, depth, say);
  }

  /** Says what can be read instead; while a person has the word the bot only listens. */
  #cannotRead(turn: Turn): void {
    if (this.#memory.talk.handedOver && this.#actor.kind !== 'STAFF') return;
    if (this.#isOverheard() && !this.#isUnknownStaff()) return this.#sendAway(turn);
    this.#speech.sayer(turn)(this.#isUnknownStaff() ? 'talk.unknown_staff' : 'talk.cannot_read');
  }

  /** Several hear what is said here, and he is no colleague: nothing of what he asks is told or begun before them. */
  #isOverheard(): boolean {
    return this.#work.conversation.actor !== '' && this.#actor.kind !== 'STAFF';
  }

  /** Asks him, once, to write in private. */
  #sendAway(turn: Turn): void {
    if (this.#memory.isSentAway !== true) this.#speech.sayer(turn)('talk.in_private');
    this.#memory = { ...this.#memory, isSentAway: true };
  }

  /** A platform whose people are all staff: whoever is not on the list gets told how to get there. */
  #isUnknownStaff(): boolean {
    return isUnknownStaff(this.#actor, this.#work.conversation.platform);
  }

  /** A question that is over is answered with a word, and its buttons go; asked anew since, it is answered all the same. */
  async #tap(turn: Turn, stored: StoredEvent, { asked, ...tap }: Press & { asked: Card | undefined }): Promise<void> {
    if (this.#isUnknownStaff()) return this.#answerTap(turn, tap, 'talk.unknown_staff');
    const { offer, choice } = (await choicePressed(turn, this.#memory, { ...tap, asked })) ?? {};
    if (!choice && !asked) return this.#press(turn, stored, tap);
    const { actor, platform } = this.#work.conversation;
    // Where several talk the question may be somebody else's, and wait for him: its buttons stay.
    if (!choice && actor !== '') return this.#answerTap(turn, tap, 'talk.not_asked');
    const words = choice
      ? { title: this.#speech.text('talk.chosen', { label: choice.label }), label: choice.label }
      : await overWords(turn, this.#memory, { ...tap, asked }, (key) => this.#speech.text(key));
    for (const content of lockedChoices(tap, { ...words, platform, asked })) this.#speech.send(turn, content);
    if (offer && choice) return this.#step(turn, choiceEvent(offer, choice));
  }

  #answerTap(turn: Turn, { handle: tap }: Press, key: string): void {
    this.#speech.send(turn, { kind: 'tap_answer', tap, text: this.#speech.text(key), alert: false });
  }

  /** A card of the approvals. A question that is still open about this very card is answered by the press, or asked anew. */
  async #press(turn: Turn, stored: StoredEvent, tap: Press): Promise<void> {
    if (this.#isUnknownStaff() || isDisabled(this.#identity)) return this.#answerTap(turn, tap, 'talk.unknown_staff');
    const decision = await pressCard({
      turn,
      address: this.#address,
      tap,
      inboxId: stored.id,
      text: (key, params) => this.#speech.text(key, params),
    });
    if (this.#memory.decision?.cardId === tap.cardId) this.#memory = withoutDecision(this.#memory);
    if (decision) this.#memory = { ...this.#memory, decision };
  }

  /** Steps the interpreter and carries out what it says, feeding operation results back. */
  async #step(turn: Turn, event: ConversationEvent): Promise<void> {
    if (this.#isOverheard()) return this.#sendAway(turn);
    const tools: ConversationTools = {
      flows: this.#deps.flows.table,
      audience: this.#audience(),
      today: this.#today,
    };
    const before = this.#memory.talk.frames.at(-1);
    const step = stepConversation(this.#memory.talk, event, tools);
    this.#memory = withAside(withFilesFor({ ...this.#memory, talk: step.state }, this.#unit.now));
    if (this.#actor.kind === 'STAFF') for (const id of caseOf(event, before, step)) turn.effects.touch(id);
    for (const effect of step.effects) await this.#carryOut(turn, effect);
    this.#listen(keepAlarm(turn.effects, this.#work.conversation.id, this.#memory.silence));
  }

  async #silence(turn: Turn, at: number): Promise<void> {
    const rung = ring(this.#memory.silence, at, this.#unit.now.getTime());
    const hour = await unaskedHour(this.#unit, this.#deps, { actor: this.#actor, account: this.#address.account });
    this.#listen(hour instanceof Date ? putOff(rung, hour.getTime()) : rung.silence);
    const visit = rung.silence?.visit ?? 0;
    const due = hour instanceof Date ? [] : rung.due.filter((name) => hour === 'now' || name !== 'remind');
    for (const name of due) await this.#step(turn, { type: 'timeout', visit, name });
    this.#listen(keepAlarm(turn.effects, this.#work.conversation.id, this.#memory.silence));
  }

  /** The word is the bot's again. At an hour when nobody may be spoken to it says nothing, and asks again at a better one. */
  async #takeWord(turn: Turn): Promise<void> {
    const hour = await unaskedHour(this.#unit, this.#deps, { actor: this.#actor, account: this.#address.account });
    const open = this.#memory.talk.frames.at(-1);
    if (open && hour instanceof Date)
      this.#listen(awaitAnswer(this.#memory.silence, open.visit, 'remind', hour.getTime()));
    return this.#step(turn, { type: 'handback', isQuiet: hour !== 'now' });
  }

  #listen(silence: Silence | undefined): void {
    const { silence: _, ...memory } = this.#memory;
    this.#memory = silence === undefined ? memory : { ...memory, silence };
  }

  async #carryOut(turn: Turn, effect: ConversationEffect): Promise<void> {
    switch (effect.kind) {
      case 'say':
      case 'diff':
        this.#memory = this.#speech.tell(turn, effect, this.#memory);
        return;
      case 'do':
        return this.#step(turn, await this.#call(turn, effect));
      case 'timer.set': {
        const at = this.#unit.now.getTime() + effect.afterMinutes * 60_000;
        this.#listen(awaitAnswer(this.#memory.silence, effect.visit, effect.name, at));
        return;
      }
      case 'timer.clear':
        this.#listen(answered(this.#memory.silence, effect.visit));
        return;
      case 'handover':
        return callForPerson(turn, this.#actor, this.#work.conversation.id);
      case 'frame':
        return;
    }
  }

  async #call(turn: Turn, effect: Extract<ConversationEffect, { kind: 'do' }>): Promise<ConversationEvent> {
    const { touched } = turn.effects;
    const before = new Set(touched);
    // A form that has the word again looks at its file; what was said was about something else.
    const isLookingAgain = this.#memory.talk.frames.at(-1)?.back !== undefined;
    try {
      const result = (await turn.run(effect.operation, effect.input)) as Record<string, unknown>;
      if (effect.operation === 'customer.bindContact') this.#isProvenPhone = result['kind'] === 'matched';
      if (effect.operation === 'customer.askAdviser') this.#isPassedOn = result['kind'] === 'told';
      await this.#noticeChange(effect.operation);
      return { type: 'operation.done', visit: effect.visit, result, announces: effect.announces };
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return { type: 'operation.refused', visit: effect.visit, code: error.code, params: error.params };
    } finally {
      if (isLookingAgain) for (const id of touched) if (!before.has(id)) touched.delete(id);
    }
  }

  /** After a binding the stranger is a customer, and a language chosen is spoken: what follows in this turn is said and done so. */
  async #noticeChange(operation: string): Promise<void> {
    const before: string = this.#actor.kind;
    if (before !== 'STRANGER' && !LANGUAGE_CHOICES.has(operation)) return;
    const [identity] = await identitiesOf(
      this.#unit.tx,
      [{ account: this.#identity.account, externalId: this.#identity.external_id }],
      this.#unit.now,
    );
    if (identity) this.#actor = actorOf(identity, this.#actor.language);
    if (before === 'STRANGER' && this.#actor.kind === 'CUSTOMER') await this.#fileEarlier(this.#actor.id);
  }

  /** What was said here before it was known whose chat this is: on file, or still to be written in this very unit. */
  async #fileEarlier(customerId: string): Promise<void> {
    const { id } = this.#work.conversation;
    await this.#deps.linkEarlier(this.#unit, id, customerId);
    for (const turn of this.#turns) turn.effects.touch(customerId);
    linkItems(this.#items, id, customerId);
  }

  #audience(): 'staff' | 'customer' {
    return this.#actor.kind === 'STAFF' ? 'staff' : 'customer';
  }

  #file(turn: Turn, stored: StoredEvent, line: Line): void {
    this.#items.push(this.#line(turn, stored, line));
  }

  #line(turn: Turn, stored: StoredEvent, line: Line): IncomingItem {
    return lineOf({ turn, stored, conversation: this.#work.conversation, actor: this.#actor }, line);
  }
}
