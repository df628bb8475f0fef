import { describe, expect, test } from 'vitest';
import { openCase, readMessage } from '../../../../src/core/conversation/index.ts';
import { Talk, TODAY } from './talk.ts';

const ANSWERS = {
  'customer.find': { kind: 'one', number: 'K318', items: [] },
  'document.offerUpload': { kind: 'direct', number: 'K318' },
};

const photo = { type: 'message', text: '', reading: readMessage('', TODAY), media: [{ file: 'f' }] } as const;

/** K305's form is open, K318 has been named for files, and it is asked which item the first one is. */
const asked = (): Talk =>
  new Talk({ answers: ANSWERS }).say('何女士 13800006612 想贷30万装修 深圳').say('上传 K318').feed(photo);

const whose = (talk: Talk): string | undefined => openCase(talk.state, talk.tools.flows);

describe('the next file', () => {
  test.each([['身份证'], ['都不是'], ['好的'], ['谢谢'], ['客户 K318'], ['K318']])(
    'is of the customer named for files after %s',
    (text) => {
      expect(whose(asked().say(text))).toBe('K318');
    },
  );

  test.each([['金额改成40万'], ['36期'], ['客户 K305'], ['K305'], ['取消'], ['待办'], ['嗯……']])(
    'is of the open form’s customer after %s',
    (text) => {
      expect(whose(asked().say(text))).toBe('K305');
    },
  );

  test.each(['13800006612', '王先生的', 'K400 的', '这是何女士的身份证', '不是这个客户的', '第二张是身份证'])(
    'is of nobody after %s, which nobody understood: it is asked about',
    (text) => {
      const talk = new Talk({ answers: ANSWERS }).say('上传 K318').feed(photo).say(text);

      expect([talk.said[0], whose(talk)]).toEqual(['conversation.choose_one', undefined]);
    },
  );

  test('is of the open form’s customer once a button of that form is pressed', () => {
    const talk = asked();
    const visit = talk.state.frames[0]?.visit ?? 0;

    expect(whose(talk.feed({ type: 'choice', visit, verb: 'answer', value: '36' }))).toBe('K305');
  });

  test('is of the customer named for files as long as nothing but files comes, and each is asked about', () => {
    const talk = asked().feed(photo).feed(photo);

    expect([whose(talk), talk.top?.wait]).toEqual(['K318', 'choice']);
    expect(whose(talk.say('都是身份证'))).toBe('K318');
  });
});
