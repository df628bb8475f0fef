/**
 * What a newcomer sees first: from one sentence in WeCom to a reminder before the due date, clicked in a real browser by
 * visible labels only, in both languages, on the product started with nothing configured.
 */
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Language } from '../../src/lib/i18n.ts';
import { accessibilityFaults } from './support/axe.ts';
import { openBrowser, openPage, whyNoBrowser } from './support/browser.ts';
import { eitherLanguage, Visitor } from './support/road.ts';
import { type Started, startProduct } from './support/started.ts';

const ROAD_MS = 240_000;
const SELLER = '小林';
const CUSTOMER = '何女士';

/** Sends the sentence the guide writes, answers what is still asked. */
async function capturesLead(visitor: Visitor, language: Language): Promise<void> {
  await visitor.standsAt('lead');
  await visitor.guide.getByRole('button', { name: visitor.say('guide.fill') }).click();
  await visitor.press(SELLER, visitor.say('phone.send'));
  await visitor.reads(SELLER, /K\d{3}/);
  // The English sentence names the term, the Chinese one leaves it to be asked.
  if (language === 'zh-CN') await visitor.answer(SELLER, 'flows.lead-intake.ask.term', '36期');
  await visitor.answer(SELLER, 'flows.lead-intake.ask.monthlyPayment', '6200');
  await visitor
    .phone(SELLER)
    .getByRole('button', { name: eitherLanguage('flows.lead-intake.choice.invite') })
    .last()
    .waitFor();
  await visitor.picture('lead', SELLER);
}

async function bindsCustomer(visitor: Visitor): Promise<void> {
  await visitor.press(SELLER, eitherLanguage('flows.lead-intake.choice.invite'));
  await visitor.press(SELLER, new RegExp(`${visitor.say('phone.open_link')}$`));
  await visitor.press(CUSTOMER, eitherLanguage('flows.customer-intake.share-contact'));
  await visitor.press(CUSTOMER, eitherLanguage('conversation.choice.agree'));
}

/** What the adviser has written down already is not asked again. */
async function handsInDocuments(visitor: Visitor): Promise<void> {
  await visitor.answer(CUSTOMER, 'flows.customer-intake.ask.income', '2万');
  await visitor.press(CUSTOMER, eitherLanguage('conversation.choice.confirm'));
  await visitor.reads(CUSTOMER, 'flows.customer-intake.documents');
  await visitor.sendSample(CUSTOMER, 'statement');
  await visitor.reads(CUSTOMER, /第 1 版/);
  await visitor.sendSample(CUSTOMER, 'idFront');
  await visitor.press(CUSTOMER, /^身份证（/);
  await visitor.reads(CUSTOMER, /身份证.*第 1 版/);
  await visitor.picture('documents', CUSTOMER);
}

/** Lets the guide bring the phone of somebody who has to decide, and approves there. */
async function approves(visitor: Visitor, step: 'review' | 'approve', decider: string): Promise<void> {
  await visitor.standsAt(step);
  await visitor.guide.getByRole('button', { name: visitor.say('guide.show') }).click();
  await visitor.phone(decider).waitFor();
  if (step === 'review') await visitor.picture('approval', decider);
  await visitor.press(decider, eitherLanguage('approval.verb.approve'));
  await visitor
    .phone(decider)
    .getByRole('button', { name: eitherLanguage('approval.verb.approve') })
    .waitFor({ state: 'hidden' });
}

/** What is no amount is not sent: what is expected stands below it, in the page's language. */
async function mistypesAmount(visitor: Visitor, dialog: Locator): Promise<void> {
  const amount = dialog.getByLabel(visitor.say('payment.amount'));
  const due = await amount.inputValue();
  for (const typed of ['', 'abc', '0']) {
    await amount.fill(typed);
    await dialog.getByRole('button', { name: visitor.say('payment.record'), exact: true }).click();
    await dialog.getByRole('alert').getByText(visitor.say('payment.expected')).waitFor();
  }
  await amount.fill(due);
}

/** Says that the money of the next instalment has come in; the loan and the amount stand ready. */
async function recordsPayment(visitor: Visitor, page: Page): Promise<void> {
  await page.getByRole('button', { name: visitor.say('payment.open'), exact: true, disabled: false }).click();
  const dialog = page.getByRole('dialog', { name: visitor.say('payment.title') });
  await dialog.getByRole('button', { name: visitor.say('payment.record'), exact: true }).waitFor();
  await mistypesAmount(visitor, dialog);
  expect(await accessibilityFaults(page)).toEqual([]);
  await dialog.getByRole('button', { name: visitor.say('payment.record'), exact: true }).click();
  await dialog.waitFor({ state: 'hidden' });
  await page
    .getByText(/L\d{4}.*1,?0\d\d\.\d\d|1,?0\d\d\.\d\d .*L\d{4}/)
    .first()
    .waitFor();
}

/** It was a mistake: sees what undoing it changes, keeps it, then undoes it after all; the seller hears of it. */
async function undoesPayment(visitor: Visitor, page: Page): Promise<void> {
  await page.getByRole('button', { name: visitor.say('payment.open'), exact: true, disabled: false }).click();
  const [dialog, question] = ['payment.title', 'payment.undo.title'].map((title) =>
    page.getByRole('dialog', { name: visitor.say(title) }),
  ) as [Locator, Locator];
  const ask = async (): Promise<void> =>
    dialog.getByRole('button', { name: visitor.say('payment.undo.press'), exact: true }).click();
  await ask();
  await question.getByText(/0\.00 → ¥?1050\.00/).waitFor();
  await question.getByText(visitor.say('payment.undo.told')).waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  await question.getByRole('button', { name: visitor.say('payment.undo.keep'), exact: true }).click();
  await ask();
  await question.getByRole('button', { name: visitor.say('payment.undo.confirm'), exact: true }).click();
  await question.waitFor({ state: 'hidden' });
  await visitor.reads(SELLER, /登记的还款 1,050\.00 元已撤销/);
}

const reason = whyNoBrowser();

describe.skipIf(reason !== undefined)('a newcomer in a browser', () => {
  const open: { browser?: Browser; product?: Started } = {};
  beforeAll(async () => {
    open.browser = await openBrowser();
  });
  afterAll(async () => open.browser?.close());

  for (const { language, locale, width, height } of [
    { language: 'zh-CN', locale: 'zh-CN', width: 1280, height: 800 },
    { language: 'en', locale: 'en-US', width: 390, height: 844 },
  ] as const satisfies readonly { language: Language; locale: string; width: number; height: number }[]) {
    // Side by side: most of the time goes by between one message and the next, as the platforms want it.
    const options = { timeout: ROAD_MS, concurrent: true };
    test(`walks the whole road in ${language} on a screen of ${width} pixels`, options, async ({ onTestFailed }) => {
      const product = await startProduct();
      onTestFailed(() => console.log(`what the product said:\n${product.output()}`));
      const { page, complaints, close } = await openPage(open.browser as Browser, {
        locale,
        viewport: { width, height },
      });
      try {
        await page.goto(`${product.url}/sandbox`);
        const visitor = new Visitor(page, language);
        await visitor.standsAt('lead');
        expect(await accessibilityFaults(page)).toEqual([]);
        await capturesLead(visitor, language);
        await bindsCustomer(visitor);
        await handsInDocuments(visitor);
        await visitor.press(SELLER, eitherLanguage('flows.lead-intake.choice.submit'));
        await visitor.reads(SELLER, /A\d{4}/);
        await approves(visitor, 'review', '小钱');
        await approves(visitor, 'approve', '老赵');
        await approves(visitor, 'approve', '阿May');
        await visitor.reads(SELLER, /L\d{4}/);
        await visitor.standsAt('reminder');
        await page.getByRole('button', { name: visitor.say('clock.month'), exact: true }).click();
        await visitor.guide.getByText(visitor.say('guide.done')).waitFor({ timeout: 120_000 });
        await visitor.reads(CUSTOMER, /1,?0\d\d\.\d\d 元（第 1 期）/);
        await page
          .getByRole('button', { name: visitor.say('clock.day'), exact: true, disabled: false })
          .waitFor({ timeout: 60_000 });
        await visitor.picture('reminder', CUSTOMER);
        await recordsPayment(visitor, page);
        await undoesPayment(visitor, page);

        expect(await accessibilityFaults(page)).toEqual([]);
        await page.getByRole('button', { name: visitor.say('journal.open') }).click();
        await page.getByRole('dialog').getByText('message/send').first().waitFor();
        expect(await accessibilityFaults(page)).toEqual([]);
        expect(complaints).toEqual([]);
      } finally {
        await close();
        expect(await product.stop()).toBe(0);
      }
    });
  }
});
