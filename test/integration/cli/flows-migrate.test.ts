/** `daiban flows migrate`: says what it would do, does it when that is confirmed, and says what each version still runs. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listFlows, migrateFlow, showFlow } from '../../../src/cli/flows.ts';
import type { Cli } from '../../../src/cli/index.ts';
import { parseEnv, type Env } from '../../../src/config/env.ts';
import { MASTER_KEY, useCompany } from '../../invariants/support/company.ts';
import { publishChanged } from '../../invariants/support/publish.ts';
import { refusalOf } from '../../support/product.ts';

const company = useCompany();
const FLOW = 'repayment-reminder';
let env: Env;
let dataDir = '';

beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'daiban-flows-'));
  const settings = parseEnv({
    DATABASE_URL: company.db.url,
    DATA_DIR: dataDir,
    MASTER_KEY: MASTER_KEY.toString('base64'),
    LOG_LEVEL: 'silent',
  });
  if (!settings.ok) throw new Error(settings.faults.join('\n'));
  env = settings.env;
  const lin = await company.addStaff('小林', ['sales'], { wecom: 'lin' });
  const zhou = await company.addStaff('周敏', ['reviewer'], { wecom: 'zhou' });
  const facts = { name: '何女士', phone: '13800006612', amount: '100000.00', term: 12, product: 'P-001' };
  const lead = (await company.call(lin, 'lead.capture', { facts })) as { leadNumber: string };
  await company.call(lin, 'lead.submit', { lead: lead.leadNumber });
  const { items } = (await company.call(zhou, 'approval.list', {})) as { items: { id: string; revision: number }[] };
  await company.call(zhou, 'approval.decide', { id: items[0]?.id, revision: items[0]?.revision, verb: 'approve' });
  await publishChanged(company, FLOW, (text) => text.replace('day: -3', 'day: -5'));
});
afterAll(async () => rm(dataDir, { recursive: true, force: true }));

/** Runs a verb; what it says. */
async function run(json: boolean, verb: (cli: Cli) => Promise<number>): Promise<string> {
  const lines: string[] = [];
  expect(await verb({ env, version: '0', json, out: (line) => void lines.push(line) })).toBe(0);
  return lines.join('\n');
}

const migrate =
  (isConfirmed: boolean, name = FLOW) =>
  async (cli: Cli): Promise<number> =>
    migrateFlow(cli, name, { to: undefined, isConfirmed });

async function moved(): Promise<number> {
  return company.count(`loans l JOIN flow_versions v ON v.id = l.reminder_version_id WHERE v.number = 2`);
}

test('without --yes it says what would change, and changes nothing', async () => {
  expect(await run(false, migrate(false))).toBe(
    'repayment-reminder v2：1 笔在还借据将换用（v1 × 1）；其中 1 笔的下一次提醒会变，0 档提醒按新版本已经过去，只记为 lapsed，不补发\n还没有改动任何东西；确认要换，请加 --yes',
  );
  expect(JSON.parse(await run(true, migrate(false)))).toEqual({
    name: FLOW,
    to: 2,
    loans: 1,
    from: [{ number: 1, loans: 1 }],
    rescheduled: 1,
    lapsed: 0,
    done: false,
  });
  expect(await moved()).toBe(0);
});

test('the versions say how many cases they run', async () => {
  const list = await run(false, listFlows);
  expect(list).toMatch(/LIVE +repayment-reminder v2 \w{12} 0 笔在办\nRETIRED +repayment-reminder v1 \w{12} 1 笔在办/);
  expect(list).toMatch(/loan-approval v1 \w{12} 0 笔在办/);
  expect(list).toMatch(/lead-intake v1 \w{12}$/m);
});

test('a version is shown with the words it was published with', async () => {
  expect(JSON.parse(await run(true, async (cli) => showFlow(cli, FLOW)))).toMatchObject({
    number: 2,
    running: 0,
    texts: {
      'zh-CN': { 'flows.repayment-reminder.title': '还款提醒' },
      en: { 'flows.repayment-reminder.title': 'Repayment reminder' },
    },
  });
});

test('with --yes it moves them; once more, nothing is left to move', async () => {
  const said = await run(false, migrate(true));
  expect(said).toContain('✓ 1 笔已换用 v2；下一次提醒变了的 1 笔，记为 lapsed 的 0 档');
  expect(await moved()).toBe(1);

  expect(JSON.parse(await run(true, migrate(true)))).toMatchObject({ loans: 0, moved: 0, done: true });
  expect(await run(false, migrate(false))).toBe('repayment-reminder v2：没有要换版本的在还借据');
});

test('cases of other kinds are refused', async () => {
  expect(await refusalOf(run(true, migrate(true, 'loan-approval')))).toBe('flow.keeps_version');
});
