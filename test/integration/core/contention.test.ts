/** An operation whose transaction loses against another one has left nothing behind, so it is simply run again. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { problemHandler } from '../../../src/api/problem.ts';
import { createApiRouter } from '../../../src/api/router.ts';
import type { Ctx } from '../../../src/core/operations/context.ts';
import { defineOperation, Registry } from '../../../src/core/operations/operation.ts';
import { performOperation, type UnitDeps } from '../../../src/core/unit/unit.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { Secret } from '../../../src/lib/secret.ts';
import { SYSTEM, useProduct } from '../../support/product.ts';

const LOCK = 'SELECT key FROM pace_buckets WHERE key = $1 FOR UPDATE';
const TOKEN = 'a-token-of-the-contention-test';
let runs = 0;
/** Both have their first row before either asks for its second; runs after that find nobody waiting. */
let meeting: { readonly wait: () => Promise<void> };

function meetingOf(people: number): typeof meeting {
  let open = (): void => undefined;
  const all = new Promise<void>((resolve) => (open = resolve));
  let here = 0;
  return {
    wait: async () => {
      here += 1;
      if (here >= people) open();
      await all;
    },
  };
}

const crossing = defineOperation({
  name: 'test.cross',
  summary: 'Locks two rows in the order it is told',
  access: { system: 'all' },
  input: z.strictObject({ first: z.string(), second: z.string() }),
  output: z.object({}),
  async run(ctx, { first, second }) {
    runs += 1;
    await ctx.tx.query(LOCK, [first]);
    await meeting.wait();
    await ctx.tx.query(LOCK, [second]);
    ctx.effects.incident({ kind: 'test.crossed' });
    return {};
  },
});

async function lose(ctx: Ctx, code: string): Promise<Record<string, never>> {
  runs += 1;
  await ctx.tx.query(`INSERT INTO pace_buckets (key, arrival_at) VALUES ($1, '2026-11-21')`, [`lost:${runs}`]);
  await ctx.tx.query(`DO $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = '${code}'; END $$`);
  return {};
}

const losing = defineOperation({
  name: 'test.lose',
  summary: 'Fails with the SQLSTATE it is told, every time',
  access: { system: 'all', admin: 'all' },
  input: z.strictObject({ code: z.string() }),
  output: z.object({}),
  http: { method: 'POST', path: '/test/lose' },
  run: async (ctx, { code }) => lose(ctx, code),
});

describe('an operation that meets others at its locks', () => {
  const product = useProduct();
  let deps: UnitDeps;

  beforeAll(async () => {
    deps = { ...product.deps, registry: new Registry().add(crossing, losing) };
    await product.db.pool.query(
      `INSERT INTO pace_buckets (key, arrival_at) VALUES ('a', '2026-11-21'), ('b', '2026-11-21')`,
    );
  });
  beforeEach(() => {
    runs = 0;
    meeting = meetingOf(2);
  });

  test('and falls to a deadlock is run again; both are done, each once', async () => {
    const cross = async (first: string, second: string): Promise<unknown> =>
      performOperation(deps, { actor: SYSTEM, via: 'test' }, 'test.cross', { first, second });

    await Promise.all([cross('a', 'b'), cross('b', 'a')]);

    expect(runs).toBe(3);
    const { rows } = await product.db.pool.query(`SELECT 1 FROM incidents WHERE kind = 'test.crossed'`);
    expect(rows).toHaveLength(2);
  });

  test.each(['40001', '40P01'])('and always loses (%s) is refused as unavailable after four runs', async (code) => {
    const lost = performOperation(deps, { actor: SYSTEM, via: 'test' }, 'test.lose', { code });

    await expect(lost).rejects.toMatchObject({ code: 'service.unavailable', status: 503, retry: { afterMs: 1_000 } });
    expect(runs).toBe(4);
    const { rows } = await product.db.pool.query(`SELECT 1 FROM pace_buckets WHERE key LIKE 'lost:%'`);
    expect(rows).toEqual([]);
  });

  test('or fails for any other reason is run once: whether it was stored may not be known', async () => {
    const fault = performOperation(deps, { actor: SYSTEM, via: 'test' }, 'test.lose', { code: '40003' });

    await expect(fault).rejects.toMatchObject({ code: '40003' });
    expect(runs).toBe(1);
  });

  describe('over HTTP', () => {
    const server = createServer();
    let address = '';

    beforeAll(async () => {
      const app = express();
      const auth = { bootstrap: new Secret(TOKEN), findToken: async () => undefined };
      app.use('/api/v1', createApiRouter({ registry: deps.registry, unit: deps, auth }));
      app.use(problemHandler(deps.services.texts, silentLog));
      server.on('request', app);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/test/lose`;
    });
    afterAll(() => server.close());

    test('the caller is told when to come back', async () => {
      const response = await fetch(address, {
        method: 'POST',
        headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
        body: JSON.stringify({ code: '40P01' }),
      });

      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
      expect(await response.json()).toMatchObject({ code: 'service.unavailable', status: 503 });
    });
  });
});
