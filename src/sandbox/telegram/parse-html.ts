/** Telegram's HTML dialect, with the faults and byte offsets the server names. Rules: td/telegram/MessageEntity.cpp. */
import { byteOffset, type Entity, EntityFault, type Formatted, sortEntities } from './entities.ts';
import { linkEntity } from './link.ts';
import { rowOf } from '../kernel/values.ts';

/** Tag → entity type; `a`, `span`, `pre` and `code` depend on more. */
const TAGS: Readonly<Record<string, string>> = {
  b: 'bold',
  strong: 'bold',
  i: 'italic',
  em: 'italic',
  u: 'underline',
  ins: 'underline',
  s: 'strikethrough',
  strike: 'strikethrough',
  del: 'strikethrough',
  'tg-spoiler': 'spoiler',
  span: 'spoiler',
  'tg-emoji': 'custom_emoji',
  a: 'text_link',
  pre: 'pre',
  code: 'code',
  blockquote: 'blockquote',
};

interface OpenTag {
  readonly name: string;
  readonly argument: string;
  readonly offset: number;
}

interface Attribute {
  readonly name: string;
  readonly value: string;
}

/** Text and entities. @throws EntityFault in the server's words. */
export function parseHtml(text: string): Formatted {
  return new HtmlParser(text).parse();
}

class HtmlParser {
  readonly #text: string;
  #at = 0;
  #result = '';
  readonly #open: OpenTag[] = [];
  #entities: Entity[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Formatted {
    while (this.#at < this.#text.length) this.#step();
    const unclosed = this.#open.at(-1);
    if (unclosed !== undefined)
      throw new EntityFault(`Can't find end tag corresponding to start tag "${unclosed.name}"`);
    return { text: this.#result, entities: sortEntities(this.#entities.map(withoutCodeLanguage)) };
  }

  #step(): void {
    const character = this.#text[this.#at] ?? '';
    if (character === '<') {
      if (this.#text[this.#at + 1] === '/') this.#endTag();
      else this.#startTag();
      return;
    }
    const decoded = character === '&' ? this.#entityCharacter() : undefined;
    if (decoded === undefined) this.#at += 1;
    this.#result += decoded ?? character;
  }

  /** A character reference at the cursor; moves behind it. `undefined` = an ampersand that stands for itself. */
  #entityCharacter(): string | undefined {
    const match = /^&(?:#x([0-9a-f]{1,7})|#(\d{1,7})|(lt|gt|amp|quot)(?![A-Za-z]));?/i.exec(
      this.#text.slice(this.#at, this.#at + 16),
    );
    if (match === null) return undefined;
    const [whole, hex, decimal, name] = match;
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    const named = name === undefined ? undefined : { lt: '<', gt: '>', amp: '&', quot: '"' }[name.toLowerCase()];
    if (named === undefined && (code === 0 || code >= 0x10_ff_ff)) return undefined;
    this.#at += whole.length;
    return named ?? String.fromCodePoint(code);
  }

  #startTag(): void {
    const begin = this.#at;
    this.#at += 1;
    const name = this.#until(/[\s>]/).toLowerCase();
    if (this.#isAtEnd()) throw this.#fault('Unclosed start tag', begin);
    if (rowOf(TAGS, name) === undefined) throw this.#fault(`Unsupported start tag "${name}"`, begin);
    let argument = '';
    for (
      let attribute = this.#attribute(name, begin);
      attribute !== undefined;
      attribute = this.#attribute(name, begin)
    ) {
      argument = argumentOf(name, attribute) ?? argument;
    }
    if (name === 'span' && argument !== 'spoiler') throw this.#fault('Tag "span" must have class "tg-spoiler"', begin);
    this.#open.push({ name, argument, offset: this.#result.length });
  }

  /** The next attribute; `undefined` behind the closing bracket. */
  #attribute(tag: string, begin: number): Attribute | undefined {
    this.#skipSpace();
    if (this.#isAtEnd()) throw this.#fault('Unclosed start tag', begin);
    if (this.#text[this.#at] === '>') {
      this.#at += 1;
      return undefined;
    }
    const name = this.#until(/[\s=>]/);
    if (name === '') throw this.#fault(`Empty attribute name in the tag "${tag}"`, begin);
    this.#skipSpace();
    if (this.#text[this.#at] !== '=') {
      if (tag === 'blockquote' && name === 'expandable') return { name, value: '' };
      throw this.#fault(`Expected equal sign in declaration of an attribute of the tag "${tag}"`, begin);
    }
    this.#at += 1;
    this.#skipSpace();
    if (this.#isAtEnd()) throw this.#fault(`Unclosed start tag "${tag}"`, begin);
    return { name, value: this.#value(begin) };
  }

  #value(begin: number): string {
    const quote = this.#text[this.#at];
    if (quote !== '"' && quote !== "'") return this.#nameToken();
    this.#at += 1;
    let value = '';
    while (!this.#isAtEnd() && this.#text[this.#at] !== quote) {
      const decoded = this.#text[this.#at] === '&' ? this.#entityCharacter() : undefined;
      value += decoded ?? this.#text[this.#at];
      if (decoded === undefined) this.#at += 1;
    }
    this.#at += 1;
    if (this.#at >= this.#text.length) throw this.#fault('Unclosed start tag', begin);
    return value;
  }

  #nameToken(): string {
    const begin = this.#at;
    const token = this.#until(/[^A-Za-z0-9.-]/);
    const next = this.#text[this.#at];
    if (next === undefined || !/[\s>]/.test(next)) throw this.#fault('Unexpected end of name token', begin);
    return token.toLowerCase();
  }

  #endTag(): void {
    const begin = this.#at;
    const open = this.#open.at(-1);
    if (open === undefined) throw this.#fault('Unexpected end tag', begin);
    this.#at += 2;
    const name = this.#until(/[\s>]/).toLowerCase();
    this.#skipSpace();
    if (this.#text[this.#at] !== '>') throw this.#fault('Unclosed end tag', begin);
    if (name !== '' && name !== open.name) {
      throw new EntityFault(
        `Unmatched end tag at byte offset ${byteOffset(this.#text, begin)}, expected "</${open.name}>", found "</${name}>"`,
      );
    }
    this.#at += 1;
    this.#open.pop();
    this.#close(open);
  }

  #close(tag: OpenTag): void {
    const length = this.#result.length - tag.offset;
    if (length === 0) return;
    const place = { offset: tag.offset, length };
    const last = this.#entities.at(-1);
    const isSamePlace = last !== undefined && last.offset === place.offset && last.length === place.length;
    if (tag.name === 'pre' && isSamePlace && last.type === 'code' && last.language !== undefined) {
      this.#entities = [...this.#entities.slice(0, -1), { ...last, type: 'pre' }];
      return;
    }
    const entity = entityOf(tag, place, this.#result.slice(tag.offset));
    if (entity !== undefined) this.#entities.push(entity);
  }

  #until(stop: RegExp): string {
    const begin = this.#at;
    while (!this.#isAtEnd() && !stop.test(this.#text[this.#at] ?? '')) this.#at += 1;
    return this.#text.slice(begin, this.#at);
  }

  #skipSpace(): void {
    this.#until(/\S/);
  }

  #isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  #fault(text: string, at: number): EntityFault {
    return new EntityFault(`${text} at byte offset ${byteOffset(this.#text, at)}`);
  }
}

/** A language counts for `<pre><code class="language-…">` only. */
function withoutCodeLanguage(entity: Entity): Entity {
  return entity.type === 'code' ? { type: 'code', offset: entity.offset, length: entity.length } : entity;
}

/** What an attribute means for its tag; `undefined` = nothing. */
function argumentOf(tag: string, { name, value }: Attribute): string | undefined {
  if (tag === 'a' && name === 'href') return value;
  if (tag === 'code' && name === 'class' && value.startsWith('language-')) return value.slice('language-'.length);
  if (tag === 'span' && name === 'class' && value.startsWith('tg-')) return value.slice('tg-'.length);
  if (tag === 'tg-emoji' && name === 'emoji-id') return value;
  return tag === 'blockquote' && name === 'expandable' ? 'expandable' : undefined;
}

function entityOf(tag: OpenTag, place: { offset: number; length: number }, inner: string): Entity | undefined {
  switch (tag.name) {
    case 'a':
      return linkEntity(tag.argument === '' ? inner : tag.argument, place);
    case 'tg-emoji':
      if (!/^[1-9]\d*$/.test(tag.argument)) throw new EntityFault('Invalid custom emoji identifier specified');
      return { type: 'custom_emoji', ...place, custom_emoji_id: tag.argument };
    case 'code':
      return { type: 'code', ...place, ...(tag.argument === '' ? {} : { language: tag.argument }) };
    case 'blockquote':
      return { type: tag.argument === 'expandable' ? 'expandable_blockquote' : 'blockquote', ...place };
    default:
      return { type: TAGS[tag.name] ?? '', ...place };
  }
}
