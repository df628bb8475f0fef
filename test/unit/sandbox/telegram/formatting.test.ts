import { describe, expect, test } from 'vitest';
import { EntityFault, parseHtml, parseMarkdownV2 } from '../../../../src/sandbox/telegram/index.ts';

const fault = (parse: () => unknown) => {
  try {
    parse();
  } catch (error) {
    if (error instanceof EntityFault) return error.message;
    throw error;
  }
  return 'no fault';
};

describe('HTML', () => {
  test.each([
    ['<b>粗</b>', 'bold'],
    ['<STRONG>粗</STRONG>', 'bold'],
    ['<i>斜</i>', 'italic'],
    ['<em>斜</em>', 'italic'],
    ['<u>线</u>', 'underline'],
    ['<ins>线</ins>', 'underline'],
    ['<s>删</s>', 'strikethrough'],
    ['<strike>删</strike>', 'strikethrough'],
    ['<del>删</del>', 'strikethrough'],
    ['<tg-spoiler>密</tg-spoiler>', 'spoiler'],
    ['<span class="tg-spoiler">密</span>', 'spoiler'],
    ['<code>码</code>', 'code'],
    ['<pre>码</pre>', 'pre'],
    ['<blockquote>引</blockquote>', 'blockquote'],
    ['<blockquote expandable>引</blockquote>', 'expandable_blockquote'],
  ])('%s is %s', (html, type) => {
    expect(parseHtml(html).entities).toEqual([{ type, offset: 0, length: 1 }]);
  });

  test('a code block keeps its language, inline code does not', () => {
    expect(parseHtml('<pre><code class="language-sql">x</code></pre>').entities).toEqual([
      { type: 'pre', offset: 0, length: 1, language: 'sql' },
    ]);
    expect(parseHtml('<code class="language-sql">x</code>').entities).toEqual([{ type: 'code', offset: 0, length: 1 }]);
  });

  test('tags nest, outer before inner', () => {
    expect(parseHtml('<b>一<i>二</i></b>').entities).toEqual([
      { type: 'bold', offset: 0, length: 2 },
      { type: 'italic', offset: 1, length: 1 },
    ]);
  });

  test('named and numeric references are decoded, unknown ones stay', () => {
    expect(parseHtml('&lt;&gt;&amp;&quot;&#39;&#x27;&nbsp;&').text).toBe(`<>&"''&nbsp;&`);
  });

  test('links to people become mentions, links to nowhere are dropped', () => {
    expect(parseHtml('<a href="tg://user?id=6812345678">何</a>').entities).toEqual([
      { type: 'text_mention', offset: 0, length: 1, user_id: 6_812_345_678 },
    ]);
    expect(parseHtml('<a href="nowhere">何</a>').entities).toEqual([]);
    expect(parseHtml('<a href="a.example">何</a>').entities).toEqual([
      { type: 'text_link', offset: 0, length: 1, url: 'http://a.example/' },
    ]);
  });

  test('empty tags leave no entity', () => {
    expect(parseHtml('<b></b>x')).toEqual({ text: 'x', entities: [] });
  });

  test.each([
    ['汉<div>', 'Unsupported start tag "div" at byte offset 3'],
    ['a < b', 'Unsupported start tag "" at byte offset 2'],
    ['<b', 'Unclosed start tag at byte offset 0'],
    ['<a href="x"', 'Unclosed start tag at byte offset 0'],
    ['<a =x>', 'Empty attribute name in the tag "a" at byte offset 0'],
    ['<a href>', 'Expected equal sign in declaration of an attribute of the tag "a" at byte offset 0'],
    ['<a href=x;>', 'Unexpected end of name token at byte offset 8'],
    ['<span>x</span>', 'Tag "span" must have class "tg-spoiler" at byte offset 0'],
    ['x</b>', 'Unexpected end tag at byte offset 1'],
    ['<b>x</b', 'Unclosed end tag at byte offset 4'],
    ['<b>x</i>', 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'],
    ['<b>x', `Can't find end tag corresponding to start tag "b"`],
    ['<tg-emoji emoji-id="x">x</tg-emoji>', 'Invalid custom emoji identifier specified'],
  ])('%s is refused: %s', (html, text) => {
    expect(fault(() => parseHtml(html))).toBe(text);
  });
});

describe('MarkdownV2', () => {
  test.each([
    ['*粗*', 'bold'],
    ['_斜_', 'italic'],
    ['__线__', 'underline'],
    ['~删~', 'strikethrough'],
    ['||密||', 'spoiler'],
    ['`码`', 'code'],
    ['```码```', 'pre'],
    ['>引', 'blockquote'],
  ])('%s is %s', (markdown, type) => {
    expect(parseMarkdownV2(markdown)).toEqual({
      text: markdown.replaceAll(/[*_~|`>]/g, ''),
      entities: [{ type, offset: 0, length: 1 }],
    });
  });

  test('every reserved character passes when escaped', () => {
    const reserved = '_*[]()~`>#+-=|{}.!\\';
    const escaped = reserved
      .split('')
      .map((one) => `\\${one}`)
      .join('');
    expect(parseMarkdownV2(escaped)).toEqual({ text: reserved, entities: [] });
  });

  test.each('()#+-={}.!|>]'.split(''))('an unescaped %s is refused', (character) => {
    expect(fault(() => parseMarkdownV2(`x${character}y`))).toBe(
      `Character '${character}' is reserved and must be escaped with the preceding '\\'`,
    );
  });

  test('a code block keeps its language and drops the first line break', () => {
    expect(parseMarkdownV2('```sql\nselect 1.5```')).toEqual({
      text: 'select 1.5',
      entities: [{ type: 'pre', offset: 0, length: 10, language: 'sql' }],
    });
  });

  test('a link takes its target from the brackets and needs only ) and \\ escaped there', () => {
    expect(parseMarkdownV2('[链](https://a.example/a_b.c\\))').entities).toEqual([
      { type: 'text_link', offset: 0, length: 1, url: 'https://a.example/a_b.c)' },
    ]);
  });

  test('a quote goes on as long as lines are quoted', () => {
    expect(parseMarkdownV2('>一\n>二\n三')).toEqual({
      text: '一\n二\n三',
      entities: [{ type: 'blockquote', offset: 0, length: 3 }],
    });
  });

  test.each([
    ['汉*粗', "Can't find end of Bold entity at byte offset 3"],
    ['_斜', "Can't find end of Italic entity at byte offset 0"],
    ['`码', "Can't find end of Code entity at byte offset 0"],
    ['[链](https://a.example', "Can't find end of a URL at byte offset 6"],
    ['>*引\n二', "Can't find end of Bold entity at byte offset 1"],
    ['![😀]', 'Custom emoji entity must contain a tg://emoji URL'],
  ])('%s is refused: %s', (markdown, text) => {
    expect(fault(() => parseMarkdownV2(markdown))).toBe(text);
  });
});
