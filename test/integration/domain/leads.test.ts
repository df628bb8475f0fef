import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Actor } from '../../../src/core/operations/actor.ts';
import { performOperation, type UnitDeps } from '../../../src/core/unit/unit.ts';
import { ADMIN_TOKEN, refusalOf, useProduct, type StaffActor } from '../../support/product.ts';

interface Captured {
  readonly kind: 'captured' | 'existing' | 'collision';
  readonly customerId: string;
  readonly leadId: string;
  readonly leadNumber: string;
  readonly owner: string | null;
  readonly ownerId: string | null;
  readonly amount: string | null;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly changes: Readonly<Record<string, { readonly from: unknown; readonly to: unknown }>>;
}

describe('leads typed by salespeople', () => {
  const product = useProduct();
  let lin: StaffActor;
  let gu: StaffActor;
  let made = 0;
  let phone = '';

  beforeAll(async () => {
    lin = await product.addStaff('小林', ['sales'], { team: '一组' });
    gu = await product.addStaff('小顾', ['sales'], { team: '二组' });
  });

  beforeEach(() => {
    made += 1;
    phone = `1381000${String(1000 + made)}`;
  });

  async function capture(actor: StaffActor, facts: object, deps: UnitDeps = product.deps): Promise<Captured> {
    return (await performOperation(deps, { actor, via: 'wecom' }, 'lead.capture', { facts })) as Captured;
  }

  async function update(
    actor: StaffActor,
    lead: string,
    facts: object,
    deps: UnitDeps = product.deps,
  ): Promise<Captured> {
    return (await performOperation(deps, { actor, via: 'wecom' }, 'lead.update', { lead, facts })) as Captured;
  }

  async function holdersOf(number: string): Promise<readonly string[]> {
    const digest = product.services.keys.blind('PHONE', number);
    const { rows } = await product.db.pool.query<{ customer_id: string }>(
      `SELECT customer_id FROM pii_refs WHERE kind = 'PHONE' AND exact_blind = $1 AND is_current`,
      [digest],
    );
    return rows.map((row) => row.customer_id);
  }

  async function countOf(sql: string, values: readonly unknown[]): Promise<number> {
    const { rows } = await product.db.pool.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${sql}`, [...values]);
    return rows[0]?.n ?? -1;
  }

  test('a sentence becomes a customer file with a K-number and an open lead of him who typed it', async () => {
    const lead = await capture(lin, {
      name: '何女士',
      phone,
      amount: '300000.00',
      purpose: 'turnover',
      city: '深圳',
      house: true,
      houseStatus: 'mortgage',
    });

    expect(lead).toMatchObject({
      kind: 'captured',
      owner: '小林',
      ownerId: lin.id,
      amount: '300000.00',
      facts: { city: '深圳', house: true, houseStatus: 'mortgage' },
    });
    expect(lead.leadNumber).toMatch(/^K\d{3,}$/);
    expect(
      await countOf('lead_assignments WHERE lead_id = $1 AND staff_id = $2 AND how = $3', [
        lead.leadId,
        lin.id,
        'TYPED',
      ]),
    ).toBe(1);
  });

  test('a number that was typed into another fact is masked in the answer', async () => {
    const lead = await capture(lin, {
      name: '何女士',
      phone,
      city: '深圳13977712345',
      licenceName: '１３９７７７１２３４５',
    });

    expect(lead.facts).toMatchObject({ city: '深圳139****2345', licenceName: '139****2345' });
    const changed = await product.call(lin, 'lead.update', { lead: lead.leadNumber, facts: { city: '广州' } });
    expect(changed).toMatchObject({ changes: { city: { from: '深圳139****2345', to: '广州' } } });
  });

  test('a name alone is enough, neither name nor phone is not', async () => {
    expect(await capture(lin, { name: '周先生' })).toMatchObject({ kind: 'captured' });
    expect(await refusalOf(capture(lin, { amount: '300000.00' }))).toBe('lead.needs_contact');
  });

  test('the same salesperson entering the phone again meets the same lead', async () => {
    const first = await capture(lin, { name: '何女士', phone });

    const again = await capture(lin, { name: '何女士', phone: `+86 ${phone}`, amount: '500000.00' });

    expect(again).toMatchObject({
      kind: 'existing',
      leadId: first.leadId,
      amount: '500000.00',
      changes: { amount: { from: null, to: '500000.00' } },
    });
  });

  test('another salesperson entering the phone gets the K-number and the owner, nothing of the customer, and the lead stays', async () => {
    const first = await capture(lin, { name: '何玉兰', phone, amount: '300000.00', city: '深圳' });

    const collision = await capture(gu, { name: '何玉兰', phone, amount: '900000.00' });

    expect(collision).toEqual({ kind: 'collision', leadNumber: first.leadNumber, owner: '小林' });
    expect(await holdersOf(phone)).toEqual([first.customerId]);
    expect(
      await countOf('collisions WHERE customer_id = $1 AND staff_id = $2 AND owner_id = $3', [
        first.customerId,
        gu.id,
        lin.id,
      ]),
    ).toBe(1);
    expect(await countOf('leads WHERE customer_id = $1 AND amount_fen = 30000000', [first.customerId])).toBe(1);
  });

  test('who may not see a file does not reach it by typing its phone, whatever way he takes', async () => {
    const theirs = await capture(lin, { name: '许三多', phone, amount: '300000.00' });
    const otherLead = await product.addStaff('陈组长', ['team_lead'], { team: '二组' });
    const nobody: Actor = { kind: 'TOKEN', id: 'crm', roles: ['sales', 'team_lead'], language: 'zh-CN' };
    const form = { name: '探测者', mobile: phone, amount: '88.00', source: 'web' };

    const met = [
      (await product.call(otherLead, 'lead.create', form)) as Captured,
      (await product.call(nobody, 'lead.create', form)) as Captured,
      (await product.call(nobody, 'lead.capture', {
        facts: { name: '某某某', phone, identityNumber: '110101199003077758', amount: '1.00' },
      })) as Captured,
    ];

    for (const one of met) {
      expect(one).toMatchObject({ kind: 'collision', leadNumber: theirs.leadNumber, owner: '小林' });
      expect(JSON.stringify(one)).not.toContain('300000');
    }
    expect(await product.call(lin, 'lead.get', { lead: theirs.leadNumber })).toMatchObject({ amount: '300000.00' });
    const file = await product.call(lin, 'customer.reveal', {
      id: theirs.customerId,
      fields: ['name', 'idCard'],
      reason: '核对客户档案',
    });
    expect(file).toMatchObject({ values: { name: '许三多', idCard: null } });
  });

  test('a form adds to a lead what nobody knew, and overwrites nothing that a person has said', async () => {
    const typed = await capture(lin, { name: '许三多', phone, amount: '300000.00' });

    const form = await product.call(ADMIN_TOKEN, 'lead.create', {
      name: '徐先生',
      mobile: phone,
      amount: '88.00',
      purpose: 'turnover',
      source: 'web',
    });

    expect(form).toMatchObject({ kind: 'existing', leadNumber: typed.leadNumber, amount: '300000.00' });
    expect(form).toMatchObject({ changes: { purpose: { from: null, to: 'turnover' } } });
    const file = await product.call(lin, 'customer.reveal', {
      id: typed.customerId,
      fields: ['name'],
      reason: '核对客户档案',
    });
    expect(file).toMatchObject({ values: { name: '许三多' } });
  });

  test('two salespeople typing the same new phone at the same moment: one owner, one collision', async () => {
    const other = await product.elsewhere();

    for (let round = 0; round < 12; round += 1) {
      const number = `1391${String(made).padStart(3, '0')}${String(1000 + round)}`;
      const answers = await Promise.all([
        capture(lin, { name: '何女士', phone: number }),
        capture(gu, { name: '何女士', phone: number }, other),
      ]);

      expect(answers.map(({ kind }) => kind).sort()).toEqual(['captured', 'collision']);
      expect(new Set(answers.map(({ owner }) => owner)).size).toBe(1);
      const holders = await holdersOf(number);
      expect(holders).toHaveLength(1);
      expect(await countOf('leads WHERE customer_id = $1', [holders[0]])).toBe(1);
      expect(await countOf('collisions WHERE customer_id = $1', [holders[0]])).toBe(1);
    }
    await other.close();
  });

  test('a phone that is added to two nameless leads at the same moment goes to one of them', async () => {
    const other = await product.elsewhere();
    for (let round = 0; round < 8; round += 1) {
      const number = `1392${String(made).padStart(3, '0')}${String(1000 + round)}`;
      const [mine, theirs] = [await capture(lin, { name: '何女士' }), await capture(gu, { name: '何小姐' })];

      const answers = await Promise.all([
        update(lin, mine.leadNumber, { phone: number }),
        update(gu, theirs.leadNumber, { phone: number }, other),
      ]);

      expect(answers.map(({ kind }) => kind).sort()).toEqual(['collision', 'existing']);
      expect(await holdersOf(number)).toHaveLength(1);
    }
    await other.close();
  });

  test('the same sentence delivered twice at once makes one customer', async () => {
    const answers = await Promise.all([1, 2, 3, 4].map(async () => capture(lin, { name: '何女士', phone })));

    expect(answers.map(({ kind }) => kind).sort()).toEqual(['captured', 'existing', 'existing', 'existing']);
    expect(new Set(answers.map(({ leadId }) => leadId)).size).toBe(1);
  });

  test('corrections are answered with old and new, and each fact remembers who said it and when', async () => {
    const lead = await capture(lin, { name: '何女士', phone, amount: '300000.00', city: '深圳' });

    const corrected = await update(lin, lead.leadNumber, { amount: '500000.00', city: '深圳', term: 36 });

    expect(corrected.changes).toEqual({ amount: { from: '300000.00', to: '500000.00' }, term: { from: null, to: 36 } });
    expect(corrected).toMatchObject({ kind: 'existing', amount: '500000.00' });
  });

  test('a known phone typed again adds what was missing and overwrites nothing, the name included', async () => {
    const lead = await capture(lin, { name: '何女士', phone, amount: '200000.00' });

    const again = await capture(lin, { name: '华先生', phone, amount: '350000.00', city: '深圳' });

    expect(again).toMatchObject({ kind: 'existing', leadNumber: lead.leadNumber, amount: '200000.00' });
    expect(again.changes).toEqual({ city: { from: null, to: '深圳' } });
    expect(await product.call(lin, 'customer.get', { id: lead.leadNumber })).toMatchObject({ name: '何**' });
  });

  test('a mortgage finds no place on a file that says there is no house, nor a district beside another city', async () => {
    const lead = await capture(lin, { name: '何女士', phone, house: false, city: '北京' });
    const said = { house: true, houseStatus: 'mortgage', monthlyPayment: '6200.00', city: '深圳', district: '福田' };

    const again = await capture(lin, { phone, ...said, term: 36 });
    expect(again.changes).toEqual({ term: { from: null, to: 36 } });
    for (const facts of [
      { houseStatus: 'mortgage' },
      { monthlyPayment: '6200.00' },
      { house: false, houseStatus: 'full' },
    ])
      expect(await refusalOf(update(lin, lead.leadNumber, facts))).toBe('lead.no_asset');
    expect(await refusalOf(capture(lin, { name: '周先生', car: false, carStatus: 'full' }))).toBe('lead.no_asset');

    expect((await update(lin, lead.leadNumber, said)).changes).toMatchObject({
      house: { from: false, to: true },
      houseStatus: { from: null, to: 'mortgage' },
    });
  });

  test('several writers are all authors of the case', async () => {
    const lead = await capture(lin, { name: '何女士', phone });
    const boss = await product.addStaff('老张', ['team_lead'], { team: '一组' });
    await update(boss, lead.leadNumber, { city: '广州' });
    await update(boss, lead.leadNumber, { city: '深圳' });

    const { rows } = await product.db.pool.query<{ staff_id: string }>(
      'SELECT staff_id FROM lead_authors WHERE lead_id = $1 ORDER BY at',
      [lead.leadId],
    );
    expect(rows.map((row) => row.staff_id)).toEqual([lin.id, boss.id]);
  });

  test('a salesperson reaches his own leads only, a team lead his team’s, a reviewer reads and does not write', async () => {
    const lead = await capture(lin, { name: '何女士', phone });
    const [own, others, reviewer] = [
      await product.addStaff('老张', ['team_lead'], { team: '一组' }),
      await product.addStaff('老李', ['team_lead'], { team: '二组' }),
      await product.addStaff('小钱', ['reviewer']),
    ];

    expect(await refusalOf(update(gu, lead.leadNumber, { city: '广州' }))).toBe('customer.not_found');
    expect(await refusalOf(product.call(gu, 'lead.get', { lead: lead.leadNumber }))).toBe('customer.not_found');
    expect(await refusalOf(update(others, lead.leadNumber, { city: '广州' }))).toBe('customer.not_found');
    expect(await update(own, lead.leadNumber, { city: '广州' })).toMatchObject({ kind: 'existing' });
    expect(await product.call(reviewer, 'lead.get', { lead: lead.leadNumber })).toMatchObject({ leadId: lead.leadId });
    expect(await refusalOf(update(reviewer, lead.leadNumber, { city: '广州' }))).toBe('permission.denied');
  });

  test.each(['12345', '138000066', '1380000661234', 'abc', '02112345678', '１２３'])(
    'the phone %j is refused and nothing is made',
    async (bad) => {
      const before = await countOf('customers', []);

      expect(await refusalOf(capture(lin, { name: '何女士', phone: bad }))).toBe('customer.invalid_phone');
      expect(await countOf('customers', [])).toBe(before);
    },
  );

  test.each(['-1.00', '0.00', 'abc', '1e9', '99999999999999.00', ''])(
    'the amount %j is refused and nothing is made',
    async (amount) => {
      const before = await countOf('customers', []);

      expect(await refusalOf(capture(lin, { name: '何女士', phone, amount }))).toBe('lead.invalid_amount');
      expect(await countOf('customers', [])).toBe(before);
    },
  );

  test.each(['110105194912310021', '11010519491331002X', '110105194912310', '不知道不知道不知道不知道不知道'])(
    'the identity number %j is refused with the part that is wrong',
    async (identityNumber) => {
      const lead = await capture(lin, { name: '何女士', phone });

      expect(await refusalOf(update(lin, lead.leadNumber, { identityNumber }))).toBe(
        'customer.invalid_identity_number',
      );
      expect(await update(lin, lead.leadNumber, { identityNumber: '11010519491231002x' })).toMatchObject({
        kind: 'existing',
      });
    },
  );

  test('an unknown fact, a lead that is not there and a number out of range are refused', async () => {
    const lead = await capture(lin, { name: '何女士', phone });

    expect(await refusalOf(update(lin, lead.leadNumber, { nickname: '小何' }))).toBe('request.invalid');
    expect(await refusalOf(update(lin, lead.leadNumber, { term: 0 }))).toBe('request.invalid');
    expect(await refusalOf(update(lin, 'K999999', { city: '深圳' }))).toBe('customer.not_found');
    expect(await refusalOf(update(lin, "K1' OR '1'='1", { city: '深圳' }))).toBe('customer.not_found');
  });

  test('a refusal is on the audit trail with its code and without what was typed', async () => {
    await capture(lin, { name: '何女士', phone: 'no phone' }).catch(() => undefined);

    const { rows } = await product.db.pool.query<{ id: string; sealed_detail: Buffer }>(
      `SELECT id, sealed_detail FROM audit_entries WHERE action = 'lead.capture' AND outcome = 'REFUSED' ORDER BY id DESC LIMIT 1`,
    );
    expect(
      product.services.keys.openJson(
        `audit_entries.sealed_detail.${rows[0]?.id ?? ''}`,
        rows[0]?.sealed_detail ?? Buffer.alloc(0),
      ),
    ).toEqual({ code: 'customer.invalid_phone' });
  });
});
