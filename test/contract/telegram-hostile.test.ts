import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTelegramChannel } from '../../src/channels/telegram/channel.ts';
import { silentLog } from '../../src/lib/log.ts';
import { Secret } from '../../src/lib/secret.ts';
import { mutated } from '../fixtures/slack/mutate.ts';
import {
  callback,
  membership,
  PERSON,
  privateMessage,
  TOKEN,
  webhook,
  WEBHOOK_SECRET,
} from '../fixtures/telegram/updates.ts';
import { FixedClock } from '../support/fixed-clock.ts';

const NOW = new Date('2026-01-01T00:00:00Z');
const channel = createTelegramChannel(
  { botToken: new Secret(TOKEN), webhookSecret: new Secret(WEBHOOK_SECRET), apiRoot: 'http://127.0.0.1:9' },
  { clock: new FixedClock(NOW), log: silentLog },
);

const { message } = privateMessage({ text: '改', edit_date: 1 });
const samples: readonly Record<string, unknown>[] = [
  privateMessage({ text: '/start abc', photo: [{ file_id: 'f', file_unique_id: 'u', width: 1, height: 1 }] }),
  privateMessage({ contact: { phone_number: '138', user_id: PERSON } }),
  { update_id: 1, edited_message: message },
  callback('abcd1234:1:approve'),
  membership('kicked'),
];

test('an authentic update with any one value replaced is taken or refused with 400, and never throws', async () => {
  let taken = 0;
  await fc.assert(
    fc.asyncProperty(mutated(samples), async ({ body }) => {
      const result = await channel.receive(webhook(body), NOW);

      if ('refused' in result) {
        expect(result.status).toBe(400);
        return;
      }
      taken += 1;
      expect(result.events).toHaveLength(1);
      expect(Number.isNaN(result.events[0]?.occurredAt.getTime())).toBe(false);
    }),
    { seed: 20_261_121, numRuns: 800 },
  );
  expect(taken).toBeGreaterThan(100);
});
