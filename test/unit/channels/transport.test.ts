import { describe, expect, test } from 'vitest';
import { retryAfterMs } from '../../../src/channels/transport.ts';

describe('how long a platform asks us to wait', () => {
  test.each([
    [2, 2_000],
    ['17', 17_000],
    [0.2, 1_000],
    [3_600, 3_600_000],
  ])('%s seconds are that long', (seconds, ms) => {
    expect(retryAfterMs(seconds, 30_000)).toBe(ms);
  });

  test.each([3_601, 3_000_000, 1e12, 1e18, 1e308, Infinity])('%s seconds are an hour', (seconds) => {
    expect(retryAfterMs(seconds, 30_000)).toBe(3_600_000);
  });

  test.each([undefined, null, 'abc', Number.NaN, 0, -5, {}])('%s says nothing', (seconds) => {
    expect(retryAfterMs(seconds, 30_000)).toBe(30_000);
  });
});
