/** What the sandbox's page owes its visitor beside the road: the right phone, nothing lost, the newest in sight. */
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pngFile } from '../support/files.ts';
import { accessibilityFaults } from './support/axe.ts';
import { openBrowser, openPage, whyNoBrowser } from './support/browser.ts';
import { eitherLanguage, Visitor } from './support/road.ts';
import { type Started, startProduct } from './support/started.ts';

const SELLER = '小林';

/** Whether the whole of it can be seen inside its talk. */
async function isInSight(inner: Locator, talk: Locator): Promise<boolean> {
  const [small, large] = [await inner.boundingBox(), await talk.boundingBox()];
  if (small === null || large === null) return false;
  return small.y >= large.y - 1 && small.y + small.height <= large.y + large.height + 1;
}

/** Waits until the page has laid out and drawn what it has got, and has heard of where it is scrolled to. */
async function drawn(page: Page): Promise<void> {
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
}

/** Waits until the message that holds this is answered, and the page has made room for the answer. */
async function answered(inner: Locator): Promise<void> {
  await inner.locator('xpath=ancestor::*[@data-message]/following-sibling::*[@data-message]').last().waitFor();
  await drawn(inner.page());
}

const reason = whyNoBrowser();

describe.skipIf(reason !== undefined)('the sandbox page', () => {
  const open: { browser?: Browser; product?: Started; page?: Page; close?: () => Promise<void> } = {};
  beforeAll(async () => {
    open.product = await startProduct();
    open.browser = await openBrowser();
    const opened = await openPage(open.browser, {
      locale: 'zh-CN',
      timezoneId: 'America/New_York',
      viewport: { width: 1280, height: 800 },
    });
    Object.assign(open, opened);
    await opened.page.goto(`${open.product.url}/sandbox`);
  }, 120_000);
  afterAll(async () => {
    await open.close?.();
    await open.browser?.close();
    await open.product?.stop();
  });
  const world = () => {
    const page = open.page as Page;
    const visitor = new Visitor(page, 'zh-CN');
    return { page, visitor, talk: visitor.phone(SELLER).getByRole('log') };
  };

  test('names the company’s zone beside its clock, whatever the visitor’s', async () => {
    const { page, visitor } = world();
    const clock = page.getByRole('region', { name: visitor.say('clock.label') });
    await clock.getByText(visitor.say('clock.zone')).waitFor();
    const shown = (await clock.locator('time.wide').textContent()) ?? '';
    const hour = new Intl.DateTimeFormat('zh-CN', { timeZone: 'Asia/Shanghai', hour: '2-digit', hour12: false });

    expect(shown).toContain(` ${hour.format(new Date()).slice(0, 2)}:`);
  });

  test(
    'opens an invitation on the phone of the customer it is for, and the link stays in sight',
    { timeout: 90_000 },
    async () => {
      const { page, visitor, talk } = world();
      await visitor.write(SELLER, '新客户 吴先生 13800007788 想贷10万装修，36期，深圳');
      await visitor.press(SELLER, eitherLanguage('flows.lead-intake.choice.invite'));
      const link = visitor
        .phone(SELLER)
        .getByRole('button', { name: new RegExp(`${visitor.say('phone.open_link')}$`) });
      await answered(link); // with the question that was open

      expect(await isInSight(link, talk)).toBe(true);
      // Opened again on a small screen, the talk begins at its end; the guide brings the link.
      await page.setViewportSize({ width: 390, height: 844 });
      await page.reload();
      await visitor.standsAt('bind');
      await visitor.guide.getByRole('button', { name: visitor.say('guide.show') }).click();
      await expect.poll(async () => isInSight(link, talk)).toBe(true);
      await page.setViewportSize({ width: 1280, height: 800 });
      await link.click();
      await visitor
        .phone('吴先生')
        .getByRole('button', { name: eitherLanguage('flows.customer-intake.share-contact') })
        .click();
      await visitor.phone('吴先生').getByText('8613800007788').waitFor();
      await visitor
        .phone('吴先生')
        .getByRole('button', { name: eitherLanguage('flows.customer-intake.share-contact') })
        .waitFor({ state: 'hidden' });
    },
  );

  test('asks whose invitation it is when the talk names several customers', { timeout: 90_000 }, async () => {
    const { page, visitor } = world();
    await visitor.write(SELLER, '新客户 何女士 13800006612 想贷10万装修，36期，深圳');
    await visitor.reads(SELLER, /何女士/);
    await visitor.press(SELLER, new RegExp(`${visitor.say('phone.open_link')}$`));
    const dialog = page.getByRole('dialog', { name: visitor.say('ask_customer.title') });
    await dialog.waitFor();

    expect(await accessibilityFaults(page)).toEqual([]);
    await dialog.getByRole('button', { name: /吴先生/ }).waitFor();
    await dialog.getByRole('button', { name: visitor.say('phone.cancel') }).click();
    await dialog.waitFor({ state: 'hidden' });
  });

  test('shows what was just sent although somebody had scrolled up', async () => {
    const { page, visitor, talk } = world();
    await talk.evaluate((box: { scrollTo(x: number, y: number): void }) => box.scrollTo(0, 0));
    await drawn(page);
    await visitor.write(SELLER, '帮助');
    const own = talk.getByText('帮助', { exact: true }).last();
    await answered(own);

    expect(await isInSight(own, talk)).toBe(true);
  });

  test('leaves one stop of the Tab key among the marks of own messages', async () => {
    const { talk } = world();

    expect(await talk.locator('.marks button').count()).toBeGreaterThan(2);
    expect(await talk.locator('.marks button[tabindex="0"]').count()).toBe(1);
  });

  test('scrolls where the window is low or narrow: the talk keeps its room, nothing lies beside the page', async () => {
    const { page, visitor, talk } = world();
    // 1280 × 800 at 200 % zoom, and the width that WCAG 1.4.10 names.
    for (const size of [
      { width: 640, height: 400 },
      { width: 320, height: 640 },
    ]) {
      await page.setViewportSize(size);
      await visitor.take(SELLER);

      expect((await talk.boundingBox())?.height).toBeGreaterThan(200);
      expect(await page.evaluate('document.documentElement.scrollHeight > innerHeight')).toBe(true);
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    }
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  test('takes a picture that is pasted or dropped like one that was chosen', async () => {
    const { page, visitor, talk } = world();
    const phone = await visitor.take(SELLER);
    await phone.getByRole('textbox', { name: visitor.say('phone.message_label') }).focus();
    for (const [name, event, member] of [
      ['screen.png', "ClipboardEvent('paste'", 'clipboardData'],
      ['photo.png', "DragEvent('drop'", 'dataTransfer'],
    ] as const) {
      await page.evaluate(`(() => {
        const bytes = Uint8Array.from(atob('${pngFile(name).toString('base64')}'), (one) => one.charCodeAt(0));
        const held = new DataTransfer();
        held.items.add(new File([bytes], '${name}', { type: 'image/png' }));
        document.activeElement.dispatchEvent(new ${event}, { ${member}: held, bubbles: true, cancelable: true }));
      })()`);
      await talk.getByRole('img', { name }).waitFor();
    }
  });

  test('says which limit a message has and how long it is, and keeps it', async () => {
    const { page, visitor } = world();
    const phone = await visitor.take(SELLER);
    const field = phone.getByRole('textbox', { name: visitor.say('phone.message_label') });
    await field.fill('字'.repeat(50_000));
    await phone.getByText(visitor.say('phone.too_long', { count: '50,000', total: '20,000' })).waitFor();
    await field.press('Enter');

    expect(await phone.getByRole('button', { name: visitor.say('phone.send'), exact: true }).isDisabled()).toBe(true);
    expect((await field.inputValue()).length).toBe(50_000);
    expect(await accessibilityFaults(page)).toEqual([]);
    await field.fill('');
  });

  test('says from the first moment on that a case was turned down, without sending anybody to its card', async () => {
    const { visitor } = world();
    const { page, close } = await openPage(open.browser as Browser, { locale: 'zh-CN' });
    const steps = ['lead', 'invite', 'bind', 'documents', 'submit', 'review', 'approve', 'reminder'];
    const road = steps.map((id, at) => ({ id, done: at < 5, ...(at === 5 && { stopped: true }) }));
    await page.route('**/sandbox/api/road', (route) => route.fulfill({ json: { steps: road } }));
    await page.addInitScript(`new MutationObserver(() => {
      (globalThis.said ??= []).push(document.querySelector('.next')?.textContent ?? '');
    }).observe(document, { subtree: true, childList: true, characterData: true });`);
    await page.goto(`${open.product?.url ?? ''}/sandbox`);
    await page.getByText(visitor.say('guide.stopped')).waitFor();

    expect((await page.evaluate<string[]>('said')).join()).not.toContain(visitor.say('road.review.hint'));
    await close();
  });

  test('keeps what was written when the server is gone, and says so in the page’s language', async () => {
    const { page, visitor } = world();
    await open.product?.stop();
    const alarm = page.getByRole('alert').filter({ hasText: visitor.say('offline') });
    for (const width of [390, 1280]) {
      await page.setViewportSize({ width, height: 844 });
      await alarm.waitFor();
      expect((await alarm.boundingBox())?.height, 'one line').toBeLessThan(40);
    }
    await visitor.write(SELLER, '新客户 张先生');
    await page.getByText(visitor.say('failed')).waitFor();

    await expect
      .poll(() =>
        visitor
          .phone(SELLER)
          .getByRole('textbox', { name: visitor.say('phone.message_label') })
          .inputValue(),
      )
      .toBe('新客户 张先生');
  });
});
