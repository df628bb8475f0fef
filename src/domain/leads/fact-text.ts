/** A fact of a lead in words a person reads: 需求 1.2 万, 用途 周转. */
import type { Ctx } from '../../core/operations/context.ts';
import { LANGUAGES, moneyText, type Language } from '../../lib/i18n.ts';
import { maskText } from '../../lib/mask.ts';
import { parseYuan } from '../../lib/money.ts';
import { textParam, type TextParam } from '../../lib/text-params.ts';
import type { RecordedFact } from './lead.ts';

/** Name and value of a fact in a language; the value as it is where nothing is known about its kind. */
export function factText(ctx: Ctx, language: Language, name: string, value: RecordedFact['value'] | undefined): string {
  const [label, text] = [labelOf(ctx, language, name), valueText(ctx, language, name, value)];
  return ctx.say(language, 'conversation.format.field', { label, value: text });
}

/** The names of facts in the language of whoever reads them: 需求、用途. */
export function factNames(ctx: Ctx, names: readonly string[]): TextParam {
  const listed = (language: Language): string =>
    names.map((name) => labelOf(ctx, language, name)).join(ctx.say(language, 'conversation.format.between_labels'));
  return textParam(Object.fromEntries(LANGUAGES.map((language) => [language, listed(language)])));
}

function labelOf(ctx: Ctx, language: Language, name: string): string {
  const key = `flows.slot.${name}`;
  return ctx.services.texts.has(language, key) ? ctx.say(language, key) : name;
}

/** The value of a fact in words. */
export function valueText(
  ctx: Ctx,
  language: Language,
  name: string,
  value: RecordedFact['value'] | undefined,
): string {
  if (typeof value === 'boolean') return ctx.say(language, `conversation.format.${value ? 'yes' : 'no'}`);
  if (typeof value === 'number')
    return name === 'term' ? ctx.say(language, 'conversation.format.months', { months: value }) : String(value);
  const text = value ?? '';
  const amount = /^\d{1,15}\.\d{2}$/u.test(text) ? parseYuan(text) : undefined;
  if (amount !== undefined) return moneyText(amount, (key, params) => ctx.say(language, key, params));
  const key = name === 'purpose' ? `flows.purpose.${text}` : `flows.option.${text}`;
  return ctx.services.texts.has(language, key) ? ctx.say(language, key) : maskText(text);
}
