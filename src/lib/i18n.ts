/**
 * Texts: `locales/<lang>/<area>.yaml` hold ICU messages, `locales/<lang>/templates/*.hbs` hold layouts (Handlebars) for
 * longer messages. A key is `<area>.<path>`; a missing key or argument is a fault, never an empty text. A text of a flow
 * comes as that flow was published with it (`Wording`): what the files say today does not reach a running case.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import Handlebars from 'handlebars';
import { IntlMessageFormat } from 'intl-messageformat';
import { parse } from 'yaml';
import { z } from 'zod';
import { compiledYaml } from './compiled-yaml.ts';
import { formatYuan } from './money.ts';

/** The languages everything is said in, the default first. */
export const LANGUAGES = ['zh-CN', 'en'] as const;
/** The language of a reader. */
export type Language = (typeof LANGUAGES)[number];
/** Values for the holes of a text, by name. */
export type Params = Readonly<Record<string, unknown>>;

/** Whether a text names a language we have. */
export function isLanguage(text: string): text is Language {
  return text === 'zh-CN' || text === 'en';
}

/** A text as a flow was published with it: the message by language. */
const wordingSchema = z.record(z.string(), z.string()).readonly();
/** The words of such a text by language. */
export type Wording = z.output<typeof wordingSchema>;

/** What can be said: the product's own text by its key, or a published flow's as it stands there. */
export const textSchema = z.union([z.string().max(200), wordingSchema]);
/** A key of `locales`, or the words themselves. */
export type Text = z.output<typeof textSchema>;

/** Everything that can be said to people. */
export interface Texts {
  /** The words of a text. @throws Error for an unknown key, a text without words, or a missing argument. */
  translate(language: Language, text: Text, params?: Params): string;
  /** A Handlebars layout; inside, `{{t "key" a=b}}`, `{{yuan fen}}`, `{{wan fen}}`, `{{date d}}`. Nothing is escaped: the channel escapes. */
  render(language: Language, template: string, data: Params): string;
  has(language: Language, key: string): boolean;
  keys(language: Language): readonly string[];
  /** Every message of a language by key, as written. */
  messages(language: Language): Readonly<Record<string, string>>;
}

/** `1234567` fen as "12,345.67". */
export function groupedYuan(amount: bigint): string {
  const [whole = '0', part = '00'] = formatYuan(amount).split('.');
  return `${whole.replace(/\B(?=(\d{3})+$)/g, ',')}.${part}`;
}

/** Fen in 万, at most two decimals and no trailing zeros: 30000000n → "30". Callers add the unit. */
export function inWan(amount: bigint): string {
  const hundredths = amount / 10_000n; // one hundredth of a 万 is 100 yuan = 10 000 fen
  const exact = amount % 10_000n === 0n;
  if (!exact) return '';
  const text = `${hundredths / 100n}.${(hundredths % 100n).toString().padStart(2, '0')}`;
  return text.replace(/\.?0+$/, '');
}

/** An amount as people say it: 30 万, or 8,500.00 元 where it is less than a 万 or not a round number of them. `say` words it. */
export function moneyText(
  amount: bigint,
  say: (key: string, params: Readonly<Record<string, string>>) => string,
): string {
  const wan = amount >= 1_000_000n ? inWan(amount) : '';
  return say(`conversation.format.${wan === '' ? 'yuan' : 'wan'}`, { yuan: groupedYuan(amount), wan });
}

const dayFormats = new Map<string, Intl.DateTimeFormat>();

/** A calendar date as people say it on the day `today`: 5月20日, May 20; with its year where that is another. */
export function dayText(date: string, language: Language, today: string): string {
  const isThisYear = date.slice(0, 4) === today.slice(0, 4);
  const key = `${language} ${isThisYear}`;
  const format =
    dayFormats.get(key) ??
    new Intl.DateTimeFormat(language, {
      timeZone: 'UTC',
      day: 'numeric',
      month: language === 'en' ? 'short' : 'long',
      ...(isThisYear ? {} : { year: 'numeric' }),
    });
  dayFormats.set(key, format);
  return format.format(new Date(`${date}T00:00:00Z`));
}

/** Loads every text under `folder`. */
export function loadTexts(folder: string): Texts {
  const messages = new Map<Language, ReadonlyMap<string, string>>();
  const layouts = new Map<string, string>();
  for (const language of LANGUAGES) {
    messages.set(language, readAreas(path.join(folder, language)));
    readLayouts(path.join(folder, language, 'templates'), language, layouts);
  }
  return new LoadedTexts(messages, layouts);
}

function readAreas(folder: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort()) {
    readArea(path.join(folder, file), found);
  }
  return found;
}

function readArea(file: string, into: Map<string, string>): void {
  try {
    const text = readFileSync(file, 'utf8');
    flatten(compiledYaml(text) ?? parse(text), path.basename(file, '.yaml'), into);
  } catch (cause) {
    throw new Error(
      `${path.basename(path.dirname(file))}/${path.basename(file)}: ${cause instanceof Error ? cause.message : 'not YAML'}`,
      { cause },
    );
  }
}

function flatten(node: unknown, key: string, into: Map<string, string>): void {
  if (typeof node === 'string') into.set(key, node);
  else if (node !== null && typeof node === 'object')
    for (const [name, child] of Object.entries(node)) flatten(child, `${key}.${name}`, into);
  // Most likely the rest of a sentence: inside { … } a comma that is not quoted ends the value.
  else throw new Error(`${key}: no text stands there; quote a text with a comma, a colon or nothing but digits`);
}

function readLayouts(folder: string, language: Language, into: Map<string, string>): void {
  let files: string[] = [];
  try {
    files = readdirSync(folder);
  } catch {
    return; // a language without layouts
  }
  for (const file of files)
    if (file.endsWith('.hbs'))
      into.set(`${language}/${file.slice(0, -4)}`, readFileSync(path.join(folder, file), 'utf8'));
}

class LoadedTexts implements Texts {
  readonly #messages: ReadonlyMap<Language, ReadonlyMap<string, string>>;
  readonly #layouts: ReadonlyMap<string, string>;
  /** By language and message. */
  readonly #formats = new Map<Language, Map<string, IntlMessageFormat | string>>();
  readonly #compiled = new Map<string, Handlebars.TemplateDelegate<Params>>();
  readonly #handlebars = Handlebars.create();

  constructor(messages: ReadonlyMap<Language, ReadonlyMap<string, string>>, layouts: ReadonlyMap<string, string>) {
    this.#messages = messages;
    this.#layouts = layouts;
    this.#handlebars.registerHelper({
      t: (key: string, options: Handlebars.HelperOptions) =>
        this.translate(languageOf(options), key, options.hash as Params),
      yuan: (amount: bigint) => groupedYuan(amount),
      wan: (amount: bigint) => inWan(amount),
    });
  }

  translate(language: Language, text: Text, params: Params = {}): string {
    return this.#format(language, this.#messageOf(language, text), params);
  }

  #messageOf(language: Language, text: Text): string {
    const message =
      typeof text === 'string' ? this.#messages.get(language)?.get(text) : (text[language] ?? text['zh-CN']); // a language that came after the version
    if (message === undefined)
      throw new Error(`no text for ${typeof text === 'string' ? text : 'what a flow says'} in ${language}`);
    return message;
  }

  /** Compiled once per message, whichever file or version it stands in. */
  #format(language: Language, message: string, params: Params): string {
    const known = this.#formats.get(language) ?? new Map<string, IntlMessageFormat | string>();
    this.#formats.set(language, known);
    let format = known.get(message);
    if (format === undefined) {
      format = isPlain(message) ? message : compiled(message, language);
      known.set(message, format);
    }
    return typeof format === 'string' ? format : String(format.format(params as Record<string, string>));
  }

  render(language: Language, template: string, data: Params): string {
    const id = `${language}/${template}`;
    let compiled = this.#compiled.get(id);
    if (!compiled) {
      const source = this.#layouts.get(id);
      if (source === undefined) throw new Error(`no template ${id}`);
      compiled = this.#handlebars.compile(source, {
        strict: true,
        noEscape: true,
        knownHelpersOnly: true,
        knownHelpers: { t: true, yuan: true, wan: true },
      });
      this.#compiled.set(id, compiled);
    }
    return compiled(data, { data: { language } }).trim();
  }

  has(language: Language, key: string): boolean {
    return this.#messages.get(language)?.has(key) ?? false;
  }

  keys(language: Language): readonly string[] {
    return [...(this.#messages.get(language)?.keys() ?? [])];
  }

  messages(language: Language): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#messages.get(language) ?? []);
  }
}

function isPlain(message: string): boolean {
  return !message.includes('{') && !message.includes("'");
}

function compiled(message: string, language: string): IntlMessageFormat {
  return new IntlMessageFormat(message, language, undefined, { ignoreTag: true });
}

/** What is wrong with an ICU message, in the parser's word; `undefined` for one that can be said. */
export function messageFault(message: string, language: string): string | undefined {
  try {
    if (!isPlain(message)) compiled(message, language);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : 'not an ICU message';
  }
}

function languageOf(options: Handlebars.HelperOptions): Language {
  const language: unknown = (options.data as Record<string, unknown> | undefined)?.['language'];
  return typeof language === 'string' && isLanguage(language) ? language : 'zh-CN';
}
