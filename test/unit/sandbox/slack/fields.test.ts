/** What every kind of field of a form reports when it is sent in. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Fields, fieldsOf } from '../../../../src/sandbox/kernel/values.ts';
import { input, modal, type OurEndpoint, ourEndpoint, type Stage, stage } from './support.ts';

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

async function openModal(view: Fields): Promise<string> {
  await s.slack.slash('U0LIN', '/daiban', 'x');
  const answer = await s.call('views.open', { trigger_id: ours.seen.at(-1)?.body['trigger_id'], view });
  return `view:${String(fieldsOf(answer['view'])['id'])}`;
}

test('state.values holds every kind of field by its own name, filled and empty', async () => {
  const options = ['low', 'high'].map((value) => ({ text: { type: 'plain_text', text: value }, value }));
  const high = { text: { type: 'plain_text', text: 'high' }, value: 'high' };
  const text = { type: 'rich_text_section', elements: [{ type: 'text', text: 'x' }] };
  const kinds: readonly (readonly [type: string, typed: string, name: string, filled: unknown, empty: unknown])[] = [
    ['plain_text_input', 'x', 'value', 'x', null],
    ['email_text_input', 'a@example.com', 'value', 'a@example.com', null],
    ['url_text_input', 'https://a.example', 'value', 'https://a.example', null],
    ['number_input', '7', 'value', '7', null],
    ['rich_text_input', 'x', 'rich_text_value', { type: 'rich_text', elements: [text] }, null],
    ['file_input', 'F1,F2', 'files', [{ id: 'F1' }, { id: 'F2' }], []],
    ['static_select', 'high', 'selected_option', high, null],
    ['multi_static_select', 'high', 'selected_options', [high], []],
    ['radio_buttons', 'high', 'selected_option', high, null],
    ['checkboxes', 'high', 'selected_options', [high], []],
    ['users_select', 'U0LIN', 'selected_user', 'U0LIN', null],
    ['multi_users_select', 'U0LIN,U0ZHAO', 'selected_users', ['U0LIN', 'U0ZHAO'], []],
    ['conversations_select', 'C1', 'selected_conversation', 'C1', null],
    ['channels_select', 'C1', 'selected_channel', 'C1', null],
    ['datepicker', '2026-12-05', 'selected_date', '2026-12-05', null],
    ['timepicker', '08:30', 'selected_time', '08:30', null],
    ['datetimepicker', '1796000400', 'selected_date_time', 1_796_000_400, null],
  ];
  const choosing = ['static_select', 'multi_static_select', 'radio_buttons', 'checkboxes'];
  const field = (type: string, prefix: string) =>
    input(`${prefix}-${type}`, {
      optional: true,
      element: { type, action_id: 'it', ...(choosing.includes(type) ? { options } : {}) },
    });
  const id = await openModal(modal(kinds.flatMap(([type]) => [field(type, 'filled'), field(type, 'empty')])));
  await s.slack.tap(
    'U0LIN',
    id,
    'submit',
    Object.fromEntries(kinds.map(([type, typed]) => [`filled-${type}/it`, typed])),
  );

  const values = fieldsOf(fieldsOf(fieldsOf(ours.seen.at(-1)?.body['view'])['state'])['values']);
  for (const [type, , name, filled, empty] of kinds) {
    expect(fieldsOf(values[`filled-${type}`])['it']).toEqual({ type, [name]: filled });
    expect(fieldsOf(values[`empty-${type}`])['it']).toEqual({ type, [name]: empty });
  }
});
