/** Telling namesakes apart. Pure. */
import type { StaffRow } from './staff-store.ts';

/** What tells people apart. */
export type Named = Pick<StaffRow, 'id' | 'name' | 'team_name'>;

/** As many characters of an id as tell people of one name in one team apart; its end, for the beginning is the time. */
const TAIL = 4;

/**
 * What each of these people is called where one of them has to be chosen, in their order: the name where only one has it,
 * otherwise with the team, 张伟（一组）, and with the end of the id where that is not enough, 张伟（一组 3f9c）.
 */
export function distinctNames(people: readonly Named[]): readonly string[] {
  const withTeam = (one: Named, ...more: readonly string[]): string =>
    `${one.name}（${[...(one.team_name === null ? [] : [one.team_name]), ...more].join(' ')}）`;
  return people.map((one) => {
    const namesakes = people.filter((other) => other.name === one.name);
    if (namesakes.length === 1) return one.name;
    const alone = namesakes.filter((other) => other.team_name === one.team_name).length === 1;
    return alone && one.team_name !== null ? withTeam(one) : withTeam(one, one.id.slice(-TAIL));
  });
}

/** Those somebody may have meant: the one with this id or distinct name, otherwise everybody of the name. */
export function peopleMeant<P extends Named>(people: readonly P[], words: string): readonly P[] {
  const names = distinctNames(people);
  const plain = bare(words);
  const exact = people.find((one, index) => one.id === words || bare(names[index] ?? '') === plain);
  return exact ? [exact] : people.filter((one) => bare(one.name) === plain);
}

/** A name as it is compared: 张伟(一组) is typed for 张伟（一组）, and spaces come and go. */
export function bare(words: string): string {
  return words.normalize('NFKC').replaceAll(/\s/gu, '').toLowerCase();
}
