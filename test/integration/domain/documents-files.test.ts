import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Actor } from '../../../src/core/operations/actor.ts';
import { readTimes } from '../../../src/core/unit/unit.ts';
import { filingTarget, MAX_FILE_BYTES, readFile, storeFile, type Upload } from '../../../src/domain/documents/index.ts';
import { DiskFileStore } from '../../../src/lib/file-store.ts';
import { exeFile, pdfFile, pngFile } from '../../support/files.ts';
import { useFilingDesk } from '../../support/filing-desk.ts';
import { refusalOf } from '../../support/product.ts';

describe('files of a customer', () => {
  const desk = useFilingDesk();
  const { product, store, fileId } = desk;

  async function uploadOf(bytes: Buffer): Promise<Omit<Upload, 'claim'>> {
    const { now } = await product.db.database.transaction(readTimes);
    const found = await product.db.database.query<{ data_key: number }>(
      'SELECT data_key FROM customers WHERE id = $1',
      [desk.he.id],
    );
    return { customer: { id: desk.he.id, data_key: found[0]?.data_key ?? 0 }, bytes, now };
  }

  describe('taking the bytes', () => {
    test('they lie sealed under a random key, and come back as they were', async () => {
      const bytes = pdfFile('机密内容 secret words');
      const id = await fileId(bytes, { name: '流水.pdf' });

      const { rows } = await product.db.pool.query<{
        storage_key: string;
        mime: string;
        size_bytes: string;
        digest: Buffer;
      }>('SELECT storage_key, mime, size_bytes, digest FROM files WHERE id = $1', [id]);
      const row = rows[0];
      const sealed = await product.services.files.get(row?.storage_key ?? '');

      expect(row).toMatchObject({ mime: 'application/pdf', size_bytes: String(bytes.length) });
      expect(row?.storage_key).toMatch(/^[0-9a-z]{40}$/);
      expect(sealed.includes(Buffer.from('secret words'))).toBe(false);
      expect(await product.db.database.transaction(async (tx) => readFile(tx, product.services, id))).toEqual(bytes);
    });

    test('the same bytes of one customer are stored once, also from two processes at the same moment', async () => {
      const other = await product.elsewhere();
      const folder = path.join(tmpdir(), `daiban-once-${process.pid}`);
      const files = new DiskFileStore(folder);
      const rounds = 8;

      for (let round = 0; round < rounds; round += 1) {
        const upload = { ...(await uploadOf(pngFile(`same ${String(desk.made)} ${String(round)}`))), claim: {} };
        const stored = await Promise.all(
          [product.deps, other, product.deps, other].map(async ({ database, services }) =>
            storeFile({ database, services: { keys: services.keys, files } }, upload),
          ),
        );
        expect(new Set(stored.map((one) => (one.kind === 'stored' ? one.fileId : one.reason))).size).toBe(1);
        expect(stored.filter((one) => one.kind === 'stored' && one.isNew)).toHaveLength(1);
      }

      const rows = await product.db.pool.query('SELECT 1 FROM files WHERE customer_id = $1', [desk.he.id]);
      expect(rows.rows).toHaveLength(rounds);
      const blobs = await readdir(folder, { recursive: true, withFileTypes: true });
      expect(blobs.filter((one) => one.isFile())).toHaveLength(rounds);
      await rm(folder, { recursive: true });
      await other.close();
    });

    test('the same bytes of another customer are his own file', async () => {
      const facts = { name: '周先生', phone: `1390001${String(1000 + desk.made)}` };
      const other = (await product.call(desk.lin, 'lead.capture', { facts })) as { customerId: string };
      const bytes = pngFile(`shared ${String(desk.made)}`);
      await store(bytes);

      expect(await store(bytes, {}, other.customerId)).toMatchObject({ kind: 'stored', isNew: true });
    });

    test('what is refused leaves nothing behind: no row, nothing on disk', async () => {
      const folder = path.join(tmpdir(), `daiban-empty-${process.pid}`);
      const services = { ...product.services, files: new DiskFileStore(folder) };
      const reasons = [];
      for (const [bytes, claim] of [
        [exeFile(), {}],
        [exeFile(), { name: '身份证.jpg' }],
        [Buffer.alloc(0), {}],
        [Buffer.alloc(MAX_FILE_BYTES + 1, 37), { name: 'big.pdf' }],
      ] as const) {
        const stored = await storeFile(
          { database: product.db.database, services },
          { ...(await uploadOf(bytes)), claim },
        );
        reasons.push(stored.kind === 'refused' ? stored.reason : stored.kind);
      }

      expect(reasons).toEqual(['wrong_type', 'lying_type', 'empty', 'too_big']);
      expect(
        (await product.db.pool.query('SELECT 1 FROM files WHERE customer_id = $1', [desk.he.id])).rows,
      ).toHaveLength(0);
      await expect(readdir(folder)).rejects.toThrow(/ENOENT/);
    });

    test('a file that was altered on disk, or is not there, does not open', async () => {
      const id = await fileId(pngFile(`altered ${String(desk.made)}`));
      const { rows } = await product.db.pool.query<{ storage_key: string }>(
        'SELECT storage_key FROM files WHERE id = $1',
        [id],
      );
      const sealed = await product.services.files.get(rows[0]?.storage_key ?? '');
      sealed[sealed.length - 1] = (sealed.at(-1) ?? 0) ^ 1;
      await product.services.files.put(rows[0]?.storage_key ?? '', sealed);

      await expect(product.db.database.transaction(async (tx) => readFile(tx, product.services, id))).rejects.toThrow();
      expect(
        await refusalOf(product.db.database.transaction(async (tx) => readFile(tx, product.services, desk.he.id))),
      ).toBe('document.file_not_found');
    });

    test('after the customer’s key is destroyed his files cannot be read by anybody', async () => {
      const id = await fileId(pdfFile('to be erased'));
      await product.db.pool.query(
        `UPDATE data_keys SET wrapped = NULL, destroyed_at = business_now() WHERE number = (SELECT data_key FROM customers WHERE id = $1)`,
        [desk.he.id],
      );
      const other = await product.elsewhere();

      expect(await refusalOf(other.database.transaction(async (tx) => readFile(tx, other.services, id)))).toBe(
        'document.file_not_found',
      );
      await other.close();
    });
  });

  describe('whose file it is', () => {
    async function target(actor: Actor, caption = '', about?: string): Promise<string> {
      const found = await product.db.database.transaction(async (tx) => filingTarget(tx, actor, caption, about));
      return found.kind === 'customer' ? found.customer.id : found.reason;
    }

    test('a customer’s own, whatever number he writes', async () => {
      expect(await target(desk.he, 'K301 身份证')).toBe(desk.he.id);
    });

    test('a customer who has not consented, or has withdrawn it, has nothing fetched', async () => {
      await product.call(desk.he, 'consent.withdraw', { consent: 'personal-information' });

      expect(await target(desk.he)).toBe('no_consent');
    });

    test('a stranger’s is nobody’s', async () => {
      expect(await target(await product.stranger('60001'), desk.number)).toBe('no_customer');
    });

    test('a salesperson’s own customer by the number in the caption, or by what the conversation is about', async () => {
      expect(await target(desk.lin, `${desk.number} 身份证`)).toBe(desk.he.id);
      expect(await target(desk.lin, '身份证', desk.number)).toBe(desk.he.id);
      expect(await target(desk.lin, '身份证')).toBe('no_customer');
    });

    test('not another’s customer, and not for somebody who files nothing', async () => {
      const gu = await product.addStaff('小顾', ['sales'], { team: '二组' });

      expect(await target(gu, desk.number)).toBe('no_customer');
      expect(await target(desk.reviewer, desk.number)).toBe('no_customer');
      expect(await target(desk.lin, 'K999999')).toBe('no_customer');
    });
  });

  test('a file’s plain content is nowhere under the store', async () => {
    const canary = `canary-${String(desk.made)}-13800007777`;
    await fileId(pdfFile(canary));
    const { rows } = await product.db.pool.query<{ storage_key: string }>(
      'SELECT storage_key FROM files WHERE customer_id = $1',
      [desk.he.id],
    );

    for (const { storage_key: key } of rows)
      expect((await product.services.files.get(key)).includes(Buffer.from(canary))).toBe(false);
    expect(rows).toHaveLength(1);
  });
});
