import { expect, onTestFinished, test, vi } from 'vitest';
import { Metrics } from '../../../src/api/metrics.ts';
import type { Tx } from '../../../src/db/database.ts';

test('messages are counted by platform and state, asked of the database once in ten seconds however often one looks', async () => {
  let asked = 0;
  const tx = {
    query: async ({ name }: { name: string }) => {
      if (name !== 'metrics-outbox') return [];
      asked += 1;
      return [{ platform: 'wecom', state: 'retrying', n: 3 }];
    },
  } as unknown as Tx;
  const metrics = new Metrics();

  await metrics.text(tx);
  const { body } = await metrics.text(tx);

  expect(body).toContain('daiban_outbox{platform="wecom",state="retrying"} 3');
  expect(asked).toBe(1);
});

test('a database that hangs keeps no figure waiting but its own: it is said to be down', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const metrics = new Metrics();
  metrics.webhook('wecom', 'stored');

  const text = metrics.text({ query: async () => new Promise(() => undefined) } as unknown as Tx);
  await vi.advanceTimersByTimeAsync(3_000);
  const { body } = await text;

  expect(body).toContain('daiban_database_up 0');
  expect(body).not.toContain('daiban_rows_waiting{');
  expect(body).toContain('daiban_webhooks_total{platform="wecom",outcome="stored"} 1');
});
