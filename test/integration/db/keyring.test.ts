import { beforeAll, describe, expect, test } from 'vitest';
import { Keyring } from '../../../src/db/keyring.ts';
import { FixedClock } from '../../../src/lib/clock.ts';
import { useDatabase } from '../../support/database.ts';

const NOW = new Date('2026-11-21T00:00:00Z');
const PLACE = 'pii_refs.sealed_value.1';

describe('the data key of a customer', () => {
  const db = useDatabase();
  const clock = new FixedClock(NOW);
  const keys = new Keyring({ current: Buffer.alloc(32, 7) }, clock);

  const opened = async (sealed: Buffer): Promise<string | undefined> =>
    db.database.transaction(async (tx) => (await keys.openAny(tx, PLACE, sealed))?.toString('utf8'));

  beforeAll(async () => {
    await db.database.transaction(async (tx) => keys.load(tx, NOW));
  });

  test('that was destroyed opens and seals nothing one minute later, in a process that has used it all the time', async () => {
    const { key, sealed } = await db.database.transaction(async (tx) => {
      const number = await keys.createCustomerKey(tx, NOW);
      return { key: number, sealed: await keys.sealFor(tx, number, PLACE, '何晓燕') };
    });
    clock.advance(59_000);
    expect(await opened(sealed)).toBe('何晓燕');

    await db.pool.query('UPDATE data_keys SET wrapped = NULL, destroyed_at = $2 WHERE number = $1', [key, NOW]);
    clock.advance(1_000);

    expect(await opened(sealed)).toBeUndefined();
    await expect(db.database.transaction(async (tx) => keys.sealFor(tx, key, PLACE, '何晓燕'))).rejects.toThrow(
      'destroyed or unknown',
    );
  });

  test('that exists is read again and goes on opening; the company’s own keys stay', async () => {
    const [customers, own] = await db.database.transaction(async (tx) => {
      const number = await keys.createCustomerKey(tx, NOW);
      return [await keys.sealFor(tx, number, PLACE, '何晓燕'), keys.seal(PLACE, 'own')];
    });

    clock.advance(3_600_000);

    expect(await opened(customers)).toBe('何晓燕');
    expect(keys.openText(PLACE, own)).toBe('own');
  });
});
