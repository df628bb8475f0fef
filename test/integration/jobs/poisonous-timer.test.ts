/** A timer that cannot be handled must not keep the others from firing. */
import { expect, test } from 'vitest';
import { fireNext, type TimerHandler } from '../../../src/jobs/timers.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { useCompany } from '../../invariants/support/company.ts';
import { holdUp } from '../../support/hold-up.ts';

const company = useCompany();

test('one that always runs into our own limit for a statement is parked like any that fails, and does not stand before the others', async () => {
  await company.db.pool.query(
    `INSERT INTO timers (key, kind, due_at, trace_id)
     VALUES ('slow', 'process', business_now() - interval '1 hour', 't'), ('quick', 'conversation', business_now() - interval '1 minute', 't')`,
  );
  const fired: string[] = [];
  const handlers: Record<string, TimerHandler> = {
    process: async (unit) => {
      await unit.tx.query(`SET LOCAL statement_timeout = '5ms'`);
      await unit.tx.query('SELECT pg_sleep(60)');
    },
    conversation: async (_unit, _turn, timer) => {
      fired.push(timer.key);
    },
  };

  for (let tries = 0; tries < 4; tries += 1) await fireNext({ ...company.base.unit, handlers, log: silentLog });

  expect(fired).toEqual(['quick']);
  expect(await company.count(`timers WHERE key = 'slow' AND state = 'PARKED'`)).toBe(1);
  await company.db.pool.query('DELETE FROM timers');
  await company.db.pool.query('DELETE FROM incidents');
});

test('one that holds up the process until its transaction is ended is parked as well', async () => {
  await company.db.pool.query(
    `INSERT INTO timers (key, kind, due_at, trace_id)
     VALUES ('still', 'process', business_now() - interval '1 hour', 't'), ('quick', 'conversation', business_now() - interval '1 minute', 't')`,
  );
  const fired: string[] = [];
  const handlers: Record<string, TimerHandler> = {
    process: async (unit) => holdUp(unit.tx),
    conversation: async (_unit, _turn, timer) => {
      fired.push(timer.key);
    },
  };

  for (let tries = 0; tries < 4; tries += 1) await fireNext({ ...company.base.unit, handlers, log: silentLog });

  expect(fired).toEqual(['quick']);
  expect(await company.count(`timers WHERE key = 'still' AND state = 'PARKED'`)).toBe(1);
  await company.db.pool.query('DELETE FROM timers');
  await company.db.pool.query('DELETE FROM incidents');
});

test('one whose payload cannot be opened is parked after three tries with an incident, and those behind it fire', async () => {
  await company.db.pool.query(
    `INSERT INTO timers (key, kind, due_at, sealed_payload, trace_id)
     VALUES ('broken', 'process', business_now() - interval '1 hour', '\\x00', 't'), ('fine', 'conversation', business_now() - interval '1 minute', NULL, 't')`,
  );
  const fired: string[] = [];
  const note: TimerHandler = async (_unit, _turn, timer) => {
    fired.push(timer.key);
  };
  const handlers = { process: note, conversation: note };

  for (let tries = 0; tries < 4; tries += 1) await fireNext({ ...company.base.unit, handlers, log: silentLog });

  const { rows } = await company.db.pool.query('SELECT key, state FROM timers ORDER BY key');
  expect(fired).toEqual(['fine']);
  expect(rows).toEqual([
    { key: 'broken', state: 'PARKED' },
    { key: 'fine', state: 'FIRED' },
  ]);
  expect(await company.count(`incidents WHERE kind = 'timer.parked'`)).toBe(1);
});
