import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fetch, ProxyAgent } from 'undici';
import { describe, expect, test } from 'vitest';
import { proxyStatus, retryAfterMs } from '../../../src/channels/transport.ts';

describe('how long a platform asks us to wait', () => {
  test.each([
    [2, 2_000],
    ['17', 17_000],
    [0.2, 1_000],
    [3_600, 3_600_000],
  ])('%s seconds are that long', (seconds, ms) => {
    expect(retryAfterMs(seconds)).toBe(ms);
  });

  test.each([3_601, 3_000_000, 1e12, 1e18, 1e308, Infinity])('%s seconds are an hour', (seconds) => {
    expect(retryAfterMs(seconds)).toBe(3_600_000);
  });

  test.each([undefined, null, 'abc', Number.NaN, 0, -5, {}])('%s says nothing', (seconds) => {
    expect(retryAfterMs(seconds)).toBe(30_000);
  });
});

describe('a proxy that passes nothing on', () => {
  test.each([403, 407, 502])('is told from a lost answer: %i', async (status) => {
    const proxy = createServer();
    proxy.on('connect', (_, socket) => socket.end(`HTTP/1.1 ${String(status)} No\r\n\r\n`));
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const dispatcher = new ProxyAgent(`http://127.0.0.1:${String((proxy.address() as AddressInfo).port)}`);
    const error: unknown = await fetch('https://slack.test/', { dispatcher }).catch((caught: unknown) => caught);
    proxy.close();
    await dispatcher.destroy();

    expect(proxyStatus({ original: error })).toBe(status);
  });

  test('anything else says nothing of a proxy', () => {
    expect(proxyStatus(new TypeError('fetch failed', { cause: new Error('socket hang up') }))).toBeUndefined();
    expect(proxyStatus(undefined)).toBeUndefined();
  });
});
