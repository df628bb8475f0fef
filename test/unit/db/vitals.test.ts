import { DatabaseError } from 'pg';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ChannelError } from '../../../src/channels/channel.ts';
import { isPassing } from '../../../src/db/faults.ts';
import { Vitals, type Vital } from '../../../src/db/vitals.ts';
import { levelOf } from '../../../src/lib/log.ts';

function fault(code: string): Error {
  return Object.assign(new DatabaseError(`state ${code}`, 0, 'error'), { code });
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a database that goes is told once and once when it is back; whoever meets it meanwhile says so at debug', () => {
  const told: Vital[] = [];
  const vitals = new Vitals((vital) => void told.push(vital));
  const underWay = performance.now();
  const faults = [
    fault('57P01'),
    Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }),
    new Error('timeout exceeded when trying to connect'),
  ];

  vi.advanceTimersByTime(1_000);
  for (const each of faults) vitals.failed(each);
  vitals.succeeded(underWay);
  vi.advanceTimersByTime(40_000);
  vitals.succeeded(performance.now());
  vitals.succeeded(performance.now());

  expect(told).toEqual([
    { event: 'database.away', error: 'state 57P01' },
    { event: 'database.back', afterMs: 40_000 },
  ]);
  expect(faults.map((each) => levelOf(each, 'error'))).toEqual(['debug', 'debug', 'debug']);
});

test('what says nothing of the whole database is told by whoever meets it', () => {
  const told: Vital[] = [];
  const vitals = new Vitals((vital) => void told.push(vital));
  const faults = [
    fault('40P01'),
    fault('23505'),
    new Error('timeout exceeded when trying to connect'),
    new Error('Cannot use a pool after calling end on the pool'),
  ];

  for (const each of faults) vitals.failed(each);

  expect(told).toEqual([]);
  expect(faults.map((each) => levelOf(each, 'error'))).toEqual(['error', 'error', 'error', 'error']);
});

test('a platform that refuses connections while a transaction waits for it says nothing of the database', () => {
  const told: Vital[] = [];
  const vitals = new Vitals((vital) => void told.push(vital));
  const refused = new ChannelError('retry', 'ECONNREFUSED');

  vitals.failed(refused);

  expect(told).toEqual([]);
  expect([isPassing(refused), levelOf(refused, 'error')]).toEqual([false, 'error']);
});

test('a full disk is told once, and shows until nobody has met it for a minute', () => {
  const told: Vital[] = [];
  const vitals = new Vitals((vital) => void told.push(vital));

  vitals.failed(fault('53100'));
  vi.advanceTimersByTime(50_000);
  vitals.failed(fault('53100'));
  vitals.succeeded(performance.now()); // a read goes through
  vi.advanceTimersByTime(59_000);
  expect([vitals.isShort, told.length]).toEqual([true, 1]);

  vi.advanceTimersByTime(1_000);
  vitals.succeeded(performance.now());
  expect(vitals.isShort).toBe(false);
  expect(told).toEqual([
    { event: 'database.short', error: 'state 53100' },
    { event: 'database.enough', afterMs: 110_000 },
  ]);
});
