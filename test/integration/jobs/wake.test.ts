import { afterEach, describe, expect, test } from 'vitest';
import { Database } from '../../../src/db/database.ts';
import { NotifyWake, type Topic } from '../../../src/jobs/wake.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { until } from '../../invariants/support/company.ts';
import { useDatabase } from '../../support/database.ts';

const db = useDatabase();
const opened: { readonly wake: NotifyWake; readonly database: Database }[] = [];

/** One process, with what it has been woken for. */
async function startProcess(): Promise<{ readonly wake: NotifyWake; readonly heard: Topic[] }> {
  const database = new Database(db.url);
  const wake = await new NotifyWake(database, silentLog, { aloneAfterMs: 0 }).open();
  const heard: Topic[] = [];
  for (const topic of ['inbox', 'outbox'] as const) wake.on(topic, () => heard.push(topic));
  opened.push({ wake, database });
  return { wake, heard };
}

afterEach(async () => {
  for (const { wake, database } of opened.splice(0)) {
    await wake.close();
    await database.close();
  }
});

describe('waking other processes', () => {
  test('whoever was alone tells the newcomer, and the newcomer it', async () => {
    const first = await startProcess(); // takes itself to be alone long before the second has connected
    const second = await startProcess();
    await until(async () => {
      first.wake.signal('inbox');
      return second.heard.includes('inbox');
    });

    second.wake.signal('outbox');

    await until(() => first.heard.includes('outbox'));
  });

  test('of the process itself needs no database', async () => {
    const { wake, heard } = await startProcess();
    wake.signal('outbox');
    expect(heard).toEqual(['outbox']);
  });
});
