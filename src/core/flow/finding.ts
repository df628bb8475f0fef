/** What is wrong with a flow file, where, and what to do about it. */

/** Message and cure come from the locale keys `flows.check.<code>.message` and `.cure`. */
export interface Finding {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based. */
  readonly column: number;
  /** Stable snake_case, e.g. `unknown_step`. */
  readonly code: string;
  readonly message: string;
  readonly cure: string;
}

/** A fault before it is placed and worded: the path into the document, the code and the values of its sentence. */
export interface Fault {
  readonly path: readonly (string | number)[];
  readonly code: string;
  readonly params?: Readonly<Record<string, string | number>>;
  /** Characters into the value at `path` (conditions). */
  readonly offset?: number;
}

/** Gives the sentence of a locale key in the reader's language. */
export type Translate = (key: string, params: Readonly<Record<string, string | number>>) => string;
