import { describe, expect, test } from 'vitest';
import { openCase, type ConversationEffect } from '../../../../src/core/conversation/index.ts';
import type { SlotDefinition } from '../../../../src/core/flow/definition.ts';
import type { CompiledFlow } from '../../../../src/core/flow/index.ts';
import { houseCompiled, Talk, type Answers } from './talk.ts';

/** The house's flows with the question for the city taking any words. */
const anyWords: readonly CompiledFlow[] = houseCompiled.map((flow) => {
  if (flow.kind !== 'conversation') return flow;
  const slots = new Map<string, SlotDefinition>(flow.slots);
  const city = slots.get('city');
  if (city) slots.set('city', { ...city, type: 'text' });
  return { ...flow, slots };
});

const invited = (answers: Answers = {}): Talk =>
  new Talk({
    audience: 'customer',
    answers: { 'customer.followLink': { kind: 'bound', consented: true }, ...answers },
  }).feed({ type: 'link', payload: 't' });

const opening = '何女士 13800006612 想贷30万 周转 36期';

describe('later and busy', () => {
  test.each(['明天再说', '在忙', 'maybe later'])('%s: puts the open form of a customer aside', (words) => {
    const talk = invited().say(words);

    expect(talk.said).toEqual(['flows.repair.cancel.later']);
    expect(talk.state.frames).toEqual([]);
  });

  test.each(['明天再说', '在忙', 'maybe later'])(
    '%s: leaves a colleague’s form open, and nothing is asked',
    (words) => {
      const talk = new Talk().say(opening);
      const { visit } = talk.top ?? fail();
      talk.say(words);

      expect(talk.said).toEqual(['flows.repair.cancel.later']);
      expect(talk.state.frames).toEqual([expect.objectContaining({ visit, asked: 'city', later: true })]);
      expect(talk.effects.filter(({ kind }) => kind.startsWith('timer.'))).toEqual([]);
    },
  );

  test.each(['明天再说', '在忙'])('%s: is the answer where any words are', (words) => {
    const talk = new Talk({ flows: anyWords }).say(opening).say(words);

    expect(talk.state.frames[0]?.slots['city']?.value).toBe(words);
  });

  test.each(['在忙', '没空', '在开会', "I'm driving"])(
    '%s: of a customer with nothing open goes to his adviser',
    (words) => {
      const talk = new Talk({ audience: 'customer' }).say(words);

      expect(talk.effects).toContainEqual(expect.objectContaining({ kind: 'do', operation: 'customer.askAdviser' }));
    },
  );

  test.each(['改天再说', '睡了', 'maybe later'])('%s: is a courtesy then', (words) => {
    expect(new Talk({ audience: 'customer' }).say(words).said).toEqual(['conversation.courtesy']);
  });
});

describe('what is left for later', () => {
  const timers = (talk: Talk): readonly ConversationEffect[] =>
    talk.effects.filter(({ kind }) => kind.startsWith('timer.'));

  test('is answered by the button of its very question', () => {
    const talk = invited().say('20万');
    const { visit } = talk.top ?? fail();
    talk.say('在忙').feed({ type: 'choice', visit, verb: 'answer', value: 'turnover' });

    expect(talk.effects).toContainEqual(
      expect.objectContaining({ operation: 'customer.answer', input: { facts: { purpose: 'turnover' } } }),
    );
    expect(talk.said).toEqual(['flows.customer-intake.ask.city']);
    expect(talk.state.parked).toBeUndefined();
  });

  test('is answered by no button once it is given up', () => {
    const talk = invited().say('20万');
    const { visit } = talk.top ?? fail();
    talk.say('在忙').say('取消').feed({ type: 'choice', visit, verb: 'answer', value: 'turnover' });

    expect(talk.effects).not.toContainEqual(expect.objectContaining({ operation: 'customer.answer' }));
    expect(talk.state.parked).toMatchObject({ visit });
  });

  test.each([{ isQuiet: false }, { isQuiet: true }])(
    'is reminded of anew when the word is given back, at any hour (%o)',
    ({ isQuiet }) => {
      const talk = invited();
      const { visit } = talk.top ?? fail();
      talk.say('在忙').say('人工');
      talk.feed({ type: 'timeout', visit, name: 'remind' });
      expect(talk.effects).toEqual([]);

      talk.feed({ type: 'handback', isQuiet });

      expect(talk.said).toEqual([]);
      expect(timers(talk)).toEqual([
        expect.objectContaining({ kind: 'timer.set', visit, name: 'remind' }),
        expect.objectContaining({ kind: 'timer.set', visit, name: 'expire' }),
      ]);
    },
  );

  test('is no customer whose files come next', () => {
    const talk = new Talk().say(opening);
    expect(openCase(talk.state, talk.tools.flows)).toBe('K305');

    expect(openCase(talk.say('在忙').state, talk.tools.flows)).toBeUndefined();
    expect(openCase(talk.say('继续').state, talk.tools.flows)).toBe('K305');
  });

  test.each(['对', '没问题', '1'])('%s: of a colleague decides nothing that is no longer before his eyes', (words) => {
    const talk = new Talk().say(`${opening} 深圳`);
    expect(talk.said.at(-1)).toBe('flows.lead-intake.ready');

    expect(talk.say('在忙').said).toEqual(['flows.repair.cancel.later']);
    expect(talk.say('好的').said).toEqual(['conversation.courtesy']);
    expect(talk.say(words).said).toEqual(['flows.lead-intake.ready']);
    talk.say('1');
    expect(talk.effects).toContainEqual(expect.objectContaining({ operation: 'lead.submit' }));
  });

  test('is answered by the word on a button of a colleague’s form', () => {
    const talk = new Talk().say(`${opening} 深圳`).say('在忙').say('邀请客户');

    expect(talk.effects).toContainEqual(expect.objectContaining({ operation: 'customer.createBindingLink' }));
  });

  test('once put aside by silence is reminded of no more, a colleague’s too', () => {
    const talk = new Talk().say(opening).say('在忙');
    talk.feed({ type: 'timeout', visit: talk.top?.visit ?? -1, name: 'expire' });

    expect(talk.said).toEqual(['flows.repair.timeout.expired']);
    expect(Object.keys(talk.state.parked ?? fail())).not.toContain('later');
    expect(timers(talk).filter(({ kind }) => kind === 'timer.set')).toEqual([]);
  });
});

describe('a question that lies open while a person has the word', () => {
  test('is waited at anew when the bot asks it again', () => {
    const talk = invited();
    const { visit } = talk.top ?? fail();
    talk.say('人工').feed({ type: 'timeout', visit, name: 'remind' });

    talk.feed({ type: 'handback' });

    expect(talk.said).toContain('flows.customer-intake.ask.amount');
    expect(talk.effects).toContainEqual(expect.objectContaining({ kind: 'timer.set', visit, name: 'remind' }));
    expect(talk.effects).toContainEqual(expect.objectContaining({ kind: 'timer.set', visit, name: 'expire' }));
  });
});

test('older forms of which nobody is reminded any more are counted if they are on file', () => {
  const numbers = ['K301', 'K302'];
  const talk = new Talk().say('新客户').say('想贷30万');
  for (const number of numbers) {
    const answers = { 'lead.capture': { kind: 'captured', leadNumber: number, customerNumber: number } };
    const other = new Talk({ answers });
    other.state = talk.state;
    talk.state = other.say(`新客户 何女士 1380000661${number.slice(-1)} 想贷30万周转`).state;
  }
  talk.feed({ type: 'timeout', visit: talk.top?.visit ?? -1, name: 'expire' });

  expect(talk.effects).toContainEqual(
    expect.objectContaining({
      key: 'flows.repair.timeout.expired',
      params: expect.objectContaining({ older: { kind: 'plain', value: 1 } }) as unknown,
    }),
  );
});

function fail(): never {
  throw new Error('nothing is open');
}
