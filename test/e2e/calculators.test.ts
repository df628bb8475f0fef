/**
 * The calculators page as a credit manager meets it: in a real browser, under the product's own security headers, at the
 * width of a phone and of a desk, in both languages, with and without a token, on screen and on paper.
 * `UPDATE_PICTURES=1` also writes docs/pictures/calculators-*.png.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import helmet from 'helmet';
import type { Browser, Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startCalculators, texts, TOKEN, type CalculatorServer } from '../integration/api/calculators-server.ts';
import { accessibilityFaults } from './support/axe.ts';
import { openBrowser, openPage, whyNoBrowser } from './support/browser.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const DESK = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };

/** The headers of the product (src/api/app.ts). */
const HEADERS = helmet({
  contentSecurityPolicy: {
    directives: {
      'script-src': ["'self'"],
      'style-src': ["'self'"],
      'style-src-attr': ["'unsafe-inline'"],
      'upgrade-insecure-requests': null,
    },
  },
  strictTransportSecurity: false,
});

interface Visit {
  readonly page: Page;
  readonly complaints: string[];
}

let folder: string;
let open: CalculatorServer;
let closed: CalculatorServer;
let browser: Browser;
const contexts: (() => Promise<void>)[] = [];

const say = (language: 'zh-CN' | 'en', key: string, values: Readonly<Record<string, string>> = {}): string =>
  texts.translate(language, `calculators-page.${key}`, values);

async function visit(server: CalculatorServer, size: typeof DESK, locale: string): Promise<Visit> {
  // The browser's day is held, so that the same dates stand in every run and picture.
  const { page, complaints, close } = await openPage(browser, { viewport: size, locale, timezoneId: 'Asia/Shanghai' });
  contexts.push(close);
  await page.clock.setFixedTime(new Date('2026-11-30T02:00:00Z'));
  await page.goto(`${server.url}/console/calculators`);
  return { page, complaints };
}

async function cells(page: Page, row: number): Promise<readonly string[]> {
  return page.locator('tbody tr').nth(row).locator('th .number, th .date, td').allInnerTexts();
}

async function picture(page: Page, name: string): Promise<void> {
  if (process.env['UPDATE_PICTURES'] === '1')
    await page.screenshot({ path: path.join(ROOT, `docs/pictures/calculators-${name}.png`) });
}

async function overflow(page: Page): Promise<number> {
  return page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth');
}

describe.skipIf(whyNoBrowser() !== undefined)('the calculators page', () => {
  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'calculators-'));
    const source = path.join(ROOT, 'src/console/calculators');
    await build({
      root: source,
      configFile: path.join(source, 'vite.config.ts'),
      logLevel: 'error',
      build: { outDir: folder, emptyOutDir: true },
    });
    open = await startCalculators({ isOpen: true, folder }, HEADERS);
    closed = await startCalculators({ isOpen: false, folder }, HEADERS);
    browser = await openBrowser();
  });
  afterEach(async () => {
    for (const close of contexts.splice(0)) await close();
  });
  afterAll(async () => {
    await browser.close();
    await open.close();
    await closed.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('shows at once a plan, what it costs and both yearly rates, without a complaint of the browser', async () => {
    const { page, complaints } = await visit(open, DESK, 'zh-CN');

    await page.getByText('9,126.58').first().waitFor();
    const figures = await page.locator('.figures strong').allTextContents();

    expect(figures).toEqual(['9,126.58', '28,556.92', '6.00%', '6.17%']);
    expect(await cells(page, 0)).toEqual(['1', '2026-12-30', '7,626.58', '1,500.00', '9,126.58', '292,373.42']);
    expect(await page.title()).toBe(say('zh-CN', 'document_title'));
    expect(await page.locator('.promise').textContent()).toMatch(/不代表审批结果/);
    expect(complaints).toEqual([]);
    await picture(page, 'desk');
  });

  test('comes up by itself when the server was just starting anew', async () => {
    const { page, close } = await openPage(browser, { viewport: DESK, locale: 'zh-CN', timezoneId: 'Asia/Shanghai' });
    contexts.push(close);
    await page.clock.install({ time: new Date('2026-11-30T02:00:00Z') });
    let refused = 0;
    for (const path of ['settings', 'texts/zh-CN'])
      await page.route(
        `**/console/calculators/${path}`,
        async (route) => {
          refused += 1;
          await route.abort('connectionrefused');
        },
        { times: 1 },
      );
    await page.goto(`${open.url}/console/calculators`);
    await expect.poll(() => refused).toBe(2);
    const figure = page.getByText('9,126.58');
    await expect
      .poll(async () => {
        await page.clock.runFor(2_000);
        return figure.count();
      })
      .toBeGreaterThan(0);
  });

  test.each([
    ['a desk in Chinese', DESK, 'zh-CN'],
    ['a desk in English', DESK, 'en-US'],
    ['a phone in Chinese', PHONE, 'zh-CN'],
    ['a phone in English', PHONE, 'en-US'],
  ])('on %s fits the width and has no flaw axe would find, with faults shown too', async (name, size, locale) => {
    const { page } = await visit(open, size, locale);
    await page.locator('.figures').waitFor();
    if (name === 'a phone in Chinese') await picture(page, 'phone');

    expect(await overflow(page)).toBeLessThanOrEqual(0);
    expect(await accessibilityFaults(page)).toEqual([]);

    await page.fill('#field-n', '0');
    await page.keyboard.press('Enter');
    await page.locator('.field .fault').waitFor();
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    expect(await accessibilityFaults(page)).toEqual([]);
  });

  test('says beside each wrong field what is expected, moves there, and keeps the last result apart', async () => {
    const { page } = await visit(open, DESK, 'zh-CN');
    await page.locator('.figures').waitFor();

    await page.fill('#field-amount', '三十');
    await page.fill('#field-n', '1201');
    await page.fill('#field-rate', '');
    await page.fill('#field-upfrontFee', '很多');
    await page.getByRole('button', { name: say('zh-CN', 'calculate') }).click();
    await page.locator('.wrong').first().waitFor();

    const fault = async (name: string): Promise<string | null> => page.locator(`#field-${name}-fault`).textContent();
    expect(await fault('amount')).toContain('例如 300000 或 30万');
    expect(await fault('n')).toBe('期数须在 1 至 1200 之间');
    expect(await fault('rate')).toBe('请填写：例如 7.2');
    expect(await fault('upfrontFee')).toContain('例如 3000');
    expect(await page.evaluate<string>('document.activeElement.id')).toBe('field-amount');
    expect(await page.locator('.status').textContent()).toBe('有 4 处需要修改，请看标红的地方；下面还是上一次的结果。');
    await picture(page, 'faults');
  });

  test('tells the truth about a flat monthly fee with other fees beside it', async () => {
    const { page } = await visit(open, DESK, 'zh-CN');
    await page.locator('.figures').waitFor();

    await page.selectOption('#field-method', 'FLAT');
    await page.fill('#field-amount', '1.2万');
    await page.fill('#field-n', '12');
    await page.fill('#field-rate', '0.8');
    await page.keyboard.press('Enter');
    await page.getByText('17.27%').first().waitFor();

    expect(await page.locator('.figures strong').allTextContents()).toEqual([
      '1,096.00',
      '1,152.00',
      '17.27%',
      '18.71%',
    ]);
    expect(await page.locator('.notes').textContent()).toMatch(/单月费率×12（9\.6%）不是年利率/);

    await page.fill('#field-upfrontFee', '240');
    await page.fill('#field-eachFee', '10');
    await page.keyboard.press('Enter');
    await page.getByText('1,512.00').first().waitFor();
    expect(await page.locator('.figures strong').first().textContent()).toBe('1,106.00');
    expect(await cells(page, 0)).toEqual(['1', '2026-12-30', '1,000.00', '96.00', '10.00', '1,106.00', '11,000.00']);
  });

  test.each([
    ['EQUAL_PRINCIPAL', {}, ['1', '2026-12-30', '8,333.33', '1,500.00', '9,833.33', '291,666.67']],
    ['INTEREST_ONLY', {}, ['1', '2026-12-30', '0.00', '1,500.00', '1,500.00', '300,000.00']],
    ['BULLET', { n: '6' }, ['1', '2027-05-30', '300,000.00', '9,000.00', '309,000.00', '0.00']],
    ['BALLOON', { amortisedOver: '120' }, ['1', '2026-12-30', '1,830.62', '1,500.00', '3,330.62', '298,169.38']],
    [
      'GRACE_THEN_EQUAL_INSTALMENT',
      { graceInterestOnly: '3' },
      ['1', '2026-12-30', '0.00', '1,500.00', '1,500.00', '300,000.00'],
    ],
    ['FIXED_PAYMENT', { payment: '1万' }, ['1', '2026-12-30', '8,500.00', '1,500.00', '10,000.00', '291,500.00']],
  ])('calculates %s', async (method, fields, first) => {
    const { page } = await visit(open, DESK, 'zh-CN');
    await page.locator('.figures').waitFor();

    await page.selectOption('#field-method', method);
    for (const [name, value] of Object.entries(fields)) await page.fill(`#field-${name}`, value);
    await page.fill('#field-amount', '30万');
    await page.keyboard.press('Enter');

    await page.locator('.asked', { hasText: say('zh-CN', `option.method.${method}`) }).waitFor();
    expect(await cells(page, 0)).toEqual(first);
  });

  test('counts days, first period, holidays and rounding as they are chosen', async () => {
    const { page } = await visit(open, DESK, 'zh-CN');
    await page.locator('.figures').waitFor();

    await page.fill('#field-start', '2026-01-10');
    await page.fill('#field-firstDue', '2026-02-20');
    await page.fill('#field-amount', '200000');
    await page.fill('#field-rate', '12');
    await page.fill('#field-n', '12');
    await page.locator('summary').click();
    await page.selectOption('#field-firstPeriod', 'BROKEN_INTEREST_ADDED(ACT/360)');
    await page.getByRole('button', { name: say('zh-CN', 'calculate') }).click();
    await page.locator('.asked', { hasText: '200,000.00' }).waitFor();
    // S07 of the lending reference.
    expect((await cells(page, 0)).slice(3, 5)).toEqual(['2,733.33', '18,503.09']);

    await page.selectOption('#field-holiday', 'FOLLOWING');
    await page.fill('#field-roundTo', '10');
    await page.getByRole('button', { name: say('zh-CN', 'calculate') }).click();
    await page.locator('.date', { hasText: '2026-02-24' }).waitFor();
  });

  test('is used by keyboard alone, and the chart reads out an instalment', async () => {
    const { page } = await visit(open, DESK, 'zh-CN');
    await page.locator('.figures').waitFor();
    const reached: string[] = [];
    for (let i = 0; i < 24; i += 1) {
      await page.keyboard.press('Tab');
      reached.push(
        await page.evaluate<string>(
          'document.activeElement.id || document.activeElement.className || document.activeElement.tagName',
        ),
      );
    }
    for (const stop of [
      'field-amount',
      'field-method',
      'field-n',
      'field-rate',
      'field-start',
      'field-firstDue',
      'field-dayCount',
      'field-upfrontFee',
      'field-eachFee',
      'SUMMARY',
      'BUTTON',
      'plot',
      'scroll',
    ])
      expect(reached).toContain(stop);

    await page.locator('.plot').focus();
    for (const key of ['ArrowRight', 'ArrowRight', 'ArrowLeft']) await page.keyboard.press(key);
    expect(await page.locator('.reading').textContent()).toBe(
      '第 1 期 2026-12-30：本金 7,626.58 + 利息 1,500.00 = 9,126.58 元',
    );
    await page.keyboard.press('End');
    expect(await page.locator('.reading').textContent()).toContain('第 36 期 2029-11-30');
  });

  test('changes language with everything in it, the result and its faults too', async () => {
    const { page } = await visit(open, DESK, 'zh-CN');
    await page.locator('.figures').waitFor();
    await page.fill('#field-n', '1201');
    await page.getByRole('button', { name: 'English' }).click();
    await page.getByRole('button', { name: say('en', 'calculate') }).waitFor();

    await page.getByText(/1200/).first().waitFor();
    await page.fill('#field-n', '36');
    await page.fill('#field-amount', '300000');
    await page.keyboard.press('Enter');
    await page.locator('.wrong').waitFor({ state: 'detached' });
    const visible = (await page.locator('body').innerText()).replace('中文', '');
    expect(visible.match(/[\u4e00-\u9fff]/g)).toBeNull();
    expect(await page.evaluate<string>('document.documentElement.lang')).toBe('en');
  });

  test('folds a plan of 360 instalments on the screen and prints it whole, without the form', async () => {
    const { page } = await visit(open, DESK, 'zh-CN');
    await page.locator('.figures').waitFor();
    await page.fill('#field-n', '360');
    await page.keyboard.press('Enter');
    const unfold = page.getByRole('button', { name: say('zh-CN', 'unfold', { count: '360' }) });
    await unfold.waitFor();
    expect(await page.locator('tbody tr:visible').count()).toBe(25);

    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('tbody tr:visible').count()).toBe(360);
    expect(await page.locator('form').isVisible()).toBe(false);
    expect(await page.locator('.asked').textContent()).toContain('300,000.00 元');
    expect((await page.pdf({ preferCSSPageSize: true })).length).toBeGreaterThan(20_000);

    await page.emulateMedia({ media: 'screen' });
    await unfold.click();
    expect(await page.locator('tbody tr:visible').count()).toBe(360);
  });

  test('outside the sandbox asks for a token, says when it is wrong, and forgets it when told to', async () => {
    const { page } = await visit(closed, DESK, 'zh-CN');
    await page.getByLabel(say('zh-CN', 'token.label')).fill('not-one-of-our-tokens');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').textContent()).toBe(say('zh-CN', 'token.refused'));
    expect(await accessibilityFaults(page)).toEqual([]);

    await page.getByLabel(say('zh-CN', 'token.label')).fill(TOKEN);
    await page.keyboard.press('Enter');
    await page.getByText('9,126.58').first().waitFor();
    expect(page.url()).not.toContain(TOKEN);

    await page.getByRole('button', { name: say('zh-CN', 'token.forget') }).click();
    await page.getByLabel(say('zh-CN', 'token.label')).waitFor();
    expect(await page.evaluate("sessionStorage.getItem('daiban.calculators.token')")).toBeNull();
  });
});

describe('the open calculators', () => {
  test('exist in the sandbox only, and only the arithmetic', async () => {
    const [sandbox, product] = [
      await startCalculators({ isOpen: true, folder: tmpdir() }),
      await startCalculators({ isOpen: false, folder: tmpdir() }),
    ];
    const terms = { method: 'EQUAL_INSTALMENT', principal: '1200.00', annualRatePct: '0', start: '2026-01-15', n: 12 };
    const ask = async (server: CalculatorServer, address: string, body: unknown): Promise<number> =>
      (await server.request(`/console/calculators/api/${address}`, { method: 'POST', body: JSON.stringify(body) }))
        .status;
    try {
      expect(await ask(sandbox, 'calc/schedule', terms)).toBe(200);
      expect(await ask(sandbox, 'calc/schedule', {})).toBe(422);
      expect(await ask(sandbox, 'decisions/run', { policy: 'credit', facts: {} })).not.toBe(200);
      expect(await ask(product, 'calc/schedule', terms)).toBe(401);
    } finally {
      await sandbox.close();
      await product.close();
    }
  });

  test('without a built page tell how to build it', async () => {
    const server = await startCalculators({ isOpen: true, folder: tmpdir() });
    try {
      const answer = await server.request('/console/calculators', {});
      expect(answer.status).toBe(503);
      expect(answer.body['text']).toContain('npm run build');
    } finally {
      await server.close();
    }
  });
});
