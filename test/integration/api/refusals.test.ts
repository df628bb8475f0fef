/** What the API refuses, in which order, and what of it is on the audit log. */
import { connect } from 'node:net';
import { beforeAll, describe, expect, test } from 'vitest';
import { useCompany, type StaffActor } from '../../invariants/support/company.ts';
import { BOOTSTRAP, useApi, type Answer } from './api-server.ts';

interface Problem {
  readonly code: string;
  readonly errors?: readonly { readonly pointer: string; readonly code: string; readonly message: string }[];
}

const company = useCompany();
const api = useApi(company);
const tokens = new Map<string, string>();
let lead = '';
let base = '';

beforeAll(async () => {
  const sales = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin' });
  const people: readonly StaffActor[] = [sales, await company.addStaff('小钱', ['reviewer'], { wecom: 'xiaoqian' })];
  for (const person of people) {
    const maker = { ...person, roles: [...person.roles, 'admin' as const] };
    const made = await company.call(maker, 'token.create', { name: 'own', staffId: person.id });
    tokens.set(person.name, (made as { token: string }).token);
  }
  const facts = { name: '何女士', phone: '13700041001', amount: '100000.00', term: 12 };
  lead = ((await company.call(sales, 'lead.capture', { facts })) as { leadNumber: string }).leadNumber;
  base = api.url;
});

async function as<T = Problem>(name: string, method: string, address: string, body?: object): Promise<Answer<T>> {
  const token = tokens.get(name) ?? BOOTSTRAP;
  return api.send<T>(method, `/api/v1${address}`, { token, ...(body === undefined ? {} : { body }) });
}

async function refusalsOf(action: string): Promise<number> {
  return company.count(`audit_entries WHERE action = $1 AND outcome = 'REFUSED'`, [action]);
}

describe('the right comes before the body, and a refusal is on the audit log', () => {
  test.each([
    ['小钱', 'lead.submit', 403, ['POST', '/leads/K/submit', { junk: 1 }]],
    ['小林', 'lead.submit', 422, ['POST', '/leads/K/submit', { junk: 1 }]],
    ['小林', 'lead.submit', 422, ['POST', '/leads/K/submit', { text: '提交' }]],
    ['小林', 'approval.decide', 422, ['POST', '/approvals/K/decisions', { tap: 1 }]],
    ['小林', 'lead.capture', 422, ['POST', '/leads/capture', { junk: 1 }]],
    ['小林', 'delivery.list', 403, ['GET', '/deliveries?limit=junk', undefined]],
  ] as const)('%s: %s %i %j', async (who, action, status, [method, address, body]) => {
    const before = await refusalsOf(action);
    const answer = await as(who, method, address.replace('/K/', `/${lead}/`), body);

    expect(answer.status).toBe(status);
    expect(await refusalsOf(action)).toBe(before + 1);
  });
});

describe('what an address names', () => {
  test.each([
    ['POST', '/customers/K/reveal', { id: 'K999', fields: ['mobile'], reason: '回访客户' }, 'id'],
    ['PATCH', '/leads/K', { lead: 'K999', facts: { term: 24 } }, 'lead'],
    ['GET', '/customers/K?id=K999', undefined, 'id'],
    ['GET', '/customers/K/timeline?id=K999', undefined, 'id'],
  ] as const)('is unknown anywhere else: %s %s', async (method, address, body, member) => {
    const { status, body: problem } = await as('nobody', method, address.replace(/\/K\b/, `/${lead}`), body);

    expect([status, problem.code]).toEqual([422, 'request.invalid']);
    expect(problem.errors).toMatchObject([{ code: 'unrecognized_keys', pointer: `/${member}` }]);
    expect(problem.errors?.[0]?.message).toContain(`"${member}"`);
  });
});

describe('a whole number', () => {
  test.each([true, [1], '0x1', ' 1 ', '1e1', 1.5, '', null, '-1', 0])('is not %j', async (number) => {
    const { status, body } = await as('nobody', 'POST', '/flows/lead-intake/publish', { number });

    expect([status, body.errors?.[0]?.pointer]).toEqual([422, '/number']);
  });

  test.each(['0x10', '1e1', '%2010', '+10', '1.0', ''])('is not %s in a query', async (limit) => {
    for (const list of ['/customers', '/deliveries', '/tokens', '/incidents', `/customers/${lead}/timeline`]) {
      const { status, body } = await as('nobody', 'GET', `${list}?limit=${limit}`);
      expect([status, body.errors?.[0]?.pointer], list).toEqual([422, '/limit']);
    }
    expect((await as('nobody', 'GET', `/flows/repayment-reminder/migration?to=${limit}`)).status).toBe(422);
  });

  test.each([1, '1', '01'])('is %j', async (number) => {
    expect((await as('nobody', 'POST', '/flows/lead-intake/publish', { number })).status).toBe(200);
    expect((await as('nobody', 'GET', `/customers?limit=${number}`)).status).toBe(200);
  });
});

test.each(['bearer', 'BEARER', 'Bearer'])('the scheme %s is the same in any case', async (scheme) => {
  const { status } = await fetch(`${base}/api/v1/customers`, { headers: { authorization: `${scheme} ${BOOTSTRAP}` } });

  expect(status).toBe(200);
});

describe('a method that a known address does not have', () => {
  test.each([
    ['DELETE', '/customers', 'GET, HEAD'],
    ['PUT', '/customers/K1/reveal', 'POST'],
    ['DELETE', '/staff/K1', 'PATCH'],
    ['PUT', '/leads/K1', 'GET, HEAD, PATCH'],
    ['POST', '/deliveries', 'GET, HEAD'],
    ['GET', '/calc/apr', 'POST'],
  ])('%s %s is 405 and names those it has', async (method, address, allowed) => {
    const { status, headers, body } = await as('nobody', method, address);

    expect([status, body.code]).toEqual([405, 'method.not_allowed']);
    expect(headers.get('allow')?.split(', ').sort()).toEqual(allowed.split(', ').sort());
  });

  test('is told to nobody without a token', async () => {
    expect((await fetch(`${base}/api/v1/customers`, { method: 'DELETE' })).status).toBe(401);
  });
});

test('nothing under /api/v1 is kept by anybody on the way', async () => {
  const asked = ['/customers', `/customers/${lead}`, '/customers/K999', '/nothing', '/openapi.json', '/deliveries'];
  const answers = await Promise.all(asked.map(async (address) => as('nobody', 'GET', address)));

  expect(answers.map(({ headers }) => headers.get('cache-control'))).toEqual(asked.map(() => 'no-store'));
});

describe('a body', () => {
  test.each([
    ['/api/v1/leads', 1_048_577],
    ['/api/v1/calc/apr', 2_097_153],
  ])(
    'for %s that says it has %i bytes is refused before it comes, and the connection ends',
    async (address, length) => {
      const { hostname, port } = new URL(base);
      const socket = connect(Number(port), hostname);
      const head = [`POST ${address} HTTP/1.1`, 'Host: x', `Authorization: Bearer ${BOOTSTRAP}`];
      socket.write([...head, 'Content-Type: application/json', `Content-Length: ${length}`, '', '{'].join('\r\n'));
      let answer = '';
      for await (const chunk of socket) answer += String(chunk);

      expect(answer).toMatch(/^HTTP\/1\.1 413 /);
      expect(answer).toMatch(/connection: close/i);
      expect(answer).toContain('request.too_large');
    },
  );

  test('of bytes that are no text is malformed: nothing else is read in its place', async () => {
    const body = Buffer.concat([Buffer.from('{"q":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]);
    const headers = { authorization: `Bearer ${BOOTSTRAP}`, 'content-type': 'application/json' };
    const response = await fetch(`${base}/api/v1/customers/search`, { method: 'POST', headers, body });

    expect([response.status, ((await response.json()) as Problem).code]).toEqual([400, 'request.malformed']);
  });
});

test('/console leads to the page that is there', async () => {
  const { status, headers } = await fetch(`${base}/console`, { redirect: 'manual' });

  expect([status, headers.get('location')]).toEqual([302, '/console/calculators']);
});
