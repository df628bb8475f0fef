/**
 * Personal values in a form that is not finished: what stands on a customer's file already is remembered as a reference to
 * it, so that erasing the customer erases it here too. What is on no file yet stays in the (sealed) form until it is.
 */
import type { Tx } from '../../db/database.ts';
import { mapPersonal, type FactValue, type FlowTable, type Frame } from '../conversation/index.ts';
import { memoryOf, type Memory } from './memory.ts';

/** A personal value on a customer's file. */
export interface ValueOnFile {
  readonly customer: string;
  readonly value: string;
  readonly reference: string;
}

/** The personal values on customers' files. */
export interface PersonalValues {
  /** Those of the values that stand on one of these customers' files. */
  onFile(tx: Tx, customers: readonly string[], values: readonly string[]): Promise<readonly ValueOnFile[]>;
  /** The values behind references; those of an erased customer are not among them. */
  behind(tx: Tx, references: readonly string[]): Promise<ReadonlyMap<string, string>>;
}

/** What is remembered of a conversation, and the customers whose files its turns have touched. */
export interface Remembered {
  readonly memory: Memory;
  readonly customers: ReadonlySet<string>;
}

/** No name, phone or number begins like this: none has a colon. */
const MARK = 'pii:';

/** The forms of one batch of turns; those of one conversation stand at the same place before and after. */
export class PersonalSlots {
  readonly #tx: Tx;
  readonly #values: PersonalValues;
  /** Of each conversation the references it was loaded with, by value. */
  #known: readonly ReadonlyMap<string, string>[] = [];

  constructor(tx: Tx, values: PersonalValues) {
    this.#tx = tx;
    this.#values = values;
  }

  /** The stored states with values in place of references. A value that is gone leaves its slot empty. */
  async reveal(states: readonly unknown[]): Promise<readonly Memory[]> {
    const memories = states.map(memoryOf);
    const references = memories.map(referencesIn);
    const all = [...new Set(references.flat())];
    const values = all.length === 0 ? new Map<string, string>() : await this.#values.behind(this.#tx, all);
    this.#known = references.map(
      (own) =>
        new Map(
          own.flatMap((reference) => {
            const value = values.get(reference);
            return value === undefined ? [] : [[value, reference] as const];
          }),
        ),
    );
    return memories.map((memory, index) =>
      references[index]?.length === 0
        ? memory
        : replaced(memory, anySlot, (value) => {
            const reference = referenceOf(value);
            return reference === undefined ? value : values.get(reference);
          }),
    );
  }

  /** The memories as they are stored. */
  async conceal(flows: FlowTable, talks: readonly Remembered[]): Promise<readonly Memory[]> {
    const isPersonal = ({ flow, version }: Frame, slot: string): boolean =>
      flows.get(flow, version)?.slots.get(slot)?.personal === true;
    const wanted = talks.map(({ memory, customers }, index) => {
      const known = this.#known[index];
      const values = customers.size === 0 ? [] : textsIn(memory, isPersonal).filter((value) => !known?.has(value));
      return { customers, values };
    });
    const customers = new Set(wanted.flatMap((one) => (one.values.length === 0 ? [] : [...one.customers])));
    const values = new Set(wanted.flatMap((one) => one.values));
    const found = values.size === 0 ? [] : await this.#values.onFile(this.#tx, [...customers], [...values]);
    return talks.map((talk, index) => {
      const references = new Map([...(this.#known[index] ?? []), ...unambiguous(found, talk.customers)]);
      if (references.size === 0) return talk.memory;
      return replaced(talk.memory, isPersonal, (value) => {
        const reference = references.get(String(value));
        return reference === undefined ? value : `${MARK}${reference}`;
      });
    });
  }
}

/** Values that stand on the file of exactly one of the customers: of two with the same name neither is meant for certain. */
function unambiguous(
  found: readonly ValueOnFile[],
  customers: ReadonlySet<string>,
): readonly (readonly [string, string])[] {
  const own = found.filter(({ customer }) => customers.has(customer));
  return own.flatMap(({ customer, value, reference }) =>
    own.some((other) => other.value === value && other.customer !== customer) ? [] : [[value, reference] as const],
  );
}

function replaced(
  memory: Memory,
  isMeant: Parameters<typeof mapPersonal>[1],
  replace: (value: FactValue) => FactValue | undefined,
): Memory {
  return { ...memory, talk: mapPersonal(memory.talk, isMeant, replace) };
}

function textsIn(memory: Memory, isMeant: Parameters<typeof mapPersonal>[1]): readonly string[] {
  const texts: string[] = [];
  mapPersonal(memory.talk, isMeant, (value) => {
    if (typeof value === 'string') texts.push(value);
    return value;
  });
  return texts;
}

function referencesIn(memory: Memory): readonly string[] {
  return textsIn(memory, anySlot).flatMap((text) => referenceOf(text) ?? []);
}

function anySlot(): boolean {
  return true;
}

function referenceOf(value: FactValue): string | undefined {
  return typeof value === 'string' && value.startsWith(MARK) ? value.slice(MARK.length) : undefined;
}
