/** Collects what is wrong with a block tree, in the words and with the JSON pointers Slack uses. */
import { type Fields, isFields, textOf } from '../kernel/values.ts';

/** Bounds of a text: fewest and most characters. */
export interface TextBounds {
  readonly min?: number;
  readonly max: number;
  readonly isRequired?: boolean;
}

/** The faults found so far in one block tree. */
export class Check {
  readonly faults: string[] = [];

  /** Notes a fault at a JSON pointer. */
  fault(text: string, pointer: string): void {
    this.faults.push(`[ERROR] ${text} [json-pointer:${pointer}]`);
  }

  /** A member that must be there. Gives whether it is. */
  needs(object: Fields, name: string, pointer: string): boolean {
    if (object[name] !== undefined && object[name] !== null) return true;
    this.fault(`missing required field: ${name}`, pointer);
    return false;
  }

  /** A plain string member within its bounds. */
  string(object: Fields, name: string, pointer: string, bounds: TextBounds): void {
    const value = object[name];
    if (value === undefined || value === null) {
      if (bounds.isRequired === true) this.fault(`missing required field: ${name}`, pointer);
      return;
    }
    if (typeof value !== 'string') this.fault('must be a string', `${pointer}/${name}`);
    else this.#length(value, `${pointer}/${name}`, bounds);
  }

  /** A text object member (`plain_text` or `mrkdwn`) within its bounds; `plainOnly` refuses mrkdwn. */
  text(object: Fields, name: string, pointer: string, bounds: TextBounds & { readonly plainOnly?: boolean }): void {
    const value = object[name];
    if (value === undefined || value === null) {
      if (bounds.isRequired === true) this.fault(`missing required field: ${name}`, pointer);
      return;
    }
    this.textObject(value, `${pointer}/${name}`, bounds);
  }

  /** A text object itself. */
  textObject(value: unknown, pointer: string, bounds: TextBounds & { readonly plainOnly?: boolean }): void {
    if (!isFields(value)) {
      this.fault('must provide an object', pointer);
      return;
    }
    const type = textOf(value['type']);
    const isKnown = type === 'plain_text' || (type === 'mrkdwn' && bounds.plainOnly !== true);
    if (!isKnown) this.fault(`unsupported type: ${type ?? 'undefined'}`, `${pointer}/type`);
    this.string(value, 'text', pointer, { min: 1, ...bounds, isRequired: true });
  }

  /** A list member with at most `max` items; gives its items. */
  list(object: Fields, name: string, pointer: string, bounds: TextBounds): readonly unknown[] {
    const value = object[name];
    if (value === undefined || value === null) {
      if (bounds.isRequired === true) this.fault(`missing required field: ${name}`, pointer);
      return [];
    }
    if (!Array.isArray(value)) {
      this.fault('must provide an array', `${pointer}/${name}`);
      return [];
    }
    const { min = 1, max } = bounds;
    if (value.length > max) this.fault(`no more than ${max} items allowed`, `${pointer}/${name}`);
    if (value.length < min) this.fault(`no fewer than ${min} items allowed`, `${pointer}/${name}`);
    return value;
  }

  #length(value: string, pointer: string, { min = 0, max }: TextBounds): void {
    if (value.length > max) this.fault(`must be less than ${max + 1} characters`, pointer);
    if (value.length < min) this.fault(`must be more than ${min - 1} characters`, pointer);
  }
}
