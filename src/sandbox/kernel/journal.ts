/** What went over the wire, newest last, bounded in entries and in the size of each body. */
import type { Clock } from '../../lib/clock.ts';
import type { JournalEntry } from '../emulator.ts';

const LONGEST_TEXT = 8_192;

/** An entry before the journal numbered, dated and trimmed it. */
export type JournalNote = Omit<JournalEntry, 'seq' | 'at' | 'platform'>;

/** The journal of one platform. */
export class Journal {
  readonly #platform: string;
  readonly #clock: Clock;
  readonly #capacity: number;
  readonly #entries: JournalEntry[] = [];
  #seq = 0;

  /** `at` of the entries is `clock`'s time. The oldest entry goes when there are more than `capacity`. */
  constructor(platform: string, clock: Clock, capacity = 5_000) {
    this.#platform = platform;
    this.#clock = clock;
    this.#capacity = capacity;
  }

  get entries(): readonly JournalEntry[] {
    return this.#entries;
  }

  add(note: JournalNote): JournalEntry {
    const entry: JournalEntry = {
      ...note,
      seq: ++this.#seq,
      at: this.#clock.now(),
      platform: this.#platform,
      request: trimBody(note.request),
      response: trimBody(note.response),
    };
    this.#entries.push(entry);
    if (this.#entries.length > this.#capacity) this.#entries.shift();
    return entry;
  }
}

/** A body fit for the journal: buffers become `<n bytes>`, long strings are cut, the rest is copied as it is. */
function trimBody(body: unknown): unknown {
  if (Buffer.isBuffer(body)) return `<${body.length} bytes>`;
  if (typeof body === 'string') return body.length > LONGEST_TEXT ? `${body.slice(0, LONGEST_TEXT)}…` : body;
  if (body instanceof Date || typeof body !== 'object' || body === null) return body;
  if (Array.isArray(body)) return body.map(trimBody);
  return Object.fromEntries(Object.entries(body).map(([key, value]) => [key, trimBody(value)]));
}

/** The members a platform knows, in their shape: `true` = any value, an object = these members, `[x]` = a list of x. */
export type KnownFields = true | readonly [KnownFields] | { readonly [name: string]: KnownFields };

/** The paths of `body` that are not in `known`, e.g. `['text.contnet', 'foo']`. */
export function unknownFields(body: unknown, known: KnownFields, path = ''): string[] {
  if (known === true || typeof body !== 'object' || body === null) return [];
  if (Array.isArray(known)) {
    const [element] = known;
    return Array.isArray(body) ? body.flatMap((item) => unknownFields(item, element, path)) : [];
  }
  const members: Readonly<Record<string, KnownFields>> = Object.fromEntries(Object.entries(known));
  return Object.entries(body).flatMap(([name, value]) => {
    const here = path === '' ? name : `${path}.${name}`;
    const shape = Object.hasOwn(members, name) ? members[name] : undefined;
    return shape === undefined ? [here] : unknownFields(value, shape, here);
  });
}

/**
 * The paths of `input` that `parsed` no longer has: what a lenient schema did not know. For emulators that parse with
 * Zod, whose objects drop unknown members.
 */
export function lostFields(input: unknown, parsed: unknown, path = ''): string[] {
  if (typeof input !== 'object' || input === null) return [];
  if (Array.isArray(input)) {
    const kept: readonly unknown[] = Array.isArray(parsed) ? parsed : [];
    return [...new Set(input.flatMap((item, index) => lostFields(item, kept[index], path)))];
  }
  const kept: Readonly<Record<string, unknown>> =
    typeof parsed === 'object' && parsed !== null ? Object.fromEntries(Object.entries(parsed)) : {};
  return Object.entries(input).flatMap(([name, value]) => {
    const here = path === '' ? name : `${path}.${name}`;
    return Object.hasOwn(kept, name) ? lostFields(value, kept[name], here) : [here];
  });
}
