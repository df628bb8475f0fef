/** Ids for rows about to be written, asked for while something else is still being looked up. */
import { statement, type Tx } from '../../db/database.ts';

const RESERVE = statement(
  'unit-reserve',
  `SELECT ARRAY(SELECT nextval('outbox_id_seq') FROM generate_series(1, $1)) AS outbox,
          ARRAY(SELECT nextval('timeline_id_seq') FROM generate_series(1, $2)) AS timeline,
          ARRAY(SELECT nextval('audit_id_seq') FROM generate_series(1, $3)) AS audit,
          ARRAY(SELECT nextval('event_id_seq') FROM generate_series(1, $4)) AS event`,
);
const KINDS = ['outbox', 'timeline', 'audit', 'event'] as const;
type Kind = (typeof KINDS)[number];

/** How many rows of each kind. */
export type RowCounts = Readonly<Partial<Record<Kind, number>>>;

/** Numbers of each kind, in ascending order. */
export type Ids = Readonly<Record<Kind, readonly bigint[]>>;

/** The ids of one transaction. What was asked for and is not taken is a gap in the sequence, as after a roll-back. */
export class RowIds {
  readonly #tx: Tx;
  readonly #stock: Record<Kind, readonly bigint[]> = { outbox: [], timeline: [], audit: [], event: [] };
  #asked: Promise<void> | undefined;

  constructor(tx: Tx) {
    this.#tx = tx;
  }

  /** Asks for ids without waiting for them. */
  ask(counts: RowCounts): void {
    this.#asked = this.#fetch(counts);
    this.#asked.catch(() => undefined); // told to whoever takes
  }

  /** Takes so many, in ascending order, asking for what is missing. */
  async take(counts: RowCounts): Promise<Ids> {
    await this.#asked;
    // Taken before waiting, so that nobody beside us takes them too.
    const stocked = each((kind) => this.#takeStocked(kind, counts[kind] ?? 0));
    const missing = each((kind) => (counts[kind] ?? 0) - stocked[kind].length);
    if (KINDS.every((kind) => missing[kind] === 0)) return stocked;
    const fresh = await this.#reserve(missing);
    return each((kind) => [...stocked[kind], ...fresh[kind]]);
  }

  #takeStocked(kind: Kind, howMany: number): readonly bigint[] {
    const stock = this.#stock[kind];
    this.#stock[kind] = stock.slice(howMany);
    return stock.slice(0, howMany);
  }

  async #fetch(counts: RowCounts): Promise<void> {
    const fresh = await this.#reserve(counts);
    for (const kind of KINDS) this.#stock[kind] = [...this.#stock[kind], ...fresh[kind]];
  }

  async #reserve(counts: RowCounts): Promise<Ids> {
    const [row] = await this.#tx.query<Record<Kind, readonly string[]>>(
      RESERVE,
      KINDS.map((kind) => counts[kind] ?? 0),
    );
    if (!row) throw new Error('no ids reserved');
    return each((kind) => row[kind].map(BigInt));
  }
}

function each<T>(of: (kind: Kind) => T): Record<Kind, T> {
  return { outbox: of('outbox'), timeline: of('timeline'), audit: of('audit'), event: of('event') };
}
