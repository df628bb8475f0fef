/** Lists that grow with the company are read page by page to their end; each row stands on one page. */
import { beforeAll, describe, expect, test } from 'vitest';
import { identitiesOfStaff, listStaff } from '../../../src/domain/staff/staff-store.ts';
import { ADMIN, useCompany } from '../../invariants/support/company.ts';

const company = useCompany();

interface Page {
  readonly items: readonly Record<string, unknown>[];
  readonly nextCursor: string | null;
}

const read = async (list: string, input: object): Promise<Page> => (await company.call(ADMIN, list, input)) as Page;

/** All pages of two. */
async function pages(list: string): Promise<readonly Page[]> {
  const all = [await read(list, { limit: 2 })];
  for (let cursor = all[0]?.nextCursor; cursor; cursor = all.at(-1)?.nextCursor)
    all.push(await read(list, { limit: 2, cursor }));
  return all;
}

beforeAll(async () => {
  const sales = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin', slack: 'U0LIN' });
  await company.addStaff('周敏', ['reviewer'], { telegram: '7102' });
  for (const phone of ['13800310001', '13800310002', '13800310003']) {
    const facts = { name: '何女士', phone, amount: '100000.00', term: 12 };
    const lead = (await company.call(sales, 'lead.capture', { facts })) as { leadNumber: string };
    await company.call(sales, 'lead.submit', { lead: lead.leadNumber });
    await company.call(ADMIN, 'token.create', { name: phone.slice(-1), roles: ['manager'] });
  }
});

describe('every page', () => {
  test.each(['approval.list', 'lead.assignments', 'token.list'])(
    'of %s leads to the next, up to the last',
    async (list) => {
      const whole = await read(list, {});
      expect(whole.nextCursor).toBeNull();
      expect(whole.items).toHaveLength(3);

      const read2 = await pages(list);

      expect(read2.map(({ items }) => items.length)).toEqual([2, 1]);
      expect(read2.flatMap(({ items }) => items)).toEqual(whole.items);
    },
  );
});

test('the accounts of the whole staff are read at once, and each stands with its person', async () => {
  const { database } = company.base;
  const staff = await listStaff(database);
  const accounts = await identitiesOfStaff(database, ...staff.map(({ id }) => id));
  const { items } = await read('staff.list', {});

  expect(accounts.map((one) => one.external_id).sort()).toEqual(['7102', 'U0LIN', 'xiaolin']);
  expect(
    items.map(({ name, accounts: own }) => [
      name,
      (own as readonly { externalId: string }[]).map((one) => one.externalId),
    ]),
  ).toEqual([
    ['小林', ['xiaolin', 'U0LIN']],
    ['周敏', ['7102']],
  ]);
});
