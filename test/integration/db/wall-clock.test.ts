/** Reminders are planned by statements and by `instantOf`: both must mean the same instant, also in the nights the clock is changed. */
import { expect, test } from 'vitest';
import { businessDate, dayNumber, fromDayNumber, instantOf } from '../../../src/lib/business-date.ts';
import { useDatabase } from '../../support/database.ts';

const db = useDatabase();
const NIGHTS = { from: dayNumber(businessDate('2026-01-01')), days: 365, halfHours: 9 } as const;

test.each(['Asia/Shanghai', 'Europe/Berlin', 'America/New_York', 'America/Santiago', 'Australia/Lord_Howe'])(
  'in %s every half hour of every night of a year is the instant PostgreSQL has for it',
  async (zone) => {
    const { rows } = await db.pool.query<{ at: Date }>(
      `SELECT (date '2026-01-01' + day + half * interval '30 minutes') AT TIME ZONE $1 AS at
       FROM generate_series(0, $2 - 1) AS day, generate_series(0, $3 - 1) AS half ORDER BY day, half`,
      [zone, NIGHTS.days, NIGHTS.halfHours],
    );
    const ours = Array.from({ length: NIGHTS.days }, (_, day) => fromDayNumber(NIGHTS.from + day)).flatMap((date) =>
      Array.from({ length: NIGHTS.halfHours }, (_, half) =>
        instantOf(date, { hour: Math.floor(half / 2), minute: (half % 2) * 30 }, zone),
      ),
    );

    expect(ours.map((at) => at.toISOString())).toEqual(rows.map(({ at }) => at.toISOString()));
  },
);
