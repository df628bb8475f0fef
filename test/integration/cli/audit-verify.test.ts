/** What `daiban audit verify` tells an operator, and that looking changes nothing. */
import { beforeAll, describe, expect, test } from 'vitest';
import { verifyAuditLog } from '../../../src/cli/admin.ts';
import { anchorAudit } from '../../../src/core/audit/anchor.ts';
import { sealAudit } from '../../../src/core/audit/seal.ts';
import { useCompany } from '../../invariants/support/company.ts';

const NOW = new Date('2026-11-21T08:00:00Z');
const company = useCompany();

/** Asks as JSON and in words. */
async function ask(): Promise<{ readonly code: number; readonly verdict: unknown; readonly said: string }> {
  const lines: string[] = [];
  const cli = { env: company.base.env, version: '0', out: (line: string) => void lines.push(line) };
  const code = await verifyAuditLog({ ...cli, json: true });
  await verifyAuditLog({ ...cli, json: false });
  const [verdict = '', said = ''] = lines;
  return { code, verdict: JSON.parse(verdict), said };
}

describe('daiban audit verify', () => {
  beforeAll(async () => {
    const { database, keys, anchors } = company.base;
    await company.addStaff('小林', ['sales']);
    while ((await sealAudit(database, keys)) > 0);
    await anchorAudit(database, keys, anchors, NOW);
  });

  test('says how much is sealed', async () => {
    const sealed = await company.count('audit_seals');

    expect(await ask()).toEqual({
      code: 0,
      verdict: { ok: true, entries: String(sealed), anchors: 1, waiting: '0' },
      said: `✓ 审计链完整：${sealed} 条，1 个锚点`,
    });
  });

  test('counts what waits for the sealer and leaves it to him', async () => {
    await company.addStaff('小何', ['sales']);
    const sealed = await company.count('audit_seals');

    const { code, verdict, said } = await ask();

    expect([code, verdict]).toMatchObject([0, { ok: true, waiting: '1' }]);
    expect(said).toContain('1 条已提交、等待封存');
    expect(await company.count('audit_seals')).toBe(sealed);
    expect(await company.count('audit_unsealed')).toBe(1);
  });

  test('of a database older than its anchors says that it may be an older backup, and since when', async () => {
    const sealed = await company.count('audit_seals');
    await company.db.pool.query(
      `BEGIN; SET LOCAL session_replication_role = replica; DELETE FROM audit_seals WHERE sequence = ${sealed}; COMMIT`,
    );

    const { code, verdict, said } = await ask();

    expect(code).toBe(1);
    expect(verdict).toEqual({ ok: false, fault: 'cut', sequence: String(sealed), anchoredAt: NOW.toISOString() });
    expect(said).toMatch(/^✗ 第 \d+ 条起与 2026-11-21T08:00:00\.000Z 写下的锚点对不上：.*更早的备份/);
  });
});
