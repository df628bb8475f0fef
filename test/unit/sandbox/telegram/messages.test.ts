import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fieldsOf } from '../../../../src/sandbox/kernel/values.ts';
import { after, HE, inline, type Stage, stage, updates, WANG } from './support.ts';

let s: Stage;
beforeEach(async () => {
  s = await stage();
  await s.telegram.start(HE);
});
afterEach(() => s.close());

const send = (args: object) => s.call('sendMessage', { chat_id: HE, ...args });
const sent = async (args: object = {}) =>
  (await s.ok('sendMessage', { chat_id: HE, text: '卡', ...args }))['message_id'];

describe('text', () => {
  test('1 to 4,096 characters pass, counted after parsing', async () => {
    expect((await send({ text: `<b>${'a'.repeat(4096)}</b>`, parse_mode: 'HTML' }))['ok']).toBe(true);
    expect(await s.fails(400, 'sendMessage', { chat_id: HE, text: 'a'.repeat(4097) })).toBe(
      'Bad Request: message is too long',
    );
    expect(await s.fails(400, 'sendMessage', { chat_id: HE, text: '' })).toBe('Bad Request: message text is empty');
    expect(await s.fails(400, 'sendMessage', { chat_id: HE, text: ' \n ' })).toBe(
      'Bad Request: text must be non-empty',
    );
  });

  test('HTML becomes entities with UTF-16 offsets', async () => {
    const answer = await send({
      text: ' 😀 <b>金额</b> &lt;30万&gt; <a href="https://a.example/x">链</a> ',
      parse_mode: 'HTML',
    });

    expect(fieldsOf(answer['result'])).toMatchObject({
      text: '😀 金额 <30万> 链',
      entities: [
        { type: 'bold', offset: 3, length: 2 },
        { type: 'text_link', offset: 12, length: 1, url: 'https://a.example/x' },
      ],
    });
  });

  test.each([
    ['HTML', '<x>1</x>', `Unsupported start tag "x" at byte offset 0`],
    ['HTML', '汉<b>1', `Can't find end tag corresponding to start tag "b"`],
    ['HTML', '汉<b>1</i>', `Unmatched end tag at byte offset 7, expected "</b>", found "</i>"`],
    ['MarkdownV2', '1.5%', `Character '.' is reserved and must be escaped with the preceding '\\'`],
    ['MarkdownV2', '汉*粗', `Can't find end of Bold entity at byte offset 3`],
  ])('%s that cannot be parsed names the place: %s', async (parse_mode, text, fault) => {
    expect(await s.fails(400, 'sendMessage', { chat_id: HE, text, parse_mode })).toBe(
      `Bad Request: can't parse entities: ${fault}`,
    );
  });

  test('an unknown parse mode is refused', async () => {
    expect(await s.fails(400, 'sendMessage', { chat_id: HE, text: 'x', parse_mode: 'BBCode' })).toBe(
      'Bad Request: unsupported parse_mode',
    );
  });

  test('given entities are kept, found ones added', async () => {
    const answer = await send({ text: '看 https://a.example/x', entities: [{ type: 'bold', offset: 0, length: 1 }] });
    expect(fieldsOf(answer['result'])['entities']).toEqual([
      { type: 'bold', offset: 0, length: 1 },
      { type: 'url', offset: 2, length: 19 },
    ]);
  });

  test('a message with no chat or an unknown one is refused', async () => {
    expect(await s.fails(400, 'sendMessage', { text: 'x' })).toBe('Bad Request: chat_id is empty');
    expect(await s.fails(400, 'sendMessage', { chat_id: 1, text: 'x' })).toBe('Bad Request: chat not found');
  });

  test('a reply to a missing message is refused unless that is allowed', async () => {
    const reply = (more: object) => ({ chat_id: HE, text: 'x', reply_parameters: { message_id: 99, ...more } });

    expect(await s.fails(400, 'sendMessage', reply({}))).toBe('Bad Request: message to be replied not found');
    expect((await s.call('sendMessage', reply({ allow_sending_without_reply: true })))['ok']).toBe(true);
    expect(await s.ok('sendMessage', { chat_id: HE, text: 'x', reply_parameters: { message_id: 1 } })).toMatchObject({
      reply_to_message: { message_id: 1 },
    });
  });
});

describe('keyboards', () => {
  const button = (more: object) => ({ inline_keyboard: [[{ text: '好', ...more }]] });

  test.each([
    ['no action', button({}), `can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard`],
    [
      'empty callback data',
      button({ callback_data: '' }),
      `can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard`,
    ],
    [
      'two actions',
      button({ callback_data: 'a', url: 'https://a.example' }),
      `can't parse inline keyboard button: Exactly one of the optional fields must be used`,
    ],
    [
      'no text',
      { inline_keyboard: [[{ callback_data: 'a' }]] },
      `can't parse inline keyboard button: Can't find field "text"`,
    ],
    [
      'a bad url',
      button({ url: 'javascript:1' }),
      `inline keyboard button URL 'javascript:1' is invalid: Wrong HTTP URL`,
    ],
    [
      'a web app without https',
      button({ web_app: { url: 'http://a.example' } }),
      `inline keyboard button Web App URL 'http://a.example' is invalid: Only HTTPS links are allowed`,
    ],
    ['no rows', { inline_keyboard: 'x' }, 'field "inline_keyboard" must be of type Array'],
    ['no object', [], 'object expected as reply markup'],
    ['too many buttons', inline(...Array.from({ length: 101 }, (_, i) => `b${i}`)), 'reply markup is too long'],
    ['broken JSON', '{"inline_keyboard"', `can't parse reply markup JSON object`],
  ])('an inline keyboard with %s is refused', async (_name, reply_markup, text) => {
    expect(await s.fails(400, 'sendMessage', { chat_id: HE, text: 'x', reply_markup })).toBe(`Bad Request: ${text}`);
  });

  test('an inline keyboard without buttons is none', async () => {
    expect((await send({ text: 'x', reply_markup: { inline_keyboard: [] } }))['result']).not.toHaveProperty(
      'reply_markup',
    );
  });

  test('a web app button and a contact request are for private chats only', async () => {
    s.telegram.addGroup({ id: -5, title: '群', members: [HE] });
    const markups = [
      button({ web_app: { url: 'https://a.example' } }),
      { keyboard: [[{ text: '手机', request_contact: true }]] },
    ];
    const texts = [];
    for (const reply_markup of markups)
      texts.push(await s.fails(400, 'sendMessage', { chat_id: -5, text: 'x', reply_markup }));

    expect(texts).toEqual([
      'Bad Request: BUTTON_TYPE_INVALID',
      'Bad Request: phone number can be requested in private chats only',
    ]);
  });

  test('a reply keyboard stands until it is removed, and a press of it is a plain message', async () => {
    await send({ text: '选', reply_markup: { keyboard: [['有房', '无房']], resize_keyboard: true } });
    expect(s.last(HE).choices).toEqual([{ text: '有房' }, { text: '无房' }]);

    await s.telegram.tap(HE, s.last(HE).id, '有房');
    expect((await updates(s)).at(-1)).toMatchObject({ message: { text: '有房' } });
    await send({ text: '好', reply_markup: { remove_keyboard: true } });
    expect(s.telegram.screen(HE).messages.some(({ choices }) => choices !== undefined)).toBe(false);
  });

  test('request_contact shares the own phone with the own user_id', async () => {
    await send({
      text: '手机',
      reply_markup: { keyboard: [[{ text: '分享手机', request_contact: true }]], one_time_keyboard: true },
    });
    expect(s.last(HE).choices).toEqual([{ text: '分享手机', requestContact: true }]);
    await s.telegram.tap(HE, s.last(HE).id, '分享手机');

    expect((await updates(s)).at(-1)).toMatchObject({
      message: { contact: { phone_number: '8613800006612', user_id: Number(HE) } },
    });
    expect(s.telegram.screen(HE).messages.some(({ choices }) => choices !== undefined)).toBe(false);
  });
});

describe('edits', () => {
  const edit = (args: object) => ({ chat_id: HE, ...args });

  test('an edit changes the text, sets edit_date and drops an omitted keyboard', async () => {
    const message_id = await sent({ reply_markup: inline('a:1:ok') });
    await s.telegram.setNow(after(60));
    const edited = await s.ok('editMessageText', edit({ message_id, text: '已批' }));

    expect(edited).toMatchObject({ text: '已批', edit_date: START_SECONDS + 60 });
    expect(edited).not.toHaveProperty('reply_markup');
    expect(s.last(HE)).toMatchObject({ text: '已批', edited: true });
  });

  test('an edit that changes neither text nor keyboard is refused, one that changes either passes', async () => {
    const message_id = await sent({ reply_markup: inline('a') });

    expect(await s.fails(400, 'editMessageText', edit({ message_id, text: '卡', reply_markup: inline('a') }))).toBe(
      'Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message',
    );
    expect((await s.call('editMessageText', edit({ message_id, text: '卡', reply_markup: inline('b') })))['ok']).toBe(
      true,
    );
    expect(
      (
        await s.call(
          'editMessageText',
          edit({ message_id, text: '<b>卡</b>', parse_mode: 'HTML', reply_markup: inline('b') }),
        )
      )['ok'],
    ).toBe(true);
  });

  test('editMessageReplyMarkup changes the keyboard alone', async () => {
    const message_id = await sent({ reply_markup: inline('a') });
    expect(await s.ok('editMessageReplyMarkup', edit({ message_id, reply_markup: inline('b') }))).toMatchObject({
      text: '卡',
      reply_markup: inline('b'),
    });
    expect(await s.fails(400, 'editMessageReplyMarkup', edit({ message_id, reply_markup: inline('b') }))).toContain(
      'message is not modified',
    );
  });

  test('a caption is edited by editMessageCaption, and the wrong method says what is missing', async () => {
    const body = new FormData();
    body.set('chat_id', HE);
    body.set('photo', new Blob([Buffer.alloc(100)]), 'a.jpg');
    body.set('caption', '旧');
    await fetch(`${s.base}/bot7000000001:TEST_TOKEN_FOR_THE_SANDBOX_ONLY/sendPhoto`, { method: 'POST', body });
    const photo = s.last(HE).id;
    const text = await sent();

    expect(await s.ok('editMessageCaption', edit({ message_id: photo, caption: '新' }))).toMatchObject({
      caption: '新',
    });
    expect(await s.fails(400, 'editMessageText', edit({ message_id: photo, text: 'x' }))).toBe(
      'Bad Request: there is no text in the message to edit',
    );
    expect(await s.fails(400, 'editMessageCaption', edit({ message_id: text, caption: 'x' }))).toBe(
      'Bad Request: there is no caption in the message to edit',
    );
    expect(await s.fails(400, 'editMessageCaption', edit({ message_id: photo, caption: 'a'.repeat(1025) }))).toBe(
      'Bad Request: message caption is too long',
    );
  });

  test("only the bot's own messages can be edited, and only existing ones", async () => {
    expect(await s.fails(400, 'editMessageText', edit({ message_id: 1, text: 'x' }))).toBe(
      "Bad Request: message can't be edited",
    );
    expect(await s.fails(400, 'editMessageText', edit({ message_id: 99, text: 'x' }))).toBe(
      'Bad Request: message to edit not found',
    );
    expect(await s.fails(400, 'editMessageText', edit({ text: 'x' }))).toBe(
      'Bad Request: message identifier is not specified',
    );
  });

  test('a message can be deleted for 48 hours and once', async () => {
    const [young, old] = [await sent(), await sent()];
    expect((await s.call('deleteMessage', { chat_id: HE, message_id: young }))['result']).toBe(true);
    expect(await s.fails(400, 'deleteMessage', { chat_id: HE, message_id: young })).toBe(
      'Bad Request: message to delete not found',
    );
    await s.telegram.setNow(after(48 * 3600 + 1));
    expect(await s.fails(400, 'deleteMessage', { chat_id: HE, message_id: old })).toBe(
      "Bad Request: message can't be deleted",
    );
  });
});

describe('callback queries', () => {
  async function press(): Promise<{ query: object; id: string }> {
    await sent({ reply_markup: inline('a:1:ok') });
    await s.telegram.tap(HE, s.last(HE).id, 'a:1:ok');
    const query = fieldsOf((await updates(s)).at(-1)?.['callback_query']);
    return { query, id: String(query['id']) };
  }
  const TOO_OLD = 'Bad Request: query is too old and response timeout expired or query ID is invalid';

  test('a press carries presser, message, data and chat_instance', async () => {
    const { query } = await press();
    expect(query).toMatchObject({
      from: { id: Number(HE) },
      message: { text: '卡' },
      data: 'a:1:ok',
      chat_instance: expect.any(String),
    });
  });

  test('a press spins until it is answered, once; the answer flashes up', async () => {
    const { id } = await press();
    expect(s.telegram.spinning(HE)).toEqual([id]);

    expect((await s.call('answerCallbackQuery', { callback_query_id: id, text: '已处理' }))['result']).toBe(true);
    expect(s.telegram.spinning(HE)).toEqual([]);
    expect(s.telegram.screen(HE).toasts.map(({ text }) => text)).toEqual(['已处理']);
    expect(await s.fails(400, 'answerCallbackQuery', { callback_query_id: id })).toBe(TOO_OLD);
  });

  test('a late answer and one for an unknown query are the same 400', async () => {
    const { id } = await press();
    await s.telegram.setNow(after(16));

    expect(await s.fails(400, 'answerCallbackQuery', { callback_query_id: id })).toBe(TOO_OLD);
    expect(await s.fails(400, 'answerCallbackQuery', { callback_query_id: '1' })).toBe(TOO_OLD);
  });

  test('two presses are two queries with different ids', async () => {
    await sent({ reply_markup: inline('a') });
    await s.telegram.tap(HE, s.last(HE).id, 'a');
    await s.telegram.tap(HE, s.last(HE).id, 'a');

    expect(new Set(s.telegram.spinning(HE)).size).toBe(2);
  });

  test('a button an edit took away can still be pressed on a screen that has not redrawn', async () => {
    const message_id = await sent({ reply_markup: inline('a:1:ok') });
    await s.ok('editMessageText', { chat_id: HE, message_id, text: '已批' });
    await s.telegram.tap(HE, s.last(HE).id, 'a:1:ok');

    expect((await updates(s)).at(-1)).toMatchObject({ callback_query: { data: 'a:1:ok', message: { text: '已批' } } });
  });

  test('a press on a deleted message has an inaccessible one with date 0', async () => {
    const message_id = await sent({ reply_markup: inline('a') });
    await s.call('deleteMessage', { chat_id: HE, message_id });
    await s.telegram.tap(HE, s.last(HE).id, 'a');

    expect(fieldsOf((await updates(s)).at(-1)?.['callback_query'])['message']).toEqual({
      chat: { id: Number(HE), first_name: '何女士', type: 'private' },
      message_id,
      date: 0,
    });
  });

  test('in a group any member can press, and from says who', async () => {
    s.telegram.addGroup({ id: -5, title: '审批群', members: [HE, WANG] });
    const { message_id } = await s.ok('sendMessage', { chat_id: -5, text: '审批', reply_markup: inline('a') });
    await s.telegram.tap(WANG, `-5:${String(message_id)}`, 'a');

    expect((await updates(s)).at(-1)).toMatchObject({
      callback_query: { from: { id: Number(WANG) }, message: { chat: { id: -5, type: 'group' } } },
    });
  });
});

describe('the screen', () => {
  test('a message with buttons shows as a card titled by its first line', async () => {
    await send({
      text: '审批 A1087\n何女士 30万',
      reply_markup: {
        inline_keyboard: [
          [
            { text: '同意', callback_data: 'a:1:ok' },
            { text: '详情', url: 'https://a.example/' },
          ],
        ],
      },
    });

    expect(s.last(HE).card).toEqual({
      title: '审批 A1087',
      text: '何女士 30万',
      fields: [],
      selects: [],
      buttons: [
        { key: 'a:1:ok', text: '同意' },
        { key: '详情', text: '详情', url: 'https://a.example/' },
      ],
    });
  });

  test('before Start there is only the Start button, and pressing it opens the talk', async () => {
    expect(s.telegram.screen(WANG).messages).toMatchObject([{ id: 'start', choices: [{ text: '/start' }] }]);
    await s.telegram.tap(WANG, 'start', '/start');
    expect(s.last(WANG)).toMatchObject({ from: 'me', text: '/start' });
  });
});

const START_SECONDS = 1_796_000_400;
