/** Running and recognising the server's programs. */
import { execFile, spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { Account } from './account.ts';

/** How a program ended. */
export interface Ended {
  readonly ok: boolean;
  /** What it wrote, errors first; why it did not start when it did not. */
  readonly said: string;
}

/** All that a server process gets to know: our environment holds secrets. Windows adds what its loader needs by itself. */
export const SERVER_ENVIRONMENT: NodeJS.ProcessEnv = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
};

/** Runs a program as the account in a folder everybody may enter; never rejects. */
export function runAs(
  account: Account | undefined,
  program: string,
  args: readonly string[],
  input = '',
): Promise<Ended> {
  const options = { ...account, cwd: '/', env: SERVER_ENVIRONMENT };
  return new Promise((resolve) => {
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      const why = error !== null && stderr === '' ? error.message : '';
      resolve({ ok: error === null, said: [why, stderr, stdout].join('\n').trim() });
    });
    // A program that does not read its input, or was never started, closes the pipe under us.
    child.stdin?.on('error', () => undefined).end(input);
  });
}

/** Whether a process of this number lives, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The command line of a process; empty for one that is gone, and for a zombie. */
export async function commandLine(pid: number): Promise<string> {
  // Slim images have no ps; on Linux the kernel tells, also about processes of other users.
  if (process.platform === 'linux') return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout;
}
