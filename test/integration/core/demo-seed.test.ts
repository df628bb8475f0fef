/** The demo company: whoever is played sees what somebody of his role would see. */
import { expect, test } from 'vitest';
import { seedDemo } from '../../../src/demo-seed.ts';
import { listStaffRows } from '../../../src/domain/staff/index.ts';
import { useCompany, type StaffActor } from '../../invariants/support/company.ts';

const company = useCompany();

test('the lead of a team sees the customers of its people, and of no other team', async () => {
  expect(await seedDemo(company.base.unit)).toBe(true);
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
  expect(await company.count('customers')).toBe(3);
});
