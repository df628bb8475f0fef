/** The calculators on a server of their own: express, one known token, texts, today = 2026-11-30 in Shanghai. */
import { createServer, type Server } from 'node:http';
import path from 'node:path';
import express from 'express';
import { mountCalculators, type CalculatorDeps } from '../../../src/api/calculators.ts';
import { problemHandler } from '../../../src/api/problem.ts';
import { loadTexts } from '../../../src/lib/i18n.ts';
import { createLog } from '../../../src/lib/log.ts';
import { Secret } from '../../../src/lib/secret.ts';
import { FixedClock } from '../../support/fixed-clock.ts';

export const TOKEN = 'test-token-of-the-calculators';
export const texts = loadTexts(path.resolve(import.meta.dirname, '../../../locales'));

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface CalculatorServer {
  readonly url: string;
  /** Posts JSON (or bytes as they are) with the token. */
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  request(path: string, init: RequestInit): Promise<Answer>;
  close(): Promise<void>;
}

/** Listens on a free port of this machine; `page` as in the product. */
export async function startCalculators(
  page?: CalculatorDeps['page'],
  before?: express.RequestHandler,
): Promise<CalculatorServer> {
  const app = express();
  if (before) app.use(before);
  mountCalculators(app, {
    auth: { bootstrap: new Secret(TOKEN), findToken: async () => undefined },
    texts,
    clock: new FixedClock('2026-11-30T02:00:00Z'),
    zone: 'Asia/Shanghai',
    ...(page === undefined ? {} : { page }),
  });
  app.use(problemHandler(texts, createLog('silent')));
  const server = await listen(createServer(app));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const url = `http://127.0.0.1:${address.port}`;
  const request = async (path: string, init: RequestInit): Promise<Answer> => {
    const response = await fetch(url + path, init);
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return {
      status: response.status,
      headers: response.headers,
      body: isJson ? (JSON.parse(text) as Answer['body']) : { text },
    };
  };
  return {
    url,
    request,
    post: async (path, body, headers = {}) =>
      request(path, {
        method: 'POST',
        headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json', ...headers },
        body: Buffer.isBuffer(body) ? new Uint8Array(body) : JSON.stringify(body),
      }),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function listen(server: Server): Promise<Server> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
