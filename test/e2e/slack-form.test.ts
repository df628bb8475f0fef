/** A decision that needs a reason, on Slack: one person plays salesperson and reviewer in a real browser, in both languages. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest';
import type { Language } from '../../src/lib/i18n.ts';
import { accessibilityFaults } from './support/axe.ts';
import { openBrowser, openPage, whyNoBrowser } from './support/browser.ts';
import { hear, until, type Phone, type ScreenMessage } from './support/phones.ts';
import { eitherLanguage, Visitor } from './support/road.ts';
import { type Started, startProduct } from './support/started.ts';

const STORY_MS = 120_000;
const REVIEWER = '小钱';

/** A phone of the running product, by the sandbox's own API. */
function phoneAt(url: string, platform: string, person: string): Pick<Phone, 'messages' | 'say' | 'tap'> {
  const base = `${url}/sandbox/api/phones/${platform}/${person}`;
  const post = async (verb: string, body: unknown): Promise<void> => {
    const headers = { 'content-type': 'application/json' };
    await fetch(`${base}/${verb}`, { method: 'POST', headers, body: JSON.stringify(body) });
  };
  return {
    messages: async () => ((await (await fetch(base)).json()) as { messages: readonly ScreenMessage[] }).messages,
    say: async (text) => post('say', { text }),
    tap: async (message, label) =>
      post('tap', { message: message.id, key: message.card?.buttons.find((one) => one.text === label)?.key ?? '' }),
  };
}

let product: Started;
const submitted = new Set<string>();

beforeAll(async () => {
  product = await startProduct();
}, STORY_MS);
afterAll(async () => {
  expect(await product.stop()).toBe(0);
});

/** The salesperson submits a new customer's case in WeCom; its number, once the card is on the reviewer's phone. */
async function submits(customer: string): Promise<string> {
  const seller = phoneAt(product.url, 'wecom', 'xiaolin') as Phone;
  await seller.say(`新客户 ${customer} 想贷15万周转，在南山有套房还有按揭，36期 月供 6200`);
  const ready = await until('the summary card', async () =>
    (await seller.messages()).findLast((message) => message.card?.buttons.some((one) => one.text === '提交审批')),
  );
  await seller.tap(ready, '提交审批');
  const number = await until('a new number', async () =>
    (await seller.messages())
      .flatMap(({ text }) => /(A\d+) 已提交审批/.exec(text)?.[1] ?? [])
      .find((one) => !submitted.has(one)),
  );
  submitted.add(number);
  await hear(reviewer(), new RegExp(`${number} 150,000\\.00`));
  return number;
}

function reviewer(): Phone {
  return phoneAt(product.url, 'slack', 'U0QIAN001') as Phone;
}

test(
  'where Slack does not open the form, the chat asks for the reason and takes it',
  { timeout: STORY_MS },
  async () => {
    const number = await submits('吴先生 13800006615');
    const card = await hear(reviewer(), new RegExp(`${number} 150,000\\.00`));
    const fault = {
      platform: 'slack',
      method: 'views.open',
      times: 1,
      effect: { kind: 'error', code: 'expired_trigger_id' },
    };
    const headers = { 'content-type': 'application/json' };
    await fetch(`${product.url}/sandbox/faults`, { method: 'POST', headers, body: JSON.stringify(fault) });
    await reviewer().tap(card, '拒绝');
    await hear(reviewer(), new RegExp(`请直接回复拒绝 ${number} 的理由`));
    await reviewer().say('流水和收入对不上');

    await hear(phoneAt(product.url, 'wecom', 'xiaolin') as Phone, /未通过：流水和收入对不上/);
  },
);

const reason = whyNoBrowser();

describe.skipIf(reason !== undefined)('a refusal on Slack', () => {
  const open: { browser?: Browser } = {};
  beforeAll(async () => {
    open.browser = await openBrowser();
  });
  afterAll(async () => open.browser?.close());

  for (const { language, locale, width, height, customer } of [
    { language: 'zh-CN', locale: 'zh-CN', width: 1280, height: 800, customer: '何女士 13800006612' },
    { language: 'en', locale: 'en-US', width: 390, height: 844, customer: '马先生 13800006617' },
  ] as const satisfies readonly {
    language: Language;
    locale: string;
    width: number;
    height: number;
    customer: string;
  }[]) {
    test(`asks for its reason in a form, played in ${language} on ${width} pixels`, { timeout: STORY_MS }, async () => {
      onTestFailed(() => console.log(`what the product said:\n${product.output()}`));
      const { page, complaints, close } = await openPage(open.browser as Browser, {
        locale,
        viewport: { width, height },
      });
      try {
        const number = await submits(customer);
        await page.goto(`${product.url}/sandbox`);
        const visitor = new Visitor(page, language);
        await visitor
          .phone(REVIEWER)
          .or(page.getByRole('button', { name: REVIEWER }))
          .first()
          .waitFor();
        const form = (await visitor.take(REVIEWER)).getByRole('dialog');

        await visitor.press(REVIEWER, eitherLanguage('approval.verb.reject'));
        await form.getByText(`拒绝 ${number}`, { exact: true }).waitFor();
        await visitor.picture('form', REVIEWER);
        expect(await accessibilityFaults(page)).toEqual([]);
        await form.getByRole('button', { name: eitherLanguage('approval.form.cancel') }).click();
        await form.waitFor({ state: 'hidden' });

        await visitor.press(REVIEWER, eitherLanguage('approval.verb.reject'));
        await form.getByRole('button', { name: eitherLanguage('approval.form.submit') }).click();
        await form.getByRole('alert').waitFor();
        expect(await accessibilityFaults(page)).toEqual([]);
        await form.getByRole('combobox').selectOption({ label: '负债比例偏高' });
        await form.getByRole('textbox').fill('另有两笔车贷');
        await form.getByRole('button', { name: eitherLanguage('approval.form.submit') }).click();
        await form.waitFor({ state: 'hidden' });

        await visitor.reads(REVIEWER, /已拒绝/);
        await hear(phoneAt(product.url, 'wecom', 'xiaolin') as Phone, /未通过：负债比例偏高：另有两笔车贷/);
        expect(complaints).toEqual([]);
      } finally {
        await close();
      }
    });
  }
});
