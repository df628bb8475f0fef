/** The words of the page: `sandbox.page.*`, `sandbox.role.*` and `sandbox.toast.*` of one language. */
import { type Language, LANGUAGES, type Texts } from '../../lib/i18n.ts';

const AREAS = ['sandbox.page.', 'sandbox.role.', 'sandbox.toast.', 'sandbox.sample.'];

/** What the page fills in by itself; it gets `{name}` back where the text has it. */
const BLANKS = ['name', 'count', 'date', 'time', 'step', 'total', 'days', 'platform', 'role', 'file', 'phone'];

/** Keys without `sandbox.`, texts with `{name}` where the page puts a value. */
export function pageTexts(texts: Texts, language: Language): Readonly<Record<string, string>> {
  const blanks = Object.fromEntries(BLANKS.map((name) => [name, `{${name}}`]));
  const keys = texts.keys(language).filter((key) => AREAS.some((area) => key.startsWith(area)));
  return Object.fromEntries(keys.map((key) => [key.slice('sandbox.'.length), texts.translate(language, key, blanks)]));
}

/** How the bot thanks a customer for the consent, in every language it speaks. */
export function agreedWords(texts: Texts): readonly string[] {
  return LANGUAGES.map((language) => texts.translate(language, 'flows.customer-intake.thanks'));
}
