/** Edits and deletions that a platform reports right behind the message they are about. */
import { beforeAll, expect, test } from 'vitest';
import { useCompany } from '../../invariants/support/company.ts';

const company = useCompany();

beforeAll(async () => {
  await company.addStaff('小林', ['sales'], { slack: 'U001' });
});

test('an edit and a deletion that arrive while their message still waits are noted on its line', async () => {
  const { slack } = company.channels;
  await company.receive(slack, 'U001', { kind: 'message', messageId: 'm1', text: '我的客户', media: [] });
  await company.receive(slack, 'U001', { kind: 'edited', messageId: 'm1', text: '待办' });
  await company.receive(slack, 'U001', { kind: 'deleted', messageId: 'm1' });

  await company.drain(); // all three in one batch

  const { rows } = await company.db.pool.query<{ kind: string; text_masked: string | null }>(
    `SELECT c.kind, c.text_masked FROM timeline_changes c JOIN timeline_items i ON i.id = c.item_id WHERE i.message_id = 'm1' ORDER BY c.inbox_id`,
  );
  expect(rows).toEqual([
    { kind: 'EDITED', text_masked: '待办' },
    { kind: 'DELETED', text_masked: null },
  ]);
});

test('a deletion that does not say whose message it was is noted on its line, and on none where two may be meant', async () => {
  const { slack } = company.channels;
  const said = (from: string, messageId: string): Promise<void> =>
    company.receive(slack, from, { kind: 'message', messageId, text: '我的客户', media: [] });
  const deleted = (messageId: string): Promise<void> =>
    company.receive(slack, 'D0001', { kind: 'deleted', messageId, isAnyones: true });
  await said('U001', 'm2');
  await company.drain();
  for (const person of ['U001', 'U002']) await said(person, 'm3');
  for (const id of ['m2', 'm3', 'm4']) await deleted(id);

  await company.drain();

  const { rows } = await company.db.pool.query<{ message_id: string; kind: string }>(
    `SELECT i.message_id, c.kind FROM timeline_changes c JOIN timeline_items i ON i.id = c.item_id WHERE i.message_id <> 'm1'`,
  );
  expect(rows).toEqual([{ message_id: 'm2', kind: 'DELETED' }]);
});
