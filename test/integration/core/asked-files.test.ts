/** Several files that nobody can name wait for their answers at once: each answer goes to the file it was given for. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { Card } from '../../../src/channels/card.ts';
import type { MediaRef } from '../../../src/channels/channel.ts';
import { fetchNext } from '../../../src/jobs/media.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { ADMIN } from '../../invariants/support/company.ts';
import { useCustomerChat } from '../../support/customer-chat.ts';
import { jpegFile } from '../../support/files.ts';

const chat = useCustomerChat();
const { company, does, says, consents } = chat;
const { telegram } = company.channels;

interface Listing {
  readonly items: readonly { readonly item: string; readonly pages: readonly { readonly file: string }[] }[];
  readonly unassigned: readonly { readonly document: string; readonly pages: readonly { readonly file: string }[] }[];
}

beforeEach(async () => {
  await consents();
  await says('深圳');
});

const listing = async (): Promise<Listing> =>
  (await company.call(ADMIN, 'document.list', { customer: chat.customer.number })) as Listing;

const cards = (): readonly Card[] =>
  telegram.sent.flatMap(({ content }) => (content.kind === 'card' ? [content.card] : []));

const questions = (): readonly Card[] => cards().filter(({ title }) => title.includes('认不出'));

const said = (): string => telegram.said(chat.customer.chat).join('\n');

async function fetchAll(): Promise<void> {
  const { base } = company;
  telegram.onFetch = async ({ id }) => jpegFile(id);
  const deps = {
    database: base.database,
    keys: base.keys,
    unit: base.unit,
    channels: new Map([[telegram.account, telegram]]),
    intake: base.parts.intake(base.database, base.services),
    attach: async (...given: Parameters<typeof base.parts.attachFiles>) => base.parts.attachFiles(...given),
    wake: () => undefined,
    log: silentLog,
  };
  while ((await fetchNext(deps)) > 0);
  await company.drain();
}

/** Sends a file; the stored file's id and its question. */
async function sends(id: string, name?: string): Promise<{ readonly file: string; readonly card: Card | undefined }> {
  const before = new Set((await listing()).unassigned.map(({ document }) => document));
  const media: MediaRef = { id: `${chat.customer.chat} ${id}`, kind: 'image', ...(name === undefined ? {} : { name }) };
  await does({ kind: 'message', messageId: `m ${id}`, text: '', media: [media] });
  await fetchAll();
  const come = (await listing()).unassigned.find(({ document }) => !before.has(document));
  return { file: come?.pages[0]?.file ?? '', card: questions().at(-1) };
}

/** Two photos sent at once, of which the platform hands the second one over first; their questions. */
async function sendsAtOnce(): Promise<readonly string[]> {
  for (const id of ['a', 'b'])
    await does({
      kind: 'message',
      messageId: `m ${id}`,
      text: '',
      media: [{ id: `${chat.customer.chat} ${id}`, kind: 'image' }],
    });
  await company.db.pool.query(
    `UPDATE timers SET due_at = due_at - id * interval '1 second' WHERE kind = 'media.fetch' AND state = 'OPEN'`,
  );
  await fetchAll();
  return questions().map(({ title }) => title.replaceAll(/\d\d:\d\d/gu, 'HH:MM'));
}

/** What is counted is the files of a minute. */
async function nextMinute(): Promise<void> {
  await company.advance(60_000 - ((await company.now()).getTime() % 60_000));
}

/** What files are counted by, as it is stored. */
async function rememberedFiles(): Promise<{ readonly counts: object } | undefined> {
  const { rows } = await company.db.pool.query<{ id: string; sealed_state: Buffer }>(
    `SELECT id, sealed_state FROM conversations WHERE chat = $1`,
    [chat.customer.chat],
  );
  const [row] = rows;
  if (!row) throw new Error('nothing is remembered');
  const memory = company.base.keys.openJson(`conversations.sealed_state.${row.id}`, row.sealed_state);
  return (memory as { readonly files?: { readonly counts: object } }).files;
}

/** Presses the button of a card that says this. */
async function presses(card: Card | undefined, label: string): Promise<void> {
  const verb = card?.actions.find((action) => action.label.includes(label))?.verb ?? '';
  const handle = { query: 'q1', chat: chat.customer.chat, message: '5' };
  await does({ kind: 'action', cardId: card?.id ?? '', revision: 1, verb, selected: {}, handle });
}

async function itemOf(file: string): Promise<string | undefined> {
  return (await listing()).items.find(({ pages }) => pages.some((page) => page.file === file))?.item;
}

describe('two photos without a word', () => {
  test.each([['the first card first'], ['the second card first']])(
    'go where their own cards say, %s',
    async (order) => {
      const identity = await sends('a');
      const statement = await sends('b');
      const presents = [async () => presses(identity.card, '身份证'), async () => presses(statement.card, '流水')];
      for (const press of order.startsWith('the first') ? presents : presents.toReversed()) await press();

      expect([await itemOf(identity.file), await itemOf(statement.file)]).toEqual(['D01', 'D07']);
      expect((await listing()).unassigned).toEqual([]);
    },
  );

  test('are told apart in their questions', async () => {
    await nextMinute();
    const { card: first } = await sends('a');
    const { card: second } = await sends('b');
    const { card: third } = await sends('c', 'IMG_2041.jpg');

    expect([first, second, third].map((card) => card?.title.replaceAll(/\d\d:\d\d/gu, 'HH:MM'))).toEqual([
      '收到 HH:MM 发来的照片，但认不出是哪一项，请选一下：',
      '收到 HH:MM 发来的第 2 张照片，但认不出是哪一项，请选一下：',
      '收到 HH:MM 发来的「IMG_2041.jpg」，但认不出是哪一项，请选一下：',
    ]);
  });

  test('sent at once are counted as they were sent, whichever is fetched first', async () => {
    await nextMinute();

    expect(await sendsAtOnce()).toEqual([
      '收到 HH:MM 发来的第 2 张照片，但认不出是哪一项，请选一下：',
      '收到 HH:MM 发来的第 1 张照片，但认不出是哪一项，请选一下：',
    ]);
  });

  test('leave nothing behind in what is remembered of the chat once nothing is counted by them any more', async () => {
    await sends('a', '吴先生的身份证.jpg');
    const remembered = await rememberedFiles();
    expect(Object.values(remembered?.counts ?? {})).toEqual([1]);
    expect(JSON.stringify(remembered)).not.toContain('吴先生');
    await company.advance(10 * 60_000);
    await says('嗯……');

    expect(await rememberedFiles()).toBeUndefined();
  });

  test('are filed once each, however often their cards are pressed', async () => {
    const identity = await sends('a');
    const statement = await sends('b');
    await presses(identity.card, '身份证');
    telegram.sent.length = 0;
    await presses(identity.card, '流水');

    expect(said()).toContain('这个问题已经过去了');
    expect([await itemOf(identity.file), await itemOf(statement.file)]).toEqual(['D01', undefined]);
  });

  test('of the same minute of two days have equal questions, and the first one’s card is past once it is filed', async () => {
    await nextMinute();
    const identity = await sends('a');
    await presses(identity.card, '身份证');
    await company.advance(86_400_000);
    const statement = await sends('b');
    expect(statement.card?.title).toBe(identity.card?.title);
    await presses(identity.card, '身份证');

    expect([await itemOf(identity.file), await itemOf(statement.file)]).toEqual(['D01', undefined]);
  });

  test('typed words answer the question asked last; its card is then past, and the other photo’s is not', async () => {
    const identity = await sends('a');
    const statement = await sends('b');
    const place = statement.card?.actions.findIndex(({ label }) => label.includes('流水')) ?? -1;
    await says(String(place + 1));
    telegram.sent.length = 0;
    await presses(statement.card, '身份证');

    expect(said()).toContain('这个问题已经过去了');
    expect([await itemOf(identity.file), await itemOf(statement.file)]).toEqual([undefined, 'D07']);
    await presses(identity.card, '身份证');
    expect(await itemOf(identity.file)).toBe('D01');
  });

  test.each([
    ['to an item of its own', false],
    ['with another file', true],
  ])('one that a colleague has filed meanwhile %s stays there', async (_how, isMerged) => {
    if (isMerged) await presses((await sends('z')).card, '身份证');
    const identity = await sends('a');
    const statement = await sends('b');
    const { unassigned } = await listing();
    const document = unassigned.find(({ pages }) => pages[0]?.file === identity.file)?.document;
    await company.call(ADMIN, 'document.assign', { document, item: 'D01' });
    telegram.sent.length = 0;
    await presses(identity.card, '流水');

    expect(said()).toMatch(/这份已经归到「[^」]*身份证[^」]*」了，没有改动。/u);
    expect([await itemOf(identity.file), await itemOf(statement.file)]).toEqual(['D01', undefined]);
  });

  test('a question asked anew is answered by either of its cards', async () => {
    const identity = await sends('a');
    const statement = await sends('b');
    await says('嗯……');
    expect(questions().at(-1)?.id).not.toBe(statement.card?.id);
    await presses(statement.card, '流水');
    await presses(identity.card, '身份证');

    expect([await itemOf(identity.file), await itemOf(statement.file)]).toEqual(['D01', 'D07']);
  });
});

describe('files that nobody chooses an item for', () => {
  const waiting = async (): Promise<readonly { readonly count: number; readonly done: boolean }[]> =>
    (
      await company.db.pool.query<{ count: number; done: boolean }>(
        `SELECT (params ->> 'count')::int AS count, done_at IS NOT NULL AS done FROM todos WHERE kind = 'customer_unfiled' AND subject_id = $1`,
        [chat.customer.id],
      )
    ).rows;
  const toldAdviser = (): readonly string[] =>
    company.channels.wecom.said('xiaolin').filter((text) => text.includes('还没归类'));

  test('are left with one 取消, all of them, and the adviser has one to-do that counts them down until they are filed', async () => {
    for (const id of ['a', 'b', 'c']) await sends(id);
    telegram.sent.length = 0;
    await says('取消');

    expect(said()).toContain('这 3 份资料已保存，先放在「待归类」，我们会归类。想自己选，再发一次就好。');
    expect(said()).not.toContain('继续」');
    expect(await waiting()).toEqual([{ count: 3, done: false }]);
    expect(toldAdviser()).toEqual([expect.stringContaining(`${chat.customer.number} `)]);
    expect(toldAdviser()[0]).toContain('有 3 份资料还没归类');
    const { unassigned } = await listing();
    const counts: unknown[] = [];
    for (const { document } of unassigned) {
      await company.call(ADMIN, 'document.assign', { document, item: 'D01' });
      counts.push(...(await waiting()));
    }
    expect(counts).toEqual([
      { count: 2, done: false },
      { count: 1, done: false },
      { count: 0, done: true },
    ]);
  });

  test('are asked about again when they are sent again, and the to-do ends when he chooses', async () => {
    await sends('a');
    await says('取消');
    await sends('a');
    await says('身份证');

    expect((await listing()).unassigned).toEqual([]);
    expect(await waiting()).toEqual([{ count: 0, done: true }]);
    await sends('b');
    await says('都不是');
    expect(await waiting()).toEqual([{ count: 1, done: false }]);
  });

  test('are left together when he stays silent, with one to-do and none that he has not answered', async () => {
    await says('取消'); // the form: what is asked is about the files alone
    for (const id of ['a', 'b', 'c']) await sends(id);
    await company.advance(8 * 86_400_000);
    await company.drain();

    expect(said()).toContain('这 3 份资料已保存');
    expect(await waiting()).toEqual([{ count: 3, done: false }]);
    expect(await company.count(`todos WHERE kind = 'customer_silent' AND subject_id = '${chat.customer.id}'`)).toBe(0);
  });

  test('are nobody’s work once he has withdrawn', async () => {
    await sends('a');
    await company.db.pool.query('UPDATE consents SET withdrawn_at = now() WHERE customer_id = $1', [chat.customer.id]);
    await says('取消');

    expect(await waiting()).toEqual([]);
    expect(said()).toContain('好的，先不选了。');
  });

  test('are the adviser’s work again once he has agreed again', async () => {
    for (const id of ['a', 'b']) await sends(id);
    const { id } = chat.customer;
    const { rows } = await company.db.pool.query<{ id: string }>('SELECT id FROM identities WHERE customer_id = $1', [
      id,
    ]);
    const he = { kind: 'CUSTOMER', id, identityId: rows[0]?.id ?? '', language: 'zh-CN' } as const;
    await company.call(he, 'consent.withdraw', { consent: 'personal-information' });
    await says('取消');
    expect(await waiting()).toEqual([]);
    await company.call(he, 'consent.grant', { textKey: 'flows.consent.personal-data', version: 1 });

    expect(await waiting()).toEqual([{ count: 2, done: false }]);
  });

  test('are left without a word when he asks for a person, with one to-do', async () => {
    for (const id of ['a', 'b']) await sends(id);
    telegram.sent.length = 0;
    await says('人工');

    expect(said()).not.toContain('已保存');
    expect(await waiting()).toEqual([{ count: 2, done: false }]);
    await presses(questions().at(-1), '身份证');
    expect((await listing()).unassigned).toHaveLength(2);
  });

  test('are counted by files: those sent together are asked about once', async () => {
    await sends('a');
    const media = ['b', 'c', 'd'].map((id) => ({ id: `${chat.customer.chat} ${id}`, kind: 'image' as const }));
    await does({ kind: 'message', messageId: 'm bcd', text: '', media });
    await fetchAll();
    const first = (await listing()).unassigned.find(({ pages }) => pages.length === 1);
    await company.call(ADMIN, 'document.assign', { document: first?.document, item: 'D01' });
    telegram.sent.length = 0;
    await says('取消');

    expect(said()).toContain('这 3 份资料已保存');
    expect(await waiting()).toEqual([{ count: 3, done: false }]);
  });
});

test.each([
  ['是身份证', 'D01'],
  ['这是流水', 'D07'],
  ['这个是身份证', 'D01'],
  ['这张是银行流水', 'D07'],
  ['it’s my ID card', 'D01'],
  ['this is a bank statement', 'D07'],
])('%s says what the file is', async (words, item) => {
  const { file } = await sends('a');
  await says(words);

  expect(await itemOf(file)).toBe(item);
});

test('第一张, 第二张 mean the first and the second of those asked about, in whichever minute they came, whatever was answered before', async () => {
  const files: string[] = [];
  for (const id of ['a', 'b', 'c']) {
    await nextMinute();
    files.push((await sends(id)).file);
  }
  for (const words of ['第一张是身份证', '第二张是流水', '第二张是身份证']) await says(words);

  expect(await Promise.all(files.map(itemOf))).toEqual(['D01', 'D07', undefined]);
});

test('都是身份证 answers for every file that waits to be chosen for, and for no form between them', async () => {
  for (const id of ['a', 'b', 'c']) await sends(id);
  telegram.sent.length = 0;
  await says('都是身份证');

  const { items, unassigned } = await listing();
  expect(unassigned).toEqual([]);
  expect(items.find(({ item }) => item === 'D01')?.pages).toHaveLength(3);
  expect(questions()).toEqual([]);
  expect(said().match(/收到.*/gu)).toEqual([expect.stringMatching(/^收到 3 份，已归到「身份证/u)]);
});

test('what a customer who speaks English has sent is named to his adviser in the adviser’s language, alone or with others', async () => {
  await says('speak English');
  await sends('a', '身份证.jpg');
  const media = ['身份证反面', '流水'].map((name) => ({
    id: `${chat.customer.chat} ${name}`,
    kind: 'image' as const,
    name: `${name}.jpg`,
  }));
  await does({ kind: 'message', messageId: 'm album', text: '', media });
  await fetchAll();

  const told = company.channels.wecom.said('xiaolin').filter((text) => text.includes('交来'));
  expect(told).toEqual([
    expect.stringContaining('交来「身份证（正反面）」'),
    expect.stringContaining('交来「身份证（正反面）、近6个月银行流水」'),
  ]);
  expect(said()).toContain('Identity card (both sides)');
});
