import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { ensureConsentTexts, hasConsent, holdConsent } from '../../../src/domain/consent/index.ts';
import { readTimes } from '../../../src/core/unit/unit.ts';
import type { Language, Texts } from '../../../src/lib/i18n.ts';
import { until } from '../../invariants/support/company.ts';
import { ADMIN_TOKEN, refusalOf, useProduct, type CustomerActor, type StaffActor } from '../../support/product.ts';

const PERSONAL = 'flows.consent.personal-data';
const ABROAD = 'flows.consent.cross-border';

interface Given {
  readonly items: readonly {
    readonly consent: string;
    readonly name: string;
    readonly version: number;
    readonly language: string;
    readonly text: string;
    readonly hash: string;
    readonly grantedAt: string | null;
    readonly declinedAt: string | null;
    readonly withdrawnAt: string | null;
    readonly via: string;
  }[];
}

describe('consents of a customer', () => {
  const product = useProduct();
  let lin: StaffActor;
  let made = 0;

  beforeAll(async () => {
    lin = await product.addStaff('小林', ['sales'], { team: '一组' });
  });

  async function aCustomer(language: Language = 'zh-CN'): Promise<CustomerActor> {
    made += 1;
    const lead = (await product.call(lin, 'lead.capture', {
      facts: { name: '何女士', phone: `1380000${String(1000 + made)}` },
    })) as { customerId: string };
    return { ...(await product.boundCustomer(lead.customerId, String(8000 + made))), language };
  }

  async function listOf(actor: Parameters<typeof product.call>[0], customer?: string): Promise<Given['items']> {
    return ((await product.call(actor, 'consent.list', customer === undefined ? {} : { customer })) as Given).items;
  }

  test('what is kept is the very text that was shown, its version, its language and its hash', async () => {
    for (const language of ['zh-CN', 'en'] as const) {
      const he = await aCustomer(language);
      const shown = product.services.texts.translate(language, PERSONAL);

      const granted = await product.call(he, 'consent.grant', { textKey: PERSONAL, version: '1' }, 'telegram');

      const hash = createHash('sha256').update(shown, 'utf8').digest('hex');
      expect(granted).toEqual({ kind: 'granted', consent: 'personal-information', version: 1, hash });
      expect(await listOf(he)).toMatchObject([
        {
          consent: 'personal-information',
          version: 1,
          language,
          text: shown,
          hash,
          via: 'telegram',
          withdrawnAt: null,
        },
      ]);
    }
  });

  test('a refusal is kept like a consent: the text that was shown, its version, language, hash and time', async () => {
    const he = await aCustomer('en');
    const shown = product.services.texts.translate('en', PERSONAL);

    const declined = await product.call(he, 'consent.decline', { textKey: PERSONAL, version: '1' }, 'telegram');

    expect(declined).toEqual({ kind: 'declined', consent: 'personal-information', stopped: 0 });
    expect(await listOf(lin, he.id)).toEqual([
      expect.objectContaining({
        consent: 'personal-information',
        version: 1,
        language: 'en',
        text: shown,
        hash: createHash('sha256').update(shown, 'utf8').digest('hex'),
        via: 'telegram',
        grantedAt: null,
        declinedAt: expect.any(String) as string,
        withdrawnAt: null,
      }),
    ]);
  });

  test('refusing twice, one after the other or at once, is one refusal', async () => {
    const he = await aCustomer();
    const refuse = async (): Promise<string> =>
      ((await product.call(he, 'consent.decline', { textKey: ABROAD, version: 2 })) as { kind: string }).kind;

    const kinds = [...(await Promise.all([refuse(), refuse(), refuse()])), await refuse()];

    expect(kinds.sort()).toEqual(['already', 'already', 'already', 'declined']);
    expect(await listOf(he)).toHaveLength(1);
  });

  test('yes after no holds and no after yes withdraws; each answer stays on file', async () => {
    const he = await aCustomer();
    const about = { textKey: PERSONAL, version: 1 };
    await product.call(he, 'consent.decline', about);

    expect(await product.call(he, 'consent.grant', about)).toMatchObject({ kind: 'granted' });
    expect(await product.call(he, 'consent.grant', about)).toMatchObject({ kind: 'already' });
    expect(await product.call(he, 'consent.decline', about)).toMatchObject({ kind: 'withdrawn' });
    expect(await product.call(he, 'consent.decline', about)).toMatchObject({ kind: 'declined' });

    expect((await listOf(he)).map(({ grantedAt, withdrawnAt }) => [grantedAt !== null, withdrawnAt !== null])).toEqual([
      [false, true],
      [true, true],
      [false, false],
    ]);
  });

  test('yes and no at the same moment leave one answer in force', async () => {
    const he = await aCustomer();
    const about = { textKey: PERSONAL, version: 1 };

    await Promise.all([product.call(he, 'consent.grant', about), product.call(he, 'consent.decline', about)]);

    expect((await listOf(he)).filter(({ withdrawnAt }) => withdrawnAt === null).length).toBeLessThanOrEqual(1);
  });

  test('a first refusal waits for what is being done while he has not answered, and so sees it', async () => {
    const he = await aCustomer();
    const order: string[] = [];
    let refusal: Promise<unknown> | undefined;
    await product.db.database.transaction(async (tx) => {
      expect(await holdConsent(tx, he.id, 'personal-information')).toBeUndefined();
      refusal = product
        .call(he, 'consent.decline', { textKey: PERSONAL, version: 1 })
        .then(() => order.push('refused'));
      await until(async () => {
        const { rows } = await product.db.pool.query(
          `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
        );
        return rows.length > 0 || order.length > 0;
      });
      order.push('done');
    });
    await refusal;

    expect(order).toEqual(['done', 'refused']);
  });

  test('whoever takes back what he never gave has refused it; the transfer abroad has nothing to take back', async () => {
    const he = await aCustomer();

    expect(await product.call(he, 'consent.withdraw', { consent: 'cross-border' })).toMatchObject({
      kind: 'not_given',
    });
    expect(await product.call(he, 'consent.withdraw', { consent: 'personal-information' })).toMatchObject({
      kind: 'declined',
    });
    expect(await product.call(he, 'consent.withdraw', { consent: 'personal-information' })).toMatchObject({
      kind: 'not_given',
    });

    expect(await listOf(he)).toMatchObject([{ consent: 'personal-information', grantedAt: null, withdrawnAt: null }]);
  });

  test('the two consents are apart: one does not stand for the other', async () => {
    const he = await aCustomer();
    await product.call(he, 'consent.grant', { textKey: ABROAD, version: '2' });

    await product.db.database.transaction(async (tx) => {
      expect(await hasConsent(tx, he.id, 'cross-border')).toBe(true);
      expect(await hasConsent(tx, he.id, 'personal-information')).toBe(false);
    });
  });

  test('agreeing twice, one after the other or at once, is one consent', async () => {
    const he = await aCustomer();
    const agree = async (): Promise<unknown> => product.call(he, 'consent.grant', { textKey: PERSONAL, version: 1 });

    const kinds = (await Promise.all([agree(), agree(), agree()])).map((answer) => (answer as { kind: string }).kind);
    kinds.push(((await agree()) as { kind: string }).kind);

    expect(kinds.sort()).toEqual(['already', 'already', 'already', 'granted']);
    expect(await listOf(he)).toHaveLength(1);
  });

  test('a withdrawn consent is over at once, stays on file, and can be given again', async () => {
    const he = await aCustomer();
    await product.call(he, 'consent.grant', { textKey: PERSONAL, version: 1 });

    expect(await product.call(he, 'consent.withdraw', { consent: 'personal-information' })).toMatchObject({
      kind: 'withdrawn',
    });
    expect(await product.call(he, 'consent.withdraw', { consent: 'personal-information' })).toMatchObject({
      kind: 'not_given',
    });
    expect(await refusalOf(product.call(he, 'customer.answer', { facts: { city: '深圳' } }))).toBe('consent.required');
    expect(await product.call(he, 'consent.grant', { textKey: PERSONAL, version: 1 })).toMatchObject({
      kind: 'granted',
    });

    const [first, second] = await listOf(he);
    expect(first?.withdrawnAt).toEqual(expect.anything());
    expect(second?.withdrawnAt).toBeNull();
  });

  test('nobody answers for the customer: not his adviser, not an administrator, not a stranger', async () => {
    const stranger = await product.stranger('8900');

    for (const actor of [lin, ADMIN_TOKEN, stranger]) {
      for (const answer of ['consent.grant', 'consent.decline'])
        expect(await refusalOf(product.call(actor, answer, { textKey: PERSONAL, version: 1 }))).toBe(
          'permission.denied',
        );
    }
  });

  test('a customer sees and withdraws his own only', async () => {
    const [he, other] = [await aCustomer(), await aCustomer()];
    await product.call(other, 'consent.grant', { textKey: PERSONAL, version: 1 });

    expect(await refusalOf(product.call(he, 'consent.list', { customer: other.id }))).toBe('customer.not_found');
    expect(
      await refusalOf(product.call(he, 'consent.withdraw', { customer: other.id, consent: 'personal-information' })),
    ).toBe('customer.not_found');
    expect(await listOf(other)).toMatchObject([{ withdrawnAt: null }]);
  });

  test('staff see what lies in their scope; compliance may withdraw for the customer, sales may not', async () => {
    const he = await aCustomer();
    await product.call(he, 'consent.grant', { textKey: PERSONAL, version: 1 });
    const gu = await product.addStaff('小顾', ['sales'], { team: '二组' });
    const may = await product.addStaff('阿May', ['compliance']);

    expect(await listOf(lin, he.id)).toHaveLength(1);
    expect(await refusalOf(product.call(gu, 'consent.list', { customer: he.id }))).toBe('customer.not_found');
    expect(
      await refusalOf(product.call(lin, 'consent.withdraw', { customer: he.id, consent: 'personal-information' })),
    ).toBe('permission.denied');
    expect(
      await product.call(may, 'consent.withdraw', { customer: he.id, consent: 'personal-information' }),
    ).toMatchObject({ kind: 'withdrawn' });
  });

  test.each([
    { textKey: PERSONAL, version: 2 },
    { textKey: 'flows.customer-intake.thanks', version: 1 },
    { textKey: '', version: 1 },
    { textKey: PERSONAL, version: 'first' },
    { textKey: PERSONAL, version: -1 },
  ])('a text that is not on file cannot be agreed to: %j', async (input) => {
    expect(await refusalOf(product.call(await aCustomer(), 'consent.grant', input))).toMatch(
      /^(consent\.unknown_text|request\.invalid)$/,
    );
  });

  test('the texts are put on file once and a changed text under the same version is refused', async () => {
    const { texts } = product.services;
    const changed: Texts = {
      ...texts,
      translate: (language, key, params) => `${texts.translate(language, key, params)}。`,
      has: () => true,
      keys: () => [],
      render: () => '',
    };
    const put = async (what: Texts): Promise<void> =>
      product.db.database.transaction(async (tx) => ensureConsentTexts(tx, what));

    await put(texts);
    await put(texts);

    const { rows } = await product.db.pool.query(
      'SELECT key, version, language FROM consent_texts ORDER BY key, language',
    );
    expect(rows).toEqual([
      { key: 'cross-border', version: 2, language: 'en' },
      { key: 'cross-border', version: 2, language: 'zh-CN' },
      { key: 'personal-information', version: 1, language: 'en' },
      { key: 'personal-information', version: 1, language: 'zh-CN' },
    ]);
    await expect(put(changed)).rejects.toThrow(/differs from version 1 on file.*version 2/);
    await expect(product.db.pool.query(`UPDATE consent_texts SET text = 'x'`)).rejects.toThrow(/append-only/);
  });

  test('a consent to an earlier version holds, and stays on file with the words of then', async () => {
    const he = await aCustomer();
    await product.db.pool.query(
      `INSERT INTO consent_texts (key, version, language, text, hash) VALUES ('cross-border', 1, 'zh-CN', '第1版', sha256('第1版'::bytea)) ON CONFLICT DO NOTHING`,
    );

    await product.call(he, 'consent.grant', { textKey: ABROAD, version: 1 });

    await product.db.database.transaction(async (tx) => expect(await hasConsent(tx, he.id, 'cross-border')).toBe(true));
    expect(await listOf(he)).toMatchObject([{ consent: 'cross-border', version: 1, text: '第1版', withdrawnAt: null }]);
  });

  test('a consent to an older version ends when a newer one is given', async () => {
    const he = await aCustomer();
    await product.call(he, 'consent.grant', { textKey: PERSONAL, version: 1 });
    await product.db.pool.query(
      `INSERT INTO consent_texts (key, version, language, text, hash) VALUES ('personal-information', 2, 'zh-CN', '第2版', sha256('第2版'::bytea)) ON CONFLICT DO NOTHING`,
    );

    expect(await product.call(he, 'consent.grant', { textKey: 'personal-information', version: 2 })).toMatchObject({
      kind: 'granted',
      version: 2,
    });
    expect(await product.call(he, 'consent.grant', { textKey: PERSONAL, version: 1 })).toMatchObject({
      kind: 'already',
      version: 2,
    });

    expect((await listOf(he)).map((one) => [one.version, one.withdrawnAt === null])).toEqual([
      [1, false],
      [2, true],
    ]);
  });

  test('a consent carries business time', async () => {
    const he = await aCustomer();
    await product.advance(30 * 86_400_000);
    const { now } = await product.db.database.transaction(readTimes);
    await product.call(he, 'consent.grant', { textKey: PERSONAL, version: 1 });

    const { rows } = await product.db.pool.query<{ granted_at: Date }>(
      'SELECT granted_at FROM consents WHERE customer_id = $1',
      [he.id],
    );
    expect(Math.abs((rows[0]?.granted_at.getTime() ?? 0) - now.getTime())).toBeLessThan(60_000);
  });
});
