/** The whole web process over a company's database: what a test asks over HTTP goes through every door. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { startApp, type RunningApp } from '../../../src/app.ts';
import { parseEnv } from '../../../src/config/env.ts';
import { MASTER_KEY, type Company } from '../../invariants/support/company.ts';

export const BOOTSTRAP = 'bootstrap-token-of-the-test';

export interface Answer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

export interface Api {
  /** Where it listens, for what `send` would make right. Known from the first test on. */
  readonly url: string;
  /** An object is sent as JSON; a text as it is, under `type`. Without a type, none is sent. */
  send<T>(
    method: string,
    address: string,
    options?: {
      readonly token?: string;
      readonly body?: object | string;
      readonly type?: string;
      readonly language?: string;
    },
  ): Promise<Answer<T>>;
}

/** A web process with these settings beside what a test always wants: any port, no look-alikes, no log. */
export async function startWeb(settings: Readonly<Record<string, string>>): Promise<RunningApp> {
  const result = parseEnv({ PORT: '0', SANDBOX: 'off', LOG_LEVEL: 'silent', ROLES: 'web', ...settings });
  if (!result.ok) throw new Error(result.faults.join('\n'));
  return startApp({ env: result.env, version: 'test', say: () => undefined });
}

/** Call once, after `useCompany`. */
export function useApi(company: Company): Api {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'daiban-api-'));
  let app: RunningApp | undefined;
  beforeAll(async () => {
    app = await startWeb({
      DATA_DIR: dataDir,
      DATABASE_URL: company.db.url,
      MASTER_KEY: MASTER_KEY.toString('base64'),
      BOOTSTRAP_API_TOKEN: BOOTSTRAP,
    });
  }, 60_000);
  afterAll(async () => {
    await app?.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  return {
    get url() {
      return app?.url ?? '';
    },
    async send<T>(method: string, address: string, options: Parameters<Api['send']>[2] = {}) {
      const { token = BOOTSTRAP, body, language } = options;
      const type = options.type ?? (typeof body === 'object' ? 'application/json' : undefined);
      const response = await fetch(`${app?.url}${address}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(type === undefined ? {} : { 'content-type': type }),
          ...(language === undefined ? {} : { 'accept-language': language }),
        },
        // Bytes carry no type of their own; a text would be sent as text/plain.
        ...(body === undefined
          ? {}
          : { body: new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body)) }),
      });
      const text = await response.text();
      const isJson = response.headers.get('content-type')?.includes('json') === true;
      return { status: response.status, headers: response.headers, body: (isJson ? JSON.parse(text) : text) as T };
    },
  };
}
