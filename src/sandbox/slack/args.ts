/** Arguments of one Web API call; nested values may come as JSON or as JSON text (form bodies). */
import { type Fields, parseJson, textOf } from '../kernel/values.ts';
import { SlackRefusal } from './types.ts';

/** The arguments, read by name. */
export class Args {
  readonly #fields: Fields;

  constructor(fields: Fields) {
    this.#fields = fields;
  }

  /** The argument as text; `undefined` when absent or empty. */
  text(name: string): string | undefined {
    const value = textOf(this.#fields[name]);
    return value === '' ? undefined : value;
  }

  /** The argument as text. @throws SlackRefusal `invalid_arguments` naming it. */
  must(name: string): string {
    const value = this.text(name);
    if (value === undefined) throw missingArgument(name);
    return value;
  }

  /** True for true, "true" and "1". */
  flag(name: string): boolean {
    const value = this.#fields[name];
    return value === true || value === 'true' || value === '1' || value === 1;
  }

  /** A whole number, or `fallback` when absent. @throws SlackRefusal `invalid_arguments`. */
  int(name: string, fallback: number): number {
    const text = this.text(name);
    if (text === undefined) return fallback;
    if (!/^-?\d+$/.test(text)) throw invalidArguments(`must be a valid integer [json-pointer:/${name}]`);
    return Number(text);
  }

  has(name: string): boolean {
    return this.#fields[name] !== undefined;
  }

  /** The nested value; `undefined` when absent. @throws SlackRefusal `onBroken` for text that is no JSON. */
  json(name: string, onBroken: string): unknown {
    const value = this.#fields[name];
    if (typeof value !== 'string') return value;
    if (value === '') return undefined;
    const parsed = parseJson(value);
    if (parsed === undefined) throw new SlackRefusal(onBroken);
    return parsed;
  }
}

/** The nested value. @throws SlackRefusal `invalid_arguments` when it is absent or no JSON. */
export function mustJson(args: Args, name: string): unknown {
  const value = args.json(name, 'invalid_arguments');
  if (value === undefined) throw missingArgument(name);
  return value;
}

/** Slack's answer to arguments that are not as declared. */
export function invalidArguments(...messages: readonly string[]): SlackRefusal {
  return new SlackRefusal('invalid_arguments', {
    response_metadata: { messages: messages.map((one) => `[ERROR] ${one}`) },
  });
}

function missingArgument(name: string): SlackRefusal {
  return invalidArguments(`missing required field: ${name}`);
}
