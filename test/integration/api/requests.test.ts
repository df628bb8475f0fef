/** What the API does with requests that are not as they should be, and with numbers in addresses. */
import { beforeAll, describe, expect, test } from 'vitest';
import { ADMIN, useCompany, type StaffActor } from '../../invariants/support/company.ts';
import { useApi, type Answer } from './api-server.ts';

interface Problem {
  readonly code: string;
  readonly errors?: readonly { readonly pointer: string; readonly code: string; readonly message: string }[];
}

const company = useCompany();
const api = useApi(company);
const people: Partial<Record<'sales' | 'other' | 'reviewer' | 'approver', StaffActor>> = {};
const tokens = new Map<string, string>();
/** A case that waits for the reviewer. */
const one = { lead: '', leadId: '', application: '', number: '' };

beforeAll(async () => {
  people.sales = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin' });
  people.other = await company.addStaff('小顾', ['sales'], { wecom: 'xiaogu' });
  people.reviewer = await company.addStaff('小钱', ['reviewer'], { telegram: '7102' });
  people.approver = await company.addStaff('小赵', ['approver'], { telegram: '7103' });
  // Each makes his own: such a token is his as his chat account is.
  for (const person of Object.values(people)) {
    const maker = { ...person, roles: [...person.roles, 'admin' as const] };
    const made = await company.call(maker, 'token.create', { name: 'own', staffId: person.id });
    tokens.set(person.name, (made as { token: string }).token);
  }
  const facts = { name: '何女士', phone: '13700031001', amount: '100000.00', term: 12 };
  const lead = (await company.call(people.sales, 'lead.capture', { facts })) as { leadNumber: string; leadId: string };
  const done = (await company.call(people.sales, 'lead.submit', { lead: lead.leadNumber })) as {
    applicationId: string;
    applicationNumber: string;
  };
  Object.assign(one, { lead: lead.leadNumber, leadId: lead.leadId, application: done.applicationId });
  one.number = done.applicationNumber;
});

async function as<T = Problem>(name: string, method: string, address: string, body?: object): Promise<Answer<T>> {
  const token = tokens.get(name); // of nobody: the administrator's
  return api.send<T>(method, `/api/v1${address}`, { ...(token && { token }), ...(body === undefined ? {} : { body }) });
}

describe('a body', () => {
  const change = JSON.stringify({ name: '小琳' });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/octet-stream', 'nonsense', undefined])(
    'under the type %s is refused, and nothing is changed',
    async (type) => {
      const { status, body } = await api.send<Problem>('PATCH', `/api/v1/staff/${people.sales?.id}`, {
        body: change,
        ...(type === undefined ? {} : { type }),
      });

      expect([status, body.code]).toEqual([415, 'request.not_json']);
      expect(await company.count(`staff WHERE name = '小琳'`)).toBe(0);
    },
  );

  test.each(['application/json; charset=utf-8', 'application/merge-patch+json', 'APPLICATION/JSON'])(
    'under the type %s is read',
    async (type) => {
      const body = JSON.stringify({ language: 'zh-CN' });
      const { status } = await api.send('PATCH', `/api/v1/staff/${people.sales?.id}`, { body, type });

      expect(status).toBe(200);
    },
  );

  test('that is missing where members are required is told by its members; where none are, it is not missed', async () => {
    const { status, body } = await api.send<Problem>('POST', '/api/v1/staff');

    expect(status).toBe(422);
    expect(body.errors?.map(({ pointer }) => pointer)).toEqual(['/name', '/roles']);
    expect((await api.send('PATCH', `/api/v1/staff/${people.sales?.id}`)).status).toBe(200);
  });

  test.each([
    ['POST', '/leads'],
    ['PATCH', '/leads/K305'],
    ['POST', '/calc/schedule'],
    ['POST', '/decisions/run'],
  ])('nested 7 000 deep is refused by %s %s', async (method, address) => {
    const body = `{"facts":${'['.repeat(7_000)}${']'.repeat(7_000)}}`;
    const { status } = await api.send<Problem>(method, `/api/v1${address}`, { body, type: 'application/json' });

    expect([400, 422]).toContain(status);
  });

  test('does not carry what only a pressed card brings along', async () => {
    const { status, body } = await as('小钱', 'POST', `/approvals/${one.number}/decisions`, {
      revision: 1,
      verb: 'return',
      reason: 'x',
      cardId: '01',
      tap: { responseCode: 'x' },
    });

    expect([status, body.code]).toEqual([422, 'request.invalid']);
  });
});

test.each(['9999999999999999.1', '0.9999999999999999999', '1', 'x', '-1.1'])(
  'a cursor of the timeline that nobody gave out is refused: %s',
  async (cursor) => {
    const { status, body } = await api.send<Problem>('GET', `/api/v1/customers/${one.lead}/timeline?cursor=${cursor}`);

    expect([status, body.errors?.map(({ pointer }) => pointer)]).toEqual([422, ['/cursor']]);
  },
);

test.each(['/customers?cursor=x', '/customers?cursor=1234567890', '/deliveries?cursor=x'])(
  'a cursor that nobody gave out is refused in words, not with a pattern: %s',
  async (address) => {
    const { status, body } = await api.send<Problem>('GET', `/api/v1${address}`);

    expect(status).toBe(422);
    expect(body.errors).toMatchObject([{ pointer: '/cursor', message: '请原样填上一页给出的 nextCursor。' }]);
  },
);

test.each([
  ['/loans/L0001/payments', { externalId: 'bank-1', amount: '10.00', paidAt: '2026-12-20' }, '/paidAt'],
  ['/loans/L0001/payments/bank-1/reversals', { reason: '退票', reversedAt: '2026-12-20' }, '/reversedAt'],
])('a day where an instant is expected is refused with an example: %s', async (address, given, pointer) => {
  const { status, body } = await api.send<Problem>('POST', `/api/v1${address}`, { body: given });

  expect(status).toBe(422);
  expect(body.errors).toMatchObject([{ pointer, message: '请写带时区的日期和时间，例如 2026-12-20T09:30:00+08:00。' }]);
});

test('a phone in an address finds nobody, and nothing invites to write one there', async () => {
  const { status, body } = await api.send<Problem>('GET', '/api/v1/customers/13800006612');

  expect([status, body.code]).toEqual([404, 'customer.not_found']);
  expect(JSON.stringify(body)).toContain('在聊天里也可以写手机号或姓名');
});

test('JSON that is no object is called that, not incomplete', async () => {
  const { status, body } = await api.send<Problem>('POST', '/api/v1/leads/capture', { body: [] });

  expect([status, body.code]).toEqual([422, 'request.invalid']);
  expect(body.errors).toMatchObject([
    { pointer: '', code: 'invalid_type', message: '请写一个 JSON 对象，放在花括号里。' },
  ]);
});

test('what a refused call names instead of a number is not kept in plain', async () => {
  const body = { fields: ['mobile'], reason: '看看档案' };
  for (const who of ['Zebulon', 'K999999']) await api.send('POST', `/api/v1/customers/${who}/reveal`, { body });
  await api.send('POST', '/api/v1/flows/Zebulon/publish', { body: {} });

  expect(await company.count(`audit_entries WHERE subject_id = 'K999999'`)).toBe(1);
  expect(await company.count(`audit_entries WHERE subject_id = 'Zebulon'`)).toBe(0);
});

test('what a checklist asks for is read in the caller’s language, and stays the same when it is published again', async () => {
  type Products = {
    readonly items: readonly {
      code: string;
      version: number;
      id: string;
      checklist: readonly { code: string; name: string }[];
    }[];
  };
  const list = async (language: string): Promise<Products> =>
    (await api.send<Products>('GET', '/api/v1/products', { language })).body;
  const nameIn = async (language: string): Promise<string | undefined> =>
    (await list(language)).items[0]?.checklist.find(({ code }) => code === 'D01')?.name;

  expect([await nameIn('zh-CN'), await nameIn('en')]).toEqual(['身份证（正反面）', 'Identity card (both sides)']);
  const [product] = (await list('en')).items;
  const { id, version, ...again } = product ?? { id: '', version: 0 };
  const { status, body } = await api.send('POST', '/api/v1/products', { body: again });
  expect([status, body]).toEqual([200, { id, version, isNew: false }]);
});

test('only what came to be is answered with 201; what was there already, or is still missing, with 200', async () => {
  const kinds = async (who: string, address: string, body: object): Promise<string> => {
    const answer = await as<{ kind?: string }>(who, 'POST', address, body);
    return `${answer.status} ${answer.body.kind}`;
  };
  const capture = async (who: string, phone: string, more: object = {}): Promise<string> =>
    kinds(who, '/leads/capture', { facts: { name: '孙先生', phone, amount: '50000.00', ...more } });
  const create = async (): Promise<string> =>
    kinds('nobody', '/leads', { name: '吴女士', mobile: '13700031003', source: 'website' });

  expect(await capture('小林', '13700031002')).toBe('201 captured');
  expect(await capture('小林', '13700031002')).toBe('200 existing');
  expect(await capture('小顾', '13700031002')).toBe('200 collision');
  expect([await create(), await create()]).toEqual(['201 captured', '200 existing']);
  const { rows } = await company.db.pool.query<{ number: number }>('SELECT max(number) AS number FROM customers');
  const lead = `K${(rows[0]?.number ?? 0) - 1}`; // before the one of the website
  expect(await kinds('小林', `/leads/${lead}/submit`, {})).toBe('200 incomplete');
  await as('小林', 'PATCH', `/leads/${lead}`, { facts: { term: 12 } });
  expect(await kinds('小林', `/leads/${lead}/submit`, { shown: { term: 24 } })).toBe('200 changed');
  expect(await kinds('小林', `/leads/${lead}/submit`, {})).toBe('201 submitted');
  const { body } = await as<{ items: readonly { id: string }[] }>('小钱', 'GET', '/approvals?state=OPEN');
  await as('小钱', 'POST', `/approvals/${body.items[0]?.id}/decisions`, { revision: 1, verb: 'return', reason: '补' });
  expect(await kinds('小林', `/leads/${lead}/submit`, {})).toBe('200 submitted');
  const account = { id: people.sales?.id, platform: 'telegram', externalId: '7199' };
  for (const isNew of [true, false]) expect(await company.call(ADMIN, 'staff.bind', account)).toMatchObject({ isNew });
});

describe('a number in an address', () => {
  test('stands for the id of a lead, an application and an approval', async () => {
    const ids = async (address: string): Promise<unknown> => {
      const { body } = await api.send<Record<string, unknown>>('GET', `/api/v1${address}`);
      return body['applicationId'] ?? body['leadId'] ?? body['id'];
    };

    expect(await ids(`/applications/${one.number}`)).toBe(one.application);
    expect(await ids(`/applications/${one.application}`)).toBe(one.application);
    expect(await ids(`/approvals/${one.number.toLowerCase()}`)).toBe(one.application);
    expect(await ids(`/leads/${one.leadId}`)).toBe(one.leadId);
    expect(await ids(`/leads/${one.lead}`)).toBe(one.leadId);
  });

  test('of a case that nobody else can take over is answered with what can be done, not with an empty list', async () => {
    const handOver = { revision: 1, verb: 'hand_over' };

    expect((await as('小钱', 'POST', `/approvals/${one.number}/decisions`, handOver)).body).toMatchObject({
      code: 'approval.successor_needed',
      title: '现在没有别的同事可以接手这一级。',
      detail: '请管理员添加能审批这一级的同事，或先自行处理。',
    });
  });

  test('of somebody else’s case answers a sales person as one that does not exist', async () => {
    const answers = async (who: string): Promise<readonly unknown[]> => {
      const [number] = /\d+/.exec(one.number) ?? [];
      const there = { K: one.lead, A: `A${number}`, L: 'L0456' };
      const numbers = who === 'there' ? there : { K: 'K999999', A: 'A999999', L: 'L999999' };
      const asked = [
        as('小顾', 'GET', `/customers/${numbers.K}`),
        as('小顾', 'GET', `/customers/${numbers.A}/documents`),
        as('小顾', 'GET', `/leads/${numbers.K}`),
        as('小顾', 'POST', `/leads/${numbers.A}/submit`, {}),
        as('小顾', 'GET', `/applications/${numbers.A}`),
        as('小顾', 'POST', `/applications/${numbers.A}/resume`, {}),
        as('小顾', 'POST', `/approvals/${numbers.A}/decisions`, { revision: 1, verb: 'hand_over' }),
        as('小顾', 'GET', `/loans/${numbers.L}`),
        as('小赵', 'GET', `/approvals/${numbers.A}`), // an approver who has no seat there
      ];
      return (await Promise.all(asked)).map(({ status, body }) => ({ status, ...body, traceId: '', instance: '' }));
    };
    expect(await approved()).toBe('L0456');

    const [there, absent] = [await answers('there'), await answers('absent')];

    expect(there).toEqual(absent);
    expect(there.map((answer) => (answer as { status: number }).status)).toEqual(Array(9).fill(404));
  });
});

/** The number of the loan that comes of the case. */
async function approved(): Promise<string> {
  const { reviewer } = people;
  if (!reviewer) throw new Error('nobody decides the case');
  await company.call(reviewer, 'approval.decide', { id: one.number, revision: 1, verb: 'approve' });
  await company.drain();
  const { rows } = await company.db.pool.query<{ number: number }>('SELECT number FROM loans');
  return `L${String(rows[0]?.number).padStart(4, '0')}`;
}
