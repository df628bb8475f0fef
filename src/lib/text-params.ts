/** Parameters of a text that are texts themselves: kept by their key, read in the language of whoever reads the whole. */

const MARK = 'text:';

/** The parameter that stands for the text of this key. */
export function textParam(key: string): string {
  return `${MARK}${key}`;
}

/** The parameters with their texts put in. */
export function withTexts<T>(
  params: Readonly<Record<string, T>>,
  say: (key: string) => string,
): Readonly<Record<string, T | string>> {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [
      name,
      typeof value === 'string' && value.startsWith(MARK) ? say(value.slice(MARK.length)) : value,
    ]),
  );
}
