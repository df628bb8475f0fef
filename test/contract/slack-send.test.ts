import { describe, expect, test } from 'vitest';
import type { OutboundContent } from '../../src/channels/channel.ts';
import { type StubCall, type StubReply } from '../fixtures/slack/http-stub.ts';
import { eventCallback, form, FORM, NOW, signed } from '../fixtures/slack/requests.ts';
import { card, handle, intent, posted, useSlack } from '../fixtures/slack/sending.ts';
import { failureOf } from '../support/channel-failure.ts';

const slack = useSlack();

/** All calls but the question which workspace is ours. */
function posts(): readonly StubCall[] {
  return slack.calls.filter((one) => !one.path.endsWith('auth.test'));
}

describe('posting to a person', () => {
  const to = { account: 'slack:default', chat: 'U0777' };
  const hello: OutboundContent = { kind: 'text', text: 'hi' };
  const places = (): readonly unknown[] => posts().map((one) => one.fields['channel']);

  test('goes to the direct message he wrote in, as soon as it is known', async () => {
    const channel = await slack.answering(() => ({
      json: { ok: true, channel: 'D0777', ts: '1.0', message: {}, messages: [] },
    }));
    await channel.send(intent(hello, { to: { ...to, chat: 'U0888' } }));
    const word = { type: 'message', channel: 'D0777', channel_type: 'im', user: 'U0777', text: '待办', ts: '1.0' };
    await channel.receive(signed(JSON.stringify(eventCallback(word))), NOW);

    await channel.send(intent(hello, { to }));
    await channel.reconcile?.(intent(hello, { to }), NOW);

    expect(places()).toEqual(['U0888', 'D0777', 'D0777']);
  });

  test('goes to his id until Slack has said which direct message that is', async () => {
    const channel = await slack.answering(() => ({ json: { ok: true, channel: 'D0777', ts: '1.0', message: {} } }));
    // A command may be typed in the direct message of two other people.
    const command = { command: '/daiban', text: '待办', user_id: 'U0777', channel_id: 'D0999', trigger_id: '1.2' };
    await channel.receive(signed(form(command), { contentType: FORM }), NOW);

    await channel.send(intent(hello, { to }));
    await channel.send(intent(hello, { to }));

    expect(places()).toEqual(['U0777', 'D0777']);
  });
});

test('a direct message that Slack does not know is forgotten, and the person is reached by his id', async () => {
  const channel = await slack.answering(({ fields }) =>
    fields['channel'] === 'D0666'
      ? { json: { ok: false, error: 'channel_not_found' } }
      : { json: { ok: true, channel: 'D0777', ts: '1.0', message: {} } },
  );
  const elsewhere = { type: 'message', channel: 'D0666', channel_type: 'im', user: 'U0777', text: '待办', ts: '1.0' };
  await channel.receive(signed(JSON.stringify(eventCallback(elsewhere))), NOW);
  const to = { account: 'slack:default', chat: 'U0777' };

  const first = await channel.send(intent({ kind: 'text', text: 'hi' }, { to }));
  await channel.send(intent({ kind: 'text', text: 'hi' }, { to }));

  expect(first.handle).toEqual({ channel: 'D0777', ts: '1.0' });
  expect(posts().map((one) => one.fields['channel'])).toEqual(['D0666', 'U0777', 'D0777']);
});

describe('posting', () => {
  test('a text goes out escaped, without previews, with the intent’s id in its metadata and the token in the header only', async () => {
    const channel = await slack.answering(() => posted);

    const receipt = await channel.send(intent({ kind: 'text', text: '利率 < 24% & 费用' }));

    const { fields, headers, body } = slack.call('chat.postMessage');
    expect(receipt).toEqual({ providerId: '1760000000.000200', handle });
    expect(fields).toMatchObject({
      channel: 'D0001',
      text: '利率 &lt; 24% &amp; 费用',
      unfurl_links: 'false',
      unfurl_media: 'false',
    });
    expect(JSON.parse(fields['metadata'] ?? '')).toEqual({
      event_type: 'daiban_message',
      event_payload: { id: 'out-42' },
    });
    expect(headers.authorization).toBe('Bearer xoxb-secret-token');
    expect(body.toString()).not.toContain('xoxb-secret-token');
  });

  test('a text of 9,000 characters is one message: a short notification and all of it in sections', async () => {
    const channel = await slack.answering(() => posted);
    const text = Array.from({ length: 600 }, (_, index) => `第${String(index).padStart(4, '0')}行 一二三四五\n`).join(
      '',
    );

    await channel.send(intent({ kind: 'text', text }));

    expect(slack.calls).toHaveLength(1);
    const { fields } = slack.call('chat.postMessage');
    const blocks = JSON.parse(fields['blocks'] ?? '') as { text: { text: string } }[];
    expect((fields['text'] ?? '').length).toBeLessThan(4000);
    expect(blocks.map((block) => block.text.text).join('')).toBe(text);
  });

  const endless = 'x'.repeat(25_000);

  test('a text of 25,000 characters is three messages whose metadata counts the parts', async () => {
    const channel = await slack.answering(() => posted);

    await channel.send(intent({ kind: 'text', text: endless }));

    expect(slack.calls.map((one) => JSON.parse(one.fields['metadata'] ?? '') as unknown)).toMatchObject([
      { event_payload: { id: 'out-42', part: 0 } },
      { event_payload: { id: 'out-42', part: 1 } },
      { event_payload: { id: 'out-42', part: 2 } },
    ]);
  });

  test('when a later part fails the outcome is unknown, and reconciliation says so until all parts are found', async () => {
    const replies: StubReply[] = [posted, { json: { ok: false, error: 'service_unavailable' } }];
    const channel = await slack.answering(() => replies.shift() ?? posted);
    const error = await failureOf(channel.send(intent({ kind: 'text', text: endless })));
    await slack.leave();
    const found = (count: number): StubReply => ({
      json: {
        ok: true,
        messages: Array.from({ length: count }, (_, part) => ({
          ts: `176000000${String(part)}.0`,
          metadata: { event_type: 'daiban_message', event_payload: { id: 'out-42', part } },
        })),
      },
    });
    const history = [found(1), found(3)];
    const later = await slack.answering(() => history.shift() ?? posted);

    expect(error).toMatchObject({ failure: 'unknown', code: 'partly_sent' });
    expect(await later.reconcile?.(intent({ kind: 'text', text: endless }), NOW)).toBeUndefined();
    expect(await later.reconcile?.(intent({ kind: 'text', text: endless }), NOW)).toMatchObject({
      providerId: '1760000002.0',
    });
  });

  test('choices become buttons under the text', async () => {
    const channel = await slack.answering(() => posted);

    await channel.send(intent({ kind: 'text', text: '提交吗？', choices: ['提交', '再改改'] }));

    expect(JSON.parse(slack.call('chat.postMessage').fields['blocks'] ?? '')).toMatchObject([
      { type: 'section', text: { text: '提交吗？' } },
      {
        type: 'actions',
        elements: [
          { action_id: 'say:0', value: '提交' },
          { action_id: 'say:1', value: '再改改' },
        ],
      },
    ]);
  });

  test('a card to a thread names the thread; an update keeps blocks and text in step', async () => {
    const channel = await slack.answering(() => posted);

    await channel.send(
      intent({ kind: 'card', card }, { to: { account: 'slack:default', chat: 'C0001', thread: '1.0' } }),
    );
    await channel.send(intent({ kind: 'card_update', card: { ...card, revision: 2, closed: '已同意' }, handle }));

    expect(slack.call('chat.postMessage').fields).toMatchObject({ channel: 'C0001', thread_ts: '1.0' });
    expect(slack.call('chat.update').fields).toMatchObject({ channel: 'D0001', ts: handle.ts, text: 'A1087\n已同意' });
    expect(JSON.parse(slack.call('chat.update').fields['blocks'] ?? '')).toMatchObject([
      { type: 'header' },
      { type: 'section' },
    ]);
  });

  test('a tap is answered to the presser alone', async () => {
    const channel = await slack.answering(() => ({ json: { ok: true, message_ts: '1.1' } }));

    await channel.send(
      intent({ kind: 'tap_answer', tap: { channel: 'C0001', ts: '1.0', user: 'U7' }, text: '已处理', alert: false }),
    );

    expect(slack.call('chat.postEphemeral').fields).toMatchObject({ channel: 'C0001', user: 'U7', text: '已处理' });
  });
});
