/** `daiban doctor`: what an installation needs, and what to do about what it lacks. */
import { configuredChannels, type Base } from '../base.ts';
import { createChannels } from '../channels/index.ts';
import { DatabaseTokenStore } from '../db/token-store.ts';
import { pendingMigrations } from '../db/migrate.ts';
import { isRedisUp } from '../jobs/redis-check.ts';
import { systemClock } from '../lib/clock.ts';
import { show, withBase } from './admin.ts';
import type { Cli } from './index.ts';

interface Finding {
  readonly check: 'database' | 'redis' | 'wecom' | 'slack' | 'telegram' | 'incidents';
  readonly ok: boolean;
  readonly code?: string;
}

/**
 * Checks the database, Redis where it is configured, the platforms' credentials, and counts open incidents.
 * @param isLocal Only what a process cannot work without: to be restarted because Telegram or Redis is away helps nobody.
 * @returns 0 only when all is well; open incidents are told but do not count.
 */
export async function doctor(cli: Cli, isLocal: boolean): Promise<number> {
  return withBase(cli, async (base) => {
    const findings = [
      { check: 'database', ok: (await pendingMigrations(base.database.url)).length === 0 } as const,
      ...(isLocal ? [] : [...(await redis(cli)), ...(await platforms(cli, base))]),
      await incidents(base),
    ];
    show(cli, { findings }, findings.map((finding) => lineOf(base, finding)).join('\n'));
    return findings.every(({ ok, check }) => ok || check === 'incidents') ? 0 : 1;
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
      const { ok, code } = await channel.check();
      return { check: channel.platform, ok, ...(code === undefined ? {} : { code }) };
    }),
  );
}

async function incidents(base: Base): Promise<Finding> {
  const [row] = await base.database.query<{ open: number }>(
    `SELECT count(*)::int AS open FROM incidents WHERE resolved_at IS NULL`,
  );
  return { check: 'incidents', ok: row?.open === 0, code: String(row?.open) };
}

function lineOf(base: Base, { check, ok, code }: Finding): string {
  const words = base.services.texts.translate('zh-CN', `cli.doctor.${check}.${ok ? 'ok' : 'bad'}`, {
    code: code ?? '',
  });
  return `${ok ? '✓' : '✗'} ${words}`;
}
