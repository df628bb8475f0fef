/**
 * Care with what a process finds waiting when it begins: it may be what killed the one before, for work that dies with its
 * transaction leaves no trace. So it is marked before it is touched, in a commit of its own, and only one such thing at a time
 * is in hand. A mark is an attempt, and whoever survives takes it back; what keeps its marks is set aside by its queue like what
 * fails again and again. What comes in afterwards pays nothing: should it kill us, the next process finds it waiting.
 */
import type { Database, Statement, Tx } from '../db/database.ts';

/** How the rows of a queue are marked and forgiven; both take an array of ids and touch none that are done. */
export interface MarkedQueue {
  readonly mark: Statement;
  readonly forgive: Statement;
}

/** One process's care. */
export class Caution {
  readonly #database: Database;
  readonly #since: Date;
  /** Marks that could not be taken back, the database being away. */
  readonly #owed = new Map<MarkedQueue, readonly bigint[]>();
  #turn: Promise<unknown> = Promise.resolve();

  /** @param since When the process began, in business time. */
  constructor(database: Database, since: Date) {
    this.#database = database;
    this.#since = since;
  }

  /** Whether it was there before us, by when it came in or fell due. */
  isFound(at: Date): boolean {
    return at <= this.#since;
  }

  /**
   * Marks what `pick` takes and has it handled, when nothing else of this kind is in hand. `forgive` takes the marks back of what
   * is not done; it is called at the end in any case, and before by whoever counts failures of his own.
   */
  async handle<T extends { readonly id: bigint }, R>(
    queue: MarkedQueue,
    pick: (tx: Tx) => Promise<readonly T[]>,
    work: (picked: readonly T[], forgive: () => Promise<void>) => Promise<R>,
  ): Promise<R> {
    return this.#inTurn(async () => {
      await this.#payBack(queue);
      const picked = await this.#database.transaction(async (tx) => {
        const rows = await pick(tx);
        if (rows.length > 0) await tx.query(queue.mark, [rows.map(({ id }) => id)]);
        return rows;
      });
      let isForgiven = false;
      const forgive = async (): Promise<void> => {
        if (isForgiven) return;
        isForgiven = true;
        this.#owed.set(
          queue,
          picked.map(({ id }) => id),
        );
        await this.#payBack(queue).catch(() => undefined); // when the database is back
      };
      try {
        return await work(picked, forgive);
      } finally {
        await forgive();
      }
    });
  }

  async #payBack(queue: MarkedQueue): Promise<void> {
    const ids = this.#owed.get(queue) ?? [];
    if (ids.length > 0) await this.#database.query(queue.forgive, [ids]);
    this.#owed.delete(queue);
  }

  async #inTurn<R>(work: () => Promise<R>): Promise<R> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}
