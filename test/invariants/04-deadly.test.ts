/**
 * Invariant 4, where a turn does not fail but takes its process with it: whatever kills one process after the other at its start
 * is set aside, and everything else goes on. (Real processes that are really killed.)
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { sealAudit } from '../../src/core/audit/seal.ts';
import { verifyAudit } from '../../src/core/audit/verify.ts';
import type { TurnHandler } from '../../src/core/runtime/turns.ts';
import { PassingFault } from '../../src/db/faults.ts';
import { Caution } from '../../src/jobs/caution.ts';
import { businessNow } from '../../src/jobs/clock.ts';
import type { InboxJob } from '../../src/jobs/inbox.ts';
import type { KillPoint } from '../../src/lib/kill-points.ts';
import { MASTER_KEY, useCompany } from './support/company.ts';

const company = useCompany();
const { telegram } = company.channels;
const ROOT = path.resolve(import.meta.dirname, '../..');
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'daiban-deadly-'));
});
afterAll(async () => rm(folder, { recursive: true, force: true }));

/** A process of one role, as an operator starts it. */
function start(
  role: 'worker' | 'scheduler',
  killAt?: KillPoint,
): { readonly ended: Promise<unknown>; readonly stop: () => void } {
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/main.ts', 'start', '--roles', role], {
    cwd: ROOT,
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: company.db.url,
      DATA_DIR: folder,
      MASTER_KEY: MASTER_KEY.toString('base64'),
      LOG_LEVEL: 'silent',
      ...(killAt === undefined ? {} : { KILL_AT: killAt }),
    },
    stdio: 'ignore',
  });
  return { ended: once(child, 'exit'), stop: () => void child.kill('SIGTERM') };
}

/** Three processes, one after the other, that die at the first thing of this kind that each of them does. */
async function threeDie(role: 'worker' | 'scheduler', killAt: KillPoint): Promise<void> {
  for (let life = 0; life < 3; life += 1) expect(await start(role, killAt).ended).toEqual([null, 'SIGKILL']);
}

/** One that lives until nothing is left. */
async function oneLives(role: 'worker' | 'scheduler', left: string): Promise<void> {
  const { ended, stop } = start(role);
  await vi.waitFor(async () => expect(await company.count(left)).toBe(0), { timeout: 30_000, interval: 50 });
  stop();
  expect(await ended).toEqual([0, null]);
}

/** The turns of a process that has just begun. */
async function starting(handle?: TurnHandler): Promise<InboxJob> {
  const { database } = company.base;
  const caution = new Caution(database, await businessNow(database));
  return company.worker({ caution, ...(handle ? { handle } : {}) }).turns;
}

const PARKED = `inbox WHERE state = 'PARKED'`;

describe('a message that each process dies of at once', () => {
  test('is set aside at the fourth start and told to its sender; what came behind and beside it is answered once', async () => {
    await company.say(telegram, 'deadly', 'hello');
    await company.say(telegram, 'deadly', 'again');
    for (const chat of ['n1', 'n2', 'n3']) await company.say(telegram, chat, 'hello');

    await threeDie('worker', 'turn.flushed');
    await oneLives('worker', `inbox WHERE state = 'NEW'`);
    await company.drain();

    expect(await company.count(PARKED)).toBe(1);
    expect(await company.count(`incidents WHERE kind = 'inbox.parked'`)).toBe(1);
    expect(telegram.said('deadly')[0]).toMatch(/^抱歉，这条消息没能处理/);
    expect(telegram.said('deadly')).toHaveLength(2);
    for (const chat of ['n1', 'n2', 'n3']) expect(telegram.said(chat)).toHaveLength(1);
    while ((await sealAudit(company.base.database, company.base.keys)) > 0);
    const { database, keys, anchors } = company.base;
    expect((await verifyAudit(database, keys, anchors.all())).ok).toBe(true);
  }, 120_000);

  test('that is deadly even to set aside is set aside without its words', async () => {
    await company.say(telegram, 'worse', 'hello');
    await company.db.pool.query(`UPDATE inbox SET attempts = 4 WHERE state = 'NEW'`);

    await (await starting()).run();

    expect(await company.count(`${PARKED} AND id = (SELECT max(id) FROM inbox)`)).toBe(1);
    expect(
      await company.count(
        `timeline_items WHERE inbox_id = (SELECT max(id) FROM inbox) AND text_masked = '（内容没能读出来）'`,
      ),
    ).toBe(1);
  });

  test('is nothing that passes by itself: a process that lives has marked nothing in the end, however often it tries', async () => {
    await company.say(telegram, 'patient', 'hello');
    for (let starts = 0; starts < 5; starts += 1) {
      const turns = await starting(async () => {
        throw new PassingFault('a key we do not have');
      });
      await turns.run();
      await turns.run();
    }

    expect(await company.count(`inbox WHERE state = 'NEW' AND attempts > 0`)).toBe(0);
    await company.drain();
    expect(telegram.said('patient')).toHaveLength(1);
  });
});

describe('a timer that each process dies of at once', () => {
  test('is parked with an incident at the fourth start, and those behind it fire', async () => {
    await company.db.pool.query(
      `INSERT INTO timers (key, kind, due_at, trace_id)
       VALUES ('deadly', 'nothing', business_now() - interval '1 hour', 't'), ('harmless', 'nothing', business_now() - interval '1 minute', 't')`,
    );

    await threeDie('scheduler', 'timer.claimed');
    await oneLives('scheduler', `timers WHERE state = 'OPEN' AND due_at < business_now()`);

    const { rows } = await company.db.pool.query(
      `SELECT key, state FROM timers WHERE key IN ('deadly', 'harmless') ORDER BY key`,
    );
    expect(rows).toEqual([
      { key: 'deadly', state: 'PARKED' },
      { key: 'harmless', state: 'FIRED' },
    ]);
    expect(await company.count(`incidents WHERE kind = 'timer.parked'`)).toBe(1);
  }, 120_000);
});
