/** A message that cannot be handled is set aside, and stands on the timeline like every other: once, with what was said to it. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Happening } from '../../../src/channels/channel.ts';
import { PassingFault } from '../../../src/db/faults.ts';
import { insertInternal } from '../../../src/inbox/internal.ts';
import { useCompany, type StaffActor } from '../../invariants/support/company.ts';
import { holdUp } from '../../support/hold-up.ts';

const company = useCompany();
const { telegram } = company.channels;
const SORRY = '抱歉，这条消息没能处理，我们已经记录，会有同事查看。您可以继续发别的内容。';
let sales: StaffActor;
let people = 7_600;
/** The customer of this test, by his Telegram id and his K-number. */
let he = '';
let number = '';

beforeAll(async () => {
  sales = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin', slack: 'U0LIN' });
});

beforeEach(async () => {
  people += 1;
  he = String(people);
  const facts = { name: '何女士', phone: String(13_800_060_000 + people), amount: '100000.00', term: 12 };
  const lead = (await company.call(sales, 'lead.capture', { facts })) as {
    readonly customerId: string;
    readonly leadNumber: string;
  };
  number = lead.leadNumber;
  await company.db.pool.query(
    `INSERT INTO identities (id, account, external_id, customer_id, is_verified, created_at, bound_at) VALUES (gen_random_uuid(), $1, $2, $3, true, business_now(), business_now())`,
    [telegram.account, he, lead.customerId],
  );
  await company.drain();
  telegram.sent.length = 0;
});

/** Tries until nothing is left to be tried, with turns that always fail. */
async function failing(): Promise<void> {
  const { turns, deliverer } = company.worker({
    handle: async () => {
      throw new Error('a bug');
    },
  });
  while ((await turns.run()) > 0);
  while ((await deliverer.run()) > 0);
}

async function file(): Promise<readonly string[]> {
  const { items } = (await company.call(sales, 'timeline.read', { id: number })) as {
    readonly items: readonly { readonly direction: string; readonly kind: string; readonly text: string | null }[];
  };
  return items.map(({ direction, kind, text }) => `${direction} ${kind} ${text ?? ''}`);
}

async function receive(happening: Happening): Promise<void> {
  await company.receive(telegram, he, happening);
}

test('a customer whose name on file is damaged is answered all the same', async () => {
  await company.db.pool.query(
    `UPDATE pii_refs SET sealed_value = '\\x00' WHERE kind = 'NAME' AND customer_id = (SELECT customer_id FROM identities WHERE external_id = $1)`,
    [he],
  );

  const [answer] = await company.exchange(telegram, he, '我的进度');

  expect(answer).not.toBe(SORRY);
  expect(await company.count(`inbox WHERE state = 'PARKED'`)).toBe(0);
});

test('a message whose turn meets what passes by itself, a key of a newer master, waits however often', async () => {
  await company.say(telegram, he, '我的进度');
  const { turns } = company.worker({
    handle: async () => {
      throw new PassingFault('a key we do not have');
    },
  });
  for (let look = 0; look < 4; look += 1) await turns.run();

  expect(telegram.said(he)).toEqual([]);
  expect(await company.count(`inbox WHERE state = 'PARKED'`)).toBe(0);
  await company.drain();
  expect(telegram.said(he)).toHaveLength(1);
});

test('a message whose statement always runs into our own limit is set aside, or it would be tried before all others for ever', async () => {
  await company.say(telegram, he, '我的进度');
  const { turns, deliverer } = company.worker({
    handle: async (unit) => {
      await unit.tx.query(`SET LOCAL statement_timeout = '5ms'`);
      await unit.tx.query('SELECT pg_sleep(60)');
      return [];
    },
  });
  while ((await turns.run()) > 0);
  while ((await deliverer.run()) > 0);

  expect(telegram.said(he)).toEqual([SORRY]);
  expect(await company.count(`inbox WHERE state = 'NEW'`)).toBe(0);
});

test('a message whose turn holds up the process until its transaction is ended is set aside, and the one beside it is not', async () => {
  await company.say(telegram, he, '我的进度');
  await company.say(telegram, '9001', '我的进度');
  const fine: string[] = [];
  const { turns, deliverer } = company.worker({
    handle: async (unit, works) => {
      if (works.some(({ conversation }) => conversation.chat === he)) await holdUp(unit.tx);
      fine.push(...works.map(({ conversation }) => conversation.chat));
      return works.map(() => ({ state: undefined, isSilenced: false }));
    },
  });
  for (let look = 0; look < 4; look += 1) await turns.run();
  while ((await deliverer.run()) > 0);

  expect(telegram.said(he)).toEqual([SORRY]);
  expect(fine).toEqual(['9001']);
  expect(await company.count(`inbox WHERE state = 'NEW'`)).toBe(0);
});

describe('a message whose turn fails three times', () => {
  test('stands on the customer’s file once, and so does the apology behind it', async () => {
    await company.say(telegram, he, '我的手机 13800008888，我是何晓燕');
    await failing();

    expect(telegram.said(he)).toEqual([SORRY]);
    expect(await file()).toEqual(['in text 我的手机 138****8888，我是何**', `out text ${SORRY}`]);
    expect(await company.count(`inbox WHERE state = 'PARKED'`)).toBeGreaterThan(0);
  });

  test('is followed by what is said next, in order', async () => {
    await company.say(telegram, he, '第一句');
    await failing();
    await company.say(telegram, he, '人工');
    await company.drain();

    expect((await file()).slice(0, 3)).toEqual(['in text 第一句', `out text ${SORRY}`, 'in text 人工']);
  });

  test('is a line of its kind where it has no words, and none where it is no message', async () => {
    const media = [{ id: 'f1', kind: 'image' as const }];
    await receive({ kind: 'message', messageId: `f${he}`, text: '流水', media });
    await receive({ kind: 'contact', messageId: `c${he}`, phone: '13900001111', own: false });
    await receive({ kind: 'edited', messageId: 'nowhere', text: '改过' });
    await failing();

    const incoming = (await file()).filter((line) => line.startsWith('in '));
    expect(incoming).toEqual(['in file 流水', 'in contact （内容没能读出来）']);
  });

  test('that edits or deletes an earlier one changes that one all the same', async () => {
    const messageId = `p${he}`;
    await receive({ kind: 'message', messageId, text: '想贷12万', media: [] });
    await company.drain();
    await receive({ kind: 'edited', messageId, text: '想贷15万，我是何晓燕' });
    await receive({ kind: 'deleted', messageId });
    await failing();

    const { items } = (await company.call(sales, 'timeline.read', { id: number })) as {
      readonly items: readonly { readonly edits: readonly { readonly text: string }[]; readonly deletedAt: unknown }[];
    };
    expect(items[0]?.edits.map(({ text }) => text)).toEqual(['想贷15万，我是何**']);
    expect(items[0]?.deletedAt).toEqual(expect.anything());
  });

  test('that brings files from the upload page leaves them on the file', async () => {
    const { rows } = await company.db.pool.query<{ file: string; talk: string }>(
      `INSERT INTO files (id, customer_id, storage_key, data_key, mime, size_bytes, digest, created_at)
       SELECT gen_random_uuid(), i.customer_id, 'key-' || i.external_id, (SELECT min(number) FROM data_keys), 'image/jpeg', 1, '\\x00', business_now()
       FROM identities i WHERE i.account = $1 AND i.external_id = $2
       RETURNING id AS file, (SELECT gen_random_uuid()) AS talk`,
      [telegram.account, he],
    );
    const { file: fileId = '', talk = '' } = rows[0] ?? {};
    await company.db.pool.query(
      `INSERT INTO conversations (id, platform, account, chat, thread, created_at) VALUES ($1, 'telegram', $2, $3, '', business_now())`,
      [talk, telegram.account, he],
    );
    await insertInternal(company.base.database, company.base.keys, {
      key: `upload:${he}`,
      conversationId: talk,
      kind: 'media',
      body: { internal: 'media', caption: '流水', media: [{ fileId }], uploaded: true },
      now: new Date('2026-11-21T02:00:00Z'),
    });
    await failing();

    const { items } = (await company.call(sales, 'timeline.read', { id: number })) as {
      readonly items: readonly { readonly text: string | null; readonly media: readonly unknown[] }[];
    };
    expect(items.map(({ text, media }) => [text, media.length])).toEqual([
      ['流水', 1],
      [SORRY, 0],
    ]);
  });

  test('is set aside without its words where these are what cannot be written down', async () => {
    await company.db.pool.query(`
      CREATE FUNCTION refuse_words() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
      CREATE TRIGGER refuse_words BEFORE INSERT ON timeline_items FOR EACH ROW WHEN (NEW.text_masked LIKE '%毒%') EXECUTE FUNCTION refuse_words()`);
    await company.say(telegram, he, '有毒');
    await company.drain();

    expect(await file()).toEqual(['in text （内容没能读出来）', `out text ${SORRY}`]);
    expect(await company.count(`inbox WHERE state = 'NEW'`)).toBe(0);
  });

  test('of somebody nobody knows stays with the conversation', async () => {
    await company.say(telegram, 'stranger', '你好');
    await failing();

    const { rows } = await company.db.pool.query<{ line: string; links: string }>(
      `SELECT i.direction || ' ' || i.actor_kind AS line, (SELECT count(*) FROM timeline_links l WHERE l.item_id = i.id) AS links
       FROM timeline_items i JOIN conversations c ON c.id = i.conversation_id WHERE c.chat = 'stranger' ORDER BY i.id`,
    );
    expect(rows.map(({ line, links }) => [line, Number(links)])).toEqual([
      ['IN STRANGER', 0],
      ['OUT BOT', 0],
    ]);
  });
});
