/** `daiban doctor`: what an installation needs, and what to do about what it lacks. */
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { configuredChannels, type Base } from '../base.ts';
import { createChannels } from '../channels/index.ts';
import { DatabaseTokenStore } from '../db/token-store.ts';
import { flowVersions } from '../core/runtime/flow-store.ts';
import { isFull } from '../db/faults.ts';
import { pendingMigrations } from '../db/migrate.ts';
import { listStaffRows } from '../domain/staff/index.ts';
import { isRedisUp } from '../jobs/redis-check.ts';
import { timeText, wallClock } from '../lib/business-date.ts';
import { systemClock } from '../lib/clock.ts';
import { isDiskFull } from '../lib/data-dir.ts';
import { errorText } from '../lib/errors.ts';
import { newId } from '../lib/ids.ts';
import { perform, show, withBase } from './admin.ts';
import type { Cli } from './index.ts';

/** What a company lacks before its first case can go through, or has to look at: told, but no fault of the installation. */
type CompanyCheck = 'staff' | 'products' | 'approvers';

interface Finding {
  readonly check:
    | 'database'
    | 'keys'
    | 'disk'
    | 'storing'
    | 'redis'
    | 'wecom'
    | 'slack'
    | 'telegram'
    | CompanyCheck
    | 'incidents';
  readonly ok: boolean;
  /** What is wrong, as a short name that stays the same: ours, or the platform's own. */
  readonly code?: string;
  /** How many of them there are (keys, incidents). */
  readonly count?: number;
  /** Which approvals lack how many (approvers). */
  readonly lacking?: readonly Lacking[];
}

const TOLD: ReadonlySet<Finding['check']> = new Set(['staff', 'products', 'approvers', 'incidents']);

/**
 * Checks the database, whether it and DATA_DIR take something new, Redis where it is configured, the platforms' credentials,
 * and names the newest open incidents.
 * @param isLocal Only what a process cannot work without: to be restarted because Telegram or Redis is away helps nobody.
 * @returns 0 only when all is well; open incidents, and what the company still has to enter, are told but do not count.
 */
export async function doctor(cli: Cli, isLocal: boolean): Promise<number> {
  return withBase(cli, async (base) => {
    const { items: incidents, open } = await newestIncidents(base);
    const foreign = await base.keys.countForeign(base.database);
    const findings: readonly Finding[] = [
      finding('database', (await pendingMigrations(base.database.url)).length === 0, 'migrations_pending'),
      { ...finding('keys', foreign === 0, 'other_master_key'), count: foreign },
      ...(isLocal ? [] : await further(cli, base)),
      { ...finding('incidents', open === 0, 'incidents_open'), count: open },
    ];
    const lines = [...findings.map((one) => lineOf(base, one)), ...incidents.map((one) => incidentLine(base, one))];
    show(cli, { findings, incidents }, lines.join('\n'));
    return findings.every(({ ok, check }) => ok || TOLD.has(check)) ? 0 : 1;
  });
}

/** What does not stop a process, but somebody has to see to. */
async function further(cli: Cli, base: Base): Promise<readonly Finding[]> {
  return [
    ...(await writing(cli, base)),
    ...(await redis(cli)),
    ...(await platforms(cli, base)),
    ...(await company(base)),
  ];
}

function finding(check: Finding['check'], ok: boolean, code: string): Finding {
  return { check, ok, ...(ok ? {} : { code }) };
}

/** More than any rest that a disk called full still gives away. */
const TRIAL_BYTES = 1_048_576;

/** Whether DATA_DIR and the database take something new; what is tried leaves nothing behind. */
async function writing({ env }: Cli, { database }: Base): Promise<readonly Finding[]> {
  const file = path.join(env.dataDir, `.try-${newId()}`);
  const disk = await faultOf(async () => {
    try {
      await writeFile(file, Buffer.alloc(TRIAL_BYTES), { flag: 'wx', mode: 0o600, flush: true });
    } finally {
      await rm(file, { force: true });
    }
  });
  const storing = await faultOf(async () =>
    database.transaction(async (tx) => {
      await tx.query('CREATE TEMPORARY TABLE daiban_doctor (line text) ON COMMIT DROP');
      await tx.query('INSERT INTO daiban_doctor SELECT repeat($1, 1024) FROM generate_series(1, $2)', [
        'x',
        TRIAL_BYTES / 1_024,
      ]);
    }),
  );
  return [finding('disk', disk === undefined, disk ?? ''), finding('storing', storing === undefined, storing ?? '')];
}

/** Why it did not work, as a short name: ours for a full disk, else the system's or the database's own. */
async function faultOf(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return isDiskFull(error) || isFull(error)
      ? 'disk_full'
      : ((error as NodeJS.ErrnoException).code ?? errorText(error));
  }
}

async function redis({ env }: Cli): Promise<readonly Finding[]> {
  return env.REDIS_URL === undefined ? [] : [finding('redis', await isRedisUp(env.REDIS_URL), 'redis_unreachable')];
}

async function platforms({ env }: Cli, base: Base): Promise<readonly Finding[]> {
  const tokens = new DatabaseTokenStore(base.database, base.keys);
  const channels = await createChannels(configuredChannels(env), { tokens, clock: systemClock, log: base.log });
  return Promise.all(
    channels.map(async (channel) => {
      const { ok, code } = await channel.check(env.PUBLIC_URL);
      return { check: channel.platform, ok, ...(code === undefined ? {} : { code }) };
    }),
  );
}

/** Staff, products and people for every approval level: without them a case cannot be submitted, or stops. */
async function company(base: Base): Promise<readonly Finding[]> {
  const staff = (await listStaffRows(base.database)).filter((one) => one.is_active);
  const { items: products } = (await perform(base, 'product.list', {})) as { readonly items: readonly unknown[] };
  const lacking = (await approvalSeats(base))
    .map((seats) => ({ ...seats, there: staff.filter(({ roles }) => roles.includes(seats.role)).length }))
    .filter(({ needed, there }) => there < needed);
  return [
    finding('staff', staff.length > 0, 'no_staff'),
    finding('products', products.length > 0, 'no_products'),
    { ...finding('approvers', lacking.length === 0, 'too_few_approvers'), lacking },
  ];
}

interface Seats {
  readonly flow: string;
  readonly role: string;
  readonly needed: number;
}

interface Lacking extends Seats {
  readonly there: number;
}

/** How many people each approval of the live processes asks for. */
async function approvalSeats({ database, flows }: Base): Promise<readonly Seats[]> {
  const live = (await flowVersions(database, null)).filter(({ state, kind }) => state === 'LIVE' && kind === 'process');
  return live.flatMap(({ name }) =>
    [...flows.process(name).nodes.values()].flatMap((node) =>
      node.kind === 'approval' && node.approval.role !== undefined
        ? [{ flow: name, role: node.approval.role, needed: node.approval.count }]
        : [],
    ),
  );
}

interface Incident {
  readonly id: string;
  readonly kind: string;
  readonly words: string;
  readonly subjectKind: string | null;
  readonly subjectId: string | null;
  readonly openedAt: string;
}

const SHOWN_INCIDENTS = 10;

async function newestIncidents(base: Base): Promise<{ readonly items: readonly Incident[]; readonly open: number }> {
  return (await perform(base, 'incident.list', { limit: SHOWN_INCIDENTS })) as {
    readonly items: readonly Incident[];
    readonly open: number;
  };
}

function incidentLine(base: Base, { id, kind, words, subjectKind, subjectId, openedAt }: Incident): string {
  const { companyZone, texts } = base.services;
  const opened = wallClock(new Date(openedAt), companyZone);
  const since = `${opened.date} ${timeText(opened)}`;
  const subject = subjectId === null ? '' : `${subjectKind ?? ''} ${subjectId}`.trim();
  return texts.translate(base.env.language, 'cli.doctor.incident', { id, kind, words, subject, since });
}

function lineOf(
  { env, services: { texts } }: Base,
  { check, ok, code = '', count = 0, lacking = [] }: Finding,
): string {
  const say = (key: string, params: Readonly<Record<string, string | number>> = {}): string =>
    texts.translate(env.language, `cli.doctor.${key}`, { dataDir: env.dataDir, ...params });
  const approvers = lacking.map((one) => say('approver', { ...one })).join(say('between'));
  return `${ok ? '✓' : TOLD.has(check) ? '!' : '✗'} ${say(`${check}.${ok ? 'ok' : 'bad'}`, { code, count, approvers })}`;
}
