import { describe, expect, test } from 'vitest';
import type { SlotDefinition } from '../../../../src/core/flow/definition.ts';
import type { CompiledFlow } from '../../../../src/core/flow/index.ts';
import { houseCompiled, Talk } from './talk.ts';

/** The house's flows with the question for the city taking any words. */
const anyWords: readonly CompiledFlow[] = houseCompiled.map((flow) => {
  if (flow.kind !== 'conversation') return flow;
  const slots = new Map<string, SlotDefinition>(flow.slots);
  const city = slots.get('city');
  if (city) slots.set('city', { ...city, type: 'text' });
  return { ...flow, slots };
});

const opening = '何女士 13800006612 想贷30万 周转 36期';

describe('later and busy', () => {
  test.each(['明天再说', '在忙', 'maybe later'])('%s: puts the open form aside', (words) => {
    const talk = new Talk().say(opening).say(words);

    expect(talk.said).toEqual(['flows.repair.cancel.later']);
    expect(talk.state.frames).toEqual([]);
  });

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
