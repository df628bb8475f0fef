import { describe, expect, test } from 'vitest';
import { EMPTY_CONVERSATION, readMessage, type ConversationState } from '../../../../src/core/conversation/index.ts';
import { Talk, TODAY } from './talk.ts';

type Receipt = Readonly<Record<string, unknown>>;

const ITEMS = [
  { item: 'D01', name: '身份证', words: '身份证|ID card' },
  { item: 'D07', name: '近6个月银行流水', words: '流水|bank statement' },
];
const photo = { type: 'message', text: '', reading: readMessage('', TODAY), media: [{ file: 'f' }] } as const;
const FILED: Receipt = { kind: 'filed', itemName: '征信报告', version: 1, left: 2, missing: [] };

/** A photo that is asked about; its card shows the how many-th of its minute it is where the minute brought several. */
const asked = (nth = 1, of = nth): Receipt => ({ kind: 'unclear', sort: 'photo', name: '', nth, of });
const album = (unnamed: number): Receipt => ({ kind: 'unclear', several: unnamed, unnamed, known: 0 });

/** A chat that goes on, with what is answered to the next file. */
function goOn(state: ConversationState, receipt: Receipt): Talk {
  const talk = new Talk({ audience: 'customer', answers: { 'document.receive': { items: ITEMS, ...receipt } } });
  talk.state = state;
  return talk;
}

/** The files in the order they come; each is called by its number in that order. */
function send(...receipts: readonly Receipt[]): Talk {
  let state = EMPTY_CONVERSATION;
  for (const [index, receipt] of receipts.entries())
    ({ state } = goOn(state, { document: `d${index + 1}`, ...receipt }).feed(photo));
  return goOn(state, asked());
}

/** What is filed because of these words, and where. */
function filed(talk: Talk, text: string): readonly string[] {
  return talk.say(text).effects.flatMap((effect) => {
    if (effect.kind !== 'do' || effect.operation !== 'document.assign') return [];
    return [`${String(effect.input['document'])} ${String(effect.input['item'])}`];
  });
}

describe('第二张是流水', () => {
  const one = asked();

  test.each([
    ['front', ['第一张是流水', '第二张是身份证', '第三张是身份证'], ['d1 D07', 'd2 D01', 'd3 D01']],
    ['back', ['第三张是流水', '第二张是身份证', '第一张是身份证'], ['d3 D07', 'd2 D01', 'd1 D01']],
    [
      'middle',
      ['the second one is a bank statement', '第一张是身份证', '第三张是身份证'],
      ['d2 D07', 'd1 D01', 'd3 D01'],
    ],
  ])('files photos of different minutes one after the other, from the %s', (_from, texts, where) => {
    const talk = send(one, one, one);

    expect(texts.flatMap((text) => filed(talk, text))).toEqual(where);
  });

  test('files none a second time: another one does not take its place', () => {
    const talk = send(one, one, one);
    filed(talk, '第一张是流水');

    expect(filed(talk, '第一张是身份证')).toEqual([]);
    expect(filed(talk, '第四张是身份证')).toEqual([]);
  });

  test('counts those that come before all are answered on', () => {
    const talk = send(one, one);
    filed(talk, '第二张是流水');
    const more = goOn(talk.state, { document: 'd3', ...one }).feed(photo);

    expect(filed(more, '第二张是身份证')).toEqual([]);
    expect(filed(more, '第三张是流水')).toEqual(['d3 D07']);
    expect(filed(more, '第一张是身份证')).toEqual(['d1 D01']);
  });

  test('counts anew only once something else was said with none of them in question', () => {
    const sendTwo = (state: ConversationState): Talk =>
      goOn(goOn(state, { document: 'd2', ...one }).feed(photo).state, { document: 'd3', ...one }).feed(photo);
    const talk = send(one);
    filed(talk, '身份证');

    expect(filed(sendTwo(talk.state), '第二张是流水')).toEqual([]);
    expect(filed(sendTwo(talk.say('谢谢').state), '第二张是流水')).toEqual(['d3 D07']);
  });

  test.each([
    ['one that was filed by itself came first', [FILED, one, one], ['第一张', '第二张', '第三张']],
    ['one that was filed by itself came between', [one, FILED, one], ['第一张', '第二张', '第三张']],
    ['one is no photo', [one, { ...one, sort: 'file' }, one], ['第一张', '第二张', '第三张']],
    [
      'they have names',
      [one, { ...asked(1, 2), sort: 'named', name: 'a.jpg' }, { ...asked(2), sort: 'named', name: 'a.jpg' }],
      ['第二张'],
    ],
    ['one is an album', [asked(1, 2), asked(2), album(3)], ['第一张', '第二张', '第三张']],
    ['two show the number', [one, asked(2), one, asked(2)], ['第一张', '第二张', '第三张']],
    ['there was only one', [one], ['第一张', '第二张']],
  ])('is asked again where %s', (_why, receipts, which) => {
    for (const nth of which) expect(filed(send(...receipts), `${nth}是流水`)).toEqual([]);
  });

  test('means the file whose card shows the number, and none by its place beside such', () => {
    const sent = (): Talk => send(FILED, asked(2, 3), asked(3), one);

    expect(['第二张是流水', '第三张是流水'].map((text) => filed(sent(), text))).toEqual([['d2 D07'], ['d3 D07']]);
    expect(['第一张是流水', '第四张是流水'].map((text) => filed(sent(), text))).toEqual([[], []]);
  });

  test('goes by the cards where the files were fetched in another order', () => {
    expect(filed(send(asked(2), asked(1, 2)), '第二张是流水')).toEqual(['d1 D07']);
  });
});

describe('两张都是流水', () => {
  test.each(['两张都是流水', '五张都是流水', 'they are both bank statements', 'both are ID cards', '2张都是流水'])(
    '%s is asked again where three are in question',
    (text) => {
      expect(filed(send(asked(), asked(), asked()), text)).toEqual([]);
    },
  );

  test.each(['三张都是流水', 'all three are bank statements', '都是流水'])('%s files all three', (text) => {
    expect(filed(send(asked(), asked(), asked()), text)).toEqual(['d3 D07', 'd2 D07', 'd1 D07']);
  });

  test('counts the files of an album', () => {
    expect(filed(send(asked(), album(4)), '两张都是流水')).toEqual([]);
    expect(filed(send(asked(), album(4)), '五张都是流水')).toEqual(['d2 D07', 'd1 D07']);
  });

  test('is asked again where one of the files cannot be that', () => {
    expect(filed(send(asked(), { ...asked(), items: ITEMS.slice(0, 1) }, asked()), '三张都是流水')).toEqual([]);
  });
});

test.each(['上面那张是流水', '刚才那张是流水', '我发的是流水', '那张是流水'])(
  '%s files the only photo there was, and is asked again where there were several',
  (text) => {
    expect(filed(send(asked()), text)).toEqual(['d1 D07']);
    expect(filed(send(asked(), asked()), text)).toEqual([]);
  },
);
