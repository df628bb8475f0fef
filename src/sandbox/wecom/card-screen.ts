/** A card as a member sees it, and what he may press on it. */
import type { ScreenCard } from '../emulator.ts';
import { plainText } from './rich-text.ts';
import type { TemplateCard } from './card-schema.ts';

/** One member's copy of a card: updates may reach some recipients and not others. */
export interface CardView {
  readonly card: TemplateCard;
  /** Set by `button.replace_name`: the buttons are grey and say this. */
  readonly replaceName?: string | undefined;
}

/** The platform's own label when `submit_button.text` is absent. */
const DEFAULT_SUBMIT = '提交';

type Button = ScreenCard['buttons'][number];

/** Every one of the five types; links become buttons with a `url`. */
export function cardOnScreen(view: CardView): ScreenCard {
  const { card } = view;
  const title = card.main_title?.title ?? card.sub_title_text ?? '';
  const subtitle = card.main_title?.desc;
  const text = bodyText(card);
  return {
    ...(card.source?.desc !== undefined && { source: plainText(card.source.desc) }),
    title: plainText(title),
    ...(subtitle !== undefined && { subtitle: plainText(subtitle) }),
    ...(text !== '' && { text }),
    fields: fieldsOf(card),
    selects: questions(card).map(({ id, label, options }) => ({ id, label, options })),
    buttons: [...answerButtons(view), ...menuButtons(card), ...links(card)],
  };
}

function bodyText(card: TemplateCard): string {
  const { emphasis_content: big, quote_area: quote, image_text_area: picture } = card;
  const lines = [
    big?.title,
    big?.desc,
    card.sub_title_text,
    quote?.title,
    quote?.quote_text,
    picture?.title,
    picture?.desc,
  ];
  const shown = lines.filter((line): line is string => line !== undefined && line !== '');
  return shown.map(plainText).join('\n');
}

function fieldsOf(card: TemplateCard): ScreenCard['fields'] {
  const rows = (card.horizontal_content_list ?? []).map((row) => ({
    label: plainText(row.keyname ?? ''),
    value: plainText(row.value ?? row.userid ?? row.url ?? ''),
  }));
  const paragraphs = (card.vertical_content_list ?? []).map(({ title, desc }) => ({
    label: plainText(title ?? ''),
    value: plainText(desc ?? ''),
  }));
  return [...rows, ...paragraphs];
}

/** A question of a card in one shape, whichever block it comes from. */
interface CardQuestion {
  readonly id: string;
  readonly label: string;
  readonly options: readonly { readonly id: string; readonly text: string }[];
  readonly chosen: readonly string[];
  readonly multiple: boolean;
  readonly disabled: boolean;
}

type Asked = NonNullable<TemplateCard['button_selection']>;

/** A drop-down always has a choice: without a valid `selected_id` it is the first option (unverified). */
function dropDown(asked: Asked): CardQuestion {
  const options = (asked.option_list ?? []).map(({ id = '', text = '' }) => ({ id, text }));
  const preset = options.find(({ id }) => id === asked.selected_id) ?? options[0];
  return {
    id: asked.question_key ?? '',
    label: asked.title ?? asked.question_key ?? '',
    options,
    chosen: preset === undefined ? [] : [preset.id],
    multiple: false,
    disabled: asked.disable === true,
  };
}

/** The drop-downs or the check-list of a card, in order. */
function questions(card: TemplateCard): readonly CardQuestion[] {
  if (card.card_type === 'button_interaction') return card.button_selection ? [dropDown(card.button_selection)] : [];
  if (card.card_type === 'multiple_interaction') return (card.select_list ?? []).map(dropDown);
  if (card.card_type !== 'vote_interaction' || card.checkbox === undefined) return [];
  const { question_key: id = '', option_list: options = [], mode, disable } = card.checkbox;
  return [
    {
      id,
      label: id,
      options: options.map(({ id = '', text = '' }) => ({ id, text })),
      chosen: options.filter(({ is_checked }) => is_checked === true).map(({ id = '' }) => id),
      multiple: mode === 1,
      disabled: disable === true,
    },
  ];
}

function answerButtons(view: CardView): readonly Button[] {
  const { card } = view;
  const dead = view.replaceName ?? card.replace_text;
  const callbacks = callbackButtons(card);
  if (callbacks.length > 0 && dead !== undefined) return [{ key: '', text: dead, disabled: true }];
  const frozen = isFrozen(card);
  return callbacks.map((button) => (frozen ? { ...button, disabled: true } : button));
}

/** A check-list or form whose every question is disabled cannot be submitted either. */
function isFrozen(card: TemplateCard): boolean {
  const asked = card.card_type === 'button_interaction' ? [] : questions(card);
  return asked.length > 0 && asked.every(({ disabled }) => disabled);
}

function callbackButtons(card: TemplateCard): readonly Button[] {
  if (card.card_type === 'button_interaction') {
    return (card.button_list ?? []).map(({ key = '', text = '', style = 1, type, url }) => ({
      key,
      text,
      style: String(style),
      ...(type === 1 && url !== undefined && { url }),
    }));
  }
  if (card.card_type !== 'vote_interaction' && card.card_type !== 'multiple_interaction') return [];
  return [{ key: card.submit_button?.key ?? '', text: card.submit_button?.text ?? DEFAULT_SUBMIT, style: '1' }];
}

function menuButtons(card: TemplateCard): readonly Button[] {
  return (card.action_menu?.action_list ?? []).map(({ key = '', text = '' }) => ({ key, text, style: 'menu' }));
}

function links(card: TemplateCard): readonly Button[] {
  const jumps = (card.jump_list ?? []).map(({ title = '', url }, index) => ({
    key: `jump:${index}`,
    text: title,
    url,
  }));
  const action = { key: 'card', text: card.main_title?.title ?? '', url: card.card_action?.url };
  const rows = (card.horizontal_content_list ?? []).map(({ keyname = '', url }, index) => ({
    key: `row:${index}`,
    text: keyname,
    url,
  }));
  return [...rows, ...jumps, action].flatMap(({ key, text, url }) =>
    url === undefined ? [] : [{ key, text, url, style: 'link' }],
  );
}

/** What a press of `key` is on this copy; `undefined` when it does nothing: dead, a link, or not there. */
export function press(view: CardView, key: string): 'button' | 'menu' | undefined {
  if (menuButtons(view.card).some((button) => button.key === key)) return 'menu';
  const button = answerButtons(view).find((candidate) => candidate.key === key);
  return button === undefined || button.disabled === true || button.url !== undefined ? undefined : 'button';
}

/** The answer to one question of a card. */
export interface Selection {
  readonly questionKey: string;
  readonly optionIds: readonly string[];
}

/**
 * What the member has chosen when he presses: the preset choices overlaid with `selected` (several of a check-list
 * joined by commas). @throws Error for an option the card does not offer.
 */
export function selections(card: TemplateCard, selected: Readonly<Record<string, string>>): readonly Selection[] {
  return questions(card).map((question) => {
    const chosen = question.disabled ? undefined : selected[question.id];
    const optionIds = chosen === undefined ? question.chosen : splitChoice(chosen, question.multiple);
    const unknown = optionIds.find((id) => !question.options.some((option) => option.id === id));
    if (unknown !== undefined) throw new Error(`no option ${unknown} in question ${question.id}`);
    return { questionKey: question.id, optionIds };
  });
}

function splitChoice(chosen: string, multiple: boolean): readonly string[] {
  if (chosen === '') return [];
  return multiple ? chosen.split(',') : [chosen];
}
