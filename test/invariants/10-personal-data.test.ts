/**
 * Invariant 10: personal data is encrypted at rest, masked at the one place where things leave, and absent from logs, queues
 * and URLs. A canary travels in by every way a person has; then every readable column is searched for it.
 */
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { Keyring } from '../../src/db/keyring.ts';
import { performOperation } from '../../src/core/unit/unit.ts';
import { personalValues } from '../../src/domain/customers/index.ts';
import { CANARY, findInDatabase, mentionsCanary } from '../chaos/support/canary.ts';
import { ADMIN, MASTER_KEY, useCompany, type StaffActor } from './support/company.ts';

const company = useCompany();
let sales: StaffActor;
let reviewer: StaffActor;

beforeAll(async () => {
  sales = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin' });
  reviewer = await company.addStaff('周敏', ['reviewer'], { telegram: '7102', slack: 'U0MIN' });
  await company.addStaff('陈一', ['team_lead'], { wecom: 'chenyi' });
});

describe('a canary', () => {
  test('in sentences, corrections, nonsense, a lost argument and a forwarded contact leaves nothing readable in any table', async () => {
    const { wecom, telegram } = company.channels;
    for (const text of [
      `新客户 ${CANARY.name} ${CANARY.phone} 身份证 ${CANARY.idCard} 想贷30万周转，在南山有套房`,
      `电话 ${CANARY.phone} 是什么`,
      `金额改成 ${CANARY.phone}`,
      `客户 ${CANARY.phone}`,
      `客户 ${CANARY.name}`,
      `/bind ${CANARY.idCard}`,
      '36期',
      '没有',
    ]) {
      await company.say(wecom, 'xiaolin', text);
    }
    await company.say(wecom, 'nobody', `我是 ${CANARY.name}，电话 ${CANARY.phone}`);
    await company.receive(telegram, '901', { kind: 'message', messageId: 'x1', text: `我是${CANARY.name}`, media: [] });
    await company.receive(telegram, '901', {
      kind: 'edited',
      messageId: 'x1',
      text: `担保人 ${CANARY.name} ${CANARY.idCard}`,
    });
    await company.receive(telegram, '900', { kind: 'contact', messageId: 'c1', phone: CANARY.phone, own: true });
    await company.receive(telegram, '900', {
      kind: 'edited',
      messageId: 'c1',
      text: `${CANARY.name} ${CANARY.idCard}`,
    });
    await company.say(telegram, '900', `${CANARY.name} ${CANARY.idCard} 卡号 ${CANARY.bankCard}`);

    await company.drain();

    expect(await company.count('leads')).toBeGreaterThan(0);
    expect(await findInDatabase(company.db.pool)).toEqual([]);
  });

  test('through the API, in refusals and in the approval of the case, leaves nothing readable either', async () => {
    const lead = (await company
      .call(sales, 'lead.capture', {
        facts: { name: CANARY.name, phone: CANARY.phone, idCard: CANARY.idCard, amount: '100000.00', term: 12 },
      })
      .catch(async () =>
        company.call(sales, 'lead.capture', {
          facts: { name: CANARY.name, phone: CANARY.phone, amount: '100000.00', term: 12 },
        }),
      )) as { leadNumber: string };
    await company.call(sales, 'lead.submit', { lead: lead.leadNumber });
    for (const input of [
      { name: CANARY.name, mobile: CANARY.idCard, source: CANARY.phone },
      { name: CANARY.name, mobile: `${CANARY.phone}x`, source: 'website' },
    ]) {
      await company
        .call({ kind: 'TOKEN', id: 'api', roles: ['manager'], language: 'zh-CN' }, 'lead.create', input)
        .catch(() => undefined);
    }
    await company.call(sales, 'customer.search', { mobile: CANARY.phone });

    await company.drain();

    expect(await company.count('approvals')).toBe(1);
    expect(await findInDatabase(company.db.pool)).toEqual([]);
  });

  test('is readable by whoever is told: the salesperson sees the name he typed, a card abroad shows it masked', async () => {
    const { wecom, slack, telegram } = company.channels;

    expect(wecom.said('xiaolin').join('\n')).toContain(CANARY.name);
    const abroad = [...slack.sent, ...telegram.sent].filter(({ content }) => content.kind === 'card');
    expect(abroad.length).toBeGreaterThan(0);
    expect(mentionsCanary(JSON.stringify(abroad.map(({ content }) => content)))).toEqual([]);
  });

  test('is no secret alone: a link that opens a file stands nowhere in plain, not even in the searchable copy', async () => {
    const { wecom } = company.channels;
    const { bot } = company.base;
    bot.name = 'daiban_bot';
    onTestFinished(() => void (bot.name = undefined));
    for (const text of ['新客户 何女士 13800009911 想贷10万周转 分12期', '深圳', '邀请']) {
      await company.say(wecom, 'xiaolin', text);
      await company.drain();
    }

    const token = /start=([\w-]{20,})/.exec(wecom.said('xiaolin').join('\n'))?.[1] ?? '';

    expect(token).not.toBe('');
    expect(await company.count('timeline_items WHERE position($1 IN text_masked) > 0', [token])).toBe(0);
  });

  test('named by colleagues in sentences nobody reads a name from, in edits and in a reason, is on no card abroad and in no copy', async () => {
    const { wecom, slack, telegram } = company.channels;
    await company.addStaff('老钱', ['manager'], { wecom: 'laoqian' });
    for (const text of [`查一下${CANARY.name}的还款计划`, `帮我看下${CANARY.name}的还款计划`])
      await company.say(wecom, 'laoqian', text);
    await company.receive(wecom, 'laoqian', {
      kind: 'message',
      messageId: 'e1',
      text: `客户 ${CANARY.phone}`,
      media: [],
    });
    await company.drain();
    await company.receive(wecom, 'laoqian', { kind: 'edited', messageId: 'e1', text: `记得回访${CANARY.name}` });
    await company.drain();

    const { items } = (await company.call(ADMIN, 'approval.list', { state: 'OPEN' })) as {
      items: readonly { id: string; revision: number }[];
    };
    const [open] = items;
    const reason = `${CANARY.name}的流水不清楚，请补`;
    await company.call(reviewer, 'approval.decide', { id: open?.id, revision: open?.revision, verb: 'return', reason });
    await company.drain();

    expect(await findInDatabase(company.db.pool)).toEqual([]);
    const abroad = [...slack.sent, ...telegram.sent].map(({ content }) => content);
    expect(JSON.stringify(abroad)).toContain('的流水不清楚');
    expect(mentionsCanary(JSON.stringify(abroad))).toEqual([]);
  });

  test('in the words an operation was called with is masked in the audit log, which nobody can erase; ids stay', async () => {
    const found = (await company.call(sales, 'customer.search', { mobile: CANARY.phone })) as {
      items: readonly { id: string; number: string }[];
    };
    const [customer] = found.items;
    const reason = `${CANARY.name}本人来电 ${CANARY.phone} 核对 ${CANARY.idCard} 卡 ${CANARY.bankCard}`;
    await company.call(sales, 'customer.reveal', { id: customer?.id, fields: ['name'], reason });
    for (const words of [CANARY.phone, CANARY.name])
      await performOperation(company.base.unit, { actor: sales, via: 'slack' }, 'document.offerUpload', {
        customer: words,
      });

    const kept = await auditDetails();
    expect(kept.filter((detail) => mentionsCanary(detail).length > 0)).toEqual([]);
    const [revealed, byPhone, byName] = kept.slice(-3);
    expect(revealed).toContain(`{"input":{"id":"${customer?.id ?? ''}","fields":["name"]`);
    expect(revealed).toContain('欧***本人来电 139****1234 核对');
    expect([byPhone, byName]).toEqual(['{"input":{"customer":"139****1234"}}', '{"input":{"customer":"欧***"}}']);
    expect(
      await company.count(`audit_entries WHERE action = 'document.offerUpload' AND subject_id = $1`, [customer?.id]),
    ).toBe(2);
  });

  test('is in the input of no operation whose names the audit log keeps: there it says what an administrator did', async () => {
    const admin = await company.addStaff('老周', ['admin'], {});
    await company.call(admin, 'staff.add', { name: '小欧阳', roles: ['sales'] });

    expect((await auditDetails()).at(-1)).toContain('"name":"小欧阳"');
    const keeping = company.base.registry.list().filter(({ keepsNames }) => keepsNames);
    expect(keeping.map(({ name }) => name).toSorted()).toEqual([
      'flow.migrate',
      'flow.publish',
      'process.signal',
      'product.publish',
      'staff.add',
      'staff.update',
      'token.create',
    ]);
  });

  test('at rest is ciphertext: the sealed columns do not contain it as bytes', async () => {
    const { rows } = await company.db.pool.query<{ table_name: string; column_name: string }>(
      `SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' AND data_type = 'bytea' AND table_name !~ '_[0-9]{6}$'`,
    );
    const found: string[] = [];
    for (const { table_name: table, column_name: column } of rows) {
      const { rows: hits } = await company.db.pool.query<{ n: string }>(
        `SELECT count(*) AS n FROM ${table} WHERE position($1::bytea IN ${column}) > 0 OR position($2::bytea IN ${column}) > 0 OR position($3::bytea IN ${column}) > 0`,
        [Buffer.from(CANARY.name), Buffer.from(CANARY.phone), Buffer.from(CANARY.idCard)],
      );
      if (Number(hits[0]?.n) > 0) found.push(`${table}.${column}`);
    }

    expect(rows.length).toBeGreaterThan(10);
    expect(found).toEqual([]);
  });
});

async function auditDetails(): Promise<readonly string[]> {
  const { rows } = await company.db.pool.query<{ id: string; sealed_detail: Buffer }>(
    'SELECT id, sealed_detail FROM audit_entries WHERE sealed_detail IS NOT NULL ORDER BY id',
  );
  return rows.map((row) => company.base.keys.openText(`audit_entries.sealed_detail.${row.id}`, row.sealed_detail));
}

describe('a form that is being filled', () => {
  const PHONE = '13500001234';
  const NAME = '苏明月';

  async function remembered(): Promise<string> {
    const { rows } = await company.db.pool.query<{ id: string; sealed_state: Buffer }>(
      `SELECT id, sealed_state FROM conversations WHERE chat = 'xiaochen'`,
    );
    const [row] = rows;
    if (!row) throw new Error('nothing is remembered');
    return company.base.keys.openText(`conversations.sealed_state.${row.id}`, row.sealed_state);
  }

  async function say(text: string): Promise<string> {
    const { wecom } = company.channels;
    wecom.sent.length = 0;
    await company.say(wecom, 'xiaochen', text);
    await company.drain();
    return JSON.stringify(wecom.sent.map(({ content }) => content));
  }

  beforeAll(async () => {
    await company.addStaff('小陈', ['sales'], { wecom: 'xiaochen' });
  });

  test('remembers what is on the customer’s file as a reference, and goes on as if it were the value', async () => {
    await say(`新客户 ${NAME} ${PHONE} 想贷30万周转`);
    const first = await remembered();
    const shown = await say(`电话改成 13500005678`);
    const corrected = await remembered();

    for (const state of [first, corrected]) {
      expect(state).toContain('"amount"');
      expect(state).not.toContain(NAME);
      expect(state).not.toContain('1350000');
    }
    expect(first.match(/"reference":/g)).toHaveLength(2);
    expect(corrected.match(/"reference":/g)).toHaveLength(2);
    expect(corrected).not.toBe(first);
    expect(shown).toContain('5678');
    expect(shown).not.toContain('reference');
    expect(await company.count(`pii_refs WHERE kind = 'PHONE' AND is_current AND masked LIKE '%5678'`)).toBe(1);
  });

  test('keeps nothing that could be opened once the customer’s key is destroyed', async () => {
    const references = [...(await remembered()).matchAll(/"reference":"([0-9a-f-]{36})"/g)].map(
      (match) => match[1] ?? '',
    );
    const values = async (): Promise<readonly string[]> => {
      const keys = new Keyring({ current: MASTER_KEY });
      return company.base.database.transaction(async (tx) => {
        await keys.load(tx, new Date());
        return [...(await personalValues(keys).behind(tx, references)).values()].sort();
      });
    };
    const before = await values();
    await company.db.pool.query(
      `UPDATE data_keys SET wrapped = NULL, destroyed_at = business_now() WHERE number IN (SELECT c.data_key FROM customers c JOIN pii_refs p ON p.customer_id = c.id WHERE p.id = ANY ($1))`,
      [references],
    );

    expect(before).toEqual(['13500005678', NAME]);
    expect(await values()).toEqual([]);
  });
});
