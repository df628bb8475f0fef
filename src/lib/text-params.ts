/** Parameters of a text that are texts themselves: kept as such, read in the language of whoever reads the whole. */
import { z } from 'zod';
import { textSchema, type Text } from './i18n.ts';

/** Marked by a name that no fact and no result of an operation has; words a person typed are never taken for one. */
export const textParamSchema = z.strictObject({ $text: textSchema }).readonly();
/** A text in place of a word. */
export type TextParam = z.output<typeof textParamSchema>;

/** The parameter that stands for this text. */
export function textParam(text: Text): TextParam {
  return { $text: text };
}

function isTextParam(value: unknown): value is TextParam {
  return typeof value === 'object' && value !== null && '$text' in value;
}

/** The parameters with their texts put in. */
export function withTexts<T>(
  params: Readonly<Record<string, T>>,
  say: (text: Text) => string,
): Readonly<Record<string, Exclude<T, TextParam> | string>> {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [
      name,
      isTextParam(value) ? say(value.$text) : (value as Exclude<T, TextParam>),
    ]),
  );
}
