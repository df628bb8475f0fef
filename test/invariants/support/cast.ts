/** The people of a test file, by name. */
import type { StaffActor } from './company.ts';

interface Cast<Name extends string> {
  /** They join one after the other: `people.zhou = await company.addStaff('周敏', ['reviewer'])`. */
  readonly people: Partial<Record<Name, StaffActor>>;
  /** Fails the test of somebody who has not joined. */
  readonly person: (who: Name) => StaffActor;
}

/** Nobody yet. */
export function castOf<Name extends string>(): Cast<Name> {
  const people: Partial<Record<Name, StaffActor>> = {};
  const person = (who: Name): StaffActor => {
    const found = people[who];
    if (!found) throw new Error(`nobody is ${who} yet`);
    return found;
  };
  return { people, person };
}
