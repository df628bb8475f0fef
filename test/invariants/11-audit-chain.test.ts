/**
 * Invariant 11: the audit log is append-only and sealed: a keyed chain with signed anchors outside the database; verifying
 * names the first row that was touched, and a cut tail.
 */
import { appendFile, mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { anchorAudit, type AnchorStore } from '../../src/core/audit/anchor.ts';
import { AnchorFile } from '../../src/core/audit/anchor-file.ts';
import { sealAudit } from '../../src/core/audit/seal.ts';
import { verifyAudit, type AuditVerdict } from '../../src/core/audit/verify.ts';
import { writeAudit } from '../../src/core/audit/write.ts';
import { SYSTEM_ACTOR } from '../../src/core/operations/actor.ts';
import { Keyring } from '../../src/db/keyring.ts';
import { useCompany } from './support/company.ts';

const company = useCompany();
const NOW = new Date('2026-11-21T08:00:00Z');

beforeAll(async () => {
  for (const name of ['小林', '小何', '周敏', '老赵', '梁总', '阿伟']) await company.addStaff(name, ['sales']);
  const { database, keys, anchors } = company.base;
  await sealAll();
  await anchorAudit(database, keys, anchors, NOW);
});

async function sealAll(): Promise<void> {
  while ((await sealAudit(company.base.database, company.base.keys)) > 0);
}

/** What the chain says now. */
async function verdict(anchors: AnchorStore = company.base.anchors): Promise<AuditVerdict> {
  return verifyAudit(company.base.database, company.base.keys, anchors.all());
}

async function allOf(anchors: AnchorStore): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  for await (const anchor of anchors.all()) found.push(anchor);
  return found;
}

class TakenBack extends Error {}

/** What verifying says after somebody with every right on the database has done `tampering`; taken back afterwards. */
async function after(...tampering: readonly string[]): Promise<AuditVerdict> {
  let found: AuditVerdict | undefined;
  const done = company.base.database.transaction(async (tx) => {
    await tx.query('SET LOCAL session_replication_role = replica');
    for (const statement of tampering) await tx.query(statement);
    found = await verifyAudit(tx, company.base.keys, company.base.anchors.all());
    throw new TakenBack();
  });
  await expect(done).rejects.toThrow(TakenBack);
  if (found === undefined) throw new Error('no verdict');
  return found;
}

async function third(): Promise<{ sequence: bigint; entryId: bigint }> {
  const { rows } = await company.db.pool.query<{ sequence: string; entry_id: string }>(
    'SELECT sequence, entry_id FROM audit_seals WHERE sequence = 3',
  );
  return { sequence: 3n, entryId: BigInt(rows[0]?.entry_id ?? 0) };
}

/** The last lines of a file that is too long to be read. */
async function readTail(name: string): Promise<string> {
  const file = await open(name);
  try {
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2_000), 0, 2_000, size - 2_000);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

const THIRD = '(SELECT entry_id FROM audit_seals WHERE sequence = 3)';

describe('the chain', () => {
  test('an untouched log verifies: every entry sealed, the anchor fitting', async () => {
    const entries = BigInt(await company.count('audit_entries'));

    expect(await verdict()).toEqual({ ok: true, entries, anchors: 1, waiting: 0n });
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
    ['the writer’s mark', `mac = '\\x01'`],
    ['when it was recorded', `recorded_at = recorded_at + interval '1 microsecond'`],
  ])('a changed entry (%s) is found and named', async (_what, change) => {
    expect(await after(`UPDATE audit_entries SET ${change} WHERE id = ${THIRD}`)).toEqual({
      ok: false,
      fault: 'touched',
      ...(await third()),
    });
  });

  test('a seal under the name of another key is found', async () => {
    expect(await after('UPDATE audit_seals SET key_version = 99 WHERE sequence = 3')).toMatchObject({
      fault: 'touched',
      sequence: 3n,
    });
  });

  test('an entry moved in time no longer belongs to its seal', async () => {
    expect(
      await after(`UPDATE audit_entries SET at = at + interval '1 microsecond' WHERE id = ${THIRD}`),
    ).toMatchObject({
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
      await after(`DELETE FROM audit_entries WHERE id > ${THIRD}`, 'DELETE FROM audit_seals WHERE sequence > 3'),
    ).toEqual({ ok: false, fault: 'cut', sequence: 4n, anchoredAt: NOW.toISOString() });
  });

  test.each([
    ['with an id of its own', `nextval('audit_id_seq')`, 'at'],
    ['below all others', '-5', 'at'],
    ['beside one that is sealed, at another instant', 'id', `at - interval '1 s'`],
  ])('an entry slipped in (%s) is found, whatever the sealer does', async (_how, id, at) => {
    expect(
      await after(
        `INSERT INTO audit_entries (id, at, actor_kind, actor_id, action, outcome, via, trace_id, mac) SELECT ${id}, ${at}, actor_kind, actor_id, action, outcome, via, 'slipped in', mac FROM audit_entries WHERE id = ${THIRD}`,
      ),
    ).toMatchObject({ ok: false, fault: 'stray' });
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

  test('a forged anchor is an alarm of its own, and so is one that cannot be read', async () => {
    const { database, keys, anchors } = company.base;
    const [anchor] = await allOf(anchors);

    for (const stored of [{ ...Object(anchor), sequence: '2' }, 'no JSON', null, {}])
      expect(await verifyAudit(database, keys, [anchor, stored])).toEqual({ ok: false, fault: 'anchor', anchor: 2 });
  });
});

describe('entries that wait for their seal', () => {
  test('are counted and not sealed by verifying', async () => {
    await sealAll();
    await company.addStaff('小沈', ['sales']);
    const sealed = await company.count('audit_seals');

    expect(await verdict()).toMatchObject({ ok: true, entries: BigInt(sealed), waiting: 1n });
    expect(await company.count('audit_seals')).toBe(sealed);
  });

  const FORGED = `INSERT INTO audit_entries (id, at, actor_kind, actor_id, action, outcome, via, trace_id, mac)
    SELECT -7, at, actor_kind, actor_id, 'approval.decide', outcome, via, trace_id, mac FROM audit_entries WHERE id = ${THIRD}`;
  const BEFORE_THE_SEALER = `INSERT INTO audit_unsealed SELECT id, at FROM audit_entries WHERE id = -7`;

  test('are as the product wrote them: one put before the sealer by somebody without the key is found, sealed or not', async () => {
    await sealAll();
    expect(await after(FORGED, BEFORE_THE_SEALER)).toEqual({ ok: false, fault: 'forged', entryId: -7n });

    const { database, keys } = company.base;
    const sealed = database.transaction(async (tx) => {
      await tx.query('SET LOCAL session_replication_role = replica');
      await tx.query(FORGED);
      await tx.query(BEFORE_THE_SEALER);
      const own = { transaction: async (work: (inner: typeof tx) => unknown) => work(tx) };
      expect(await sealAudit(own as typeof database, keys)).toBe(1);
      expect(await verifyAudit(tx, keys, [])).toEqual({ ok: false, fault: 'forged', entryId: -7n });
      throw new TakenBack();
    });
    await expect(sealed).rejects.toThrow(TakenBack);
  });

  test('cannot be changed while they wait', async () => {
    await company.addStaff('小沈', ['sales']);

    expect(
      await after(`UPDATE audit_entries SET actor_id = 'another' WHERE id = (SELECT max(id) FROM audit_entries)`),
    ).toMatchObject({ ok: false, fault: 'forged' });
  });

  test('do not vanish unseen: neither one of them nor its place before the sealer', async () => {
    await company.addStaff('小沈', ['sales']);
    const newest = '(SELECT max(id) FROM audit_entries)';

    expect(await after(`DELETE FROM audit_entries WHERE id = ${newest}`)).toMatchObject({ ok: false, fault: 'lost' });
    expect(await after(`DELETE FROM audit_unsealed WHERE entry_id = ${newest}`)).toMatchObject({
      ok: false,
      fault: 'stray',
    });
  });
});

describe('the file of anchors', () => {
  async function inFolder(): Promise<{ readonly anchors: AnchorFile; readonly file: string }> {
    const folder = await mkdtemp(path.join(tmpdir(), 'daiban-anchors-'));
    onTestFinished(async () => rm(folder, { recursive: true }));
    return { anchors: new AnchorFile(folder), file: path.join(folder, 'audit-anchors.jsonl') };
  }

  test('a line that a crash cut short is passed over, and the next anchor does not join it', async () => {
    const { anchors, file } = await inFolder();
    const { database, keys } = company.base;
    await sealAll();
    await anchorAudit(database, keys, anchors, NOW);
    const [first] = await allOf(anchors);
    await appendFile(file, '{"sequence":"7","he');

    const cut = await allOf(anchors);
    await company.addStaff('小唐', ['collector']);
    await sealAll();
    await anchorAudit(database, keys, anchors, NOW);

    expect(cut).toEqual([first]);
    expect(await allOf(anchors)).toHaveLength(2);
    expect(await verdict(anchors)).toMatchObject({ ok: true, anchors: 2 });
  });

  test('after a line that a crash cut short, the head is not signed once more as if there were no anchor', async () => {
    const { anchors, file } = await inFolder();
    const { database, keys } = company.base;
    const first = await anchorAudit(database, keys, anchors, NOW);
    await appendFile(file, '{"sequence":"7","he');

    expect([first, await anchorAudit(database, keys, anchors, NOW)]).toEqual([true, false]);
  });

  test('costs the same after years: only its end is read, and a hole that a power cut left is cut off', async () => {
    const { anchors, file } = await inFolder();
    const { database, keys } = company.base;
    await anchorAudit(database, keys, anchors, NOW);
    const line = JSON.stringify(await anchors.last());
    await writeFile(file, '');
    await truncate(file, 3_000_000_000); // holes take no room on the disk, and no string could hold them
    await appendFile(file, `\n${line}\n${'\0'.repeat(5_000)}`);
    await company.addStaff('小唐', ['collector']);
    await sealAll();

    const appended = await anchorAudit(database, keys, anchors, NOW);
    const { sequence } = Object(await anchors.last()) as { readonly sequence: string };

    expect(appended).toBe(true);
    expect(sequence).toBe(String(await company.count('audit_seals')));
    expect((await readTail(file)).split('\n').slice(-3, -1)).toEqual([line, JSON.stringify(await anchors.last())]);
  });

  test('of two processes that anchor at once only one writes', async () => {
    const { anchors } = await inFolder();
    const { database, keys } = company.base;

    const wrote = await Promise.all([1, 2, 3].map(async () => anchorAudit(database, keys, anchors, NOW)));

    expect(wrote.filter(Boolean)).toHaveLength(1);
    expect(await allOf(anchors)).toHaveLength(1);
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

  test('entries are sealed in the order in which they are committed, whatever else is open on the server', async () => {
    const { database, keys } = company.base;
    await sealAll();
    const other = company.worker().database;
    const entry = { action: 'test', outcome: 'DONE' as const, actor: SYSTEM_ACTOR, via: 'test', traceId: 't' };
    let commit = (): void => undefined;
    const mayCommit = new Promise<void>((resolve) => (commit = resolve));
    let open: Promise<void> = Promise.resolve();
    await new Promise<void>((isWritten) => {
      open = other.transaction(async (tx) => {
        const [row] = await tx.query<{ id: bigint }>(`SELECT nextval('audit_id_seq') AS id`);
        await writeAudit(tx, keys, NOW, [{ ...entry, id: row?.id ?? 0n }]);
        isWritten();
        await mayCommit;
      });
    });
    await company.addStaff('小唐', ['collector']);

    const early = await sealAudit(database, keys);
    commit();
    await open;
    await sealAll();

    const { rows } = await company.db.pool.query<{ action: string }>(
      'SELECT action FROM audit_seals JOIN audit_entries ON id = entry_id ORDER BY sequence DESC LIMIT 2',
    );
    expect(early).toBe(1);
    expect(rows.map(({ action }) => action)).toEqual(['test', 'staff.add']);
    expect(await verdict()).toMatchObject({ ok: true, waiting: 0n });
  });

  test('two processes that seal at once make one chain', async () => {
    const { database, keys } = company.base;
    for (const name of ['甲', '乙', '丙']) await company.addStaff(name, ['sales']);
    const others = [company.worker().database, company.worker().database];

    await Promise.all([database, ...others].map(async (one) => sealAudit(one, keys, 2)));
    await sealAll();

    expect(await verdict()).toMatchObject({ ok: true, waiting: 0n });
    expect(await company.count('audit_entries')).toBe(await company.count('audit_seals'));
  });
});
