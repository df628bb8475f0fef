/** The first days of an installation with platforms of its own: nothing is on offer until the company says what it lends. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Actor } from '../../../src/core/operations/actor.ts';
import { performOperation } from '../../../src/core/unit/unit.ts';
import { addStaff, withBase } from '../../../src/cli/admin.ts';
import { doctor } from '../../../src/cli/doctor.ts';
import { failureOf, textOf } from '../../../src/cli/failure.ts';
import type { Cli } from '../../../src/cli/index.ts';
import { exampleProducts, listProducts, publishProducts, retireProduct } from '../../../src/cli/products.ts';
import { parseEnv } from '../../../src/config/env.ts';
import { AppError } from '../../../src/lib/errors.ts';
import { useDatabase } from '../../support/database.ts';

function inWords(error: unknown): string {
  return textOf(failureOf(error, 'zh-CN'));
}

describe('daiban products', () => {
  const db = useDatabase();
  let folder = '';
  const lines: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'daiban-products-'));
  });
  afterAll(async () => rm(folder, { recursive: true, force: true }));

  function cli(json = false): Cli {
    const settings = parseEnv({
      DATABASE_URL: db.url,
      DATA_DIR: folder,
      MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
      SANDBOX: 'off',
    });
    if (!settings.ok) throw new Error(settings.faults.join('\n'));
    return { env: settings.env, version: '0.0.0', json, out: (line) => void lines.push(line) };
  }

  /** What a verb prints. */
  async function printed(run: () => Promise<number>): Promise<string> {
    lines.length = 0;
    expect(await run()).toBe(0);
    return lines.join('\n');
  }

  async function fileWith(text: string): Promise<string> {
    const file = path.join(folder, 'products.yaml');
    await writeFile(file, text);
    return file;
  }

  /** What the company still lacks. */
  async function lacking(): Promise<readonly string[]> {
    const told = await printed(async () => doctor(cli(true), false));
    const { findings } = JSON.parse(told) as { readonly findings: readonly { check: string; ok: boolean }[] };
    return findings.flatMap(({ check, ok }) => (ok ? [] : [check]));
  }

  async function submitFrom(lead: string, sales: Actor): Promise<unknown> {
    return withBase(cli(), async (base) => {
      const options = { actor: sales, via: 'wecom' };
      await performOperation(base.unit, options, 'lead.submit', { lead });
      return 0;
    }).catch((error: unknown) => (error instanceof AppError ? inWords(error) : error));
  }

  test('without any, the doctor says what to do and a sales person is told who can help', async () => {
    expect(await lacking()).toEqual(['staff', 'products', 'approvers']);
    const added = await printed(async () => addStaff(cli(true), { name: '小林', role: 'sales' }));
    const { id } = JSON.parse(added) as { readonly id: string };
    const sales: Actor = { kind: 'STAFF', id, name: '小林', roles: ['sales'], teamId: undefined, language: 'zh-CN' };
    const facts = { name: '何女士', phone: '13800006612', amount: '300000.00', purpose: 'turnover', term: 36 };
    const lead = await printed(async () =>
      withBase(cli(), async (base) => {
        const options = { actor: sales, via: 'wecom' };
        const made = await performOperation(base.unit, options, 'lead.capture', { facts, source: 'wecom' });
        lines.push((made as { readonly leadNumber: string }).leadNumber);
        return 0;
      }),
    );

    expect(await submitFrom(lead, sales)).toBe(
      '没有产品能做这个金额和期限。 公司还没有发布产品，先请管理员发布（daiban products publish）。资料都留着。',
    );
  });

  test('the example is a file that can be published as it is, with each document named', async () => {
    const example = await printed(async () => exampleProducts(cli()));
    expect(example).toMatch(/^# 产品目录示例/);

    const published = await printed(async () => publishProducts(cli(), await fileWith(example)));

    expect(published.split('\n')).toEqual([
      expect.stringContaining('P-001 v1 已发布'),
      expect.stringContaining('P-005 v1 已发布'),
      expect.stringContaining('P-012 v1 已发布'),
    ]);
    const { items } = JSON.parse(await printed(async () => listProducts(cli(true)))) as {
      readonly items: readonly { readonly checklist: readonly object[] }[];
    };
    expect(items[0]?.checklist[0]).toMatchObject({ code: 'D01', name: '身份证（正反面）', isRequired: true });
    expect(await printed(async () => listProducts(cli()))).toMatch(
      /^P-001 v1 \S+：[\d,]+\.00–[\d,]+\.00 元，\d+(\/\d+)* 期，年利率 \d+(\.\d+)?%$/m,
    );
    expect(await lacking()).toEqual(['approvers']);
  });

  test('published again it stays the version it is; what has changed becomes the next', async () => {
    const example = await printed(async () => exampleProducts(cli()));
    const dearer = example.replace('"0.096"', '"0.12"');
    expect(dearer).not.toBe(example);

    expect(await printed(async () => publishProducts(cli(), await fileWith(example)))).not.toContain('已发布');
    const lines = (await printed(async () => publishProducts(cli(), await fileWith(dearer)))).split('\n');

    expect(lines.map((line) => line.slice(0, 13))).toEqual(['✓ P-001 v2 已发', '✓ P-005 v1 没有', '✓ P-012 v1 没有']);
  });

  test('one fault in the file publishes nothing and is named with its line', async () => {
    const products = parse(await printed(async () => exampleProducts(cli()))) as { name: string; terms: object }[];
    const faulty = JSON.stringify(
      products.map((one, index) =>
        index === 2 ? { ...one, terms: { ...one.terms, annualRate: '9.6' } } : { ...one, name: `新${one.name}` },
      ),
      null,
      1,
    );
    const file = await fileWith(faulty);
    const line = faulty.split('\n').findIndex((text) => text.includes('"9.6"')) + 1;

    const refused = await publishProducts(cli(), file).catch((error: unknown) => inWords(error));

    expect(refused).toContain(`${file}:${line} 2.terms.annualRate 请写年利率的小数`);
    expect(await printed(async () => listProducts(cli()))).not.toContain('新');
  });

  test('a fault that only publishing finds is named with its line too, and the products before it stay as they were', async () => {
    const products = parse(await printed(async () => exampleProducts(cli()))) as {
      name: string;
      checklist: object[];
    }[];
    const faulty = JSON.stringify(
      products.map((one, index) =>
        index === 2 ? { ...one, checklist: [...one.checklist, { code: 'X77' }] } : { ...one, name: `新${one.name}` },
      ),
      null,
      1,
    );
    const file = await fileWith(faulty);
    const line = faulty.split('\n').findIndex((text) => text.includes('"X77"'));

    const refused = await publishProducts(cli(), file).catch((error: unknown) => inWords(error));

    expect(refused).toContain(`${file}:${line} 2.checklist.`);
    expect(refused).toContain('请写资料的名称');
    expect(await printed(async () => listProducts(cli()))).not.toContain('新');
  });

  test('a file that says something else is refused in the operator’s own language', async () => {
    const file = await fileWith('- code: 7\n');

    const refused = await publishProducts(cli(), file).catch((error: unknown) => inWords(error));

    expect(refused).toContain(`${file}:1 0.code 请写文字，放在引号里。`);
    const large = publishProducts(cli(), await fileWith(' '.repeat(5_000_001)));
    expect(await large.catch((error: unknown) => inWords(error))).toContain(`${file}:1 文件太大`);
  });

  test('a product that is retired is off the offer until it is published again, as the next version', async () => {
    const example = await printed(async () => exampleProducts(cli()));

    await printed(async () => retireProduct(cli(), 'P-005'));
    expect(await printed(async () => listProducts(cli()))).not.toContain('P-005');
    await expect(retireProduct(cli(), 'P-005')).rejects.toMatchObject({ code: 'product.not_on_offer', status: 404 });

    expect(await printed(async () => publishProducts(cli(), await fileWith(example)))).toContain('P-005 v2 已发布');
  });

  test('a document of the company’s own is named in plain words', async () => {
    const own = `
- code: P-900
  name: 商标质押贷
  terms: { method: INTEREST_ONLY, annualRate: "0.08", minAmount: "10000.00", maxAmount: "50000.00", termMonths: [12], dayCount: ACT/360 }
  checklist: [{ code: D01 }, { code: X01, name: 商标注册证, isRequired: false, words: [商标] }]
`;
    await printed(async () => publishProducts(cli(), await fileWith(own)));

    const { items } = JSON.parse(await printed(async () => listProducts(cli(true)))) as {
      readonly items: readonly { readonly code: string; readonly checklist: readonly object[] }[];
    };
    expect(items.find(({ code }) => code === 'P-900')?.checklist[1]).toEqual({
      code: 'X01',
      name: '商标注册证',
      isRequired: false,
      words: ['商标'],
    });
  });
});
