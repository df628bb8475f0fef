import { describe, expect, test } from 'vitest';
import { isoInZone, zoneClock } from '../../../../../src/domain/consent/contact-gate/index.ts';
import { canonicalZone, waitOnClock } from '../../../../../src/domain/consent/contact-gate/zone-clock.ts';
import { randomFrom, ZONES } from './contact-cases.ts';

describe('a zone’s clock', () => {
  test('shows what the platform’s formatter shows, at random instants of 1990–2090 in every zone', () => {
    const random = randomFrom(11);
    const first = Date.parse('1990-01-01T00:00:00Z');
    for (const zone of ZONES) {
      const format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });
      for (let index = 0; index < 200; index += 1) {
        const at = first + Math.floor(random() * 3_155_760_000_000);
        expect(isoInZone(at, zoneClock(zone)).slice(0, 19)).toBe(format.format(at).replace(' ', 'T'));
      }
    }
  });

  test('finds the second at which daylight saving begins', () => {
    const clock = zoneClock('America/New_York');
    const noon = Date.parse('2026-03-07T12:00:00-05:00');
    expect(new Date(clock.nextChange(noon, noon + 86_400_000) ?? 0).toISOString()).toBe('2026-03-08T07:00:00.000Z');
    expect(clock.nextChange(noon, noon + 3_600_000)).toBeUndefined();
  });

  test.each([
    // Havana skips midnight of 8 March 2026; Apia skipped the whole of 30 December 2011.
    ['America/Havana', '2026-03-07T20:00:00-05:00', 1, '2026-03-08T01:00:00-04:00'],
    ['Pacific/Apia', '2011-12-29T20:00:00-10:00', 1, '2011-12-31T00:00:00+14:00'],
    ['Asia/Shanghai', '2026-03-07T20:00:00+08:00', 1, '2026-03-08T00:00:00+08:00'],
    ['America/New_York', '2026-10-31T20:00:00-04:00', 2, '2026-11-02T00:00:00-05:00'],
  ])('in %s waits from %s for the day that is %i ahead until %s', (zone, from, days, until) => {
    const clock = zoneClock(zone);
    const at = Date.parse(from);
    const day = clock.localAt(at).day + days;
    const reached = waitOnClock(clock, at, (local) => (day - local.day) * 86_400 - local.second);
    expect(isoInZone(reached, clock)).toBe(until);
  });

  test('has one name for every way to write a zone', () => {
    expect(canonicalZone('asia/SHANGHAI')).toBe('Asia/Shanghai');
    expect(canonicalZone('Mars/Base')).toBeUndefined();
    expect(canonicalZone('')).toBeUndefined();
  });

  test('of an unknown zone does not exist', () => {
    expect(() => zoneClock('Mars/Base')).toThrow(RangeError);
  });
});
