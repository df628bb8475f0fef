/** message/send, message/update_template_card, message/recall. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { newToken } from '../../lib/ids.ts';
import type { Person } from '../emulator.ts';
import { SlidingWindows } from '../kernel/bucket.ts';
import type { CardBook, CardTask } from './card-book.ts';
import { checkCard } from './card-check.ts';
import { INTERACTION_TYPES, isInteractive, templateCardSchema, withoutUpdateFields } from './card-schema.ts';
import type { Directory } from './directory.ts';
import { demand, WecomFault } from './fault.ts';
import type { MediaStore } from './media.ts';
import { bodyShape, checkCardFiles, renderMessage, type Shown } from './message-body.ts';
import type { WecomApp } from './options.ts';
import { parseBody } from './parse.ts';
import type { Phones } from './phones.ts';
import { platformDay, Quota } from './quota.ts';

const DAY_MS = 86_400_000;
/** [doc 90236] the documented default and ceiling of duplicate_check_interval, in seconds. */
const DUPLICATE_DEFAULT_S = 1_800;
const DUPLICATE_MAX_S = 4 * 3_600;
const MAX_REMEMBERED = 50_000;

const sendSchema = z.object({
  ...bodyShape,
  touser: z.string().optional(),
  toparty: z.string().optional(),
  totag: z.string().optional(),
  agentid: z.int(),
  safe: z.int().optional(),
  enable_id_trans: z.int().optional(),
  enable_duplicate_check: z.int().optional(),
  duplicate_check_interval: z.int().optional(),
});
type SendBody = z.infer<typeof sendSchema>;

const updateSchema = z.object({
  userids: z.array(z.string()).optional(),
  partyids: z.array(z.int()).optional(),
  tagids: z.array(z.int()).optional(),
  atall: z.int().optional(),
  agentid: z.int(),
  response_code: z.string().optional(),
  enable_id_trans: z.int().optional(),
  button: z.object({ replace_name: z.string().optional() }).optional(),
  template_card: templateCardSchema.optional(),
});
type UpdateBody = z.infer<typeof updateSchema>;

const recallSchema = z.object({ msgid: z.string().optional() });

/** The parts of the look-alike that messages touch. */
export interface MessageRooms {
  readonly directory: Directory;
  readonly cards: CardBook;
  readonly media: MediaStore;
  readonly phones: Phones;
  /** Whether the app has a callback URL now. */
  hasCallback(agentId: number): boolean;
}

/** A call's answer and the members of its body that WeCom does not know. */
export interface CallResult {
  readonly json: Readonly<Record<string, unknown>>;
  readonly unknown?: readonly string[];
}

/** What outlives a restart: which messages can be recalled, which JSON counts as a repetition. */
export interface MessageDeskState {
  readonly recent: ReadonlyMap<string, { readonly until: number; readonly msgid: string }>;
  readonly sent: ReadonlyMap<string, { readonly agentId: number; readonly at: number }>;
}

/** Takes messages and card updates from apps. */
export class MessageDesk {
  readonly #rooms: MessageRooms;
  readonly #personTimes: Quota;
  /** [doc 90236] above these the message is accepted and never shown. */
  readonly #perMember = new SlidingWindows([
    { count: 30, windowMs: 60_000 },
    { count: 1_000, windowMs: 3_600_000 },
  ]);
  readonly #recent = new Map<string, { readonly until: number; readonly msgid: string }>();
  readonly #sent = new Map<string, { readonly agentId: number; readonly at: number }>();

  constructor(rooms: MessageRooms, accountCap: number) {
    this.#rooms = rooms;
    this.#personTimes = new Quota(accountCap * 200, DAY_MS);
  }

  exportState(): MessageDeskState {
    return { recent: this.#recent, sent: this.#sent };
  }

  importState({ recent, sent }: MessageDeskState): void {
    for (const [print, known] of recent) this.#recent.set(print, known);
    for (const [msgid, known] of sent) this.#sent.set(msgid, known);
  }

  send(app: WecomApp, body: unknown, now: Date): CallResult {
    const { value, unknown } = parseBody(sendSchema, body);
    demand(value.agentid === app.agentId, 301002, 'not allow operate another agent with this accesstoken');
    const lost = unknown.concat(ignoredFields(value));
    const addressed = addressees(value);
    const shown = renderMessage(value, this.#rooms.media, now);
    const people = this.#recipients(app, addressed, value.touser === '@all');
    const needsCallback = shown.card !== undefined && INTERACTION_TYPES.includes(shown.card.card_type ?? '');
    demand(
      !needsCallback || this.#rooms.hasCallback(app.agentId),
      43012,
      'no callback url for interactive template card',
    );
    const missed = {
      ...(people.invalidUsers.length > 0 && { invaliduser: people.invalidUsers.join('|') }),
      ...(people.invalidParties.length > 0 && { invalidparty: people.invalidParties.join('|') }),
      ...(people.invalidTags.length > 0 && { invalidtag: people.invalidTags.join('|') }),
    };
    const earlier = this.#duplicateOf(value, now);
    if (earlier !== undefined) return { json: { ...missed, msgid: earlier }, unknown: lost };
    const today = `${app.agentId} ${platformDay(now)}`;
    demand(this.#personTimes.take(today, now, people.people.length), 45009, 'api freq out of limit');
    return { json: { ...missed, ...this.#deliver(app, value, { shown, people: people.people, now }) }, unknown: lost };
  }

  #recipients(
    app: WecomApp,
    addressed: ReturnType<typeof addressees>,
    everyone: boolean,
  ): ReturnType<Directory['resolve']> {
    const { directory } = this.#rooms;
    const found = everyone
      ? { people: directory.visibleTo(app), invalidUsers: [], invalidParties: [], invalidTags: [] }
      : directory.resolve(app, addressed);
    demand(found.people.length > 0, 81013, 'user & party & tag all invalid');
    return found;
  }

  /** Remembers the JSON; the msgid of an identical one sent within the interval. */
  #duplicateOf(body: SendBody, now: Date): string | undefined {
    const found = body.enable_duplicate_check === 1 ? this.#recent.get(fingerprint(body)) : undefined;
    return found !== undefined && found.until > now.getTime() ? found.msgid : undefined;
  }

  #deliver(app: WecomApp, body: SendBody, what: { shown: Shown; people: readonly Person[]; now: Date }): object {
    const { shown, people, now } = what;
    const task = shown.card === undefined ? undefined : this.#rooms.cards.open(app.agentId, shown.card);
    const msgid = newToken(50);
    this.#remember(app, body, { msgid, now });
    for (const person of people) {
      if (this.#perMember.take(`${app.agentId}:${person.id}`, now) === 0)
        this.#show(person, { msgid, app, shown, task, now });
    }
    if (task === undefined || shown.card === undefined || !isInteractive(shown.card)) return { msgid };
    return { msgid, response_code: this.#rooms.cards.issueCode(task, now) };
  }

  #show(
    person: Person,
    sent: { msgid: string; app: WecomApp; shown: Shown; task: CardTask | undefined; now: Date },
  ): void {
    const { text, file, card, screenCard } = sent.shown;
    const personCard =
      sent.task === undefined || card === undefined ? undefined : { task: sent.task, card, replaceName: undefined };
    if (personCard !== undefined) sent.task?.copies.set(person.id.toLowerCase(), personCard);
    this.#rooms.phones.show(person.id, {
      id: sent.msgid,
      agentId: sent.app.agentId,
      from: 'bot',
      at: sent.now,
      text,
      ...(file && { file }),
      ...(screenCard && { screenCard }),
      ...(personCard && { personCard }),
    });
  }

  #remember(app: WecomApp, body: SendBody, sent: { msgid: string; now: Date }): void {
    this.#sent.set(sent.msgid, { agentId: app.agentId, at: sent.now.getTime() });
    const [oldestSent] = this.#sent.keys();
    if (this.#sent.size > MAX_REMEMBERED && oldestSent !== undefined) this.#sent.delete(oldestSent);
    if (body.enable_duplicate_check !== 1) return;
    const seconds = Math.min(body.duplicate_check_interval ?? DUPLICATE_DEFAULT_S, DUPLICATE_MAX_S);
    this.#recent.set(fingerprint(body), { until: sent.now.getTime() + seconds * 1_000, msgid: sent.msgid });
    const [oldest] = this.#recent.keys();
    if (this.#recent.size > MAX_REMEMBERED && oldest !== undefined) this.#recent.delete(oldest);
  }

  update(app: WecomApp, body: unknown, now: Date): CallResult {
    const { value, unknown } = parseBody(updateSchema, body);
    demand(value.agentid === app.agentId, 301002, 'not allow operate another agent with this accesstoken');
    demand((value.userids?.length ?? 0) <= 1_000, 40032, 'invalid userid list size');
    demand((value.partyids?.length ?? 0) <= 100, 82002, 'invalid party list size');
    demand((value.tagids?.length ?? 0) <= 100, 82003, 'invalid tag list size');
    const code = value.response_code ?? '';
    const task = this.#rooms.cards.look(code, app.agentId, now);
    const { copies, invalid } = this.#addressedCopies(app, task, value);
    this.#redraw(task, copies, { value, now });
    this.#rooms.cards.burn(code);
    return { json: { invaliduser: invalid }, unknown };
  }

  /** The copies of those addressed who did receive the card. */
  #addressedCopies(
    app: WecomApp,
    task: CardTask,
    body: UpdateBody,
  ): { copies: readonly string[]; invalid: readonly string[] } {
    if (body.atall === 1) return { copies: [...task.copies.keys()], invalid: [] };
    const [users, parties, tags] = [body.userids ?? [], body.partyids ?? [], body.tagids ?? []];
    demand(users.length + parties.length + tags.length > 0, 82001, 'all of userids, partyids, tagids are empty');
    const ids = { users, parties: parties.map(String), tags: tags.map(String) };
    const { people, invalidUsers } = this.#rooms.directory.resolve(app, ids);
    const reached = people.map(({ id }) => id.toLowerCase());
    const copies = reached.filter((id) => task.copies.has(id));
    const addressed = new Set(users.map((id) => id.toLowerCase()));
    const strangers = reached.filter((id) => addressed.has(id) && !task.copies.has(id));
    demand(copies.length > 0, 81013, 'user & party & tag all invalid');
    return { copies, invalid: [...invalidUsers, ...strangers] };
  }

  #redraw(task: CardTask, ids: readonly string[], update: { value: UpdateBody; now: Date }): void {
    const { button, template_card: card } = update.value;
    const replaceName = button?.replace_name ?? '';
    demand((card === undefined) !== (replaceName === ''), 40058, 'exactly one of button.replace_name, template_card');
    const copies = ids.flatMap((id) => task.copies.get(id) ?? []);
    if (card === undefined) {
      const noButtons = copies.some((copy) => !INTERACTION_TYPES.includes(copy.card.card_type ?? ''));
      demand(!noButtons, 40058, 'button.replace_name not allowed for notice card');
      for (const copy of copies) copy.replaceName = replaceName;
      return;
    }
    checkCard(card, true);
    checkCardFiles(card, this.#rooms.media, update.now);
    for (const copy of copies) {
      copy.card = card;
      copy.replaceName = undefined;
    }
  }

  recall(app: WecomApp, body: unknown, now: Date): CallResult {
    const { value, unknown } = parseBody(recallSchema, body);
    const sent = this.#sent.get(value.msgid ?? '');
    if (sent?.agentId !== app.agentId) throw new WecomFault(40058, 'invalid msgid');
    demand(sent.at + DAY_MS > now.getTime(), 40058, 'msgid over 24 hours');
    this.#rooms.phones.change(value.msgid ?? '', (entry) => ({ ...entry, deleted: true }));
    return { json: {}, unknown };
  }
}

/** @throws WecomFault 82001 nobody; 40032, 82002, 82003 too many. */
function addressees(body: SendBody): { users: readonly string[]; parties: readonly string[]; tags: readonly string[] } {
  const split = (list: string | undefined): string[] => (list ?? '').split('|').filter((id) => id !== '');
  const [users, parties, tags] = [split(body.touser), split(body.toparty), split(body.totag)];
  demand(users.length + parties.length + tags.length > 0, 82001, 'all of touser, toparty, totag are empty');
  demand(users.length <= 1_000, 40032, 'invalid userid list size');
  demand(parties.length <= 100, 82002, 'invalid party list size');
  demand(tags.length <= 100, 82003, 'invalid tag list size');
  return { users, parties, tags };
}

/** Members that mean something in an update only. */
function ignoredFields(body: SendBody): readonly string[] {
  const card = body.template_card;
  if (card === undefined) return [];
  const kept = withoutUpdateFields(card);
  const names: string[] = [];
  if (card.replace_text !== undefined) names.push('template_card.replace_text');
  for (const block of ['button_selection', 'checkbox'] as const) {
    if (card[block]?.disable !== undefined && kept[block] !== undefined) names.push(`template_card.${block}.disable`);
  }
  if (card.select_list?.some(({ disable }) => disable !== undefined)) names.push('template_card.select_list.disable');
  return names;
}

/** Identical JSON has one fingerprint whatever the order of its members: Zod puts them in the schema's order. */
function fingerprint(body: SendBody): string {
  return createHash('sha256').update(JSON.stringify(body)).digest('base64');
}
