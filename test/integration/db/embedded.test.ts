/** The embedded PostgreSQL with real processes: started, shared, killed, orphaned, moved. No test server is needed here. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmod,
  chown,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  stat,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { Client, Pool } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { serverAccount } from '../../../src/db/embedded/account.ts';
import { installedBinaries, usableBinaries } from '../../../src/db/embedded/binaries.ts';
import { openDatabase, type DatabaseNote, type OpenDatabase } from '../../../src/db/embedded/index.ts';
import { runAs } from '../../../src/db/embedded/processes.ts';
import { readRecord } from '../../../src/db/embedded/record.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const isRoot = process.getuid?.() === 0;
const cleanUps: (() => Promise<unknown>)[] = [];
let folder = '';
let dataDir = '';
let notes: DatabaseNote[] = [];

beforeEach(async () => {
  folder = await realpath(await mkdtemp(path.join(tmpdir(), 'embedded-')));
  await chmod(folder, 0o755);
  dataDir = path.join(folder, 'data');
  notes = [];
  cleanUps.push(() => rm(folder, { recursive: true, force: true }));
});
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** A DATA_DIR that has been started and stopped once; making a cluster costs a second, copying one a tenth. */
let used = '';
beforeAll(async () => {
  used = await realpath(await mkdtemp(path.join(tmpdir(), 'embedded-used-')));
  await chmod(used, 0o755);
  await (await openDatabase({ dataDir: path.join(used, 'data'), onNote: () => undefined })).close();
});
afterAll(async () => rm(used, { recursive: true, force: true }));

/** The database of this test has run before. */
function usedBefore(): void {
  const copied = spawnSync('cp', ['-a', path.join(used, 'data'), dataDir]);
  expect(copied.status).toBe(0);
}

describe('the embedded database', () => {
  test('is made on the first start: durable, UTF-8, on loopback only, with its key in a file nobody else can read', async () => {
    const database = await open();

    expect(database.embedded).toBe(true);
    expect(database.url).toMatch(/^postgresql:\/\/daiban:[\w-]{32}@127\.0\.0\.1:\d+\/daiban$/);
    expect((await stat(path.join(dataDir, 'pg.json'))).mode & 0o777).toBe(0o600);
    expect(await ask(database.url, SETTINGS)).toEqual({
      fsync: 'on',
      synchronous_commit: 'on',
      full_page_writes: 'on',
      listen_addresses: '127.0.0.1',
      max_connections: '200',
      TimeZone: 'UTC',
      encoding: 'UTF8',
      locale: 'C.UTF-8',
      word: true,
      upper: 'É',
    });
    expect(notes).toEqual([]);
  });

  test('begins where a power cut has left nothing in pg.location', async () => {
    usedBefore();
    await writeFile(path.join(dataDir, 'pg.location'), '');

    const database = await open();

    expect(await ask(database.url, 'SELECT 1 AS up')).toEqual({ up: 1 });
    expect(await postmasterPid()).toBeDefined();
  });

  test('is left alone when another one is configured', async () => {
    const url = 'postgresql://somewhere/else';

    const database = await openDatabase({ dataDir, databaseUrl: url, onNote: (note) => notes.push(note) });
    await database.close();

    expect(database).toMatchObject({ url, embedded: false });
    await expect(stat(dataDir)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('is shared by the processes of one DATA_DIR, and the last one out stops it', async () => {
    usedBefore();
    const server = await startChild();
    const command = await open();
    expect(command.url).toBe(server.url);

    await leave(server.process);
    expect(await ask(command.url, 'SELECT 1 AS up')).toEqual({ up: 1 });
    await command.close();

    await expect(ask(command.url, 'SELECT 1 AS up')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(await postmasterPid()).toBeUndefined();
  });

  test('is made once when four processes start at the same moment, and stopped when all leave at the same moment', async () => {
    const children = await Promise.all([startChild(), startChild(), startChild(), startChild()]);

    expect(new Set(children.map(({ url }) => url)).size).toBe(1);
    await Promise.all(children.map((child) => leave(child.process)));
    expect(await postmasterPid()).toBeUndefined();
  });

  test('outlives a process that is killed, is found by the next one, and then ends properly', async () => {
    usedBefore();
    const child = await startChild();
    await ask(child.url, 'CREATE TABLE kept (id integer)');
    const orphan = await postmasterPid();
    child.process.kill('SIGKILL');
    await once(child.process, 'exit');

    const next = await open();
    expect(await postmasterPid()).toBe(orphan);
    expect(await ask(next.url, "SELECT to_regclass('kept')::text AS kept")).toEqual({ kept: 'kept' });
    await next.close();

    expect(await postmasterPid()).toBeUndefined();
  });

  test('starts again after its own server was killed, with everything that was committed', async () => {
    usedBefore();
    const child = await startChild();
    await ask(child.url, 'CREATE TABLE kept AS SELECT 42 AS n');
    child.process.kill('SIGKILL');
    process.kill(Number(await postmasterPid()), 'SIGKILL');

    const next = await open();

    expect(await ask(next.url, 'SELECT n FROM kept')).toEqual({ n: 42 });
  });

  test('waits for what a killed server has left behind, and starts once it is gone', async () => {
    usedBefore();
    const child = await startChild();
    const client = new Client({ connectionString: child.url });
    client.on('error', () => undefined);
    await client.connect();
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const backend = Number(rows[0]?.pid);
    process.kill(backend, 'SIGSTOP');
    child.process.kill('SIGKILL');
    process.kill(Number(await postmasterPid()), 'SIGKILL');

    const opening = open();
    const log = path.join(dataDir, 'pg18.log');
    await vi.waitFor(async () => expect(await readFile(log, 'utf8')).toContain('pre-existing shared memory'), WAIT);
    process.kill(backend, 'SIGCONT');

    expect(await ask((await opening).url, 'SELECT 1 AS up')).toEqual({ up: 1 });
  });

  test('is not fooled by a pid file whose number now belongs to another process', async () => {
    usedBefore();
    await writeFile(
      path.join(dataDir, 'pg18/postmaster.pid'),
      `${process.pid}\n${dataDir}/pg18\n1\n1\n\n\n1 1\nready\n`,
    );

    const database = await open();

    expect(await ask(database.url, 'SELECT 1 AS up')).toEqual({ up: 1 });
  });

  test('is started again at the same address when it dies under a running process', async () => {
    usedBefore();
    const database = await open();
    const pool = new Pool({ connectionString: database.url, max: 1 }).on('error', () => undefined);
    cleanUps.push(() => pool.end());
    const before = await postmasterPid();
    await pool.query('SELECT 1');

    process.kill(Number(before), 'SIGKILL');

    await vi.waitFor(async () => expect((await pool.query('SELECT 1 AS up')).rows).toEqual([{ up: 1 }]), WAIT);
    await vi.waitFor(() => expect(notes).toEqual([{ kind: 'lost' }, { kind: 'regained' }]), WAIT);
    expect(await postmasterPid()).not.toBe(before);
    await database.close();
    expect(await postmasterPid()).toBeUndefined();
  });

  test('takes another port when somebody has taken the old one', async () => {
    usedBefore();
    const first = await open();
    await first.close();
    const intruder = createServer((socket) => socket.end('hello').resume()).listen(
      Number(new URL(first.url).port),
      '127.0.0.1',
    );
    await once(intruder, 'listening');
    cleanUps.push(() => new Promise((resolve) => intruder.close(resolve)));

    const second = await open();

    expect(new URL(second.url).port).not.toBe(new URL(first.url).port);
    expect(await ask(second.url, 'SELECT 1 AS up')).toEqual({ up: 1 });
  });

  test('of a copied DATA_DIR is a server of its own, even while the original runs', async () => {
    usedBefore();
    const original = await open();
    await ask(original.url, 'CREATE TABLE marks AS SELECT 1 AS n; CHECKPOINT');
    const copy = path.join(folder, 'copy');
    await cp(dataDir, copy, { recursive: true });
    await giveTo(path.join(copy, 'pg18'), await stat(path.join(dataDir, 'pg18')));

    const second = await open(copy);
    await ask(second.url, 'UPDATE marks SET n = 2');

    expect(await ask(original.url, 'SELECT n FROM marks')).toEqual({ n: 1 });
  });

  test('gets a new password when the key file is lost, and keeps its data', async () => {
    usedBefore();
    const first = await open();
    await ask(first.url, 'CREATE TABLE kept (id integer)');
    await first.close();
    await unlink(path.join(dataDir, 'pg.json'));

    const second = await open();

    expect(new URL(second.url).password).not.toBe(new URL(first.url).password);
    expect(await ask(second.url, "SELECT to_regclass('kept')::text AS kept")).toEqual({ kept: 'kept' });
  });

  test('is made anew after a first start that was cut short', async () => {
    await mkdir(path.join(dataDir, 'pg18.new-4194304/data'), { recursive: true });
    await writeFile(path.join(dataDir, 'pg18.new-4194304/data/PG_VERSION'), '18\n');
    await writeFile(path.join(dataDir, 'pg.lock'), '4194304\n');
    await writeFile(path.join(dataDir, 'pg.json'), '{"port":12');
    await chmod(dataDir, 0o711);

    await open();

    expect((await readdir(dataDir)).sort()).toEqual(['pg.json', 'pg18', 'pg18.log']);
  });

  test('keeps rows and statements out of its log', async () => {
    usedBefore();
    const { url } = await open();
    await ask(
      url,
      "CREATE TABLE people (name text PRIMARY KEY CHECK (name <> '')); INSERT INTO people VALUES ('canary')",
    );

    await expect(ask(url, "INSERT INTO people VALUES ('canary')")).rejects.toMatchObject({ code: '23505' });
    await expect(ask(url, "SELECT 'canary' FROM nowhere")).rejects.toMatchObject({ code: '42P01' });

    const log = await readFile(path.join(dataDir, 'pg18.log'), 'utf8');
    expect(log).toContain('relation "nowhere" does not exist');
    expect(log).not.toContain('canary');
  });

  test('that cannot start says why in the words of the server', async () => {
    usedBefore();
    await writeFile(path.join(dataDir, 'pg18/postgresql.auto.conf'), "shared_buffers = 'plenty'\n");

    await expect(open()).rejects.toMatchObject({
      code: 'database.start_failed',
      params: { detail: expect.stringContaining('invalid value for parameter "shared_buffers": "plenty"') },
    });
  });
});

describe('the programs of the server', () => {
  test('are mended when the install script that makes their library links never ran', async () => {
    const installed = { folder: path.join(folder, 'native'), version: '1' };
    await cp((await installedBinaries()).folder, installed.folder, { recursive: true, verbatimSymlinks: true });
    const links = await readdir(path.join(installed.folder, 'lib'), { withFileTypes: true });
    for (const link of links.filter((entry) => entry.isSymbolicLink()))
      await unlink(path.join(installed.folder, 'lib', link.name));
    await chmod(path.join(installed.folder, 'bin/initdb'), 0o644);
    const account = await serverAccount(undefined);

    const binaries = await usableBinaries(account, path.join(folder, 'home'), installed);

    expect(binaries.initdb).toBe(path.join(installed.folder, 'bin/initdb'));
    expect(await runAs(account, binaries.initdb, ['--version'])).toMatchObject({
      ok: true,
      said: expect.stringContaining('18.'),
    });
  });

  test.runIf(isRoot)('are copied to where the server may run them when node_modules is closed to it', async () => {
    const closed = path.join(folder, 'closed');
    await mkdir(closed, { mode: 0o700 });
    await cp((await installedBinaries()).folder, path.join(closed, 'native'), {
      recursive: true,
      verbatimSymlinks: true,
    });
    const home = path.join(folder, 'home');
    await mkdir(path.join(home, 'native-0'), { recursive: true });
    const account = await serverAccount(undefined);

    const binaries = await usableBinaries(account, home, { folder: path.join(closed, 'native'), version: '1' });

    expect(binaries.postgres).toBe(path.join(home, 'native-1/bin/postgres'));
    expect(await readdir(home)).toEqual(['native-1']);
    expect((await runAs(account, binaries.initdb, ['--version'])).ok).toBe(true);
  });
});

describe.runIf(isRoot)('under root the server', () => {
  const nobody = { uid: idOf('-u'), gid: idOf('-g') };

  test('refuses a DATA_DIR that belongs to somebody else, before anything is touched', async () => {
    usedBefore();
    const ofAnother = await startChild({ HOME: folder }, nobody);
    await chmod(dataDir, 0o700);
    const closed = await startChild({ HOME: folder }, nobody);

    expect(ofAnother).toMatchObject({ code: 'setting.data_dir_closed', params: { dataDir } });
    expect(closed).toMatchObject({ code: 'setting.data_dir_closed', params: { dataDir } });
  });

  test('runs as an unprivileged user who owns the data', async () => {
    await open();

    const { uid } = await stat(path.join(dataDir, 'pg18'));
    expect(uid).not.toBe(0);
    const status = await readFile(`/proc/${await postmasterPid()}/status`, 'utf8');
    expect(status).toMatch(new RegExp(`^Uid:\\t${uid}\\t${uid}\\t${uid}\\t${uid}$`, 'm'));
    expect(status).toMatch(/^Groups:\s*$/m);
  });

  test('is told nothing of our environment', async () => {
    usedBefore();
    const child = await startChild({ MASTER_KEY: 'canary-of-the-environment' });

    const environment = await readFile(`/proc/${await postmasterPid()}/environ`, 'utf8');

    expect(environment).not.toContain('canary');
    await leave(child.process);
  });

  test('keeps its data in a system folder when it cannot enter DATA_DIR, and says so in one line', async () => {
    await chmod(folder, 0o700);

    const first = await open();
    const place = (await readFile(path.join(dataDir, 'pg.location'), 'utf8')).trim();
    cleanUps.push(() => rm(place, { recursive: true, force: true }));
    await ask(first.url, 'CREATE TABLE kept (id integer)');
    await first.close();
    const second = await open();

    expect(place).toMatch(/^\/(var\/lib|opt|srv)\/daiban-[0-9a-f]{12}$/);
    expect(notes).toEqual([1, 2].map(() => ({ kind: 'elsewhere', folder: place })));
    expect(await ask(second.url, "SELECT to_regclass('kept')::text AS kept")).toEqual({ kept: 'kept' });
    expect((await stat(path.join(dataDir, 'pg.json'))).mode & 0o777).toBe(0o600);
  });

  test('of a DATA_DIR that was removed to start over is left alone in its system folder, which is named; the new one stays', async () => {
    await chmod(folder, 0o700);
    const placeNow = async (): Promise<string> => {
      await (await open()).close();
      const place = (await readFile(path.join(dataDir, 'pg.location'), 'utf8')).trim();
      cleanUps.push(() => rm(place, { recursive: true, force: true }));
      return place;
    };
    const first = await placeNow();
    await rm(dataDir, { recursive: true });
    notes = [];

    const places = [await placeNow(), await placeNow()];

    expect(places).toEqual([`${first}-2`, `${first}-2`]);
    expect(notes.filter(({ kind }) => kind === 'former')).toEqual([{ kind: 'former', folder: first }]);
    expect((await stat(path.join(first, 'pg18'))).isDirectory()).toBe(true);
  });

  test('of an ordinary user is still his after root has started it', async () => {
    await mkdir(dataDir);
    await chown(dataDir, nobody.uid, nobody.gid);
    await leave((await startChild({ HOME: folder }, nobody)).process);

    await (await open()).close();

    for (const file of ['pg.json', 'pg18.log'])
      expect(await stat(path.join(dataDir, file))).toMatchObject({ uid: nobody.uid, gid: nobody.gid });
    const child = await startChild({ HOME: folder }, nobody);
    await leave(child.process);
  });

  test('whose key file was left to root says so to the ordinary user, and what to do', async () => {
    await mkdir(dataDir);
    await writeFile(path.join(dataDir, 'pg.json'), '{}', { mode: 0o600 });

    process.seteuid?.(nobody.uid);
    try {
      await expect(readRecord(dataDir)).rejects.toMatchObject({
        code: 'setting.file_closed',
        params: { file: path.join(dataDir, 'pg.json'), detail: 'EACCES' },
      });
    } finally {
      process.seteuid?.(0);
    }
  });

  test('runs as the ordinary user for whom it is started', async () => {
    await mkdir(dataDir);
    await chown(dataDir, nobody.uid, nobody.gid);

    const child = await startChild({ HOME: folder }, nobody);
    const { uid } = await stat(path.join(dataDir, 'pg18'));
    await leave(child.process);

    expect(uid).toBe(nobody.uid);
    expect(child.notes).toEqual([]);
    expect(await postmasterPid()).toBeUndefined();
  });
});

const WAIT = { timeout: 15_000, interval: 50 };
const SETTINGS = `SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS synchronous_commit,
  current_setting('full_page_writes') AS full_page_writes, current_setting('listen_addresses') AS listen_addresses,
  current_setting('max_connections') AS max_connections, current_setting('TimeZone') AS "TimeZone",
  pg_encoding_to_char(encoding) AS encoding, datlocale AS locale, '借款' ~ '^\\w+$' AS word, upper('é') AS upper
  FROM pg_database WHERE datname = current_database()`;

async function open(at = dataDir): Promise<OpenDatabase> {
  const database = await openDatabase({ dataDir: at, onNote: (note) => notes.push(note) });
  cleanUps.push(() => database.close());
  return database;
}

interface Child {
  readonly process: ChildProcess;
  readonly url: string;
  readonly notes: readonly DatabaseNote[];
}

async function startChild(env: NodeJS.ProcessEnv = {}, user: { uid?: number; gid?: number } = {}): Promise<Child> {
  const script = path.join(ROOT, 'test/support/embedded-child.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script, dataDir], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
    ...user,
  });
  cleanUps.push(() => leave(child));
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { process: child, ...(JSON.parse(line) as Pick<Child, 'url' | 'notes'>) };
}

async function leave(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.stdin?.end();
  await once(child, 'exit');
}

async function ask(url: string, sql: string): Promise<unknown> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows?.[0];
  } finally {
    await client.end();
  }
}

async function postmasterPid(): Promise<string | undefined> {
  const text = await readFile(path.join(dataDir, 'pg18/postmaster.pid'), 'utf8').catch(() => undefined);
  return text?.split('\n')[0];
}

async function giveTo(target: string, owner: { uid: number; gid: number }): Promise<void> {
  if (!isRoot) return;
  for (const name of await readdir(target, { recursive: true }))
    await chown(path.join(target, name), owner.uid, owner.gid);
  await chown(target, owner.uid, owner.gid);
}

function idOf(flag: '-u' | '-g'): number {
  return Number(spawnSync('id', [flag, 'nobody'], { encoding: 'utf8' }).stdout);
}
