/** Real product processes, each with its role: started, armed to die at a kill point, watched, and started again. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { cp, mkdtemp, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { KillPoint } from '../../../src/lib/kill-points.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');

export type Role = 'web' | 'worker' | 'scheduler';

interface Member {
  readonly role: Role;
  readonly name: string;
  child: ChildProcess;
  killAt: KillPoint | undefined;
  /** Whether its end was ordered by the test. */
  isLeaving: boolean;
}

/** The fleet of one installation. */
export class Fleet {
  /** `point role` of every death at a kill point. */
  readonly deaths: string[] = [];
  /** Everything the processes wrote, to be searched for personal data and faults. */
  output = '';
  /** Ends that nobody ordered and no kill point explains. */
  readonly crashes: string[] = [];
  readonly #settings: Readonly<Record<string, string>>;
  readonly #code: string;
  readonly #members: Member[] = [];
  readonly #frozen: ChildProcess[] = [];
  readonly #started = new WeakSet<ChildProcess>();

  /** @param code What `build` gave. */
  constructor(code: string, settings: Readonly<Record<string, string>>) {
    this.#code = code;
    this.#settings = settings;
  }

  /** Compiles what is stale and takes a copy: a build beside the run must not change what restarted processes are. */
  static async build(): Promise<string> {
    await promisify(execFile)(process.execPath, [path.join(ROOT, 'scripts/build.mjs')]);
    const copy = await mkdtemp(path.join(tmpdir(), 'daiban-chaos-code-'));
    for (const part of ['dist', 'flows', 'locales', 'prisma', 'package.json'])
      await cp(path.join(ROOT, part), path.join(copy, part), { recursive: true });
    await symlink(path.join(ROOT, 'node_modules'), path.join(copy, 'node_modules'));
    return copy;
  }

  /** Starts a process; with `killAt` it dies there at the given pass and is started again unarmed. */
  async start(role: Role, options: { readonly killAt?: KillPoint; readonly pass?: number } = {}): Promise<void> {
    const name = `${role}${this.#members.filter((member) => member.role === role).length + 1}`;
    const { killAt, pass = 1 } = options;
    const child = this.#spawn(role, killAt === undefined ? undefined : `${killAt}:${pass}`);
    const member: Member = { role, name, child, killAt, isLeaving: false };
    this.#members.push(member);
    this.#watch(member);
    await this.#ready(member);
  }

  /** Replaces the process of a role by one that will die at `killAt`. */
  async arm(role: Role, killAt: KillPoint, pass = 1): Promise<void> {
    await this.stop(role);
    await this.start(role, { killAt, pass });
  }

  /** Resolves once a process has died at the point. @throws Error after `patienceMs`. */
  async died(point: KillPoint, role: Role, patienceMs = 30_000): Promise<void> {
    for (const end = performance.now() + patienceMs; performance.now() < end; await wait(20)) {
      if (this.deaths.includes(`${point} ${role}`)) return;
    }
    throw new Error(`${role} never came to ${point}\n${this.output.slice(-2_000)}`);
  }

  /** `kill -9` now, wherever it is. It is started again. */
  kill(role: Role): void {
    for (const member of this.#of(role)) member.child.kill('SIGKILL');
  }

  /** The n-th process of a role stands still: no heart beats, no lease is kept. */
  freeze(role: Role, n: number): void {
    const member = this.#of(role)[n];
    if (!member) throw new Error(`there is no ${role} ${n}`);
    member.child.kill('SIGSTOP');
    this.#frozen.push(member.child);
  }

  /** What stood still goes on as if nothing had happened. */
  thaw(): void {
    for (const child of this.#frozen.splice(0)) child.kill('SIGCONT');
  }

  /** Ends processes properly. */
  async stop(role?: Role): Promise<void> {
    await Promise.all(this.#of(role).map(async (member) => this.#end(member)));
  }

  #of(role?: Role): readonly Member[] {
    return this.#members.filter((member) => role === undefined || member.role === role);
  }

  async #end(member: Member): Promise<void> {
    // Signals find their handler only in a process that has started.
    await this.#ready(member).catch(() => undefined);
    member.isLeaving = true;
    this.#members.splice(this.#members.indexOf(member), 1);
    if (isRunning(member.child)) {
      const ended = new Promise((resolve) => member.child.once('close', resolve));
      member.child.kill('SIGTERM');
      const overdue = setTimeout(() => {
        this.crashes.push(`${member.name} did not leave when asked`);
        member.child.kill('SIGKILL');
      }, 25_000);
      await ended;
      clearTimeout(overdue);
    }
  }

  #spawn(role: Role, order: string | undefined): ChildProcess {
    const env: Record<string, string> = {
      PATH: process.env['PATH'] ?? '',
      TZ: 'Asia/Shanghai',
      ...this.#settings,
      ...(order === undefined ? {} : { KILL_AT: order }),
    };
    const child = spawn(process.execPath, ['dist/main.js', 'start', '--roles', role], {
      cwd: this.#code,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    child.stdout?.once('data', () => this.#started.add(child));
    return child;
  }

  #watch(member: Member): void {
    member.child.once('close', (code, signal) => {
      if (member.isLeaving) {
        if (code !== 0 && signal !== 'SIGKILL') this.crashes.push(`${member.name} left with ${code ?? signal}`);
        return;
      }
      if (signal !== 'SIGKILL')
        this.crashes.push(`${member.name} ended by itself: ${code ?? signal}\n${this.output.slice(-1_500)}`);
      if (member.killAt !== undefined) this.deaths.push(`${member.killAt} ${member.role}`);
      member.killAt = undefined;
      member.child = this.#spawn(member.role, undefined);
      this.#watch(member);
    });
  }

  /** The first line on stdout is printed once all parts run; an armed process may be dead before it is ready. */
  async #ready(member: Member): Promise<void> {
    for (const end = performance.now() + 30_000; performance.now() < end; await wait(20)) {
      if (this.#started.has(member.child)) return;
    }
    throw new Error(`${member.name} did not start\n${this.output.slice(-2_000)}`);
  }
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}
