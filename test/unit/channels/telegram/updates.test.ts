import { describe, expect, test } from 'vitest';
import type { InboundEvent } from '../../../../src/channels/channel.ts';
import {
  readCallbackQuery,
  readEditedMessage,
  readMembership,
  readMessage,
  silentQuery,
  unknownUpdate,
} from '../../../../src/channels/telegram/updates.ts';
import {
  callback,
  DATE,
  GROUP,
  groupMessage,
  membership,
  PERSON,
  privateMessage,
} from '../../../fixtures/telegram/updates.ts';

const scope = {
  account: 'telegram:1000000001',
  self: { id: 1_000_000_001, name: 'daiban_bot' },
  now: new Date('2026-01-01T00:00:00Z'),
};
const happening = (update: Record<string, unknown>) => readMessage(update, scope)?.happening;

describe('messages', () => {
  test('a text carries chat, sender beyond 32 bits, update key and the platform’s time', () => {
    expect(readMessage(privateMessage({ text: '还款 <K305>' }), scope)).toEqual<InboundEvent>({
      platform: 'telegram',
      address: { account: 'telegram:1000000001', chat: '5000000001' },
      sender: '5000000001',
      deliveryKeys: ['update:1001'],
      occurredAt: new Date(DATE * 1000),
      happening: { kind: 'message', messageId: '7', text: '还款 <K305>', media: [] },
    });
  });

  test('of a photo the largest size is taken, with its caption as text', () => {
    const photo = [
      { file_id: 'small', file_unique_id: 'u1', width: 90, height: 60, file_size: 1000 },
      { file_id: 'large', file_unique_id: 'u2', width: 1280, height: 853, file_size: 90_000 },
      { file_id: 'middle', file_unique_id: 'u3', width: 320, height: 213, file_size: 9000 },
    ];

    expect(happening(privateMessage({ photo, caption: '房产证' }))).toEqual({
      kind: 'message',
      messageId: '7',
      text: '房产证',
      media: [{ id: 'large', kind: 'image', size: 90_000, uniqueId: 'u2' }],
    });
  });

  test.each([
    ['document', { file_name: '流水.pdf', mime_type: 'application/pdf' }, 'file'],
    ['voice', { mime_type: 'audio/ogg' }, 'voice'],
    ['video', { mime_type: 'video/mp4' }, 'video'],
    ['video_note', {}, 'video'],
    ['audio', { mime_type: 'audio/mpeg' }, 'file'],
  ])('a %s is taken with what the sender claims of it', (field, claims, kind) => {
    const found = happening(
      privateMessage({ [field]: { file_id: 'f', file_unique_id: 'u', file_size: 5, ...claims } }),
    );

    expect(found).toMatchObject({ kind: 'message', text: '', media: [{ id: 'f', kind, size: 5, uniqueId: 'u' }] });
  });

  test('an animation, which repeats itself as a document, is one video', () => {
    const file = { file_id: 'f', file_unique_id: 'u' };

    expect(happening(privateMessage({ animation: file, document: file }))).toMatchObject({
      media: [{ kind: 'video' }],
    });
  });

  test.each(['migrate_to_chat_id', 'new_chat_members', 'pinned_message'])('%s is other under its own name', (field) => {
    expect(happening(privateMessage({ [field]: {} }))).toEqual({ kind: 'other', what: `message:${field}` });
  });

  test.each(['location', 'sticker', 'poll', 'dice', 'story'])('a %s is a message that cannot be read', (field) => {
    const found = happening(privateMessage({ quote: {}, [field]: { latitude: 22.5 } }));

    expect(found).toEqual({ kind: 'unreadable', messageId: '7', what: field });
  });

  test('a venue, which repeats its location, is one venue', () => {
    expect(happening(privateMessage({ location: {}, venue: {} }))).toMatchObject({ what: 'venue' });
  });

  test('a bot and an anonymous admin are not people', () => {
    const bot = { id: 42, is_bot: true, first_name: 'b' };

    expect(happening(privateMessage({ text: 'hi', from: bot }))).toMatchObject({ kind: 'other' });
    expect(happening(groupMessage({ text: 'hi', sender_chat: { id: GROUP } }))).toMatchObject({ kind: 'other' });
  });
});

describe('start and contact', () => {
  test('a deep link gives its payload', () => {
    expect(happening(privateMessage({ text: '/start bind_AbC-123' }))).toEqual({
      kind: 'start',
      payload: 'bind_AbC-123',
      messageId: '7',
    });
  });

  test('a bare /start opens the bot; anything else behind it is a sentence', () => {
    expect(happening(privateMessage({ text: '/start' }))).toEqual({ kind: 'opened' });
    expect(happening(privateMessage({ text: '/start 你好' }))).toMatchObject({ kind: 'message', text: '/start 你好' });
  });

  test('a picture with /start below it is a picture', () => {
    const photo = [{ file_id: 'f', file_unique_id: 'u', width: 90, height: 60 }];

    expect(happening(privateMessage({ photo, caption: '/start' }))).toMatchObject({
      kind: 'message',
      text: '/start',
      media: [{ id: 'f' }],
    });
  });

  test('a contact is the person’s own only when its user id is the sender’s', () => {
    const contact = (userId?: number) =>
      happening(
        privateMessage({
          contact: {
            phone_number: '8613800006612',
            first_name: '三',
            ...(userId === undefined ? {} : { user_id: userId }),
          },
        }),
      );

    expect(contact(PERSON)).toEqual({ kind: 'contact', messageId: '7', phone: '8613800006612', own: true });
    expect(contact(PERSON + 1)).toMatchObject({ own: false });
    expect(contact()).toMatchObject({ own: false });
  });
});

describe('groups', () => {
  test('the speaker is the actor, a topic the thread', () => {
    expect(
      readMessage(groupMessage({ text: '/todo', is_topic_message: true, message_thread_id: 55 }), scope)?.address,
    ).toEqual({
      account: 'telegram:1000000001',
      chat: String(GROUP),
      thread: '55',
      actor: String(PERSON),
    });
  });

  test('a reply chain outside topics is no thread', () => {
    expect(readMessage(groupMessage({ text: '同意', message_thread_id: 55 }), scope)?.address).not.toHaveProperty(
      'thread',
    );
  });

  test('a sentence loses the bot it begins with, but nobody else', () => {
    expect(happening(groupMessage({ text: '@Daiban_Bot：客户 K305' }))).toMatchObject({ text: '客户 K305' });
    expect(happening(groupMessage({ text: '@laozhao 同意 @daiban_bot' }))).toMatchObject({
      text: '@laozhao 同意 @daiban_bot',
    });
  });

  test('a command loses the name of the bot it is addressed to', () => {
    expect(happening(groupMessage({ text: '/help@daiban_bot 客户' }))).toMatchObject({ text: '/help 客户' });
  });
});

describe('of what is said in a group', () => {
  const us = { id: 1_000_000_001, is_bot: true, first_name: 'Daiban' };
  const photo = [{ file_id: 'f', file_unique_id: 'u', width: 90, height: 60 }];
  const OURS: readonly (readonly [string, Record<string, unknown>])[] = [
    ['a command to everybody', { text: '/todo' }],
    ['a command to us', { text: '/todo@Daiban_bot 今天' }],
    ['words that name us', { text: '老赵说的，@daiban_bot 待办' }],
    ['a picture below which we are named', { photo, caption: '@daiban_bot 房产证' }],
    ['a reply to us', { text: '同意', reply_to_message: { message_id: 3, from: us } }],
  ];
  const THEIRS: readonly (readonly [string, Record<string, unknown>])[] = [
    ['talk', { text: '何女士 13800006612 30万' }],
    ['a command to another bot', { text: '/help@other_bot' }],
    ['words that name another bot, or us within a word', { text: '@other_bot a@daiban_bot @daiban_bots' }],
    ['a picture', { photo }],
    ['a phone', { contact: { phone_number: '8613800006612', first_name: '三', user_id: PERSON } }],
    ['a sticker', { sticker: {} }],
    ['a reply to somebody', { text: '同意', reply_to_message: { message_id: 3, from: { id: PERSON } } }],
    [
      'talk in a topic that we began',
      { text: '同意', reply_to_message: { message_id: 3, from: us, forum_topic_created: { name: '审批' } } },
    ],
  ];

  test.each(OURS)('%s is for us', (_, content) => {
    expect(happening(groupMessage(content))).toMatchObject({ kind: 'message' });
  });

  test.each(THEIRS)('%s is none of our business', (_, content) => {
    expect(happening(groupMessage(content))).toEqual({ kind: 'other', what: 'message:supergroup' });
  });

  test('every bot is meant while we do not know our name', () => {
    const meant = (text: string) =>
      readMessage(groupMessage({ text }), { ...scope, self: { ...scope.self, name: undefined } })?.happening.kind;

    expect(['/help@other_bot', '@other_bot 待办', '@laozhao 待办'].map(meant)).toEqual(['message', 'message', 'other']);
  });

  test('an edit is for us by the same rule, and loses the same address', () => {
    const edited = (text: string) => {
      const { message } = groupMessage({ text, edit_date: DATE + 60 }) as { message: Record<string, unknown> };
      return readEditedMessage({ update_id: 1002, edited_message: message }, scope)?.happening;
    };

    expect(edited('@daiban_bot 客户 K306')).toEqual({ kind: 'edited', messageId: '7', text: '客户 K306' });
    expect(edited('/help@daiban_bot 客户')).toMatchObject({ kind: 'edited', text: '/help 客户' });
    expect(edited('吃饭吧')).toEqual({ kind: 'other', what: 'edited_message' });
  });
});

describe('edits and membership', () => {
  test('an edit names the message, the new text and its own time', () => {
    const { message } = privateMessage({ text: '改成50万', edit_date: DATE + 60 }) as {
      message: Record<string, unknown>;
    };
    const event = readEditedMessage({ update_id: 1002, edited_message: message }, scope);

    expect(event?.happening).toEqual({ kind: 'edited', messageId: '7', text: '改成50万' });
    expect(event?.occurredAt).toEqual(new Date((DATE + 60) * 1000));
  });

  test('blocking makes a person unreachable, unblocking reachable', () => {
    expect(readMembership(membership('kicked'), scope)?.happening).toEqual({ kind: 'reachable', reachable: false });
    expect(readMembership(membership('member'), scope)?.happening).toEqual({ kind: 'reachable', reachable: true });
  });

  test('the bot’s own standing in a group is other', () => {
    expect(readMembership(membership('left', 'supergroup'), scope)?.happening).toEqual({
      kind: 'other',
      what: 'my_chat_member:left',
    });
  });
});

describe('callback queries', () => {
  test('a card button gives card, revision, verb and what is needed to answer and redraw', () => {
    const event = readCallbackQuery(callback('abcd1234:3:approve'), scope);

    expect(event).toMatchObject({
      sender: String(PERSON),
      deliveryKeys: ['update:2001', 'callback:q-77'],
      occurredAt: scope.now,
    });
    expect(event?.happening).toEqual({
      kind: 'action',
      cardId: 'abcd1234',
      revision: 3,
      verb: 'approve',
      selected: {},
      handle: { query: 'q-77', chat: String(PERSON), message: '9' },
    });
  });

  test('an option button brings its choice', () => {
    expect(readCallbackQuery(callback('abcd1234:3:opt_1:reason=income'), scope)?.happening).toMatchObject({
      verb: 'opt_1',
      selected: { reason: 'income' },
    });
  });

  test('a one-tap answer is the sentence it stands for', () => {
    expect(readCallbackQuery(callback('say:是的，提交'), scope)?.happening).toEqual({
      kind: 'message',
      messageId: 'callback:q-77',
      text: '是的，提交',
      media: [],
    });
  });

  test('in a group the presser is the actor; without a message the presser’s own chat is the address', () => {
    const inGroup = callback('abcd1234:1:approve', {
      message: { message_id: 9, date: 0, chat: { id: GROUP, type: 'supergroup' } },
    });

    expect(readCallbackQuery(inGroup, scope)?.address).toEqual({
      account: scope.account,
      chat: String(GROUP),
      actor: String(PERSON),
    });
    expect(readCallbackQuery(callback('abcd1234:1:approve', { message: undefined }), scope)?.address).toEqual({
      account: scope.account,
      chat: String(PERSON),
    });
  });

  test('only what no later answer will reach is answered without words', () => {
    expect(silentQuery(callback('say:好'))).toBe('q-77');
    expect(silentQuery(callback('foreign'))).toBe('q-77');
    expect(silentQuery(callback('abcd1234:1:approve'))).toBeUndefined();
    expect(silentQuery(privateMessage({ text: 'hi' }))).toBeUndefined();
  });
});

test('an update of a kind we do not know is kept under its name', () => {
  const update = { update_id: 9, purchased_paid_media: {} };

  expect(unknownUpdate(update, scope)).toMatchObject({
    deliveryKeys: ['update:9'],
    happening: { kind: 'other', what: 'purchased_paid_media' },
  });
});
