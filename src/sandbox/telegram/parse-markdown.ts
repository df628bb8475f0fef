/** MarkdownV2, with the faults the server names. Rules: td/telegram/MessageEntity.cpp. */
import { byteOffset, type Entity, EntityFault, type Formatted, sortEntities } from './entities.ts';
import { linkEntity } from './link.ts';

const RESERVED = '_*[]()~`>#+-=|{}.!\n';

/** The names the server uses in "Can't find end of … entity". */
const TITLES: Readonly<Record<string, string>> = {
  bold: 'Bold',
  italic: 'Italic',
  underline: 'Underline',
  strikethrough: 'Strikethrough',
  spoiler: 'Spoiler',
  code: 'Code',
  pre: 'Pre',
  pre_code: 'PreCode',
  text_link: 'TextUrl',
  custom_emoji: 'CustomEmoji',
  blockquote: 'BlockQuote',
};

/** What ends an entity, longest first. */
const CLOSERS: Readonly<Record<string, string>> = {
  bold: '*',
  italic: '_',
  underline: '__',
  strikethrough: '~',
  spoiler: '||',
  code: '`',
  pre: '```',
  pre_code: '```',
  text_link: ']',
  custom_emoji: ']',
};

interface OpenEntity {
  readonly type: string;
  readonly language: string;
  /** In the result. */
  readonly offset: number;
  /** In the source. */
  readonly begin: number;
}

/** Text and entities. @throws EntityFault in the server's words. */
export function parseMarkdownV2(text: string): Formatted {
  return new MarkdownParser(text).parse();
}

class MarkdownParser {
  readonly #text: string;
  #at = 0;
  #result = '';
  readonly #open: OpenEntity[] = [];
  readonly #entities: Entity[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Formatted {
    while (this.#at < this.#text.length) this.#step();
    this.#closeQuote();
    const unclosed = this.#open.at(-1);
    if (unclosed !== undefined) throw this.#unclosed(unclosed);
    return { text: this.#result, entities: sortEntities(this.#entities) };
  }

  #step(): void {
    const character = this.#text[this.#at] ?? '';
    const next = this.#text[this.#at + 1];
    if (character === '\\' && next !== undefined && next >= '\u0001' && next <= '~') {
      this.#result += next;
      this.#at += 2;
      return;
    }
    const inside = this.#open.at(-1);
    const isCode = inside !== undefined && ['code', 'pre', 'pre_code'].includes(inside.type);
    if (!(isCode ? '`' : RESERVED).includes(character)) {
      this.#result += character;
      this.#at += 1;
      return;
    }
    if (inside !== undefined && this.#isCloser(inside.type)) this.#closeEntity(inside);
    else this.#begin(character);
  }

  #isCloser(type: string): boolean {
    const closer = CLOSERS[type];
    if (closer === undefined || !this.#text.startsWith(closer, this.#at)) return false;
    return type !== 'italic' || this.#text[this.#at + 1] !== '_';
  }

  #begin(character: string): void {
    if (character === '\n') {
      this.#newLine();
      return;
    }
    if (character === '`') {
      this.#beginCode();
      return;
    }
    const begin = this.#at;
    const [type, width] = this.#opener(character);
    this.#at += width;
    this.#open.push({ type, language: '', offset: this.#result.length, begin });
  }

  /** The entity a reserved character opens and how many characters that takes. @throws EntityFault. */
  #opener(character: string): readonly [type: string, width: number] {
    const isDouble = this.#text[this.#at + 1] === character;
    switch (character) {
      case '_':
        return isDouble ? ['underline', 2] : ['italic', 1];
      case '*':
        return ['bold', 1];
      case '~':
        return ['strikethrough', 1];
      case '[':
        return ['text_link', 1];
      case '|':
        if (isDouble) return ['spoiler', 2];
        break;
      case '!':
        if (this.#text[this.#at + 1] === '[') return ['custom_emoji', 2];
        break;
      case '>':
        if (this.#at === 0) return ['blockquote', 1];
        break;
      default:
        break;
    }
    throw new EntityFault(`Character '${character}' is reserved and must be escaped with the preceding '\\'`);
  }

  #beginCode(): void {
    const begin = this.#at;
    if (!this.#text.startsWith('```', this.#at)) {
      this.#at += 1;
      this.#open.push({ type: 'code', language: '', offset: this.#result.length, begin });
      return;
    }
    this.#at += 3;
    const language = /^[^\s`]+(?=\s)/.exec(this.#text.slice(this.#at))?.[0] ?? '';
    this.#at += language.length;
    this.#at += /^(?:\r\n|\n\r|\n|\r)/.exec(this.#text.slice(this.#at, this.#at + 2))?.[0].length ?? 0;
    this.#open.push({ type: language === '' ? 'pre' : 'pre_code', language, offset: this.#result.length, begin });
  }

  /** A line break ends a quote unless the next line is quoted too; any other open entity inside the quote is a fault. */
  #newLine(): void {
    const isQuoted = this.#text[this.#at + 1] === '>';
    const hasQuote = this.#open.some(({ type }) => type === 'blockquote');
    if (hasQuote && !isQuoted) this.#closeQuote();
    this.#result += '\n';
    this.#at += isQuoted ? 2 : 1;
    if (isQuoted && !hasQuote)
      this.#open.push({ type: 'blockquote', language: '', offset: this.#result.length, begin: this.#at - 1 });
  }

  #closeQuote(): void {
    if (!this.#open.some(({ type }) => type === 'blockquote')) return;
    const top = this.#open.at(-1);
    if (top !== undefined && top.type !== 'blockquote') throw this.#unclosed(top);
    this.#open.pop();
    this.#push(top, {});
  }

  #closeEntity(open: OpenEntity): void {
    this.#at += CLOSERS[open.type]?.length ?? 1;
    this.#open.pop();
    if (open.type === 'text_link' || open.type === 'custom_emoji') this.#closeLink(open);
    else this.#push(open, open.language === '' ? {} : { language: open.language });
  }

  #closeLink(open: OpenEntity): void {
    const hasTarget = this.#text[this.#at] === '(';
    if (open.type === 'custom_emoji' && !hasTarget)
      throw new EntityFault('Custom emoji entity must contain a tg://emoji URL');
    const target = hasTarget ? this.#target() : this.#result.slice(open.offset);
    const length = this.#result.length - open.offset;
    if (length === 0) return;
    const emoji = /^tg:\/\/emoji\?id=(\d+)$/.exec(target)?.[1];
    if (open.type === 'text_link') {
      const entity = linkEntity(target, { offset: open.offset, length });
      if (entity !== undefined) this.#entities.push(entity);
    } else if (emoji === undefined) throw new EntityFault('Custom emoji URL must have an emoji identifier');
    else this.#push(open, { custom_emoji_id: emoji });
  }

  /** The address in round brackets at the cursor. @throws EntityFault when the bracket does not close. */
  #target(): string {
    const begin = this.#at + 1;
    let target = '';
    for (this.#at = begin; this.#at < this.#text.length; this.#at += 1) {
      const character = this.#text[this.#at] ?? '';
      if (character === ')') {
        this.#at += 1;
        return target;
      }
      const isEscaped = character === '\\' && this.#at + 1 < this.#text.length;
      if (isEscaped) this.#at += 1;
      target += isEscaped ? this.#text[this.#at] : character;
    }
    throw new EntityFault(`Can't find end of a URL at byte offset ${byteOffset(this.#text, begin)}`);
  }

  #push(open: OpenEntity | undefined, more: Partial<Entity>): void {
    if (open === undefined) return;
    const length = this.#result.length - open.offset;
    if (length > 0)
      this.#entities.push({ type: open.type === 'pre_code' ? 'pre' : open.type, offset: open.offset, length, ...more });
  }

  #unclosed(open: OpenEntity): EntityFault {
    return new EntityFault(
      `Can't find end of ${TITLES[open.type] ?? open.type} entity at byte offset ${byteOffset(this.#text, open.begin)}`,
    );
  }
}
