import { expect, onTestFinished, test, vi } from 'vitest';
import { Metrics } from '../../../src/api/metrics.ts';
import type { Tx } from '../../../src/db/database.ts';

const nothingWaits = { query: async () => [] } as unknown as Tx;

test('tries to deliver are counted by platform and outcome, so that a platform that refuses us shows', async () => {
  const metrics = new Metrics();
  for (const outcome of ['sent', 'sent', 'failed']) metrics.delivery('wecom', outcome);
  metrics.delivery('slack', 'unknown');

  const { body } = await metrics.text(nothingWaits);

  expect(body).toContain('daiban_deliveries_total{platform="wecom",outcome="sent"} 2');
  expect(body).toContain('daiban_deliveries_total{platform="wecom",outcome="failed"} 1');
  expect(body).toContain('daiban_deliveries_total{platform="slack",outcome="unknown"} 1');
});

test('a database that hangs keeps no figure waiting but its own: it is said to be down', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const metrics = new Metrics();
  metrics.delivery('wecom', 'sent');

  const text = metrics.text({ query: async () => new Promise(() => undefined) } as unknown as Tx);
  await vi.advanceTimersByTimeAsync(3_000);
  const { body } = await text;

  expect(body).toContain('daiban_database_up 0');
  expect(body).not.toContain('daiban_rows_waiting{');
  expect(body).toContain('daiban_deliveries_total{platform="wecom",outcome="sent"} 1');
});
