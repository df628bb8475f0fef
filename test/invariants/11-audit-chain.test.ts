/**
 * Invariant 11: the audit log is append-only and sealed: a keyed chain with signed anchors outside the database; verifying
 * names the first row that was touched, and a cut tail.
 */
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { PoolClient } from 'pg';
import { AnchorFile } from '../../src/core/audit/anchor-file.ts';
import { anchorAudit, sealAudit, verifyAudit, type AuditVerdict } from '../../src/core/audit/seal.ts';
import { Keyring } from '../../src/db/keyring.ts';
import { until, useCompany } from './support/company.ts';

const company = useCompany();
const NOW = new Date('2026-11-21T08:00:00Z');

beforeAll(async () => {
  for (const name of ['小林', '小何', '周敏', '老赵', '梁总', '阿伟']) await company.addStaff(name, ['sales']);
  const { database, keys, anchors } = company.base;
  await sealAll();
  await anchorAudit(database, keys, anchors, NOW);
});

/** Seals every entry. A transaction open anywhere on the server, another test's too, holds sealing back for a moment. */
async function sealAll(): Promise<void> {
  await until(async () => {
    await sealAudit(company.base.database, company.base.keys);
    return String(await company.count('audit_entries')) === String(await company.count('audit_seals'));
  });
}

/** What verifying says after somebody with every right on the database has done `tampering`; taken back afterwards. */
async function after(tampering: string): Promise<AuditVerdict> {
  const client = await company.db.pool.connect();
  try {
    await client.query('BEGIN; SET LOCAL session_replication_role = replica');
    await client.query(tampering);
    const tx = {
      query: async (query: unknown, values: readonly unknown[] = []) =>
        (await client.query(textOf(query), [...values])).rows.map(asProduct),
    };
    return await verifyAudit(tx as never, company.base.keys, await company.base.anchors.all());
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
}

function textOf(query: unknown): string {
  return typeof query === 'string' ? query : (query as { text: string }).text;
}

/** The default parsers give int8 as text, the product's give bigint. */
function asProduct(row: Record<string, unknown>): Record<string, unknown> {
  const big = ['sequence', 'entry_id', 'entry_tx', 'id', 'tx'];
  return Object.fromEntries(
    Object.entries(row).map(([key, value]) => [
      key,
      big.includes(key) && typeof value === 'string' ? BigInt(value) : value,
    ]),
  );
}

async function third(): Promise<{ sequence: bigint; entryId: bigint }> {
  const { rows } = await company.db.pool.query<{ sequence: string; entry_id: string }>(
    'SELECT sequence, entry_id FROM audit_seals WHERE sequence = 3',
  );
  return { sequence: 3n, entryId: BigInt(rows[0]?.entry_id ?? 0) };
}

const THIRD = '(SELECT entry_id FROM audit_seals WHERE sequence = 3)';

describe('the chain', () => {
  test('an untouched log verifies: every entry sealed, the anchor fitting', async () => {
    const { database, keys, anchors } = company.base;
    const entries = BigInt(await company.count('audit_entries'));

    expect(await verifyAudit(database, keys, await anchors.all())).toEqual({ ok: true, entries, anchors: 1 });
    expect(await company.count('audit_entries')).toBe(await company.count('audit_seals'));
  });

  test.each([
    ['who', `actor_id = 'somebody else'`],
    ['who he was', `actor_kind = 'SYSTEM'`],
    ['what', `action = 'staff.disable'`],
    ['the outcome', `outcome = 'REFUSED'`],
    ['about whom', `subject_id = 'another'`],
    ['the kind of subject', `subject_kind = 'loan'`],
    ['from where', `via = 'timer'`],
    ['the detail', `sealed_detail = '\\x01'`],
    ['the trace', `trace_id = 'x'`],
    ['the transaction', 'tx = tx + 1'],
  ])('a changed entry (%s) is found and named', async (_what, change) => {
    expect(await after(`UPDATE audit_entries SET ${change} WHERE id = ${THIRD}`)).toEqual({
      ok: false,
      fault: 'touched',
      ...(await third()),
    });
  });

  test('an entry moved in time no longer belongs to its seal', async () => {
    expect(await after(`UPDATE audit_entries SET at = at + interval '1 ms' WHERE id = ${THIRD}`)).toMatchObject({
      ok: false,
      fault: 'missing',
      sequence: 3n,
    });
  });

  test('a removed entry, a removed seal, an entry slipped in and a cut tail are told apart', async () => {
    expect(await after(`DELETE FROM audit_entries WHERE id = ${THIRD}`)).toEqual({
      ok: false,
      fault: 'missing',
      ...(await third()),
    });
    expect(await after('DELETE FROM audit_seals WHERE sequence = 3')).toMatchObject({
      ok: false,
      fault: 'gap',
      sequence: 3n,
    });
    expect(
      await after(
        `INSERT INTO audit_entries (at, tx, actor_kind, actor_id, action, outcome, via, trace_id) SELECT at, tx, actor_kind, actor_id, action, outcome, via, 'slipped in' FROM audit_entries WHERE id = ${THIRD}`,
      ),
    ).toMatchObject({ ok: false, fault: 'stray' });
    expect(
      await after(`DELETE FROM audit_entries WHERE id > ${THIRD}; DELETE FROM audit_seals WHERE sequence > 3`),
    ).toMatchObject({ ok: false, fault: 'cut', sequence: 4n });
  });

  test('a chain computed anew without the key, or with another, does not pass', async () => {
    const other = new Keyring({ current: Buffer.alloc(32, 9) });
    Object.defineProperty(other, 'auditKey', { value: { key: Buffer.alloc(32, 1), version: 1 } });

    expect(await verifyAudit(company.base.database, other, [])).toMatchObject({
      ok: false,
      fault: 'touched',
      sequence: 1n,
    });
  });

  test('a forged anchor is an alarm of its own', async () => {
    const [anchor] = await company.base.anchors.all();
    if (!anchor) throw new Error('no anchor');

    const verdict = await verifyAudit(company.base.database, company.base.keys, [{ ...anchor, sequence: '2' }]);

    expect(verdict).toMatchObject({ ok: false, fault: 'anchor' });
  });
});

describe('the file of anchors', () => {
  test('a line that a crash cut short is passed over, and the next anchor does not join it', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'daiban-anchors-'));
    onTestFinished(async () => rm(folder, { recursive: true }));
    const anchors = new AnchorFile(folder);
    const { database, keys } = company.base;
    await anchorAudit(database, keys, anchors, NOW);
    const [first] = await anchors.all();
    await appendFile(path.join(folder, 'audit-anchors.jsonl'), '{"sequence":"7","he');

    const cut = await anchors.all();
    await company.addStaff('小唐', ['collector']);
    await sealAll();
    await anchorAudit(database, keys, anchors, NOW);
    const healed = await anchors.all();

    expect(cut).toEqual([first]);
    expect(healed).toHaveLength(2);
    expect(await verifyAudit(database, keys, healed)).toMatchObject({ ok: true, anchors: 2 });
  });
});

describe('the tables', () => {
  test.each(['audit_entries', 'audit_seals'])('%s refuse to be changed, thinned out or emptied', async (table) => {
    for (const statement of [
      `UPDATE ${table} SET ${table === 'audit_entries' ? 'via' : 'hash'} = ${table === 'audit_entries' ? 'via' : 'hash'}`,
      `DELETE FROM ${table}`,
      `TRUNCATE ${table}`,
    ]) {
      await expect(company.db.pool.query(statement)).rejects.toThrow('append-only');
    }
  });

  test('refuse it in each month’s part as well', async () => {
    const { rows } = await company.db.pool.query<{ part: string }>(
      `SELECT inhrelid::regclass::text AS part FROM pg_inherits WHERE inhparent = 'audit_entries'::regclass`,
    );

    expect(rows.length).toBeGreaterThan(1);
    for (const { part } of rows)
      await expect(company.db.pool.query(`TRUNCATE ${part}`), part).rejects.toThrow('append-only');
  });

  test('entries of a transaction that is still open are not sealed, and keep later ones from being sealed before them', async () => {
    const { database, keys } = company.base;
    await sealAll();
    const open: PoolClient = await company.db.pool.connect();
    await open.query(
      `BEGIN; INSERT INTO audit_entries (at, actor_kind, actor_id, action, outcome, via, trace_id) VALUES ('${NOW.toISOString()}', 'SYSTEM', 'x', 'test', 'DONE', 'test', 't')`,
    );
    await company.addStaff('小唐', ['collector']);

    const early = await sealAudit(database, keys);
    await open.query('COMMIT');
    open.release();
    await sealAll();

    expect(early).toBe(0);
    expect(await verifyAudit(database, keys, await company.base.anchors.all())).toMatchObject({ ok: true });
  });

  test('two processes that seal at once make one chain', async () => {
    const { database, keys } = company.base;
    for (const name of ['甲', '乙', '丙']) await company.addStaff(name, ['sales']);
    const others = [company.worker().database, company.worker().database];

    await Promise.all([database, ...others].map(async (one) => sealAudit(one, keys, 2)));
    await sealAll();

    expect(await verifyAudit(database, keys, await company.base.anchors.all())).toMatchObject({ ok: true });
    expect(await company.count('audit_entries')).toBe(await company.count('audit_seals'));
  });
});
