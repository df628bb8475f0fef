/** Slack's text dialect: three characters are escaped, mentions and links come in angle brackets. */
import type { CharWidth } from '../text.ts';

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Text that shows as it is: exactly `&`, `<` and `>` are encoded (https://docs.slack.dev/messaging/formatting-message-text). */
export function escapeMrkdwn(text: string): string {
  return text.replace(/[&<>]/g, (char) => ESCAPES[char] ?? char);
}

/** What a character takes of a Slack limit: its escaped form counts. */
export const mrkdwnWidth: CharWidth = (char) => ESCAPES[char]?.length ?? char.length;

/**
 * What the person typed: links give their label (Slack turns a phone number into `<tel:…|…>`), mentions become `@U…`
 * and `#name`, entities are decoded last, so that a typed `&lt;@U1&gt;` stays text.
 */
export function decodeMrkdwn(text: string): string {
  return text
    .replace(/<([^<>]*)>/g, (_, inner: string) => plainReference(inner))
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&');
}

function plainReference(inner: string): string {
  const bar = inner.indexOf('|');
  const target = bar < 0 ? inner : inner.slice(0, bar);
  const label = bar < 0 ? undefined : inner.slice(bar + 1);
  if (target.startsWith('@')) return label === undefined ? target : `@${label}`;
  if (target.startsWith('#')) return `#${label ?? target.slice(1)}`;
  if (target.startsWith('!')) return `@${label ?? target.slice(1)}`;
  return label ?? target.replace(/^(?:mailto|tel):/, '');
}

/** True when the raw text mentions this user id. */
export function mentions(text: string, userId: string): boolean {
  return text.includes(`<@${userId}>`) || text.includes(`<@${userId}|`);
}

/** The raw text without a leading mention, which in a group only says whom the sentence is for. */
export function withoutLeadingMention(text: string): string {
  return text.replace(/^\s*<@[A-Z0-9]+(?:\|[^<>]*)?>[\s:：,，]*/, '');
}
