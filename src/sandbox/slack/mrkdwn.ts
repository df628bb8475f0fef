/** Slack's text dialect: what the server does to a posted text, and what a person then reads. */

/** `<…>` that Slack takes as markup: a mention, channel, special, link or mail address. */
const MARKUP = /^<(?:[@#!][^<>\s][^<>]*|(?:https?|mailto|tel):[^<>\s|]+(?:\|[^<>]*)?)>/;
const BARE_LINK = /^https?:\/\/[^\s<>|]+/;
const ENTITY = /^&(?:amp|lt|gt);/;

/**
 * The text as it is stored and given back: stray `& < >` become entities, bare links are wrapped in `<>`. Valid markup
 * and entities stay.
 */
export function storeText(text: string): string {
  let stored = '';
  for (let rest = text; rest !== '';) {
    const kept = MARKUP.exec(rest)?.[0] ?? ENTITY.exec(rest)?.[0];
    const link = kept === undefined ? BARE_LINK.exec(rest)?.[0] : undefined;
    const taken = kept ?? link ?? String.fromCodePoint(rest.codePointAt(0) ?? 0);
    stored += link === undefined ? escapeCharacter(taken) : `<${link}>`;
    rest = rest.slice(taken.length);
  }
  return stored;
}

function escapeCharacter(taken: string): string {
  if (taken === '&') return '&amp;';
  if (taken === '<') return '&lt;';
  return taken === '>' ? '&gt;' : taken;
}

/** What a typing person's text becomes: nothing typed is markup, so every `& < >` is escaped; `<@U…>` mentions stay. */
export function typedText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll(/<(?!@[UW][A-Z0-9]+>)/g, '&lt;')
    .replaceAll(/(?<!<@[UW][A-Z0-9]+)>/g, '&gt;');
}

/** The words on the screen: links show their label, `*bold*` loses its stars, entities are decoded. */
export function shownText(text: string): string {
  return text
    .replaceAll(/<(?:https?|mailto|tel):[^<>|]*\|([^<>]*)>/g, '$1')
    .replaceAll(/<((?:https?|mailto|tel):[^<>|]*)>/g, '$1')
    .replaceAll(/(^|\s)\*([^*\n]+)\*(?=\s|$|[:：,，。])/gm, '$1$2')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
