/** Incidents: who runs the installation sees what happened and what to do, and closes what has been seen to. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { doctor } from '../../../src/cli/doctor.ts';
import { parseEnv } from '../../../src/config/env.ts';
import { newId } from '../../../src/lib/ids.ts';
import { MASTER_KEY, useCompany, type StaffActor } from '../../invariants/support/company.ts';

const company = useCompany();
let manager: StaffActor;
let sales: StaffActor;

interface Listed {
  readonly items: readonly { readonly id: string; readonly kind: string; readonly words: string }[];
  readonly open: number;
  readonly nextCursor: string | null;
}

beforeAll(async () => {
  manager = await company.addStaff('梁总', ['manager'], { wecom: 'liang' });
  sales = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin' });
});
beforeEach(async () => {
  await company.db.pool.query('TRUNCATE incidents');
});

/** An incident of some minutes ago; its id. */
async function happen(kind: string, minutes: number, detail: object = {}): Promise<string> {
  const id = newId();
  await company.db.pool.query(
    `INSERT INTO incidents (id, kind, subject_kind, subject_id, detail, opened_at) VALUES ($1, $2, 'outbox', '4711', $3, business_now() - make_interval(mins => $4))`,
    [id, kind, detail, minutes],
  );
  return id;
}

async function list(query: object = {}): Promise<Listed> {
  return (await company.call(manager, 'incident.list', query)) as Listed;
}

describe('the list', () => {
  test('names each with what happened and what to do, the newest first, in pages', async () => {
    const older = await happen('approval.empty', 20, { node: '终审' });
    const newer = await happen('outbox.parked', 10, { code: 'blocked' });
    await happen('nobody-knows', 30);

    const first = await list({ limit: 2 });
    const second = await list({ limit: 2, cursor: first.nextCursor });

    expect(first.items.map(({ id }) => id)).toEqual([newer, older]);
    expect(first.open).toBe(3);
    expect(first.items[0]?.words).toBe(
      '有一条消息送不到对方（blocked）。可能停用了账号或拉黑了机器人，请换个方式联系。',
    );
    expect(first.items[1]?.words).toContain('停在「终审」');
    expect(second.items.map(({ kind }) => kind)).toEqual(['nobody-knows']);
    expect(second.items[0]?.words).not.toContain('{');
    expect(second.nextCursor).toBeNull();
  });

  test('is for those who run the place', async () => {
    await expect(company.call(sales, 'incident.list', {})).rejects.toMatchObject({ code: 'permission.denied' });
    const id = await happen('outbox.failed', 1);
    await expect(company.call(sales, 'incident.resolve', { id })).rejects.toMatchObject({ code: 'permission.denied' });
  });
});

describe('an incident that has been seen to', () => {
  test('leaves the open ones, names who closed it, and is in the audit log', async () => {
    const id = await happen('outbox.failed', 1);

    const done = (await company.call(manager, 'incident.resolve', { id })) as { readonly resolvedAt: string };
    await company.advance(60_000);
    const again = (await company.call(manager, 'incident.resolve', { id })) as { readonly resolvedAt: string };

    expect((await list()).items).toEqual([]);
    expect((await list({ state: 'all' })).items.map((one) => one.id)).toEqual([id]);
    expect(again.resolvedAt).toBe(done.resolvedAt);
    expect(await company.count('incidents WHERE resolved_by = $1', [manager.id])).toBe(1);
    expect(await company.count(`audit_entries WHERE action = 'incident.resolve' AND subject_id = $1`, [id])).toBe(2);
  });

  test('is refused when there is none of that id', async () => {
    await expect(company.call(manager, 'incident.resolve', { id: newId() })).rejects.toMatchObject({
      code: 'incident.not_found',
    });
  });
});

describe('daiban doctor', () => {
  let dataDir = '';
  beforeAll(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'daiban-incidents-'));
  });
  afterAll(async () => rm(dataDir, { recursive: true, force: true }));

  test('names the newest ten incidents with kind, time, subject and what to do', async () => {
    for (let minutes = 1; minutes <= 12; minutes += 1) await happen('outbox.unknown', minutes, { code: 'timeout' });
    const settings = parseEnv({
      DATABASE_URL: company.db.url,
      DATA_DIR: dataDir,
      MASTER_KEY: MASTER_KEY.toString('base64'),
      LOG_LEVEL: 'silent',
    });
    if (!settings.ok) throw new Error(settings.faults.join('\n'));
    const lines: string[] = [];

    const code = await doctor(
      { env: settings.env, version: '0.0.0', json: false, out: (text) => void lines.push(...text.split('\n')) },
      true,
    );

    expect(code).toBe(0);
    expect(lines).toContainEqual(expect.stringMatching(/^! 有 12 个未处理的异常；处理好后用 POST .*结案/));
    const named = lines.filter((line) => line.startsWith('  '));
    expect(named).toHaveLength(10);
    expect(named[0]).toMatch(
      /^ {2}\d{4}-\d\d-\d\d \d\d:\d\d outbox\.unknown outbox 4711：有一条消息不知道对方是否收到（timeout）。.*（编号 [0-9a-f-]{36}）$/,
    );
  });
});
