/** A group chat: everybody in it has a conversation of his own, though all read the same. */
import { expect, test } from 'vitest';
import { useCompany } from '../../invariants/support/company.ts';

const company = useCompany();
const CHANNEL = 'C0GROUP01';

interface Line {
  readonly direction: string;
  readonly actor: string;
}

test('two who write into one channel at the same moment each have their question and its answer on their own file', async () => {
  const { slack } = company.channels;
  await company.addStaff('小钱', ['sales'], { slack: 'U0QIAN001' });
  await company.addStaff('老赵', ['sales'], { slack: 'U0ZHAO001' });
  const event = (who: string) => {
    const message = slack.message(who, '帮助', [`m-${who}`]);
    return { ...message, address: { account: slack.account, chat: CHANNEL, actor: who } };
  };
  await company.door().receive([event('U0QIAN001'), event('U0ZHAO001')]);

  expect(await company.worker().turns.run()).toBe(2);

  const { rows } = await company.db.pool.query<Line>(
    `SELECT t.direction, c.actor FROM timeline_items t JOIN conversations c ON c.id = t.conversation_id
     WHERE c.chat = $1 ORDER BY c.actor, t.id`,
    [CHANNEL],
  );
  expect(rows).toEqual([
    { direction: 'IN', actor: 'U0QIAN001' },
    { direction: 'OUT', actor: 'U0QIAN001' },
    { direction: 'IN', actor: 'U0ZHAO001' },
    { direction: 'OUT', actor: 'U0ZHAO001' },
  ]);
});
