/** Whose words leave the machine: the sandbox is exempt from the cross-border consent, a configured channel beside it is not. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { configuredChannels, openBase } from '../../../src/base.ts';
import { parseEnv } from '../../../src/config/env.ts';
import { useDatabase } from '../../support/database.ts';

describe('what is said leaves the machine', () => {
  const db = useDatabase();
  let dataDir = '';

  beforeAll(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'daiban-border-'));
  });
  afterAll(async () => rm(dataDir, { recursive: true, force: true }));

  /** For each platform whether it does, with these settings. */
  async function leaving(settings: Record<string, string>): Promise<Readonly<Record<string, boolean>>> {
    const parsed = parseEnv({
      DATABASE_URL: db.url,
      DATA_DIR: dataDir,
      MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
      LOG_LEVEL: 'silent',
      ...settings,
    });
    if (!parsed.ok) throw new Error(parsed.faults.join('\n'));
    const { env } = parsed;
    const base = await openBase({ env, version: '0', say: () => undefined }, configuredChannels(env), () => undefined);
    try {
      const { leavesCountry } = base.services;
      return { slack: leavesCountry('slack:T0SANDBOX'), telegram: leavesCountry('telegram:4242') };
    } finally {
      await base.close();
    }
  }

  test.each([
    ['nowhere when everything is played here', {}, { slack: false, telegram: false }],
    [
      'on the configured channel although SANDBOX=on plays the others',
      { SANDBOX: 'on', TELEGRAM_BOT_TOKEN: '4242:x' },
      { slack: false, telegram: true },
    ],
    [
      'on a configured Slack beside a Telegram that is played',
      { SANDBOX: 'on', SLACK_BOT_TOKEN: 'xoxb-1', SLACK_SIGNING_SECRET: 's' },
      { slack: true, telegram: false },
    ],
    ['everywhere without the sandbox', { SANDBOX: 'off' }, { slack: true, telegram: true }],
  ])('%s', async (_title, settings, expected) => {
    expect(await leaving(settings)).toEqual(expected);
  });
});
