import { describe, expect, test } from 'vitest';
import { useDatabase } from '../../support/database.ts';
import { describeWithRedis, useRedis } from '../../support/redis.ts';
import { Redis } from 'ioredis';

describe('the database of a test file', () => {
  const db = useDatabase();

  test('is its own and knows Chinese', async () => {
    const { rows } = await db.pool.query<{ name: string; upper: string; word: boolean }>(
      "SELECT current_database() AS name, upper('ä') AS upper, '借款' ~ '^\\w+$' AS word",
    );
    expect(rows[0]?.name).toMatch(/^t_[0-9a-f]{32}$/);
    expect(rows[0]).toMatchObject({ upper: 'Ä', word: true });
  });

  test('tests run in the zone most of our users live in', () => {
    expect(new Date('2026-11-21T16:30:00Z').getDate()).toBe(process.env['TEST_TZ'] === 'UTC' ? 21 : 22);
  });
});

describeWithRedis('the Redis of a test file', () => {
  const redis = useRedis();

  test('never evicts, keeps nothing on disk and forgets on flush and restart', async () => {
    const client = new Redis(redis.url, { lazyConnect: true });
    await client.connect();
    await client.set('a', '1');

    await redis.flush();
    expect(await client.get('a')).toBeNull();
    expect(await client.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
    client.disconnect();
    await redis.restart();
  });
});
