import { describe, expect, test } from 'vitest';
import type { InboundEvent } from '../../../../src/channels/channel.ts';
import { readEventCallback } from '../../../../src/channels/slack/events.ts';
import { directMessage, eventCallback } from '../../../fixtures/slack/requests.ts';

const scope = { account: 'slack:default', now: new Date('2026-01-01T00:00:00Z') };

function read(event: Record<string, unknown>, more: Record<string, unknown> = {}): readonly InboundEvent[] | undefined {
  return readEventCallback(eventCallback(event, more), scope);
}

function only(event: Record<string, unknown>, more: Record<string, unknown> = {}): InboundEvent {
  const found = read(event, more);
  if (found?.length !== 1 || found[0] === undefined)
    throw new Error(`expected one event, got ${String(found?.length)}`);
  return found[0];
}

describe('direct messages', () => {
  test('a sentence becomes a message of the talk with its person, deduplicated by event id and by channel and stamp', () => {
    expect(only(directMessage('新客户 何女士 13800006612'))).toEqual({
      platform: 'slack',
      address: { account: 'slack:default', chat: 'U0001' },
      sender: 'U0001',
      deliveryKeys: ['Ev0001', 'T0001:D0001:1760000000.000100'],
      occurredAt: new Date(1_760_000_000_000),
      happening: { kind: 'message', messageId: '1760000000.000100', text: '新客户 何女士 13800006612', media: [] },
    });
  });

  test('a reply in a thread stays in the same talk', () => {
    expect(only(directMessage('好', { thread_ts: '1759999999.000001' })).address).toEqual({
      account: 'slack:default',
      chat: 'U0001',
    });
  });

  test('an upload carries its files with the kinds their types claim', () => {
    const files = [
      { id: 'F1', name: '身份证.jpg', mimetype: 'image/jpeg', size: 12, url_private: 'https://files.slack.com/x' },
      { id: 'F2', name: '流水.pdf', mimetype: 'application/pdf', size: 34 },
      { id: 'F3', mimetype: 'audio/mp4' },
    ];

    expect(only(directMessage('材料', { subtype: 'file_share', files })).happening).toEqual({
      kind: 'message',
      messageId: '1760000000.000100',
      text: '材料',
      media: [
        { id: 'F1', kind: 'image', name: '身份证.jpg', mime: 'image/jpeg', size: 12, uniqueId: 'F1' },
        { id: 'F2', kind: 'file', name: '流水.pdf', mime: 'application/pdf', size: 34, uniqueId: 'F2' },
        { id: 'F3', kind: 'voice', mime: 'audio/mp4', uniqueId: 'F3' },
      ],
    });
  });

  test('an edit names the original message, the new text and the editor', () => {
    const event = only({
      type: 'message',
      subtype: 'message_changed',
      hidden: true,
      channel: 'D0001',
      channel_type: 'im',
      ts: '1760000100.000000',
      event_ts: '1760000100.000000',
      message: {
        type: 'message',
        user: 'U0001',
        text: '50万 &lt;新&gt;',
        ts: '1760000000.000100',
        edited: { user: 'U0001', ts: '1760000100.0' },
      },
      previous_message: { type: 'message', user: 'U0001', text: '30万', ts: '1760000000.000100' },
    });

    expect(event.happening).toEqual({ kind: 'edited', messageId: '1760000000.000100', text: '50万 <新>' });
    expect(event.sender).toBe('U0001');
    expect(event.deliveryKeys).toEqual(['Ev0001']);
  });

  test('a deletion names the deleted message', () => {
    const event = only({
      type: 'message',
      subtype: 'message_deleted',
      hidden: true,
      channel: 'D0001',
      channel_type: 'im',
      ts: '1760000200.000000',
      deleted_ts: '1760000000.000100',
      previous_message: { type: 'message', user: 'U0001', text: 'x', ts: '1760000000.000100' },
    });

    expect(event.happening).toEqual({ kind: 'deleted', messageId: '1760000000.000100' });
  });

  test.each(['D0001', 'C0001'])(
    'a deletion in %s without what stood there names the message as anyone’s',
    (channel) => {
      const event = only({
        type: 'message',
        subtype: 'message_deleted',
        hidden: true,
        channel,
        ts: '1760000200.000000',
        deleted_ts: '1760000000.000100',
      });

      expect(event).toMatchObject({
        address: { account: 'slack:default', chat: channel },
        happening: { kind: 'deleted', messageId: '1760000000.000100', isAnyones: true },
      });
    },
  );

  describe('a deletion of a message that has replies leaves a stone by Slack in its place', () => {
    const stone = { type: 'message', subtype: 'tombstone', user: 'USLACKBOT', hidden: true, ts: '1760000000.000100' };
    const place = { type: 'message', hidden: true, channel: 'D0001', channel_type: 'im', ts: '1760000200.000000' };
    const was = { type: 'message', user: 'U0001', text: 'x', ts: '1760000000.000100', thread_ts: '1760000000.000100' };

    test('and is the deletion by whoever wrote it, in his talk', () => {
      const event = only({ ...place, subtype: 'message_changed', message: stone, previous_message: was });

      expect(event).toMatchObject({
        address: { account: 'slack:default', chat: 'U0001' },
        sender: 'U0001',
        happening: { kind: 'deleted', messageId: '1760000000.000100' },
      });
    });

    test('and says nothing where the message was ours, or when the stone goes', () => {
      const ours = { ...was, user: 'UBOT', bot_id: 'BBOT', app_id: 'A0001' };

      expect(read({ ...place, subtype: 'message_changed', message: stone, previous_message: ours })).toEqual([]);
      expect(read({ ...place, subtype: 'message_deleted', deleted_ts: stone.ts, previous_message: stone })).toEqual([]);
    });
  });

  test('a link preview is no edit', () => {
    const same = { type: 'message', user: 'U0001', text: '<https://x.test>', ts: '1760000000.000100' };

    expect(
      only({
        type: 'message',
        subtype: 'message_changed',
        channel: 'D0001',
        ts: '1.0',
        message: same,
        previous_message: same,
      }).happening,
    ).toEqual({ kind: 'other', what: 'message_changed:unfurl' });
  });
});

describe('our own echo', () => {
  const card = {
    type: 'message',
    user: 'UBOT',
    bot_id: 'BBOT',
    app_id: 'A0001',
    text: 'card',
    ts: '1760000000.000200',
  };

  test('our own post is dropped', () => {
    expect(read({ ...card, channel: 'D0001', channel_type: 'im' })).toEqual([]);
  });

  test('our own redrawn card comes back as message_changed and is dropped', () => {
    expect(
      read({
        type: 'message',
        subtype: 'message_changed',
        channel: 'D0001',
        ts: '1760000300.0',
        message: { ...card, text: 'closed' },
        previous_message: card,
      }),
    ).toEqual([]);
  });

  test('another bot is kept as other, never as a person speaking', () => {
    expect(only(directMessage('hello', { bot_id: 'B777', app_id: 'A777' })).happening).toEqual({
      kind: 'other',
      what: 'message:bot',
    });
  });
});

describe('channels', () => {
  const said = {
    channel: 'C0001',
    user: 'U0001',
    text: '<@UBOT> 客户 K305',
    ts: '1760000000.000300',
    event_ts: '1760000000.000300',
  };

  test('a mention and its twin message share the key of channel and stamp and drop the mention from the text', () => {
    const mention = only({ type: 'app_mention', ...said }, { event_id: 'Ev1' });
    const twin = only({ type: 'message', channel_type: 'channel', ...said }, { event_id: 'Ev2' });

    expect(mention.happening).toMatchObject({ kind: 'message', text: '客户 K305' });
    expect(twin.happening).toEqual(mention.happening);
    expect(twin.deliveryKeys[1]).toBe(mention.deliveryKeys[1]);
    expect(mention.address).toEqual({ account: 'slack:default', chat: 'C0001', actor: 'U0001' });
  });

  test('talk that neither mentions nor answers us is other and does not use up the key of a mention', () => {
    const event = only({ type: 'message', channel_type: 'channel', ...said, text: '吃饭了吗' });

    expect(event.happening).toEqual({ kind: 'other', what: 'message:channel' });
    expect(event.deliveryKeys).toEqual(['Ev0001']);
  });

  test('a reply in a thread we started is ours, with thread and actor in the address', () => {
    const event = only({
      type: 'message',
      channel_type: 'channel',
      ...said,
      text: '同意',
      thread_ts: '1759999999.000001',
      parent_user_id: 'UBOT',
    });

    expect(event.happening).toMatchObject({ kind: 'message', text: '同意' });
    expect(event.address).toEqual({
      account: 'slack:default',
      chat: 'C0001',
      thread: '1759999999.000001',
      actor: 'U0001',
    });
  });
});

describe('edits in a channel', () => {
  const before = { type: 'message', user: 'U0001', text: '<@UBOT> 客户 K305', ts: '1760000000.000300' };
  const edited = (text: string, was: Record<string, unknown> = before) =>
    only({
      type: 'message',
      subtype: 'message_changed',
      channel: 'C0001',
      ts: '1760000100.000000',
      message: { ...was, text, edited: { user: 'U0001', ts: '1760000100.0' } },
      previous_message: was,
    }).happening;

  test('lose the mention that addressed us, as the message itself did', () => {
    expect(edited('<@UBOT>： 客户 K306')).toEqual({ kind: 'edited', messageId: before.ts, text: '客户 K306' });
  });

  test('of what was said to us are ours even when our name is taken out; of anything else they are not', () => {
    expect(edited('客户 K306')).toEqual({ kind: 'edited', messageId: before.ts, text: '客户 K306' });
    expect(edited('吃饭吧', { ...before, text: '吃饭了吗' })).toEqual({ kind: 'other', what: 'message_changed' });
  });

  test('do not keep a deletion from being one', () => {
    const event = only({
      type: 'message',
      subtype: 'message_deleted',
      channel: 'C0001',
      ts: '1760000200.000000',
      deleted_ts: before.ts,
      previous_message: { ...before, text: '客户 K306' },
    });

    expect(event.happening).toEqual({ kind: 'deleted', messageId: before.ts });
  });
});

describe('everything else', () => {
  test('opening the app home is opened', () => {
    expect(
      only({ type: 'app_home_opened', user: 'U0001', channel: 'D0001', tab: 'home', event_ts: '1760000000.5' }),
    ).toMatchObject({
      address: { chat: 'U0001' },
      sender: 'U0001',
      happening: { kind: 'opened' },
    });
  });

  test.each(['app_uninstalled', 'tokens_revoked', 'file_shared', 'something_new'])('%s is kept as other', (type) => {
    expect(only({ type }).happening).toEqual({ kind: 'other', what: type });
  });

  test('a joined-channel notice is other under its subtype', () => {
    expect(only(directMessage('joined', { subtype: 'channel_join' })).happening).toEqual({
      kind: 'other',
      what: 'message:channel_join',
    });
  });

  test('a body that is no event callback is not understood here', () => {
    expect(readEventCallback({ type: 'block_actions' }, scope)).toBeUndefined();
  });
});
