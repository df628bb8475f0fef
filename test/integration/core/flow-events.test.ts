/** The history of a case: what a step did is sealed row by row. */
import { expect, test } from 'vitest';
import { inUnit } from '../../../src/core/unit/unit.ts';
import { SYSTEM, useProduct } from '../../support/product.ts';

const product = useProduct();
const CASE = '0192a1b2-1345-7123-8123-13812345678a';

interface Row {
  readonly id: string;
  readonly type: string;
  readonly sealed_data: Buffer | null;
}

test('the data of one step’s events opens in its own row only', async () => {
  await inUnit(product.deps, async (unit) => {
    const { effects } = unit.turn({ actor: SYSTEM, via: 'test' });
    for (const type of ['first', 'second']) effects.event({ instanceId: CASE, rev: 1, type, data: { type } });
    effects.event({ instanceId: CASE, rev: 1, type: 'bare' });
  });

  const { rows } = await product.db.pool.query<Row>(
    'SELECT id, type, sealed_data FROM events WHERE instance_id = $1 ORDER BY id',
    [CASE],
  );
  const open = (place: Row | undefined, data: Row | undefined): unknown =>
    product.services.keys.openJson(`events.sealed_data.${place?.id}`, data?.sealed_data ?? Buffer.alloc(0));
  const [first, second, bare] = rows;
  expect(rows.map(({ type }) => type)).toEqual(['first', 'second', 'bare']);
  expect([open(first, first), open(second, second)]).toEqual([{ type: 'first' }, { type: 'second' }]);
  expect(() => open(first, second)).toThrow();
  expect(bare?.sealed_data).toBeNull();
});
