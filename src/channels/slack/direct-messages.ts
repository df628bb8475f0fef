/**
 * The direct message (D…) of each person, as far as this process has heard of it. Talks go by the person; Slack takes a
 * user id for posting, but files and histories need the D… id, and an answer belongs where the question was asked.
 */
export class DirectMessages {
  readonly #known = new Map<string, string>();

  /** Remembers it; anything that is not a person and his direct message is passed over. */
  learn(person: string | undefined, channel: string | undefined): void {
    if (person === undefined || !isPerson(person) || channel?.startsWith('D') !== true) return;
    this.#known.delete(person);
    this.#known.set(person, channel);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_KNOWN && oldest !== undefined) this.#known.delete(oldest);
  }

  /** Slack does not know the direct message we remembered: what was learnt was wrong. `true` when there was one. */
  forget(person: string): boolean {
    return this.#known.delete(person);
  }

  /** The conversation id to use for a chat: the direct message where the chat is a person, if it is known. */
  channelOf(chat: string): string {
    return this.#known.get(chat) ?? chat;
  }
}

/** Whoever is forgotten is asked for again; it costs one call. */
const MAX_KNOWN = 10_000;

/** Ids of people begin with U, in some organisations with W. */
export function isPerson(id: string): boolean {
  return /^[UW]/.test(id);
}
