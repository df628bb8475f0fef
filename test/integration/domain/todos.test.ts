import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { contactFacts } from '../../../src/domain/consent/send-gate.ts';
import { readTimes } from '../../../src/core/unit/unit.ts';
import { ADMIN_TOKEN, refusalOf, useProduct, type CustomerActor, type StaffActor } from '../../support/product.ts';

type Todo = { readonly id: string; readonly kind: string; readonly title: string };
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const SYSTEM = { kind: 'SYSTEM', id: 'daiban', language: 'zh-CN' } as const;

describe('marking a to-do as done', () => {
  const product = useProduct();
  let lin: StaffActor;
  let zhou: StaffActor;
  let made = 0;

  beforeAll(async () => {
    lin = await product.addStaff('小林', ['sales']);
    zhou = await product.addStaff('周敏', ['reviewer']);
  });

  async function aTodo(whose: { readonly staffId: string } | { readonly role: string }): Promise<string> {
    made += 1;
    await product.call(SYSTEM, 'task.add', { key: `t${made}`, kind: 'handed_over', ...whose });
    const { rows } = await product.db.pool.query<{ id: string }>('SELECT id FROM todos WHERE key = $1', [`t${made}`]);
    return rows[0]?.id ?? '';
  }

  test('is for whoever has it on his list, by name or by role', async () => {
    for (const id of [await aTodo({ staffId: lin.id }), await aTodo({ role: 'sales' })])
      expect(await product.call(lin, 'task.finish', { id })).toMatchObject({ kind: 'finished', id });
  });

  test('is not for anybody else: for him it is not there', async () => {
    for (const id of [await aTodo({ staffId: lin.id }), await aTodo({ role: 'sales' })]) {
      expect(await refusalOf(product.call(zhou, 'task.finish', { id }))).toBe('task.not_found');
      expect(await product.call(lin, 'task.finish', { id })).toMatchObject({ kind: 'finished', id });
    }
  });

  test('an administrator’s token may clear up everybody’s list', async () => {
    const id = await aTodo({ staffId: lin.id });

    expect(await product.call(ADMIN_TOKEN, 'task.finish', { id })).toMatchObject({ kind: 'finished', id });
  });
});

describe('what a customer asks for again after it was done', () => {
  const product = useProduct();
  let lin: StaffActor;
  let he: CustomerActor;
  let made = 0;

  beforeAll(async () => {
    lin = await product.addStaff('小林', ['sales'], { telegram: '9301' });
    await product.addStaff('梁总', ['manager'], { telegram: '9302' });
  });
  beforeEach(async () => {
    made += 1;
    const facts = { name: '何女士', phone: `1380002${String(1000 + made)}` };
    const lead = (await product.call(lin, 'lead.capture', { facts })) as { customerId: string };
    he = await product.boundCustomer(lead.customerId, String(60_000 + made));
    await product.db.pool.query('DELETE FROM todos');
  });

  const asks = async (topic: string, words = '想提前还清'): Promise<unknown> =>
    product.call(he, 'customer.askAdviser', { topic, words }, 'telegram');

  async function open(): Promise<readonly Todo[]> {
    return ((await product.call(lin, 'task.list', {})) as { items: readonly Todo[] }).items;
  }

  async function finishAll(): Promise<void> {
    const { rows } = await product.db.pool.query<{ id: string }>('SELECT id FROM todos WHERE done_at IS NULL');
    for (const { id } of rows) await product.call(ADMIN_TOKEN, 'task.finish', { id });
  }

  async function told(): Promise<number> {
    const sql = `SELECT count(*)::int AS n FROM outbox WHERE chat = '9301' AND purpose = 'STAFF'`;
    return (await product.db.pool.query<{ n: number }>(sql)).rows[0]?.n ?? -1;
  }

  test.each(['settle', 'defer', 'contact', 'calls', 'erase'])(
    '%s is on the list again the same day, and the adviser is told again; while it is open once is enough',
    async (topic) => {
      const before = await told();
      await asks(topic);
      await asks(topic);
      expect(await told()).toBe(before + 1);
      expect(await open()).toHaveLength(1);
      await finishAll();
      expect(await open()).toEqual([]);

      await asks(topic);
      await asks(topic);

      expect((await open()).map(({ kind }) => kind)).toEqual([`customer_${topic}`]);
      expect(await told()).toBe(before + 2);
    },
  );

  test.each(['defer', 'repaid', 'unclear', 'question', 'complaint'])(
    '%s is one to-do, however often and on however many days he asks; other words are told',
    async (topic) => {
      const before = await told();
      await asks(topic, '月底再还可以吗');
      await product.advance(2 * HOUR_MS);
      await asks(topic, '我刚转了2000 剩下的月底还');
      await product.advance(3 * DAY_MS);
      await asks(topic, '那什么时候能答复');

      expect((await open()).map(({ kind }) => kind)).toEqual([`customer_${topic}`]);
      expect(await told()).toBe(before + 3);
    },
  );

  test('the same words are told once a day, others up to five times; on the next day they are told again', async () => {
    const before = await told();
    for (const words of ['一', '一', '二', '三', '四', '五', '六']) await asks('defer', words);
    expect(await told()).toBe(before + 5);

    await product.advance(DAY_MS);
    await asks('defer', '六');

    expect(await told()).toBe(before + 6);
    expect(await open()).toHaveLength(1);
  });

  test('the to-do has the date of the latest, a complaint that of the first: what was held back since then is made up for', async () => {
    const since = async (): Promise<unknown> =>
      ((await product.call(lin, 'task.list', {})) as { items: readonly { since: string }[] }).items[0]?.since;
    for (const [topic, moves] of [
      ['defer', true],
      ['complaint', false],
    ] as const) {
      await asks(topic);
      const first = await since();
      await product.advance(3 * DAY_MS);
      await asks(topic, '还没有人联系我');
      expect((await since()) !== first).toBe(moves);
      await finishAll();
    }
  });

  test('what was told of him stands with the to-do as no words of his', async () => {
    await asks('defer', '我刚转了2000 剩下的月底还');

    const { rows } = await product.db.pool.query<{ text: string }>('SELECT params::text AS text FROM todos');
    expect(rows.map(({ text }) => text).join('')).not.toMatch(/2000|月底/u);
  });

  test('a complaint holds back what the gate holds back for it, within the same hour too', async () => {
    const isOpen = async (): Promise<boolean> =>
      product.db.database.transaction(async (tx) => {
        const { now } = await readTimes(tx);
        return (await contactFacts(tx, he.id, { now, zone: 'Asia/Shanghai' })).complaintOpen;
      });
    await asks('complaint');
    expect(await isOpen()).toBe(true);
    await finishAll();
    expect(await isOpen()).toBe(false);

    await asks('complaint');

    expect(await isOpen()).toBe(true);
    expect(await product.db.pool.query('SELECT id FROM todos WHERE done_at IS NULL')).toMatchObject({ rowCount: 2 });
  });

  test('what the product itself has put on a list once stays done', async () => {
    const todo = { key: 'once', kind: 'approval_stopped', staffId: lin.id, params: { node: '初审' } };
    expect(await product.call(SYSTEM, 'task.add', todo)).toEqual({ isNew: true });
    await finishAll();

    expect(await product.call(SYSTEM, 'task.add', todo)).toEqual({ isNew: false });
    expect(await open()).toEqual([]);
  });
});

describe('a long list', () => {
  const product = useProduct();

  test('begins with who waits for a person, then complaints, then money to phone about; the rest the newest first, on every page', async () => {
    const lin = await product.addStaff('小林', ['sales']);
    const kinds = [
      'handed_over',
      'unreachable',
      'customer_disputed',
      'customer_complaint',
      'customer_question',
      'customer_files',
      'customer_unclear',
    ];
    const made = new Map<string, string>();
    for (const kind of kinds) {
      const params = { loan: 'L0001', amount: '1,000.00', due: '2026-11-01' };
      await product.call(SYSTEM, 'task.add', { key: kind, kind, staffId: lin.id, params });
      const ago = `${made.size} hours`; // those named later are older
      await product.db.pool.query(`UPDATE todos SET created_at = created_at - $2::interval WHERE key = $1`, [
        kind,
        ago,
      ]);
      made.set(kind, ago);
    }

    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page = (await product.call(lin, 'task.list', { limit: 2, ...(cursor ? { cursor } : {}) })) as {
        items: readonly Todo[];
        nextCursor: string | null;
        more: number;
      };
      seen.push(...page.items.map(({ kind }) => kind));
      expect(page.more).toBe(kinds.length - seen.length);
      cursor = page.nextCursor;
    } while (cursor !== null);

    expect(seen).toEqual([
      'handed_over',
      'customer_disputed',
      'customer_complaint',
      'unreachable',
      'customer_question',
      'customer_files',
      'customer_unclear',
    ]);
  });
});
