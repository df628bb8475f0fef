/** What is new: which message to keep in sight, and who got messages while the clock moved. */
import type { PhoneSummary } from './types.ts';

/** What comes within this time of the first new message belongs to it. */
const TOGETHER_MS = 4_000;

/** A message as far as this file looks at it. */
export interface Shown {
  readonly id: string;
  readonly from: 'bot' | 'me';
}

/** The first message of the news, and since when it is. */
export interface Anchor {
  readonly id: string;
  readonly at: number;
}

/**
 * The message to keep in sight when news has come: an own one at once; otherwise the first of those that came together.
 * @param news what was not there at the last look, oldest first
 */
export function nextAnchor(anchor: Anchor | undefined, news: readonly Shown[], now: number): Anchor | undefined {
  const [first] = news;
  if (first === undefined) return anchor;
  const own = news.findLast(({ from }) => from === 'me');
  if (own !== undefined) return { id: own.id, at: now };
  return anchor !== undefined && now - anchor.at < TOGETHER_MS ? anchor : { id: first.id, at: now };
}

/** Who has more messages than before, and how many; each person once, whatever the number of phones. */
export function newsOf(before: readonly PhoneSummary[], after: readonly PhoneSummary[]): ReadonlyMap<string, number> {
  const counts = new Map(before.map((phone) => [keyOf(phone), phone.received]));
  const news = new Map<string, number>();
  for (const phone of after) {
    const more = phone.received - (counts.get(keyOf(phone)) ?? 0);
    if (more > 0) news.set(phone.name, (news.get(phone.name) ?? 0) + more);
  }
  return news;
}

/** The sentence for it. */
export function newsText(
  say: (key: string, blanks?: Readonly<Record<string, string | number>>) => string,
  news: ReadonlyMap<string, number>,
): string {
  if (news.size === 0) return say('page.clock.quiet');
  const each = [...news].map(([name, count]) => say('page.clock.news_each', { name, count }));
  return say('page.clock.news', { name: each.join(say('page.clock.and')) });
}

function keyOf({ platform, id }: PhoneSummary): string {
  return `${platform}/${id}`;
}
