import { describe, expect, test } from 'vitest';
import { Database } from '../../../src/db/database.ts';
import { useDatabase } from '../../support/database.ts';

describe('a transaction', () => {
  const db = useDatabase();

  test('one of whose statements failed unnoticed is not taken for committed: PostgreSQL answers COMMIT with a roll-back', async () => {
    const database = new Database(db.url);
    await database.query('CREATE TABLE notes (text text)');

    const work = database.transaction(async (tx) => {
      await tx.query(`INSERT INTO notes VALUES ('lost')`);
      await tx.query('SELECT 1 / 0').catch(() => undefined);
    });

    await expect(work).rejects.toThrow('nothing was committed');
    expect(await database.query('SELECT text FROM notes')).toEqual([]);
    await database.close();
  });

  test('fails for the reason of its first failure, not because a later statement came after one', async () => {
    const database = new Database(db.url);
    const full = `DO $$ BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = 'disk_full'; END $$`;

    const aborted = database.transaction(async (tx) => {
      const [, second] = await Promise.allSettled([tx.query(full), tx.query('SELECT 1')]);
      if (second?.status === 'rejected') throw second.reason;
    });
    await expect(aborted).rejects.toMatchObject({ code: '53100' });
    const unnoticed = database.transaction(async (tx) => tx.query(full).catch(() => undefined));
    await expect(unnoticed).rejects.toMatchObject({ code: '53100' });

    expect(database.isShort).toBe(true);
    await database.close();
  });

  test('a failure that was taken back to a savepoint is not the reason of a later one', async () => {
    const database = new Database(db.url);

    const work = database.transaction(async (tx) => {
      await tx.query('SAVEPOINT operation');
      await tx.query('SELECT 1 / 0').catch(() => undefined);
      await tx.query('ROLLBACK TO SAVEPOINT operation');
      await tx.query(`SELECT 'x'::int`).catch(() => undefined);
      await tx.query('SELECT 1');
    });

    await expect(work).rejects.toMatchObject({ code: '22P02' });
    await database.close();
  });
});
