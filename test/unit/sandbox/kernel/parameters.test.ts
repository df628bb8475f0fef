import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RateBook, stricter } from '../../../../src/sandbox/kernel/bucket.ts';
import { BodyTooLarge } from '../../../../src/sandbox/kernel/http.ts';
import {
  MalformedBody,
  type Parameters,
  readMultipart,
  readParameters,
} from '../../../../src/sandbox/kernel/parameters.ts';
import { textOf } from '../../../../src/sandbox/kernel/values.ts';
import { FixedClock } from '../../../support/fixed-clock.ts';

let base = '';
let take: (request: IncomingMessage) => Promise<void> = () => Promise.resolve();
const server = createServer((request, response) => void take(request).finally(() => response.end()));
beforeAll(
  () =>
    new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
        resolve();
      });
    }),
);
afterAll(() => void server.close());

async function read(init: RequestInit, limit = 1_000): Promise<Parameters> {
  const result = new Promise<Parameters>((resolve, reject) => {
    take = (request) => readParameters(request, new URLSearchParams('a=query&b=query'), limit).then(resolve, reject);
  });
  await Promise.allSettled([fetch(base, { method: 'POST', ...init }), result]);
  return result;
}

describe('parameters', () => {
  test('a body member wins over a query member of the same name', async () => {
    expect((await read({ body: new URLSearchParams({ b: 'body' }) })).fields).toEqual({ a: 'query', b: 'body' });
  });

  test('the media type is read without its parameters and in lower case', async () => {
    const { mediaType, fields } = await read({
      headers: { 'content-type': 'Application/JSON; charset=utf-8' },
      body: '{"b":1}',
    });
    expect([mediaType, fields]).toEqual(['application/json', { a: 'query', b: 1 }]);
  });

  test('files keep name, type and bytes', async () => {
    const body = new FormData();
    body.set('file', new Blob([Buffer.from([0, 255, 13, 10])], { type: 'image/png' }), '身份证.png');
    expect((await read({ body })).uploads).toEqual([
      { field: 'file', name: '身份证.png', mime: 'image/png', bytes: Buffer.from([0, 255, 13, 10]) },
    ]);
  });

  test('a bare file name without quotes is taken, and content that looks like a header is left alone', async () => {
    const head = 'content-disposition: form-data; name="f"; filename=计划 1.pdf\r\n\r\n';
    const content = 'content-disposition: x; filename="a"\r\nfilename=b';
    const raw = Buffer.from(`--B\r\n${head}${content}\r\n--B--\r\n`);
    const { uploads } = await readMultipart('multipart/form-data; boundary=B', raw);

    expect(uploads.map(({ name, bytes }) => [name, bytes.toString()])).toEqual([['计划 1.pdf', content]]);
  });

  test('broken JSON, JSON that is no object and multipart without a boundary are malformed', async () => {
    const json = { 'content-type': 'application/json' };
    await expect(read({ headers: json, body: '{' })).rejects.toBeInstanceOf(MalformedBody);
    await expect(read({ headers: json, body: '[]' })).rejects.toBeInstanceOf(MalformedBody);
    await expect(read({ headers: { 'content-type': 'multipart/form-data' }, body: 'x' })).rejects.toBeInstanceOf(
      MalformedBody,
    );
  });

  test('a body over the limit is refused', async () => {
    await expect(read({ body: 'x'.repeat(11) }, 10)).rejects.toBeInstanceOf(BodyTooLarge);
  });

  test('numbers read as their digits, other values as no text', () => {
    expect([textOf(6_812_345_678), textOf('x'), textOf(true), textOf(null)]).toEqual([
      '6812345678',
      'x',
      undefined,
      undefined,
    ]);
  });
});

describe('rates', () => {
  test('a full bucket allows its burst, then what flows back in a minute', () => {
    const clock = new FixedClock('2026-11-30T01:00:00Z');
    const rates = new RateBook(clock);
    const takeOne = () => rates.take('key', { burst: 2, perMinute: 6 });

    expect([takeOne(), takeOne(), takeOne()]).toEqual([0, 0, 10]);
    clock.advance(9_999);
    expect(takeOne()).toBe(1);
    clock.advance(1);
    expect([takeOne(), takeOne()]).toEqual([0, 10]);
  });

  test('a setting may be stricter than the platform, never kinder', () => {
    expect([stricter(20, undefined), stricter(20, 5), stricter(20, 21)]).toEqual([20, 5, 20]);
  });

  test('keys do not share', () => {
    const rates = new RateBook(new FixedClock('2026-11-30T01:00:00Z'));
    expect([rates.take('a', { burst: 1, perMinute: 1 }), rates.take('b', { burst: 1, perMinute: 1 })]).toEqual([0, 0]);
  });
});
