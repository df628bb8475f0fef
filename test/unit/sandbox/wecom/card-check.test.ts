import { describe, expect, test } from 'vitest';
import { checkCard } from '../../../../src/sandbox/wecom/card-check.ts';
import { templateCardSchema } from '../../../../src/sandbox/wecom/card-schema.ts';
import { WecomFault } from '../../../../src/sandbox/wecom/fault.ts';

/** 0 when WeCom takes the card, else its code. */
function code(card: object, update = false): number {
  try {
    checkCard(templateCardSchema.parse(card), update);
    return 0;
  } catch (error) {
    if (error instanceof WecomFault) return error.errcode;
    throw error;
  }
}

const link = { type: 1, url: 'https://app.example.com/' };
const options = (count: number): object[] => Array.from({ length: count }, (_, n) => ({ id: `o${n}`, text: 'x' }));
const many = (count: number, item: object): object[] => Array.from({ length: count }, () => item);

const TEXT = { card_type: 'text_notice', main_title: { title: 'due' }, card_action: link };
const NEWS = {
  card_type: 'news_notice',
  main_title: { title: 'new' },
  card_image: { url: 'https://a/b.jpg' },
  card_action: link,
};
const BUTTONS = {
  card_type: 'button_interaction',
  task_id: 'disb-20250101-0007',
  main_title: { title: 'pass?' },
  button_list: [{ text: 'yes', key: 'approve' }],
};
const VOTE = {
  card_type: 'vote_interaction',
  task_id: 'docs@LN-0007_1',
  main_title: { title: 'missing' },
  checkbox: { question_key: 'missing', option_list: options(2) },
  submit_button: { key: 'docs' },
};
const FORM = {
  card_type: 'multiple_interaction',
  task_id: 'match-1',
  main_title: { title: 'plan' },
  select_list: [{ question_key: 'product', option_list: options(2) }],
  submit_button: { text: 'ok', key: 'match' },
};

describe('cards that are taken', () => {
  test.each<[string, object]>([
    ['a text notice', TEXT],
    ['a text notice with a sub-title only', { ...TEXT, main_title: undefined, sub_title_text: 'due' }],
    ['a news notice', NEWS],
    [
      'a news notice with picture and words',
      { ...NEWS, card_image: undefined, image_text_area: { image_url: 'https://a' } },
    ],
    ['buttons', BUTTONS],
    ['a button that opens a page', { ...BUTTONS, button_list: [{ text: 'see', type: 1, url: 'https://a' }] }],
    ['six buttons', { ...BUTTONS, button_list: Array.from({ length: 6 }, (_, n) => ({ text: 'b', key: `k${n}` })) }],
    ['a check-list of twenty', { ...VOTE, checkbox: { question_key: 'q', option_list: options(20) } }],
    ['a form', FORM],
    ['six rows', { ...TEXT, horizontal_content_list: many(6, { keyname: 'k', value: 'v' }) }],
    ['a key of 1024 bytes', { ...BUTTONS, button_list: [{ text: 'b', key: 'k'.repeat(1_024) }] }],
    ['a task_id of 128 bytes', { ...BUTTONS, task_id: 't'.repeat(128) }],
    [
      'a question_key of 1024 bytes',
      { ...VOTE, checkbox: { question_key: 'q'.repeat(1_024), option_list: options(1) } },
    ],
    [
      'an option id of 128 bytes',
      { ...VOTE, checkbox: { question_key: 'q', option_list: [{ id: 'i'.repeat(128), text: 'x' }] } },
    ],
    ['a menu key of 1024 bytes', { ...BUTTONS, action_menu: { action_list: [{ text: 'm', key: 'm'.repeat(1_024) }] } }],
    ['a submit key of 1024 bytes', { ...VOTE, submit_button: { key: 's'.repeat(1_024) } }],
    ['a link of 2048 bytes', { ...TEXT, card_action: { type: 1, url: `https://${'a'.repeat(2_040)}` } }],
  ])('%s', (_, card) => {
    expect(code(card)).toBe(0);
  });
});

describe('lists', () => {
  const keyed = (count: number): object[] => Array.from({ length: count }, (_, n) => ({ text: 'b', key: `k${n}` }));
  const asked = (count: number): object[] =>
    Array.from({ length: count }, (_, n) => ({ question_key: `q${n}`, option_list: options(1) }));

  test.each<[string, number, number, (n: number) => object]>([
    ['rows', 6, 42035, (n) => ({ ...TEXT, horizontal_content_list: many(n, { keyname: 'k' }) })],
    ['paragraphs', 4, 42036, (n) => ({ ...NEWS, vertical_content_list: many(n, { title: 't' }) })],
    ['jumps', 3, 42042, (n) => ({ ...TEXT, jump_list: many(n, { ...link, title: 't' }) })],
    ['buttons', 6, 42038, (n) => ({ ...BUTTONS, button_list: keyed(n) })],
    [
      'options beside buttons',
      10,
      42037,
      (n) => ({ ...BUTTONS, button_selection: { question_key: 'q', option_list: options(n) } }),
    ],
    [
      'options of a drop-down',
      10,
      42037,
      (n) => ({ ...FORM, select_list: [{ question_key: 'q', option_list: options(n) }] }),
    ],
    [
      'options of a check-list',
      20,
      42037,
      (n) => ({ ...VOTE, checkbox: { question_key: 'q', option_list: options(n) } }),
    ],
    ['drop-downs', 3, 42047, (n) => ({ ...FORM, select_list: asked(n) })],
    ['menu entries', 3, 42051, (n) => ({ ...BUTTONS, action_menu: { action_list: keyed(n) } })],
  ])('%s: %i pass, one more is %i', (_, most, errcode, make) => {
    expect([code(make(most)), code(make(most + 1))]).toEqual([0, errcode]);
  });
});

/** Codes of reference §1.3 that a template card can meet, besides those for the task_id, empty fields and links. */
const CARD_CODES = [
  42027, 42028, 42029, 42030, 42031, 42033, 42035, 42036, 42037, 42038, 42039, 42040, 42041, 42042, 42043, 42044, 42045,
  42046, 42047, 42049, 42050, 42051,
];

describe('cards that are refused, each with its own code', () => {
  const row = (fields: object): object => ({ ...TEXT, horizontal_content_list: [fields] });
  const buttons = (...list: object[]): object => ({ ...BUTTONS, button_list: list });
  const vote = (checkbox: object): object => ({ ...VOTE, checkbox });
  const menu = (...action_list: object[]): object => ({ ...BUTTONS, action_menu: { action_list } });

  const refused: [number, string, object][] = [
    [42031, 'a sixth type', { ...TEXT, card_type: 'music_notice' }],
    [42031, 'no type', { main_title: { title: 'x' } }],
    [42027, 'a row without name', row({ value: 'v' })],
    [42028, 'a link row without address', row({ keyname: 'k', type: 1 })],
    [42029, 'a file row without media_id', row({ keyname: 'k', type: 2, value: 'a.pdf' })],
    [42050, 'a member row without userid', row({ keyname: 'k', type: 3 })],
    [42035, 'seven rows', { ...TEXT, horizontal_content_list: many(7, { keyname: 'k' }) }],
    [42028, 'a quote with a link type and no address', { ...TEXT, quote_area: { type: 1 } }],
    [42030, 'a jump to a mini-program without appid', { ...TEXT, jump_list: [{ type: 2, title: 't' }] }],
    [42028, 'a jump without address', { ...TEXT, jump_list: [{ type: 1, title: 't' }] }],
    [42033, 'a jump without title', { ...TEXT, jump_list: [link] }],
    [42042, 'four jumps', { ...TEXT, jump_list: many(4, { ...link, title: 't' }) }],
    [42033, 'a paragraph without title', { ...NEWS, vertical_content_list: [{ desc: 'd' }] }],
    [42036, 'five paragraphs', { ...NEWS, vertical_content_list: many(5, { title: 't' }) }],
    [42044, 'a news notice without picture', { ...NEWS, card_image: undefined }],
    [42044, 'a picture without address', { ...NEWS, card_image: { aspect_ratio: 1.3 } }],
    [42045, 'a text notice that leads nowhere', { ...TEXT, card_action: undefined }],
    [42045, 'a news notice with card_action type 0', { ...NEWS, card_action: { type: 0 } }],
    [42045, 'a notice whose link has no address', { ...TEXT, card_action: { type: 1 } }],
    [42028, 'a button card whose own link has no address', { ...BUTTONS, card_action: { type: 1 } }],
    [42038, 'no button', buttons()],
    [42038, 'seven buttons', buttons(...Array.from({ length: 7 }, (_, n) => ({ text: 'b', key: `k${n}` })))],
    [42038, 'a button without words', buttons({ key: 'k' })],
    [42039, 'a button without key', buttons({ text: 'b' })],
    [42039, 'a key of 1025 bytes', buttons({ text: 'b', key: '贷'.repeat(341) + 'abc' })],
    [42039, 'one key on two buttons', buttons({ text: 'a', key: 'k' }, { text: 'b', key: 'k' })],
    [42028, 'a page button without address', buttons({ text: 'b', type: 1 })],
    [42043, 'a check-list without question_key', vote({ option_list: options(1) })],
    [42037, 'no option', vote({ question_key: 'q', option_list: [] })],
    [42037, 'twenty-one options', vote({ question_key: 'q', option_list: options(21) })],
    [42040, 'an option without id', vote({ question_key: 'q', option_list: [{ text: 'x' }] })],
    [42040, 'an id of 129 bytes', vote({ question_key: 'q', option_list: [{ id: 'i'.repeat(129), text: 'x' }] })],
    [42040, 'one id on two options', vote({ question_key: 'q', option_list: many(2, { id: 'o', text: 'x' }) })],
    [42041, 'an option without words', vote({ question_key: 'q', option_list: [{ id: 'o' }] })],
    [42046, 'a check-list without submit key', { ...VOTE, submit_button: { text: 'ok' } }],
    [42049, 'an empty submit label', { ...VOTE, submit_button: { text: '', key: 'k' } }],
    [42047, 'no drop-down', { ...FORM, select_list: [] }],
    [42047, 'four drop-downs', { ...FORM, select_list: many(4, { question_key: 'q', option_list: options(1) }) }],
    [42037, 'eleven options', { ...FORM, select_list: [{ question_key: 'q', option_list: options(11) }] }],
    [
      42037,
      'eleven options beside buttons',
      { ...BUTTONS, button_selection: { question_key: 'q', option_list: options(11) } },
    ],
    [42051, 'a menu key that is a button key', menu({ text: 'm', key: 'approve' })],
    [42051, 'one key twice in a menu', menu({ text: 'm', key: 'm' }, { text: 'n', key: 'm' })],
    [42051, 'four menu entries', menu(...many(4, { text: 'm', key: 'm' }))],
    [42014, 'a button card without task_id', { ...BUTTONS, task_id: undefined }],
    [
      42014,
      'a notice with menu but without task_id',
      { ...TEXT, action_menu: { action_list: [{ text: 'm', key: 'm' }] } },
    ],
    [42014, 'a task_id with a blank', { ...BUTTONS, task_id: 'a b' }],
    [42014, 'a Chinese task_id', { ...BUTTONS, task_id: '放款' }],
    [42014, 'a task_id of 129 bytes', { ...BUTTONS, task_id: 't'.repeat(129) }],
    [40063, 'a button card without title', { ...BUTTONS, main_title: undefined }],
    [40039, 'a link of 2049 bytes', { ...TEXT, card_action: { type: 1, url: `https://${'a'.repeat(2_041)}` } }],
    [42043, 'a question_key of 1025 bytes', vote({ question_key: 'q'.repeat(1_025), option_list: options(1) })],
    [42051, 'a menu key of 1025 bytes', menu({ text: 'm', key: 'm'.repeat(1_025) })],
    [42046, 'a submit key of 1025 bytes', { ...VOTE, submit_button: { key: 's'.repeat(1_025) } }],
  ];

  test.each(refused)('%i: %s', (errcode, _, card) => {
    expect(code(card)).toBe(errcode);
  });

  test('every code from 42027 to 42051 that the platform documents is met by one of these', () => {
    const met = new Set(refused.map(([errcode]) => errcode));
    expect(CARD_CODES.filter((errcode) => !met.has(errcode))).toEqual([]);
  });

  test('a task_id has 1 to 128 of its characters', () => {
    const withId = (task_id: string): number => code({ ...BUTTONS, task_id });

    expect([withId('0aZ_-@'), withId('t'.repeat(128))]).toEqual([0, 0]);
    expect([withId(''), withId('a b'), withId('放款'), withId('a.b'), withId('t'.repeat(129))]).toEqual(
      Array<number>(5).fill(42014),
    );
  });

  test('an update may leave the task_id out, a first send may not', () => {
    expect([code({ ...BUTTONS, task_id: undefined }, true), code({ ...BUTTONS, task_id: undefined })]).toEqual([
      0, 42014,
    ]);
  });
});
