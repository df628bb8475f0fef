import { beforeAll, describe, expect, test } from 'vitest';
import type { Actor } from '../../../src/core/operations/actor.ts';
import { namesOfCustomers, personalValues } from '../../../src/domain/customers/index.ts';
import { findPlain } from '../../support/plain-text.ts';
import { ADMIN_TOKEN, refusalOf, useProduct, type StaffActor } from '../../support/product.ts';

const CANARY = { name: '欧阳鸣蝉', phone: '13987654321', identityNumber: '11010519491231002X' };

interface Page {
  readonly items: readonly {
    readonly id: string;
    readonly number: string;
    readonly name: string;
    readonly mobile: string | null;
    readonly idCard: string | null;
  }[];
  readonly nextCursor: string | null;
}

describe('customers', () => {
  const product = useProduct();
  let lin: StaffActor;
  let gu: StaffActor;
  let he = { customerId: '', leadNumber: '' };

  beforeAll(async () => {
    lin = await product.addStaff('小林', ['sales'], { team: '一组' });
    gu = await product.addStaff('小顾', ['sales'], { team: '二组' });
    he = (await product.call(
      lin,
      'lead.capture',
      { facts: { ...CANARY, amount: '300000.00', city: '深圳' }, text: `新客户 ${CANARY.name} ${CANARY.phone}` },
      'wecom',
    )) as typeof he;
  });

  async function search(actor: Actor, q: string): Promise<Page['items']> {
    return ((await product.call(actor, 'customer.search', { q })) as Page).items;
  }

  test.each([CANARY.phone, `+86 ${CANARY.phone}`, '4321', '欧阳鸣蝉', '欧阳', '欧', '欧阳老板', '欧阳阿姨', '欧阳总'])(
    'is found by "%s"',
    async (term) => {
      expect((await search(lin, term)).map(({ id }) => id)).toContain(he.customerId);
    },
  );

  test('is found by the K-number in either case, and by mobile', async () => {
    expect(await search(lin, he.leadNumber.toLowerCase())).toHaveLength(1);
    expect(((await product.call(lin, 'customer.search', { mobile: CANARY.phone })) as Page).items).toHaveLength(1);
    expect(await refusalOf(product.call(lin, 'customer.search', { mobile: '12345' }))).toBe('customer.invalid_phone');
  });

  test.each(['13900000000', '鸣蝉', 'K999999', '%', "' OR 1=1 --", '*'])('is not found by "%s"', async (term) => {
    expect((await search(lin, term)).map(({ id }) => id)).not.toContain(he.customerId);
  });

  test('is shown masked everywhere, whoever asks and however', async () => {
    const answers: unknown[] = [
      await search(ADMIN_TOKEN, CANARY.phone),
      await product.call(ADMIN_TOKEN, 'customer.get', { id: he.leadNumber }),
      await product.call(lin, 'customer.list', {}),
      await product.call(lin, 'customer.find', { query: CANARY.phone }),
      await product.call(lin, 'customer.find', { mine: true }),
      await product.call(lin, 'lead.get', { lead: he.leadNumber }),
      await product.call(lin, 'lead.capture', { facts: { ...CANARY } }),
      await product.call(gu, 'lead.capture', { facts: { ...CANARY } }),
      await product.call(lin, 'lead.update', { lead: he.leadNumber, facts: { ...CANARY } }),
      await product.call(lin, 'document.list', { customer: he.leadNumber }),
      await product.call(lin, 'consent.list', { customer: he.leadNumber }),
      await product.call(lin, 'timeline.read', { id: he.leadNumber }),
    ];

    const text = JSON.stringify(answers);
    for (const personal of Object.values(CANARY)) expect(text).not.toContain(personal);
    expect(answers[1]).toMatchObject({
      name: '欧***',
      mobile: '139****4321',
      idCard: '1***************2X'.slice(0, 1) + '*'.repeat(15) + '2X',
    });
  });

  test('the plain values stand in no column of no table', async () => {
    for (const personal of Object.values(CANARY))
      expect(await findPlain(product.db.pool, personal), personal).toEqual([]);
    expect(await findPlain(product.db.pool, '欧***')).toEqual(
      expect.arrayContaining(['customers.name_masked', 'pii_refs.masked']),
    );
  });

  test('the plain value is shown for a reason, to those in charge, and the showing is on the trail', async () => {
    const reveal = async (actor: Actor, reason: string): Promise<unknown> =>
      product.call(actor, 'customer.reveal', {
        id: he.leadNumber,
        fields: ['name', 'mobile', 'idCard', 'bankCard'],
        reason,
      });

    expect(await reveal(lin, '回访客户确认额度')).toEqual({
      id: he.customerId,
      values: { name: CANARY.name, mobile: CANARY.phone, idCard: CANARY.identityNumber, bankCard: null },
    });
    expect(await refusalOf(reveal(lin, ''))).toBe('request.invalid');
    expect(await refusalOf(reveal(gu, '想看看别人的客户'))).toBe('customer.not_found');
    const { rows } = await product.db.pool.query(
      `SELECT actor_id, outcome FROM audit_entries WHERE action = 'customer.reveal' ORDER BY id`,
    );
    expect(rows).toEqual([
      { actor_id: lin.id, outcome: 'DONE' },
      { actor_id: lin.id, outcome: 'REFUSED' }, // no reason, no look, and a trace of the try
      { actor_id: gu.id, outcome: 'REFUSED' },
    ]);
  });

  test('a salesperson lists his own, a team lead the team’s, a manager all; a customer only himself', async () => {
    const other = (await product.call(gu, 'lead.capture', { facts: { name: '周先生', phone: '13700001234' } })) as {
      customerId: string;
    };
    const self = await product.boundCustomer(he.customerId, '81001');
    const ids = async (actor: Actor): Promise<readonly string[]> =>
      ((await product.call(actor, 'customer.list', {})) as Page).items.map(({ id }) => id);

    expect(await ids(lin)).toEqual([he.customerId]);
    expect(await ids(await product.addStaff('老张', ['team_lead'], { team: '一组' }))).toEqual([he.customerId]);
    expect(await ids(await product.addStaff('梁总', ['manager']))).toEqual([other.customerId, he.customerId]);
    expect(await product.call(self, 'customer.get', { id: he.customerId })).toMatchObject({ id: he.customerId });
    expect(await refusalOf(product.call(self, 'customer.get', { id: other.customerId }))).toBe('customer.not_found');
    expect(await ids(self)).toEqual([he.customerId]);
    expect(await refusalOf(product.call(await product.stranger('81002'), 'customer.list', {}))).toBe(
      'permission.denied',
    );
  });

  test('a list goes on where its cursor says, the newest first, each once', async () => {
    const zhao = await product.addStaff('小赵', ['sales']);
    for (let i = 0; i < 7; i += 1)
      await product.call(zhao, 'lead.capture', {
        facts: { name: `客户${String(i)}`, phone: `1360000${String(1000 + i)}` },
      });
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page = (await product.call(zhao, 'customer.list', {
        limit: 3,
        ...(cursor === null ? {} : { cursor }),
      })) as Page;
      seen.push(...page.items.map(({ number }) => number));
      cursor = page.nextCursor;
    } while (cursor !== null);

    expect(seen).toHaveLength(7);
    expect(seen.map((number) => Number(number.slice(1)))).toEqual(
      seen.map((number) => Number(number.slice(1))).sort((a, b) => b - a),
    );
  });

  test('one’s own are found however many of the same name others have', async () => {
    const [mine, others] = [await product.addStaff('小马', ['sales']), await product.addStaff('小牛', ['sales'])];
    const own = (await product.call(mine, 'lead.capture', { facts: { name: '诸葛先生' } })) as typeof he;
    for (let i = 0; i < 21; i += 1) await product.call(others, 'lead.capture', { facts: { name: '诸葛先生' } });

    expect((await search(mine, '诸葛')).map(({ id }) => id)).toEqual([own.customerId]);
  });

  test('a corrected name is found by the new one, not by the old', async () => {
    const lead = (await product.call(lin, 'lead.capture', {
      facts: { name: '司马旧', phone: '13500001234' },
    })) as typeof he;
    await product.call(lin, 'lead.update', { lead: lead.leadNumber, facts: { name: '司马新' } });

    expect((await search(lin, '司马新')).map(({ id }) => id)).toEqual([lead.customerId]);
    expect(await search(lin, '司马旧')).toEqual([]);
  });

  test('one whose name on file is damaged keeps nobody else’s from being left out of what is written, or filled into a form', async () => {
    const capture = async (name: string): Promise<string> =>
      ((await product.call(lin, 'lead.capture', { facts: { name, amount: '100000.00' } })) as typeof he).customerId;
    const [whole, damaged] = [await capture('司徒静'), await capture('司徒安')];
    const { rows } = await product.db.pool.query<{ id: string }>(
      `UPDATE pii_refs SET sealed_value = CASE WHEN customer_id = $1 THEN '\\x00' ELSE sealed_value END
       WHERE kind = 'NAME' AND customer_id IN ($1, $2) RETURNING id`,
      [damaged, whole],
    );
    const { keys } = product.services;
    const { database } = product.db;

    const names = await namesOfCustomers(database, keys, [whole, damaged]);
    const values = await personalValues(keys).behind(
      database,
      rows.map(({ id }) => id),
    );

    expect([...names.keys()]).toEqual([whole]);
    expect([...values.values()]).toEqual(['司徒静']);
  });
});
