/**
 * Wall clocks by zone, fast enough for a gate that is asked 200 000 times a second, and right across daylight-saving
 * changes. An offset is remembered per UTC day on which it does not change; other days are looked up each time.
 */
import { wallClock } from '../../../lib/business-date.ts';

const SECOND_MS = 1000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Seconds of a day. */
export const DAY_SECONDS = 86_400;

// Bounds of what is remembered; both are cleared when full, so strange requests cost time, not memory.
const MAX_DAYS = 4096;
const MAX_ZONES = 500;

/** Wall-clock time: days since 1970-01-01 on the local calendar, and seconds since local midnight. */
export interface LocalTime {
  readonly day: number;
  readonly second: number;
}

/** The wall clock of one zone. */
export class ZoneClock {
  readonly zone: string;
  readonly #offsets = new Map<number, number>();

  /** @throws RangeError for an unknown zone. */
  constructor(zone: string) {
    wallClock(new Date(0), zone);
    this.zone = zone;
  }

  /** Seconds that the wall clock is ahead of UTC at an instant (epoch ms). */
  offsetAt(at: number): number {
    const utcDay = Math.floor(at / DAY_MS);
    const known = this.#offsets.get(utcDay);
    if (known !== undefined) return Number.isNaN(known) ? this.#lookUp(at) : known;
    if (this.#offsets.size >= MAX_DAYS) this.#offsets.clear();
    const first = this.#lookUp(utcDay * DAY_MS);
    const steady = first === this.#lookUp((utcDay + 1) * DAY_MS);
    this.#offsets.set(utcDay, steady ? first : Number.NaN);
    return steady ? first : this.#lookUp(at);
  }

  /** What the wall clock shows at an instant (epoch ms), to the second. */
  localAt(at: number): LocalTime {
    const seconds = Math.floor(at / SECOND_MS) + this.offsetAt(at);
    const day = Math.floor(seconds / DAY_SECONDS);
    return { day, second: seconds - day * DAY_SECONDS };
  }

  /** The first instant after `from`, up to `until`, at which the offset is another one; `undefined` when there is none. */
  nextChange(from: number, until: number): number | undefined {
    const offset = this.offsetAt(from);
    let before = from;
    while (before < until) {
      const after = Math.min(before + HOUR_MS, until);
      if (this.offsetAt(after) !== offset) return this.#narrow(before, after, offset);
      before = after;
    }
    return undefined;
  }

  #narrow(before: number, after: number, offset: number): number {
    let low = before;
    let high = after;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.offsetAt(middle) === offset) low = middle;
      else high = middle;
    }
    return high;
  }

  #lookUp(at: number): number {
    const shown = wallClock(new Date(at), this.zone);
    const local =
      Date.parse(`${shown.date}T00:00:00Z`) / SECOND_MS + shown.hour * 3600 + shown.minute * 60 + shown.second;
    return local - Math.floor(at / SECOND_MS);
  }
}

const clocks = new Map<string, ZoneClock>();

/** The clock of an IANA zone, made once. @throws RangeError for an unknown zone. */
export function zoneClock(zone: string): ZoneClock {
  const known = clocks.get(zone);
  if (known !== undefined) return known;
  if (clocks.size >= MAX_ZONES) clocks.clear();
  const made = new ZoneClock(zone);
  clocks.set(zone, made);
  return made;
}

// What requests call their zone, to the name the tables use; bounded like the rest.
const canonical = new Map<string, string>();

/** The one name of a zone however it is written (`asia/shanghai`, `PRC`); `undefined` when there is no such zone. */
export function canonicalZone(name: string): string | undefined {
  const known = canonical.get(name);
  if (known !== undefined) return known;
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions();
    if (canonical.size >= MAX_ZONES) canonical.clear();
    canonical.set(name, timeZone);
    return timeZone;
  } catch {
    return undefined;
  }
}

/**
 * The first instant, from `from` on, at which `waitSeconds` finds nothing left to wait for. `waitSeconds` gives the
 * wall-clock seconds until then; where the clock is put forward or back in between, it is asked again at the change.
 */
export function waitOnClock(clock: ZoneClock, from: number, waitSeconds: (local: LocalTime) => number): number {
  let at = from;
  for (;;) {
    const wait = waitSeconds(clock.localAt(at));
    if (wait <= 0) return at;
    const candidate = (Math.floor(at / SECOND_MS) + wait) * SECOND_MS;
    const change = clock.nextChange(at, candidate);
    if (change === undefined) return candidate;
    at = change;
  }
}

/** An instant in ISO 8601 with the zone's offset, e.g. `2026-03-03T08:00:00+08:00`. */
export function isoInZone(at: number, clock: ZoneClock): string {
  const offset = clock.offsetAt(at);
  const local = new Date(Math.floor(at / SECOND_MS) * SECOND_MS + offset * SECOND_MS).toISOString().slice(0, 19);
  const minutes = Math.abs(Math.trunc(offset / 60));
  const sign = offset < 0 ? '-' : '+';
  const hh = String(Math.floor(minutes / 60)).padStart(2, '0');
  return `${local}${sign}${hh}:${String(minutes % 60).padStart(2, '0')}`;
}
