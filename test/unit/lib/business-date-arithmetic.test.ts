/** Calendar arithmetic against the platform's own calendar, day by day. */
import { describe, expect, test } from 'vitest';
import {
  addMonths,
  businessDate,
  dayNumber,
  daysInMonth,
  fromDayNumber,
  instantOf,
  parseBusinessDate,
} from '../../../src/lib/business-date.ts';

const DAY_MS = 86_400_000;

describe('dayNumber', () => {
  test('agrees with the platform on every day from 1900 to 2199, and back', () => {
    const wrong: string[] = [];
    for (let day = Date.UTC(1900, 0, 1) / DAY_MS; day < Date.UTC(2200, 0, 1) / DAY_MS; day += 1) {
      const text = new Date(day * DAY_MS).toISOString().slice(0, 10);
      if (dayNumber(businessDate(text)) !== day || fromDayNumber(day) !== text) wrong.push(text);
    }

    expect(wrong).toEqual([]);
  });
});

describe('daysInMonth', () => {
  test.each([
    [2023, 2, 28],
    [2024, 2, 29],
    [1900, 2, 28],
    [2000, 2, 29],
    [2026, 4, 30],
    [2026, 12, 31],
  ])('%i-%i has %i days', (year, month, days) => {
    expect(daysInMonth(year, month)).toBe(days);
  });
});

describe('parseBusinessDate', () => {
  test.each([
    '2026-02-29',
    '2026-13-01',
    '2026-00-10',
    '2026-04-31',
    '2026-1-1',
    '20260101',
    '2026-01-01T00:00',
    ' 2026-01-01',
    '',
  ])('refuses %j', (text) => {
    expect(parseBusinessDate(text)).toBeUndefined();
  });
});

describe('addMonths', () => {
  test('counts from the anchor day: 31 January, 28 February, 31 March', () => {
    const start = businessDate('2026-01-31');

    expect([1, 2, 3, 13, 25].map((months) => addMonths(start, months))).toEqual([
      '2026-02-28',
      '2026-03-31',
      '2026-04-30',
      '2027-02-28',
      '2028-02-29',
    ]);
  });

  test('goes back over the new year', () => {
    expect(addMonths(businessDate('2026-01-31'), -2)).toBe('2025-11-30');
  });
});

describe('instantOf', () => {
  test.each([
    ['2026-12-20', [9, 30], 'Asia/Shanghai', '2026-12-20T01:30:00Z'],
    // In a gap the hour counts on from where the clock was; midnight is then still of the same day.
    ['2026-03-08', [2, 30], 'America/New_York', '2026-03-08T07:30:00Z'],
    ['2026-03-29', [2, 30], 'Europe/Berlin', '2026-03-29T01:30:00Z'],
    ['2026-10-04', [2, 15], 'Australia/Lord_Howe', '2026-10-03T15:45:00Z'],
    ['2026-04-24', [0, 0], 'Africa/Cairo', '2026-04-23T22:00:00Z'],
    // Of two the later.
    ['2026-11-01', [1, 30], 'America/New_York', '2026-11-01T06:30:00Z'],
    ['2026-10-25', [2, 30], 'Europe/Berlin', '2026-10-25T01:30:00Z'],
  ] as const)('%s %j in %s is %s', (date, [hour, minute], zone, instant) => {
    expect(instantOf(businessDate(date), { hour, minute }, zone)).toEqual(new Date(instant));
  });
});
