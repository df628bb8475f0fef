import { deserialize, serialize } from 'node:v8';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fieldsOf } from '../../../../src/sandbox/kernel/values.ts';
import { after, HE, inline, type OurEndpoint, ourEndpoint, type Stage, stage } from './support.ts';

let ours: OurEndpoint;
let before: Stage;
let again: Stage;
beforeEach(async () => {
  ours = await ourEndpoint();
  before = await stage();
});
afterEach(async () => {
  await again.close();
  await ours.close();
});

async function restart(): Promise<void> {
  await before.close();
  const state: unknown = deserialize(serialize(before.telegram.exportState()));
  again = await stage({ now: after(3) });
  again.telegram.importState(state);
}

test('after a restart the private chat, its buttons, keyboard and files are still there', async () => {
  await before.telegram.start(HE);
  await before.telegram.sendFile(HE, { name: '流水.pdf', mime: 'application/pdf', bytes: Buffer.from('%PDF') });
  const { message_id } = await before.ok('sendMessage', { chat_id: HE, text: '卡', reply_markup: inline('a:1:ok') });
  await before.ok('sendMessage', { chat_id: HE, text: '选', reply_markup: { keyboard: [['有房']] } });
  await restart();

  expect(again.telegram.screen(HE).messages[1]?.file).toEqual({
    name: '流水.pdf',
    mime: 'application/pdf',
    size: 4,
    bytes: Buffer.from('%PDF'),
  });
  expect(again.last(HE).choices).toEqual([{ text: '有房' }]);
  await again.telegram.tap(HE, String(message_id), 'a:1:ok');
  expect(again.telegram.spinning(HE)).toHaveLength(1);
  expect(await again.ok('editMessageText', { chat_id: HE, message_id, text: '已批' })).toMatchObject({ text: '已批' });
});

test('the webhook and what was not delivered outlive a restart', async () => {
  await before.call('setWebhook', { url: ours.url, secret_token: 'secret-1' });
  ours.reply = () => ({ status: 503 });
  await before.telegram.start(HE);
  await restart();
  ours.reply = () => undefined;
  await again.telegram.setNow(after(4));

  expect(ours.seen.map(({ body }) => body['update_id'])).toHaveLength(3);
  expect(new Set(ours.seen.map(({ body }) => body['update_id'])).size).toBe(1);
  expect(ours.seen.at(-1)?.headers['x-telegram-bot-api-secret-token']).toBe('secret-1');
});

test('a block outlives a restart', async () => {
  await before.telegram.start(HE);
  await before.telegram.block(HE);
  await restart();

  expect(await again.fails(403, 'sendMessage', { chat_id: HE, text: 'x' })).toBe(
    'Forbidden: bot was blocked by the user',
  );
});

test('ids made after a restart were never given before', async () => {
  await before.call('setWebhook', { url: ours.url });
  await before.telegram.start(HE);
  await restart();
  await again.telegram.say(HE, '二');

  const [one, two] = ours.seen.map(({ body }) => body);
  expect(Number(two?.['update_id'])).toBeGreaterThan(Number(one?.['update_id']));
  expect(Number(fieldsOf(two?.['message'])['message_id'])).toBeGreaterThan(
    Number(fieldsOf(one?.['message'])['message_id']),
  );
});

test('a Telegram state of another shape is ignored', async () => {
  await restart();
  for (const state of [undefined, 'x', [], { version: 0 }, { format: 'telegram 0' }]) again.telegram.importState(state);

  await again.telegram.start(HE);
  expect(again.last(HE).text).toBe('/start');
});
