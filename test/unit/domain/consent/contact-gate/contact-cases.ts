/** Random contacts and facts for the gate's properties, from one seed; and a slow second opinion on quiet hours. */
import {
  type ContactFacts,
  NEUTRAL_FACTS,
  type ProposedContact,
} from '../../../../../src/domain/consent/contact-gate/index.ts';

/** Zones with half hours, quarter hours, daylight saving at midnight, in the afternoon side of the world, and none. */
export const ZONES = [
  'Asia/Shanghai',
  'Asia/Urumqi',
  'Asia/Kathmandu',
  'Asia/Kolkata',
  'America/New_York',
  'America/Havana',
  'America/Santiago',
  'America/St_Johns',
  'Europe/Dublin',
  'Europe/Lisbon',
  'Africa/Casablanca',
  'Africa/Cairo',
  'Australia/Lord_Howe',
  'Australia/Adelaide',
  'Pacific/Apia',
  'Pacific/Chatham',
  'Asia/Beirut',
  'Asia/Tehran',
  'Atlantic/Azores',
  'UTC',
] as const;

/** mulberry32: small, fast and the same everywhere. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const FIRST = Date.parse('2010-01-01T00:00:00Z');
const SPAN = Date.parse('2035-01-01T00:00:00Z') - FIRST;

function pick<T>(random: () => number, values: readonly [T, ...T[]]): T {
  return values[Math.floor(random() * values.length)] ?? values[0];
}

/** A contact at any instant of 2010–2034 in any of the zones; one in four lies within a minute of a full hour. */
export function randomContact(random: () => number): ProposedContact {
  const anywhere = FIRST + Math.floor(random() * SPAN);
  const at =
    random() < 0.25 ? Math.round(anywhere / 3_600_000) * 3_600_000 + Math.floor(random() * 120_000) - 60_000 : anywhere;
  return {
    at,
    zone: pick(random, ZONES),
    channel: pick(random, ['voice', 'text', 'visit', 'letter']),
    purpose: pick(random, ['collection', 'collection', 'reminder', 'marketing', 'service']),
    role: pick(random, ['debtor', 'debtor', 'guarantor', 'contact', 'stranger']),
  };
}

/** Facts that often, but not always, forbid something. */
export function randomFacts(random: () => number, at: number): ContactFacts {
  const small = (): number => Math.floor(random() * 4);
  return {
    ...NEUTRAL_FACTS,
    effectiveToday: small(),
    unansweredThisNumberToday: Math.floor(random() * 8),
    textsToday: Math.floor(random() * 3),
    ...(random() < 0.3 ? { lastTextAt: at - Math.floor(random() * 21_600_000) } : {}),
    touchesToday: Math.floor(random() * 14),
    marketingToday: Math.floor(random() * 2),
    marketingThisWeek: Math.floor(random() * 3),
    thirdPartyDnc: random() < 0.2,
    unreachableEvidence: random() < 0.7,
    refused: random() < 0.1,
    complaintOpen: random() < 0.1,
    consent: random() < 0.9,
  };
}

const hours = new Map<string, Intl.DateTimeFormat>();

/** The local hour by the platform's own formatter, looked up afresh each time. */
export function hourBy(at: number, zone: string): number {
  let format = hours.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', hourCycle: 'h23' });
    hours.set(zone, format);
  }
  return Number(format.format(at));
}
