/** The product started in this process on a database of its own, with its sandbox, for stories told through the phones. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startApp, type RunningApp } from '../../../src/app.ts';
import { parseEnv } from '../../../src/config/env.ts';
import type { Phone, ScreenMessage } from './phones.ts';

const TOKEN = 'bootstrap-token-of-the-test';

export class Product {
  readonly #databaseUrl: string;
  readonly #dataDir = mkdtempSync(path.join(tmpdir(), 'daiban-e2e-'));
  #app: RunningApp | undefined;

  constructor(databaseUrl: string) {
    this.#databaseUrl = databaseUrl;
  }

  get url(): string {
    if (!this.#app) throw new Error('the product is not running');
    return this.#app.url;
  }

  async start(): Promise<void> {
    const result = parseEnv({
      PORT: '0',
      DATA_DIR: this.#dataDir,
      DATABASE_URL: this.#databaseUrl,
      BOOTSTRAP_API_TOKEN: TOKEN,
      LOG_LEVEL: 'silent',
    });
    if (!result.ok) throw new Error(result.faults.join('\n'));
    this.#app = await startApp({ env: result.env, version: 'test', say: () => undefined });
  }

  async stop(): Promise<void> {
    await this.#app?.close();
    this.#app = undefined;
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  remove(): void {
    rmSync(this.#dataDir, { recursive: true, force: true });
  }

  /** A call of the open API; the parsed body. */
  async api<T>(
    method: string,
    address: string,
    body?: unknown,
    token = TOKEN,
  ): Promise<{ readonly status: number; readonly body: T }> {
    return this.#call<T>(method, `/api/v1${address}`, body, { authorization: `Bearer ${token}` });
  }

  phone(platform: 'wecom' | 'slack' | 'telegram', person: string): Phone {
    const base = `/sandbox/api/phones/${platform}/${person}`;
    const post = async (verb: string, body: unknown): Promise<void> => {
      const { status, body: answer } = await this.#call<unknown>('POST', `${base}/${verb}`, body);
      if (status >= 300) throw new Error(`${verb}: ${status} ${JSON.stringify(answer)}`);
    };
    return {
      messages: async () => (await this.#call<{ messages: readonly ScreenMessage[] }>('GET', base)).body.messages,
      say: async (text) => post('say', { text }),
      tap: async (message, label) => {
        const button = message.card?.buttons.find((one) => one.text === label);
        if (!button) throw new Error(`no button ${label} on ${JSON.stringify(message)}`);
        await post('tap', { message: message.id, key: button.key });
      },
      start: async (payload) => post('start', payload === undefined ? {} : { payload }),
      shareContact: async () => post('contact', {}),
      sendFile: async ({ name, mime, bytes, caption }) =>
        post('file', { name, mime, base64: bytes.toString('base64'), ...(caption === undefined ? {} : { caption }) }),
      sendAlbum: async (photos) => {
        const form = new FormData();
        for (const [at, bytes] of photos.entries())
          form.append('photo', new Blob([new Uint8Array(bytes)], { type: 'image/jpeg' }), `${String(at)}.jpg`);
        const response = await fetch(`${this.url}${base}/album`, { method: 'POST', body: form });
        if (!response.ok) throw new Error(`album: ${response.status} ${await response.text()}`);
      },
    };
  }

  /** Moves the clock; resolves when everything that fell due has happened. */
  async moveClock(now: string): Promise<void> {
    const { status, body } = await this.#call<unknown>('POST', '/sandbox/clock', { now });
    if (status !== 200) throw new Error(`clock: ${status} ${JSON.stringify(body)}`);
  }

  async #call<T>(
    method: string,
    address: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly status: number; readonly body: T }> {
    const response = await fetch(this.url + address, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: (text === '' ? undefined : JSON.parse(text)) as T };
  }
}
