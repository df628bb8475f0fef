/** What a decision still needs, as a form, and a form that was filled in back as what the decision takes. Pure. */
import type { CardForm, FormField } from '../../channels/card.ts';
import { REASONS } from '../approval/index.ts';

/** What can be pressed on a card of the approvals. */
const VERBS = ['approve', 'reject', 'return', 'hand_over'] as const;

/** As long as the operation takes a reason. */
const MAX_REASON = 500;
const MAX_COLLEAGUES = 100;
/** As long as the operation takes what a colleague is called. */
export const MAX_COLLEAGUE = 100;

type TextOf = (key: string, params?: Readonly<Record<string, string | number>>) => string;

/** The press that asks, and the case it is about. */
export interface Wanting {
  readonly cardId: string;
  readonly revision: number;
  readonly verb: string;
  readonly application: string;
}

/** The form for a reason: the usual ones to choose from when refusing, words for everything else. */
export function reasonForm(wanting: Wanting, text: TextOf): CardForm {
  const words: FormField = {
    kind: 'text',
    id: 'words',
    label: text(`approval.form.words.${wanting.verb === 'reject' ? 'reject' : 'return'}`),
    hint: text(`approval.form.hint.${wanting.verb === 'reject' ? 'reject' : 'return'}`, { max: MAX_REASON }),
    maxLength: MAX_REASON,
  };
  const usual: FormField = {
    kind: 'choice',
    id: 'reason',
    label: text('approval.form.usual'),
    hint: text('approval.form.hint.usual'),
    options: REASONS.map((code) => ({ id: code, text: text(`approval.reason.${code}`) })),
  };
  return form(wanting, wanting.verb === 'reject' ? [usual, words] : [words], text);
}

/** The form that names a colleague; `undefined` when there is nobody, or more than a form can offer. */
export function colleagueForm(wanting: Wanting, names: readonly string[], text: TextOf): CardForm | undefined {
  if (names.length === 0 || names.length > MAX_COLLEAGUES) return undefined;
  const to: FormField = {
    kind: 'choice',
    id: 'to',
    label: text('approval.form.to'),
    hint: text('approval.form.hint.to'),
    options: names.map((name) => ({ id: name, text: name })),
  };
  return form(wanting, [to], text);
}

function form({ application, ...press }: Wanting, fields: readonly FormField[], text: TextOf): CardForm {
  const title = text(`approval.form.title.${press.verb}`, { application });
  return { ...press, title, fields, submit: text('approval.form.submit'), cancel: text('approval.form.cancel') };
}

/** What the decision takes of the answers: a usual reason goes as its code, with words beside it both are kept as words. */
export function answersOf(
  selected: Readonly<Record<string, string>>,
  text: TextOf,
): { readonly to?: string; readonly reason?: string } {
  const { to, words } = selected;
  if (to !== undefined) return { to: to.slice(0, MAX_COLLEAGUE) };
  const code = REASONS.find((one) => one === selected['reason']);
  if (words === undefined) return code === undefined ? {} : { reason: code };
  const whole =
    code === undefined ? words : text('approval.form.both', { usual: text(`approval.reason.${code}`), words });
  return { reason: whole.slice(0, MAX_REASON) };
}

/** A press as people read it on the timeline: what was pressed, and what was filled in; a usual reason by its words. */
export function pressText(
  press: { readonly verb: string; readonly selected: Readonly<Record<string, string>> },
  text: TextOf,
): string {
  const verb = VERBS.find((one) => one === press.verb);
  const answers = Object.entries(press.selected).map(([field, answer]) => {
    const code = field === 'reason' ? REASONS.find((one) => one === answer) : undefined;
    return code === undefined ? answer : text(`approval.reason.${code}`);
  });
  return [verb === undefined ? press.verb : text(`approval.verb.${verb}`), ...answers].join('\n');
}
