import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSlackChannel } from '../../src/channels/slack/channel.ts';
import { silentLog } from '../../src/lib/log.ts';
import { Secret } from '../../src/lib/secret.ts';
import { mutated } from '../fixtures/slack/mutate.ts';
import { directMessage, eventCallback, form, FORM, NOW, SECRET, signed } from '../fixtures/slack/requests.ts';
import { FixedClock } from '../support/fixed-clock.ts';

const channel = createSlackChannel(
  { botToken: new Secret('x'), signingSecret: new Secret(SECRET), apiUrl: 'http://127.0.0.1:9/' },
  { clock: new FixedClock(NOW), log: silentLog },
);

const press = {
  type: 'block_actions',
  user: { id: 'U1' },
  channel: { id: 'D1' },
  container: { message_ts: '1.2' },
  state: { values: { b: { 'select:x': { selected_option: { value: 'y' } } } } },
  actions: [{ type: 'button', action_id: 'approve', action_ts: '1.1', value: 'abcd:1:approve' }],
};
const changed = {
  type: 'message',
  subtype: 'message_changed',
  channel: 'D1',
  ts: '1',
  message: { ts: '1', user: 'U1', text: 'a', edited: {} },
  previous_message: { text: 'b' },
};
const samples: readonly Record<string, unknown>[] = [
  eventCallback(directMessage('hi', { files: [{ id: 'F1' }] })),
  eventCallback(changed),
  press,
];

test('an authentic payload with any one value replaced is taken or refused, and never throws', async () => {
  let heard = 0;
  await fc.assert(
    fc.asyncProperty(mutated(samples), async ({ sample, body }) => {
      const request = sample === press ? signed(form({ payload: body }), { contentType: FORM }) : signed(body);
      const result = await channel.receive(request, NOW);

      if ('refused' in result) {
        expect(result.status).toBe(400);
        return;
      }
      heard += result.events.length;
      for (const event of result.events) {
        expect(event.deliveryKeys[0]).not.toBe('');
        expect(Number.isNaN(event.occurredAt.getTime())).toBe(false);
      }
    }),
    { seed: 20_261_121, numRuns: 600 },
  );
  expect(heard).toBeGreaterThan(100);
});

test('any bytes without a signature, or with a wrong one, are refused with 401', async () => {
  const signatures = fc.constantFrom({ 'x-slack-signature': `v0=${'0'.repeat(64)}` }, { 'x-slack-signature': '' }, {});
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), signatures, async (bytes, signature) => {
      const { headers, ...request } = signed(Buffer.from(bytes));
      const { 'x-slack-signature': _, ...others } = headers;
      const result = await channel.receive({ ...request, headers: { ...others, ...signature } }, NOW);
      expect(result).toMatchObject({ refused: true, status: 401 });
    }),
    { seed: 20_261_121, numRuns: 200 },
  );
});
