import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { envExample, parseEnv } from '../../../src/config/env.ts';
import { armKillPoint, hit, KILL_POINT_NAMES, parseKillOrder } from '../../../src/lib/kill-points.ts';

const SRC = path.resolve(import.meta.dirname, '../../../src');

afterEach(() => {
  armKillPoint(undefined);
  vi.restoreAllMocks();
});

function deaths(): () => number {
  const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
  return () => kill.mock.calls.filter(([pid, signal]) => pid === process.pid && signal === 'SIGKILL').length;
}

describe('kill points', () => {
  test('nobody dies who was not told to', () => {
    const count = deaths();

    for (const point of KILL_POINT_NAMES) hit(point);

    expect(count()).toBe(0);
  });

  test('an armed process dies at its point, at the pass that was named, and at no other', () => {
    const count = deaths();
    armKillPoint({ point: 'outbox.sent', pass: 2 });

    hit('outbox.claimed');
    hit('outbox.sent');
    expect(count()).toBe(0);
    hit('outbox.sent');

    expect(count()).toBe(1);
  });

  test.each([
    ['outbox.sent', { point: 'outbox.sent', pass: 1 }],
    ['turn.flushed:3', { point: 'turn.flushed', pass: 3 }],
    ['nowhere', undefined],
    ['outbox.sent:0', undefined],
    ['outbox.sent:x', undefined],
    ['constructor', undefined],
  ])('the order %s is read', (text, order) => {
    expect(parseKillOrder(text)).toEqual(order);
  });

  test('every point of the registry is passed somewhere in the code, and no other name is', () => {
    const passed = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.endsWith('kill-points.ts'))
      .flatMap((file) =>
        [...readFileSync(path.join(SRC, file), 'utf8').matchAll(/\bhit\('([^']+)'\)/g)].map(([, name]) => name),
      );

    expect(new Set(passed)).toEqual(new Set(KILL_POINT_NAMES));
  });

  test('the setting is a test’s: checked like any other, absent from what operators are shown', () => {
    expect(envExample()).not.toContain('KILL_AT');
    expect(parseEnv({ KILL_AT: 'outbox.sent:2' })).toMatchObject({
      ok: true,
      env: { KILL_AT: { point: 'outbox.sent', pass: 2 } },
    });
    expect(parseEnv({ KILL_AT: 'nowhere' })).toMatchObject({ ok: false, faults: [expect.stringContaining('KILL_AT')] });
  });
});
