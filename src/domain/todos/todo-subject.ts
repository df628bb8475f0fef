/**
 * Whom a to-do is about, in words: looked up when it is read, so that no name is stored with it and what is erased is
 * erased here too. A customer is shown by number and masked name.
 */
import { z } from 'zod';
import type { Ctx } from '../../core/operations/context.ts';
import { statement, type Tx } from '../../db/database.ts';
import { dateIn, daysBetween, parseBusinessDate, type BusinessDate } from '../../lib/business-date.ts';
import type { Language, Texts } from '../../lib/i18n.ts';
import { textParamSchema, withTexts } from '../../lib/text-params.ts';
import { hasOpenComplaint } from '../consent/index.ts';
import { customerNumber } from '../customers/index.ts';
import type { TodoRow } from './todo-store.ts';

const SUBJECTS = statement(
  'todos-subjects',
  `SELECT c.id AS customer_id, c.number AS customer, c.name_masked, s.name AS staff, v.platform, v.chat, a.number AS application, ${hasOpenComplaint('c.id')} AS has_complaint
   FROM unnest($1::text[], $2::uuid[]) WITH ORDINALITY AS want (kind, id, place)
   LEFT JOIN applications a ON want.kind = 'application' AND a.id = want.id
   LEFT JOIN loans l ON want.kind = 'loan' AND l.id = want.id
   LEFT JOIN customers c ON c.id = CASE want.kind WHEN 'customer' THEN want.id WHEN 'application' THEN a.customer_id WHEN 'loan' THEN l.customer_id END
   LEFT JOIN staff s ON want.kind = 'staff' AND s.id = want.id
   LEFT JOIN conversations v ON want.kind = 'conversation' AND v.id = want.id
   ORDER BY want.place`,
);

/** What is known of a subject; what does not apply is `null`. */
export interface SubjectRow {
  readonly customer_id: string | null;
  readonly customer: number | null;
  readonly name_masked: string | null;
  readonly staff: string | null;
  readonly platform: string | null;
  readonly chat: string | null;
  readonly application: number | null;
  readonly has_complaint: boolean;
}

type About = Pick<TodoRow, 'subject_kind' | 'subject_id'>;

/** The subjects of these to-dos, in the same order. */
export async function subjectsOf(tx: Tx, todos: readonly About[]): Promise<readonly SubjectRow[]> {
  if (todos.length === 0) return [];
  return tx.query<SubjectRow>(SUBJECTS, [
    todos.map(({ subject_kind }) => subject_kind),
    todos.map(({ subject_id }) => subject_id),
  ]);
}

const RETURNED = 'case_returned';
const NOT_SAID = { reason: 'none', until: 'none' } as const;
const whyReturned = z.object({
  items: z.array(z.object({ id: z.string(), reason: z.union([z.string(), textParamSchema]), until: z.string() })),
});

/** A to-do in words, and whom it is about. */
interface ToldTodo {
  /** As the words have it: a call waits while the customer complains. */
  readonly kind: string;
  readonly text: string;
  readonly about: SubjectRow | undefined;
}

/** These to-dos as their sentences, in the same order; of a case that came back also why, and until when it waits. */
export async function inWords(ctx: Ctx, language: Language, todos: readonly TodoRow[]): Promise<readonly ToldTodo[]> {
  const subjects = await subjectsOf(ctx.tx, todos);
  const cases = todos.flatMap(({ kind, subject_id: id }) => (kind === RETURNED && id !== null ? [id] : []));
  const { items } =
    cases.length === 0
      ? { items: [] }
      : whyReturned.parse(await ctx.callAsSystem('application.returned', { applications: cases }));
  const today = dateIn(ctx.now, ctx.services.companyZone);
  return todos.map((todo, index) => {
    const { reason, until } = items.find(({ id }) => id === todo.subject_id) ?? NOT_SAID;
    const about = subjects[index];
    const said = ofCall({ ...todo, params: { ...todo.params, late: daysLate(todo, today) } }, about);
    const whole = todo.kind === RETURNED ? { ...said, params: { ...said.params, reason, until } } : said;
    return { kind: said.kind, text: todoText(ctx.services.texts, language, whole, about), about };
  });
}

const CALL = 'unreachable';
const HELD = 'held_complaint';

/** Whether it is a call that has to wait, by what `inWords` says of it. */
export function isHeld({ kind }: Pick<ToldTodo, 'kind'>): boolean {
  return kind === HELD;
}

/** Nobody is phoned about what is overdue, or was held then, while he complains; afterwards he is, and the words say why. */
function ofCall(todo: TodoRow, about: SubjectRow | undefined): TodoRow {
  if (todo.kind !== CALL && todo.kind !== HELD) return todo;
  const wasHeld = todo.kind === HELD || todo.params['held'] === 1;
  if (about?.has_complaint === true && (wasHeld || Number(todo.params['late']) > 0)) return { ...todo, kind: HELD };
  return { ...todo, kind: CALL, params: { ...todo.params, held: wasHeld ? 1 : 0 } };
}

/** How long what somebody owes has been overdue when the to-do is read, whenever it was made. */
function daysLate({ params }: TodoRow, today: BusinessDate): number {
  const due = typeof params['due'] === 'string' ? parseBusinessDate(params['due']) : undefined;
  return due === undefined ? 0 : Math.max(0, daysBetween(due, today));
}

/** The sentence of a to-do: whom it is about and what went wrong in words, never a code. */
export function todoText(
  texts: Texts,
  language: Language,
  todo: Pick<TodoRow, 'kind' | 'params'>,
  subject: SubjectRow | undefined,
): string {
  const say = (key: string, params?: Readonly<Record<string, unknown>>): string =>
    texts.translate(language, `todo.${key}`, params);
  const params = withTexts(todo.params, (text) => texts.translate(language, text));
  const code = String(params['code'] ?? '');
  const account = String(params['account'] ?? '');
  const platform = account === '' ? (subject?.platform ?? '') : (account.split(':')[0] ?? '');
  const channel = channelText(texts, language, platform);
  return say(todo.kind, {
    who: whoIs(say, subject, channel),
    handle: handleOf(subject),
    late: 0,
    held: 0,
    channel,
    reason: say(texts.has(language, `todo.reason.${code}`) ? `reason.${code}` : 'reason.other'),
    ...params,
  });
}

function channelText(texts: Texts, language: Language, platform: string): string {
  const key = `todo.channel.${platform}`;
  return texts.has(language, key) ? texts.translate(language, key) : platform;
}

/** Whom something is about, in the words of a to-do. */
export function whoText(texts: Texts, language: Language, subject: SubjectRow | undefined): string {
  const channel = channelText(texts, language, subject?.platform ?? '');
  return whoIs((key, params) => texts.translate(language, `todo.${key}`, params), subject, channel);
}

function whoIs(
  say: (key: string, params?: Readonly<Record<string, unknown>>) => string,
  subject: SubjectRow | undefined,
  channel: string,
): string {
  if (subject && subject.customer !== null) {
    const customer = { number: customerNumber(subject.customer), name: subject.name_masked ?? '' };
    if (subject.application === null) return say('who.customer', customer);
    return say('who.application', { ...customer, application: `A${subject.application}` });
  }
  if (subject && subject.staff !== null) return say('who.staff', { name: subject.staff });
  if (subject && subject.chat !== null) return say('who.chat', { channel, chat: subject.chat });
  return say('who.somebody');
}

/** What 交还 takes: the customer's number, or the chat's where nobody is known behind it. */
export function handleOf(subject: SubjectRow | undefined): string {
  if (subject && subject.customer !== null) return customerNumber(subject.customer);
  return subject?.chat ?? '';
}
