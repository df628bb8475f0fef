import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunningApp } from '../../../src/app.ts';
import { ROLES } from '../../../src/core/operations/actor.ts';
import { useDatabase } from '../../support/database.ts';
import { startWeb } from './api-server.ts';

const TOKEN = 'bootstrap-token-of-the-test';

interface Problem {
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly status: number;
  readonly errors?: readonly { readonly pointer: string; readonly message: string }[];
}
interface Document {
  readonly paths: Readonly<
    Record<
      string,
      Readonly<Record<string, { readonly operationId?: string; readonly 'x-roles'?: Readonly<Record<string, string>> }>>
    >
  >;
}

describe('the open API', () => {
  const database = useDatabase();
  const dataDir = mkdtempSync(path.join(tmpdir(), 'daiban-api-'));
  let app: RunningApp;

  beforeAll(async () => {
    app = await startWeb({ DATA_DIR: dataDir, DATABASE_URL: database.url, BOOTSTRAP_API_TOKEN: TOKEN });
  }, 60_000);
  afterAll(async () => {
    await app.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  async function call<T>(
    method: string,
    address: string,
    options: { readonly token?: string | null; readonly body?: string; readonly language?: string } = {},
  ): Promise<{ status: number; type: string; body: T }> {
    const token = options.token === undefined ? TOKEN : options.token;
    const response = await fetch(app.url + address, {
      method,
      headers: {
        'content-type': 'application/json',
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(options.language === undefined ? {} : { 'accept-language': options.language }),
      },
      ...(options.body === undefined ? {} : { body: options.body }),
    });
    const text = await response.text();
    return {
      status: response.status,
      type: response.headers.get('content-type') ?? '',
      body: (text === '' ? undefined : JSON.parse(text)) as T,
    };
  }

  test('without a token, or with a wrong one, nothing is answered but a problem document', async () => {
    for (const token of [null, 'wrong-token-wrong', 'x']) {
      const { status, type, body } = await call<Problem>('GET', '/api/v1/customers', { token });
      expect(status).toBe(401);
      expect(type).toContain('application/problem+json');
      expect(body.code).toMatch(/^auth\./);
    }
  });

  test('a problem speaks the caller’s language and says what to do', async () => {
    const chinese = await call<Problem>('GET', '/api/v1/customers/K999999');
    const english = await call<Problem>('GET', '/api/v1/customers/K999999', { language: 'en' });

    expect([chinese.status, english.status]).toEqual([404, 404]);
    expect(chinese.body.title).toMatch(/\p{Script=Han}/u);
    expect(english.body.title).not.toMatch(/\p{Script=Han}/u);
    expect(english.body.detail.length).toBeGreaterThan(5);
  });

  test('garbage is refused with the place that is wrong, never with a 500', async () => {
    const malformed = await call<Problem>('POST', '/api/v1/customers/search', { body: '{"mobile":' });
    const unknown = await call<Problem>('POST', '/api/v1/staff', {
      body: JSON.stringify({ name: '小林', roles: ['king'], extra: 1 }),
    });
    const list = await call<Problem>('POST', '/api/v1/leads', { body: '[]' });
    const huge = await call<Problem>('POST', '/api/v1/leads', {
      body: JSON.stringify({ name: 'x'.repeat(1_200_000) }),
    });
    const phone = await call<Problem>('POST', '/api/v1/customers/search', { body: JSON.stringify({ mobile: '123' }) });

    expect([malformed.status, unknown.status, list.status, huge.status, phone.status]).toEqual([
      400, 422, 422, 413, 422,
    ]);
    expect(unknown.body.errors?.some((error) => error.pointer.startsWith('/roles'))).toBe(true);
    expect(phone.body.errors?.[0]?.pointer).toBe('/mobile');
  });

  test('an unknown address is a problem document too', async () => {
    expect((await call<Problem>('GET', '/api/v1/nothing-here')).body.code).toBe('resource.not_found');
  });

  test('the document lists every address with its operation, and every listed operation answers', async () => {
    const { body } = await call<Document>('GET', '/api/v1/openapi.json', { token: null });
    const entries = Object.entries(body.paths).flatMap(([address, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ address, method, operation })),
    );

    expect(entries.length).toBeGreaterThan(40);
    for (const { address, method } of entries) {
      const { status } = await call(
        method.toUpperCase(),
        `/api/v1${address.replaceAll(/\{\w+\}/g, '0190a000-0000-7000-8000-000000000000')}`,
        { token: null, ...(method === 'get' ? {} : { body: '{}' }) },
      );
      expect(status, `${method} ${address}`).toBe(401);
    }
  });

  test('the permission matrix holds over HTTP: a role that is not named gets 403, whatever it sends', async () => {
    const tokens = new Map<string, string>();
    for (const role of ROLES) {
      const made = await call<{ token: string }>('POST', '/api/v1/tokens', {
        body: JSON.stringify({ name: role, roles: [role] }),
      });
      tokens.set(role, made.body.token);
    }
    const { body } = await call<Document>('GET', '/api/v1/openapi.json', { token: null });
    const wrong: string[] = [];
    let checked = 0;
    for (const [address, methods] of Object.entries(body.paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        const allowed = operation['x-roles'];
        if (!allowed) continue;
        for (const role of ROLES) {
          const { status } = await call(
            method.toUpperCase(),
            `/api/v1${address.replaceAll(/\{\w+\}/g, '0190a000-0000-7000-8000-000000000000')}`,
            { token: tokens.get(role) ?? null, ...(method === 'get' ? {} : { body: '{}' }) },
          );
          checked += 1;
          if ((allowed[role] === undefined) !== (status === 403)) wrong.push(`${method} ${address} ${role}: ${status}`);
          if (status >= 500) wrong.push(`${method} ${address} ${role}: ${status}`);
        }
      }
    }

    expect(checked).toBeGreaterThan(200);
    expect(wrong).toEqual([]);
  }, 60_000);

  test('a character that no database stores is refused in its place, wherever it stands', async () => {
    const staff = await call<Problem>('POST', '/api/v1/staff', {
      body: JSON.stringify({ name: '小\u0000林', roles: ['sales'] }),
    });
    const inside = await call<Problem>('PATCH', '/api/v1/leads/K305', {
      body: JSON.stringify({ facts: { purpose: '\u0000' } }),
    });
    const half = await call<Problem>('POST', '/api/v1/staff', {
      body: JSON.stringify({ name: '小林', roles: ['sales'], team: '一组\ud83d' }),
    });
    const inPath = await call<Problem>('POST', '/api/v1/customers/%00/hand-back', { body: '{}' });

    expect([staff.status, inside.status, half.status, inPath.status]).toEqual([422, 422, 422, 422]);
    expect([staff, inside, half].map(({ body }) => body.errors?.[0]?.pointer)).toEqual([
      '/name',
      '/facts/purpose',
      '/team',
    ]);
  });

  test('what is wrong with a field is said in the caller’s language', async () => {
    const body = JSON.stringify({ name: 7, roles: ['sales'] });
    const chinese = await call<Problem>('POST', '/api/v1/staff', { body });
    const english = await call<Problem>('POST', '/api/v1/staff', { body, language: 'en' });

    expect(chinese.body.errors?.[0]?.message).toMatch(/\p{Script=Han}/u);
    expect(english.body.errors?.[0]?.message).toBe('A text is expected, in quotation marks.');
  });

  test.each([
    ['POST', '/customers/search', { mobile: '12' }],
    ['POST', '/leads', { name: '何女士', mobile: '13800006612', source: 'website', amount: '0' }],
    ['POST', '/leads/capture', { facts: { income: 'abc', term: 0, date: '2026-02-30', unknown: 1 } }],
    ['POST', '/staff', { name: '小\u0000林', roles: ['sales'] }],
    [
      'POST',
      '/products',
      { code: '1', terms: { annualRate: '9.6', minAmount: '-1', termMonths: [] }, checklist: [{}] },
    ],
    ['GET', '/deliveries?limit=x&state=lost&cursor=y', undefined],
  ])('%s %s tells every fault in the caller’s language and no other', async (method, path, content) => {
    const sent = content === undefined ? {} : { body: JSON.stringify(content) };
    const chinese = await call<Problem>(method, `/api/v1${path}`, sent);
    const english = await call<Problem>(method, `/api/v1${path}`, { ...sent, language: 'en' });

    expect([chinese.status, english.status]).toEqual([422, 422]);
    expect(chinese.body.errors?.length).toBeGreaterThan(0);
    expect(chinese.body.errors?.filter(({ message }) => !/\p{Script=Han}/u.test(message))).toEqual([]);
    expect(english.body.errors?.filter(({ message }) => !/^[A-Z“]\P{Script=Han}+$/u.test(message))).toEqual([]);
  });

  test('marks what a path names as required, and a body where one is needed', async () => {
    interface Described {
      readonly parameters?: readonly { readonly in: string; readonly name: string; readonly required?: boolean }[];
      readonly requestBody?: { readonly required?: boolean };
    }
    const { body } = await call<{ readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>> }>(
      'GET',
      '/api/v1/openapi.json',
      { token: null },
    );
    const parameters = Object.values(body.paths)
      .flatMap((methods) => Object.values(methods))
      .flatMap((operation) => operation.parameters ?? [])
      .filter((parameter) => parameter.in === 'path');

    expect(parameters.length).toBeGreaterThan(15);
    expect(parameters.filter((parameter) => parameter.required !== true)).toEqual([]);
    expect(body.paths['/staff']?.['post']?.requestBody?.required).toBe(true);
    expect(body.paths['/leads/{lead}/submit']?.['post']?.requestBody?.required).toBe(false);
    expect(body.paths).toHaveProperty(['/deliveries', 'get']); // the one list that is no operation
  });

  test('says that unknown members are refused, which verbs there are, and nothing of what only a pressed card brings along', async () => {
    interface Schema {
      readonly type?: string;
      readonly additionalProperties?: unknown;
      readonly properties?: Readonly<Record<string, { readonly enum?: readonly string[] }>>;
    }
    type Paths = Readonly<
      Record<
        string,
        Readonly<
          Record<
            string,
            { requestBody?: { content: { 'application/json': { schema: Schema } } }; operationId?: string }
          >
        >
      >
    >;
    const { body } = await call<{ readonly paths: Paths }>('GET', '/api/v1/openapi.json', { token: null });
    const bodies = Object.values(body.paths)
      .flatMap((methods) => Object.values(methods))
      .flatMap(({ operationId = '', requestBody }) =>
        requestBody && /^[a-zA-Z]+\.[a-zA-Z]+$/.test(operationId)
          ? [{ operationId, schema: requestBody.content['application/json'].schema }]
          : [],
      );
    const open = bodies.filter(({ schema }) => schema.type === 'object' && schema.additionalProperties !== false);
    const decide = bodies.find(({ operationId }) => operationId === 'approval.decide')?.schema.properties ?? {};

    expect(bodies.length).toBeGreaterThan(15);
    expect(open.map(({ operationId }) => operationId)).toEqual([]);
    expect(decide['verb']?.enum).toEqual(['approve', 'reject', 'return', 'hand_over']);
    expect(Object.keys(decide).sort()).toEqual(['reason', 'revision', 'to', 'verb']);
  });

  describe('a token', () => {
    const make = async (body: object): Promise<{ status: number; body: { id: string; token: string } & Problem }> =>
      call('POST', '/api/v1/tokens', { body: JSON.stringify(body) });
    const addPerson = async (name: string, roles: readonly string[]): Promise<string> => {
      const { body } = await call<{ id: string }>('POST', '/api/v1/staff', { body: JSON.stringify({ name, roles }) });
      return body.id;
    };
    const may = async (token: string, address: string): Promise<number> =>
      (await call('GET', address, { token })).status;

    test('of a person may be narrower than the person, never wider', async () => {
      const staffId = await addPerson('梁总', ['admin', 'collector']);
      const whole = await make({ name: 'whole', staffId });
      const narrow = await make({ name: 'narrow', staffId, roles: ['collector'] });
      const wide = await make({ name: 'wide', staffId, roles: ['collector', 'manager'] });

      expect(await may(whole.body.token, '/api/v1/staff')).toBe(200);
      expect(await may(narrow.body.token, '/api/v1/staff')).toBe(403);
      expect([wide.status, wide.body.code]).toEqual([422, 'token.role_not_theirs']);
    });

    test('of nobody needs roles; of somebody who has left there is none', async () => {
      const staffId = await addPerson('小温', ['sales']);
      await call('POST', `/api/v1/staff/${staffId}/disable`, { body: '{}' });

      expect((await make({ name: 'everything' })).body.code).toBe('token.needs_roles');
      expect((await make({ name: 'gone', staffId })).body.code).toBe('staff.not_found');
    });

    test('is listed without its secret, and revoked at once and for ever', async () => {
      const made = await make({ name: 'export', roles: ['manager'] });
      expect(await may(made.body.token, '/api/v1/customers')).toBe(200);

      const listed = await call<{ items: readonly { id: string; revokedAt: string | null }[] }>(
        'GET',
        '/api/v1/tokens',
      );
      expect(listed.body.items.find(({ id }) => id === made.body.id)).toMatchObject({
        name: 'export',
        roles: ['manager'],
        revokedAt: null,
      });
      expect(JSON.stringify(listed.body)).not.toContain(made.body.token);
      expect((await call('DELETE', `/api/v1/tokens/${made.body.id}`)).status).toBe(200);
      expect((await call('DELETE', `/api/v1/tokens/${made.body.id}`)).status).toBe(200);

      expect(await may(made.body.token, '/api/v1/customers')).toBe(401);
    });
  });

  test('the bootstrap token may not decide an approval', async () => {
    const { status, body } = await call<Problem>(
      'POST',
      '/api/v1/approvals/0190a000-0000-7000-8000-000000000000/decisions',
      { body: JSON.stringify({ revision: 1, verb: 'approve' }) },
    );

    expect([status, body.code]).toEqual([403, 'approval.no_person']);
  });

  test('health, readiness and metrics answer without a token', async () => {
    expect((await call<{ status: string }>('GET', '/healthz', { token: null })).body.status).toBe('ok');
    expect((await call<{ status: string }>('GET', '/readyz', { token: null })).body.status).toBe('ready');
    const figures = await (await fetch(`${app.url}/metrics`)).text();
    expect(figures).toContain('daiban_rows_waiting{kind="inbox_new"} 0');
    expect(figures).toContain('daiban_rows_waiting{kind="outbox_deferred"} 0');
  });
});
