/** The newcomer's hands: everything is found by what stands on it. Labels come from the locales, never from markup. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { type Language, LANGUAGES, loadTexts } from '../../../src/lib/i18n.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const PICTURES = path.join(ROOT, 'docs/pictures');
const WIDTHS = [
  { width: 1280, height: 800 },
  { width: 390, height: 844 },
] as const;

export const texts = loadTexts(path.join(ROOT, 'locales'));

/** A label in whichever language the bot speaks to this person. */
export function eitherLanguage(key: string): RegExp {
  const words = LANGUAGES.map((language) => texts.translate(language, key).replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^(?:${words.join('|')})$`);
}

/** A visitor with three phones. */
export class Visitor {
  readonly #page: Page;
  readonly #language: Language;

  constructor(page: Page, language: Language) {
    this.#page = page;
    this.#language = language;
  }

  /** The page's own word for something. */
  say(key: string, blanks: Readonly<Record<string, unknown>> = {}): string {
    return texts.translate(this.#language, `sandbox.page.${key}`, blanks);
  }

  /** The phone of a person. */
  phone(name: string): Locator {
    const [front] = this.say('phone.label', { name: '\u0000', platform: '' }).split('\u0000');
    return this.#page.getByRole('region', { name: `${front ?? ''}${name}` });
  }

  get guide(): Locator {
    return this.#page.getByRole('region', { name: this.say('guide.label') });
  }

  /** On a narrow screen one phone is in front. */
  async take(name: string): Promise<Locator> {
    const phone = this.phone(name);
    const tab = this.#page.getByRole('navigation', { name: this.say('phone.switcher') }).getByRole('button', { name });
    await phone.or(tab).first().waitFor();
    if (!(await phone.isVisible())) await tab.click();
    return phone;
  }

  async write(name: string, text: string): Promise<void> {
    const phone = await this.take(name);
    await phone.getByRole('textbox', { name: this.say('phone.message_label') }).fill(text);
    await phone.getByRole('button', { name: this.say('phone.send'), exact: true }).click();
  }

  /** Waits for the bot's question, then answers it. */
  async answer(name: string, question: string, text: string): Promise<void> {
    await this.reads(name, question);
    await this.write(name, text);
  }

  /** Waits until the person's talk shows these words last asked for by `key`, or matching the pattern. */
  async reads(name: string, words: string | RegExp): Promise<void> {
    const talk = (await this.take(name)).getByRole('log', { name: this.say('phone.messages') });
    const wanted = typeof words === 'string' ? texts.translate('zh-CN', words) : words;
    await talk.getByText(wanted).last().waitFor();
  }

  /** Presses the newest button with this label. */
  async press(name: string, label: string | RegExp): Promise<void> {
    const phone = await this.take(name);
    await phone.getByRole('button', { name: label, exact: true }).last().click();
  }

  /** Sends one of the ready-made samples. */
  async sendSample(name: string, sample: string): Promise<void> {
    const phone = await this.take(name);
    await phone.getByLabel(this.say('phone.attach'), { exact: true }).click();
    await phone.getByRole('button', { name: texts.translate(this.#language, `sandbox.sample.${sample}`) }).click();
  }

  /** Hands a phone to somebody else through the list on its head. */
  async hand(
    from: string,
    to: { readonly name: string; readonly role: string; readonly platform: string },
  ): Promise<void> {
    const list = (await this.take(from)).getByLabel(this.say('phone.choose'));
    const group = list.locator(`optgroup[label="${this.say(`platform.${to.platform}`)}"]`);
    const role = texts.translate(this.#language, `sandbox.role.${to.role}`);
    const label = await group
      .locator('option', { hasText: this.say('phone.option', { name: to.name, role }) })
      .textContent();
    await list.selectOption({ label: label ?? '' });
  }

  /** Waits until the guide stands at this step. */
  async standsAt(step: string): Promise<void> {
    await this.guide.getByText(this.say(`road.${step}.hint`), { exact: true }).waitFor();
  }

  /** A picture for the documentation in both widths, when asked for (UPDATE_PICTURES=1); `front` holds the phone in front. */
  async picture(name: string, front: string): Promise<void> {
    if (process.env['UPDATE_PICTURES'] !== '1') return;
    mkdirSync(PICTURES, { recursive: true });
    const before = this.#page.viewportSize();
    for (const size of WIDTHS) {
      await this.#page.setViewportSize(size);
      await this.take(front);
      // The newest is what a reader wants to see. Two frames: one to lay out, one to draw what the scrolling changes.
      await this.#page.evaluate(`new Promise((resolve) => requestAnimationFrame(() => {
        for (const talk of document.querySelectorAll('.talk')) talk.scrollTop = talk.scrollHeight;
        requestAnimationFrame(resolve);
      }))`);
      const file = `sandbox-${name}-${this.#language === 'en' ? 'en' : 'zh'}-${size.width}.png`;
      await this.#page.screenshot({ path: path.join(PICTURES, file) });
    }
    if (before !== null) await this.#page.setViewportSize(before);
  }
}
