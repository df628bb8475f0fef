/** Lists that grow with the company are read page by page to their end; each row stands on one page. */
import { beforeAll, describe, expect, test } from 'vitest';
import { identitiesOfStaff, listStaff } from '../../../src/domain/staff/staff-store.ts';
import { ADMIN, useCompany, type StaffActor } from '../../invariants/support/company.ts';

const company = useCompany();

interface Page {
  readonly items: readonly Record<string, unknown>[];
  readonly nextCursor: string | null;
}

const people: { sales?: StaffActor } = {};

/** A person's own list is read by him, the others by the administrator. */
const read = async (list: string, input: object): Promise<Page> =>
  (await company.call(list === 'task.list' ? (people.sales ?? ADMIN) : ADMIN, list, input)) as Page;

/** All pages of two. */
async function pages(list: string, wanted: object): Promise<readonly Page[]> {
  const all = [await read(list, { ...wanted, limit: 2 })];
  for (let cursor = all[0]?.nextCursor; cursor; cursor = all.at(-1)?.nextCursor)
    all.push(await read(list, { ...wanted, limit: 2, cursor }));
  return all;
}

beforeAll(async () => {
  const sales = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin', slack: 'U0LIN' });
  people.sales = sales;
  await company.addStaff('周敏', ['reviewer'], { telegram: '7102' });
  for (const phone of ['13800310001', '13800310002', '13800310003']) {
    const facts = { name: '何女士', phone, amount: '100000.00', term: 12 };
    const lead = (await company.call(sales, 'lead.capture', { facts })) as { leadNumber: string };
    await company.call(sales, 'lead.submit', { lead: lead.leadNumber });
    await company.call(ADMIN, 'token.create', { name: phone.slice(-1), roles: ['manager'] });
    const todo = { key: phone, kind: 'handed_over', staffId: sales.id };
    await company.call({ kind: 'SYSTEM', id: 'daiban', language: 'zh-CN' }, 'task.add', todo);
  }
});

describe('every page', () => {
  test.each([
    ['approval.list', {}],
    ['lead.assignments', {}],
    ['token.list', {}],
    ['task.list', {}],
    ['customer.list', {}],
    ['customer.search', { q: '何女士' }],
    ['customer.search', { q: '何' }],
  ])('of %s %j leads to the next, up to the last', async (list, wanted) => {
    const whole = await read(list, wanted);
    expect(whole.nextCursor).toBeNull();
    expect(whole.items).toHaveLength(3);

    const read2 = await pages(list, wanted);

    expect(read2.map(({ items }) => items.length)).toEqual([2, 1]);
    expect(read2.flatMap(({ items }) => items)).toEqual(whole.items);
  });
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

test('a chat that shows twenty says how many it does not show, and how to find them', async () => {
  const busy = await company.addStaff('小顾', ['sales'], { wecom: 'xiaogu' });
  for (let n = 0; n < 22; n += 1) {
    await company.call(busy, 'lead.capture', { facts: { name: `钱女士${n < 21 ? '' : '妹'}` } });
    const todo = { key: `gu${n}`, kind: 'handed_over', staffId: busy.id };
    await company.call({ kind: 'SYSTEM', id: 'daiban', language: 'zh-CN' }, 'task.add', todo);
  }
  const says = async (text: string): Promise<string> =>
    (await company.exchange(company.channels.wecom, 'xiaogu', text)).join('\n');

  expect(await says('我的客户')).toMatch(
    /^您的客户（这里是最近登记的，还有 2 位；找其他客户发「客户」加姓名、手机号或编号）：\n/u,
  );
  expect(await says('待办')).toMatch(
    /^您的待办（急的在前，其余从新到旧，还有 2 件；办完这些再发「待办」看后面的），办完一件发「完成」加编号：\nT\d+ /u,
  );
  expect(await says('客户 钱女士')).toMatch(
    /^找到不止一位，这里是最近登记的，还有 1 位；没有要找的就发全名、手机号或编号。看哪一位？/u,
  );
  expect(await says('客户 K999999')).not.toContain('还有');
});
