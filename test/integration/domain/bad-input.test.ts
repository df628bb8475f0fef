/** What people type into the API: nonsense is refused, and every member that is wrong is named. */
import { describe, expect, test } from 'vitest';
import { AppError } from '../../../src/lib/errors.ts';
import { ADMIN, useCompany } from '../../invariants/support/company.ts';
import { DEMO_PRODUCTS } from '../../../src/demo-products.ts';

const company = useCompany();

async function pointersOf(name: string, input: unknown): Promise<readonly string[]> {
  try {
    await company.call(ADMIN, name, input);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect(error.status).toBe(422);
    return error.faults.map(({ pointer }) => pointer).sort();
  }
  return [];
}

const PRODUCT = {
  code: 'P-900',
  name: '试卖',
  terms: {
    method: 'EQUAL_INSTALMENT',
    annualRate: '0.096',
    minAmount: '10000.00',
    maxAmount: '200000.00',
    termMonths: [12, 24],
    dayCount: '30/360',
  },
  checklist: [{ code: 'D01', name: 'documents.item.D01', isRequired: true, words: ['身份证'] }],
};
/** Long enough for the interest of a long month to exceed an equal instalment, days counted. */
const MANY_YEARS = { termMonths: [12, 360], dayCount: 'ACT/365' };
const withTerms = (terms: object): object => ({ ...PRODUCT, terms: { ...PRODUCT.terms, ...terms } });

describe('a product', () => {
  test('with nonsense in every term is refused with every one of them named', async () => {
    const nonsense = { annualRate: 'abc', minAmount: '-5', maxAmount: 'zz', termMonths: [-3, 0], dayCount: 'foo' };

    expect(await pointersOf('product.publish', withTerms(nonsense))).toEqual([
      '/terms/annualRate',
      '/terms/dayCount',
      '/terms/maxAmount',
      '/terms/minAmount',
      '/terms/termMonths/0',
      '/terms/termMonths/1',
    ]);
  });

  test.each([
    [{ annualRate: '9.6' }, '/terms/annualRate'],
    [{ annualRate: '0.2401' }, '/terms/annualRate'],
    [{ annualRate: '0.2368', dayCount: 'ACT/360' }, '/terms/annualRate'],
    [{ annualRate: '-0.01' }, '/terms/annualRate'],
    [{ annualRate: '0.123456789' }, '/terms/annualRate'],
    [{ minAmount: '0.00' }, '/terms/minAmount'],
    [{ minAmount: '300000.00' }, '/terms/maxAmount'],
    [{ maxAmount: '1.001' }, '/terms/maxAmount'],
    [{ termMonths: [] }, '/terms/termMonths'],
    [{ termMonths: [12, 12] }, '/terms/termMonths'],
    [{ termMonths: [361] }, '/terms/termMonths/0'],
    [{ dayCount: 'ACT/ACT' }, '/terms/dayCount'],
    [{ ...MANY_YEARS, annualRate: '0.14' }, '/terms/termMonths'],
    [{ ...MANY_YEARS, annualRate: '0.24' }, '/terms/termMonths'],
    [{ fee: '1' }, '/terms/fee'],
  ])('with %j is refused at %s', async (terms, pointer) => {
    expect(await pointersOf('product.publish', withTerms(terms))).toEqual([pointer]);
  });

  test.each([
    [[...PRODUCT.checklist, ...PRODUCT.checklist], '/checklist/1/code'],
    [[{ ...PRODUCT.checklist[0], code: 'x' }], '/checklist/0/code'],
    [[{ ...PRODUCT.checklist[0], name: 'documents.item.nobody-wrote-it' }], '/checklist/0/name'],
    [[PRODUCT.checklist[0], { code: 'X01' }], '/checklist/1/name'],
  ])('with the checklist %j is refused at %s', async (checklist, pointer) => {
    expect(await pointersOf('product.publish', { ...PRODUCT, checklist })).toEqual([pointer]);
  });

  test.each([
    withTerms({ annualRate: '0.24' }),
    withTerms({ annualRate: '0.2367', dayCount: 'ACT/360' }),
    withTerms({ annualRate: '0' }),
    withTerms({ ...MANY_YEARS, annualRate: '0.12' }),
    withTerms({ ...MANY_YEARS, annualRate: '0.24', dayCount: '30/360' }),
    ...DEMO_PRODUCTS,
  ])('within the limits is published: %j', async (product) => {
    expect(await pointersOf('product.publish', product)).toEqual([]);
  });
});

describe('a lead', () => {
  const FACTS = { name: '何女士', phone: '13800005566' };

  test.each([
    [{ monthlyPayment: 'abc' }, '/facts/monthlyPayment'],
    [{ income: '-1' }, '/facts/income'],
    [{ debt: '1e6' }, '/facts/debt'],
    [{ date: '2026-02-30' }, '/facts/date'],
  ])('with %j is refused at %s', async (wrong, pointer) => {
    expect(await pointersOf('lead.capture', { facts: { ...FACTS, ...wrong } })).toEqual([pointer]);
  });

  test.each([
    [{ amount: 'abc' }, '/amount'],
    [{ mobile: '12' }, '/mobile'],
  ])('from a form with %j is refused at the member the form has', async (wrong, pointer) => {
    const lead = { name: '何女士', mobile: '13800005567', source: 'website', ...wrong };

    expect(await pointersOf('lead.create', lead)).toEqual([pointer]);
  });
});

describe('a search for customers', () => {
  test.each([
    [{ mobile: 13800005566 }, ['/mobile']],
    [{ mobile: 'x' }, ['/mobile']],
    [{ q: ' ' }, ['/q']],
    [{ q: '何女士', limit: 0 }, ['/limit']],
    [{ mobile: '13800005566', name: '何' }, ['/name']],
    [{}, ['']],
  ])('with %j is refused at the member that is wrong', async (search, pointers) => {
    expect(await pointersOf('customer.search', search)).toEqual(pointers);
  });
});

describe('a name that nobody can read as it is', () => {
  const UNREADABLE = ['\u202E何女士', '\u200B何女士', '\u200D何女士', '\u3164', 'a\nb', '何\u001B[31m女士'];

  test.each(UNREADABLE)('%j is refused, a customer’s like a colleague’s, a token’s and a product’s', async (name) => {
    const refused = async (operation: string, input: object): Promise<readonly string[]> =>
      pointersOf(operation, { ...input, name });

    expect(await refused('lead.create', { mobile: '13800005570', source: 'website' })).toEqual(['/name']);
    expect(await pointersOf('lead.capture', { facts: { name, phone: '13800005570' } })).toEqual(['/facts/name']);
    expect(await refused('staff.add', { roles: ['sales'] })).toEqual(['/name']);
    expect(await refused('token.create', { roles: ['sales'] })).toEqual(['/name']);
    expect(await refused('product.publish', PRODUCT)).toEqual(['/name']);
    const checklist = [{ code: 'X01', name }];
    expect(await pointersOf('product.publish', { ...PRODUCT, checklist })).toEqual(['/checklist/0/name']);
  });

  test('is refused in words that say what is wrong; white space around a name is left away', async () => {
    const form = { mobile: '13800005571', source: 'website' };

    await expect(company.call(ADMIN, 'lead.create', { ...form, name: '\u202E何女士' })).rejects.toMatchObject({
      faults: [{ pointer: '/name', message: 'fault.customer_name' }],
    });
    const { customerId } = (await company.call(ADMIN, 'lead.create', { ...form, name: '\n\t何女士 ' })) as {
      readonly customerId: string;
    };
    expect(await company.call(ADMIN, 'customer.get', { id: customerId })).toMatchObject({ name: '何**' });
  });
});

describe('what stands in a plain column', () => {
  const form = { name: '何女士', mobile: '13800005568', source: 'website' };

  test.each([
    ['a purpose that is no code', { purpose: '给何晓燕13800005568' }, '/purpose'],
    ['a source with a phone in it', { source: 'from-13800005568' }, '/source'],
    ['a source in a sentence', { source: '何晓燕介绍的 朋友' }, '/source'],
    ['a source that is too long', { source: 'x'.repeat(41) }, '/source'],
  ])('takes nobody’s data: %s is refused', async (_title, wrong, pointer) => {
    expect(await pointersOf('lead.create', { ...form, ...wrong })).toEqual([pointer]);
  });

  test.each(['website', '抖音-深圳_02', 'douyin', '转介绍'])('takes the source %s', async (source) => {
    expect(await pointersOf('lead.create', { ...form, source })).toEqual([]);
  });

  test('takes a product that is on offer, and names those when it is another', async () => {
    const sales = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin' });
    const facts = { name: '孙女士', phone: '13800005569' };
    const { leadNumber: lead } = (await company.call(sales, 'lead.capture', { facts })) as { leadNumber: string };
    const update = async (product: string): Promise<unknown> =>
      company.call(sales, 'lead.update', { lead, facts: { product } });

    expect(await update('P-001')).toMatchObject({ changes: { product: { to: 'P-001' } } });
    await expect(update('何晓燕')).rejects.toMatchObject({ code: 'request.invalid' });
    await expect(update('P-777')).rejects.toMatchObject({
      code: 'request.invalid',
      faults: [{ pointer: '/facts/product' }],
      params: { codes: expect.stringContaining('P-001') as unknown },
    });
  });
});

describe('a member of staff', () => {
  test.each([
    [{ name: '小\u001b[2J林' }, '/name'],
    [{ name: '小\u2028林' }, '/name'],
    [{ name: '' }, '/name'],
    [{ team: '一\r组' }, '/team'],
    [{ telegram: '@xiaolin' }, '/telegram'],
    [{ slack: 'C0123ABCD' }, '/slack'],
    [{ wecom: 'xiao lin' }, '/wecom'],
  ])('with %j is refused at %s, new or changed', async (wrong, pointer) => {
    const { id } = await company.addStaff('老范', ['sales']);

    expect(await pointersOf('staff.add', { name: '老范', roles: ['sales'], ...wrong })).toEqual([pointer]);
    expect(await pointersOf('staff.update', { id, ...wrong })).toEqual([pointer]);
  });

  test.each([
    ['telegram', '@xiaolin'],
    ['slack', 'C0123ABCD'],
    ['wecom', 'xiao lin'],
  ])('gets no account on %s that cannot be one: %s', async (platform, externalId) => {
    const { id } = await company.addStaff('老范', ['sales']);

    expect(await pointersOf('staff.bind', { id, platform, externalId })).toEqual(['/externalId']);
  });

  test('may have a name of any script, and an account of every platform', async () => {
    const person = { name: 'Zoë 👩‍💻 O’Neil', roles: ['sales'], wecom: '00-x.y_z@co', slack: 'W0ZOE', telegram: '901' };

    expect(await pointersOf('staff.add', person)).toEqual([]);
  });
});

test('the name of a token is one line', async () => {
  expect(await pointersOf('token.create', { name: 'a\nb', roles: ['manager'] })).toEqual(['/name']);
});
