/** Programs under measurement run in processes of their own, so that their CPU time and memory are theirs alone. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { once } from 'node:events';

/** A program that has said that it is ready. */
export interface Running {
  readonly pid: number;
  /** The line it became ready with. */
  readonly ready: string;
  /** CPU time used so far in milliseconds, user and system together. */
  cpuMs(): number;
  /** Resident memory in MB. */
  rssMb(): number;
  /** Sends SIGTERM and waits for the end. */
  stop(): Promise<void>;
}

/** What is started. */
export interface Program {
  /** Arguments of node. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** A line of its standard output that means ready. */
  readonly ready: RegExp;
}

/** Clock ticks of /proc per second; 100 on every Linux that node runs on. */
const TICKS_PER_SECOND = 100;

/** Starts a program with nothing of our environment but the search path. @throws Error with its words when it ends first. */
export async function startProgram(program: Program): Promise<Running> {
  const child = spawn(process.execPath, program.args, {
    env: { PATH: process.env['PATH'] ?? '', ...program.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ready = await untilReady(child, program.ready);
  const pid = child.pid ?? 0;
  return {
    pid,
    ready,
    cpuMs: () => cpuMsOf(pid),
    rssMb: () => rssMbOf(pid),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

async function untilReady(child: ChildProcess, pattern: RegExp): Promise<string> {
  let said = '';
  return new Promise((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      said = (said + chunk.toString()).slice(-20_000);
      const line = said.split('\n').find((one) => pattern.test(one));
      if (line !== undefined) resolve(line);
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(`ended with ${String(code ?? signal)}:\n${said}`)));
  });
}

/** CPU milliseconds of one process; NaN where there is no /proc. */
export function cpuMsOf(pid: number): number {
  return cpuOfStat(statOf(pid), [11, 12]);
}

/** CPU milliseconds of a server and all processes it has now or has had: PostgreSQL's backends. */
export function cpuMsOfFamily(pid: number): number {
  let total = cpuOfStat(statOf(pid), [11, 12, 13, 14]);
  for (const entry of processes()) {
    const stat = statOf(Number(entry));
    if (Number(stat[1]) === pid) total += cpuOfStat(stat, [11, 12]);
  }
  return total;
}

function processes(): readonly string[] {
  try {
    return readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  } catch {
    return [];
  }
}

/** Fields of /proc/pid/stat behind the name, which may hold spaces: [0] is the state. */
function statOf(pid: number): readonly string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

function cpuOfStat(stat: readonly string[], fields: readonly number[]): number {
  return fields.reduce((sum, field) => sum + Number(stat[field] ?? NaN), 0) * (1000 / TICKS_PER_SECOND);
}

function rssMbOf(pid: number): number {
  try {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kilobytes) / 1024;
  } catch {
    return NaN;
  }
}
