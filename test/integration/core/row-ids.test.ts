import { describe, expect, test } from 'vitest';
import { RowIds } from '../../../src/core/unit/row-ids.ts';
import type { Statement, Tx } from '../../../src/db/database.ts';
import { useDatabase } from '../../support/database.ts';

describe('ids of a unit', () => {
  const db = useDatabase();

  /** Runs `work` in a transaction and counts what it asks the database. */
  async function counted<T>(
    work: (ids: RowIds) => Promise<T>,
  ): Promise<{ readonly result: T; readonly asked: number }> {
    let asked = 0;
    const result = await db.database.transaction(async (tx) => {
      const counting: Tx = {
        query: async <R extends object>(query: Statement | string, values?: readonly unknown[]) => {
          asked += 1;
          return tx.query<R>(query, values);
        },
      };
      return work(new RowIds(counting));
    });
    return { result, asked };
  }

  test('asked for in advance cost no further question', async () => {
    const { result, asked } = await counted(async (ids) => {
      ids.ask({ outbox: 2, timeline: 3, audit: 0 });
      return ids.take({ outbox: 2, timeline: 3, audit: 0 });
    });

    expect(asked).toBe(1);
    expect([result.outbox.length, result.timeline.length, result.audit.length]).toEqual([2, 3, 0]);
  });

  test('that are missing are asked for, and come after those that were there', async () => {
    const { result, asked } = await counted(async (ids) => {
      ids.ask({ outbox: 1, timeline: 0, audit: 0 });
      return ids.take({ outbox: 3, timeline: 0, audit: 2 });
    });

    expect(asked).toBe(2);
    expect([...result.outbox].sort((a, b) => Number(a - b))).toEqual(result.outbox);
    expect(new Set(result.outbox).size).toBe(3);
    expect(new Set(result.audit).size).toBe(2);
  });

  test('go first to who takes first: what came in stands before its answer', async () => {
    const { result } = await counted(async (ids) => {
      ids.ask({ outbox: 0, timeline: 4, audit: 0 });
      const counts = { outbox: 0, timeline: 2, audit: 0 };
      return Promise.all([ids.take(counts), ids.take(counts)]);
    });

    const [incoming, outgoing] = result.map(({ timeline }) => timeline);
    expect(Math.max(...(incoming ?? []).map(Number))).toBeLessThan(Math.min(...(outgoing ?? []).map(Number)));
    expect(new Set([...(incoming ?? []), ...(outgoing ?? [])]).size).toBe(4);
  });
});
