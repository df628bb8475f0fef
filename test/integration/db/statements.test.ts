import { readdirSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { statements } from '../../../src/db/database.ts';
import { useDatabase } from '../../support/database.ts';

const SRC = path.resolve(import.meta.dirname, '../../../src');

/** Tables that stay small however long a company works; they may be read whole. */
const SMALL = ['audit_unsealed', 'business_clock', 'channel_states', 'data_keys', 'staff'];

describe('every prepared statement of the product', () => {
  const database = useDatabase();

  beforeAll(async () => {
    const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter(
      (file) => file.endsWith('.ts') && !/^(sandbox\/page|console\/|db\/generated|main\.ts)/.test(file),
    );
    for (const file of files) await import(path.join(SRC, file));
  });

  test('is understood by the server as the migrations left it', async () => {
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

  test.each([
    ['todos-finish-about', 'todos_open_subject'],
    ['approvals-alarmed', 'todos_open_subject'],
    ['instances-stopped', 'instances_stopped'],
    ['applications-latest', 'applications_lead'],
    ['handover-talks', 'conversations_silenced'],
  ])('%s looks only at what it is about', async (name, index) => {
    const client = await database.pool.connect();
    try {
      const { rows } = await client.query<{ 'QUERY PLAN': string }>(
        `EXPLAIN (GENERIC_PLAN) ${statements.get(name)?.text ?? ''}`,
      );
      const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
      expect(plan).toContain(index);
      expect(plan).not.toContain('Seq Scan');
    } finally {
      client.release(true);
    }
  });

  test('finds its rows by an index, so that it costs the same after years: no table that grows is read whole', async () => {
    const client = await database.pool.connect();
    const scans: string[] = [];
    try {
      await client.query('SET enable_seqscan = off'); // what is left is where no index would do
      for (const { name, text } of statements.values()) {
        const { rows } = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN (GENERIC_PLAN) ${text}`);
        for (const { 'QUERY PLAN': line } of rows) {
          const table = /Seq Scan on (\w+)/.exec(line)?.[1];
          if (table !== undefined && !SMALL.includes(table)) scans.push(`${name}: ${table}`);
        }
      }
    } finally {
      client.release(true);
    }

    expect(scans).toEqual([]);
  });
});
