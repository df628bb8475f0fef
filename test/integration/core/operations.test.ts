import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { inUnit, performOperation, type UnitDeps } from '../../../src/core/unit/unit.ts';
import { defineOperation, Registry } from '../../../src/core/operations/operation.ts';
import { AppError, commonErrors } from '../../../src/lib/errors.ts';
import { SYSTEM, refusalOf, useProduct } from '../../support/product.ts';

const note = z.strictObject({ key: z.string() });
const WRITE = `INSERT INTO pace_buckets (key, arrival_at) VALUES ($1, '2026-11-21')`;
const conflict = (): AppError => new AppError(commonErrors['state.conflict']);

const ABOUT = '0192a1b2-1345-7123-8123-13812345678a';

/** Writes its key, says whom it is about, and refuses. */
const refusing = defineOperation({
  name: 'test.refuse',
  summary: 'Writes and refuses',
  access: { system: 'all' },
  input: note,
  output: z.object({}),
  async run(ctx, input) {
    await ctx.tx.query(WRITE, [input.key]);
    ctx.effects.incident({ kind: 'test' });
    ctx.effects.touch(ABOUT);
    throw conflict();
  },
});

/** Writes, survives what it calls being refused, and then does as it is told. */
const outer = defineOperation({
  name: 'test.outer',
  summary: 'Calls another operation that refuses',
  access: { system: 'all' },
  input: z.strictObject({ key: z.string(), end: z.enum(['done', 'refuse', 'fault']) }),
  output: z.object({ inner: z.string() }),
  async run(ctx, input) {
    await ctx.tx.query(WRITE, [`${input.key}:before`]);
    const inner = await refusalOf(ctx.call('test.refuse', { key: `${input.key}:inner` }));
    await ctx.tx.query(WRITE, [`${input.key}:after`]);
    if (input.end === 'refuse') throw conflict();
    if (input.end === 'fault') throw new Error('broken');
    return { inner };
  },
});

describe('operations inside operations', () => {
  const product = useProduct();
  let deps: UnitDeps;

  beforeAll(() => {
    deps = { ...product.deps, registry: new Registry().add(refusing, outer) };
  });

  async function left(key: string): Promise<readonly string[]> {
    const { rows } = await product.db.pool.query<{ key: string }>(
      'SELECT key FROM pace_buckets WHERE key LIKE $1 ORDER BY key',
      [`${key}:%`],
    );
    return rows.map((row) => row.key.slice(key.length + 1));
  }

  test('what a refused inner operation wrote is undone, the rest stays', async () => {
    expect(
      await performOperation(deps, { actor: SYSTEM, via: 'api' }, 'test.outer', { key: 'a', end: 'done' }),
    ).toEqual({ inner: 'state.conflict' });
    expect(await left('a')).toEqual(['after', 'before']);
  });

  test('an operation that refuses after an inner refusal undoes everything of its own', async () => {
    expect(
      await refusalOf(performOperation(deps, { actor: SYSTEM, via: 'api' }, 'test.outer', { key: 'b', end: 'refuse' })),
    ).toBe('state.conflict');
    expect(await left('b')).toEqual([]);
  });

  test('a fault undoes the whole unit', async () => {
    await expect(
      performOperation(deps, { actor: SYSTEM, via: 'api' }, 'test.outer', { key: 'c', end: 'fault' }),
    ).rejects.toThrow('broken');
    expect(await left('c')).toEqual([]);
  });

  test('what a refused operation wanted to leave behind is forgotten, its refusal is kept', async () => {
    await refusalOf(performOperation(deps, { actor: SYSTEM, via: 'api' }, 'test.refuse', { key: 'd:x' }));

    expect(await left('d')).toEqual([]);
    expect((await product.db.pool.query(`SELECT 1 FROM incidents WHERE kind = 'test'`)).rows).toEqual([]);
    expect(
      (
        await product.db.pool.query(
          `SELECT outcome FROM audit_entries WHERE action = 'test.refuse' ORDER BY id DESC LIMIT 1`,
        )
      ).rows,
    ).toEqual([{ outcome: 'REFUSED' }]);
  });

  test('whom a refused operation was about stays with the turn: what was said stands on his file', async () => {
    const touched = await inUnit(deps, async (unit) => {
      const turn = unit.turn({ actor: SYSTEM, via: 'api', traceId: 'e' });
      await refusalOf(turn.run('test.refuse', { key: 'e:x' }));
      return [...turn.effects.touched];
    });

    expect(touched).toEqual([ABOUT]);
  });

  test('that cannot read what they are given say so in the audit log like any refusal', async () => {
    const count = async (): Promise<string | undefined> => {
      const { rows } = await product.db.pool.query<{ n: string }>(
        `SELECT count(*) AS n FROM audit_entries WHERE action = 'test.refuse' AND outcome = 'REFUSED'`,
      );
      return rows[0]?.n;
    };
    const before = await count();

    const call = performOperation(deps, { actor: SYSTEM, via: 'api' }, 'test.refuse', { key: 1 });
    expect(await refusalOf(call)).toBe('request.invalid');

    expect(Number(await count()) - Number(before)).toBe(1);
  });
});
