/** Members, departments, tags and who may see whom. Userids are case-insensitive; answers echo them lower-cased. */
import type { Person } from '../emulator.ts';
import { demand } from './fault.ts';
import type { Department, MemberTag, WecomApp } from './options.ts';

const ROOT = 1;

/** Whom a call reaches, and the ids it does not reach. */
export interface Recipients {
  readonly people: readonly Person[];
  readonly invalidUsers: readonly string[];
  readonly invalidParties: readonly string[];
  readonly invalidTags: readonly string[];
}

/** Whom a call addresses; ids as they came. */
export interface Addressed {
  readonly users: readonly string[];
  readonly parties: readonly string[];
  readonly tags: readonly string[];
}

/** The corp's people. */
export class Directory {
  readonly #people = new Map<string, Person>();
  readonly #departments: readonly Department[];
  readonly #tags: readonly MemberTag[];
  readonly #left = new Set<string>();

  constructor(people: readonly Person[], departments: readonly Department[], tags: readonly MemberTag[]) {
    for (const person of people) this.add(person);
    const root: Department = { id: ROOT, name: 'root', parentId: 0, members: [] };
    this.#departments = departments.some(({ id }) => id === ROOT) ? departments : [root, ...departments];
    this.#tags = tags;
  }

  /** Adds a member, or renames one. */
  add(person: Person): void {
    this.#people.set(person.id.toLowerCase(), person);
    this.#left.delete(person.id.toLowerCase());
  }

  /** The member leaves the corp: no call reaches him any more. */
  leave(personId: string): void {
    this.#left.add(personId.toLowerCase());
  }

  list(): readonly Person[] {
    return [...this.#people.values()];
  }

  /** Everybody an app may see. */
  visibleTo(app: WecomApp): readonly Person[] {
    return this.list().filter(({ id }) => this.isVisible(app, id));
  }

  isVisible(app: WecomApp, personId: string): boolean {
    const id = personId.toLowerCase();
    if (!this.#people.has(id) || this.#left.has(id)) return false;
    return app.visible === undefined || app.visible.some((seen) => seen.toLowerCase() === id);
  }

  find(personId: string): Person | undefined {
    return this.#people.get(personId.toLowerCase());
  }

  /** Those of the addressed whom the app may see, each once, and the ids of the others. */
  resolve(app: WecomApp, addressed: Addressed): Recipients {
    const people = new Map<string, Person>();
    const take = (ids: readonly string[]): boolean => {
      const seen = ids.flatMap((id) => (this.isVisible(app, id) ? (this.find(id) ?? []) : []));
      for (const person of seen) people.set(person.id, person);
      return seen.length > 0;
    };
    const missed = <T>(list: readonly T[], idsOf: (entry: T) => readonly string[]): T[] =>
      list.filter((entry) => !take(idsOf(entry)));
    return {
      invalidUsers: missed(addressed.users, (id) => [id]).map((id) => id.toLowerCase()),
      invalidParties: missed(addressed.parties, (id) => this.#membersOf(Number(id))),
      invalidTags: missed(addressed.tags, (id) => this.#tags.find((tag) => String(tag.id) === id)?.members ?? []),
      people: [...people.values()],
    };
  }

  /** user/get. @throws WecomFault 60111 unknown, 60011 outside the visible range. */
  describe(app: WecomApp, personId: string): Readonly<Record<string, unknown>> {
    const person = this.find(personId);
    demand(person !== undefined && !this.#left.has(person.id.toLowerCase()), 60111, 'userid not found');
    demand(this.isVisible(app, person.id), 60011, 'no privilege to access/modify contact/party/agent');
    const home = this.#departments.filter(({ members }) => members.includes(person.id)).map(({ id }) => id);
    const department = home.length === 0 ? [ROOT] : home;
    const inside = { department, main_department: department[0], is_leader_in_dept: department.map(() => 0) };
    return { userid: person.id, name: person.name, ...inside, direct_leader: [], status: 1 };
  }

  departmentList(): readonly Readonly<Record<string, unknown>>[] {
    return this.#departments.map(({ id, name, parentId }, index) => ({ id, name, parentid: parentId, order: index }));
  }

  /** department/simplelist: the tree without the names. */
  departmentIds(): readonly Readonly<Record<string, unknown>>[] {
    return this.#departments.map(({ id, parentId }, index) => ({ id, parentid: parentId, order: index }));
  }

  /** Members of a department the app may see. @throws WecomFault 60123 when there is no such department. */
  departmentMembers(app: WecomApp, departmentId: number, withChildren: boolean): readonly Person[] {
    demand(
      this.#departments.some(({ id }) => id === departmentId),
      60123,
      'invalid party id',
    );
    const ids = new Set(this.#membersOf(departmentId, withChildren).map((id) => id.toLowerCase()));
    return this.visibleTo(app).filter(({ id }) => ids.has(id.toLowerCase()));
  }

  #membersOf(departmentId: number, withChildren = true): readonly string[] {
    const department = this.#departments.find(({ id }) => id === departmentId);
    if (department === undefined) return [];
    if (departmentId === ROOT && withChildren) return this.list().map(({ id }) => id);
    const below = withChildren ? this.#departments.filter(({ parentId }) => parentId === departmentId) : [];
    return [...department.members, ...below.flatMap(({ id }) => this.#membersOf(id))];
  }
}
