import { expect, test } from 'vitest';
import { createHttpServerLater } from '../../../src/api/listen.ts';

test('the server keeps an idle connection longer than the proxies before it (60 s), so that none sends into a closed one', () => {
  const server = createHttpServerLater({ handle: () => false });

  expect(server.keepAliveTimeout).toBeGreaterThan(60_000);
  expect(server.headersTimeout).toBeGreaterThan(server.keepAliveTimeout);
});
