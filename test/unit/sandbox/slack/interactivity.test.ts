import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Fields, fieldsOf, listOf } from '../../../../src/sandbox/kernel/values.ts';
import { after, buttons, input, modal, type OurEndpoint, ourEndpoint, section, type Stage, stage } from './support.ts';

let ours: OurEndpoint;
let s: Stage;
beforeEach(async () => {
  ours = await ourEndpoint();
  s = await stage({ eventsUrl: ours.url, subscriptions: [] });
});
afterEach(async () => {
  await s.close();
  await ours.close();
});

const SELECT = {
  type: 'section',
  block_id: 'pick',
  text: { type: 'mrkdwn', text: '理由' },
  accessory: {
    type: 'static_select',
    action_id: 'reason',
    placeholder: { type: 'plain_text', text: '选择' },
    options: ['low', 'high'].map((value) => ({ text: { type: 'plain_text', text: value }, value })),
  },
};

async function card(...blocks: readonly Fields[]): Promise<{ channel: unknown; ts: string }> {
  const { channel, ts } = await s.call('chat.postMessage', {
    channel: 'U0LIN',
    text: '审批',
    blocks: blocks.length > 0 ? blocks : [buttons('act', 'approve', 'reject')],
  });
  return { channel, ts: String(ts) };
}

const last = () => fieldsOf(ours.seen.at(-1)?.body);
const toasts = () => s.slack.screen('U0LIN').toasts.map(({ text }) => text);

/** Presses a fresh card and gives the press's trigger. */
async function trigger(): Promise<unknown> {
  const { ts } = await card();
  await s.slack.tap('U0LIN', ts, 'approve');
  return last()['trigger_id'];
}

async function openModal(view: Fields): Promise<string> {
  const answer = await s.call('views.open', { trigger_id: await trigger(), view });
  return `view:${String(fieldsOf(answer['view'])['id'])}`;
}

describe('a press in a message', () => {
  test('block_actions carries container, message, action and the state of every stateful element', async () => {
    const { channel, ts } = await card(SELECT, buttons('act', 'approve', 'reject'));
    await s.slack.tap('U0LIN', ts, 'act/approve', { 'pick/reason': 'high' });

    expect(last()).toMatchObject({
      type: 'block_actions',
      team: { id: 'T0001' },
      user: { id: 'U0LIN' },
      container: { type: 'message', message_ts: ts, channel_id: channel, is_ephemeral: false },
      message: { ts, bot_id: 'B0BOT' },
      actions: [{ type: 'button', action_id: 'approve', block_id: 'act', value: 'v-approve' }],
      state: { values: { pick: { reason: { type: 'static_select', selected_option: { value: 'high' } } } } },
    });
  });

  test('a select that was not touched stands in the state with null', async () => {
    const { ts } = await card(SELECT, buttons('act', 'approve'));
    await s.slack.tap('U0LIN', ts, 'approve');

    expect(last()['state']).toEqual({ values: { pick: { reason: { type: 'static_select', selected_option: null } } } });
  });

  test('a choice that is not offered cannot be made', async () => {
    const { ts } = await card(SELECT, buttons('act', 'approve'));
    await expect(s.slack.tap('U0LIN', ts, 'approve', { reason: 'sideways' })).rejects.toThrow('does not offer');
  });

  test('a press in an ephemeral note has no message in its payload', async () => {
    const { channel } = await card();
    const { message_ts } = await s.call('chat.postEphemeral', {
      channel,
      user: 'U0LIN',
      text: 'x',
      blocks: [buttons('act', 'again')],
    });
    await s.slack.tap('U0LIN', String(message_ts), 'again');

    expect(last()).toMatchObject({ type: 'block_actions', container: { is_ephemeral: true } });
    expect(last()).not.toHaveProperty('message');
  });

  test('a button that a redraw took away can still be pressed on a screen that has not redrawn', async () => {
    const { channel, ts } = await card();
    await s.call('chat.update', { channel, ts, text: '已批', blocks: [section('已批')] });
    await s.slack.tap('U0LIN', ts, 'reject');

    expect(last()['actions']).toMatchObject([{ action_id: 'reject', value: 'v-reject' }]);
  });

  test('two presses in the same moment are two requests with different triggers', async () => {
    const { ts } = await card();
    await Promise.all([s.slack.tap('U0LIN', ts, 'approve'), s.slack.tap('U0LIN', ts, 'approve')]);

    expect(new Set(ours.seen.map(({ body }) => body['trigger_id'])).size).toBe(2);
  });

  test('somebody else in the channel and a deactivated member can press too', async () => {
    const shared = await stage({
      eventsUrl: ours.url,
      subscriptions: [],
      channels: [{ id: 'C0JOINED', name: 'j', members: ['U0LIN', 'U0ZHAO', 'U0BOT'] }],
    });
    const { ts } = await shared.call('chat.postMessage', {
      channel: 'C0JOINED',
      text: 'x',
      blocks: [buttons('act', 'approve')],
    });
    await shared.slack.tap('U0ZHAO', String(ts), 'approve');
    shared.slack.deactivate('U0ZHAO');
    await shared.slack.tap('U0ZHAO', String(ts), 'approve');
    await shared.close();

    expect(ours.seen.map(({ body }) => fieldsOf(body['user'])['id'])).toEqual(['U0ZHAO', 'U0ZHAO']);
  });
});

describe('trigger_id', () => {
  test('a trigger opens one view only', async () => {
    const trigger_id = await trigger();
    expect((await s.call('views.open', { trigger_id, view: modal([input('why')]) }))['ok']).toBe(true);
    expect((await s.call('views.open', { trigger_id, view: modal([input('why')]) }))['error']).toBe(
      'exchanged_trigger_id',
    );
  });

  test('a trigger is good for three seconds', async () => {
    const [young, old] = [await trigger(), await trigger()];
    const open = (trigger_id: unknown) => s.call('views.open', { trigger_id, view: modal([input('why')]) });

    await s.slack.setNow(after(3));
    expect((await open(young))['ok']).toBe(true);
    await s.slack.setNow(after(3.001));
    expect((await open(old))['error']).toBe('expired_trigger_id');
  });

  test('an unknown trigger is invalid', async () => {
    expect((await s.call('views.open', { trigger_id: '1.2.x', view: modal([input('why')]) }))['error']).toBe(
      'invalid_trigger_id',
    );
  });

  test('views.update and views.publish need no trigger', async () => {
    const id = (await openModal(modal([input('why')]))).slice('view:'.length);

    expect(
      (await s.call('views.update', { view_id: id, view: modal([section('好了')], { submit: undefined }) }))['ok'],
    ).toBe(true);
    expect((await s.call('views.publish', { user_id: 'U0LIN', view: { type: 'home', blocks: [] } }))['ok']).toBe(true);
  });
});

describe('response_url', () => {
  const post = async (url: unknown, body: Fields) => {
    const response = await fetch(String(url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: response.status, text: await response.text() };
  };
  const url = async () => {
    const { ts } = await card();
    await s.slack.tap('U0LIN', ts, 'approve');
    return last()['response_url'];
  };

  test('a response_url takes five posts without a token and refuses the sixth', async () => {
    const address = await url();
    const statuses: number[] = [];
    for (let i = 0; i < 6; i += 1) statuses.push((await post(address, { text: `${i}` })).status);

    expect(statuses).toEqual([200, 200, 200, 200, 200, 404]);
    expect((await post(address, { text: 'x' })).text).toBe('used_url');
  });

  test('a response_url ends after thirty minutes', async () => {
    const address = await url();
    await s.slack.setNow(after(1800));
    expect((await post(address, { text: 'x' })).status).toBe(200);
    await s.slack.setNow(after(1801));

    expect(await post(address, { text: 'x' })).toEqual({ status: 404, text: 'expired_url' });
  });

  test('a response_url posts for the presser alone by default and for all with in_channel', async () => {
    const address = await url();
    const before = s.slack.screen('U0LIN').messages.length;
    await post(address, { text: '只给你' });
    await post(address, { text: '给大家', response_type: 'in_channel' });

    expect(toasts()).toEqual(['只给你']);
    expect(
      s.slack
        .screen('U0LIN')
        .messages.slice(before)
        .map(({ text }) => text),
    ).toEqual(['给大家']);
  });

  test('a response_url posts into a thread for all when told so', async () => {
    const address = await url();
    const { channel } = await card();
    const { ts } = await s.call('chat.postMessage', { channel, text: '题' });
    await post(address, { text: '答', response_type: 'in_channel', replace_original: false, thread_ts: ts });

    const { messages } = await s.call('conversations.replies', { channel, ts });
    expect(listOf(messages).map((one) => fieldsOf(one)['text'])).toEqual(['题', '答']);
  });

  test('a response_url replaces and deletes the pressed message, an ephemeral one included', async () => {
    const { channel } = await card();
    const { message_ts } = await s.call('chat.postEphemeral', {
      channel,
      user: 'U0LIN',
      text: '问',
      blocks: [buttons('act', 'again')],
    });
    await s.slack.tap('U0LIN', String(message_ts), 'again');
    const address = last()['response_url'];

    await post(address, { replace_original: true, text: '已答', blocks: [section('已答')] });
    expect(s.slack.screen('U0LIN').messages.at(-1)).toMatchObject({ id: message_ts, text: '已答' });
    await post(address, { delete_original: true });
    expect(s.slack.screen('U0LIN').messages.find(({ id }) => id === message_ts)?.deleted).toBe(true);
  });

  test("a command's own message can not be deleted", async () => {
    await s.slack.slash('U0LIN', '/daiban', 'x');
    expect(await post(last()['response_url'], { delete_original: true })).toEqual({
      status: 404,
      text: 'cant_delete_message',
    });
  });

  test('a response_url that was never handed out is refused', async () => {
    expect((await post(`${s.base}/hooks/actions/T0001/x/y`, { text: 'x' })).status).toBe(404);
  });
});

describe('slash commands', () => {
  test('the fields of a command come as a plain form', async () => {
    await s.slack.slash('U0LIN', '/daiban', '客户 13800006612');

    expect(last()).toMatchObject({
      command: '/daiban',
      text: '客户 13800006612',
      user_id: 'U0LIN',
      team_id: 'T0001',
      channel_name: 'directmessage',
      is_enterprise_install: 'false',
    });
    expect(last()['response_url']).toContain(`${s.base}/hooks/commands/`);
  });

  test('the body of the 200 is shown: text to the presser, in_channel to all', async () => {
    ours.reply = () => ({ body: '收到' });
    await s.slack.slash('U0LIN', '/daiban', 'x');
    ours.reply = () => ({ body: { response_type: 'in_channel', text: '大家好' } });
    await s.slack.slash('U0LIN', '/daiban', 'x');

    expect(toasts()).toEqual(['收到']);
    expect(s.slack.screen('U0LIN').messages.map(({ text }) => text)).toEqual(['大家好']);
  });
});

describe('modals', () => {
  test('a submission carries the value of every input, null for an empty optional one', async () => {
    const id = await openModal(
      modal([input('why'), input('note', { optional: true })], { private_metadata: 'case-7' }),
    );
    await s.slack.tap('U0LIN', id, 'submit', { 'why/text': '流水不足' });

    expect(last()).toMatchObject({
      type: 'view_submission',
      view: { callback_id: 'reason', private_metadata: 'case-7' },
      response_urls: [],
    });
    expect(fieldsOf(fieldsOf(last()['view'])['state'])['values']).toEqual({
      why: { text: { type: 'plain_text_input', value: '流水不足' } },
      note: { text: { type: 'plain_text_input', value: null } },
    });
  });

  test('a required input left empty is stopped without a request', async () => {
    const id = await openModal(modal([input('why')]));
    const before = ours.seen.length;
    await s.slack.tap('U0LIN', id, 'submit');

    expect(ours.seen).toHaveLength(before);
    expect(toasts()).toEqual(['missing_input: why']);
  });

  async function submitWith(answer: unknown): Promise<string> {
    const id = await openModal(modal([input('why')]));
    ours.reply = () => (answer === undefined ? undefined : { body: answer });
    await s.slack.tap('U0LIN', id, 'submit', { 'why/text': 'x' });
    return id;
  }
  const open = () => s.slack.screen('U0LIN').messages.filter(({ id }) => id.startsWith('view:'));

  test('an empty answer to a submission closes the view', async () => {
    await submitWith(undefined);
    expect(open()).toEqual([]);
  });

  test('errors stay at their input and keep the view open', async () => {
    await submitWith({ response_action: 'errors', errors: { why: '太短' } });

    expect(open()).toMatchObject([{ card: { selects: [{ error: '太短' }] } }]);
    expect(toasts()).toEqual([]);
  });

  test('a text longer than its input takes is stopped by the client', async () => {
    await openModal(modal([input('why', { element: { type: 'plain_text_input', action_id: 'text', max_length: 5 } })]));
    const before = ours.seen.length;

    await s.slack.tap('U0LIN', open()[0]?.id ?? '', 'submit', { 'why/text': '一二三四五六' });

    expect(toasts()).toEqual(['too_long_input: why']);
    expect(ours.seen).toHaveLength(before);
  });

  test('errors that name no input of the view are a faulty answer', async () => {
    await submitWith({ response_action: 'errors', errors: { nowhere: '太短' } });
    expect(toasts()).toEqual(['invalid_response_errors']);
  });

  test('update replaces the view, push puts one on top, clear takes all away', async () => {
    await submitWith({ response_action: 'update', view: modal([section('好了')], { submit: undefined }) });
    expect(open()[0]?.card?.text ?? open()[0]?.card?.title).toContain('原因');
    const first = await submitWith({ response_action: 'push', view: modal([input('more')]) });
    expect(open().map(({ id }) => id)).not.toContain(first);
    ours.reply = () => ({ body: { response_action: 'clear' } });
    await s.slack.tap('U0LIN', open()[0]?.id ?? '', 'submit', { 'more/text': 'x' });

    expect(open()).toEqual([]);
  });

  test('a fourth view on the stack is push_limit_reached', async () => {
    await openModal(modal([buttons('act', 'next')], { submit: undefined }));
    const push = async () => {
      const { id } = open()[0] ?? { id: '' };
      await s.slack.tap('U0LIN', id, 'next');
      return s.call('views.push', {
        trigger_id: last()['trigger_id'],
        view: modal([buttons('act', 'next')], { submit: undefined }),
      });
    };

    expect([(await push())['ok'], (await push())['ok'], (await push())['error']]).toEqual([
      true,
      true,
      'push_limit_reached',
    ]);
  });

  test('a pushed view knows its root and the one before it', async () => {
    const root = (await openModal(modal([buttons('act', 'next')], { submit: undefined }))).slice('view:'.length);
    await s.slack.tap('U0LIN', `view:${root}`, 'next');
    const { view } = await s.call('views.push', { trigger_id: last()['trigger_id'], view: modal([input('why')]) });

    expect(view).toMatchObject({ root_view_id: root, previous_view_id: root });
  });

  test('a press in a view is block_actions with the view as container', async () => {
    const id = await openModal(modal([buttons('act', 'next')], { submit: undefined }));
    await s.slack.tap('U0LIN', id, 'next');

    expect(last()).toMatchObject({
      type: 'block_actions',
      container: { type: 'view' },
      view: { callback_id: 'reason' },
    });
    expect(last()).not.toHaveProperty('channel');
  });

  test('an update with an outdated hash is hash_conflict, of an unknown view not_found', async () => {
    const { view } = await s.call('views.open', { trigger_id: await trigger(), view: modal([input('why')]) });
    const { id, hash } = fieldsOf(view);
    const update = (more: Fields) => s.call('views.update', { view_id: id, view: modal([input('why')]), ...more });

    expect((await update({ hash }))['ok']).toBe(true);
    expect((await update({ hash }))['error']).toBe('hash_conflict');
    expect((await update({ view_id: 'V0NONE' }))['error']).toBe('not_found');
  });

  test('two open views cannot share an external_id, which also finds the view', async () => {
    await s.call('views.publish', { user_id: 'U0LIN', view: { type: 'home', blocks: [], external_id: 'one' } });
    const trigger_id = await trigger();

    expect(
      (await s.call('views.open', { trigger_id, view: modal([input('why')], { external_id: 'one' }) }))['error'],
    ).toBe('duplicate_external_id');
    expect(
      (await s.call('views.update', { external_id: 'one', view: { type: 'home', blocks: [section('x')] } }))['ok'],
    ).toBe(true);
  });

  test('closing is told only for views with notify_on_close, and clearing the stack says so', async () => {
    await openModal(modal([input('why')]));
    const before = ours.seen.length;
    await s.slack.closeView('U0LIN', false);
    expect(ours.seen).toHaveLength(before);

    const id = await openModal(modal([input('why')], { notify_on_close: true }));
    await s.slack.tap('U0LIN', id, 'close');
    expect(last()).toMatchObject({ type: 'view_closed', is_cleared: false, view: { state: { values: {} } } });
    await openModal(modal([input('why')], { notify_on_close: true }));
    await s.slack.closeView('U0LIN', true);
    expect(last()).toMatchObject({ type: 'view_closed', is_cleared: true });
  });
});

describe('the screen', () => {
  test('a card shows title, source, text, fields, selects and buttons', async () => {
    await card(
      { type: 'context', elements: [{ type: 'mrkdwn', text: '贷款审批' }] },
      { type: 'header', text: { type: 'plain_text', text: 'A1087 何女士' } },
      section('申请 *30万* 周转'),
      { type: 'section', fields: [{ type: 'mrkdwn', text: '*城市*\n深圳' }] },
      SELECT,
      {
        type: 'actions',
        block_id: 'act',
        elements: [{ type: 'button', action_id: 'ok', style: 'primary', text: { type: 'plain_text', text: '同意' } }],
      },
    );

    expect(s.slack.screen('U0LIN').messages[0]?.card).toEqual({
      source: '贷款审批',
      title: 'A1087 何女士',
      text: '申请 30万 周转\n理由',
      fields: [{ label: '城市', value: '深圳' }],
      selects: [
        {
          id: 'pick/reason',
          label: '选择',
          options: [
            { id: 'low', text: 'low' },
            { id: 'high', text: 'high' },
          ],
        },
      ],
      buttons: [{ key: 'act/ok', text: '同意', style: 'primary' }],
    });
  });

  test('an open modal is the last thing on the screen, with its buttons and fields', async () => {
    const id = await openModal(modal([input('why')]));

    expect(s.slack.screen('U0LIN').messages.at(-1)).toMatchObject({
      id,
      card: {
        title: '原因',
        selects: [{ id: 'why/text', label: 'why', options: [] }],
        buttons: [{ key: 'submit', text: '提交' }, { key: 'close' }],
      },
    });
  });
});
