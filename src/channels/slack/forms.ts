/**
 * A `CardForm` as a modal, and a modal that was sent in back as the press it belongs to. Pure; limits: reference §1.10.
 * What a modal remembers (`private_metadata`) and shows comes back with it, so checking an answer needs nothing else: each
 * field carries its own rule and, as its hint, the words for breaking it.
 */
import type { types } from '@slack/bolt';
import { z } from 'zod';
import { encodeCardKey, parseCardKey, type CardForm, type FormField } from '../card.ts';
import { plain } from './blocks.ts';

/** `callback_id` of our forms. */
const FORM_CALLBACK = 'card_form';

const MAX_TITLE = 24;
const MAX_OPTIONS = 100;

/** Where the pressed card stands; ids only, nothing of the case. */
export interface CardPlace {
  readonly channel?: string;
  readonly ts?: string;
  /** Where the card stands in a thread. */
  readonly thread?: string;
}

/** The modal of a form. Whoever asks for one thing only has it required by Slack's own client. */
export function renderForm(form: CardForm, place: CardPlace): types.ModalView {
  const key = encodeCardKey({ id: form.cardId, revision: form.revision }, form.verb);
  return {
    type: 'modal',
    callback_id: FORM_CALLBACK,
    private_metadata: JSON.stringify({ key, ...place }),
    title: plain(form.title, MAX_TITLE),
    submit: plain(form.submit, MAX_TITLE),
    close: plain(form.cancel, MAX_TITLE),
    blocks: form.fields.map((field) => input(field, form.fields.length > 1)),
  };
}

function input(field: FormField, isOptional: boolean): types.InputBlock {
  return {
    type: 'input',
    block_id: field.id,
    optional: isOptional,
    label: plain(field.label, 2000),
    hint: plain(field.hint, 2000),
    element:
      field.kind === 'text'
        ? { type: 'plain_text_input', action_id: field.id, multiline: true, max_length: field.maxLength }
        : {
            type: 'static_select',
            action_id: field.id,
            options: field.options
              .slice(0, MAX_OPTIONS)
              .map(({ id, text }) => ({ text: plain(text, 75), value: id.slice(0, 75) })),
          },
  };
}

const filled = z.looseObject({
  value: z.string().nullish(),
  selected_option: z.looseObject({ value: z.string() }).nullish(),
});

const sentIn = z.looseObject({
  callback_id: z.literal(FORM_CALLBACK),
  private_metadata: z.string(),
  state: z.looseObject({ values: z.record(z.string(), z.record(z.string(), filled)) }),
  blocks: z.array(
    z.looseObject({
      type: z.string(),
      block_id: z.string().optional(),
      hint: z.looseObject({ text: z.string() }).nullish(),
      element: z.looseObject({ max_length: z.number().nullish() }).nullish(),
    }),
  ),
});

const remembered = z.object({
  key: z.string(),
  channel: z.string().optional(),
  ts: z.string().optional(),
  thread: z.string().optional(),
});

/** A form of ours as it was sent in. */
export interface Submission {
  readonly key: { readonly cardId: string; readonly revision: number; readonly verb: string };
  readonly place: CardPlace;
  /** What was filled in, by field. */
  readonly answers: Readonly<Record<string, string>>;
  /** Rules that were not kept, by field; empty = it counts. */
  readonly errors: Readonly<Record<string, string>>;
}

/** `undefined` for a view that is none of our forms. */
export function readSubmission(view: unknown): Submission | undefined {
  const parsed = sentIn.safeParse(view);
  if (!parsed.success) return undefined;
  const place = placeIn(parsed.data.private_metadata);
  const key = place && parseCardKey(place.key);
  if (!key) return undefined;
  const { id: cardId, revision, verb } = key;
  const answers = answersOf(parsed.data.state.values);
  return {
    key: { cardId, revision, verb },
    place: {
      ...(place.channel === undefined ? {} : { channel: place.channel }),
      ...(place.ts === undefined ? {} : { ts: place.ts }),
      ...(place.thread === undefined ? {} : { thread: place.thread }),
    },
    answers,
    errors: errorsOf(parsed.data.blocks, answers),
  };
}

function placeIn(metadata: string): z.infer<typeof remembered> | undefined {
  try {
    return remembered.safeParse(JSON.parse(metadata)).data;
  } catch {
    return undefined;
  }
}

type Values = z.infer<typeof sentIn>['state']['values'];
type Blocks = z.infer<typeof sentIn>['blocks'];

function answersOf(values: Values): Readonly<Record<string, string>> {
  const answers: Record<string, string> = {};
  for (const [field, actions] of Object.entries(values)) {
    const given = Object.values(actions).map((one) => (one.value ?? one.selected_option?.value ?? '').trim());
    const answer = given.find((text) => text !== '');
    if (answer !== undefined) answers[field] = answer;
  }
  return answers;
}

/** Nothing at all, or too many words: said in the field's own hint. */
function errorsOf(blocks: Blocks, answers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const fields = blocks.filter(({ type }) => type === 'input');
  const tooLong = fields.filter(
    ({ block_id: id = '', element }) => (answers[id]?.length ?? 0) > (element?.max_length ?? Infinity),
  );
  const broken = Object.keys(answers).length === 0 ? fields.slice(-1) : tooLong;
  return Object.fromEntries(broken.map(({ block_id: id = '', hint }) => [id, hint?.text ?? '—']));
}
