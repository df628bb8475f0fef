/** Block elements: their limits, and the values the stateful ones report. Limits: @slack/types block-kit. */
import { compact, type Fields, fieldsOf, listOf, rowOf, wordOf } from '../kernel/values.ts';
import type { Check } from './check.ts';

type ElementCheck = (check: Check, element: Fields, pointer: string) => void;

const MAX = {
  id: 255,
  buttonText: 75,
  buttonValue: 2000,
  url: 3000,
  option: 75,
  optionValue: 75,
  placeholder: 150,
} as const;

function checkOption(check: Check, option: unknown, pointer: string): void {
  const fields = fieldsOf(option);
  check.text(fields, 'text', pointer, { max: MAX.option, isRequired: true });
  check.string(fields, 'value', pointer, { min: 1, max: MAX.optionValue, isRequired: true });
  check.text(fields, 'description', pointer, { max: MAX.option });
}

function checkOptions(max: number): ElementCheck {
  return (check, element, pointer) => {
    const options = check.list(element, 'options', pointer, { max, isRequired: true });
    options.forEach((option, at) => checkOption(check, option, `${pointer}/options/${at}`));
  };
}

function checkStaticSelect(check: Check, element: Fields, pointer: string): void {
  if (element['option_groups'] === undefined) {
    checkOptions(100)(check, element, pointer);
    return;
  }
  const groups = check.list(element, 'option_groups', pointer, { max: 100 });
  groups.forEach((group, at) => {
    const here = `${pointer}/option_groups/${at}`;
    check.text(fieldsOf(group), 'label', here, { max: 75, plainOnly: true, isRequired: true });
    checkOptions(100)(check, fieldsOf(group), here);
  });
}

function checkButton(check: Check, element: Fields, pointer: string): void {
  check.text(element, 'text', pointer, { max: MAX.buttonText, plainOnly: true, isRequired: true });
  check.string(element, 'value', pointer, { max: MAX.buttonValue });
  check.string(element, 'url', pointer, { max: MAX.url });
  check.string(element, 'accessibility_label', pointer, { max: 75 });
  const style = element['style'];
  if (style !== undefined && style !== 'primary' && style !== 'danger')
    check.fault('must be a valid enum value', `${pointer}/style`);
}

function checkPlainInput(check: Check, element: Fields, pointer: string): void {
  const max = element['max_length'];
  const tooLong = typeof max === 'number' && (max < 1 || max > 3000);
  if (tooLong) check.fault('must be less than or equal to 3000', `${pointer}/max_length`);
  const min = element['min_length'];
  if (typeof min === 'number' && min > 3000) check.fault('must be less than or equal to 3000', `${pointer}/min_length`);
}

function checkFileInput(check: Check, element: Fields, pointer: string): void {
  const max = element['max_files'];
  const isWrong = max !== undefined && (typeof max !== 'number' || max < 1 || max > 10);
  if (isWrong) check.fault('must be between 1 and 10', `${pointer}/max_files`);
}

function checkImage(check: Check, element: Fields, pointer: string): void {
  check.string(element, 'alt_text', pointer, { min: 1, max: 2000, isRequired: true });
  check.string(element, 'image_url', pointer, { max: 3000 });
}

const nothingMore: ElementCheck = () => undefined;

/** One row of the element table: what it must look like, and what its state value is called, if it has one. */
interface ElementKind {
  readonly check: ElementCheck;
  readonly state?: 'value' | `selected_${string}` | 'files' | 'rich_text_value';
  readonly isMany?: boolean;
}

const ELEMENTS: Readonly<Record<string, ElementKind>> = {
  button: { check: checkButton },
  workflow_button: { check: checkButton },
  icon_button: { check: nothingMore },
  feedback_buttons: { check: nothingMore },
  image: { check: checkImage },
  overflow: { check: checkOptions(5) },
  checkboxes: { check: checkOptions(10), state: 'selected_options', isMany: true },
  radio_buttons: { check: checkOptions(10), state: 'selected_option' },
  static_select: { check: checkStaticSelect, state: 'selected_option' },
  multi_static_select: { check: checkStaticSelect, state: 'selected_options', isMany: true },
  external_select: { check: nothingMore, state: 'selected_option' },
  multi_external_select: { check: nothingMore, state: 'selected_options', isMany: true },
  users_select: { check: nothingMore, state: 'selected_user' },
  multi_users_select: { check: nothingMore, state: 'selected_users', isMany: true },
  conversations_select: { check: nothingMore, state: 'selected_conversation' },
  multi_conversations_select: { check: nothingMore, state: 'selected_conversations', isMany: true },
  channels_select: { check: nothingMore, state: 'selected_channel' },
  multi_channels_select: { check: nothingMore, state: 'selected_channels', isMany: true },
  datepicker: { check: nothingMore, state: 'selected_date' },
  timepicker: { check: nothingMore, state: 'selected_time' },
  datetimepicker: { check: nothingMore, state: 'selected_date_time' },
  plain_text_input: { check: checkPlainInput, state: 'value' },
  rich_text_input: { check: nothingMore, state: 'rich_text_value' },
  email_text_input: { check: nothingMore, state: 'value' },
  url_text_input: { check: nothingMore, state: 'value' },
  number_input: { check: nothingMore, state: 'value' },
  file_input: { check: checkFileInput, state: 'files', isMany: true },
};

/** True for an element a person fills or chooses; only these stand in `state.values`. */
export function isStateful(element: Fields): boolean {
  return rowOf(ELEMENTS, wordOf(element['type']))?.state !== undefined;
}

/** Notes everything wrong with an element. `allowed` narrows the types; absent = every known one. */
export function checkElement(
  check: Check,
  element: unknown,
  pointer: string,
  allowed?: (type: string) => boolean,
): void {
  const fields = fieldsOf(element);
  const type = wordOf(fields['type']);
  const kind = rowOf(ELEMENTS, type);
  if (kind === undefined || allowed?.(type) === false) {
    check.fault(`unsupported type: ${type === '' ? 'undefined' : type}`, `${pointer}/type`);
    return;
  }
  check.string(fields, 'action_id', pointer, { max: MAX.id });
  check.text(fields, 'placeholder', pointer, { max: MAX.placeholder, plainOnly: true });
  if (fields['confirm'] !== undefined) checkConfirm(check, fieldsOf(fields['confirm']), `${pointer}/confirm`);
  kind.check(check, fields, pointer);
}

function checkConfirm(check: Check, confirm: Fields, pointer: string): void {
  check.text(confirm, 'title', pointer, { max: 100, plainOnly: true, isRequired: true });
  check.text(confirm, 'text', pointer, { max: 300, isRequired: true });
  check.text(confirm, 'confirm', pointer, { max: 30, plainOnly: true, isRequired: true });
  check.text(confirm, 'deny', pointer, { max: 30, plainOnly: true, isRequired: true });
}

/** All options of a select, those of its groups included. */
export function optionsOf(element: Fields): readonly Fields[] {
  const own = listOf(element['options']);
  const grouped = listOf(element['option_groups']).flatMap((group) => listOf(fieldsOf(group)['options']));
  return [...own, ...grouped].map(fieldsOf);
}

/** The entry of `state.values` for an element: what was chosen, else its initial value, else null (or an empty list). */
export function stateValue(element: Fields, chosen: string | undefined): Fields {
  const type = wordOf(element['type']);
  const kind = rowOf(ELEMENTS, type);
  const name = kind?.state ?? 'value';
  if (chosen === undefined || chosen === '')
    return compact({ type, [name]: initialValue(element, name, kind?.isMany === true) });
  return { type, [name]: chosenValue(element, name, chosen) };
}

function initialValue(element: Fields, name: string, isMany: boolean): unknown {
  const initial = element[name.startsWith('selected_') ? `initial_${name.slice(9)}` : 'initial_value'];
  return initial ?? (isMany ? [] : null);
}

function chosenValue(element: Fields, name: string, chosen: string): unknown {
  const pick = (value: string) => optionsOf(element).find((option) => option['value'] === value) ?? null;
  switch (name) {
    case 'selected_option':
      return pick(chosen);
    case 'selected_options':
      return chosen.split(',').map(pick);
    case 'selected_date_time':
      return Number(chosen);
    case 'files':
      return chosen.split(',').map((id) => ({ id }));
    case 'rich_text_value':
      return richText(chosen);
    default:
      return name.endsWith('s') && name.startsWith('selected_') ? chosen.split(',') : chosen;
  }
}

/** A typed text without any formatting, as a rich text block. */
function richText(text: string): Fields {
  return { type: 'rich_text', elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text }] }] };
}
