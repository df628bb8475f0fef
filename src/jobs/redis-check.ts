/** Whether a Redis answers. */
import { Redis } from 'ioredis';

const PATIENCE_MS = 3_000;

/** One connection, one PING; `false` for whatever is not an answer in time. */
export async function isRedisUp(url: string): Promise<boolean> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: PATIENCE_MS,
    commandTimeout: PATIENCE_MS,
    retryStrategy: () => null,
  });
  redis.on('error', () => undefined); // the command fails as well
  try {
    return (await redis.ping()) === 'PONG';
  } catch {
    return false;
  } finally {
    redis.disconnect();
  }
}
