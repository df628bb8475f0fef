/** Arguments of one Bot API call: numbers may come as text, objects as JSON text, unknown ones are ignored. */
import type { Upload } from '../kernel/parameters.ts';
import { type Fields, parseJson, textOf } from '../kernel/values.ts';
import { badRequest } from './types.ts';

/** The arguments, read by name. */
export class Args {
  readonly #fields: Fields;
  readonly #uploads: readonly Upload[];

  constructor(fields: Fields, uploads: readonly Upload[] = []) {
    this.#fields = fields;
    this.#uploads = uploads;
  }

  has(name: string): boolean {
    return this.#fields[name] !== undefined;
  }

  /** The argument as text, empty included; `undefined` when absent. */
  text(name: string): string | undefined {
    return textOf(this.#fields[name]);
  }

  /** A whole number within bounds, clipped to them as the server does; `fallback` when absent or no number. */
  int(name: string, bounds: { readonly fallback: number; readonly min: number; readonly max: number }): number {
    const text = this.text(name);
    if (text === undefined || !/^-?\d+$/.test(text)) return bounds.fallback;
    return Math.min(bounds.max, Math.max(bounds.min, Number(text)));
  }

  /** True for true, "true", "yes" and "1". */
  flag(name: string): boolean {
    const value = this.#fields[name];
    if (typeof value === 'boolean') return value;
    return ['true', '1', 'yes'].includes((textOf(value) ?? '').toLowerCase());
  }

  /** A nested value. @throws TelegramRefusal when its JSON text is broken; `title` names it in the server's words. */
  json(name: string, title: string): unknown {
    const value = this.#fields[name];
    if (typeof value !== 'string') return value;
    if (value === '') return undefined;
    const parsed = parseJson(value);
    if (parsed === undefined) throw badRequest(`can't parse ${title} JSON object`);
    return parsed;
  }

  /** The uploaded file a field stands for: a part of that name, or `attach://<part>`. */
  upload(name: string): Upload | undefined {
    const value = this.text(name) ?? '';
    const part = value.startsWith('attach://') ? value.slice('attach://'.length) : name;
    return this.#uploads.find(({ field }) => field === part);
  }
}
