/** A real Chromium for tests that click. Where there is none the tests are skipped with a reason; CI demands one. */
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Nothing but the pages under test goes over the network. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-sync',
  '--no-first-run',
];

const CURE = 'install Chromium (Debian: apt-get install chromium fonts-noto-cjk) or set CHROMIUM_PATH to one';

/** Where Chromium is, or why it cannot be used. */
export type Found = { readonly path: string } | { readonly reason: string };

/** `CHROMIUM_PATH`, else the usual places. */
export function findBrowser(): Found {
  const wanted = process.env['CHROMIUM_PATH'];
  if (wanted !== undefined && wanted !== '')
    return existsSync(wanted) ? { path: wanted } : { reason: `CHROMIUM_PATH does not exist; ${CURE}` };
  const path = PLACES.find((place) => existsSync(place));
  return path === undefined ? { reason: `no Chromium found; ${CURE}` } : { path };
}

/** The reason to skip browser tests on this machine; `undefined` = they run. @throws Error where REQUIRE_BROWSER=1 forbids skipping. */
export function whyNoBrowser(): string | undefined {
  const found = findBrowser();
  if ('path' in found) return undefined;
  if (process.env['REQUIRE_BROWSER'] === '1') throw new Error(found.reason);
  process.stderr.write(`browser tests are skipped: ${found.reason}\n`);
  return found.reason;
}

/** A started browser. */
export function openBrowser(): Promise<Browser> {
  const found = findBrowser();
  if ('reason' in found) throw new Error(found.reason);
  return chromium.launch({ executablePath: found.path, args: FLAGS });
}

/** A page that keeps everything it complains about: errors, refused content, failed requests. */
export async function openPage(
  browser: Browser,
  options: BrowserContextOptions,
): Promise<{ page: Page; complaints: string[]; close: () => Promise<void> }> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.setDefaultTimeout(30_000);
  return { page, complaints, close: () => context.close() };
}
