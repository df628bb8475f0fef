/** From a `say` or `diff` effect to the words a person reads: typed values formatted, personal ones masked. */
import { mask } from '../../lib/mask.ts';
import { groupedYuan, moneyText, type Text } from '../../lib/i18n.ts';
import { parseYuan } from '../../lib/money.ts';
import type { Choice, ConversationEffect, Field, FlowTable, Param, Params } from './protocol.ts';

type Values = Readonly<Record<string, string | number>>;
/** The words of a key, in those of the effect's flow version unless another is named. */
type TextOf = (key: string, params: Values, version?: string) => string;

/** A message ready to be put into the outbox. */
export interface Presented {
  readonly text: string;
  readonly choices: readonly { readonly verb: string; readonly value?: string; readonly label: string }[];
  readonly fields: readonly { readonly label: string; readonly value: string }[];
  /** Sentences that the lines of a list offer to be said with one tap. */
  readonly taps: readonly string[];
  /** Label of the button that shares the person's own phone. */
  readonly requestContact?: string;
}

/** More buttons under one message are no help. */
const MOST_TAPS = 10;

type Sayable = Extract<ConversationEffect, { kind: 'say' | 'diff' }>;
type Labels = Extract<Param, { kind: 'labels' }>;

/**
 * Renders a `say` or `diff` effect in the words of the flow version that says it; `say` gives those of a text in the
 * reader's language. @throws Error when a text or one of its arguments is missing.
 */
export function present(
  effect: Sayable,
  flows: Pick<FlowTable, 'textOf'>,
  say: (text: Text, params: Values) => string,
): Presented {
  const textOf: TextOf = (key, params, version = effect.version) => say(flows.textOf(version, key), params);
  return effect.kind === 'say' ? presentSay(effect, textOf) : presentDiff(effect, textOf);
}

function presentSay(effect: Extract<Sayable, { kind: 'say' }>, textOf: TextOf): Presented {
  const head = textOf(effect.key, paramTexts(effect.params, textOf));
  const rows = (effect.rows?.items ?? []).map((item, index) =>
    textOf(effect.rows?.line ?? '', { index: index + 1, ...rowTexts(item) }),
  );
  const rest = effect.rows?.isCut ? [textOf('conversation.rows_cut', { shown: rows.length })] : [];
  return {
    // A customer without a name leaves no hole between the words around it.
    text: [head, ...rows, ...rest].join('\n').replaceAll(/(?<=\S) {2,}(?=\S)/gu, ' '),
    choices: (effect.choices ?? []).map((choice) => presentChoice(choice, textOf)),
    fields: (effect.fields ?? []).map((field) => ({
      label: textOf(field.label, {}),
      value: paramText(field.value, textOf),
    })),
    taps: (effect.rows?.items ?? []).flatMap(({ tap }) => (typeof tap === 'string' ? [tap] : [])).slice(0, MOST_TAPS),
    ...(effect.contact === undefined ? {} : { requestContact: textOf(effect.contact, {}) }),
  };
}

function presentChoice(choice: Choice, textOf: TextOf): Presented['choices'][number] {
  const label = textOf(choice.label, paramTexts(choice.params ?? {}, textOf));
  return { verb: choice.verb, label, ...(choice.value === undefined ? {} : { value: choice.value }) };
}

function presentDiff(effect: Extract<Sayable, { kind: 'diff' }>, textOf: TextOf): Presented {
  const text = textOf('conversation.changed', {
    label: textOf(effect.field.label, {}),
    old: paramText(effect.old, textOf),
    new: paramText(effect.field.value, textOf),
    confirmed: effect.wasConfirmed ? 'yes' : 'no',
    reopened: labelTexts({ keys: effect.reopened }, textOf),
    reopenedCount: effect.reopened.length,
  });
  return { text, choices: [], fields: [], taps: [] };
}

/** Parameters as ICU wants them; a list brings its length along as `<name>Count`. */
function paramTexts(params: Params, textOf: TextOf): Values {
  const texts: Record<string, string | number> = {};
  for (const [name, param] of Object.entries(params)) {
    if (param.kind === 'plain' && typeof param.value === 'number') texts[name] = param.value;
    else texts[name] = paramText(param, textOf);
    if (param.kind === 'labels') texts[`${name}Count`] = param.keys.length;
    if (param.kind === 'fields') texts[`${name}Count`] = param.fields.length;
  }
  return texts;
}

function paramText(param: Param, textOf: TextOf): string {
  switch (param.kind) {
    case 'plain':
      return plainText(param.value);
    case 'text':
      return textOf(param.key, {}, param.version);
    case 'labels':
      return labelTexts(param, textOf);
    case 'fields':
      return param.fields
        .map((field) => fieldText(field, textOf))
        .join(textOf('conversation.format.between_fields', {}));
    case 'slot':
      return slotText(param, textOf);
  }
}

function fieldText(field: Field, textOf: TextOf): string {
  return textOf('conversation.format.field', { label: textOf(field.label, {}), value: paramText(field.value, textOf) });
}

function labelTexts({ keys, version }: Pick<Labels, 'keys' | 'version'>, textOf: TextOf): string {
  return keys.map((key) => textOf(key, {}, version)).join(textOf('conversation.format.between_labels', {}));
}

/** On the wire an amount is a text with exactly two decimals; nothing else of ours looks like that. */
function plainText(value: string | number | boolean): string {
  if (typeof value !== 'string' || !/^-?\d{1,15}\.\d{2}$/u.test(value)) return String(value);
  const amount = parseYuan(value);
  return amount === undefined ? value : groupedYuan(amount);
}

function rowTexts(item: Readonly<Record<string, string | number | boolean>>): Values {
  return Object.fromEntries(
    Object.entries(item).map(([name, value]) => [name, typeof value === 'number' ? value : plainText(value)]),
  );
}

function slotText(param: Extract<Param, { kind: 'slot' }>, textOf: TextOf): string {
  if (param.option !== undefined) return textOf(param.option, {});
  const value = String(param.value);
  switch (param.type) {
    case 'money':
      return amountText(value, textOf);
    case 'phone':
      return mask('mobile', value);
    case 'identity-number':
      return mask('idCard', value);
    case 'term':
      return textOf('conversation.format.months', { months: Number(value) });
    case 'purpose':
      return textOf(`flows.purpose.${value}`, {});
    case 'consent':
      return textOf(param.value === true ? 'conversation.choice.agree' : 'conversation.choice.decline', {});
    case 'yes-no':
      return textOf(param.value === true ? 'conversation.format.yes' : 'conversation.format.no', {});
    case 'person-name':
    case 'licence-name':
      // The chat's servers may be abroad: a name that was not said in it does not get there by us (design §12).
      return param.onFile === true ? mask('name', value) : value;
    case 'place':
    case 'district':
    case 'date':
    case 'text':
    case 'integer':
    case 'choice':
      return value;
  }
}

function amountText(value: string, textOf: TextOf): string {
  const amount = parseYuan(value);
  return amount === undefined ? value : moneyText(amount, (key, params) => textOf(key, params));
}
