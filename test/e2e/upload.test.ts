/** The upload page as a member of staff meets it: the link in the WeCom phone of the sandbox, a browser, the chat again. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useDatabase } from '../support/database.ts';
import { exeFile, jpegFile, pdfFile } from '../support/files.ts';
import { accessibilityFaults } from './support/axe.ts';
import { openBrowser, openPage, whyNoBrowser } from './support/browser.ts';
import { hear, type Phone } from './support/phones.ts';
import { Product } from './support/product.ts';

const PICTURES = path.resolve(import.meta.dirname, '../../docs/pictures');
const database = useDatabase();
let product: Product;

beforeAll(async () => {
  product = new Product(database.url);
  await product.start();
}, 60_000);
afterAll(async () => {
  await product.stop();
  product.remove();
});

/** Captures a lead and asks for its upload page; the page's address. */
async function askForPage(phone: Phone, mobile: string): Promise<{ readonly number: string; readonly link: string }> {
  await phone.say(`新客户 何女士 ${mobile} 想贷30万周转`);
  const number = /K\d+/.exec((await hear(phone, /已建草稿 K\d+/)).text)?.[0] ?? '';
  await phone.say(`上传 ${number}`);
  const { text } = await hear(phone, new RegExp(`${number} 的上传页面|upload page of ${number}`));
  return { number, link: /http:\S+/.exec(text)?.[0] ?? '' };
}

test('a PDF goes from the page under its checklist item, without a script; the secret is in no log of the look-alikes', async () => {
  const chen = product.phone('wecom', 'chenzz');
  const { link } = await askForPage(chen, '13800006620');
  expect(link.startsWith(`${product.url}/upload/`)).toBe(true);
  const body = new FormData();
  body.append('files', new Blob([new Uint8Array(pdfFile('e2e'))]), '近6个月银行流水.pdf');
  const answer = await fetch(link, { method: 'POST', body });

  expect(await answer.text()).toContain('已收到 1 份');
  await hear(chen, /上传页收到 1 份/);
  await hear(chen, /已归到「近6个月银行流水」（第 1 版）/);
  const journal = await (await fetch(`${product.url}/sandbox/journal`)).text();
  const addresses = [...journal.matchAll(/"(?:url|path|query)":("[^"]*"|\{[^}]*\})/g)].map(([whole]) => whole);
  expect(addresses.join()).not.toContain(new URL(link).pathname.split('/').at(-1));
});

const reason = whyNoBrowser();

describe.skipIf(reason !== undefined)('in a browser', () => {
  const open: { browser?: Browser } = {};
  beforeAll(async () => {
    open.browser = await openBrowser();
  });
  afterAll(async () => open.browser?.close());

  async function picture(page: Page, name: string): Promise<void> {
    if (process.env['UPDATE_PICTURES'] !== '1') return;
    mkdirSync(PICTURES, { recursive: true });
    await page.screenshot({ path: path.join(PICTURES, name), fullPage: true });
  }

  for (const { language, short, person, name, words } of [
    {
      language: 'zh-CN',
      short: 'zh',
      person: '00123',
      name: '小何',
      words: {
        send: '上传',
        remove: '移除',
        wrong: '只收照片和 PDF',
        damaged: '文件不完整',
        taken: '已收到 2 份',
        refused: '没有收 1 份',
        used: '已经用过了',
      },
    },
    {
      language: 'en',
      short: 'en',
      person: 'xiaolin',
      name: '小林',
      words: {
        send: 'Upload',
        remove: 'Remove',
        wrong: 'Not a photo or a PDF',
        damaged: 'Incomplete',
        taken: '2 files received',
        refused: 'One file not taken',
        used: 'has been used',
      },
    },
  ] as const) {
    test(`choosing, taking one back, sending and the outcome, in ${language}`, { timeout: 90_000 }, async () => {
      await database.pool.query('UPDATE staff SET language = $1 WHERE name = $2', [language, name]);
      const phone = product.phone('wecom', person);
      await phone.say(`新客户 周先生 1380000662${language === 'en' ? '1' : '2'} 想贷20万装修`);
      const number =
        /K\d+/.exec((await hear(phone, language === 'en' ? /Draft K\d+/ : /已建草稿 K\d+/)).text)?.[0] ?? '';
      await phone.say(`upload ${number}`);
      const { text } = await hear(phone, new RegExp(`${number} 的上传页面|upload page of ${number}`));
      const link = /http:\S+/.exec(text)?.[0] ?? '';
      const { page, complaints, close } = await openPage(open.browser as Browser, {
        viewport: { width: 390, height: 844 },
      });

      await page.goto(link);
      expect(await accessibilityFaults(page)).toEqual([]);
      await page.setInputFiles('input[type=file]', [
        {
          name: '近6个月银行流水.pdf',
          mimeType: 'application/pdf',
          buffer: Buffer.concat([pdfFile(short), Buffer.alloc(2_400_000)]),
        },
        {
          name: '身份证正面 photo of the identity card front side.jpg',
          mimeType: 'image/jpeg',
          buffer: jpegFile(short),
        },
      ]);
      await page.setInputFiles('input[type=file]', [
        { name: '合同.pdf', mimeType: 'application/pdf', buffer: exeFile() },
        { name: '发错了.jpg', mimeType: 'image/jpeg', buffer: jpegFile(`${short}-wrong`) },
      ]);
      const line = (file: string): Locator => page.getByRole('listitem').filter({ hasText: file });
      await line('发错了.jpg').getByRole('button').click();
      await page.setInputFiles('input[type=file]', [
        { name: '说明.txt', mimeType: 'text/plain', buffer: Buffer.from('这是一段说明，不是资料。'.repeat(9)) },
        { name: '断了.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4 only a bit') },
      ]);
      await line('说明.txt').getByText(words.wrong).waitFor();
      await line('断了.pdf').getByText(words.damaged).waitFor();
      expect(await accessibilityFaults(page)).toEqual([]);
      await line('断了.pdf').getByRole('button').click();
      expect(await accessibilityFaults(page)).toEqual([]);
      for (const width of [390, 1280]) {
        await page.setViewportSize({ width, height: 844 });
        await picture(page, `upload-${short}-${width}.png`);
      }
      await page.setViewportSize({ width: 390, height: 844 });
      await page.getByRole('button', { name: words.send, exact: true }).click();
      await page.getByRole('heading', { name: words.taken }).waitFor();
      expect(await page.getByRole('heading', { name: words.refused }).count()).toBe(1);
      expect(await accessibilityFaults(page)).toEqual([]);
      await picture(page, `upload-outcome-${short}-390.png`);
      await page.reload();
      await page.getByText(words.used).waitFor();
      // The spent page is answered with 410, which the browser reports; nothing else may be.
      expect(complaints.filter((one) => !one.includes('410'))).toEqual([]);
      await hear(phone, new RegExp(`${number} 接着传|rest of ${number}`));
      await close();
    });
  }
});
