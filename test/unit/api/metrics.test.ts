import { expect, test } from 'vitest';
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
