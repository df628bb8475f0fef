/** Somebody asks for a person: whose list it goes on, and who is told at once. It never ends with nobody. */
import { z } from 'zod';
import { namesIn } from '../../core/conversation/index.ts';
import { ANY_STAFF } from '../../core/operations/actor.ts';
import type { Ctx } from '../../core/operations/context.ts';
import { defineOperation } from '../../core/operations/operation.ts';
import { statement } from '../../db/database.ts';
import { isLanguage, textSchema } from '../../lib/i18n.ts';
import { maskTextAndNames } from '../../lib/mask.ts';
import { customerInScope, customerNumber, hidingNames, lockCustomer } from '../customers/index.ts';
import { keyOfOpen, noteAsked, type OneList } from './asked-again.ts';
import { remindLater } from './complaint-reminders.ts';
import { inWords, subjectsOf, todoText, whoText } from './todo-subject.ts';
import {
  askTodos,
  followTodos,
  handOverTodos,
  ownerOf,
  ownTodo,
  STANDING_IN,
  todoNumber,
  type TodoRow,
} from './todo-store.ts';

const ROLE = statement(
  'desk-role',
  'SELECT id, name, language FROM staff WHERE is_active AND roles @> ARRAY[$1] AND id IS DISTINCT FROM $2::uuid ORDER BY created_at, id',
);
const LEADS = statement(
  'desk-leads',
  `SELECT id, name, language FROM staff WHERE is_active AND roles @> ARRAY['team_lead'] AND team_id = $1 AND id <> $2 ORDER BY created_at, id`,
);
const PERSON = statement('desk-person', 'SELECT id, name, language, team_id FROM staff WHERE id = $1');
// Whose invitation somebody unknown has open: who made it, or whose customer it names.
const INVITER = statement(
  'desk-inviter',
  `SELECT s.id, s.name, s.language FROM conversations c
   JOIN identities i ON i.account = c.account AND i.external_id = coalesce(nullif(c.actor, ''), c.chat) AND i.customer_id IS NULL
   JOIN binding_links b ON b.digest = i.opened_link
   JOIN customers k ON k.id = b.customer_id
   LEFT JOIN staff m ON m.id::text = b.created_by AND m.is_active
   JOIN staff s ON s.id = coalesce(m.id, k.owner_id) AND s.is_active
   WHERE c.id = $1`,
);

interface Colleague {
  readonly id: string;
  readonly name: string;
  readonly language: string;
}

/** What has to be done about whom. */
interface Matter {
  readonly key: string;
  readonly kind: string;
  readonly subject: { readonly kind: string; readonly id: string };
  readonly params?: Readonly<Record<string, number>>;
  /** What was said, without names and numbers: told with it, kept nowhere here. */
  readonly words?: string | undefined;
  /** Words of a matter that is on the list already are told too: each message may want something else. */
  readonly isEachTold?: boolean | undefined;
  /** Asked again while one of its kind is open about this subject, it is that one; other words are told. */
  readonly isOneOpen?: boolean | undefined;
  readonly isForOwner?: boolean | undefined;
}

/** Roles that hear of what nobody else is there for. */
const DESK = ['team_lead', 'manager', 'admin'] as const;
/** Who answers for the company when it is not the owner's own matter. */
const OVERSIGHT = ['compliance', 'manager', 'admin'] as const;

export const addForOwner = defineOperation({
  name: 'task.addForOwner',
  summary:
    'Puts something about a customer on the owner’s list and tells him; without an owner it goes to the managers. What is not his alone goes to somebody else besides',
  access: { system: 'all' },
  input: z.strictObject({
    customerId: z.uuid(),
    key: z.string().max(300),
    kind: z.string().max(60),
    words: z.string().optional(),
    params: z.record(z.string(), z.number()).default({}),
    isEachTold: z.boolean().optional(),
    /** One of its kind is open at a time: what comes again is that one, and told where it says something else. */
    isOneOpen: z.boolean().optional(),
    /** Whoever looks after the customer later gets it with him. */
    isForOwner: z.boolean().default(true),
    /** `above`: the owner's team lead, or whoever oversees him; `compliance`: those who see to the law. */
    also: z.enum(['above', 'compliance']).optional(),
  }),
  output: z.object({ ownerId: z.string().nullable() }),
  subject: (input) => ({ kind: 'customer', id: input.customerId }),
  async run(ctx, { customerId, also, ...rest }) {
    const matter = { ...rest, subject: { kind: 'customer', id: customerId } };
    await lockCustomer(ctx.tx, customerId); // given to somebody else at this moment, it would stay behind
    const ownerId = await ownerOf(ctx.tx, customerId);
    const [owner] =
      ownerId === null ? [] : await ctx.tx.query<Colleague & { team_id: string | null }>(PERSON, [ownerId]);
    if (owner) await giveTo(ctx, matter, [owner]);
    else await giveToRole(ctx, matter, STANDING_IN);
    if (also === undefined) return { ownerId };
    const besides = { ...matter, key: `${matter.key}:${also}`, isForOwner: false };
    const leads = also === 'above' && owner ? await ctx.tx.query<Colleague>(LEADS, [owner.team_id, owner.id]) : [];
    if (leads.length > 0) await giveTo(ctx, besides, leads);
    else await giveToRole(ctx, besides, OVERSIGHT, owner?.id);
    return { ownerId };
  },
});

export const addForChat = defineOperation({
  name: 'task.addForChat',
  summary:
    'Puts something about the chat of somebody unknown on the list of the team leads, or the managers; whoever invited him hears of it too',
  access: { system: 'all' },
  input: z.strictObject({ conversationId: z.uuid(), key: z.string().max(300), kind: z.string().max(60) }),
  output: z.object({}),
  subject: (input) => ({ kind: 'conversation', id: input.conversationId }),
  async run(ctx, input) {
    const { key, kind, conversationId } = input;
    const matter = { key, kind, subject: { kind: 'conversation', id: conversationId } };
    const inviter = await ctx.tx.query<Colleague>(INVITER, [conversationId]);
    await giveToRole(ctx, matter, DESK, inviter[0]?.id);
    await giveTo(ctx, { ...matter, key: `${key}:inviter`, kind: 'invited_asks' }, inviter);
    return {};
  },
});

export const passOnFromChat = defineOperation({
  name: 'task.passOnFromChat',
  summary:
    'Tells whoever invited him, or else the team leads or the managers, what somebody unknown wrote while the word is theirs; numbers and names stay hidden',
  access: { system: 'all' },
  input: z.strictObject({ conversationId: z.uuid(), words: z.string() }),
  output: z.object({}),
  subject: (input) => ({ kind: 'conversation', id: input.conversationId }),
  async run(ctx, { conversationId, words }) {
    const inviter = await ctx.tx.query<Colleague>(INVITER, [conversationId]);
    const people = inviter.length > 0 ? inviter : (await firstRole(ctx, DESK)).people;
    const [about] = await subjectsOf(ctx.tx, [{ subject_kind: 'conversation', subject_id: conversationId }]);
    for (const { id, language } of people) {
      const who = whoText(ctx.services.texts, isLanguage(language) ? language : 'zh-CN', about);
      const params = { who, words: maskTextAndNames(words, namesIn(words)) };
      await ctx.callAsSystem('staff.notify', { staffId: id, text: 'talk.passed_on_from_chat', params });
    }
    return {};
  },
});

export const passOnWords = defineOperation({
  name: 'customer.passOn',
  summary:
    'Tells the adviser, or whoever stands in for one, what the customer wrote while the word is theirs; numbers and names stay hidden',
  access: { system: 'all' },
  input: z.strictObject({ customerId: z.uuid(), words: z.string() }),
  output: z.object({}),
  subject: ({ customerId }) => ({ kind: 'customer', id: customerId }),
  async run(ctx, { customerId, words }) {
    const customer = await customerInScope(ctx, customerId);
    const people = await whoHears(ctx, customerId);
    const shown = await hidingNames(ctx, customerId, words);
    const params = { customer: customerNumber(customer.number), name: customer.name_masked, words: shown };
    for (const { id } of people)
      await ctx.callAsSystem('staff.notify', { staffId: id, text: 'talk.passed_on', params });
    return {};
  },
});

export const tellOwner = defineOperation({
  name: 'customer.tellOwner',
  summary: 'Tells the adviser, or whoever stands in for one, what the customer has done or how his case stands',
  access: { system: 'all' },
  input: z.strictObject({
    customerId: z.uuid(),
    text: textSchema,
    params: z.record(z.string(), z.unknown()).default({}),
  }),
  output: z.object({ accounts: z.int() }),
  subject: (input) => ({ kind: 'customer', id: input.customerId }),
  async run(ctx, { customerId, text, params: given }) {
    const customer = await customerInScope(ctx, customerId);
    ctx.effects.touch(customer.id);
    const params = { ...given, customer: customerNumber(customer.number), name: customer.name_masked };
    let accounts = 0;
    for (const { id } of await whoHears(ctx, customerId)) {
      const told = await ctx.callAsSystem('staff.notify', { staffId: id, text, params });
      accounts += z.object({ accounts: z.int() }).parse(told).accounts;
    }
    return { accounts };
  },
});

/** Who is told of a customer: his adviser, or whoever stands in where nobody who works here is that. */
async function whoHears(ctx: Ctx, customerId: string): Promise<readonly { readonly id: string }[]> {
  const ownerId = await ownerOf(ctx.tx, customerId);
  return ownerId === null ? (await firstRole(ctx, STANDING_IN)).people : [{ id: ownerId }];
}

export const inheritTodos = defineOperation({
  name: 'task.inherit',
  summary:
    'Puts what somebody who leaves still had to do on the managers’ list (that of the team leads or administrators where there are none), and tells them how much he leaves behind',
  access: { system: 'all' },
  input: z.strictObject({ staffId: z.uuid(), customers: z.int(), leads: z.int() }),
  output: z.object({ todos: z.int() }),
  subject: ({ staffId }) => ({ kind: 'staff', id: staffId }),
  async run(ctx, { staffId, customers, leads }) {
    const { role } = await firstRole(ctx, STANDING_IN, staffId);
    const todos = await handOverTodos(ctx.tx, staffId, role);
    if (customers + leads + todos === 0) return { todos };
    const key = `left:${staffId}:${ctx.now.toISOString()}`;
    const subject = { kind: 'staff', id: staffId };
    await giveToRole(ctx, { key, kind: 'staff_left', subject, params: { customers, leads, todos } }, STANDING_IN);
    return { todos };
  },
});

export const followCustomer = defineOperation({
  name: 'task.followCustomer',
  summary:
    'Puts what somebody still had to do about a customer, and a case of his that came back to nobody, on the list of the colleague who looks after him now; where a superior says so, whoever the case came back to',
  access: { system: 'all' },
  input: z.strictObject({
    customerId: z.uuid(),
    fromId: z.uuid().nullable(),
    toId: z.uuid(),
    isGiven: z.boolean().default(false),
  }),
  output: z.object({
    todos: z.int(),
    /** What they are, for the end of a message to the colleague who gets them; '' for none. */
    said: z.string(),
  }),
  subject: ({ customerId }) => ({ kind: 'customer', id: customerId }),
  async run(ctx, { customerId, ...how }) {
    const todos = await followTodos(ctx.tx, customerId, how);
    return { todos: todos.length, said: todos.length === 0 ? '' : await saidOf(ctx, how.toId, todos) };
  },
});

/** As many as one message says; all of them stand on the list. */
const MOST_SAID = 5;

/** What came to somebody's list, in his language, as the end of a message to him. */
async function saidOf(ctx: Ctx, staffId: string, todos: readonly TodoRow[]): Promise<string> {
  const [person] = await ctx.tx.query<Colleague>(PERSON, [staffId]);
  const language = person && isLanguage(person.language) ? person.language : 'zh-CN';
  const told = await inWords(ctx, language, todos.slice(0, MOST_SAID));
  const list = told.map(({ text }, index) => `\n${todoNumber(todos[index]?.number ?? 0)} ${text}`).join('');
  return ctx.say(language, 'todo.followed', { count: todos.length, more: todos.length - told.length, list });
}

export const askForHelp = defineOperation({
  name: 'task.askForHelp',
  summary: 'Tells the caller’s team lead, or the managers, that he asks for a person; at most once an hour',
  access: ANY_STAFF,
  input: z.strictObject({}),
  output: z.union([
    z.object({ kind: z.literal('told'), name: z.string() }),
    z.object({ kind: z.enum(['managers', 'nobody']) }),
  ]),
  async run(ctx) {
    const { actor } = ctx;
    if (actor.kind !== 'STAFF') return { kind: 'nobody' as const };
    const hour = ctx.now.toISOString().slice(0, 13);
    const matter = { key: `help:${actor.id}:${hour}`, kind: 'staff_help', subject: { kind: 'staff', id: actor.id } };
    const leads = actor.teamId === undefined ? [] : await ctx.tx.query<Colleague>(LEADS, [actor.teamId, actor.id]);
    const [lead] = leads;
    if (lead) {
      await giveTo(ctx, matter, leads);
      return {
        kind: 'told' as const,
        name: leads.map(({ name }) => name).join(ctx.t('conversation.format.between_labels')),
      };
    }
    const asked = await giveToRole(ctx, matter, ['manager', 'admin'], actor.id);
    return { kind: asked > 0 ? ('managers' as const) : ('nobody' as const) };
  },
});

export const tellTodo = defineOperation({
  name: 'task.tell',
  summary: 'Sends somebody what has been put on his list; what is done meanwhile is not told any more',
  access: { system: 'all' },
  input: z.strictObject({ id: z.uuid() }),
  output: z.object({ told: z.boolean() }),
  subject: (input) => ({ kind: 'task', id: input.id }),
  async run(ctx, { id }) {
    const todo = await ownTodo(ctx.tx, id);
    if (!todo) return { told: false };
    const [told] = await inWords(ctx, isLanguage(todo.language) ? todo.language : 'zh-CN', [todo]);
    const text = told?.text ?? '';
    await ctx.callAsSystem('staff.notify', { staffId: todo.staff_id, text: 'todo.plain', params: { text } });
    return { told: true };
  },
});

/** Puts it on each of these persons' lists and tells them; a key that is open already tells nobody again but of new words, where each counts. */
async function giveTo(ctx: Ctx, matter: Matter, people: readonly Colleague[]): Promise<void> {
  for (const { id } of people) {
    const key = people.length === 1 ? matter.key : `${matter.key}:${id}`;
    if (await put(ctx, { ...matter, key }, { staffId: id }))
      await tell(
        ctx,
        matter,
        people.filter((person) => person.id === id),
      );
  }
}

/** One entry for the first of these roles that anybody has, and a message to each of them; how many they are. */
async function giveToRole(ctx: Ctx, matter: Matter, roles: readonly string[], except?: string): Promise<number> {
  const { role, people } = await firstRole(ctx, roles, except);
  if (await put(ctx, matter, { role })) await tell(ctx, matter, people);
  return people.length;
}

/** Puts it on one list; whether it is to be told: it is new there, or was not told like this. */
async function put(ctx: Ctx, matter: Matter, list: OneList): Promise<boolean> {
  const { kind, subject, isForOwner = false, isOneOpen, isEachTold = false } = matter;
  const open = isOneOpen ? await keyOfOpen(ctx.tx, { kind, subjectId: subject.id, isForOwner }, list) : undefined;
  const key = open ?? matter.key;
  const [added] = await askTodos(ctx.tx, [{ ...matter, key, ...list }], ctx.now);
  if (added) remindLater(ctx, { id: added.id, kind });
  const isNews = isOneOpen === true && (await noteAsked(ctx, key, matter));
  return added !== undefined || isEachTold || isNews;
}

/** The first of these roles that anybody has, with those people; the managers' where nobody has any. */
async function firstRole(
  ctx: Ctx,
  roles: readonly string[],
  except?: string,
): Promise<{ readonly role: string; readonly people: readonly Colleague[] }> {
  for (const role of roles) {
    const people = await ctx.tx.query<Colleague>(ROLE, [role, except ?? null]);
    if (people.length > 0) return { role, people };
  }
  return { role: 'manager', people: [] };
}

async function tell(
  ctx: Ctx,
  { kind, subject, params = {}, words }: Matter,
  people: readonly Colleague[],
): Promise<void> {
  const [about] = await subjectsOf(ctx.tx, [{ subject_kind: subject.kind, subject_id: subject.id }]);
  const { texts } = ctx.services;
  for (const person of people) {
    const { id } = person;
    const language = isLanguage(person.language) ? person.language : 'zh-CN';
    const plain = todoText(texts, language, { kind, params }, about);
    const text = words === undefined ? plain : texts.translate(language, 'todo.with_words', { text: plain, words });
    await ctx.callAsSystem('staff.notify', { staffId: id, text: 'todo.plain', params: { text } });
  }
}
