/** What the inbox job says after a batch: nobody looks in vain, and nothing that others held is forgotten. */
import { beforeEach, describe, expect, test } from 'vitest';
import { useCompany } from '../../invariants/support/company.ts';

const company = useCompany();
const { telegram } = company.channels;

beforeEach(async () => {
  await company.db.pool.query('TRUNCATE outbox, outbox_keys, inbox, inbox_keys, conversations CASCADE');
});

/** Somebody else holds these chats' conversations while `work` runs. */
async function whileHeld<T>(chats: readonly string[], work: () => Promise<T>): Promise<T> {
  const other = await company.db.pool.connect();
  try {
    await other.query('BEGIN');
    await other.query('SELECT 1 FROM conversations WHERE chat = ANY ($1) FOR UPDATE', [chats]);
    return await work();
  } finally {
    await other.query('ROLLBACK');
    other.release();
  }
}

describe('a look at the inbox', () => {
  test('that took all there was need not be repeated', async () => {
    const { turns } = company.worker();
    await company.say(telegram, '501', 'hello');

    expect(await turns.look()).toEqual({ done: 1, next: 'wait' });
    expect(await turns.look()).toEqual({ done: 0, next: 'wait' });
  });

  test('is repeated soon when everything is in other hands', async () => {
    const { turns } = company.worker();
    await company.say(telegram, '502', 'hello');

    expect(await whileHeld(['502'], async () => turns.look())).toEqual({ done: 0, next: 'soon' });
    expect(await turns.look()).toEqual({ done: 1, next: 'wait' });
  });

  test('is repeated at once when it took some and others hold the rest', async () => {
    const { turns } = company.worker();
    await company.say(telegram, '503', 'hello');
    await company.say(telegram, '504', 'hello');

    expect(await whileHeld(['503'], async () => turns.look())).toEqual({ done: 1, next: 'again' });
    expect(await turns.look()).toEqual({ done: 1, next: 'wait' });
  });

  test('goes past a conversation with a long queue that others hold, to those behind it', async () => {
    const { turns } = company.worker();
    for (let i = 0; i < 70; i += 1) await company.say(telegram, '505', `sentence ${i}`);
    await company.say(telegram, '506', 'hello');

    expect(await whileHeld(['505'], async () => turns.look())).toEqual({ done: 1, next: 'again' });
    expect(await company.count(`inbox WHERE state = 'NEW'`)).toBe(70);
  });

  test('takes a long queue in the order in which it came, batch by batch', async () => {
    const { turns } = company.worker();
    for (let i = 0; i < 70; i += 1) await company.say(telegram, '507', `sentence ${i}`);

    expect(await turns.look()).toEqual({ done: 64, next: 'again' });
    expect(await turns.look()).toEqual({ done: 6, next: 'wait' });
    const { rows } = await company.db.pool.query<{ inOrder: boolean }>(
      `SELECT count(*) = 70 AND bool_and(inbox_id > before) AS "inOrder" FROM
         (SELECT inbox_id, lag(inbox_id, 1, 0::bigint) OVER (ORDER BY i.id) AS before FROM timeline_items i
          JOIN conversations c ON c.id = conversation_id WHERE direction = 'IN' AND c.chat = '507') AS item`,
    );
    expect(rows[0]?.inOrder).toBe(true);
  });
});
