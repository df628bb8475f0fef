/** Invariant 14, consents: on record is the very text that stood in the question that was answered, whatever language was chosen since. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Card } from '../../src/channels/card.ts';
import { useCustomerChat } from '../support/customer-chat.ts';

const chat = useCustomerChat();
const { company, does, says, opens, shares } = chat;
const { telegram } = company.channels;

/** The questions on his phone, the latest last. */
const asked = (): readonly Card[] =>
  telegram.sent.flatMap(({ to, content }) =>
    to.chat === chat.customer.chat && content.kind === 'card' && content.card.actions.length > 0 ? [content.card] : [],
  );

const hashOf = (card: Card | undefined): string =>
  createHash('sha256').update([card?.title, card?.text].join('\n')).digest('hex');

async function presses(card: Card | undefined, verb: 'o0' | 'o1'): Promise<void> {
  const handle = { query: 'q1', chat: chat.customer.chat, message: '5' };
  await does({ kind: 'action', cardId: card?.id ?? '', revision: 1, verb, selected: {}, handle });
}

/** He is asked for his consent, in Chinese. */
async function isAsked(): Promise<Card | undefined> {
  await opens();
  await shares();
  expect(asked()).toMatchObject([{ title: expect.stringContaining('个人信息处理授权书') as string }]);
  return asked()[0];
}

/** He chooses English in another chat of his. */
async function choosesElsewhere(): Promise<void> {
  const elsewhere = `9${chat.customer.chat}`;
  await company.db.pool.query(
    `INSERT INTO identities (id, account, external_id, customer_id, is_verified, created_at) VALUES (gen_random_uuid(), $1, $2, $3, true, business_now())`,
    [telegram.account, elsewhere, chat.customer.id],
  );
  expect(await company.exchange(telegram, elsewhere, 'English')).toContain('All right, English from now on.');
}

/** Until his question is put aside. */
async function isSilent(): Promise<void> {
  await company.advanceToTomorrow(12); // nobody is asked again at night
  for (let day = 0; day < 9; day += 1) {
    await company.drain();
    await company.advance(86_400_000);
  }
}

/** What stands on record: his answer, and the text it was given to. */
async function onRecord(): Promise<readonly unknown[]> {
  const { rows } = await company.db.pool.query(
    `SELECT language, encode(text_hash, 'hex') AS hash, granted_at IS NOT NULL AS agreed FROM consents WHERE customer_id = $1`,
    [chat.customer.id],
  );
  return rows as unknown[];
}

const ANSWERS: readonly (readonly [string, boolean, (card: Card | undefined) => Promise<void>])[] = [
  ['a typed yes', true, async () => says('同意')],
  ['a yes in other words', true, async () => says('好的，我同意')],
  ['a tapped yes', true, async (card) => presses(card, 'o0')],
  ['a typed no', false, async () => says('不同意')],
  ['a tapped no', false, async (card) => presses(card, 'o1')],
];

describe('a customer who chose another language elsewhere since he was asked', () => {
  test.each(ANSWERS)('has %s on record with the text that he was shown', async (_what, agreed, answers) => {
    const card = await isAsked();
    await choosesElsewhere();
    await answers(card);

    expect(await onRecord()).toEqual([{ language: 'zh-CN', hash: hashOf(card), agreed }]);
  });

  test('has his late no to a question that was put aside on record with the text that he was shown', async () => {
    const card = await isAsked();
    await isSilent();
    await choosesElsewhere();
    await says('拒绝');

    expect(await onRecord()).toEqual([{ language: 'zh-CN', hash: hashOf(card), agreed: false }]);
  });

  test('is asked anew when he agrees to a question that was put aside', async () => {
    await isAsked();
    await isSilent();
    await choosesElsewhere();
    await says('同意');
    expect(await onRecord()).toEqual([]);
    await says('I agree');

    expect(await onRecord()).toEqual([{ language: 'en', hash: hashOf(asked().at(-1)), agreed: true }]);
  });

  test('has what he takes back before he gave it on record with the text that he was shown', async () => {
    const card = await isAsked();
    await choosesElsewhere();
    await says('撤回同意');
    await says('撤回');

    expect(await onRecord()).toEqual([{ language: 'zh-CN', hash: hashOf(card), agreed: false }]);
  });
});

describe('a customer who chooses another language where he is asked', () => {
  test.each(ANSWERS)('is shown the text anew, and has %s on record with that', async (_what, agreed, answers) => {
    const before = await isAsked();
    await says('English');
    const [, now, ...more] = asked();
    expect(more).toEqual([]);
    await answers(now);

    expect(hashOf(now)).not.toBe(hashOf(before));
    expect(await onRecord()).toEqual([{ language: 'en', hash: hashOf(now), agreed }]);
  });

  test.each(['o0', 'o1'] as const)('answers nothing with the old card (%s), and is told where he can', async (verb) => {
    const before = await isAsked();
    await says('English');
    await presses(before, verb);

    expect(await onRecord()).toEqual([]);
    expect(telegram.sent.at(-1)?.content).toMatchObject({
      kind: 'card_update',
      card: { id: before?.id, actions: [], closed: 'This was asked again further down. Please answer there.' },
    });
  });

  test('and goes back to the first one may press either card of that', async () => {
    const first = await isAsked();
    await says('English');
    await says('中文');
    await presses(first, 'o0');

    expect(await onRecord()).toEqual([{ language: 'zh-CN', hash: hashOf(first), agreed: true }]);
  });
});
