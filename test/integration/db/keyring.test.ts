import { DatabaseError } from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { isPassing } from '../../../src/db/faults.ts';
import { Keyring } from '../../../src/db/keyring.ts';
import { useDatabase } from '../../support/database.ts';
import { FixedClock } from '../../support/fixed-clock.ts';

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

describe('one damaged row of many', () => {
  const db = useDatabase();
  const told: string[] = [];
  const keys = new Keyring({ current: Buffer.alloc(32, 7) }, undefined, undefined, (place) => void told.push(place));
  const damaged = Buffer.from([0]);

  beforeAll(async () => {
    await db.database.transaction(async (tx) => keys.load(tx, NOW));
  });

  test('is left out, and told once by its place alone', async () => {
    const other = keys.sealJson('approvals.sealed_snapshot.2', { amount: '1.00' });

    for (let looks = 0; looks < 2; looks += 1) {
      expect(keys.openJsonOfMany('approvals.sealed_snapshot.1', damaged)).toBeUndefined();
      expect(keys.openJsonOfMany('approvals.sealed_snapshot.2', other)).toEqual({ amount: '1.00' });
      expect(await keys.openAnyOfMany(db.database, PLACE, damaged)).toBeUndefined();
    }

    expect(told).toEqual(['approvals.sealed_snapshot.1', PLACE]);
  });

  test('is none where the database fails: whoever asked has to hear of that', async () => {
    const sealed = await db.database.transaction(async (tx) => {
      const number = await keys.createCustomerKey(tx, NOW);
      return keys.sealFor(tx, number, PLACE, '何晓燕');
    });
    const other = new Keyring({ current: Buffer.alloc(32, 7) });
    const fault = Object.assign(new DatabaseError('permission denied', 2, 'error'), { code: '42501' });

    await expect(other.openAnyOfMany({ query: async () => Promise.reject(fault) }, PLACE, sealed)).rejects.toBe(fault);
  });
});

describe('the master key is changed while processes run', () => {
  const db = useDatabase();
  const [A, B] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  const told: string[] = [];
  const former = new Keyring({ current: A }, new FixedClock(NOW), (id) => void told.push(id));
  const both = new Keyring({ current: B, previous: A });

  const made = async (keys: Keyring): Promise<number> =>
    db.database.transaction(async (tx) => keys.createCustomerKey(tx, NOW));
  const sealedWith = async (keys: Keyring, number: number): Promise<Buffer> =>
    db.database.transaction(async (tx) => keys.sealFor(tx, number, PLACE, '何晓燕'));
  const fault = async (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error);
  const rotate = async (): Promise<number> => db.database.transaction(async (tx) => both.rotate(tx));

  beforeAll(async () => {
    await db.database.transaction(async (tx) => former.load(tx, NOW));
    await db.database.transaction(async (tx) => both.load(tx, NOW));
  });

  test('until keys are rotated a process with both wraps with the former: the others can still read', async () => {
    const number = await made(both);

    expect(await sealedWith(former, number)).toBeInstanceOf(Buffer);
    await former.look(db.database);
    expect([former.isUpToDate, await former.countForeign(db.database)]).toEqual([true, 0]);
  });

  test('rotating waits for whoever is wrapping with the former, and finds what he has wrapped', async () => {
    let rotated: Promise<number> | undefined;
    await db.database.transaction(async (tx) => {
      await former.createCustomerKey(tx, NOW);
      rotated = rotate();
      const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
      await expect.poll(async () => (await db.pool.query(waiting)).rowCount).toBe(1);
    });

    expect(await rotated).toBeGreaterThan(0);
    while ((await rotate()) > 0);
    expect(await both.countForeign(db.database)).toBe(0);
    expect(await new Keyring({ current: B }).countForeign(db.database)).toBe(0);
  });

  test('afterwards a process with the former only is not up to date, reads and wraps nothing, says so once, and nothing is the worse for it', async () => {
    const number = await made(both);

    const faults = [await fault(sealedWith(former, number)), await fault(made(former))];
    await former.look(db.database);

    expect(faults.map(isPassing)).toEqual([true, true]);
    expect(former.isUpToDate).toBe(false);
    expect(told).toEqual([both.currentMasterId]);
    expect(await new Keyring({ current: B }).countForeign(db.database)).toBe(0);
  });

  test('keys that a master left behind are counted, refuse a start, and the former master brings them back', async () => {
    const number = await made(both);
    const lost = new Keyring({ current: B });
    await db.pool.query('UPDATE data_keys SET master_key_id = $2 WHERE number = $1', [number, former.currentMasterId]);

    expect(await lost.countForeign(db.database)).toBe(1);
    await expect(lost.requireAll(db.database)).rejects.toMatchObject({
      code: 'setting.master_key_left',
      params: { count: 1 },
    });
    await expect(both.requireAll(db.database)).resolves.toBeUndefined();
  });
});
