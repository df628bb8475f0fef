/** A fact of a lead in words a person reads: 需求 1.2 万, 用途 周转. */
import type { Ctx } from '../../core/operations/context.ts';
import { groupedYuan, inWan, type Language } from '../../lib/i18n.ts';
import { parseYuan } from '../../lib/money.ts';
import type { RecordedFact } from './lead.ts';

/** Name and value of a fact in a language; the value as it is where nothing is known about its kind. */
export function factText(ctx: Ctx, language: Language, name: string, value: RecordedFact['value'] | undefined): string {
  const key = `flows.slot.${name}`;
  const label = ctx.services.texts.has(language, key) ? ctx.say(language, key) : name;
  return ctx.say(language, 'conversation.format.field', { label, value: valueText(ctx, language, name, value) });
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
  if (amount !== undefined) {
    const wan = inWan(amount);
    return ctx.say(language, `conversation.format.${wan === '' ? 'yuan' : 'wan'}`, { yuan: groupedYuan(amount), wan });
  }
  const key = name === 'purpose' ? `flows.purpose.${text}` : `flows.option.${text}`;
  return ctx.services.texts.has(language, key) ? ctx.say(language, key) : text;
}
