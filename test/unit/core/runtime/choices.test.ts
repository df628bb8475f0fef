/** Offered answers: typed instead of pressed, and pressed on a card further up. */
import { expect, test, vi } from 'vitest';
import type { Card } from '../../../../src/channels/card.ts';
import { choiceCard, choicePressed, choiceSaid } from '../../../../src/core/runtime/choices.ts';
import type { Memory } from '../../../../src/core/runtime/memory.ts';
import type { Turn } from '../../../../src/core/unit/unit.ts';

const OFFER = {
  visit: 7,
  choices: [
    { verb: 'pick', value: 'a', label: 'Bank statement' },
    { verb: 'none', label: '都不是' },
  ],
};

test.each(['Bank statement', 'bank statement', ' BANK STATEMENT. ', 'Bank statement！'])(
  'what stands on a button chooses it, in small letters too: %s',
  (text) => {
    expect(choiceSaid(OFFER, text)).toEqual({ type: 'choice', visit: 7, verb: 'pick', value: 'a' });
  },
);

test.each(['bank', 'statement', 'a bank statement of May', '', '。'])('anything else chooses nothing: %s', (text) => {
  expect(choiceSaid(OFFER, text)).toBeUndefined();
});

test('a text much longer than any button is not compared with the buttons', () => {
  const label = vi.fn(() => 'Bank statement');
  const choices = Array.from({ length: 10 }, (_, index) => ({
    verb: `v${index}`,
    get label() {
      return label();
    },
  }));
  expect(choiceSaid({ visit: 7, choices }, `${'!'.repeat(2_000)}x`)).toBeUndefined();
  expect(label).toHaveBeenCalledTimes(10); // for its length, once each
});

test('a press on a card further up looks for its question among all that wait in one statement', async () => {
  const said = { fields: [], choices: OFFER.choices };
  const cards = Array.from({ length: 24 }, (_, index) =>
    choiceCard(`c${index}`, { ...said, text: `Which is ${index}?` }),
  );
  const query = vi.fn(async (_sql: unknown, [ids]: readonly [readonly string[]]) =>
    cards
      .filter(({ id }) => ids.includes(id))
      .map((card) => ({ card_id: card.id, id: 1n, sealed_payload: { kind: 'card', card } })),
  );
  const turn = {
    call: { tx: { query }, services: { keys: { openJson: (_what: string, sealed: unknown) => sealed } } },
    conversation: { address: { account: 'a', chat: 'c' } },
  } as unknown as Turn;
  const memory = {
    talk: { frames: cards.map((_, visit) => ({ visit })) },
    earlier: cards.map(({ id }, visit) => ({ ...OFFER, visit, cardId: id })),
  } as unknown as Memory;
  const press = (asked: Card): Parameters<typeof choicePressed>[2] => ({ cardId: 'above', verb: 'o1', asked });

  const found = await choicePressed(turn, memory, press(choiceCard('above', { ...said, text: 'Which is 23?' })));
  expect(found).toMatchObject({ offer: { visit: 23 }, choice: { verb: 'none' } });
  expect(query).toHaveBeenCalledTimes(1);
  expect(await choicePressed(turn, memory, press(choiceCard('above', { ...said, text: 'Which?' })))).toBeUndefined();
  expect(query).toHaveBeenCalledTimes(2);
});
