/** Block Kit validation: every limit Slack states, reported all at once. Limits: @slack/types block-kit and views. */
import { type Fields, fieldsOf, listOf, rowOf, textOf, wordOf } from '../kernel/values.ts';
import { Check } from './check.ts';
import { checkElement, isStateful } from './elements.ts';

/** Where blocks may stand; a message takes 50, a modal or home tab 100. */
export type Surface = 'message' | 'modal' | 'home';

type BlockCheck = (check: Check, block: Fields, pointer: string) => void;

const INPUT_ONLY = new Set([
  'file_input',
  'email_text_input',
  'url_text_input',
  'number_input',
  'plain_text_input',
  'rich_text_input',
]);

function checkSection(check: Check, block: Fields, pointer: string): void {
  if (block['text'] === undefined && block['fields'] === undefined)
    check.fault('missing required field: text', pointer);
  check.text(block, 'text', pointer, { max: 3000 });
  const fields = check.list(block, 'fields', pointer, { max: 10 });
  fields.forEach((field, at) => check.textObject(field, `${pointer}/fields/${at}`, { max: 2000 }));
  if (block['accessory'] !== undefined)
    checkElement(check, block['accessory'], `${pointer}/accessory`, (type) => !INPUT_ONLY.has(type));
}

function checkActions(check: Check, block: Fields, pointer: string): void {
  const elements = check.list(block, 'elements', pointer, { max: 25, isRequired: true });
  const allowed = (type: string) => type !== 'image' && !INPUT_ONLY.has(type);
  elements.forEach((element, at) => checkElement(check, element, `${pointer}/elements/${at}`, allowed));
}

function checkContext(check: Check, block: Fields, pointer: string): void {
  const elements = check.list(block, 'elements', pointer, { max: 10, isRequired: true });
  elements.forEach((element, at) => {
    const here = `${pointer}/elements/${at}`;
    if (fieldsOf(element)['type'] === 'image') checkElement(check, element, here);
    else check.textObject(element, here, { max: 3000 });
  });
}

function checkInput(check: Check, block: Fields, pointer: string): void {
  check.text(block, 'label', pointer, { max: 2000, plainOnly: true, isRequired: true });
  check.text(block, 'hint', pointer, { max: 2000, plainOnly: true });
  if (!check.needs(block, 'element', pointer)) return;
  const stateful = (type: string) => isStateful({ type });
  checkElement(check, block['element'], `${pointer}/element`, stateful);
}

function checkImageBlock(check: Check, block: Fields, pointer: string): void {
  check.string(block, 'alt_text', pointer, { min: 1, max: 2000, isRequired: true });
  check.text(block, 'title', pointer, { max: 2000, plainOnly: true });
  check.string(block, 'image_url', pointer, { max: 3000 });
}

function checkTable(check: Check, block: Fields, pointer: string): void {
  const rows = check.list(block, 'rows', pointer, { max: 100, isRequired: true });
  rows.forEach((row, at) => {
    if (listOf(row).length > 20) check.fault('no more than 20 items allowed', `${pointer}/rows/${at}`);
  });
}

const nothingMore: BlockCheck = () => undefined;

const BLOCKS: Readonly<Record<string, BlockCheck>> = {
  section: checkSection,
  actions: checkActions,
  context: checkContext,
  input: checkInput,
  image: checkImageBlock,
  table: checkTable,
  header: (check, block, pointer) =>
    check.text(block, 'text', pointer, { max: 150, plainOnly: true, isRequired: true }),
  markdown: (check, block, pointer) => check.string(block, 'text', pointer, { min: 1, max: 12_000, isRequired: true }),
  context_actions: (check, block, pointer) => void check.list(block, 'elements', pointer, { max: 5, isRequired: true }),
  divider: nothingMore,
  file: nothingMore,
  rich_text: nothingMore,
  video: nothingMore,
};

/** Everything wrong with the blocks, one line each; empty when they are fine. `pointer` is where the list stands. */
export function blockFaults(blocks: readonly unknown[], surface: Surface, pointer = '/blocks'): readonly string[] {
  const check = new Check();
  const max = surface === 'message' ? 50 : 100;
  if (blocks.length > max) check.fault(`no more than ${max} items allowed`, pointer);
  blocks.forEach((block, at) => checkBlock(check, fieldsOf(block), `${pointer}/${at}`));
  checkUnique(check, blocks, pointer);
  checkMarkdownTotal(check, blocks, pointer);
  return check.faults;
}

function checkBlock(check: Check, block: Fields, pointer: string): void {
  const type = textOf(block['type']);
  const known = type === undefined ? undefined : rowOf(BLOCKS, type);
  if (known === undefined) {
    check.fault(`unsupported type: ${type ?? 'undefined'}`, `${pointer}/type`);
    return;
  }
  check.string(block, 'block_id', pointer, { max: 255 });
  known(check, block, pointer);
}

/** A block_id may stand once in a list, an action_id once in a block. */
function checkUnique(check: Check, blocks: readonly unknown[], pointer: string): void {
  const seen = new Set<string>();
  blocks.forEach((block, at) => {
    const id = textOf(fieldsOf(block)['block_id']);
    if (id !== undefined && seen.has(id)) check.fault(`block_id '${id}' already exists`, `${pointer}/${at}/block_id`);
    if (id !== undefined) seen.add(id);
    checkActionIds(check, fieldsOf(block), `${pointer}/${at}`);
  });
}

function checkActionIds(check: Check, block: Fields, pointer: string): void {
  const seen = new Set<string>();
  listOf(block['elements']).forEach((element, at) => {
    const id = textOf(fieldsOf(element)['action_id']);
    if (id !== undefined && seen.has(id))
      check.fault(`action_id '${id}' already exists`, `${pointer}/elements/${at}/action_id`);
    if (id !== undefined) seen.add(id);
  });
}

function checkMarkdownTotal(check: Check, blocks: readonly unknown[], pointer: string): void {
  const texts = blocks.map(fieldsOf).filter((block) => block['type'] === 'markdown');
  const total = texts.reduce((sum, block) => sum + wordOf(block['text']).length, 0);
  if (texts.length > 1 && total > 12_000)
    check.fault('must be less than 12001 characters in all markdown blocks', pointer);
}

/** The blocks with the ids Slack fills in: a `block_id` and an `action_id` where the app gave none. */
export function withIds(blocks: readonly unknown[], nextId: () => string): readonly Fields[] {
  const filled = (value: unknown, name: string): Fields => ({ [name]: nextId(), ...fieldsOf(value) });
  return blocks.map((raw) => {
    const block = filled(raw, 'block_id');
    const elements =
      block['type'] === 'actions' ? { elements: listOf(block['elements']).map((one) => filled(one, 'action_id')) } : {};
    const accessory = hasAction(block['accessory']) ? { accessory: filled(block['accessory'], 'action_id') } : {};
    const element = block['type'] === 'input' ? { element: filled(block['element'], 'action_id') } : {};
    return { ...block, ...elements, ...accessory, ...element };
  });
}

function hasAction(accessory: unknown): boolean {
  return accessory !== undefined && fieldsOf(accessory)['type'] !== 'image';
}

/** An interactive element and the block it stands in. */
export interface PlacedElement {
  readonly block: Fields;
  readonly blockId: string;
  readonly actionId: string;
  readonly element: Fields;
}

/** All interactive elements of a block list in reading order. */
export function placedElements(blocks: readonly Fields[]): readonly PlacedElement[] {
  return blocks.flatMap((block) => {
    const inside = [
      ...(block['type'] === 'actions' ? listOf(block['elements']) : []),
      block['accessory'],
      block['element'],
    ];
    return inside
      .filter((one) => one !== undefined && fieldsOf(one)['type'] !== 'image')
      .map((one) => {
        const element = fieldsOf(one);
        return { block, element, blockId: wordOf(block['block_id']), actionId: wordOf(element['action_id']) };
      });
  });
}
