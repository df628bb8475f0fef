/**
 * A log that was dumped and restored into another cluster, as after the loss of a machine: the other cluster counts its
 * transactions from the beginning, and every id and instant in the log is older than anything that happens there.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { anchorAudit, type Anchor, type AnchorStore } from '../../../src/core/audit/anchor.ts';
import { sealAudit } from '../../../src/core/audit/seal.ts';
import { verifyAudit } from '../../../src/core/audit/verify.ts';
import { writeAudit } from '../../../src/core/audit/write.ts';
import { SYSTEM_ACTOR } from '../../../src/core/operations/actor.ts';
import { Database } from '../../../src/db/database.ts';
import { Keyring } from '../../../src/db/keyring.ts';
import { migrate } from '../../../src/db/migrate.ts';
import { runSql, startTestCluster, type TestCluster } from '../../support/cluster.ts';
import { useDatabase } from '../../support/database.ts';

const NOW = new Date('2026-11-21T08:00:00Z');
const LATER = new Date('2026-12-01T08:00:00Z');
const TABLES = ['data_keys', 'audit_entries', 'audit_unsealed', 'audit_seals'] as const;

/** Rows as PostgreSQL writes them, by table. */
type Dump = Readonly<Record<(typeof TABLES)[number], string>>;

/** One installation: a database and the process on it. */
class Place {
  readonly database: Database;
  readonly keys = new Keyring({ current: Buffer.alloc(32, 7) });
  readonly #pool: Pool;

  constructor(url: string) {
    this.database = new Database(url, { max: 4 });
    // Its database is dropped by force, while the server may not have heard yet that the connections are done with.
    this.#pool = new Pool({ connectionString: url, max: 2 }).on('error', () => undefined);
  }

  async open(): Promise<this> {
    await this.#pool.query(
      `SELECT ensure_partitions('${NOW.toISOString()}'), ensure_partitions('${LATER.toISOString()}')`,
    );
    await this.database.transaction(async (tx) => this.keys.load(tx, NOW));
    return this;
  }

  async close(): Promise<void> {
    await Promise.all([this.#pool.end(), this.database.close()]);
  }

  async write(howMany: number, now: Date): Promise<void> {
    for (let n = 0; n < howMany; n += 1) {
      await this.database.transaction(async (tx) => {
        const [row] = await tx.query<{ id: bigint }>(`SELECT nextval('audit_id_seq') AS id`);
        const entry = { action: 'test', outcome: 'DONE' as const, actor: SYSTEM_ACTOR, via: 'test', traceId: 't' };
        await writeAudit(tx, this.keys, now, [{ ...entry, id: row?.id ?? 0n }]);
      });
    }
  }

  async seal(): Promise<void> {
    while ((await sealAudit(this.database, this.keys)) > 0);
  }

  async verify(anchors: Iterable<Anchor>): ReturnType<typeof verifyAudit> {
    return verifyAudit(this.database, this.keys, anchors);
  }

  async anchor(anchors: Anchor[], now: Date): Promise<void> {
    const store: AnchorStore = {
      append: async (anchor) => void anchors.push(anchor),
      last: async () => anchors.at(-1),
      all: async function* () {
        yield* anchors;
      },
    };
    await anchorAudit(this.database, this.keys, store, now);
  }

  async query(sql: string): Promise<readonly Record<string, unknown>[]> {
    return (await this.#pool.query<Record<string, unknown>>(sql)).rows;
  }

  /** As somebody with every right on the database. */
  async tamper(sql: string): Promise<void> {
    await this.query(`BEGIN; SET LOCAL session_replication_role = replica; ${sql}; COMMIT`);
  }

  async dump(): Promise<Dump> {
    const dumped: Partial<Record<(typeof TABLES)[number], string>> = {};
    for (const table of TABLES) {
      const [row] = await this.query(`SELECT coalesce(json_agg(t), '[]')::text AS rows FROM ${table} t`);
      dumped[table] = String(row?.['rows']);
    }
    return dumped as Dump;
  }

  /** As `pg_restore` does it: rows as they were, past the triggers, and each sequence behind the last of them. */
  async restore(dump: Dump): Promise<void> {
    for (const table of TABLES) {
      await this.#pool.query(`INSERT INTO ${table} SELECT * FROM json_populate_recordset(NULL::${table}, $1)`, [
        dump[table],
      ]);
    }
    await this.#pool.query(`SELECT setval('audit_id_seq', (SELECT max(id) FROM audit_entries)),
      setval(pg_get_serial_sequence('data_keys', 'number'), (SELECT max(number) FROM data_keys))`);
  }
}

describe('an audit log restored into another cluster', () => {
  const home = useDatabase();
  const open: { folder?: string; cluster?: TestCluster; places: Place[] } = { places: [] };
  const anchors: Anchor[] = [];
  let original: Place;
  let backup: Dump;

  /** An empty installation on the other cluster. */
  async function elsewhere(name: string): Promise<Place> {
    if (open.cluster === undefined) throw new Error('no cluster');
    await runSql(open.cluster.url, `CREATE DATABASE ${name}`);
    const url = new URL(open.cluster.url);
    url.pathname = `/${name}`;
    await migrate(url.toString());
    const place = new Place(url.toString());
    open.places.push(place);
    await place.query(`SELECT ensure_partitions('${NOW.toISOString()}')`);
    return place;
  }

  beforeAll(async () => {
    open.folder = await mkdtemp(path.join(tmpdir(), `daiban-test-${process.pid}-restore-`));
    await chmod(open.folder, 0o711); // under root the server's user has to get through
    open.cluster = await startTestCluster(open.folder);
    original = await new Place(home.url).open();
    open.places.push(original);
    for (let n = 0; n < 200; n += 1) await original.query('SELECT pg_current_xact_id()');
    await original.write(5, NOW);
    await original.seal();
    await original.anchor(anchors, NOW);
    await original.write(3, NOW);
    backup = await original.dump();
  });
  afterAll(async () => {
    await Promise.all(open.places.map(async (place) => place.close()));
    await open.cluster?.stop();
    if (open.folder !== undefined) await rm(open.folder, { recursive: true, force: true });
  });

  test('is sealed on at once and by itself; what was sealed stays as it was, and the whole verifies', async () => {
    const place = await elsewhere('machine_two');
    await place.restore(backup);
    await place.open();
    const [before] = await original.query('SELECT pg_current_xact_id()::text::bigint AS xid');
    const [there] = await place.query('SELECT pg_current_xact_id()::text::bigint AS xid');
    const sealed = await original.query('SELECT * FROM audit_seals ORDER BY sequence');
    expect(Number(there?.['xid'])).toBeLessThan(Number(before?.['xid']));
    expect(await place.verify(anchors)).toEqual({ ok: true, entries: 5n, anchors: 1, waiting: 3n });

    await place.write(2, LATER);
    await place.seal();

    expect(await place.verify(anchors)).toEqual({ ok: true, entries: 10n, anchors: 1, waiting: 0n });
    expect((await place.query('SELECT * FROM audit_seals ORDER BY sequence')).slice(0, 5)).toEqual(sealed);
    expect(
      (await place.query('SELECT entry_id FROM audit_seals ORDER BY sequence')).map((row) => row['entry_id']),
    ).toEqual((await place.query('SELECT id FROM audit_entries ORDER BY id')).map((row) => row['id']));
  });

  test('still names a row that was touched before or after it moved', async () => {
    const place = await elsewhere('machine_three');
    await place.restore(backup);
    await place.open();
    await place.write(1, LATER);
    await place.seal();
    await place.tamper(`UPDATE audit_entries SET actor_id = 'x' WHERE id = 9`);
    expect(await place.verify(anchors)).toMatchObject({ ok: false, fault: 'touched', sequence: 9n, entryId: 9n });

    await place.tamper(`UPDATE audit_entries SET actor_id = 'x' WHERE id = 4`);
    expect(await place.verify(anchors)).toMatchObject({ ok: false, fault: 'touched', sequence: 4n, entryId: 4n });
  });

  test('from a backup older than an anchor is told as cut, also once it has grown anew, and is sealed on', async () => {
    const all = [...anchors];
    await original.write(2, LATER);
    await original.seal();
    await original.anchor(all, LATER);
    const place = await elsewhere('machine_four');
    await place.restore(backup);
    await place.open();

    await place.seal();
    const atFirst = await place.verify(all);
    await place.write(2, NOW);
    await place.seal();
    await place.anchor(all, LATER);
    const grown = await place.verify(all);

    const told = { ok: false, fault: 'cut', anchoredAt: LATER.toISOString() };
    expect(all.map(({ sequence }) => sequence)).toEqual(['5', '10', '10']);
    expect(atFirst).toEqual({ ...told, sequence: 9n });
    expect(grown).toEqual({ ...told, sequence: 10n });
    expect(await place.verify([...anchors, ...all.slice(2)])).toEqual({
      ok: true,
      entries: 10n,
      anchors: 2,
      waiting: 0n,
    });
  });
});
