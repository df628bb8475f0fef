/** Every number of the reference's §1.10, on both sides of its edge. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Fields, fieldsOf, listOf } from '../../../../src/sandbox/kernel/values.ts';
import { slackLimits } from '../../../../src/sandbox/slack/index.ts';
import { buttons, input, modal, type OurEndpoint, ourEndpoint, section, type Stage, stage } from './support.ts';

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

/** Blocks of `n`: so many of what is limited. */
type Edge = readonly [name: string, limit: number, make: (n: number) => readonly Fields[]];

const messages = (body: object) => listOf(fieldsOf(fieldsOf(body)['response_metadata'])['messages']);
const post = (blocks: readonly unknown[]) => s.call('chat.postMessage', { channel: 'U0LIN', text: 'x', blocks });
const plain = (length: number) => ({ type: 'plain_text', text: 'a'.repeat(length) });
const many = (count: number, make: (at: number) => Fields) => Array.from({ length: count }, (_, at) => make(at));
const actions = (element: Fields) => [{ type: 'actions', elements: [{ action_id: 'a', ...element }] }];
const button = (more: Fields) => actions({ type: 'button', text: plain(1), ...more });
const option = (at: number, more: Fields = {}) => ({ text: plain(1), value: `v${at}`, ...more });
const chooser = (type: string, more: Fields) => actions({ type, ...more });
const confirm = (more: Fields) =>
  button({ confirm: { title: plain(1), text: plain(1), confirm: plain(1), deny: plain(1), ...more } });
const image = (more: Fields) => [{ type: 'image', image_url: 'https://a/b.png', alt_text: 'a', ...more }];

const EDGES: readonly Edge[] = [
  ['blocks of a message', 50, (n) => many(n, () => ({ type: 'divider' }))],
  ['section text', 3000, (n) => [section('a'.repeat(n))]],
  ['section fields', 10, (n) => [{ type: 'section', fields: many(n, () => plain(1)) }]],
  ['a section field', 2000, (n) => [{ type: 'section', fields: [plain(n)] }]],
  ['header text', 150, (n) => [{ type: 'header', text: plain(n) }]],
  ['context elements', 10, (n) => [{ type: 'context', elements: many(n, () => plain(1)) }]],
  ['action elements', 25, (n) => [buttons('b', ...Array.from({ length: n }, (_, at) => `a${at}`))]],
  ['context actions', 5, (n) => [{ type: 'context_actions', elements: many(n, () => ({ type: 'icon_button' })) }]],
  ['image alt text', 2000, (n) => image({ alt_text: 'a'.repeat(n) })],
  ['image title', 2000, (n) => image({ title: plain(n) })],
  ['input label', 2000, (n) => [input('why', { label: plain(n) })]],
  ['input hint', 2000, (n) => [input('why', { hint: plain(n) })]],
  ['max_length of a text field', 3000, (n) => [input('why', { element: { type: 'plain_text_input', max_length: n } })]],
  ['max_files of a file field', 10, (n) => [input('why', { element: { type: 'file_input', max_files: n } })]],
  [
    'characters of markdown in all',
    12_000,
    (n) => ['a', 'a'.repeat(n - 1)].map((text) => ({ type: 'markdown', text })),
  ],
  ['table rows', 100, (n) => [{ type: 'table', rows: Array.from({ length: n }, () => []) }]],
  ['table cells', 20, (n) => [{ type: 'table', rows: [many(n, () => ({}))] }]],
  ['an action_id', 255, (n) => button({ action_id: 'a'.repeat(n) })],
  ['a block_id', 255, (n) => [section('x', { block_id: 'b'.repeat(n) })]],
  ['button text', 75, (n) => button({ text: plain(n) })],
  ['button value', 2000, (n) => button({ value: 'a'.repeat(n) })],
  ['button url', 3000, (n) => button({ url: `https://a/${'a'.repeat(n - 10)}` })],
  ['accessibility_label', 75, (n) => button({ accessibility_label: 'a'.repeat(n) })],
  ['confirm title', 100, (n) => confirm({ title: plain(n) })],
  ['confirm text', 300, (n) => confirm({ text: plain(n) })],
  ['confirm button', 30, (n) => confirm({ confirm: plain(n) })],
  ['deny button', 30, (n) => confirm({ deny: plain(n) })],
  ['option text', 75, (n) => chooser('static_select', { options: [option(0, { text: plain(n) })] })],
  ['option value', 75, (n) => chooser('static_select', { options: [option(0, { value: 'v'.repeat(n) })] })],
  ['option description', 75, (n) => chooser('static_select', { options: [option(0, { description: plain(n) })] })],
  ['select options', 100, (n) => chooser('static_select', { options: many(n, option) })],
  [
    'option groups',
    100,
    (n) => chooser('static_select', { option_groups: many(n, () => ({ label: plain(1), options: [option(0)] })) }),
  ],
  ['overflow options', 5, (n) => chooser('overflow', { options: many(n, option) })],
  ['checkboxes', 10, (n) => chooser('checkboxes', { options: many(n, option) })],
  ['radio options', 10, (n) => chooser('radio_buttons', { options: many(n, option) })],
  ['a placeholder', 150, (n) => chooser('static_select', { options: [option(0)], placeholder: plain(n) })],
];

describe('block limits', () => {
  test.each(EDGES)('%s: %i pass, one more is invalid_blocks', async (_name, limit, make) => {
    const over = await post(make(limit + 1));

    expect(await post(make(limit))).toMatchObject({ ok: true });
    expect(over['error']).toBe('invalid_blocks');
    expect(messages(over)[0]).toContain('[json-pointer:/blocks');
  });

  test('100 attachments pass, more are too_many_attachments', async () => {
    const attach = (count: number) =>
      s.call('chat.postMessage', { channel: 'U0LIN', attachments: many(count, () => ({ text: 'x' })) });

    expect((await attach(100))['ok']).toBe(true);
    expect((await attach(101))['error']).toBe('too_many_attachments');
  });

  test.each<[string, readonly Fields[]]>([
    ['empty section text', [section('')]],
    ['no action elements', [{ type: 'actions', elements: [] }]],
    ['an unknown button style', button({ style: 'green' })],
    ['a text input among actions', actions({ type: 'plain_text_input' })],
    ['a confirm without its texts', button({ confirm: {} })],
    ['an unknown block type', [{ type: 'telepathy' }]],
    ['an unknown element type', actions({ type: 'lever' })],
    ['two blocks of one block_id', [section('x', { block_id: 'same' }), section('y', { block_id: 'same' })]],
    ['two actions of one action_id', [buttons('b', 'same', 'same')]],
  ])('%s is invalid_blocks', async (_name, blocks) => {
    const answer = await post(blocks);

    expect(answer['error']).toBe('invalid_blocks');
    expect(messages(answer)).not.toEqual([]);
  });

  test('every fault is named with its JSON pointer', async () => {
    const answer = await post([
      { type: 'header', text: { type: 'mrkdwn', text: 'a'.repeat(151) } },
      { type: 'section' },
    ]);

    expect(answer['error']).toBe('invalid_blocks');
    expect(messages(answer)).toEqual([
      '[ERROR] unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]',
      '[ERROR] must be less than 151 characters [json-pointer:/blocks/0/text/text]',
      '[ERROR] missing required field: text [json-pointer:/blocks/1]',
    ]);
  });

  test('blocks that are no JSON list are invalid_blocks_format', async () => {
    const body = new URLSearchParams({ channel: 'U0LIN', blocks: '{"type"' });
    expect((await s.request('chat.postMessage', { body })).body['error']).toBe('invalid_blocks_format');
  });
});

describe('limits of modals', () => {
  async function open(view: Fields): Promise<Fields> {
    await s.slack.slash('U0LIN', '/daiban', 'x');
    return s.call('views.open', { trigger_id: ours.seen.at(-1)?.body['trigger_id'], view });
  }
  const view = (more: Fields): Fields => modal([section('x')], more);

  test.each<[string, number, (n: number) => Fields]>([
    ['blocks of a modal', 100, (n) => modal(many(n, () => ({ type: 'divider' })))],
    ['a title', 24, (n) => view({ title: plain(n) })],
    ['a submit label', 24, (n) => view({ submit: plain(n) })],
    ['a close label', 24, (n) => view({ close: plain(n) })],
    ['private_metadata', 3000, (n) => view({ private_metadata: 'a'.repeat(n) })],
    ['a callback_id', 255, (n) => view({ callback_id: 'a'.repeat(n) })],
    ['an input label', 2000, (n) => modal([input('why', { label: plain(n) })])],
  ])('%s: %i pass, one more is refused with a pointer', async (_name, limit, make) => {
    const over = await open(make(limit + 1));

    expect((await open(make(limit)))['ok']).toBe(true);
    expect(over['error']).toBe('invalid_arguments');
    expect(messages(over)[0]).toContain('[json-pointer:/view');
  });

  test.each<[string, Fields]>([
    ['an input without a submit label', modal([input('why')], { submit: undefined })],
    ['a button as input', modal([input('why', { element: { type: 'button', action_id: 'a', text: plain(1) } })])],
  ])('%s is refused with a pointer', async (_name, refused) => {
    const answer = await open(refused);

    expect(answer['error']).toBe('invalid_arguments');
    expect(messages(answer)[0]).toContain('[json-pointer:/view');
  });

  /** A modal of exactly so many bytes as JSON. */
  function ofBytes(bytes: number): Fields {
    const count = 90;
    const missing = bytes - Buffer.byteLength(JSON.stringify(modal(many(count, () => section('')))));
    const each = Math.floor(missing / count);
    return modal(many(count, (at) => section('a'.repeat(at === 0 ? missing - each * (count - 1) : each))));
  }

  test('a view of 250 kB passes, a byte more is view_too_large', async () => {
    expect((await open(ofBytes(250_000)))['ok']).toBe(true);
    expect((await open(ofBytes(250_001)))['error']).toBe('view_too_large');
  });
});

test('the numbers of Slack can be made stricter, never kinder', () => {
  const own = slackLimits();
  const kinder = slackLimits({ channelBurst: 11, tiers: { ...own.tiers, t2: 21 }, eventsPerHour: 30_001, sockets: 11 });

  expect(kinder).toEqual(own);
  expect(slackLimits({ channelBurst: 1, tiers: { ...own.tiers, t2: 2 } })).toEqual({
    ...own,
    channelBurst: 1,
    tiers: { ...own.tiers, t2: 2 },
  });
});
