/** What a person's Telegram shows: the talk with the bot and shared groups. */
import type { ScreenCard, ScreenMessage } from '../emulator.ts';
import { textOf, wordOf } from '../kernel/values.ts';
import type { TelegramCore } from './core.ts';
import { inlineButtons, replyButtons } from './keyboards.ts';
import type { Chat, ChatMessage, TelegramPerson } from './types.ts';

/** Screen id of the Start button before the talk exists. */
export const START_ID = 'start';

/** Everything on the person's screen, oldest first; ids are message ids, in groups `<chat>:<message>`. */
export function screenMessages(core: TelegramCore, person: TelegramPerson): readonly ScreenMessage[] {
  const id = Number(person.id);
  const own = core.world.chats.get(id);
  const groups = [...core.world.chats.values()].filter(
    (chat) => chat.userId === undefined && chat.members.get(id) !== undefined,
  );
  const talk = own === undefined ? [startButton(core)] : messagesOf(own, id);
  return [...talk, ...groups.flatMap((chat) => messagesOf(chat, id))];
}

/** A talk that was not started shows the Start button only. */
function startButton({ world }: TelegramCore): ScreenMessage {
  return {
    id: START_ID,
    from: 'bot',
    at: world.clock.now(),
    text: `@${world.username}`,
    choices: [{ text: '/start' }],
  };
}

function messagesOf(chat: Chat, personId: number): ScreenMessage[] {
  return [...chat.messages.values()]
    .filter((message) => chat.userId !== undefined || message.fromId === personId || !chat.members.has(message.fromId))
    .map((message) => onScreen(chat, message, personId));
}

function onScreen(chat: Chat, message: ChatMessage, personId: number): ScreenMessage {
  const text = wordOf(message.body['text'] ?? message.body['caption'] ?? contactText(message));
  const { file } = message;
  const hasKeyboard = message.keyboard !== undefined && message.keyboard === chat.keyboard;
  return {
    id: chat.userId === undefined ? `${chat.id}:${message.id}` : String(message.id),
    from: message.fromId === personId ? 'me' : 'bot',
    at: new Date(message.date * 1000),
    text,
    ...(message.editDate === undefined ? {} : { edited: true }),
    ...(message.isDeleted ? { deleted: true } : {}),
    ...(message.markup === undefined || message.isDeleted ? {} : { card: cardOf(message, text) }),
    ...(file === undefined
      ? {}
      : {
          file: {
            name: file.name ?? `${file.kind}.jpg`,
            mime: file.mime ?? 'image/jpeg',
            size: file.bytes.length,
            bytes: file.bytes,
          },
        }),
    ...(hasKeyboard ? { choices: choicesOf(message) } : {}),
  };
}

function contactText(message: ChatMessage): string {
  const contact = message.body['contact'];
  return typeof contact === 'object' && contact !== null && 'phone_number' in contact
    ? wordOf(contact.phone_number)
    : '';
}

/** Telegram has no cards: the first line serves as title, the rest as text. */
function cardOf(message: ChatMessage, text: string): ScreenCard {
  const [title = '', ...rest] = text.split('\n');
  const body = rest.join('\n').trim();
  return {
    title,
    ...(body === '' ? {} : { text: body }),
    fields: [],
    selects: [],
    buttons: inlineButtons(message.markup).map((button) => {
      const url = textOf(button['url']);
      return {
        key: textOf(button['callback_data']) ?? wordOf(button['text']),
        text: wordOf(button['text']),
        ...(url === undefined ? {} : { url }),
      };
    }),
  };
}

function choicesOf(message: ChatMessage): { text: string; requestContact?: boolean }[] {
  return replyButtons(message.keyboard).map((button) => ({
    text: wordOf(button['text']),
    ...(button['request_contact'] === true ? { requestContact: true } : {}),
  }));
}
