import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp, type RunningApp } from '../../../src/app.ts';
import { parseEnv } from '../../../src/config/env.ts';
import { ROLES } from '../../../src/core/operations/actor.ts';
import { useDatabase } from '../../support/database.ts';

const TOKEN = 'bootstrap-token-of-the-test';

interface Problem {
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly status: number;
  readonly errors?: readonly { readonly pointer: string }[];
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
    const result = parseEnv({
      PORT: '0',
      DATA_DIR: dataDir,
      DATABASE_URL: database.url,
      SANDBOX: 'off',
      BOOTSTRAP_API_TOKEN: TOKEN,
      LOG_LEVEL: 'silent',
      ROLES: 'web',
    });
    if (!result.ok) throw new Error(result.faults.join('\n'));
    app = await startApp({ env: result.env, version: 'test', say: () => undefined });
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
      400, 422, 400, 413, 422,
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
    expect(await (await fetch(`${app.url}/metrics`)).text()).toContain('daiban_rows_waiting{kind="inbox_new"} 0');
  });
});
