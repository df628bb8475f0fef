/**
 * What WeCom refuses about a card, with its exact codes. The order is ours: type, common blocks, then what the type
 * itself needs. Codes for a reused or bad task_id (42014), a wrong number of buttons (42038), a missing title (40063)
 * and a misplaced replace_name (40058) are not documented; a real tenant has to confirm them.
 */
import { byteLength, demand } from './fault.ts';
import { INTERACTION_TYPES, isInteractive, NOTICE_TYPES, type TemplateCard } from './card-schema.ts';

const KEY_BYTES = 1_024;
const OPTION_ID_BYTES = 128;
const TASK_ID = /^[0-9A-Za-z_\-@]{1,128}$/;
const URL_BYTES = 2_048;

/** @throws WecomFault 42027–42051, 42014, 40039, 40063. `update` allows what only updates may omit: the task_id. */
export function checkCard(card: TemplateCard, update = false): void {
  const type = card.card_type ?? '';
  demand([...INTERACTION_TYPES, ...NOTICE_TYPES].includes(type), 42031, 'invalid card_type');
  checkTaskId(card, update);
  checkMenu(card);
  checkTitle(card, type);
  checkHorizontal(card);
  checkJumps(card);
  checkLink(card.quote_area, 'quote_area');
  checkLink(card.image_text_area, 'image_text_area');
  if (NOTICE_TYPES.includes(type)) checkNotice(card, type);
  else checkLink(card.card_action, 'card_action');
  if (type === 'button_interaction') checkButtons(card);
  if (type === 'vote_interaction') checkVote(card);
  if (type === 'multiple_interaction') checkSelects(card);
}

function checkTaskId(card: TemplateCard, update: boolean): void {
  if (card.task_id === undefined && (update || !isInteractive(card))) return;
  demand(TASK_ID.test(card.task_id ?? ''), 42014, 'invalid task_id');
}

function checkMenu(card: TemplateCard): void {
  if (card.action_menu === undefined) return;
  const actions = card.action_menu.action_list ?? [];
  demand(actions.length >= 1 && actions.length <= 3, 42051, 'invalid action_menu action_list size');
  demand(
    actions.every(({ text }) => filled(text)),
    42051,
    'action_menu text missing',
  );
  demand(
    actions.every(({ key }) => isKey(key)),
    42051,
    'invalid action_menu key',
  );
  demand(allDifferent(actions.map(({ key }) => key)), 42051, 'action_menu key conflict');
  const buttons = new Set([...(card.button_list ?? []).map(({ key }) => key), card.submit_button?.key]);
  demand(!actions.some(({ key }) => buttons.has(key)), 42051, 'action_menu key conflict');
}

function checkTitle(card: TemplateCard, type: string): void {
  const titled = filled(card.main_title?.title) || (type === 'text_notice' && filled(card.sub_title_text));
  demand(titled, 40063, 'some parameters are empty: main_title.title');
}

function checkHorizontal(card: TemplateCard): void {
  const rows = card.horizontal_content_list ?? [];
  demand(rows.length <= 6, 42035, 'invalid horizontal_content_list size');
  for (const row of rows) {
    demand(filled(row.keyname), 42027, 'horizontal_content_list.keyname missing');
    demand(row.type !== 1 || filled(row.url), 42028, 'horizontal_content_list.url missing');
    demand(row.type !== 2 || filled(row.media_id), 42029, 'horizontal_content_list.media_id missing');
    demand(row.type !== 3 || filled(row.userid), 42050, 'horizontal_content_list.userid missing');
    checkUrl(row.url);
  }
}

function checkJumps(card: TemplateCard): void {
  const jumps = card.jump_list ?? [];
  demand(jumps.length <= 3, 42042, 'invalid jump_list size');
  for (const jump of jumps) {
    demand(filled(jump.title), 42033, 'jump_list.title missing');
    checkLink(jump, 'jump_list');
  }
}

interface Link {
  readonly type?: number | undefined;
  readonly url?: string | undefined;
  readonly appid?: string | undefined;
}

function checkLink(link: Link | undefined, where: string): void {
  demand(link?.type !== 1 || filled(link.url), 42028, `${where}.url missing`);
  demand(link?.type !== 2 || filled(link.appid), 42030, `${where}.appid missing`);
  checkUrl(link?.url);
}

function checkNotice(card: TemplateCard, type: string): void {
  const action = card.card_action;
  demand(action?.type === 1 || action?.type === 2, 42045, 'invalid card_action');
  demand(action.type !== 1 || filled(action.url), 42045, 'invalid card_action: url missing');
  demand(action.type !== 2 || filled(action.appid), 42045, 'invalid card_action: appid missing');
  checkUrl(action.url);
  if (type === 'text_notice') return;
  const pictured = filled(card.card_image?.url) || filled(card.image_text_area?.image_url);
  demand(pictured, 42044, 'card_image.url missing');
  demand(card.card_image === undefined || filled(card.card_image.url), 42044, 'card_image.url missing');
  const rows = card.vertical_content_list ?? [];
  demand(rows.length <= 4, 42036, 'invalid vertical_content_list size');
  demand(
    rows.every(({ title }) => filled(title)),
    42033,
    'vertical_content_list.title missing',
  );
}

function checkButtons(card: TemplateCard): void {
  const buttons = card.button_list ?? [];
  demand(buttons.length >= 1 && buttons.length <= 6, 42038, 'invalid button_list size');
  for (const button of buttons) {
    demand(filled(button.text), 42038, 'button_list.text missing');
    demand(button.type !== 1 || filled(button.url), 42028, 'button_list.url missing');
    demand(button.type === 1 || isKey(button.key), 42039, 'invalid button_list.key');
    checkUrl(button.url);
  }
  const keys = buttons.filter(({ type }) => type !== 1).map(({ key }) => key);
  demand(allDifferent(keys), 42039, 'button_list.key conflict');
  if (card.button_selection !== undefined) checkQuestion(card.button_selection, 10);
}

function checkVote(card: TemplateCard): void {
  checkQuestion(card.checkbox ?? {}, 20);
  checkSubmit(card);
}

function checkSelects(card: TemplateCard): void {
  const selects = card.select_list ?? [];
  demand(selects.length >= 1 && selects.length <= 3, 42047, 'invalid select_list size');
  for (const select of selects) checkQuestion(select, 10);
  demand(allDifferent(selects.map(({ question_key }) => question_key)), 42043, 'question_key conflict');
  checkSubmit(card);
}

interface Question {
  readonly question_key?: string | undefined;
  readonly option_list?:
    | readonly { readonly id?: string | undefined; readonly text?: string | undefined }[]
    | undefined;
}

function checkQuestion(question: Question, most: number): void {
  demand(isKey(question.question_key), 42043, 'invalid question_key');
  const options = question.option_list ?? [];
  demand(options.length >= 1 && options.length <= most, 42037, 'invalid option_list size');
  for (const { id, text } of options) {
    demand(filled(id) && byteLength(id) <= OPTION_ID_BYTES, 42040, 'invalid option_list.id');
    demand(filled(text), 42041, 'option_list.text missing');
  }
  demand(allDifferent(options.map(({ id }) => id)), 42040, 'option_list.id conflict');
}

function checkSubmit(card: TemplateCard): void {
  demand(isKey(card.submit_button?.key), 42046, 'invalid submit_button.key');
  demand(card.submit_button?.text !== '', 42049, 'invalid submit_button.text');
}

function checkUrl(url: string | undefined): void {
  demand(byteLength(url ?? '') <= URL_BYTES, 40039, 'invalid url size');
}

function filled(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}

function isKey(value: string | undefined): boolean {
  return filled(value) && byteLength(value) <= KEY_BYTES;
}

function allDifferent(values: readonly (string | undefined)[]): boolean {
  return new Set(values).size === values.length;
}
