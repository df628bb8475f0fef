/** A PostgreSQL and a Redis that a run may kill and start again on the same address. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmod, mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { serverAccount } from '../../../src/db/embedded/account.ts';
import { usableBinaries } from '../../../src/db/embedded/binaries.ts';
import {
  createCluster,
  PRODUCT_SETTINGS,
  startCluster,
  stopCluster,
  type Cluster,
} from '../../../src/db/embedded/cluster.ts';
import { ANY_PORT, newPassword, urlOf } from '../../../src/db/embedded/record.ts';
import { freePort } from '../../support/free-port.ts';

// The run kills processes, not the machine: what the kernel holds survives, so nothing has to reach the disk.
const SETTINGS = { ...PRODUCT_SETTINGS, fsync: 'off', full_page_writes: 'off' };

export class ChaosPostgres {
  readonly #cluster: Cluster;
  readonly #folder: string;
  readonly #port: number;
  readonly url: string;

  private constructor(parts: {
    readonly cluster: Cluster;
    readonly folder: string;
    readonly port: number;
    readonly url: string;
  }) {
    this.#cluster = parts.cluster;
    this.#folder = parts.folder;
    this.#port = parts.port;
    this.url = parts.url;
  }

  static async open(): Promise<ChaosPostgres> {
    const folder = await mkdtemp(path.join(tmpdir(), 'daiban-chaos-pg-'));
    await chmod(folder, 0o711);
    const home = await realpath(folder);
    const account = await serverAccount(undefined);
    const cluster = { folder: path.join(home, 'pg18'), account, binaries: await usableBinaries(account, home) };
    const [user, password] = ['daiban', newPassword()];
    await createCluster(cluster, user, password);
    const port = await startCluster(cluster, SETTINGS, ANY_PORT);
    return new ChaosPostgres({ cluster, folder, port, url: urlOf({ port, user, password }, 'postgres') });
  }

  /** Dies without a word, as after a power cut of this one process, and recovers. */
  async crash(): Promise<void> {
    const [pid = ''] = (await readFile(path.join(this.#cluster.folder, 'postmaster.pid'), 'utf8')).split('\n');
    process.kill(Number(pid), 'SIGQUIT');
    while (isAlive(Number(pid))) await wait(20);
    await startCluster(this.#cluster, SETTINGS, this.#port);
  }

  /** An operator restarts it. */
  async restart(): Promise<void> {
    await stopCluster(this.#cluster);
    await startCluster(this.#cluster, SETTINGS, this.#port);
  }

  async close(): Promise<void> {
    await stopCluster(this.#cluster);
    await rm(this.#folder, { recursive: true, force: true });
  }
}

export class ChaosRedis {
  readonly #program: string;
  readonly #port: number;
  readonly #folder: string;
  #child: ChildProcess;

  private constructor(parts: {
    readonly program: string;
    readonly port: number;
    readonly folder: string;
    readonly child: ChildProcess;
  }) {
    this.#program = parts.program;
    this.#port = parts.port;
    this.#folder = parts.folder;
    this.#child = parts.child;
  }

  /** @throws Error where no redis-server is installed. */
  static async open(): Promise<ChaosRedis> {
    const program = ['redis-server', 'valkey-server'].find((name) => spawnSync(name, ['--version']).status === 0);
    if (program === undefined) throw new Error('the long run needs redis-server: apt-get install redis-server');
    const [port, folder] = [await freePort(), await mkdtemp(path.join(tmpdir(), 'daiban-chaos-redis-'))];
    return new ChaosRedis({ program, port, folder, child: await startRedis(program, port, folder) });
  }

  get url(): string {
    return `redis://127.0.0.1:${this.#port}`;
  }

  async flush(): Promise<void> {
    await ask(this.#port, 'FLUSHALL');
  }

  /** Everything it holds, as text. */
  async content(): Promise<string> {
    const keys = await ask(this.#port, 'KEYS *');
    const parts = [keys];
    for (const key of keys.split('\r\n').filter((line) => line.startsWith('bull:')))
      parts.push(await ask(this.#port, `DUMP ${key}`));
    return parts.join('\n');
  }

  async restart(): Promise<void> {
    await this.#kill();
    this.#child = await startRedis(this.#program, this.#port, this.#folder);
  }

  async close(): Promise<void> {
    await this.#kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #kill(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.kill('SIGKILL');
    await ended;
  }
}

async function startRedis(program: string, port: number, folder: string): Promise<ChildProcess> {
  const flags = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--dir',
    folder,
    '--save',
    '',
    '--appendonly',
    'no',
    '--maxmemory-policy',
    'noeviction',
  ];
  const child = spawn(program, flags, { stdio: 'ignore' });
  for (let tries = 0; tries < 200; tries += 1) {
    if ((await ask(port, 'PING').catch(() => '')).includes('PONG')) return child;
    await wait(25);
  }
  throw new Error('Redis did not answer');
}

/** One inline command; the raw answer. */
function ask(port: number, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ port, host: '127.0.0.1' }, () => socket.write(`${command}\r\nQUIT\r\n`));
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString('utf8')));
    socket.once('error', reject);
    socket.once('close', () => resolve(answer));
  });
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
