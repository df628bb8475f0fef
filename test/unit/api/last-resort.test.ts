/** What nobody catches: it ends the request it came with. */
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import express from 'express';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { createHttpServer, type RawHandler } from '../../../src/api/app.ts';
import { loadTexts } from '../../../src/lib/i18n.ts';

const texts = loadTexts(path.resolve(import.meta.dirname, '../../../locales'));

/** A server whose first handler is this one; its address and what it logs. */
async function serve(handler: RawHandler): Promise<{ readonly url: string; readonly events: readonly string[] }> {
  const events: string[] = [];
  const log = pino({}, { write: (line) => void events.push((JSON.parse(line) as { event: string }).event) });
  const server = createHttpServer(express(), [handler], { texts, log });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, events };
}

test('a handler that throws gives a problem document with 500 and a line in the log', async () => {
  const { url, events } = await serve(() => {
    throw new Error('nobody foresaw this');
  });

  const answer = await fetch(url);

  expect(answer.headers.get('content-type')).toMatch('application/problem+json');
  expect(await answer.json()).toMatchObject({ status: 500, code: 'server.fault' });
  expect(events).toEqual(['http.fault']);
});

test('a write into an answer that has ended is logged and nothing else', async () => {
  const { url, events } = await serve((_request, response) => {
    response.end('done');
    response.write('more');
    return true;
  });

  expect(await (await fetch(url)).text()).toBe('done');
  expect(events).toEqual(['http.answer_failed']);
});
