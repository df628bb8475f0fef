import { beforeAll, describe, expect, test } from 'vitest';
import { inUnit, readTimes, type Turn, type Unit } from '../../../src/core/unit/unit.ts';
import type { MessageDraft } from '../../../src/core/operations/effects.ts';
import type { IncomingItem } from '../../../src/core/runtime/incoming.ts';
import { attachToMessage, writeChange, writeIncoming } from '../../../src/domain/timeline/index.ts';
import { newId } from '../../../src/lib/ids.ts';
import { ACCOUNTS, refusalOf, useProduct, type StaffActor } from '../../support/product.ts';

interface Item {
  readonly id: string;
  readonly at: string;
  readonly channel: string;
  readonly direction: 'in' | 'out';
  readonly kind: string;
  readonly actor: { readonly kind: string; readonly id: string };
  readonly text: string | null;
  readonly media: readonly object[];
  readonly edits: readonly { readonly text: string | null }[];
  readonly deletedAt: string | null;
  readonly delivery: { readonly state: string } | null;
}

describe('the timeline of a customer', () => {
  const product = useProduct();
  let lin: StaffActor;
  let customer = { id: '', number: '' };
  let conversationId = '';
  let inbox = 0n;
  const chat = { account: ACCOUNTS.telegram, chat: '7700' };

  beforeAll(async () => {
    lin = await product.addStaff('小林', ['sales'], { team: '一组' });
  });

  async function fresh(): Promise<void> {
    const lead = (await product.call(lin, 'lead.capture', { facts: { name: '何女士' } })) as {
      customerId: string;
      leadNumber: string;
    };
    customer = { id: lead.customerId, number: lead.leadNumber };
    conversationId = newId();
    await product.db.pool.query(
      `INSERT INTO conversations (id, platform, account, chat, created_at) VALUES ($1, 'telegram', $2, $3, business_now())`,
      [conversationId, chat.account, conversationId],
    );
  }

  function incoming(text: string, more: Partial<IncomingItem> = {}): IncomingItem {
    inbox += 1n;
    return {
      conversationId,
      platform: 'telegram',
      kind: 'text',
      actorKind: 'CUSTOMER',
      actorId: customer.id,
      messageId: `m${String(inbox)}`,
      text,
      inboxId: inbox,
      fileIds: [],
      customers: [customer.id],
      concealed: [],
      ...more,
    };
  }

  async function write(...items: readonly IncomingItem[]): Promise<void> {
    await inUnit(product.deps, async (unit) => writeIncoming(unit, product.services.keys, items));
  }

  /** A file of the customer as it lies in the store. */
  async function stored(customerId: string): Promise<string> {
    const id = newId();
    await product.db.pool.query(
      `INSERT INTO files (id, customer_id, storage_key, data_key, mime, size_bytes, digest, created_at)
       SELECT $1, id, $3, data_key, 'image/jpeg', 1234, '\\x00', business_now() FROM customers WHERE id = $2`,
      [id, customerId, id],
    );
    return id;
  }

  async function say(text: string, more: Partial<MessageDraft> = {}): Promise<void> {
    const conversation = { id: conversationId, platform: 'telegram', address: { ...chat, chat: conversationId } };
    await inUnit(product.deps, async (unit) => {
      const turn = unit.turn({ actor: lin, via: 'telegram', conversation });
      turn.effects.send({
        to: conversation.address,
        purpose: 'ANSWER',
        content: { kind: 'text', text },
        customerId: customer.id,
        ...more,
      });
      return Promise.resolve();
    });
  }

  async function read(
    input: object = {},
  ): Promise<{ readonly items: readonly Item[]; readonly nextCursor: string | null }> {
    return (await product.call(lin, 'timeline.read', { id: customer.number, ...input })) as {
      items: readonly Item[];
      nextCursor: string | null;
    };
  }

  test('holds both directions in order, each once, with who spoke on which channel', async () => {
    await fresh();
    await write(incoming('你好'));
    await say('您好，请问有什么可以帮您？');
    await write(incoming('想贷30万'), incoming('急用'));

    const { items } = await read();

    expect(items.map((item) => [item.direction, item.channel, item.text])).toEqual([
      ['in', 'telegram', '你好'],
      ['out', 'telegram', '您好，请问有什么可以帮您？'],
      ['in', 'telegram', '想贷30万'],
      ['in', 'telegram', '急用'],
    ]);
    expect(items[0]?.actor).toEqual({ kind: 'customer', id: customer.id });
    expect(items[1]).toMatchObject({ actor: { kind: 'bot' }, delivery: { state: 'pending' } });
  });

  test('a message with the same key is on it once, however often the turn is run', async () => {
    await fresh();
    await say('到期提醒', { key: `reminder:${customer.id}` });
    await Promise.all([
      say('到期提醒', { key: `reminder:${customer.id}` }),
      say('到期提醒', { key: `reminder:${customer.id}` }),
    ]);

    expect((await read()).items).toHaveLength(1);
    const { rows } = await product.db.pool.query('SELECT 1 FROM outbox WHERE customer_id = $1', [customer.id]);
    expect(rows).toHaveLength(1);
  });

  test('a turn that fails leaves neither message nor item', async () => {
    await fresh();
    const failing = inUnit(product.deps, async (unit: Unit): Promise<void> => {
      const turn: Turn = unit.turn({ actor: lin, via: 'telegram' });
      turn.effects.send({ to: chat, purpose: 'ANSWER', content: { kind: 'text', text: 'x' }, customerId: customer.id });
      await unit.flush();
      throw new Error('power cut');
    });

    await expect(failing).rejects.toThrow('power cut');
    expect((await read()).items).toEqual([]);
  });

  test('numbers in what was said are masked, and the words are nowhere in plain', async () => {
    await fresh();
    await write(incoming('我的手机 13800008888，身份证 11010519491231002X'));

    expect((await read()).items[0]?.text).toBe('我的手机 138****8888，身份证 1***************2X');
    const { rows } = await product.db.pool.query<{ text_masked: string; sealed_text: Buffer }>(
      'SELECT text_masked, sealed_text FROM timeline_items WHERE conversation_id = $1',
      [conversationId],
    );
    expect(rows[0]?.text_masked).not.toContain('13800008888');
    expect(rows[0]?.sealed_text.includes(Buffer.from('手机'))).toBe(false);
  });

  test('a name that was understood in the sentence is masked in it', async () => {
    await fresh();
    await write(incoming('新客户 何玉兰 想贷30万，何玉兰很急', { concealed: ['何玉兰'] }));

    expect((await read()).items[0]?.text).toBe('新客户 何** 想贷30万，何**很急');
  });

  test('an edit and a deletion that the platform reports stand beside the message, which stays as it was', async () => {
    await fresh();
    const item = incoming('想贷30万');
    await write(item);
    const change = async (
      kind: 'EDITED' | 'DELETED',
      text?: string,
      messageId = item.messageId ?? '',
    ): Promise<boolean> => {
      inbox += 1n;
      const id = inbox;
      return product.db.database.transaction(async (tx) =>
        writeChange(tx, product.services.keys, (await readTimes(tx)).now, {
          conversationId,
          messageId,
          inboxId: id,
          kind,
          ...(text === undefined ? {} : { text }),
        }),
      );
    };

    expect(await change('EDITED', '想贷50万')).toBe(true);
    expect(await change('EDITED', '想贷50万，电话 13800008888')).toBe(true);
    expect(await change('DELETED')).toBe(true);
    expect(await change('DELETED', undefined, 'unknown')).toBe(false);

    const [shown, ...others] = (await read()).items;
    expect(others).toEqual([]);
    expect(shown).toMatchObject({
      text: '想贷30万',
      edits: [{ text: '想贷50万' }, { text: '想贷50万，电话 138****8888' }],
      deletedAt: expect.any(String) as string,
    });
  });

  test('the same report of an edit twice is one edit', async () => {
    await fresh();
    const item = incoming('a');
    await write(item);
    const report = async (): Promise<boolean> =>
      product.db.database.transaction(async (tx) =>
        writeChange(tx, product.services.keys, (await readTimes(tx)).now, {
          conversationId,
          messageId: item.messageId ?? '',
          inboxId: 999_999n,
          kind: 'EDITED',
          text: 'b',
        }),
      );
    await report();
    await report();

    expect((await read()).items[0]?.edits).toHaveLength(1);
  });

  test('a colleague’s message goes on the files of those whose files it brought, once they are fetched, and only once', async () => {
    await fresh();
    const first = customer;
    const forwarded = incoming('何女士和她先生的资料', {
      kind: 'file',
      actorKind: 'STAFF',
      actorId: lin.id,
      customers: [],
    });
    await write(forwarded);
    const files = [await stored(first.id)];
    await fresh();
    files.push(await stored(customer.id));
    const message = { inboxId: forwarded.inboxId, conversationId: forwarded.conversationId };
    for (let times = 0; times < 2; times += 1)
      await product.db.database.transaction(async (tx) => attachToMessage(tx, message, files));

    for (const one of [customer, first]) {
      customer = one;
      expect((await read()).items.map(({ text, media }) => [text, media.length])).toEqual([
        ['何女士和她先生的资料', 2],
      ]);
    }
  });

  test('files are listed with their real type and size', async () => {
    await fresh();
    const file = await stored(customer.id);
    await write(incoming('身份证', { kind: 'file', fileIds: [file] }));

    expect((await read()).items[0]?.media).toEqual([{ id: file, mime: 'image/jpeg', size: 1234 }]);
  });

  test('pages follow one another without gap or repetition, also inside one instant', async () => {
    await fresh();
    await write(...Array.from({ length: 11 }, (_one, index) => incoming(`第${String(index + 1)}句`)));
    await write(...Array.from({ length: 6 }, (_one, index) => incoming(`第${String(index + 12)}句`)));
    const seen: (string | null)[] = [];
    let cursor: string | null = null;
    do {
      const page = await read({ limit: 4, ...(cursor === null ? {} : { cursor }) });
      seen.push(...page.items.map(({ text }) => text));
      cursor = page.nextCursor;
    } while (cursor !== null);

    expect(seen).toEqual(Array.from({ length: 17 }, (_one, index) => `第${String(index + 1)}句`));
  });

  test.each(['x', '1', '1.x', '9'.repeat(40), '1.1; DROP TABLE staff'])('the cursor %j is refused', async (cursor) => {
    expect(await refusalOf(read({ cursor }))).toBe('request.invalid');
  });

  test('says of each platform on the page whether it would have told of an edit and of a deletion', async () => {
    await fresh();
    await write(incoming('你好'));
    await write(incoming('何女士想贷30万', { platform: 'wecom', actorKind: 'STAFF', actorId: lin.id }));

    expect(await read()).toMatchObject({
      reports: { telegram: { edits: true, deletions: false }, wecom: { edits: false, deletions: false } },
    });
    expect(await read({ limit: 1 })).toMatchObject({ reports: { telegram: {} } });
  });

  test('is read by those in charge and by the customer himself, by nobody else', async () => {
    await fresh();
    await write(incoming('你好'));
    const self = await product.boundCustomer(customer.id, '82001');
    const gu = await product.addStaff('小顾', ['sales'], { team: '二组' });

    expect(await product.call(self, 'timeline.read', { id: customer.id })).toMatchObject({ items: [{ text: '你好' }] });
    expect(await refusalOf(product.call(gu, 'timeline.read', { id: customer.id }))).toBe('customer.not_found');
    expect(await refusalOf(product.call(await product.stranger('82002'), 'timeline.read', { id: customer.id }))).toBe(
      'permission.denied',
    );
  });
});
