/** What a person's Slack shows: the talk with the bot, shared channels, open modal, home tab. */
import type { ScreenCard, ScreenMessage } from '../emulator.ts';
import { type Fields, fieldsOf, listOf, textOf, wordOf } from '../kernel/values.ts';
import { placedElements, type PlacedElement } from './blocks.ts';
import type { SlackCore } from './core.ts';
import { optionsOf } from './elements.ts';
import { elementKey } from './interactions.ts';
import { shownText } from './mrkdwn.ts';
import type { SlackMessage } from './types.ts';
import type { OpenView } from './views.ts';

/** Everything on the person's screen, oldest first; an open modal and the home tab come last as `view:<id>`. */
export function screenMessages(core: SlackCore, userId: string): readonly ScreenMessage[] {
  const messages = core.workspace
    .conversationsOf(userId)
    .flatMap((conversation) => conversation.messages)
    .filter((message) => isVisible(message, userId))
    .toSorted((a, b) => Number(a.ts) - Number(b.ts))
    .map((message) => messageOnScreen(message, core));
  const views = [core.views.home(userId), core.views.top(userId)].filter((view) => view !== undefined);
  return [...messages, ...views.map((view) => viewOnScreen(view, core))];
}

function isVisible(message: SlackMessage, userId: string): boolean {
  if (message.onlyFor !== undefined) return message.onlyFor === userId && message.blocks !== undefined;
  return message.fromBot || message.user === userId;
}

function messageOnScreen(message: SlackMessage, core: SlackCore): ScreenMessage {
  const [file] = message.files;
  return {
    id: message.ts,
    from: message.fromBot ? 'bot' : 'me',
    at: new Date(Number(message.ts) * 1000),
    text: shownText(message.text),
    ...(message.editedTs === undefined ? {} : { edited: true }),
    ...(message.isDeleted ? { deleted: true } : {}),
    ...(message.blocks === undefined || message.isDeleted ? {} : { card: cardOf(message.blocks, message.text, core) }),
    ...(file === undefined
      ? {}
      : { file: { name: file.name, mime: file.mime, size: file.bytes.length, bytes: file.bytes } }),
  };
}

function viewOnScreen(view: OpenView, core: SlackCore): ScreenMessage {
  const title = wordOf(fieldsOf(view.body['title'])['text']);
  const card = cardOf(view.blocks, title, core, view);
  const submit = textOf(fieldsOf(view.body['submit'])['text']);
  const close = textOf(fieldsOf(view.body['close'])['text']);
  const isModal = view.body['type'] === 'modal';
  const buttons = [
    ...card.buttons,
    ...(submit === undefined ? [] : [{ key: 'submit', text: submit, style: 'primary' }]),
    ...(isModal ? [{ key: 'close', text: close ?? '×' }] : []),
  ];
  return {
    id: `view:${view.id}`,
    from: 'bot',
    at: core.workspace.clock.now(),
    text: title,
    card: { ...card, title, buttons },
  };
}

/** Blocks as a card. A select without options is a field to type into. */
function cardOf(blocks: readonly Fields[], fallback: string, core: SlackCore, view?: OpenView): ScreenCard {
  const placed = placedElements(blocks);
  const texts = blocks.flatMap(sectionText);
  const header = blocks.find((block) => block['type'] === 'header');
  const title = header === undefined ? texts[0] : blockText(header);
  const body = header === undefined ? texts.slice(1) : texts;
  const headerAt = header === undefined ? -1 : blocks.indexOf(header);
  const [source] = blocks.slice(0, Math.max(0, headerAt)).flatMap(contextText);
  const [subtitle] = blocks.slice(headerAt + 1).flatMap(contextText);
  return {
    title: title ?? shownText(fallback),
    ...(source === undefined ? {} : { source }),
    ...(subtitle === undefined ? {} : { subtitle }),
    ...(body.length === 0 ? {} : { text: body.join('\n') }),
    fields: blocks.flatMap((block) => listOf(block['fields']).map(fieldOf)),
    selects: placed.filter((one) => one.element['type'] !== 'button').map((one) => selectOf(one, core, view)),
    buttons: placed.filter((one) => one.element['type'] === 'button').map(buttonOf),
  };
}

function blockText(block: Fields): string {
  return shownText(wordOf(fieldsOf(block['text'])['text']));
}

function sectionText(block: Fields): string[] {
  if (block['type'] === 'markdown') return [wordOf(block['text'])];
  return block['type'] === 'section' && block['text'] !== undefined ? [blockText(block)] : [];
}

function contextText(block: Fields): string[] {
  if (block['type'] !== 'context') return [];
  return [
    listOf(block['elements'])
      .map((one) => shownText(wordOf(fieldsOf(one)['text'])))
      .join(' '),
  ];
}

/** Fields are written `*label*` newline value, the way Slack's own templates do. */
function fieldOf(field: unknown): { label: string; value: string } {
  const text = wordOf(fieldsOf(field)['text']);
  const [label = '', ...value] = text.split('\n');
  if (value.length === 0) return { label: '', value: shownText(text) };
  return { label: shownText(label.replace(/^\*(.*?)\*?[:：]?\*?$/, '$1')), value: shownText(value.join('\n')) };
}

function buttonOf(placed: PlacedElement): ScreenCard['buttons'][number] {
  const { element } = placed;
  const style = textOf(element['style']);
  const url = textOf(element['url']);
  return {
    key: elementKey(placed),
    text: wordOf(fieldsOf(element['text'])['text']),
    ...(style === undefined ? {} : { style }),
    ...(url === undefined ? {} : { url }),
  };
}

function selectOf(placed: PlacedElement, core: SlackCore, view: OpenView | undefined): ScreenCard['selects'][number] {
  const { block, element } = placed;
  const label = fieldsOf(block['label'] ?? element['placeholder'])['text'] ?? fieldsOf(block['text'])['text'];
  const people = element['type'] === 'users_select' ? [...core.workspace.users.values()] : [];
  const options = optionsOf(element).map((option) => ({
    id: wordOf(option['value']),
    text: wordOf(fieldsOf(option['text'])['text']),
  }));
  const hint = textOf(fieldsOf(block['hint'])['text']);
  const error = view?.errors?.[placed.blockId];
  return {
    id: elementKey(placed),
    label: shownText(wordOf(label)),
    options: [...options, ...people.map(({ id, name }) => ({ id, text: name }))],
    ...(block['optional'] === true ? { isOptional: true } : {}),
    ...(hint === undefined ? {} : { hint }),
    ...(error === undefined ? {} : { error }),
  };
}
