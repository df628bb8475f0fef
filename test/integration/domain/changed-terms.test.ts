/** A returned case that comes back as another loan: who agreed to the first has not agreed to the second. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Card } from '../../../src/channels/card.ts';
import { DEMO_PRODUCTS } from '../../../src/demo-products.ts';
import { refusalOf } from '../../support/product.ts';
import { castOf } from '../../invariants/support/cast.ts';
import { ADMIN, useCompany } from '../../invariants/support/company.ts';
import { publishChanged } from '../../invariants/support/publish.ts';

const company = useCompany();
const { telegram } = company.channels;
const { people, person } = castOf<'sales' | 'zhou' | 'zhao' | 'may' | 'qian'>();
let phone = 13_700_090_000;

beforeAll(async () => {
  people.sales = await company.addStaff('小林', ['sales']);
  people.zhou = await company.addStaff('周敏', ['reviewer'], { telegram: '7102' });
  people.zhao = await company.addStaff('老赵', ['approver']);
  people.may = await company.addStaff('阿May', ['approver'], { telegram: '7103' });
});
beforeEach(() => {
  telegram.sent.length = 0;
});

interface Case {
  readonly lead: string;
  readonly number: string;
  readonly id: string;
}

async function submit(amount: string): Promise<Case> {
  phone += 1;
  const facts = { name: '何晓燕', phone: String(phone), amount, term: 12, house: true };
  const { leadNumber: lead } = (await company.call(person('sales'), 'lead.capture', { facts })) as {
    leadNumber: string;
  };
  return { lead, ...(await handIn(lead)) };
}

async function handIn(lead: string): Promise<{ readonly number: string; readonly id: string }> {
  const done = (await company.call(person('sales'), 'lead.submit', { lead })) as Record<string, string>;
  return { number: done['applicationNumber'] ?? '', id: done['applicationId'] ?? '' };
}

interface Open {
  readonly id: string;
  readonly number: string;
  readonly revision: number;
  readonly node: string;
  readonly tasks: readonly { readonly name: string }[];
}

async function openOf({ number }: Pick<Case, 'number'>): Promise<Open | undefined> {
  const { items } = (await company.call(ADMIN, 'approval.list', { state: 'OPEN' })) as { items: readonly Open[] };
  return items.find((one) => one.number === number);
}

async function decide(who: keyof typeof people, one: Case, verb: string, reason?: string): Promise<void> {
  const open = await openOf(one);
  await company.call(person(who), 'approval.decide', { id: open?.id, revision: open?.revision, verb, reason });
  await company.drain();
}

/** Agreed to at the first level, sent back by the second. */
async function returned(amount: string): Promise<Case> {
  const one = await submit(amount);
  await decide('zhou', one, 'approve');
  await decide('zhao', one, 'return', '补流水');
  return one;
}

async function comesBack(one: Case, facts: Record<string, unknown>): Promise<void> {
  await company.call(person('sales'), 'lead.update', { lead: one.lead, facts });
  await handIn(one.lead);
  await company.drain();
}

function earlierOn(chat: string): string | undefined {
  const cards = telegram.sent.flatMap(({ to, content }): readonly Card[] =>
    to.chat === chat && content.kind === 'card' ? [content.card] : [],
  );
  return cards.at(-1)?.fields.find(({ label }) => label === '此前')?.value;
}

async function loansOf({ id }: Case): Promise<readonly string[]> {
  const sql = 'SELECT principal_fen FROM loans WHERE application_id = $1';
  return (await company.db.pool.query<{ principal_fen: string }>(sql, [id])).rows.map((row) => row.principal_fen);
}

describe('returned by the second level', () => {
  test('with another amount it begins at the first again, whose earlier vote is shown with what it was given on', async () => {
    const one = await returned('210000.00');

    await comesBack(one, { amount: '300000.00' });
    expect((await openOf(one))?.node).toBe('first-review');
    const before = '初审 周敏 已同意（当时是 210,000.00 元、12 期、房抵经营贷）';
    const back = '终审 老赵 退回过：补流水，已重新提交（当时是 210,000.00 元、12 期、房抵经营贷）';
    expect(earlierOn('7102')).toBe(`${before}；${back}`);

    await decide('zhou', one, 'approve');
    expect((await openOf(one))?.node).toBe('second-review');
    expect(earlierOn('7103')).toBe(`${before}；${back}；初审 周敏 已同意`);
    await decide('zhao', one, 'approve');
    expect(await loansOf(one)).toEqual([]);
    await decide('may', one, 'approve');
    expect(await loansOf(one)).toEqual(['30000000']);
  });

  test.each([
    ['another term', { term: 36 }],
    ['another product', { product: 'P-012' }],
  ])('with %s it begins at the first again', async (_what, facts) => {
    const one = await returned('210000.00');
    await comesBack(one, facts);

    expect((await openOf(one))?.tasks.map(({ name }) => name)).toEqual(['周敏']);
  });

  test('with a new version of its product it begins at the first again', async () => {
    const one = await returned('210000.00');
    const product = DEMO_PRODUCTS.find(({ name }) => name === '房抵经营贷');
    const dearer = { ...product, terms: { ...product?.terms, annualRate: '0.1' } };
    await company.call(ADMIN, 'product.publish', dearer);
    await handIn(one.lead);
    await company.call(ADMIN, 'product.publish', product);

    expect((await openOf(one))?.node).toBe('first-review');
  });

  test('with an amount that needs no second level it is still seen by the first', async () => {
    const one = await returned('210000.00');
    await comesBack(one, { amount: '150000.00' });
    expect((await openOf(one))?.node).toBe('first-review');

    await decide('zhou', one, 'approve');
    expect(await loansOf(one)).toEqual(['15000000']);
  });

  test('as the same loan it goes back to the second, and the first level’s vote stands', async () => {
    const one = await returned('210000.00');
    await comesBack(one, { income: '30000.00' });

    expect((await openOf(one))?.node).toBe('second-review');
    expect(earlierOn('7103')).toBe('初审 周敏 已同意；终审 老赵 退回过：补流水，已重新提交');
    await decide('zhao', one, 'approve');
    await decide('may', one, 'approve');
    expect(await loansOf(one)).toEqual(['21000000']);
  });

  test('twice, changed and changed back: the first level is asked each time', async () => {
    const one = await returned('210000.00');
    await comesBack(one, { amount: '300000.00' });
    await decide('zhou', one, 'approve');
    await decide('zhao', one, 'return', '太高');
    await comesBack(one, { amount: '210000.00' });

    expect((await openOf(one))?.node).toBe('first-review');
  });
});

test('no loan stands on a vote for another, however the case got there', async () => {
  const one = await returned('210000.00');
  const { rows } = await company.db.pool.query<{ id: string }>('SELECT id FROM instances WHERE subject_id = $1', [
    one.id,
  ]);
  await company.db.pool.query(`UPDATE applications SET amount_fen = 30000000, state = 'SUBMITTED' WHERE id = $1`, [
    one.id,
  ]);
  const system = { kind: 'SYSTEM', id: 'daiban', language: 'zh-CN' } as const;
  const event = { type: 'signal', name: 'resubmitted', facts: { amount: '300000.00' } }; // as older releases went on
  await company.call(system, 'process.signal', { instanceId: rows[0]?.id, event });
  expect((await openOf(one))?.node).toBe('second-review');

  await decide('zhao', one, 'approve');
  await decide('may', one, 'approve');

  expect(await loansOf(one)).toEqual([]);
  expect(await refusalOf(company.call(system, 'loan.create', { application: one.number }))).toBe(
    'loan.application_not_approved',
  );
});

test('a flow that runs everything again asks the same people at their level; a vote that was given anew bars nobody elsewhere', async () => {
  await publishChanged(company, 'loan-approval', (text) =>
    text.replace('resubmitted: $returner', 'resubmitted: first-review'),
  );
  people.qian = await company.addStaff('钱工', ['reviewer', 'approver']);
  const one = await submit('210000.00');
  await decide('qian', one, 'approve');
  await decide('zhao', one, 'return', '补流水');
  await company.call(ADMIN, 'staff.disable', { id: person('may').id });
  await handIn(one.lead);

  expect((await openOf(one))?.tasks.map(({ name }) => name)).toEqual(['周敏', '钱工']);
  await decide('zhou', one, 'approve');
  for (const who of ['zhao', 'qian'] as const) await decide(who, one, 'approve');

  expect(await loansOf(one)).toEqual(['21000000']);
});
