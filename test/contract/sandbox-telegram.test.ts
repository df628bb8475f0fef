/** The Telegram look-alike against two frameworks nobody here wrote: telegraf and grammY. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Bot, GrammyError, InlineKeyboard, InputFile, webhookCallback } from 'grammy';
import { Telegraf, TelegramError } from 'telegraf';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { after, HE, type Stage, stage, TOKEN } from '../unit/sandbox/telegram/support.ts';
import { listen, shut } from '../support/loopback.ts';

const PDF = Buffer.from('%PDF-1.7');
const OWN_PHONE = '8613800006612';

let s: Stage;
beforeEach(async () => {
  s = await stage();
});
afterEach(() => s.close());

const shown = () =>
  s.telegram
    .screen(HE)
    .messages.filter(({ from }) => from === 'bot')
    .map(({ text }) => text);

type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** Runs with `handler` behind a real server; a handler that rejects is answered 500, as express would. */
async function served(handler: Handler, run: (url: string) => Promise<void>): Promise<void> {
  const server = createServer((request, response) => {
    Promise.resolve(handler(request, response)).catch(() => response.writeHead(500).end());
  });
  try {
    await run(await listen(server));
  } finally {
    await shut(server);
  }
}

describe('telegraf against the look-alike', () => {
  const bot = () =>
    new Telegraf(TOKEN, { handlerTimeout: Infinity, telegram: { apiRoot: s.base, webhookReply: false } });

  test('telegraf sends, edits, deletes and meets errors as TelegramError', async () => {
    const { telegram } = bot();
    await s.telegram.start(HE);
    const sent = await telegram.sendMessage(HE, '<b>审批</b>', {
      parse_mode: 'HTML',
      reply_markup: { inline_keyboard: [[{ text: '同意', callback_data: 'a:1:ok' }]] },
    });
    await telegram.editMessageText(HE, sent.message_id, undefined, '已批');

    expect(shown()).toEqual(['已批']);
    await expect(telegram.editMessageText(HE, sent.message_id, undefined, '已批')).rejects.toMatchObject({ code: 400 });
    await expect(telegram.sendMessage(1, 'x')).rejects.toBeInstanceOf(TelegramError);
    expect(await telegram.deleteMessage(HE, sent.message_id)).toBe(true);
  });

  test('telegraf uploads a document and downloads what a person sent', async () => {
    const { telegram } = bot();
    await s.telegram.start(HE);
    const sent = await telegram.sendDocument(HE, { source: PDF, filename: '计划.pdf' }, { caption: '请看' });
    const link = await telegram.getFileLink(sent.document.file_id);
    const response = await fetch(link);

    expect(s.last(HE)).toMatchObject({ text: '请看', file: { name: '计划.pdf', size: 8 } });
    expect(Buffer.from(await response.arrayBuffer())).toEqual(PDF);
  });

  test('telegraf reads the wait out of a 429', async () => {
    await s.telegram.start(HE);
    s.telegram.addFault({
      platform: 'telegram',
      method: 'sendMessage',
      times: 1,
      effect: { kind: 'error', code: '429', retryAfterSeconds: 9 },
    });

    await expect(bot().telegram.sendMessage(HE, 'x')).rejects.toMatchObject({
      code: 429,
      parameters: { retry_after: 9 },
    });
  });

  test("telegraf's webhook hears a deep link, a contact, a photo and a press, and answers the press", async () => {
    const heard: unknown[] = [];
    const app = bot();
    app.start((context) => void heard.push(['start', context.payload]));
    app.on('contact', (context) => void heard.push(['contact', context.message.contact.user_id === context.from.id]));
    app.on('photo', (context) => void heard.push(['photo', context.message.photo.at(-1)?.file_size]));
    app.action('a:1:ok', async (context) => {
      heard.push(['press', context.from.id]);
      await context.answerCbQuery('已处理');
    });
    await served(app.webhookCallback('/hook', { secretToken: 'secret-1' }), async (url) => {
      await app.telegram.setWebhook(`${url}/hook`, { secret_token: 'secret-1' });
      await s.telegram.start(HE, 'bind_7f3k');
      await s.telegram.shareContact(HE, OWN_PHONE, true);
      await s.telegram.sendFile(HE, { name: 'a.jpg', mime: 'image/jpeg', bytes: Buffer.alloc(30_000) });
      await app.telegram.sendMessage(HE, '卡', {
        reply_markup: { inline_keyboard: [[{ text: '同意', callback_data: 'a:1:ok' }]] },
      });
      await s.telegram.tap(HE, s.last(HE).id, 'a:1:ok');
    });

    expect(heard).toEqual([
      ['start', 'bind_7f3k'],
      ['contact', true],
      ['photo', 30_000],
      ['press', Number(HE)],
    ]);
    expect(s.telegram.screen(HE).toasts.map(({ text }) => text)).toEqual(['已处理']);
    expect(s.telegram.spinning(HE)).toEqual([]);
  });

  test('telegraf refuses a wrong secret and the update stays', async () => {
    const app = bot();
    await served(app.webhookCallback('/hook', { secretToken: 'right' }), async (url) => {
      await app.telegram.setWebhook(`${url}/hook`, { secret_token: 'wrong' });
      await s.telegram.start(HE);
    });
    expect(await app.telegram.getWebhookInfo()).toMatchObject({
      pending_update_count: 1,
      last_error_message: 'Wrong response from the webhook: 403 Forbidden',
    });
  });

  test('telegraf polls', async () => {
    const app = bot();
    const heard = new Promise((resolve) => app.on('text', (context) => resolve(context.message.text)));
    const polling = app.launch({ dropPendingUpdates: false });
    await s.telegram.start(HE);

    expect(await heard).toBe('/start');
    app.stop();
    await polling;
  });
});

describe('grammY against the look-alike', () => {
  const bot = () => new Bot(TOKEN, { client: { apiRoot: s.base } });

  test('grammY sends with reply parameters beside a file, edits a caption and meets errors as GrammyError', async () => {
    const { api } = bot();
    await s.telegram.start(HE);
    const sent = await api.sendDocument(HE, new InputFile(PDF, '计划.pdf'), {
      caption: '旧',
      reply_parameters: { message_id: 1 },
    });
    await api.editMessageCaption(HE, sent.message_id, { caption: '新' });

    expect(sent.reply_to_message?.message_id).toBe(1);
    expect(s.last(HE)).toMatchObject({ text: '新', edited: true });
    await expect(api.sendMessage(HE, '1.5', { parse_mode: 'MarkdownV2' })).rejects.toBeInstanceOf(GrammyError);
    await expect(api.sendMessage(HE, '1.5', { parse_mode: 'MarkdownV2' })).rejects.toMatchObject({ error_code: 400 });
  });

  test('grammY meets a blocked person as 403 and hears of the block', async () => {
    const app = bot();
    const statuses: string[] = [];
    app.on('my_chat_member', (context) => void statuses.push(context.myChatMember.new_chat_member.status));
    await app.init();
    await served(webhookCallback(app, 'http', { secretToken: 'secret-1' }), async (url) => {
      await app.api.setWebhook(url, { secret_token: 'secret-1' });
      await s.telegram.start(HE);
      await s.telegram.block(HE);
      await expect(app.api.sendMessage(HE, 'x')).rejects.toMatchObject({
        error_code: 403,
        description: 'Forbidden: bot was blocked by the user',
      });
    });
    expect(statuses).toEqual(['kicked']);
  });

  test('a handler that throws is answered 500 and gets the update again after 2 seconds', async () => {
    const app = bot();
    let tries = 0;
    app.command('start', async (context) => {
      tries += 1;
      if (tries < 3) throw new Error('down');
      await context.reply('您好', { reply_markup: new InlineKeyboard().text('同意', 'a:1:ok') });
    });
    await app.init();
    await served(webhookCallback(app, 'http'), async (url) => {
      await app.api.setWebhook(url);
      await s.telegram.start(HE);
      expect(shown()).toEqual([]);
      await s.telegram.setNow(after(2));
    });

    expect(tries).toBe(3);
    expect(shown()).toEqual(['您好']);
  });

  test('grammY may answer a press out of its webhook answer', async () => {
    const app = new Bot(TOKEN, {
      client: { apiRoot: s.base, canUseWebhookReply: (method) => method === 'answerCallbackQuery' },
    });
    app.callbackQuery('a:1:ok', (context) => context.answerCallbackQuery('好'));
    await app.init();
    await s.telegram.start(HE);
    await app.api.sendMessage(HE, '卡', { reply_markup: new InlineKeyboard().text('同意', 'a:1:ok') });
    await served(webhookCallback(app, 'http'), async (url) => {
      await app.api.setWebhook(url);
      await s.telegram.tap(HE, s.last(HE).id, 'a:1:ok');
    });

    expect(s.telegram.screen(HE).toasts.map(({ text }) => text)).toEqual(['好']);
    expect(s.telegram.spinning(HE)).toEqual([]);
  });

  test('grammY polls, confirms what it got and hears edits', async () => {
    const app = bot();
    const edited = new Promise((resolve) =>
      app.on('edited_message:text', (context) => resolve(context.editedMessage.text)),
    );
    app.on('message', () => undefined);
    const polling = app.start();
    await s.telegram.start(HE);
    await s.telegram.say(HE, '30万');
    await s.telegram.edit(HE, '2', '50万');

    expect(await edited).toBe('50万');
    await app.stop();
    await polling;
    expect((await app.api.getWebhookInfo()).pending_update_count).toBe(0);
  });
});
