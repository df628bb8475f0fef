import { describe, expect, test } from 'vitest';
import type { Actor } from '../../../src/core/operations/actor.ts';
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

    expect(lead.ownerId).toEqual(expect.any(String));
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

describe('a lead while there is nobody whose turn it could be', () => {
  const product = useProduct();
  const form = { name: '何女士', source: 'website' };
  const create = async (more: object): Promise<Created> =>
    (await product.call(ADMIN_TOKEN, 'lead.create', { ...form, ...more })) as Created;

  async function told(chat: string): Promise<readonly string[]> {
    const { rows } = await product.db.pool.query<{ text_masked: string }>(
      `SELECT text_masked FROM timeline_items i JOIN outbox o ON o.id = i.outbox_id WHERE o.chat = $1 ORDER BY o.id`,
      [chat],
    );
    return rows.map(({ text_masked: text }) => text);
  }

  test('is told to the managers once a day; when it comes again it goes to whoever is there by then', async () => {
    const boss = await product.addStaff('梁总', ['manager'], { telegram: '9201' });
    const leads: Created[] = [];
    for (const mobile of ['13955000001', '13955000002', '13955000001']) leads.push(await create({ mobile }));
    expect(leads.map(({ ownerId }) => ownerId)).toEqual([null, null, null]);
    expect(await told('9201')).toEqual([
      `没有能接新线索的销售，${leads[0]?.leadNumber ?? ''} 何** 还没有人跟进，今天后面来的也一样。请先添加销售，或发「转派 ${leads[0]?.leadNumber ?? ''}」选一位同事。`,
    ]);
    const { items } = (await product.call(boss, 'task.list', {})) as { items: readonly { kind: string }[] };
    expect(items.map(({ kind }) => kind)).toEqual(['lead_unassigned']);

    const first = await product.addStaff('小林', ['sales'], { telegram: '9202' });
    const again = await create({ mobile: '13955000001' });

    expect(again).toMatchObject({ kind: 'existing', leadId: leads[0]?.leadId, ownerId: first.id });
    expect(await product.call(first, 'customer.get', { id: again.leadNumber })).toMatchObject({ ownerId: first.id });
    expect(await told('9202')).toEqual([expect.stringContaining(`新线索 ${again.leadNumber}`)]);
    expect((await product.call(first, 'task.list', {})) as object).toMatchObject({ items: [] }); // that stays the managers'
    const { rows } = await product.db.pool.query('SELECT how, staff_id FROM lead_assignments WHERE lead_id = $1', [
      again.leadId,
    ]);
    expect(rows).toEqual([{ how: 'ROTATION', staff_id: first.id }]);
  });

  test('is told once more to whoever follows it when a form brings something new, and only which facts', async () => {
    const before = (await told('9202')).length;
    const mobile = '13955000001';

    await create({ mobile, amount: '300000.00', purpose: 'turnover', source: '抖音' });
    await create({ mobile, amount: '300000.00', purpose: 'turnover' });
    await create({ mobile });

    expect((await told('9202')).slice(before)).toEqual([
      expect.stringMatching(/^您的客户 K\d+ 何\*\* 又留了资料（来源：抖音），档案里补上了：需求、用途。请联系确认。$/u),
    ]);
  });
});

describe('the ledger of assignments', () => {
  const product = useProduct();

  test('shows a team lead the leads of his team, and nobody else’s; managers see all', async () => {
    const [one, two] = [
      await product.addStaff('小林', ['sales'], { team: '一组' }),
      await product.addStaff('小顾', ['sales'], { team: '二组' }),
    ];
    const capture = async (who: StaffActor): Promise<Created> =>
      (await product.call(who, 'lead.capture', { facts: { name: '何女士' } })) as Created;
    const [first, second] = [await capture(one), await capture(two)];
    const lead = await product.addStaff('陈组长', ['team_lead'], { team: '一组' });
    const teamless: Actor = { kind: 'TOKEN', id: 't', roles: ['team_lead'], language: 'zh-CN' };
    const seen = async (actor: Actor): Promise<readonly string[]> =>
      ((await product.call(actor, 'lead.assignments', {})) as { items: readonly { leadId: string }[] }).items.map(
        ({ leadId }) => leadId,
      );

    expect(await seen(lead)).toEqual([first.leadId]);
    expect(await seen(teamless)).toEqual([]);
    expect(await seen(ADMIN_TOKEN)).toEqual([second.leadId, first.leadId]);
  });
});
