import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { FaultBook, type FaultEffect } from '../../../../src/sandbox/kernel/faults.ts';
import { callOut, jsonAnswer, readBody, respond } from '../../../../src/sandbox/kernel/http.ts';

const delayed: FaultEffect = { kind: 'delay', ms: 1 };

describe('fault book', () => {
  test('a fault hits so many calls of its method and no more', () => {
    const book = new FaultBook('wecom');
    book.add({ platform: 'wecom', method: 'message/send', times: 2, effect: delayed });

    expect(book.take('gettoken')).toBeUndefined();
    expect([1, 2, 3].map(() => book.take('message/send'))).toEqual([delayed, delayed, undefined]);
  });

  test('a star hits any method, the oldest order first', () => {
    const book = new FaultBook('wecom');
    const http: FaultEffect = { kind: 'http', status: 503 };
    book.add({ platform: 'wecom', method: '*', times: 1, effect: http });
    book.add({ platform: 'wecom', method: 'gettoken', times: 1, effect: delayed });

    expect([book.take('gettoken'), book.take('gettoken')]).toEqual([http, delayed]);
  });

  test('a fault for another platform is not taken', () => {
    const book = new FaultBook('wecom');
    book.add({ platform: 'slack', method: '*', times: 1, effect: delayed });

    expect(book.take('gettoken')).toBeUndefined();
  });
});

describe('a call under a fault', () => {
  const closers: (() => void)[] = [];
  afterEach(() => closers.splice(0).forEach((close) => close()));

  async function callUnder(effect: FaultEffect | undefined): Promise<{ ran: boolean; result: string }> {
    let ran = false;
    const server = createServer((request, response) => {
      void readBody(request).then(() =>
        respond(response, effect, {
          run: () => {
            ran = true;
            return Promise.resolve(jsonAnswer({ ok: true }));
          },
          error: (code, retryAfterSeconds) => jsonAnswer({ code, retryAfterSeconds }, 429),
        }),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const answer = await callOut({ url, method: 'POST', body: 'x', timeoutMs: 2_000 });
    return { ran, result: answer.kind === 'answered' ? `${answer.status} ${answer.body.toString()}` : answer.kind };
  }

  test.each<[string, FaultEffect | undefined, { ran: boolean; result: string }]>([
    ['no fault answers', undefined, { ran: true, result: '200 {"ok":true}' }],
    [
      'an error is answered in its place',
      { kind: 'error', code: '45009' },
      { ran: false, result: '429 {"code":"45009"}' },
    ],
    ['a status is answered in its place', { kind: 'http', status: 503 }, { ran: false, result: '503 ' }],
    ['a connection cut before it did nothing', { kind: 'drop_before' }, { ran: false, result: 'unreachable' }],
    ['a connection cut after it took effect', { kind: 'drop_after' }, { ran: true, result: 'unreachable' }],
    ['a delay answers late', { kind: 'delay', ms: 5 }, { ran: true, result: '200 {"ok":true}' }],
  ])('%s', async (_, effect, expected) => {
    expect(await callUnder(effect)).toEqual(expected);
  });

  test('a call that is not answered in time counts as a time-out', async () => {
    const server = createServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(
      () => server.closeAllConnections(),
      () => server.close(),
    );
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

    expect(await callOut({ url, method: 'GET', timeoutMs: 30 })).toEqual({ kind: 'timeout' });
  });
});
