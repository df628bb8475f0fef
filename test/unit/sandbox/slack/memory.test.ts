import { deserialize, serialize } from 'node:v8';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fieldsOf } from '../../../../src/sandbox/kernel/values.ts';
import { after, buttons, type OurEndpoint, ourEndpoint, section, type Stage, stage } from './support.ts';

let ours: OurEndpoint;
let before: Stage;
let again: Stage;
beforeEach(async () => {
  ours = await ourEndpoint();
  before = await stage({ eventsUrl: ours.url });
});
afterEach(async () => {
  await again.close();
  await ours.close();
});

/** Stops the look-alike and starts another one with what it remembered. */
async function restart(): Promise<void> {
  await before.close();
  const state: unknown = deserialize(serialize(before.slack.exportState()));
  again = await stage({ eventsUrl: ours.url, now: after(10) });
  again.slack.importState(state);
}

test('after a restart the talk, its cards and its files are still there and can be used', async () => {
  await before.slack.sendFile('U0LIN', { name: 'a.pdf', mime: 'application/pdf', bytes: Buffer.from('%PDF') });
  const { channel, ts } = await before.call('chat.postMessage', {
    channel: 'U0LIN',
    text: '审批',
    blocks: [buttons('act', 'approve')],
  });
  await restart();

  expect(again.slack.screen('U0LIN').messages).toMatchObject([
    { file: { name: 'a.pdf', size: 4 } },
    { id: ts, text: '审批' },
  ]);
  await again.slack.tap('U0LIN', String(ts), 'approve');
  expect(ours.seen.at(-1)?.body).toMatchObject({ type: 'block_actions', container: { channel_id: channel } });
  expect((await again.call('chat.update', { channel, ts, text: '已批', blocks: [section('已批')] }))['ok']).toBe(true);
});

test('a response_url handed out before a restart still works after it', async () => {
  const { ts } = await before.call('chat.postMessage', { channel: 'U0LIN', text: 'x', blocks: [buttons('act', 'go')] });
  await before.slack.tap('U0LIN', String(ts), 'go');
  const address = new URL(String(ours.seen.at(-1)?.body['response_url']));
  await restart();
  const response = await fetch(`${again.base}${address.pathname}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"text":"好"}',
  });

  expect(response.status).toBe(200);
  expect(again.slack.screen('U0LIN').toasts.map(({ text }) => text)).toEqual(['好']);
});

test('an event that was not answered before a restart is sent again after it, with the same event_id', async () => {
  ours.reply = () => ({ status: 500 });
  await before.slack.say('U0LIN', 'x');
  await restart();
  ours.reply = () => undefined;
  await again.slack.setNow(after(60));

  const events = ours.seen.map(({ body }) => body['event_id']);
  expect(events).toHaveLength(3);
  expect(new Set(events).size).toBe(1);
});

test('ids and stamps made after a restart were never given before', async () => {
  await before.slack.say('U0LIN', '一');
  await restart();
  await again.slack.say('U0LIN', '二');

  const [one, two] = ours.events('message');
  expect(two?.['event_id']).not.toBe(one?.['event_id']);
  expect(String(fieldsOf(two?.['event'])['ts']) > String(fieldsOf(one?.['event'])['ts'])).toBe(true);
});

test('a Slack state of another shape is ignored', async () => {
  await restart();
  for (const state of [undefined, 'x', [], { version: 0 }, { format: 'slack 0' }]) again.slack.importState(state);

  await again.slack.say('U0LIN', '好');
  expect(again.slack.screen('U0LIN').messages.map(({ text }) => text)).toEqual(['好']);
});
