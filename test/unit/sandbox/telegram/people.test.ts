import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fieldsOf, listOf } from '../../../../src/sandbox/kernel/values.ts';
import { launchHash } from '../../../../src/sandbox/telegram/index.ts';
import { after, BOT_ID, HE, type Stage, stage, TOKEN, updates, WANG } from './support.ts';

let s: Stage;
beforeEach(async () => {
  s = await stage();
});
afterEach(() => s.close());

const PNG = { name: 'IMG_1.png', mime: 'image/png', bytes: Buffer.alloc(90_000, 7) };
const PDF = { name: '流水.pdf', mime: 'application/pdf', bytes: Buffer.from('%PDF-1.7') };
const message = async () => fieldsOf((await updates(s)).at(-1)?.['message']);

describe('starting', () => {
  test('a private chat exists only after Start', async () => {
    expect(await s.fails(400, 'sendMessage', { chat_id: HE, text: 'x' })).toBe('Bad Request: chat not found');
    await expect(s.telegram.say(HE, '你好')).rejects.toThrow('has not pressed Start');
    await s.telegram.start(HE);

    expect((await s.call('sendMessage', { chat_id: HE, text: 'x' }))['ok']).toBe(true);
  });

  test('a deep link brings its payload as /start with a command entity', async () => {
    await s.telegram.start(HE, 'bind_7f3k');

    expect(await message()).toMatchObject({
      text: '/start bind_7f3k',
      entities: [{ type: 'bot_command', offset: 0, length: 6 }],
      chat: { id: Number(HE), type: 'private' },
      from: { id: Number(HE), is_bot: false, first_name: '何女士' },
    });
  });

  test('a payload has at most 64 of A-Za-z0-9_-', async () => {
    await s.telegram.start(HE, 'a'.repeat(64));
    await expect(s.telegram.start(HE, 'a'.repeat(65))).rejects.toThrow('1 to 64');
    await expect(s.telegram.start(HE, '客户')).rejects.toThrow('1 to 64');
  });
});

test('what is typed behind /start is a text like any other, and opens the talk', async () => {
  await s.telegram.say(HE, '/start 客户 何女士');
  expect(await message()).toMatchObject({ text: '/start 客户 何女士', chat: { id: Number(HE), type: 'private' } });
});

describe('what people send', () => {
  beforeEach(() => s.telegram.start(HE));

  test('a photo comes in two to four sizes without a name, only the largest whole', async () => {
    await s.telegram.sendFile(HE, PNG, '房产证');
    const photo = listOf((await message())['photo']).map(fieldsOf);

    expect(await message()).toMatchObject({ caption: '房产证' });
    expect(photo.length).toBeGreaterThanOrEqual(2);
    expect(photo.length).toBeLessThanOrEqual(4);
    expect(photo.at(-1)).toMatchObject({ file_size: 90_000, width: 1280 });
    expect(photo.slice(0, -1).every((size) => Number(size['file_size']) < 90_000)).toBe(true);
    expect(Object.keys(photo[0] ?? {})).not.toContain('file_name');
  });

  test('a document keeps the claimed name and type, a picture sent as file too', async () => {
    await s.telegram.sendFile(HE, PDF);
    expect((await message())['document']).toMatchObject({
      file_name: '流水.pdf',
      mime_type: 'application/pdf',
      file_size: 8,
    });
    await s.telegram.sendDocument(HE, PNG);
    expect((await message())['document']).toMatchObject({ file_name: 'IMG_1.png', mime_type: 'image/png' });
  });

  test('a voice has a duration', async () => {
    await s.telegram.sendFile(HE, { name: 'v.oga', mime: 'audio/ogg', bytes: Buffer.alloc(8000) });
    expect((await message())['voice']).toMatchObject({ duration: 4, mime_type: 'audio/ogg', file_size: 8000 });
  });

  test('a film is a video with name and type, sent as file a document', async () => {
    const film = { name: '现场.mp4', mime: 'video/mp4', bytes: Buffer.alloc(100, 1) };
    await s.telegram.sendFile(HE, film, '门店');
    expect(await message()).toMatchObject({
      caption: '门店',
      video: { file_name: '现场.mp4', mime_type: 'video/mp4', file_size: 100, duration: 1 },
    });
    await s.telegram.sendDocument(HE, film);
    expect((await message())['document']).toMatchObject({ file_name: '现场.mp4' });
  });

  test('an album is several messages of one media_group_id, caption on the first', async () => {
    await s.telegram.sendAlbum(HE, [PNG, PNG], '两页');
    const [, one, two] = (await updates(s)).map((update) => fieldsOf(update['message']));

    expect(one?.['media_group_id']).toBe(two?.['media_group_id']);
    expect([one?.['caption'], two?.['caption']]).toEqual(['两页', undefined]);
    expect(Number(two?.['message_id'])).toBe(Number(one?.['message_id']) + 1);
  });

  test("an own contact carries the sender's user_id, another's does not", async () => {
    await s.telegram.shareContact(HE, '8613800006612', true);
    expect((await message())['contact']).toEqual({
      phone_number: '8613800006612',
      first_name: '何女士',
      user_id: Number(HE),
    });
    await s.telegram.shareContact(HE, '+8613900001111', false, WANG);
    expect((await message())['contact']).toMatchObject({ phone_number: '+8613900001111', user_id: Number(WANG) });
    await s.telegram.shareContact(HE, '+8613900001111', false);
    expect((await message())['contact']).not.toHaveProperty('user_id');
  });

  test('an edit is an edited_message with the same id and an edit_date', async () => {
    await s.telegram.say(HE, '30万');
    const { message_id } = await message();
    await s.telegram.setNow(after(30));
    await s.telegram.edit(HE, String(message_id), '50万');

    expect((await updates(s)).at(-1)).toMatchObject({
      edited_message: { message_id, text: '50万', edit_date: 1_796_000_430 },
    });
  });

  test('taking a message back tells the bot nothing', async () => {
    await s.telegram.say(HE, '30万');
    const before = (await updates(s)).length;
    await s.telegram.remove(HE, s.last(HE).id);

    expect(await updates(s)).toHaveLength(before);
    expect(s.last(HE).deleted).toBe(true);
  });

  test('a text above 4,096 characters goes as several messages', async () => {
    await s.telegram.say(HE, 'a'.repeat(5000));
    expect(s.telegram.screen(HE).messages.map(({ text }) => text.length)).toEqual([6, 4096, 904]);
  });
});

describe('files', () => {
  beforeEach(() => s.telegram.start(HE));
  const fetchFile = (path: unknown) => fetch(`${s.base}/file/bot${TOKEN}/${String(path)}`);
  const documentId = async () => fieldsOf((await message())['document'])['file_id'];

  test('getFile gives a link that serves the bytes for an hour', async () => {
    await s.telegram.sendFile(HE, PDF);
    const { file_path } = await s.ok('getFile', { file_id: await documentId() });
    const response = await fetchFile(file_path);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(PDF.bytes);

    await s.telegram.setNow(after(3601));
    expect((await fetchFile(file_path)).status).toBe(404);
  });

  test('the link wants the right token', async () => {
    await s.telegram.sendFile(HE, PDF);
    const { file_path } = await s.ok('getFile', { file_id: await documentId() });
    expect((await fetch(`${s.base}/file/bot1:OTHER/${String(file_path)}`)).status).toBe(401);
  });

  test('more than 20 MB cannot be fetched', async () => {
    const big = Buffer.alloc(20 * 2 ** 20 + 1);
    await s.telegram.sendFile(HE, { ...PDF, bytes: big });
    expect(await s.fails(400, 'getFile', { file_id: await documentId() })).toBe('Bad Request: file is too big');
    await s.telegram.sendFile(HE, { ...PDF, bytes: big.subarray(1) });
    expect(await s.ok('getFile', { file_id: await documentId() })).toMatchObject({ file_size: 20 * 2 ** 20 });
  });

  test('file_id differs per message, file_unique_id depends on the content', async () => {
    await s.telegram.sendFile(HE, PDF);
    const one = fieldsOf((await message())['document']);
    await s.telegram.sendFile(HE, PDF);
    const two = fieldsOf((await message())['document']);

    expect(one['file_id']).not.toBe(two['file_id']);
    expect(one['file_unique_id']).toBe(two['file_unique_id']);
  });

  test('an unknown file_id is refused', async () => {
    expect(await s.fails(400, 'getFile', { file_id: 'x' })).toBe(
      'Bad Request: wrong file_id or the file is temporarily unavailable',
    );
    expect(await s.fails(400, 'getFile')).toBe('Bad Request: file_id not specified');
  });

  test('a file can be sent again by its file_id, but not as another kind', async () => {
    await s.telegram.sendFile(HE, PDF);
    const document = await documentId();

    expect(await s.ok('sendDocument', { chat_id: HE, document })).toMatchObject({
      document: { file_name: '流水.pdf' },
    });
    expect(await s.fails(400, 'sendPhoto', { chat_id: HE, photo: document })).toBe(
      'Bad Request: type of file mismatch',
    );
    expect(await s.fails(400, 'sendDocument', { chat_id: HE, document: 'nonsense' })).toBe(
      'Bad Request: wrong file identifier/HTTP URL specified',
    );
    expect(await s.fails(400, 'sendDocument', { chat_id: HE })).toBe(
      'Bad Request: there is no document in the request',
    );
    expect(await s.fails(400, 'sendDocument', { chat_id: HE, document: 'https://a.example/x.pdf' })).toBe(
      'Bad Request: failed to get HTTP URL content',
    );
  });
});

describe('who can be reached', () => {
  beforeEach(() => s.telegram.start(HE));

  test('a block is told as kicked and answers 403, an unblock is told as member', async () => {
    await s.telegram.block(HE);
    expect((await updates(s)).at(-1)).toMatchObject({
      my_chat_member: {
        chat: { id: Number(HE), type: 'private' },
        old_chat_member: { status: 'member' },
        new_chat_member: { status: 'kicked', until_date: 0, user: { id: Number(BOT_ID) } },
      },
    });
    expect(await s.fails(403, 'sendMessage', { chat_id: HE, text: 'x' })).toBe(
      'Forbidden: bot was blocked by the user',
    );

    await s.telegram.unblock(HE);
    expect((await updates(s)).at(-1)).toMatchObject({ my_chat_member: { new_chat_member: { status: 'member' } } });
    expect((await s.call('sendMessage', { chat_id: HE, text: 'x' }))['ok']).toBe(true);
  });

  test('writing again or pressing Start unblocks', async () => {
    await s.telegram.block(HE);
    await s.telegram.start(HE);
    const kinds = (await updates(s)).slice(-2).map((update) => Object.keys(update)[1]);

    expect(kinds).toEqual(['my_chat_member', 'message']);
  });

  test('a deactivated account is 403', async () => {
    s.telegram.deactivate(HE);
    expect(await s.fails(403, 'sendMessage', { chat_id: HE, text: 'x' })).toBe('Forbidden: user is deactivated');
    expect(await s.fails(403, 'editMessageText', { chat_id: HE, message_id: 1, text: 'x' })).toBe(
      'Forbidden: user is deactivated',
    );
  });

  test('a group that removed the bot is 403', async () => {
    s.telegram.addGroup({ id: -5, title: '审批群', members: [HE] });
    const { message_id } = await s.ok('sendMessage', { chat_id: -5, text: '卡' });
    await s.telegram.setBotStatus(-5, HE, 'kicked');
    for (const [method, args] of [
      ['sendMessage', { text: 'x' }],
      ['editMessageText', { message_id, text: 'x' }],
      ['deleteMessage', { message_id }],
      ['getChat', {}],
    ] as const)
      expect(await s.fails(403, method, { chat_id: -5, ...args })).toBe(
        'Forbidden: bot was kicked from the group chat',
      );
    await s.telegram.setBotStatus(-5, HE, 'left');
    expect(await s.fails(403, 'sendMessage', { chat_id: -5, text: 'x' })).toBe(
      'Forbidden: bot is not a member of the group chat',
    );
  });

  test('a group that became a supergroup says so in both chats and in the error', async () => {
    s.telegram.addGroup({ id: -5, title: '审批群', members: [HE] });
    await s.telegram.migrate(-5, -1_001_234_567_890);

    expect((await updates(s)).slice(-2)).toMatchObject([
      { message: { chat: { id: -5, type: 'group' }, migrate_to_chat_id: -1_001_234_567_890 } },
      { message: { chat: { id: -1_001_234_567_890, type: 'supergroup' }, migrate_from_chat_id: -5 } },
    ]);
    expect(await s.call('sendMessage', { chat_id: -5, text: 'x' })).toMatchObject({
      error_code: 400,
      description: 'Bad Request: group chat was upgraded to a supergroup chat',
      parameters: { migrate_to_chat_id: -1_001_234_567_890 },
    });
  });

  test('with privacy on the bot hears commands, mentions and replies in a group, as administrator everything', async () => {
    s.telegram.addGroup({ id: -5, title: '审批群', members: [HE, WANG] });
    const { message_id } = await s.ok('sendMessage', { chat_id: -5, text: '请看' });
    const before = (await updates(s)).length;
    const heard = async () => (await updates(s)).slice(before).map((update) => fieldsOf(update['message'])['text']);

    await s.telegram.sayIn(-5, WANG, '闲聊');
    await s.telegram.sayIn(-5, WANG, '/daiban@other_bot 客户');
    await s.telegram.sayIn(-5, WANG, '/daiban 客户');
    await s.telegram.sayIn(-5, WANG, '/daiban@Daiban_bot 客户');
    await s.telegram.sayIn(-5, WANG, '@daiban_bot 在吗');
    await s.telegram.sayIn(-5, WANG, '好的', Number(message_id));
    expect(await heard()).toEqual(['/daiban 客户', '/daiban@Daiban_bot 客户', '@daiban_bot 在吗', '好的']);

    await s.telegram.setBotStatus(-5, HE, 'administrator');
    await s.telegram.sayIn(-5, WANG, '再聊');
    expect((await heard()).at(-1)).toBe('再聊');
  });
});

describe('Mini App launch data', () => {
  test('the hash is the documented one over all fields, the signature included', () => {
    const fields = {
      auth_date: '1760000000',
      query_id: 'AAHdF6IQAAAAAN0XohDhrOrc',
      start_param: 'deal_42',
      user: '{"id":279058397,"first_name":"张三","last_name":"","username":"zhangsan","language_code":"zh-hans","allows_write_to_pm":true}',
    };
    expect(launchHash('1000000001:TEST_TOKEN_FOR_VECTORS_ONLY', fields)).toBe(
      'e3788b2c3c99e8f7c8870fce6a3ca097834e13c456b493a92619ffde46b6c24b',
    );
  });

  test('launch data is signed with the bot token, dated when it was made, and breaks when one character changes', async () => {
    const data = new URLSearchParams(s.telegram.launchData(HE, 'deal_42'));
    const { hash, ...fields } = Object.fromEntries(data);
    await s.telegram.setNow(after(7200));
    const [old, fresh] = [fields, Object.fromEntries(new URLSearchParams(s.telegram.launchData(HE)))];

    expect(Number(fresh['auth_date']) - Number(old['auth_date'])).toBe(7200);

    expect(launchHash(TOKEN, fields)).toBe(hash);
    expect(fields).toMatchObject({ auth_date: '1796000400', start_param: 'deal_42', signature: expect.any(String) });
    expect(launchHash(TOKEN, { ...fields, start_param: 'deal_43' })).not.toBe(hash);
    expect(launchHash(TOKEN, { ...fields, signature: 'x' })).not.toBe(hash);
  });
});
