/** Where a customer's clock hangs: who sets it, what is a zone, and what the audit log says of it. */
import { beforeAll, expect, test } from 'vitest';
import { useCompany, type StaffActor } from '../../invariants/support/company.ts';
import { useApi, type Answer } from './api-server.ts';

interface Zoned {
  readonly code?: string;
  readonly zone?: string;
  readonly detail?: string;
  readonly errors?: readonly { readonly pointer: string; readonly message: string }[];
}

const company = useCompany();
const api = useApi(company);
const tokens = new Map<string, string>();
let number = '';
let customerId = '';

beforeAll(async () => {
  const add = async (name: string, role: StaffActor['roles'][number]): Promise<StaffActor> => {
    const person = await company.addStaff(name, [role]);
    const made = await company.call({ ...person, roles: ['admin'] }, 'token.create', { name: 'x', staffId: person.id });
    tokens.set(name, (made as { token: string }).token);
    return person;
  };
  const sales = await add('小林', 'sales');
  await add('小顾', 'sales');
  await add('小钱', 'reviewer');
  const facts = { name: '何女士', phone: '13700051001' };
  const lead = (await company.call(sales, 'lead.capture', { facts })) as { leadNumber: string; customerId: string };
  [number, customerId] = [lead.leadNumber, lead.customerId];
});

async function put(who: string, zone: unknown, language = 'zh-CN'): Promise<Answer<Zoned>> {
  const address = `/api/v1/customers/${number}/zone`;
  return api.send<Zoned>('PUT', address, { token: tokens.get(who) ?? '', body: { zone }, language });
}

async function zoneNow(): Promise<string | undefined> {
  return (await api.send<Zoned>('GET', `/api/v1/customers/${number}`)).body.zone;
}

test('is set by who looks after him, in whatever case it is written, and shown on his file', async () => {
  expect(await zoneNow()).toBe('Asia/Shanghai');

  const { status, body } = await put('小林', 'asia/urumqi');

  expect([status, body]).toEqual([200, { id: customerId, from: 'Asia/Shanghai', zone: 'Asia/Urumqi' }]);
  expect(await zoneNow()).toBe('Asia/Urumqi');
  const { rows } = await company.db.pool.query<{ id: string; sealed_detail: Buffer }>(
    `SELECT id, sealed_detail FROM audit_entries WHERE action = 'customer.setZone' AND outcome = 'DONE' AND subject_id = $1`,
    [customerId],
  );
  expect(
    rows.map((row) => company.base.keys.openJson(`audit_entries.sealed_detail.${row.id}`, row.sealed_detail)),
  ).toMatchObject([{ evidence: { from: 'Asia/Shanghai', to: 'Asia/Urumqi' } }]);
});

test('is not for others to set', async () => {
  expect([(await put('小顾', 'UTC')).status, (await put('小钱', 'UTC')).status]).toEqual([404, 403]);
  expect(await zoneNow()).toBe('Asia/Urumqi');
});

test.each([
  'Mars/Base',
  '+08:00',
  'UTC+8',
  'GMT+8x',
  'posix/Asia/Shanghai',
  'localtime',
  'Factory',
  '北京',
  8,
  '',
  null,
])('is not %j, and the refusal says what is', async (zone) => {
  for (const language of ['zh-CN', 'en']) {
    const { status, body } = await put('小林', zone, language);
    expect([status, body.errors?.[0]?.pointer]).toEqual([422, '/zone']);
    if (typeof zone === 'string' && zone !== '')
      expect(`${body.code} ${body.detail}`).toMatch(/^customer\.unknown_zone .*Asia\/Shanghai/);
  }
  expect(await zoneNow()).toBe('Asia/Urumqi');
});
