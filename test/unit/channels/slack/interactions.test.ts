import { describe, expect, test } from 'vitest';
import { readBlockActions, readCommand, readView } from '../../../../src/channels/slack/interactions.ts';

const scope = { account: 'slack:default', now: new Date('2026-01-01T00:00:00Z') };

function press(action: Record<string, unknown>, more: Record<string, unknown> = {}) {
  return readBlockActions(
    {
      type: 'block_actions',
      team: { id: 'T0001' },
      user: { id: 'U0001', team_id: 'T0001' },
      channel: { id: 'D0001', name: 'directmessage' },
      container: { type: 'message', message_ts: '1760000000.000100', channel_id: 'D0001', is_ephemeral: false },
      trigger_id: '1.2.abc',
      response_url: 'https://hooks.slack.com/actions/T0001/1/secret',
      actions: [{ type: 'button', block_id: 'b', action_id: 'approve', action_ts: '1760000050.123456', ...action }],
      ...more,
    },
    scope,
  )?.[0];
}

describe('button presses', () => {
  test('a card button gives card, revision, verb, the drop-down’s choice and where the card stands', () => {
    const values = {
      'card1:3:select': { 'select:reason': { type: 'static_select', selected_option: { value: 'income' } } },
    };
    const event = press({ value: 'card1:3:reject' }, { state: { values } });

    expect(event?.happening).toEqual({
      kind: 'action',
      cardId: 'card1',
      revision: 3,
      verb: 'reject',
      selected: { reason: 'income' },
      handle: { user: 'U0001', channel: 'D0001', ts: '1760000000.000100', trigger: '1.2.abc' },
      canOpenForm: true,
    });
    expect(event?.occurredAt).toEqual(new Date(1_760_000_050_123));
  });

  test('nothing chosen in the drop-down gives no choice', () => {
    const values = { b: { 'select:reason': { type: 'static_select', selected_option: null } } };

    expect(press({ value: 'card1:3:reject' }, { state: { values } })?.happening).toMatchObject({ selected: {} });
  });

  test('two presses 50 ms apart are two events, the same press delivered twice is one', () => {
    const first = press({ value: 'card1:1:approve' });
    const again = press({ value: 'card1:1:approve' });
    const later = press({ value: 'card1:1:approve', action_ts: '1760000050.173456' });

    expect(again?.deliveryKeys).toEqual(first?.deliveryKeys);
    expect(later?.deliveryKeys).not.toEqual(first?.deliveryKeys);
  });

  test('a one-tap answer is the sentence on its button', () => {
    expect(press({ action_id: 'say:0', value: '是的，提交' })?.happening).toMatchObject({
      kind: 'message',
      text: '是的，提交',
      media: [],
    });
  });

  test.each([
    ['an opened link', { action_id: 'view', value: undefined, url: 'https://x.test' }, 'block_actions:button'],
    ['a foreign value', { value: '42' }, 'block_actions:button'],
    ['a touched drop-down', { type: 'static_select', action_id: 'select:reason' }, 'block_actions:static_select'],
  ])('%s is other', (_, action, what) => {
    expect(press(action)?.happening).toEqual({ kind: 'other', what });
  });

  test('in a channel the presser is the actor; an organisation-wide install has no team', () => {
    const event = press(
      { value: 'card1:1:approve' },
      { team: null, channel: { id: 'C0001' }, message: { ts: '1.1', thread_ts: '1.0' } },
    );

    expect(event?.address).toEqual({ account: 'slack:default', chat: 'C0001', thread: '1.0', actor: 'U0001' });
  });

  test.each([
    ['message', { message: { ts: '1760000000.000100', thread_ts: '1760000000.000100' } }],
    [
      'container',
      { container: { message_ts: '1760000000.000100', channel_id: 'C0001', thread_ts: '1760000000.000100' } },
    ],
  ])('a card that others answered stands in no thread, whether its %s says so or not', (_, more) => {
    const event = press({ value: 'card1:1:approve' }, { channel: { id: 'C0001' }, ...more });

    expect(event?.address).toEqual({ account: 'slack:default', chat: 'C0001', actor: 'U0001' });
  });

  test('the response address, a bearer secret, is kept nowhere', () => {
    expect(JSON.stringify(press({ value: 'card1:1:approve' }))).not.toContain('hooks.slack.com');
  });
});

describe('slash commands', () => {
  const command = {
    command: '/daiban',
    user_id: 'U0001',
    user_name: 'x',
    channel_id: 'D0001',
    trigger_id: '1.2.abc',
    team_id: 'T0001',
  };

  test('the words after the command are the message', () => {
    expect(readCommand({ ...command, text: ' 客户 A&amp;B ' }, scope)?.[0]).toMatchObject({
      address: { account: 'slack:default', chat: 'U0001' },
      sender: 'U0001',
      deliveryKeys: ['command:1.2.abc'],
      happening: { kind: 'message', text: '客户 A&B' },
    });
  });

  test.each(['C0001', 'G0001', 'D0001', 'D0002'])('typed in %s it is said in the direct message', (channel) => {
    const [said] = readCommand({ ...command, channel_id: channel, text: '待办' }, scope) ?? [];

    expect(said?.address).toEqual({ account: 'slack:default', chat: 'U0001' });
    expect(said?.address).toEqual(press({ value: 'card1:1:approve' })?.address);
  });

  test('a bare command is its own sentence', () => {
    expect(readCommand({ ...command, text: ' ' }, scope)?.[0]?.happening).toMatchObject({
      kind: 'message',
      text: '/daiban',
    });
  });
});

test('a submitted view that is none of our forms is kept as other under its type', () => {
  const body = { type: 'view_submission', user: { id: 'U0001' }, view: { id: 'V1', callback_id: 'x', hash: 'h' } };

  expect(readView(body, scope)?.[0]).toMatchObject({
    deliveryKeys: ['view_submission:V1:h'],
    happening: { kind: 'other', what: 'view_submission' },
  });
});
