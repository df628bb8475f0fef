import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { statements } from '../../../src/db/database.ts';
import { useDatabase } from '../../support/database.ts';

const SRC = path.resolve(import.meta.dirname, '../../../src');

describe('every prepared statement of the product', () => {
  const database = useDatabase();

  test('is understood by the server as the migrations left it', async () => {
    const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter(
      (file) => file.endsWith('.ts') && !/^(sandbox\/page|console\/|db\/generated|main\.ts)/.test(file),
    );
    for (const file of files) await import(path.join(SRC, file));
    const client = await database.pool.connect();
    const refused: string[] = [];
    try {
      for (const { name, text } of statements.values()) {
        await client
          .query(`PREPARE "${name}" AS ${text}`)
          .catch((error: unknown) => refused.push(`${name}: ${String(error)}`));
      }
    } finally {
      client.release(true);
    }

    expect(statements.size).toBeGreaterThan(150);
    expect(refused).toEqual([]);
  });
});
