/** The demo company: whoever is played sees what somebody of his role would see. */
import { expect, onTestFinished, test } from 'vitest';
import { DEMO_CUSTOMERS, DEMO_STAFF } from '../../../src/config/demo.ts';
import type { UnitDeps } from '../../../src/core/unit/unit.ts';
import { Database } from '../../../src/db/database.ts';
import { seedDemo } from '../../../src/demo-seed.ts';
import { listStaffRows } from '../../../src/domain/staff/index.ts';
import { useCompany, type StaffActor } from '../../invariants/support/company.ts';

const company = useCompany();

/** Another process on the same database. */
function elsewhere(): UnitDeps {
  const database = new Database(company.db.url, { max: 2 });
  onTestFinished(async () => database.close());
  return { ...company.base.unit, database };
}

test('a start that dies in the middle leaves nothing behind', async () => {
  const { unit } = company.base;
  const dying: UnitDeps = {
    ...unit,
    namesOf: async () => {
      throw new Error('killed');
    },
  };
  await expect(seedDemo(dying)).rejects.toThrow('killed');
  expect(await company.count('staff')).toBe(0);
  expect(await company.count('customers')).toBe(0);
});

test('of two processes that start at once one seeds the whole company, and the other finds it done', async () => {
  const [here, there] = [elsewhere(), elsewhere()];

  const seeded = await Promise.all([seedDemo(here), seedDemo(there)]);

  expect(seeded.toSorted()).toEqual([false, true]);
  expect(await company.count('staff')).toBe(DEMO_STAFF.length);
  expect(await company.count('customers')).toBe(DEMO_CUSTOMERS.length);
});

test('the lead of a team sees the customers of its people, and of no other team', async () => {
  await seedDemo(company.base.unit);
  const staff = await listStaffRows(company.base.database);
  const named = (name: string): string => staff.find((row) => row.name === name)?.id ?? '';
  const lead: StaffActor = {
    kind: 'STAFF',
    id: named('陈组长'),
    name: '陈组长',
    roles: ['team_lead'],
    teamId: staff.find(({ name }) => name === '陈组长')?.team_id ?? undefined,
    language: 'zh-CN',
  };

  const { items } = (await company.call(lead, 'customer.list', {})) as { items: readonly { ownerId: string }[] };

  expect(items.map(({ ownerId }) => ownerId)).toEqual([named('小林')]);
  expect(await company.count('customers')).toBe(DEMO_CUSTOMERS.length);
});
