import { describe, expect, test } from 'vitest';
import { performOperation, type UnitDeps } from '../../../src/core/unit/unit.ts';
import { ADMIN_TOKEN, refusalOf, useProduct, type StaffActor } from '../../support/product.ts';

interface Created {
  readonly kind: 'captured' | 'existing';
  readonly leadId: string;
  readonly leadNumber: string;
  readonly ownerId: string | null;
}

describe('ownerless leads go round', () => {
  const product = useProduct();
  const sales: StaffActor[] = [];
  let made = 0;

  async function create(deps: UnitDeps = product.deps): Promise<Created> {
    made += 1;
    return (await performOperation(deps, { actor: ADMIN_TOKEN, via: 'api' }, 'lead.create', {
      name: '访客',
      mobile: `1393000${String(1000 + made)}`,
      source: 'website',
    })) as Created;
  }

  async function ledger(): Promise<ReadonlyMap<string, number>> {
    const { rows } = await product.db.pool.query<{ staff_id: string; n: number }>(
      `SELECT staff_id, count(*)::int AS n FROM lead_assignments WHERE how = 'ROTATION' GROUP BY staff_id`,
    );
    return new Map(rows.map((row) => [row.staff_id, row.n]));
  }

  test('while there is no salesperson they stay without owner; the first who types the phone takes it', async () => {
    const lead = await create();
    expect(lead).toMatchObject({ kind: 'captured', owner: null });
    expect(await ledger()).toEqual(new Map());

    sales.push(await product.addStaff('销售1', ['sales']));
    const [first] = sales;
    const taken = (await product.call(
      first ?? ADMIN_TOKEN,
      'lead.capture',
      { facts: { phone: `1393000${String(1000 + made)}` } },
      'wecom',
    )) as Created;

    expect(taken).toMatchObject({ kind: 'existing', leadId: lead.leadId, ownerId: first?.id });
    expect(await product.call(first ?? ADMIN_TOKEN, 'customer.get', { id: lead.leadNumber })).toMatchObject({
      ownerId: first?.id,
    });
    const { rows } = await product.db.pool.query('SELECT how, staff_id FROM lead_assignments WHERE lead_id = $1', [
      lead.leadId,
    ]);
    expect(rows).toEqual([{ how: 'TYPED', staff_id: first?.id }]);
  });

  test('each in turn, and nobody is ever more than one ahead, though two processes take them at once', async () => {
    for (const n of [2, 3, 4]) sales.push(await product.addStaff(`销售${String(n)}`, ['sales']));
    await product.addStaff('审核', ['reviewer']);
    const other = await product.elsewhere();

    for (let round = 0; round < 6; round += 1) {
      await Promise.all(
        Array.from({ length: 7 }, async (_one, index) => create(index % 2 === 0 ? product.deps : other)),
      );
      const given = await ledger();
      const counts = sales.map((one) => given.get(one.id) ?? 0);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(7 * (round + 1));
    }
    await other.close();
  });

  test('who joins later takes turns from then on, and does not get every lead until he has caught up', async () => {
    const newcomer = await product.addStaff('新人', ['sales']);
    const before = await ledger();

    for (let n = 0; n <= 2 * sales.length + 1; n += 1) await create();

    const gained = new Map([...(await ledger())].map(([id, count]) => [id, count - (before.get(id) ?? 0)]));
    expect([...sales, newcomer].map(({ id }) => gained.get(id))).toEqual([2, 2, 2, 2, 2]);
    await product.db.pool.query('UPDATE staff SET is_active = false WHERE id = $1', [newcomer.id]);
  });

  test('a lead somebody types himself does not cost him his turn', async () => {
    const before = await ledger();
    const [first] = sales;
    for (let i = 0; i < 5; i += 1)
      await product.call(first ?? ADMIN_TOKEN, 'lead.capture', { facts: { name: `自来客${String(i)}` } });

    expect(await ledger()).toEqual(before);
  });

  test('a phone that has an owner is not given to the next in turn', async () => {
    const lead = await create();

    const again = (await product.call(ADMIN_TOKEN, 'lead.create', {
      name: '访客',
      mobile: `1393000${String(1000 + made)}`,
      source: 'website',
    })) as Created;

    expect(again).toMatchObject({ kind: 'existing', leadId: lead.leadId, ownerId: lead.ownerId });
  });

  test('a new wish of a customer whose lead is over goes to the owner he has', async () => {
    const lead = await create();
    await product.db.pool.query(`UPDATE leads SET is_open = false WHERE id = $1`, [lead.leadId]);
    const before = await ledger();

    const again = (await product.call(ADMIN_TOKEN, 'lead.create', {
      name: '访客',
      mobile: `1393000${String(1000 + made)}`,
      source: 'website',
    })) as Created;

    expect(again).toMatchObject({ kind: 'captured', leadNumber: lead.leadNumber, ownerId: lead.ownerId });
    expect(again.leadId).not.toBe(lead.leadId);
    expect(await ledger()).toEqual(before);
    const { rows } = await product.db.pool.query('SELECT how, staff_id FROM lead_assignments WHERE lead_id = $1', [
      again.leadId,
    ]);
    expect(rows).toEqual([{ how: 'KEPT', staff_id: lead.ownerId }]);
  });

  test('who has left is passed over', async () => {
    const [first] = sales;
    await product.call(ADMIN_TOKEN, 'staff.disable', { id: first?.id });

    const owners = [];
    for (let i = 0; i < 4; i += 1) owners.push((await create()).ownerId);

    expect(owners).not.toContain(first?.id);
  });

  test('whoever is given one hears of it once, with number, masked name and source', async () => {
    const sql = `SELECT count(*)::int AS n FROM outbox WHERE purpose = 'STAFF' AND chat = 'rota'`;
    const told = async (): Promise<number> => (await product.db.pool.query<{ n: number }>(sql)).rows[0]?.n ?? -1;
    for (const one of sales)
      await product.db.pool.query(
        `INSERT INTO identities (id, account, external_id, staff_id, is_verified, created_at, bound_at)
         VALUES (gen_random_uuid(), 'wecom:' || $1, 'rota', $1::uuid, true, now(), now())`,
        [one.id],
      );
    const lead = await create();

    expect(lead.ownerId).not.toBeNull();
    expect(await told()).toBe(1);
    const { rows } = await product.db.pool.query<{ text_masked: string }>(
      `SELECT text_masked FROM timeline_items i JOIN outbox o ON o.id = i.outbox_id WHERE o.chat = 'rota'`,
    );
    expect(rows.map(({ text_masked: text }) => text)).toEqual([
      `新线索 ${lead.leadNumber} 访* 轮到您了（来源：website），请在 30 分钟内联系。`,
    ]);
    made -= 1;
    await create(); // the same phone again: nothing is assigned
    expect(await told()).toBe(1);

    await product.db.pool.query('UPDATE leads SET is_open = false WHERE id = $1', [lead.leadId]);
    made -= 1;
    await create(); // once more after it is over: he keeps his customer
    const { rows: texts } = await product.db.pool.query<{ text_masked: string }>(
      `SELECT text_masked FROM timeline_items i JOIN outbox o ON o.id = i.outbox_id WHERE o.chat = 'rota' ORDER BY o.id`,
    );
    expect(texts[1]?.text_masked).toBe(
      `老客户 ${lead.leadNumber} 访* 又有新需求（来源：website），还是由您跟进，请在 30 分钟内联系。`,
    );
  });

  test('the ledger says which lead went to whom, and sales do not read it', async () => {
    const lead = await create();

    const { items } = (await product.call(ADMIN_TOKEN, 'lead.assignments', {})) as { items: readonly object[] };

    expect(items[0]).toMatchObject({ leadId: lead.leadId, staffId: lead.ownerId, how: 'ROTATION' });
    expect(await refusalOf(product.call(sales[1] ?? ADMIN_TOKEN, 'lead.assignments', {}))).toBe('permission.denied');
    expect(
      await refusalOf(
        product.call(sales[1] ?? ADMIN_TOKEN, 'lead.create', { name: '访客', mobile: '13930009999', source: 'x' }),
      ),
    ).toBe('permission.denied');
  });
});
