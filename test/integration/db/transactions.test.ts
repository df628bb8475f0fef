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
});
