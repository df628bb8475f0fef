import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  EMPTY_CONVERSATION,
  mapSlots,
  readMessage,
  slotValues,
  stepConversation,
  type ConversationEvent,
  type Frame,
} from '../../../../src/core/conversation/index.ts';
import { compileFlow, loadFlow, type CompiledFlow } from '../../../../src/core/flow/index.ts';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { flowsFolder, houseCatalogue } from '../flow/house.ts';
import { houseCompiled, Talk, TODAY } from './talk.ts';

const FIRST = '新客户 何女士 13800006612 想贷30万周转，在南山有套房还有按揭，开了家打印店两年';

describe('the state of a conversation', () => {
  test('is plain JSON of less than a kilobyte for a form with ten answers', () => {
    const talk = new Talk().say(FIRST);

    expect(Object.keys(slotValues(talk.top ?? fail()))).toHaveLength(10);
    expect(JSON.parse(JSON.stringify(talk.state))).toEqual(talk.state);
    expect(JSON.stringify(talk.state).length).toBeLessThan(1024);
  });

  test('names its step and its flow version, never a position', () => {
    const talk = new Talk().say(FIRST);

    expect(talk.top).toMatchObject({ flow: 'lead-intake', step: 'fill', asked: 'term' });
    expect(talk.top?.version).toMatch(/^[0-9a-f]{64}$/u);
  });

  test('is never changed in place', () => {
    const talk = new Talk().say(FIRST);
    const before = JSON.stringify(talk.state);
    const kept = talk.state;

    talk.say('36期');

    expect(JSON.stringify(kept)).toBe(before);
  });

  test('keeps only plain fields of a result; lists do not outlive the question they belong to', () => {
    const items = [
      { number: 'C1', name: '张三', stage: '新' },
      { number: 'C2', name: '张三', stage: '旧' },
    ];
    const talk = new Talk({ answers: { 'customer.find': { kind: 'many', items } } }).say('客户 张三');

    expect(talk.top?.results['found']).toEqual({ kind: 'many' });
  });

  test('lets the store keep references in place of personal data, and only there', () => {
    const { state } = new Talk().say(FIRST);
    const isPersonal = (name: string, { flow }: Frame): boolean =>
      houseCompiled.some(
        (candidate) =>
          candidate.kind === 'conversation' && candidate.name === flow && candidate.slots.get(name)?.personal === true,
      );

    const stored = mapSlots(state, ({ value, ...slot }, name, frame) =>
      isPersonal(name, frame)
        ? { ...slot, reference: `at ${name}` }
        : { ...slot, ...(value === undefined ? {} : { value }) },
    );
    const again = mapSlots(stored, ({ reference, ...slot }) =>
      reference === undefined ? slot : { ...slot, value: reference === 'at name' ? '何女士' : '13800006612' },
    );

    expect(JSON.stringify(stored)).not.toMatch(/何女士|13800006612/u);
    expect(JSON.stringify(stored)).toContain('300000.00');
    expect(again).toEqual(state);
  });
});

function fail(): never {
  throw new Error('nothing is open');
}

describe('a deploy in the middle of a form', () => {
  function newVersion(change: (source: string) => string): CompiledFlow {
    const result = loadFlow(
      change(readFileSync(path.join(flowsFolder, 'lead-intake.yaml'), 'utf8')),
      'flows/lead-intake.yaml',
      houseCatalogue(),
    );
    if (!result.ok) throw new Error(JSON.stringify(result.findings));
    return compileFlow(result.flow.normalised, result.flow.version);
  }

  test('changes nothing for who is in it; the next form gets the new version', () => {
    const before = new Talk().say(FIRST);
    const newer = newVersion((source) =>
      source.replace('collect: [name, phone, amount, purpose, term,', 'collect: [name, phone, amount, purpose,'),
    );
    const after = new Talk({ flows: [...houseCompiled, newer] });
    after.state = before.state;

    after.say('36期');
    expect(after.top).toMatchObject({ version: before.top?.version, asked: 'monthlyPayment' });

    after.say('新客户 周先生 13700001234 想贷10万装修 在广州');
    expect(after.top?.version).toBe(newer.version);
    expect(after.said).toContain('flows.lead-intake.ready');
  });
});

describe('waiting for an answer', () => {
  test('sets a reminder and an expiry once per question, and clears them when it is answered', () => {
    const talk = new Talk().say(FIRST);
    const first = talk.effects.filter((effect) => effect.kind === 'timer.set');
    expect(first).toMatchObject([
      { name: 'remind', afterMinutes: 30 },
      { name: 'expire', afterMinutes: 4320 },
    ]);

    talk.say('阿巴阿巴');
    expect(talk.effects.filter((effect) => effect.kind === 'timer.set')).toEqual([]);

    talk.say('36期');
    expect(talk.effects).toContainEqual({ kind: 'timer.clear', visit: first[0]?.visit });
  });

  test.each([
    { audience: 'staff', begin: FIRST, lookUp: '待办' },
    { audience: 'customer', begin: '你好', lookUp: '进度' },
  ] as const)(
    'clears its timers before a $audience’s look-up, whose end sets them anew',
    ({ audience, begin, lookUp }) => {
      const talk = new Talk({ audience }).say(begin);
      if (audience === 'customer') talk.feed({ type: 'link', payload: 'token' }).say('同意');
      const visit = talk.top?.visit;
      const event = { type: 'message', text: lookUp, reading: readMessage(lookUp, TODAY), media: [] } as const;

      const { effects } = stepConversation(talk.state, event, talk.tools);
      expect(effects.map(({ kind }) => kind).filter((kind) => kind !== 'frame')).toEqual(['timer.clear', 'do']);
      expect(effects[0]).toEqual({ kind: 'timer.clear', visit });

      talk.say(lookUp);
      const again = talk.top?.visit;
      expect(talk.effects.filter(({ kind }) => kind === 'timer.set')).toMatchObject([
        { name: 'remind', visit: again },
        { name: 'expire', visit: again },
      ]);
    },
  );

  test('is reminded of the form below a look-up’s list, which goes away', () => {
    const items = [
      { number: 'C1', name: '张三', stage: '新' },
      { number: 'C2', name: '张三', stage: '旧' },
    ];
    const talk = new Talk({ answers: { 'customer.find': { kind: 'many', items } } }).say(FIRST).say('客户 张三');
    expect(talk.top).toMatchObject({ flow: 'staff-lookup', wait: 'choice' });
    const set = talk.effects.find((effect) => effect.kind === 'timer.set');
    if (!set) throw new Error('no timer');

    talk.feed({ type: 'timeout', visit: set.visit, name: 'remind' });

    expect(talk.top).toMatchObject({ flow: 'lead-intake', visit: set.visit, wait: 'slot' });
    expect(talk.said).toContain('flows.lead-intake.remind');
  });

  test('sets no reminder where the flow wants none, and the question goes away without a word', () => {
    const talk = new Talk({ audience: 'customer' }).say('撤回我的授权');
    const [asked, ...others] = talk.effects.filter((effect) => effect.kind === 'timer.set');
    expect(talk.said).toEqual(['flows.customer-intake.withdraw']);
    expect(asked).toMatchObject({ name: 'expire' });
    expect(others).toEqual([]);

    talk.feed({ type: 'timeout', visit: talk.top?.visit ?? -1, name: 'expire' });

    expect(talk.said).toEqual([]);
    expect(talk.effects.filter((effect) => effect.kind === 'do')).toEqual([]);
    expect(talk.top).toBeUndefined();
  });

  test('for an operation, whatever else arrives is told to wait and lost by nobody', () => {
    const { state } = stepConversation(
      EMPTY_CONVERSATION,
      { type: 'message', text: FIRST, reading: readMessage(FIRST, TODAY), media: [] },
      new Talk().tools,
    );
    const talk = new Talk();
    talk.state = state;

    talk.say('36期');

    expect(talk.said).toEqual(['conversation.busy']);
    expect(talk.state.frames).toEqual(state.frames);
  });

  test.each(['好的', '好嘞', '行吧', '嗯', '可以的', 'ok', '👌', '没有', '不是', '2', 'yes', 'no'])(
    'of somebody who may be the wrong person, %s takes nothing up; 继续 does',
    (words) => {
      const standing = { kind: 'open', known: '', amount: '1.00', purpose: 'turnover', city: '深圳', income: '1.00' };
      const answers = {
        'customer.followLink': { kind: 'bound', consented: true },
        'customer.standing': standing,
        'customer.askAdviser': { kind: 'told', adviser: '小林' },
      };
      const talk = new Talk({ audience: 'customer', answers }).feed({ type: 'link', payload: 't' });
      expect(talk.top).toMatchObject({ asked: 'house' });
      talk.say('你们找错人了');
      expect(talk.state.parked).toMatchObject({ asked: 'house', expired: true, shelved: true });

      talk.say(words);
      expect(talk.state.frames.map(({ flow, wait }) => [flow, wait])).not.toContainEqual(['customer-intake', 'slot']);
      expect(talk.effects).not.toContainEqual(expect.objectContaining({ operation: 'customer.answer' }));

      talk.say('继续');
      expect(talk.top).toMatchObject({ flow: 'customer-intake', asked: 'house' });
      expect(Object.keys(talk.top ?? fail())).not.toContain('shelved');
    },
  );

  test('a result that arrives for an earlier question changes nothing', () => {
    const talk = new Talk().say(FIRST);
    const before = talk.state;

    talk.feed({ type: 'operation.done', visit: 1, result: { kind: 'collision' } });

    expect(talk.state.frames).toEqual(before.frames);
    expect(talk.effects).toEqual([]);
  });
});

describe('a form', () => {
  test('fills a slot from what was said only when the words name it', () => {
    const talk = new Talk().say('新客户 何女士 13800006612 有套房');

    expect(slotValues(talk.top ?? fail())).toEqual({ name: '何女士', phone: '13800006612', house: true });
  });

  test('does not take a guess over what is there', () => {
    const talk = new Talk().say('新客户 何女士 13800006612 想贷30万周转');

    talk.say('她说手上有2万现金');

    expect(slotValues(talk.top ?? fail())['amount']).toBe('300000.00');
  });

  test('asks before a confirmed value changes, and says so when it does', () => {
    const talk = new Talk({ audience: 'customer' }).feed({ type: 'link', payload: 't' });
    talk.feed({ type: 'choice', visit: talk.top?.visit ?? 0, verb: 'agree' });
    talk.say('30万，周转，深圳').say('12000').say('没有');
    expect(talk.said).toEqual(['flows.customer-intake.check']);
    talk
      .say('不对')
      .say('好了')
      .feed({ type: 'choice', visit: talk.top?.visit ?? 0, verb: 'yes' });
    expect(talk.said).toContain('flows.customer-intake.nothing-missing');
  });

  test('a correction of a confirmed value shows that it had been confirmed', () => {
    const talk = new Talk().say('新客户 何女士 13800006612 想贷30万周转');
    talk.say('她还有个号 13911112222').say('是');
    expect(talk.top?.slots['phone']).toMatchObject({ value: '13911112222', confirmed: true });

    talk.say('改电话 13700007777');

    expect(talk.effects.find((effect) => effect.kind === 'diff')).toMatchObject({
      wasConfirmed: true,
      old: { value: '13911112222' },
    });
  });

  test('a button answers the question it stands under, whatever was asked after it', () => {
    const photo = { type: 'message', text: '', reading: readMessage('', TODAY), media: [{ file: 'f1' }] } as const;
    const talk = new Talk().feed(photo);
    const [first] = talk.state.frames;
    talk.feed(photo);
    const second = talk.top;
    talk.feed({ type: 'choice', visit: first?.visit ?? 0, verb: 'pick', value: 'D01' });

    expect(talk.said).toEqual([
      'flows.document-collection.filed',
      'conversation.back_to_flow',
      'flows.document-collection.which',
    ]);
    expect(talk.state.frames).toEqual([second]);
  });

  test('a button of the form that lies under a look-up answers it, and the look-up gives way', () => {
    const found = { kind: 'many', items: [{ number: 'K1' }, { number: 'K2' }], more: 0 };
    const talk = new Talk({ answers: { 'customer.find': found } }).say('新客户 何女士 13800006612 想贷30万');
    expect(talk.top).toMatchObject({ flow: 'lead-intake', asked: 'purpose' });
    const visit = talk.top?.visit ?? 0;
    talk.say('客户 张三');
    expect(talk.top).toMatchObject({ flow: 'staff-lookup', wait: 'choice' });
    talk.feed({ type: 'choice', visit, verb: 'answer', value: 'turnover' });

    expect(talk.said).toEqual(['flows.lead-intake.ask.term']);
    expect(talk.state.frames).toHaveLength(1);
    expect(slotValues(talk.top ?? fail())['purpose']).toBe('turnover');
  });

  test('a correction of the form below leaves the question above open', () => {
    const talk = new Talk().say('新客户 何女士 13800006612 想贷30万周转');
    talk.feed({ type: 'message', text: '', reading: readMessage('', TODAY), media: [{ file: 'f1' }] });
    expect(talk.said).toEqual(['flows.document-collection.which']);

    talk.say('金额改成50万');
    expect(talk.top).toMatchObject({ flow: 'lead-intake', asked: 'term' });
    expect(slotValues(talk.top ?? fail())['amount']).toBe('500000.00');

    talk.say('36期').say('深圳').say('先这样');
    expect(talk.said).toEqual([
      'flows.lead-intake.later',
      'conversation.back_to_flow',
      'flows.document-collection.which',
    ]);
  });

  test('a field that does not exist cannot be corrected; the ones that can are named', () => {
    const talk = new Talk().say('新客户 何女士 13800006612 想贷30万周转');

    talk.say('利率改成三个点');

    expect(talk.said).toEqual(['flows.repair.correction.which', 'flows.lead-intake.ask.term']);
  });
});

describe('an invitation opened while a person has the word', () => {
  test('gives the bot the word again', () => {
    const talk = new Talk({ audience: 'customer' }).say('人工');
    expect(talk.state.handedOver).toBe(true);

    talk.feed({ type: 'link', payload: 't' });

    expect(talk.state.handedOver).toBe(false);
    expect(talk.said).toContain('flows.consent.personal-data');
  });
});

describe('files', () => {
  test('twenty files in one message are handled one after the other without losing one', () => {
    const talk = new Talk({
      audience: 'customer',
      answers: { 'document.receive': { kind: 'duplicate', itemName: '流水' } },
    });

    talk.feed({
      type: 'message',
      text: '',
      reading: readMessage('', TODAY),
      media: Array.from({ length: 20 }, (_, index) => ({ file: `f${index}` })),
    });

    const received = talk.effects.flatMap((effect) => (effect.kind === 'do' ? [effect.input['media']] : []));
    expect(received).toEqual(Array.from({ length: 20 }, (_, index) => ({ file: `f${index}` })));
    expect(talk.state.frames).toEqual([]);
  });

  test('that nobody chooses for are left one by one from the 25th on, and push no form out', () => {
    const talk = new Talk({ audience: 'customer' }).feed({ type: 'link', payload: 't' }).say('同意');
    const left: unknown[] = [];
    for (let index = 0; index < 40; index += 1) {
      talk.feed({ type: 'message', text: '', reading: readMessage('', TODAY), media: [{ file: `f${index}` }] });
      left.push(...talk.effects.filter((effect) => effect.kind === 'do' && effect.operation === 'document.leave'));
      expect(talk.said).toEqual(['flows.document-collection.which']);
    }

    expect(left).toHaveLength(16);
    expect(talk.state.frames.map(({ flow }) => flow)).toEqual([
      'customer-intake',
      ...Array(24).fill('document-collection'),
    ]);
  });

  test('that nobody can name never push the open form out while a person has the word', () => {
    const talk = new Talk({ audience: 'customer' }).feed({ type: 'link', payload: 't' }).say('同意').say('转人工');
    const open = talk.state.frames.map(({ flow }) => flow);
    expect([open.at(0), talk.state.handedOver]).toEqual(['customer-intake', true]);

    for (let index = 0; index < 30; index += 1)
      talk.feed({ type: 'message', text: '', reading: readMessage('', TODAY), media: [{ file: `f${index}` }] });

    expect(talk.state.frames.map(({ flow }) => flow)).toEqual(open);
  });
});

const anyText = fc.oneof(
  fc.constantFrom(
    '取消',
    '跳过',
    '上一步',
    '重来',
    '继续',
    '帮助',
    '36期',
    '30万',
    '是',
    '否',
    '同意',
    '客户 张三',
    '还款 李四',
    '待办',
    '金额改成50万',
    '改电话',
    '不知道',
    '提交',
    '新客户',
    FIRST,
    '深圳',
    '13911112222',
    '1',
    '不变',
    '用途错了，是装修',
    '改利率 3',
  ),
  fc.string({ maxLength: 40 }),
);
const anyEvent: fc.Arbitrary<ConversationEvent> = fc.oneof(
  {
    weight: 8,
    arbitrary: anyText.map((text) => ({
      type: 'message' as const,
      text,
      reading: readMessage(text, TODAY),
      media: [],
    })),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('choice' as const),
      visit: fc.nat(40),
      verb: fc.constantFrom(
        'submit',
        'later',
        'pick',
        'answer',
        'skip',
        'unchanged',
        'change',
        'keep',
        'yes',
        'no',
        'agree',
      ),
    }),
  },
  fc.record({
    type: fc.constant('timeout' as const),
    visit: fc.nat(40),
    name: fc.constantFrom('remind', 'expire' as const),
  }),
  fc.record({ type: fc.constant('operation.done' as const), visit: fc.nat(40), result: fc.constant({}) }),
  fc.constant({ type: 'message' as const, text: '', reading: readMessage('', TODAY), media: [{ file: 'f' }] }),
  fc.record({ type: fc.constant('contact' as const), phone: fc.constant('13800006612'), own: fc.boolean() }),
  fc.record({ type: fc.constant('link' as const), payload: fc.string() }),
  fc.constantFrom({ type: 'opened' as const }, { type: 'handback' as const }),
);

describe('whatever people do', () => {
  test.each(['staff', 'customer'] as const)(
    'a conversation of %s never breaks, stays JSON, and always answers a message',
    (audience) => {
      fc.assert(
        fc.property(fc.array(anyEvent, { maxLength: 25 }), (events) => {
          const talk = new Talk({
            audience,
            answers: { 'customer.find': { kind: 'many', items: [{ number: 'C1', name: '张三', stage: '新' }] } },
          });
          for (const event of events) {
            const silent = talk.state.handedOver;
            talk.feed(event);
            expect(JSON.parse(JSON.stringify(talk.state))).toEqual(talk.state);
            if (event.type === 'message' && !silent)
              expect(talk.effects.some((effect) => effect.kind === 'say' || effect.kind === 'diff')).toBe(true);
            if (silent && event.type !== 'handback') expect(talk.effects).toEqual([]);
          }
        }),
        { seed: 2026, numRuns: 200 },
      );
    },
  );

  test('words nobody understands never take an answer out of the form', () => {
    const noise = fc.string({ minLength: 1, maxLength: 30 }).filter((text) => {
      const { understanding, command, correction, reply } = readMessage(text, TODAY);
      return understanding.facts.length === 0 && !command && !correction && !reply && !/^\d+$/u.test(text.trim());
    });
    fc.assert(
      fc.property(fc.array(noise, { maxLength: 12 }), (texts) => {
        const talk = new Talk().say(FIRST);
        const before = slotValues(talk.top ?? fail());
        for (const text of texts) talk.say(text);
        expect(slotValues(talk.state.frames[0] ?? fail())).toMatchObject(before);
      }),
      { seed: 2026, numRuns: 150 },
    );
  });
});
