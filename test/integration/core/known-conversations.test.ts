/** The door keeps the ids of conversations in memory, but not of all that there ever were. */
import { expect, test } from 'vitest';
import { Inbox } from '../../../src/inbox/receive.ts';
import { useCompany } from '../../invariants/support/company.ts';

const company = useCompany();

test('a batch of somebody known and somebody new is stored when the memory is full', async () => {
  const { base, channels } = company;
  const door = new Inbox({ database: base.database, keys: base.keys, wake: () => undefined, maxKnown: 1 });
  const from = (person: string, key: string) => channels.telegram.message(person, '你好', [key]);
  await door.receive([from('1', 'a'), from('2', 'b')]);

  const stored = await door.receive([from('1', 'c'), from('3', 'd')]);

  expect(stored.map((one) => one !== undefined)).toEqual([true, true]);
  expect(await company.count('inbox')).toBe(4);
});
