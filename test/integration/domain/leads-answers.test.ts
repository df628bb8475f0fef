import { describe, expect, test } from 'vitest';
import { useFilingDesk } from '../../support/filing-desk.ts';
import { refusalOf } from '../../support/product.ts';

describe('what a customer answers himself', () => {
  const desk = useFilingDesk();
  const { product } = desk;

  test('what the customer answers goes into the lead as his own word, and makes nobody an author of the case', async () => {
    const answered = await product.call(desk.he, 'customer.answer', {
      facts: { income: '18000.00', house: true, houseStatus: 'mortgage', city: '深圳' },
    });

    expect(answered).toMatchObject({
      kind: 'answered',
      number: desk.number,
      changes: { income: { from: null, to: '18000.00' } },
      missing: [{ item: 'D01' }, { item: 'D07' }],
    });
    const { rows } = await product.db.pool.query<{ id: string; sealed_facts: Buffer }>(
      'SELECT id, sealed_facts FROM leads WHERE customer_id = $1',
      [desk.he.id],
    );
    const facts = await product.db.database.transaction(async (tx) =>
      product.services.keys.openAny(
        tx,
        `leads.sealed_facts.${rows[0]?.id ?? ''}`,
        rows[0]?.sealed_facts ?? Buffer.alloc(0),
      ),
    );
    expect(JSON.parse(facts?.toString() ?? '{}')).toMatchObject({
      income: { value: '18000.00', by: 'customer' },
      amount: { value: '100000.00', by: desk.lin.id },
    });
    const authors = await product.db.pool.query<{ staff_id: string }>(
      'SELECT staff_id FROM lead_authors WHERE lead_id = $1',
      [rows[0]?.id],
    );
    expect(authors.rows).toEqual([{ staff_id: desk.lin.id }]);
  });

  test('a customer’s answer cannot change who he is, which product he gets, or another’s case', async () => {
    for (const facts of [
      { phone: '13911112222' },
      { name: '别人' },
      { product: 'P-002' },
      { identityNumber: '11010519491231002X' },
    ]) {
      expect(await refusalOf(product.call(desk.he, 'customer.answer', { facts }))).toBe('request.invalid');
    }
    expect(await refusalOf(product.call(desk.lin, 'customer.answer', { facts: { city: '深圳' } }))).toBe(
      'permission.denied',
    );
    expect(await refusalOf(product.call(desk.he, 'customer.answer', { facts: { amount: '-5.00' } }))).toBe(
      'lead.invalid_amount',
    );
    expect(await product.call(desk.he, 'customer.answer', { facts: {}, confirmed: true })).toMatchObject({
      kind: 'confirmed',
      changes: {},
    });
  });
});
