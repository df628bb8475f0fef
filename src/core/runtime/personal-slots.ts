/**
 * Personal values in a form that is not finished: what stands on a customer's file already is remembered as a reference to
 * it, so that erasing the customer erases it here too. What is on no file yet stays in the (sealed) form until it is.
 */
import type { Tx } from '../../db/database.ts';
import { mapSlots, type FlowTable, type Frame, type SlotState } from '../conversation/index.ts';
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
        : withSlots(memory, ({ reference, ...slot }) => {
            if (reference === undefined) return slot;
            const value = values.get(reference);
            return value === undefined ? undefined : { ...slot, value };
          }),
    );
  }

  /** The memories as they are stored. */
  async conceal(flows: FlowTable, talks: readonly Remembered[]): Promise<readonly Memory[]> {
    const isPersonal: IsMeant = (name, { flow, version }) =>
      flows.get(flow, version)?.slots.get(name)?.personal === true;
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
      return withSlots(talk.memory, (slot, name, frame) => {
        const { value, ...rest } = slot;
        const reference = typeof value === 'string' && isPersonal(name, frame) ? references.get(value) : undefined;
        return reference === undefined ? slot : { ...rest, reference };
      });
    });
  }
}

type IsMeant = (name: string, frame: Frame) => boolean;

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

function withSlots(memory: Memory, change: Parameters<typeof mapSlots>[1]): Memory {
  return { ...memory, talk: mapSlots(memory.talk, change) };
}

function textsIn(memory: Memory, isMeant: IsMeant): readonly string[] {
  return slotsOf(memory).flatMap(({ slot, name, frame }) =>
    typeof slot.value === 'string' && isMeant(name, frame) ? [slot.value] : [],
  );
}

function referencesIn(memory: Memory): readonly string[] {
  return slotsOf(memory).flatMap(({ slot }) => slot.reference ?? []);
}

function slotsOf({
  talk,
}: Memory): readonly { readonly slot: SlotState; readonly name: string; readonly frame: Frame }[] {
  const frames = talk.parked ? [...talk.frames, talk.parked] : talk.frames;
  return frames.flatMap((frame) => Object.entries(frame.slots).map(([name, slot]) => ({ slot, name, frame })));
}
