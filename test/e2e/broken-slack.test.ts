/** A Slack app somebody uninstalled: the clock still moves, others are served, and what was kept arrives once it is back. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useDatabase } from '../support/database.ts';
import { hear, until } from './support/phones.ts';
import { Product } from './support/product.ts';

const MINUTE_MS = 60_000;
const database = useDatabase();
let product: Product;

beforeAll(async () => {
  product = new Product(database.url);
  await product.start();
}, 60_000);
afterAll(async () => {
  await product.stop();
  product.remove();
});

test('a revoked token holds what waits for Slack without stopping the clock, and a later try brings it', async () => {
  const fault = {
    platform: 'slack',
    method: 'chat.postMessage',
    times: 2,
    effect: { kind: 'error', code: 'token_revoked' },
  };
  const headers = { 'content-type': 'application/json' };
  await fetch(`${product.url}/sandbox/faults`, { method: 'POST', headers, body: JSON.stringify(fault) });
  const slack = product.phone('slack', 'U0QIAN001');
  const other = product.phone('slack', 'U0ZHAO001');
  const now = async (): Promise<number> => {
    const { rows } = await database.pool.query<{ now: Date }>('SELECT business_now() AS now');
    return rows[0]?.now.getTime() ?? 0;
  };

  await slack.say('帮助');
  await until('the alarm', async () => (await incidents())[0]);
  await other.say('帮助');
  await product.moveClock(new Date((await now()) + MINUTE_MS).toISOString());

  expect((await other.messages()).filter(({ from }) => from === 'bot')).toEqual([]);
  await product.moveClock(new Date((await now()) + 12 * MINUTE_MS).toISOString());
  for (const phone of [slack, other]) await hear(phone, /^您在这里可以：/);
  expect(await incidents()).toEqual([{ is_closed: true }]);
});

async function incidents(): Promise<readonly { readonly is_closed: boolean }[]> {
  const { rows } = await database.pool.query<{ is_closed: boolean }>(
    `SELECT resolved_at IS NOT NULL AS is_closed FROM incidents WHERE kind = 'channel_broken'`,
  );
  return rows;
}
