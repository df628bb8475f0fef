import { describe, expect, test } from 'vitest';
import { MemoryTokenStore } from '../../../src/channels/memory-token-store.ts';
import { FixedClock } from '../../support/fixed-clock.ts';

const START = '2026-11-30T01:00:00Z';

function aStore() {
  const clock = new FixedClock(START);
  let fetched = 0;
  const fetch = async () => ({ token: `T${(fetched += 1)}`, expiresAt: new Date(clock.now().getTime() + 1000) });
  return { clock, store: new MemoryTokenStore(clock), fetch, fetches: () => fetched };
}

describe('tokens in memory', () => {
  test('one refresh serves everybody who asks meanwhile', async () => {
    const { store, fetch, fetches } = aStore();
    const tokens = await Promise.all(Array.from({ length: 50 }, async () => store.refresh('app', undefined, fetch)));

    expect(new Set(tokens)).toEqual(new Set(['T1']));
    expect(fetches()).toBe(1);
  });

  test('whoever comes late with the same stale token gets the fresh one', async () => {
    const { store, fetch, fetches } = aStore();
    await store.refresh('app', undefined, fetch);

    expect(await store.refresh('app', 'T1', fetch)).toBe('T2');
    expect(await store.refresh('app', 'T1', fetch)).toBe('T2');
    expect(fetches()).toBe(2);
  });

  test('only the token that failed is thrown away', async () => {
    const { store, fetch } = aStore();
    await store.refresh('app', undefined, fetch);
    await store.discard('app', 'T0');
    expect((await store.get('app'))?.token).toBe('T1');

    await store.discard('app', 'T1');
    expect(await store.get('app')).toBeUndefined();
  });

  test('an expired token is not given out', async () => {
    const { clock, store, fetch } = aStore();
    await store.refresh('app', undefined, fetch);
    clock.advance(1000);

    expect(await store.get('app')).toBeUndefined();
    expect(await store.refresh('app', undefined, fetch)).toBe('T2');
  });

  test('a refresh that fails leaves the way free for the next', async () => {
    const { store, fetch } = aStore();
    await expect(store.refresh('app', undefined, async () => Promise.reject(new Error('no network')))).rejects.toThrow(
      'no network',
    );

    expect(await store.refresh('app', undefined, fetch)).toBe('T1');
  });

  test('keys do not mix', async () => {
    const { store, fetch } = aStore();

    expect(await store.refresh('a', undefined, fetch)).not.toBe(await store.refresh('b', undefined, fetch));
  });
});
