/** Work that does not let the process go on, for tests of what becomes of it. */
import type { Tx } from '../../src/db/database.ts';

/** Stands still, in the midst of a transaction, until PostgreSQL has lost patience with that. @throws DatabaseError `25P03` */
export async function holdUp(tx: Tx): Promise<never> {
  const nobody = new Int32Array(new SharedArrayBuffer(4));
  await tx.query(`SET LOCAL idle_in_transaction_session_timeout = '250ms'`);
  for (;;) {
    Atomics.wait(nobody, 0, 0, 400);
    await tx.query('SELECT 1');
  }
}
