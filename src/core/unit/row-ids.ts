/** Ids for rows about to be written, asked for while something else is still being looked up. */
import { statement, type Tx } from '../../db/database.ts';

const RESERVE = statement(
  'unit-reserve',
  `SELECT ARRAY(SELECT nextval('outbox_id_seq') FROM generate_series(1, $1)) AS outbox,
          ARRAY(SELECT nextval('timeline_id_seq') FROM generate_series(1, $2)) AS timeline,
          ARRAY(SELECT nextval('audit_id_seq') FROM generate_series(1, $3)) AS audit`,
);

/** How many rows of each kind. */
export interface RowCounts {
  readonly outbox: number;
  readonly timeline: number;
  readonly audit: number;
}

type Ids = { readonly [Kind in keyof RowCounts]: readonly bigint[] };

/** The ids of one transaction. What was asked for and is not taken is a gap in the sequence, as after a roll-back. */
export class RowIds {
  readonly #tx: Tx;
  readonly #stock: { readonly [Kind in keyof RowCounts]: bigint[] } = { outbox: [], timeline: [], audit: [] };
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
    const missing = {
      outbox: Math.max(0, counts.outbox - this.#stock.outbox.length),
      timeline: Math.max(0, counts.timeline - this.#stock.timeline.length),
      audit: Math.max(0, counts.audit - this.#stock.audit.length),
    };
    // Taken before waiting, so that nobody beside us takes them too.
    const stocked = this.#take(counts);
    if (missing.outbox + missing.timeline + missing.audit === 0) return stocked;
    const fresh = await this.#reserve(missing);
    return {
      outbox: [...stocked.outbox, ...fresh.outbox],
      timeline: [...stocked.timeline, ...fresh.timeline],
      audit: [...stocked.audit, ...fresh.audit],
    };
  }

  #take(counts: RowCounts): Ids {
    return {
      outbox: this.#stock.outbox.splice(0, counts.outbox),
      timeline: this.#stock.timeline.splice(0, counts.timeline),
      audit: this.#stock.audit.splice(0, counts.audit),
    };
  }

  async #fetch(counts: RowCounts): Promise<void> {
    const fresh = await this.#reserve(counts);
    this.#stock.outbox.push(...fresh.outbox);
    this.#stock.timeline.push(...fresh.timeline);
    this.#stock.audit.push(...fresh.audit);
  }

  async #reserve(counts: RowCounts): Promise<Ids> {
    const [row] = await this.#tx.query<{ outbox: string[]; timeline: string[]; audit: string[] }>(RESERVE, [
      counts.outbox,
      counts.timeline,
      counts.audit,
    ]);
    if (!row) throw new Error('no ids reserved');
    return { outbox: row.outbox.map(BigInt), timeline: row.timeline.map(BigInt), audit: row.audit.map(BigInt) };
  }
}
