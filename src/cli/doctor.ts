/** `daiban doctor`: what an installation needs, and what to do about what it lacks. */
import { configuredChannels, type Base } from '../base.ts';
import { createChannels } from '../channels/index.ts';
import { DatabaseTokenStore } from '../db/token-store.ts';
import { flowVersions } from '../core/runtime/flow-store.ts';
import { pendingMigrations } from '../db/migrate.ts';
import { listStaffRows } from '../domain/staff/index.ts';
import { isRedisUp } from '../jobs/redis-check.ts';
import { dateIn, wallClock } from '../lib/business-date.ts';
import { systemClock } from '../lib/clock.ts';
import { perform, show, withBase } from './admin.ts';
import type { Cli } from './index.ts';

/** What a company lacks before its first case can go through, or has to look at: told, but no fault of the installation. */
type CompanyCheck = 'staff' | 'products' | 'approvers';

interface Finding {
  readonly check: 'database' | 'keys' | 'redis' | 'wecom' | 'slack' | 'telegram' | CompanyCheck | 'incidents';
  readonly ok: boolean;
  readonly code?: string;
}

const TOLD: ReadonlySet<Finding['check']> = new Set(['staff', 'products', 'approvers', 'incidents']);

/**
 * Checks the database, Redis where it is configured, the platforms' credentials, and names the newest open incidents.
 * @param isLocal Only what a process cannot work without: to be restarted because Telegram or Redis is away helps nobody.
 * @returns 0 only when all is well; open incidents, and what the company still has to enter, are told but do not count.
 */
export async function doctor(cli: Cli, isLocal: boolean): Promise<number> {
  return withBase(cli, async (base) => {
    const { items: incidents, open } = await newestIncidents(base);
    const foreign = await base.keys.countForeign(base.database);
    const findings: readonly Finding[] = [
      { check: 'database', ok: (await pendingMigrations(base.database.url)).length === 0 },
      { check: 'keys', ok: foreign === 0, code: String(foreign) },
      ...(isLocal ? [] : [...(await redis(cli)), ...(await platforms(cli, base)), ...(await company(base))]),
      { check: 'incidents', ok: open === 0, code: String(open) },
    ];
    const lines = [
      ...findings.map((finding) => lineOf(base, finding)),
      ...incidents.map((one) => incidentLine(base, one)),
    ];
    show(cli, { findings, incidents }, lines.join('\n'));
    return findings.every(({ ok, check }) => ok || TOLD.has(check)) ? 0 : 1;
  });
}

async function redis({ env }: Cli): Promise<readonly Finding[]> {
  return env.REDIS_URL === undefined ? [] : [{ check: 'redis', ok: await isRedisUp(env.REDIS_URL) }];
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
  const lacking = (await approvalSeats(base)).flatMap(({ flow, role, needed }) => {
    const there = staff.filter(({ roles }) => roles.includes(role)).length;
    return there >= needed
      ? []
      : [base.services.texts.translate(base.env.language, 'cli.doctor.approver', { flow, role, needed, there })];
  });
  return [
    { check: 'staff', ok: staff.length > 0 },
    { check: 'products', ok: products.length > 0 },
    {
      check: 'approvers',
      ok: lacking.length === 0,
      code: lacking.join(base.services.texts.translate(base.env.language, 'cli.doctor.between')),
    },
  ];
}

interface Seats {
  readonly flow: string;
  readonly role: string;
  readonly needed: number;
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
  const at = new Date(openedAt);
  const { hour, minute } = wallClock(at, companyZone);
  const since = `${dateIn(at, companyZone)} ${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
  const subject = subjectId === null ? '' : `${subjectKind ?? ''} ${subjectId}`.trim();
  return texts.translate(base.env.language, 'cli.doctor.incident', { id, kind, words, subject, since });
}

function lineOf(base: Base, { check, ok, code }: Finding): string {
  const words = base.services.texts.translate(base.env.language, `cli.doctor.${check}.${ok ? 'ok' : 'bad'}`, {
    code: code ?? '',
  });
  return `${ok ? '✓' : TOLD.has(check) ? '!' : '✗'} ${words}`;
}
