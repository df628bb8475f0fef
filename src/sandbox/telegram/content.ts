/** Text and caption of a message: parsed, trimmed, measured. Limits count after parsing, in UTF-16 units. */
import type { Fields } from '../kernel/values.ts';
import { fieldsOf, wordOf } from '../kernel/values.ts';
import type { Args } from './args.ts';
import { type Entity, EntityFault, type Formatted, sortEntities, trimmed, withFound } from './entities.ts';
import { parseHtml } from './parse-html.ts';
import { parseMarkdownV2 } from './parse-markdown.ts';
import { badRequest } from './types.ts';
import type { World } from './world.ts';

const MAX_TEXT = 4096;
const MAX_CAPTION = 1024;

/** The members `text` and `entities` of a message. @throws TelegramRefusal for empty, too long or unparsable texts. */
export function readText(world: World, args: Args): Fields {
  const source = args.text('text') ?? '';
  if (source === '') throw badRequest('message text is empty');
  const { text, entities } = formatted(source, args, 'entities');
  if (text === '') throw badRequest('text must be non-empty');
  if (text.length > MAX_TEXT) throw badRequest('message is too long');
  return withEntities(world, { text }, 'entities', entities);
}

/** The members `caption` and `caption_entities`; none for an empty caption. @throws TelegramRefusal. */
export function readCaption(world: World, args: Args): Fields {
  const source = args.text('caption') ?? '';
  const { text: caption, entities } = formatted(source, args, 'caption_entities');
  if (caption.length > MAX_CAPTION) throw badRequest('message caption is too long');
  return caption === '' ? {} : withEntities(world, { caption }, 'caption_entities', entities);
}

function withEntities(world: World, members: Fields, name: string, entities: readonly Entity[]): Fields {
  if (entities.length === 0) return members;
  return { ...members, [name]: entities.map((entity) => entityObject(world, entity)) };
}

/** A MessageEntity object. */
export function entityObject(world: World, entity: Entity): Fields {
  const { user_id: userId, ...rest } = entity;
  return userId === undefined ? rest : { ...rest, user: world.user(userId) };
}

function formatted(source: string, args: Args, entitiesName: string): Formatted {
  const parsed = parsedText(source, args.text('parse_mode') ?? '') ?? {
    text: source,
    entities: givenEntities(args, entitiesName),
  };
  return withFound(trimmed(parsed));
}

/** `undefined` = plain text. @throws TelegramRefusal. */
function parsedText(source: string, mode: string): Formatted | undefined {
  try {
    switch (mode.toLowerCase()) {
      case '':
      case 'none':
        return undefined;
      case 'html':
        return parseHtml(source);
      case 'markdownv2':
        return parseMarkdownV2(source);
      default:
        throw badRequest('unsupported parse_mode');
    }
  } catch (error) {
    if (error instanceof EntityFault) throw badRequest(`can't parse entities: ${error.message}`);
    throw error;
  }
}

function givenEntities(args: Args, name: string): readonly Entity[] {
  const given = args.json(name, name);
  if (!Array.isArray(given)) return [];
  const entities = given.map(fieldsOf).map((one): Entity => {
    const url = wordOf(one['url']);
    return {
      type: wordOf(one['type']),
      offset: Number(one['offset']),
      length: Number(one['length']),
      ...(url === '' ? {} : { url }),
    };
  });
  return sortEntities(entities.filter(({ offset, length }) => offset >= 0 && length > 0));
}
