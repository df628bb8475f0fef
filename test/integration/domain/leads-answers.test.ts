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

  test('what one of us wrote stays when the customer says something else: both are kept, and the owner is asked once', async () => {
    const reading = { lead: desk.number };
    await product.call(desk.lin, 'lead.update', { lead: desk.number, facts: { purpose: 'renovation', term: 12 } });

    const answered = await product.call(desk.he, 'customer.answer', {
      facts: { amount: '12000.00', purpose: 'turnover', income: '8000.00' },
    });

    expect(answered).toMatchObject({ changes: { income: { from: null, to: '8000.00' } } });
    expect(await product.call(desk.lin, 'lead.review', reading)).toMatchObject({
      kind: 'open',
      amount: '100000.00',
      facts: { amount: '100000.00', purpose: 'renovation', income: '8000.00' },
    });
    const told = async (): Promise<readonly string[]> =>
      ((await product.call(desk.lin, 'task.list', {})) as { items: { kind: string; title: string }[] }).items
        .filter(({ kind, title }) => kind === 'customer_differs' && title.includes(desk.number))
        .map(({ title }) => title);
    expect(await told()).toEqual([expect.stringContaining('客户自己填的需求、用途和您记的不一样，以谁为准')]);

    await product.call(desk.he, 'customer.answer', { facts: { amount: '12000.00' }, confirmed: true });
    expect(await told()).toHaveLength(1);

    await product.call(desk.lin, 'lead.update', { lead: desk.number, facts: { amount: '12000.00' } });
    expect(await product.call(desk.lin, 'lead.review', reading)).toMatchObject({ amount: '12000.00' });
  });

  test('that he did not answer is off the list when he has answered and confirmed it, and not before', async () => {
    await product.call(desk.he, 'customer.askAdviser', { topic: 'silent' });
    const silent = async (): Promise<number> =>
      (
        (await product.call(desk.lin, 'task.list', { limit: 100 })) as { items: { kind: string; title: string }[] }
      ).items.filter(({ kind, title }) => kind === 'customer_silent' && title.includes(desk.number)).length;

    await product.call(desk.he, 'customer.answer', { facts: { income: '8000.00' } });
    expect(await silent()).toBe(1);
    await product.call(desk.he, 'customer.answer', { facts: { income: '8000.00' }, confirmed: true });

    expect(await silent()).toBe(0);
  });

  test('what the two say stands in no to-do and in no chat abroad: the list names the facts, the customer’s page shows them', async () => {
    const zhang = await product.addStaff('Zhang', ['manager']);
    await product.db.pool.query(`UPDATE staff SET language = 'en' WHERE id = $1`, [zhang.id]);
    await product.call(desk.lin, 'lead.update', {
      lead: desk.number,
      facts: { income: '15000.00', city: '深圳', business: true },
    });

    await product.call(desk.he, 'customer.answer', {
      facts: { income: '1200.00', city: '东莞', business: '我是何女士 小卖部 13900001111' },
    });

    const { rows } = await product.db.pool.query<{ params: unknown }>(
      `SELECT params FROM todos WHERE kind = 'customer_differs' AND subject_id = $1`,
      [desk.he.id],
    );
    expect(rows).toEqual([
      {
        params: {
          number: desk.number,
          facts: { $text: { 'zh-CN': '月收入、城市、生意', en: 'Monthly income, City, Business' } },
        },
      },
    ]);
    const page = async (via: string): Promise<string> =>
      ((await product.call(desk.lin, 'customer.find', { query: desk.number }, via)) as { stage: string }).stage;
    expect(await page('wecom')).toContain(
      '客户自己填月收入 1,200.00 元（记的是1.5 万）｜客户自己填城市 东莞（记的是深圳）',
    );
    for (const abroad of ['slack', 'telegram'])
      expect(await page(abroad)).toMatch(/｜客户自己填的月收入、城市、生意和记的不一样，请在企业微信里查看$/u);
  });

  test.each([
    ['one of us says it once more', { income: '20000.00' }, undefined],
    ['the customer says the same after all', undefined, { income: '20000.00' }],
    ['one of us takes the customer’s word', { income: '8000.00' }, undefined],
  ])('a contradiction is over when %s: the page and the list say nothing of it any more', async (_how, ours, his) => {
    const page = async (): Promise<string> =>
      ((await product.call(desk.lin, 'customer.find', { query: desk.number }, 'wecom')) as { stage: string }).stage;
    const asked = async (): Promise<number> =>
      ((await product.call(desk.lin, 'task.list', {})) as { items: { title: string }[] }).items.filter(({ title }) =>
        title.includes(desk.number),
      ).length;
    await product.call(desk.lin, 'lead.update', { lead: desk.number, facts: { income: '20000.00', city: '深圳' } });
    await product.call(desk.he, 'customer.answer', { facts: { income: '8000.00', city: '东莞' } });
    expect(await page()).toContain('客户自己填月收入 8,000.00 元（记的是2 万）');

    if (ours) await product.call(desk.lin, 'lead.update', { lead: desk.number, facts: ours });
    if (his) await product.call(desk.he, 'customer.answer', { facts: his });

    expect(await page()).not.toContain('月收入');
    expect(await page()).toContain('客户自己填城市 东莞（记的是深圳）');
    expect(await asked()).toBe(1);
    await product.call(desk.lin, 'lead.update', { lead: desk.number, facts: { city: '深圳' } });
    expect(await page()).not.toContain('客户自己填');
    expect(await asked()).toBe(0);
  });

  test('what was on the card is what is submitted: terms that changed since are refused, and nothing is made', async () => {
    const stale = { lead: desk.number, shown: { amount: '150000.00' } };

    expect(await product.call(desk.lin, 'lead.submit', stale)).toEqual({ kind: 'changed' });
    expect(await product.call(desk.lin, 'lead.review', { lead: desk.number })).toMatchObject({ kind: 'open' });
  });

  test('a lead without a house gets no product that is secured on one, and hears what there is', async () => {
    await product.call(desk.lin, 'lead.update', { lead: desk.number, facts: { amount: '800000.00', house: false } });

    expect(await product.call(desk.lin, 'lead.review', { lead: desk.number })).toMatchObject({
      fits: false,
      product: expect.stringContaining('房抵贷') as string,
    });
    expect(await refusalOf(product.call(desk.lin, 'lead.submit', { lead: desk.number }))).toBe(
      'application.amount_outside_product',
    );

    await product.call(desk.lin, 'lead.update', { lead: desk.number, facts: { house: true } });
    expect(await product.call(desk.lin, 'lead.review', { lead: desk.number })).toMatchObject({
      fits: true,
      product: '房抵贷',
    });
  });

  test('a correction to a phone that is somebody else’s customer’s changes nothing and says that the old one stays', async () => {
    const other = await product.addStaff('小何', ['sales']);
    const theirs = { name: '周先生', phone: `1390002${String(1000 + desk.made)}`, amount: '50000.00' };
    await product.call(other, 'lead.capture', { facts: theirs });

    const answer = await product.call(desk.lin, 'lead.update', { lead: desk.number, facts: { phone: theirs.phone } });

    expect(answer).toMatchObject({ kind: 'collision', keepsPhone: true });
    expect(await product.call(desk.lin, 'lead.review', { lead: desk.number })).toMatchObject({
      facts: { phone: `1380001${String(1000 + desk.made)}` },
    });
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
