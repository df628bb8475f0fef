/** Message entities: their order, what trimming does to them, and those the server finds by itself. Offsets are UTF-16. */

/** A MessageEntity; offset and length in UTF-16 units. */
export interface Entity {
  readonly type: string;
  readonly offset: number;
  readonly length: number;
  readonly url?: string;
  readonly language?: string;
  readonly user_id?: number;
  readonly custom_emoji_id?: string;
}

/** A text and the entities over it. */
export interface Formatted {
  readonly text: string;
  readonly entities: readonly Entity[];
}

/** A text that cannot be parsed; the message is what follows "can't parse entities: ". */
export class EntityFault extends Error {}

/** UTF-8 bytes before index `at` (the server counts offsets in faults in bytes). */
export function byteOffset(text: string, at: number): number {
  return Buffer.byteLength(text.slice(0, at));
}

/** Outer before inner, earlier before later. */
export function sortEntities(entities: readonly Entity[]): readonly Entity[] {
  return entities.toSorted((a, b) => a.offset - b.offset || b.length - a.length);
}

/** The text without white space around it, entities moved and cut accordingly. */
export function trimmed({ text, entities }: Formatted): Formatted {
  const start = text.length - text.trimStart().length;
  const kept = text.trim();
  const moved = entities.map((entity) => cut(entity, start, kept.length)).filter((entity) => entity.length > 0);
  return { text: kept, entities: moved };
}

function cut(entity: Entity, start: number, length: number): Entity {
  const from = Math.max(0, entity.offset - start);
  const to = Math.min(length, entity.offset + entity.length - start);
  return { ...entity, offset: from, length: to - from };
}

const FOUND: readonly (readonly [type: string, pattern: RegExp])[] = [
  ['bot_command', /(?<![\w/@])\/[A-Za-z0-9_]{1,64}(?:@[A-Za-z][A-Za-z0-9_]{2,31})?(?![\w/])/g],
  ['url', /\bhttps?:\/\/[^\s<>"]+[^\s<>".,;:!?)]/g],
  ['email', /[\w.+-]+@[\w-]+\.[\w.-]*\w/g],
  ['mention', /(?<![\w@.])@[A-Za-z][A-Za-z0-9_]{3,31}\b/g],
  ['hashtag', /(?<![\w#])#[\p{L}\d_]*\p{L}[\p{L}\d_]*/gu],
];

/** Types inside which nothing is looked for. */
const OPAQUE = new Set(['code', 'pre', 'text_link', 'text_mention', 'custom_emoji']);

/** The text with the entities the server finds: commands, links, addresses, mentions, tags. */
export function withFound({ text, entities }: Formatted): Formatted {
  const found: Entity[] = [];
  const isFree = (offset: number, length: number) =>
    ![...found, ...entities.filter(({ type }) => OPAQUE.has(type))].some(
      (one) => offset < one.offset + one.length && one.offset < offset + length,
    );
  for (const [type, pattern] of FOUND) {
    for (const match of text.matchAll(pattern)) {
      if (isFree(match.index, match[0].length)) found.push({ type, offset: match.index, length: match[0].length });
    }
  }
  return { text, entities: sortEntities([...entities, ...found]) };
}
