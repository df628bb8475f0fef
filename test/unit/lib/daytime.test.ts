import { expect, test } from 'vitest';
import { byDay } from '../../../src/lib/daytime.ts';

test.each([
  ['2026-11-22T08:00:00+08:00', '2026-11-22T08:00:00+08:00'],
  ['2026-11-22T19:59:59+08:00', '2026-11-22T19:59:59+08:00'],
  ['2026-11-22T20:00:00+08:00', '2026-11-23T08:00:00+08:00'],
  ['2026-11-22T23:46:00+08:00', '2026-11-23T08:00:00+08:00'],
  ['2026-11-23T03:46:00+08:00', '2026-11-23T08:00:00+08:00'],
])('%s is taken up at %s', (at, then) => {
  expect(byDay(new Date(at), 'Asia/Shanghai')).toEqual(new Date(then));
});

test.each([
  ['2026-11-22T09:29:59+08:00', '2026-11-22T09:30:00+08:00'],
  ['2026-11-22T18:59:59+08:00', '2026-11-22T18:59:59+08:00'],
  ['2026-11-22T19:00:00+08:00', '2026-11-23T09:30:00+08:00'],
])('between half past nine and seven, %s is taken up at %s', (at, then) => {
  expect(byDay(new Date(at), 'Asia/Shanghai', { from: 570, until: 1_140 })).toEqual(new Date(then));
});
