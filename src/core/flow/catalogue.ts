/** What a flow may refer to: the installation's operations, roles, flows, texts and decision tables. */
import type { Translate } from './finding.ts';

/** Texts of one language: locale key → message. */
export type Texts = Readonly<Record<string, string>>;

/** Everything a flow file is checked against. */
export interface FlowCatalogue {
  readonly operations: ReadonlySet<string>;
  readonly roles: ReadonlySet<string>;
  /** Names of all flows that may be called, the one being checked included or not. */
  readonly flows: ReadonlySet<string>;
  /** The kinds of those that the product itself relies on by name: a flow of another kind would stop what they do. */
  readonly kinds?: ReadonlyMap<string, string>;
  /** What each operation takes, by name; operations that are not here take anything. */
  readonly inputs?: ReadonlyMap<string, ReadonlySet<string>>;
  /** Every language the installation speaks; a flow's texts must exist in each. */
  readonly texts: Readonly<Record<string, Texts>>;
  /** Decision tables by name → hash of their content. */
  readonly tables: Readonly<Record<string, string>>;
  /** Words findings in the reader's language. */
  readonly translate: Translate;
}
