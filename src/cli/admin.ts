/** Verbs for whoever runs the installation. They talk to the database of the running server, or start the embedded one. */
import { existsSync } from 'node:fs';
import { openBase, configuredChannels, type Base } from '../base.ts';
import type { ChannelSettings } from '../channels/index.ts';
import { masterKeyFile } from '../config/master-key.ts';
import { verifyAudit } from '../core/audit/verify.ts';
import { performOperation, type TurnOptions } from '../core/unit/unit.ts';
import { pendingMigrations } from '../db/migrate.ts';
import { distinctNames, listStaffRows, peopleMeant, type StaffRow } from '../domain/staff/index.ts';
import { openDataDir } from '../lib/data-dir.ts';
import { sandboxPart } from '../sandbox-part.ts';
import { toJson } from '../api/router.ts';
import { CommandError } from './failure.ts';
import { rolesOf, type Cli } from './index.ts';

/** Opens everything but the server, runs, closes. */
export async function withBase(cli: Cli, run: (base: Base) => Promise<number>): Promise<number> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  await openDataDir(cli.env.dataDir);
  const keyFile = masterKeyFile(cli.env);
  const makesKey = cli.env.MASTER_KEY === undefined && !existsSync(keyFile);
  const base = await openBase({ env: cli.env, version: cli.version, say }, await settingsOf(cli), () => undefined);
  if (makesKey) say(base.services.texts.translate(base.env.language, 'start.master_key_file', { file: keyFile }));
  try {
    return await run(base);
  } finally {
    await base.close();
  }
}

async function settingsOf({ env }: Cli): Promise<ChannelSettings> {
  const configured = configuredChannels(env);
  const sandbox = await sandboxPart(env, configured);
  return { ...sandbox?.settings, ...configured };
}

/** Calls an operation as the administrator who sits at the machine. */
export async function perform(base: Base, name: string, input: unknown): Promise<unknown> {
  return performOperation(base.unit, administrator(base), name, input);
}

/** The administrator who sits at the machine, as the one who acts. */
export function administrator(base: Base): TurnOptions {
  return { actor: { kind: 'TOKEN', id: 'cli', roles: ['admin'], language: base.env.language }, via: 'cli' };
}

/** Prints a value as JSON where that was asked for, otherwise the line. */
export function show(cli: Cli, value: unknown, line: string): void {
  cli.out(cli.json ? toJson(value) : line);
}

/** `daiban migrate`: what opens the database has migrated it; says what is still missing (exit code 1). */
export async function migrateDatabase(cli: Cli): Promise<number> {
  return withBase(cli, async (base) => {
    const pending = await pendingMigrations(base.database.url);
    const isDone = pending.length === 0;
    const line = base.services.texts.translate(base.env.language, `cli.doctor.database.${isDone ? 'ok' : 'bad'}`);
    show(cli, { pending }, [`${isDone ? '✓' : '✗'} ${line}`, ...pending].join('\n'));
    return pending.length === 0 ? 0 : 1;
  });
}

/** `daiban staff add`: a member of staff with roles and accounts. */
export async function addStaff(
  cli: Cli,
  options: Readonly<Record<string, string | boolean | undefined>>,
): Promise<number> {
  return withBase(cli, async (base) => {
    const { name, role, team, language, wecom, slack, telegram } = options;
    const given = Object.fromEntries(
      Object.entries({ team, language, wecom, slack, telegram }).filter(([, value]) => value !== undefined),
    );
    const added = (await perform(base, 'staff.add', { name, roles: rolesOf(String(role)), ...given })) as {
      id: string;
      name: string;
    };
    show(cli, added, `✓ ${added.name} ${added.id}`);
    return 0;
  });
}

/** A member of staff as `staff.list` and `staff.update` give him. */
interface Listed {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly string[];
  readonly team: string | null;
  readonly language: string;
  readonly isActive: boolean;
  readonly accounts: readonly { readonly account: string; readonly externalId: string }[];
}

function lineOf({ id, name, roles, team, language, isActive, accounts }: Listed): string {
  const where = accounts.map(({ account, externalId }) => `${account.split(':')[0] ?? ''}:${externalId}`);
  return [isActive ? ' ' : '×', id, name, roles.join(','), team ?? '-', language, ...where].join(' ');
}

/** `daiban staff list`: one line each, × for whoever has left. */
export async function listStaff(cli: Cli): Promise<number> {
  return withBase(cli, async (base) => {
    const { items } = (await perform(base, 'staff.list', {})) as { readonly items: readonly Listed[] };
    show(cli, { items }, items.map(lineOf).join('\n'));
    return 0;
  });
}

/** `daiban staff update`: what is named changes, the rest stays; `--no-slack`, `--no-team` take away. */
export async function updateStaff(
  cli: Cli,
  who: string,
  options: Readonly<Record<string, string | boolean | undefined>>,
): Promise<number> {
  return withBase(cli, async (base) => {
    const person = await personMeant(base, who);
    const { name, role, language, enable } = options;
    // Commander says `false` where `--no-…` was given.
    const places = (['team', 'wecom', 'slack', 'telegram'] as const).flatMap((place) =>
      options[place] === undefined ? [] : [[place, options[place] === false ? null : options[place]] as const],
    );
    const changed = (await perform(base, 'staff.update', {
      id: person.id,
      ...(name === undefined ? {} : { name }),
      ...(role === undefined ? {} : { roles: rolesOf(String(role)) }),
      ...(language === undefined ? {} : { language }),
      ...(enable === true ? { disabled: false } : {}),
      ...Object.fromEntries(places),
    })) as Listed;
    show(cli, changed, `✓ ${lineOf(changed).trim()}`);
    return 0;
  });
}

/** The one person of this id or name. @throws CommandError for nobody and for several, who are listed: nobody is guessed */
async function personMeant(base: Base, who: string): Promise<StaffRow> {
  const people = await listStaffRows(base.database);
  const [person, ...namesakes] = peopleMeant(people, who);
  if (person && namesakes.length === 0) return person;
  const names = distinctNames(people);
  const key = person ? 'several' : 'unknown';
  throw new CommandError({
    code: `staff.${key}`,
    message: base.services.texts.translate(base.env.language, `cli.staff.${key}`, { name: who }),
    faults: [person, ...namesakes].flatMap((one) =>
      one
        ? [{ pointer: one.id, code: 'meant', message: `${names[people.indexOf(one)] ?? ''} ${one.roles.join(',')}` }]
        : [],
    ),
  });
}

/** `daiban staff disable`: whoever is meant by id or name may do nothing any more. */
export async function disableStaff(cli: Cli, who: string): Promise<number> {
  return withBase(cli, async (base) => {
    const person = await personMeant(base, who);
    const done = await perform(base, 'staff.disable', { id: person.id });
    show(cli, done, `✓ ${person.name} ${person.id}`);
    return 0;
  });
}

/** `daiban token create`: prints the token, which is shown this once only. */
export async function createToken(
  cli: Cli,
  options: Readonly<Record<string, string | boolean | undefined>>,
): Promise<number> {
  return withBase(cli, async (base) => {
    const person = options['staff'] === undefined ? undefined : await personMeant(base, String(options['staff']));
    const made = (await perform(base, 'token.create', {
      name: options['name'],
      ...(person ? { staffId: person.id } : {}),
      ...(options['role'] === undefined ? {} : { roles: rolesOf(String(options['role'])) }),
      ...(options['days'] === undefined ? {} : { validDays: Number(options['days']) }),
    })) as { id: string; token: string };
    show(cli, made, made.token);
    return 0;
  });
}

interface ListedToken {
  readonly id: string;
  readonly name: string;
  readonly roles: readonly string[];
  readonly staffName: string | null;
  readonly createdByName: string;
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
}

interface TokenPage {
  readonly items: readonly ListedToken[];
  readonly nextCursor: string | null;
}

/** `daiban token list`: all of them, page after page; the tokens themselves are nowhere. */
export async function listTokens(cli: Cli): Promise<number> {
  return withBase(cli, async (base) => {
    const items: ListedToken[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = (await perform(base, 'token.list', { cursor })) as TokenPage;
      items.push(...page.items);
      cursor = page.nextCursor;
    }
    const lines = items.map(({ id, name, roles, staffName, createdByName, expiresAt, revokedAt }) =>
      [
        id,
        name,
        roles.join(',') || '-',
        staffName ?? '-',
        `← ${createdByName}`,
        expiresAt ?? '-',
        revokedAt === null ? '' : `✗ ${revokedAt}`,
      ]
        .join('  ')
        .trimEnd(),
    );
    show(cli, { items }, lines.join('\n'));
    return 0;
  });
}

/** `daiban token revoke`: it is refused from now on. */
export async function revokeToken(cli: Cli, id: string): Promise<number> {
  return withBase(cli, async (base) => {
    const revoked = await perform(base, 'token.revoke', { id });
    show(cli, revoked, `✓ ${id}`);
    return 0;
  });
}

/** `daiban audit verify`: exit code 1 and the first row that does not fit, when one does not. */
export async function verifyAuditLog(cli: Cli): Promise<number> {
  return withBase(cli, async (base) => {
    // What looks for changes must make none, and each anchor is older than the seals it is held against: no older snapshot of them.
    const verdict = await base.database.transaction(async (tx) => {
      await tx.query('SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ ONLY');
      return verifyAudit(tx, base.keys, base.anchors.all());
    });
    const { texts } = base.services;
    show(
      cli,
      verdict,
      verdict.ok
        ? texts.translate(base.env.language, 'cli.audit.ok', {
            entries: String(verdict.entries),
            anchors: verdict.anchors,
            waiting: Number(verdict.waiting),
          })
        : texts.translate(base.env.language, `cli.audit.${verdict.fault}`, {
            sequence: String(verdict.sequence ?? ''),
            entry: String(verdict.entryId ?? ''),
            anchor: verdict.anchor ?? '',
            at: verdict.anchoredAt ?? '',
          }),
    );
    return verdict.ok ? 0 : 1;
  });
}

/** `daiban keys rotate`: wraps every data key anew with MASTER_KEY, batch by batch; may be run again. With one key only it changes nothing. */
export async function rotateKeys(cli: Cli): Promise<number> {
  return withBase(cli, async (base) => {
    let rewrapped = 0;
    for (;;) {
      const count = await base.database.transaction(async (tx) => base.keys.rotate(tx));
      if (count === 0) break;
      rewrapped += count;
    }
    const left = await base.keys.countForeign(base.database);
    const outdated = await outdatedProcesses(base);
    // Whoever has one key only is in the middle of nothing: that one must not be called the former.
    const isIdle = left === 0 && !base.keys.hasFormerMaster;
    const say = (key: string, count = 0): string =>
      base.services.texts.translate(base.env.language, `cli.keys.${key}`, { count });
    const lines = [
      say('rotated', rewrapped),
      ...(left > 0 ? [say('left', left)] : []),
      ...(outdated > 0 ? [say('outdated', outdated)] : []),
      ...(left + outdated > 0 ? [] : [say('next')]),
    ];
    show(cli, { isIdle, rewrapped, left, outdated }, isIdle ? say('idle') : lines.join('\n'));
    return left > 0 ? 1 : 0;
  });
}

/** How many connections belong to processes that do not have our master key: they must be started again with it. */
async function outdatedProcesses({ database, keys }: Base): Promise<number> {
  const [row] = await database.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = current_database()
       AND application_name LIKE 'daiban ________________%' AND NOT $1 = ANY (string_to_array(application_name, ' '))`,
    [keys.currentMasterId],
  );
  return row?.count ?? 0;
}
