/** Sending what a turn has just written without a claim (outbox/direct.ts): everything that holds for claimed rows holds too. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { TurnHandler } from '../../../src/core/runtime/turns.ts';
import type { MessageDraft } from '../../../src/core/operations/effects.ts';
import { ACCOUNTS, until, useCompany, type Worker } from '../../invariants/support/company.ts';

const company = useCompany();
const { telegram, wecom } = company.channels;

beforeEach(async () => {
  await company.db.pool.query('TRUNCATE outbox, outbox_keys, inbox, inbox_keys, pace_buckets');
  telegram.sent.length = 0;
  telegram.pace = [];
  telegram.onSend = async (intent) => ({ providerId: `p${intent.id}` });
});

/** Answers each message with these texts, in the chat it came from. */
function answering(texts: readonly string[], more: Partial<MessageDraft> = {}): TurnHandler {
  return async (unit, works) =>
    works.map(({ conversation }) => {
      const { id, platform, account, chat } = conversation;
      const address = { account, chat };
      const turn = unit.turn({
        actor: { kind: 'SYSTEM', id: 'daiban', language: 'zh-CN' },
        via: platform,
        conversation: { id, platform, address },
      });
      for (const text of texts)
        turn.effects.send({ to: address, purpose: 'ANSWER', content: { kind: 'text', text }, ...more });
      return { state: undefined, isSilenced: false };
    });
}

async function rows(): Promise<readonly { readonly state: string; readonly attempts: number }[]> {
  const { rows: found } = await company.db.pool.query<{ state: string; attempts: number }>(
    'SELECT state, attempts FROM outbox ORDER BY id',
  );
  return found;
}

/** The platform takes the first message only when it is let go. */
function holdFirstSend(): () => void {
  let letGo: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  telegram.onSend = async (intent) => {
    if (telegram.sent.length === 1) await held;
    return { providerId: `p${intent.id}` };
  };
  return letGo;
}

const texts = (): readonly string[] =>
  telegram.sent.map(({ content }) => (content.kind === 'text' ? content.text : content.kind));

async function turnOf(worker: Worker, from = '77001'): Promise<void> {
  await company.say(telegram, from, 'hello');
  await worker.turns.run();
}

describe('an answer written by a process that also sends', () => {
  test('goes out without a claim, leased and counted as an attempt before the platform is called', async () => {
    const seen: unknown[] = [];
    telegram.onSend = async (intent) => {
      seen.push(...(await rows()));
      return { providerId: `p${intent.id}` };
    };
    const worker = company.worker({ direct: true, handle: answering(['one']) });

    await turnOf(worker);
    await worker.deliverer.idle();

    expect(texts()).toEqual(['one']);
    expect(seen).toEqual([{ state: 'LEASED', attempts: 1 }]);
    expect(await rows()).toEqual([{ state: 'SENT', attempts: 1 }]);
  });

  test('goes out with the words that were said, in the order in which they were said', async () => {
    const letGo = holdFirstSend();
    const worker = company.worker({ direct: true, handle: answering(['one', 'two', 'three']) });

    await turnOf(worker);
    expect((await rows()).map(({ state }) => state)).toEqual(['LEASED', 'PENDING', 'PENDING']);
    letGo();
    await worker.deliverer.idle();
    while ((await worker.deliverer.run()) > 0);

    expect(texts()).toEqual(['one', 'two', 'three']);
  });

  test('what waits behind an answer under way is looked for when that has gone out', async () => {
    const letGo = holdFirstSend();
    let asked = 0;
    const worker = company.worker({ direct: true, handle: answering(['one', 'two']), lookAgain: () => (asked += 1) });
    await turnOf(worker);
    await until(() => telegram.sent.length === 1);

    expect(await worker.deliverer.run()).toBe(0); // its chat is busy
    expect(asked).toBe(0);
    letGo();
    await worker.deliverer.idle();

    expect(asked).toBe(1);
    await worker.deliverer.run();
    expect(texts()).toEqual(['one', 'two']);
  });

  test('waits its turn behind a message that waits in the same chat', async () => {
    const clerk = company.worker({ handle: answering(['earlier']) });
    await turnOf(clerk);
    const worker = company.worker({ direct: true, handle: answering(['later']) });

    await turnOf(worker);

    expect((await rows()).map(({ state }) => state)).toEqual(['PENDING', 'PENDING']);
    while ((await worker.deliverer.run()) > 0);
    expect(texts()).toEqual(['earlier', 'later']);
  });

  test('keeps to the pace: what the chat may not take now waits', async () => {
    telegram.pace = [{ scope: 'chat', count: 4, windowMs: 60_000 }];
    const worker = company.worker({ direct: true, handle: answering(['again']) });

    for (const _ of [1, 2, 3, 4]) {
      await turnOf(worker);
      await worker.deliverer.idle();
    }

    expect(texts()).toHaveLength(2); // half of the allowance at once
    expect((await rows()).map(({ state }) => state)).toEqual(['SENT', 'SENT', 'PENDING', 'PENDING']);
  });

  test('that the pace has put off goes out once business time is there: a clock that is moved need not be waited for', async () => {
    telegram.pace = [{ scope: 'chat', count: 4, windowMs: 60_000 }];
    const worker = company.worker({ direct: true, handle: answering(['one', 'two', 'three', 'four']) });
    await turnOf(worker, '77002');
    await worker.deliverer.idle();
    while ((await worker.deliverer.run()) > 0);
    const atOnce = texts().length;

    for (let minute = 0; minute < 2; minute += 1) {
      await company.advance(60_000);
      while ((await worker.deliverer.run()) > 0);
    }

    expect(atOnce).toBe(2);
    expect(texts()).toEqual(['one', 'two', 'three', 'four']);
  });

  test('with a key of its own, or in another lane, is left to the claim, which writes it once', async () => {
    await turnOf(company.worker({ direct: true, handle: answering(['keyed'], { key: 'k:1' }) }));
    await turnOf(company.worker({ direct: true, handle: answering(['bulk'], { lane: 'BULK' }) }), '77002');

    expect((await rows()).map(({ state }) => state)).toEqual(['PENDING', 'PENDING']);
  });

  test('left behind by a process that died before it sent is taken back when the lease has run out', async () => {
    const worker = company.worker({ direct: true, handle: answering(['lost']) });
    wecom.onSend = async () => new Promise(() => undefined);
    await company.say(wecom, 'xiaolin', 'hello');
    await worker.turns.run();
    await company.db.pool.query(`UPDATE outbox SET lease_until = lease_until - interval '1 minute'`);

    await company.worker().deliverer.sweep();

    const { rows: found } = await company.db.pool.query('SELECT account, state, error_code FROM outbox');
    expect(found).toEqual([{ account: ACCOUNTS.wecom, state: 'PENDING', error_code: 'lease_expired' }]);
  });
});
