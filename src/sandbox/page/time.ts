/** Times as the visitor reads them: the company's zone, whatever the computer's own is. */
import type { Language } from './types.ts';

const ZONE = 'Asia/Shanghai';
const DAY_MS = 86_400_000;

function format(language: Language, options: Intl.DateTimeFormatOptions): (at: string | Date) => string {
  const formatter = new Intl.DateTimeFormat(language, { timeZone: ZONE, ...options });
  return (at) => formatter.format(new Date(at));
}

/** "2026年11月30日周一 10:32". */
export function fullTime(language: Language, at: string | Date): string {
  return format(language, {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hour12: false,
  })(at);
}

/** "10:32". */
export function hourMinute(language: Language, at: string | Date): string {
  return format(language, { hour: '2-digit', minute: '2-digit', hour12: false })(at);
}

/** "11月30日 10:32". */
export function dayTime(language: Language, at: string | Date): string {
  return format(language, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hour12: false })(at);
}

/** "2026年11月30日 10:32": for narrow screens; the year stays, because the clock may be moved by years. */
export function yearTime(language: Language, at: string | Date): string {
  return format(language, {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hour12: false,
  })(at);
}

/** So many days later. */
export function plusDays(now: string, days: number): Date {
  return new Date(new Date(now).getTime() + days * DAY_MS);
}

/** The same day of the next month, or its last one. China has no summer time, so UTC+8 may be counted with. */
export function plusMonth(now: string): Date {
  const local = new Date(new Date(now).getTime() + 8 * 3_600_000);
  const day = local.getUTCDate();
  local.setUTCDate(1);
  local.setUTCMonth(local.getUTCMonth() + 1);
  const lastDay = new Date(Date.UTC(local.getUTCFullYear(), local.getUTCMonth() + 1, 0)).getUTCDate();
  local.setUTCDate(Math.min(day, lastDay));
  return new Date(local.getTime() - 8 * 3_600_000);
}
