import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  ACCOUNTS,
  refusalOf,
  useProduct,
  type CustomerActor,
  type StaffActor,
  type StrangerActor,
} from '../../support/product.ts';

const HOUR = 3_600_000;

describe('binding a customer by a one-time link and his own phone', () => {
  const product = useProduct({ leavesCountry: true });
  let lin: StaffActor;
  let phones = 0;
  let people = 0;
  let phone = '';
  let customer = { id: '', number: '' };

  beforeAll(async () => {
    lin = await product.addStaff('小林', ['sales'], { team: '一组', telegram: '9001' });
  });

  beforeEach(async () => {
    phones += 1;
    phone = `1380000${String(6600 + phones)}`;
    customer = await newCustomer(phone);
  });

  async function newCustomer(mobile: string): Promise<{ id: string; number: string }> {
    const lead = (await product.call(lin, 'lead.capture', { facts: { name: '何女士', phone: mobile } })) as {
      customerId: string;
      leadNumber: string;
    };
    return { id: lead.customerId, number: lead.leadNumber };
  }

  async function newLink(): Promise<string> {
    const { url } = (await product.call(lin, 'customer.createBindingLink', { id: customer.id })) as { url: string };
    return new URL(url).searchParams.get('start') ?? '';
  }

  async function somebody(): Promise<StrangerActor> {
    people += 1;
    return product.stranger(String(7000 + people));
  }

  async function accountOf(
    actor: StrangerActor,
  ): Promise<{ customer_id: string | null; is_verified: boolean; bound_at: Date | null }> {
    const { rows } = await product.db.pool.query<{
      customer_id: string | null;
      is_verified: boolean;
      bound_at: Date | null;
    }>('SELECT customer_id, is_verified, bound_at FROM identities WHERE id = $1', [actor.id]);
    return rows[0] ?? { customer_id: null, is_verified: false, bound_at: null };
  }

  function asCustomer(actor: StrangerActor): CustomerActor {
    return { kind: 'CUSTOMER', id: customer.id, identityId: actor.id, language: 'zh-CN' };
  }

  test('there is no link for somebody without a phone: nothing could prove later that it is he, and the cure is named', async () => {
    const lead = (await product.call(lin, 'lead.capture', { facts: { name: '周先生' } })) as Record<string, string>;
    expect(lead).not.toHaveProperty('bindingLink');
    const id = lead['leadNumber'];

    const error = await product.call(lin, 'customer.createBindingLink', { id }).catch((fault: unknown) => fault);

    expect(error).toMatchObject({ code: 'binding.no_phone', params: { number: id } });
    expect(product.services.texts.translate('zh-CN', 'error.binding.no_phone.help', { number: id })).toBe(
      `先补手机号：发「继续 ${id}」，再发客户的手机号，然后再邀请。`,
    );
    await product.call(lin, 'lead.update', { lead: id, facts: { phone: '13877770001' } });
    expect(await product.call(lin, 'customer.createBindingLink', { id })).toMatchObject({
      customerId: lead['customerId'],
      url: expect.stringContaining('?start=') as string,
    });
    const withPhone = await product.call(lin, 'lead.capture', { facts: { name: '周先生', phone: '13877770002' } });
    expect(withPhone).toHaveProperty('bindingLink');
  });

  test('opening the link tells nothing of the case, not even whose it is', async () => {
    const he = await somebody();

    const opened = await product.call(he, 'customer.bind', { token: await newLink() });

    expect(opened).toEqual({ kind: 'contact_needed' });
    expect(await accountOf(he)).toMatchObject({ customer_id: null, is_verified: false });
  });

  test('somebody else who opens the same link, and fails, takes it from nobody', async () => {
    const token = await newLink();
    const [he, other] = [await somebody(), await somebody()];
    await product.call(he, 'customer.bind', { token });
    await product.call(other, 'customer.bind', { token });
    const strange = await product.call(other, 'customer.bindContact', { phone: '13900001111', own: true });

    expect(strange).toEqual({ kind: 'mismatch' });
    expect(await product.call(he, 'customer.bindContact', { phone, own: true })).toMatchObject({ kind: 'matched' });
    expect(await refusalOf(product.call(other, 'customer.bindContact', { phone, own: true }))).toBe('binding.no_link');
  });

  test.each(['{phone}', '86{phone}', '+86 {phone}'])(
    'the shared contact that matches binds the account: %s',
    async (form) => {
      const he = await somebody();
      await product.call(he, 'customer.bind', { token: await newLink() });

      const matched = await product.call(he, 'customer.bindContact', {
        phone: form.replace('{phone}', phone),
        own: true,
      });

      expect(matched).toEqual({
        kind: 'matched',
        customerId: customer.id,
        number: customer.number,
        crossBorder: true,
        consented: false,
      });
      expect(await accountOf(he)).toMatchObject({
        customer_id: customer.id,
        is_verified: true,
        bound_at: expect.any(Date) as Date,
      });
    },
  );

  test('a link binds once: the next person is told that it is used, the same person is simply bound', async () => {
    const token = await newLink();
    const he = await somebody();
    await product.call(he, 'customer.bind', { token });
    await product.call(he, 'customer.bindContact', { phone, own: true });

    expect(await refusalOf(product.call(await somebody(), 'customer.bind', { token }))).toBe('binding.link_used');
    expect(await product.call(asCustomer(he), 'customer.bind', { token })).toMatchObject({
      kind: 'bound',
      number: customer.number,
    });
    expect(await product.call(asCustomer(he), 'customer.bindContact', { phone, own: true })).toMatchObject({
      kind: 'matched',
    });
  });

  test('a link is good for 72 hours', async () => {
    const token = await newLink();
    const he = await somebody();
    await product.advance(72 * HOUR - 60_000);
    await product.call(he, 'customer.bind', { token });
    await product.advance(60_000);

    expect(await refusalOf(product.call(he, 'customer.bindContact', { phone, own: true }))).toBe(
      'binding.link_expired',
    );
    expect(await refusalOf(product.call(await somebody(), 'customer.bind', { token }))).toBe('binding.link_expired');
  });

  test.each(['nonsense', "' OR 1=1 --", '../../etc', '0'.repeat(32)])(
    'an invented link is unknown: %s',
    async (token) => {
      expect(await refusalOf(product.call(await somebody(), 'customer.bind', { token }))).toBe('binding.link_unknown');
    },
  );

  test('an over-long token is refused before anything is looked up', async () => {
    expect(await refusalOf(product.call(await somebody(), 'customer.bind', { token: 'a'.repeat(65) }))).toBe(
      'request.invalid',
    );
  });

  test('the token itself is nowhere in the database', async () => {
    const token = await newLink();

    const { rows } = await product.db.pool.query<{ digest: Buffer }>('SELECT digest FROM binding_links');

    expect(rows.length).toBeGreaterThan(0);
    expect(rows.some(({ digest }) => digest.includes(Buffer.from(token)))).toBe(false);
  });

  test('a phone that is not the customer’s is refused, counted on his file, and after five the link is dead', async () => {
    const he = await somebody();
    await product.call(he, 'customer.bind', { token: await newLink() });

    for (let i = 0; i < 5; i += 1)
      expect(await product.call(he, 'customer.bindContact', { phone: `1390000000${i}`, own: true })).toEqual({
        kind: 'mismatch',
      });

    expect(await refusalOf(product.call(he, 'customer.bindContact', { phone, own: true }))).toBe(
      'binding.too_many_tries',
    );
    expect(await accountOf(he)).toMatchObject({ customer_id: null });
    const { rows } = await product.db.pool.query(
      `SELECT 1 FROM audit_entries WHERE subject_id = $1 AND action = 'customer.bindContact' AND outcome = 'REFUSED'`,
      [customer.id],
    );
    expect(rows).toHaveLength(5);
  });

  test('a new link from the adviser works again after too many tries', async () => {
    const he = await somebody();
    await product.call(he, 'customer.bind', { token: await newLink() });
    for (let i = 0; i < 5; i += 1)
      await product.call(he, 'customer.bindContact', { phone: `1390000000${i}`, own: true });
    await product.advance(1000);

    await product.call(he, 'customer.bind', { token: await newLink() });

    expect(await product.call(he, 'customer.bindContact', { phone, own: true })).toMatchObject({ kind: 'matched' });
  });

  test.each(['', '你好', '12345', '1380000', '+1 202 555 0134'])(
    'what is no mainland mobile number binds nothing: %j',
    async (text) => {
      const he = await somebody();
      await product.call(he, 'customer.bind', { token: await newLink() });

      const answer = await product
        .call(he, 'customer.bindContact', { phone: text, own: true })
        .catch((error: unknown) => error);

      expect(answer).toSatisfy(
        (value: unknown) =>
          (value as { kind?: string }).kind === 'mismatch' || (value as { code?: string }).code === 'request.invalid',
      );
      expect(await accountOf(he)).toMatchObject({ customer_id: null });
    },
  );

  test('somebody else’s forwarded card binds nothing, even when the number is right', async () => {
    const he = await somebody();
    await product.call(he, 'customer.bind', { token: await newLink() });

    expect(await refusalOf(product.call(he, 'customer.bindContact', { phone }))).toBe('binding.not_own_contact');
    expect(await refusalOf(product.call(he, 'customer.bindContact', { phone, own: false }))).toBe(
      'binding.not_own_contact',
    );
    expect(await accountOf(he)).toMatchObject({ customer_id: null });
  });

  test('a contact without an opened link binds nothing, even when the number is on file', async () => {
    expect(await refusalOf(product.call(await somebody(), 'customer.bindContact', { phone, own: true }))).toBe(
      'binding.no_link',
    );
  });

  test('a staff account cannot be bound to a customer, working or disabled', async () => {
    const token = await newLink();
    const { rows } = await product.db.pool.query<{ id: string }>('SELECT id FROM identities WHERE staff_id = $1', [
      lin.id,
    ]);

    expect(await refusalOf(product.call(lin, 'customer.bind', { token }))).toBe('permission.denied');
    expect(
      await refusalOf(
        product.call({ kind: 'STRANGER', id: rows[0]?.id ?? '', language: 'zh-CN' }, 'customer.bind', { token }),
      ),
    ).toBe('binding.staff_account');
  });

  test('an account that belongs to one customer is not moved to another', async () => {
    const he = await somebody();
    await product.call(he, 'customer.bind', { token: await newLink() });
    await product.call(he, 'customer.bindContact', { phone, own: true });
    const first = asCustomer(he);
    customer = await newCustomer('13900001111');

    expect(await refusalOf(product.call(first, 'customer.bind', { token: await newLink() }))).toBe(
      'binding.other_customer',
    );
    expect(await product.call(first, 'customer.bindContact', { phone: '13900001111', own: true })).toEqual({
      kind: 'mismatch',
    });
  });

  test('of several who have the link open, the phone decides whose it is, whoever opened it last', async () => {
    const token = await newLink();
    const [he, later] = [await somebody(), await somebody()];
    await product.call(he, 'customer.bind', { token });
    await product.call(later, 'customer.bind', { token });

    expect(await product.call(he, 'customer.bindContact', { phone, own: true })).toMatchObject({ kind: 'matched' });
    expect(await refusalOf(product.call(later, 'customer.bindContact', { phone, own: true }))).toBe('binding.no_link');
  });

  test('ten people opening one link and sharing the phone at once: one is bound', async () => {
    const token = await newLink();
    const crowd = await Promise.all(Array.from({ length: 10 }, async () => somebody()));

    const outcomes = await Promise.all(
      crowd.map(async (one) => {
        await product.call(one, 'customer.bind', { token }).catch(() => undefined);
        return product.call(one, 'customer.bindContact', { phone, own: true }).then(
          (answer) => (answer as { kind: string }).kind,
          (error: { code: string }) => error.code,
        );
      }),
    );

    expect(outcomes.filter((outcome) => outcome === 'matched')).toHaveLength(1);
    const { rows } = await product.db.pool.query('SELECT id FROM identities WHERE customer_id = $1', [customer.id]);
    expect(rows).toHaveLength(1);
    const links = await product.db.pool.query(
      'SELECT 1 FROM binding_links WHERE customer_id = $1 AND used_at IS NOT NULL',
      [customer.id],
    );
    expect(links.rows).toHaveLength(1);
  });

  test('the same contact delivered twice at once binds once', async () => {
    const he = await somebody();
    await product.call(he, 'customer.bind', { token: await newLink() });

    const outcomes = await Promise.all([
      product.call(he, 'customer.bindContact', { phone, own: true }),
      product.call(he, 'customer.bindContact', { phone, own: true }),
    ]);

    expect(outcomes).toEqual([
      expect.objectContaining({ kind: 'matched' }),
      expect.objectContaining({ kind: 'matched' }),
    ]);
  });

  test('a file has the language that was asked for on the account that is bound, and keeps its own where none was', async () => {
    const languages = async (): Promise<readonly unknown[]> => {
      const { rows } = await product.db.pool.query<{ language: string }>(
        'SELECT language FROM customers WHERE id = $1',
        [customer.id],
      );
      return rows.map(({ language }) => language);
    };
    const [asking, silent] = [await somebody(), await somebody()];
    expect(await product.call(asking, 'customer.setLanguage', { language: 'en' })).toMatchObject({ kind: 'stranger' });
    for (const account of [asking, silent]) {
      await product.call(account, 'customer.bind', { token: await newLink() });
      expect(await languages()).toEqual([account === asking ? 'zh-CN' : 'en']);
      await product.call(account, 'customer.bindContact', { phone, own: true });
      expect(await languages()).toEqual(['en']);
    }

    // The account has none of its own any more: a language he chooses from now on is not undone by it.
    const { rows } = await product.db.pool.query('SELECT language FROM identities WHERE id = $1', [asking.id]);
    expect(rows).toEqual([{ language: null }]);
  });

  test('on an account inside the country no consent to leave it is asked', async () => {
    const he = await product.stranger('kf-1', 'wecom:ww0test:kf');
    await product.call(he, 'customer.bind', { token: await newLink() });

    expect(await product.call(he, 'customer.bindContact', { phone, own: true })).toMatchObject({ crossBorder: false });
    expect(ACCOUNTS.telegram).toMatch(/^telegram:/);
  });

  test('only those in charge of the customer make links, and only for their own', async () => {
    const gu = await product.addStaff('小顾', ['sales'], { team: '二组' });
    const reviewer = await product.addStaff('小钱', ['reviewer']);

    expect(await refusalOf(product.call(gu, 'customer.createBindingLink', { id: customer.id }))).toBe(
      'customer.not_found',
    );
    expect(await refusalOf(product.call(reviewer, 'customer.createBindingLink', { id: customer.id }))).toBe(
      'permission.denied',
    );
  });
});
