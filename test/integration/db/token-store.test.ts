/** Tokens of the platforms in PostgreSQL, and the few things that one message has to find again. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Database } from '../../../src/db/database.ts';
import type { WecomClient } from '../../../src/channels/wecom/client.ts';
import { MediaUploads } from '../../../src/channels/wecom/media.ts';
import { DatabaseTokenStore } from '../../../src/db/token-store.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { useCompany } from '../../invariants/support/company.ts';

const company = useCompany();
const CONNECTIONS = 3;
let database: Database;
let store: DatabaseTokenStore;

beforeAll(() => {
  database = new Database(company.db.url, { max: CONNECTIONS });
});
afterAll(async () => database.close());
beforeEach(async () => {
  await company.db.pool.query('TRUNCATE channel_tokens');
  store = new DatabaseTokenStore(database, company.base.keys);
});

const inAnHour = (): Date => new Date(Date.now() + 3_600_000);

describe('tokens in the database', () => {
  test('as many refreshes at once as there are connections all end', async () => {
    const keys = Array.from({ length: CONNECTIONS }, (_, n) => `app${n}`);

    const tokens = await Promise.all(
      keys.map(async (key) =>
        store.refresh(key, undefined, async () => ({ token: `T-${key}`, expiresAt: inAnHour() })),
      ),
    );

    expect(tokens).toEqual(keys.map((key) => `T-${key}`));
  });

  test('another process gets the token that is there instead of a new one', async () => {
    await store.refresh('app', undefined, async () => ({ token: 'T1', expiresAt: inAnHour() }));
    const other = new DatabaseTokenStore(database, company.base.keys);

    expect(await other.refresh('app', undefined, async () => ({ token: 'T2', expiresAt: inAnHour() }))).toBe('T1');
    expect(await other.refresh('app', 'T1', async () => ({ token: 'T2', expiresAt: inAnHour() }))).toBe('T2');
  });
});

describe('what one message named', () => {
  test('is found again by another process, until it is discarded', async () => {
    await store.remember('app:media:1', { token: 'image:m1', expiresAt: inAnHour() });
    const other = new DatabaseTokenStore(database, company.base.keys);

    expect(await other.recall('app:media:1')).toBe('image:m1');
    await other.discard('app:media:1', 'image:m1');
    expect(await store.recall('app:media:1')).toBeUndefined();
  });

  test('is gone when it has expired; access tokens stay', async () => {
    await store.refresh('app', undefined, async () => ({ token: 'T1', expiresAt: new Date(Date.now() - 1000) }));
    await store.remember('app:media:1', { token: 'image:m1', expiresAt: new Date(Date.now() - 1000) });
    expect(await store.recall('app:media:1')).toBeUndefined();

    await store.remember('app:media:2', { token: 'image:m2', expiresAt: inAnHour() });

    const { rows } = await company.db.pool.query<{ key: string }>('SELECT key FROM channel_tokens ORDER BY key');
    expect(rows.map(({ key }) => key)).toEqual(['app', 'app:media:2']);
  });
});

describe('files on their way to WeCom', () => {
  test('hold no connection while they are uploaded, and are uploaded once', async () => {
    let uploaded = 0;
    const client: Pick<WecomClient, 'upload'> = {
      upload: async () => {
        await database.query('SELECT 1'); // what everybody else does meanwhile
        uploaded += 1;
        return { errcode: 0, errmsg: 'ok', media_id: `m${uploaded}` };
      },
    };
    const uploads = new MediaUploads(client, store, systemClock);
    const file = { name: 'a.png', mime: 'image/png', bytes: Buffer.from('a picture') };
    const keys = Array.from({ length: 2 * CONNECTIONS }, (_, n) => `app:media:${n}`);

    const first = await Promise.all(keys.map(async (key) => uploads.upload(key, file)));
    const again = await Promise.all(keys.map(async (key) => uploads.upload(key, file)));

    expect(again).toEqual(first);
    expect(uploaded).toBe(keys.length);
  });
});
