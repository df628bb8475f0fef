/** Telegram tells an album as several messages without an end marker; the bot answers it once and loses none of it. */
import { beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { ChannelError, type MediaRef } from '../../../src/channels/channel.ts';
import { fetchNext, type MediaJobDeps } from '../../../src/jobs/media.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { until, useCompany, type StaffActor } from '../../invariants/support/company.ts';
import { jpegFile, pdfFile } from '../../support/files.ts';

const company = useCompany();
let phone = 13_600_009_000;
let person = 71_000;
let album = 0;
let sales: StaffActor;
/** The customer of this test, by his Telegram id and his K-number. */
let he = '';
let number = '';

beforeAll(async () => {
  sales = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin', slack: 'U0LIN' });
});

beforeEach(async () => {
  phone += 1;
  person += 1;
  album += 1;
  he = String(person);
  const facts = { name: '何女士', phone: String(phone), amount: '100000.00', term: 12 };
  const lead = (await company.call(sales, 'lead.capture', { facts })) as {
    customerId: string;
    leadNumber: string;
  };
  number = lead.leadNumber;
  await company.db.pool.query(
    `INSERT INTO identities (id, account, external_id, customer_id, is_verified, created_at, bound_at) VALUES (gen_random_uuid(), $1, $2, $3, true, business_now(), business_now())`,
    [company.channels.telegram.account, he, lead.customerId],
  );
  const { rows } = await company.db.pool.query<{ id: string }>('SELECT id FROM identities WHERE external_id = $1', [
    he,
  ]);
  const actor = { kind: 'CUSTOMER', id: lead.customerId, identityId: rows[0]?.id ?? '', language: 'zh-CN' } as const;
  for (const [textKey, version] of [
    ['flows.consent.cross-border', '2'],
    ['flows.consent.personal-data', '1'],
  ])
    await company.call(actor, 'consent.grant', { textKey, version });
  company.channels.telegram.sent.length = 0;
});

const files = new Map<string, Buffer>();

/** The media job of one worker; what the platform holds comes from `files`. */
function job(more: Partial<MediaJobDeps> = {}): MediaJobDeps {
  const { base, channels } = company;
  const { telegram, slack } = channels;
  telegram.onFetch = async ({ id }) => {
    const bytes = files.get(id);
    if (!bytes) throw new ChannelError('retry', 'not_now');
    return bytes;
  };
  slack.onFetch = telegram.onFetch;
  return {
    database: base.database,
    keys: base.keys,
    unit: base.unit,
    channels: new Map([telegram, slack].map((one) => [one.account, one])),
    intake: base.parts.intake(base.database, base.services),
    attach: async (tx, message, fileIds) => base.parts.attachFiles(tx, message, fileIds),
    wake: () => undefined,
    log: silentLog,
    ...more,
  };
}

/** A photo of the album (or alone), as its own message. */
async function photo(
  name: string,
  options: { readonly caption?: string; readonly alone?: boolean } = {},
): Promise<void> {
  const id = `${he} ${name}`;
  files.set(id, jpegFile(id));
  const media: MediaRef = { id, kind: 'image', ...(options.alone === true ? {} : { album: `g${album}` }) };
  await company.receive(company.channels.telegram, he, {
    kind: 'message',
    messageId: `m ${id}`,
    text: options.caption ?? '',
    media: [media],
  });
}

async function quiet(ms = 1_600): Promise<void> {
  await company.advance(ms);
  while ((await fetchNext(job())) > 0);
  await company.drain();
}

const said = (): readonly string[] => company.channels.telegram.said(he).filter((text) => text.startsWith('收到'));

/** The timeline's incoming lines of this person: words and how many files each. */
async function lines(): Promise<readonly (readonly [string | null, number])[]> {
  const { rows } = await company.db.pool.query<{ message_id: string; n: number }>(
    `SELECT t.message_id, cardinality(t.file_ids) AS n FROM timeline_items t JOIN conversations c ON c.id = t.conversation_id WHERE c.chat = $1 AND t.direction = 'IN' ORDER BY t.id`,
    [he],
  );
  return rows.map((row) => [row.message_id.split(' ').at(-1) ?? null, row.n] as const);
}

/** Messages that come now fail until they are set aside. */
async function failing(): Promise<void> {
  const { turns } = company.worker({
    handle: async () => {
      throw new Error('a bug');
    },
  });
  while ((await turns.run()) > 0);
}

describe('a message that was set aside', () => {
  test('does not lose its files: they are fetched, stand on its line and are filed', async () => {
    await photo('a', { alone: true, caption: '流水' });
    await failing();
    await quiet(0);

    expect(await lines()).toEqual([['a', 1]]);
    expect(said()).toHaveLength(1);
    expect(await company.count(`timers WHERE kind = 'media.fetch' AND state = 'OPEN'`)).toBe(0);
  });

  test('because its album cannot be gathered loses neither its words nor its file', async () => {
    await photo('a', { caption: '流水' });
    await company.drain();
    await company.db.pool.query(
      `UPDATE timers SET sealed_payload = '\\x00' WHERE kind = 'media.fetch' AND state = 'OPEN'`,
    );
    await photo('b', { caption: '第二页' });
    await company.drain();
    await company.db.pool.query(
      `UPDATE timers SET state = 'PARKED', sealed_payload = NULL WHERE sealed_payload = '\\x00'`,
    );
    await quiet(0);

    expect(await lines()).toEqual([
      ['a', 0],
      ['b', 1],
    ]);
    const { items } = (await company.call(sales, 'timeline.read', { id: number })) as {
      readonly items: readonly { readonly text: string | null }[];
    };
    expect(items.map(({ text }) => text)).toContain('第二页');
  });

  test('by somebody who is nobody here has nothing fetched', async () => {
    const media: readonly MediaRef[] = [{ id: 'x', kind: 'image' }];
    await company.receive(company.channels.slack, 'U0NOBODY', { kind: 'message', messageId: 'mx', text: '', media });
    await failing();

    expect(await fetchNext(job())).toBe(0);
  });
});

describe('an album', () => {
  test('of four photos is answered once, each filed; the timeline holds every message once, in order, with its file', async () => {
    for (const name of ['a', 'b', 'c', 'd']) await photo(name, name === 'a' ? { caption: '流水' } : {});
    await company.drain();
    expect(await fetchNext(job())).toBe(0); // not quiet yet
    await quiet();

    expect(said()).toHaveLength(1);
    expect(said()[0]).toMatch(/^收到 4 份，已归到「[^」]*流水[^」]*」/);
    expect(await lines()).toEqual([
      ['a', 1],
      ['b', 1],
      ['c', 1],
      ['d', 1],
    ]);
    expect(await company.count(`timers WHERE kind = 'media.fetch' AND sealed_payload IS NOT NULL`)).toBe(0);
  });

  test('whose messages trickle in is waited for until it has been quiet for a second and a half', async () => {
    await photo('a', { caption: '流水' });
    await company.drain();
    await company.advance(1_000);
    await photo('b');
    await company.drain();
    await company.advance(1_000);
    expect(await fetchNext(job())).toBe(0);
    await quiet();

    expect(said()).toHaveLength(1);
    expect(said()[0]).toContain('收到 2 份');
  });

  test('of ten is whole and not waited for; nobody can put it off for ever', async () => {
    for (let n = 0; n < 11; n += 1) await photo(`p${n}`, n === 0 ? { caption: '流水' } : {});
    await company.drain();
    await quiet(0);

    expect(said()).toEqual([expect.stringContaining('收到 10 份'), expect.stringMatching(/^收到，已归到「[^」]*流水/)]);
    expect(await lines()).toHaveLength(11);
  });

  test('nobody can name is asked about once, and the answer files all of it', async () => {
    for (const name of ['a', 'b', 'c']) await photo(name);
    await company.drain();
    await quiet();

    expect(said()).toHaveLength(1);
    expect(said()[0]).toMatch(/^收到 \d\d:\d\d 发来的 3 份，其中 3 份认不出是哪一项/);
    await company.say(company.channels.telegram, he, '2');
    await company.drain();
    expect(said().at(-1)).toMatch(/^收到，已归到「/);
  });

  test('nobody can name puts one thing on the owner’s list while a person has the word, and the chat stays silent', async () => {
    await company.say(company.channels.telegram, he, '转人工');
    await company.drain();
    const todos = await company.count(`todos WHERE kind = 'customer_files'`);
    for (const name of ['a', 'b', 'c']) await photo(name, { alone: true });
    await company.drain();
    await quiet();

    expect(said()).toEqual([]);
    expect(await company.count(`todos WHERE kind = 'customer_files'`)).toBe(todos + 1);
    expect(company.channels.wecom.said('xiaolin').at(-1)).toContain(`${number} 何** 发来的资料认不出是哪一项`);
    await company.call(sales, 'conversation.giveBack', { who: number });
    await company.drain();
    await photo('a', { alone: true }); // sent again it is asked about
    await company.drain();
    await quiet(0);
    expect(said()).toEqual([expect.stringContaining('认不出是哪一项')]);
  });

  test('with photos that had been there before says so, beside what nobody can name', async () => {
    for (const name of ['a', 'b']) await photo(name, name === 'a' ? { caption: '流水' } : {});
    await company.drain();
    await quiet();
    album += 1;
    for (const name of ['a', 'b', 'c']) await photo(name);
    await company.drain();
    await quiet();

    expect(said().at(-1)).toMatch(/ 发来的 3 份，2 份之前收过，没有重复保存；其中 1 份认不出是哪一项/);
  });

  test('delivered twice is filed once', async () => {
    const event = company.channels.telegram.event(
      he,
      {
        kind: 'message',
        messageId: `m ${he} a`,
        text: '流水',
        media: [{ id: `${he} a`, kind: 'image', album: `g${album}` }],
      },
      [`again ${he}`],
    );
    files.set(`${he} a`, jpegFile(`${he} a`));
    await company.door().receive([event]);
    await photo('b');
    await company.door().receive([event]);
    await company.drain();
    await quiet();

    expect(said()).toEqual([expect.stringContaining('收到 2 份')]);
    expect(await lines()).toHaveLength(2);
  });

  test('one of whose messages comes after the answer has that one filed and answered by itself', async () => {
    for (const name of ['a', 'b']) await photo(name, name === 'a' ? { caption: '流水' } : {});
    await company.drain();
    await quiet();
    await photo('late');
    await company.drain();
    await quiet(0);

    expect(said()).toHaveLength(2);
    expect(said()[1]).toMatch(/^收到，已归到「[^」]*流水/);
    expect(await lines()).toEqual([
      ['a', 1],
      ['b', 1],
      ['late', 1],
    ]);
  });

  test('that grows while its first photos are being fetched is still one answer, and nothing is filed twice', async () => {
    await photo('a', { caption: '流水' });
    await company.drain();
    await company.advance(1_600);
    const intake = company.base.parts.intake(company.base.database, company.base.services);
    // The second photo arrives between fetching and the commit of the first.
    const slow = {
      ...intake,
      store: async (file: Parameters<typeof intake.store>[0]) => {
        const stored = await intake.store(file);
        await photo('b');
        await company.drain();
        return stored;
      },
    };
    await fetchNext(job({ intake: slow }));
    await company.drain();
    expect(said()).toEqual([]);
    await quiet();

    expect(said()).toEqual([expect.stringContaining('收到 2 份')]);
  });

  test('that cannot be stored, whatever is wrong, is set aside after four tries with an incident and a word to the sender', async () => {
    await photo('a', { alone: true, caption: '流水' });
    await company.drain();
    const intake = company.base.parts.intake(company.base.database, company.base.services);
    const full = {
      ...intake,
      store: async () => {
        throw new Error('ENOSPC');
      },
    };
    for (const _ of [1, 2, 3]) {
      await expect(fetchNext(job({ intake: full }))).rejects.toThrow('ENOSPC');
      await company.advance(61_000);
    }
    await fetchNext(job({ intake: full }));
    await company.drain();
    await company.advance(61_000);

    expect(await fetchNext(job({ intake: full }))).toBe(0);
    expect(await company.count(`incidents WHERE kind = 'media.parked'`)).toBe(1);
    expect(company.channels.telegram.said(he).at(-1)).toMatch(/^抱歉，这条消息没能处理/);
  });

  test('whose errand cannot even be opened is set aside like that too', async () => {
    await photo('a', { alone: true });
    await company.drain();
    await company.db.pool.query(
      `UPDATE timers SET sealed_payload = '\\x00', attempts = 3 WHERE kind = 'media.fetch' AND state = 'OPEN'`,
    );

    await fetchNext(job());
    await company.drain();

    expect(await company.count(`timers WHERE kind = 'media.fetch' AND state = 'OPEN'`)).toBe(0);
    expect(await company.count(`timers WHERE kind = 'media.fetch' AND sealed_payload IS NOT NULL`)).toBe(0);
    expect(company.channels.telegram.said(he).at(-1)).toMatch(/^抱歉，这条消息没能处理/);
  });

  test('survives a process that dies after fetching: the next one files all of it, once', async () => {
    for (const name of ['a', 'b']) await photo(name, name === 'a' ? { caption: '流水' } : {});
    await company.drain();
    await company.advance(1_600);
    await expect(
      fetchNext(
        job({
          attach: async () => {
            throw new Error('killed');
          },
        }),
      ),
    ).rejects.toThrow('killed');
    await company.drain();
    expect(said()).toEqual([]);
    await quiet(61_000);

    expect(said()).toEqual([expect.stringContaining('收到 2 份')]);
    expect(await lines()).toEqual([
      ['a', 1],
      ['b', 1],
    ]);
  });

  test('with one photo the platform cannot give is filed without it, when it has been missed for two hours', async () => {
    for (const name of ['a', 'b', 'c']) await photo(name, name === 'a' ? { caption: '流水' } : {});
    files.delete(`${he} b`);
    await company.drain();
    await quiet();
    for (let minutes = 10; minutes < 120; minutes += 10) await quiet(600_000);
    expect(said()).toEqual([]);
    await quiet(600_000);

    expect(said()).toEqual([expect.stringContaining('收到 2 份')]);
    expect(company.channels.telegram.said(he).filter((text) => text.startsWith('文件打不开'))).toHaveLength(1);
  });
});

test('a photo whose fetching takes longer than the lease is fetched by nobody else meanwhile, and no try is lost', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  await photo('a', { caption: '流水', alone: true });
  await company.drain();
  const intake = company.base.parts.intake(company.base.database, company.base.services);
  let meanwhile = 0;
  const slow = {
    ...intake,
    store: async (file: Parameters<typeof intake.store>[0]) => {
      for (const _ of [1, 2]) {
        await company.advance(40_000);
        vi.advanceTimersByTime(20_000);
        await until(async () => (await company.count(HELD)) === 1);
      }
      meanwhile += await fetchNext(job());
      return intake.store(file);
    },
  };

  expect(await fetchNext(job({ intake: slow }))).toBe(1);
  await company.drain();

  expect(meanwhile).toBe(0);
  expect(said()).toEqual([expect.stringContaining('已归到')]);
  expect(
    await company.count(
      `timers WHERE kind = 'media.fetch' AND fired_at > business_now() - interval '1 minute' AND attempts = 1`,
    ),
  ).toBe(1);
});

const HELD = `timers WHERE kind = 'media.fetch' AND state = 'OPEN' AND due_at > business_now() + interval '30 seconds'`;

test('a single photo is fetched at once and answered as ever', async () => {
  await photo('a', { caption: '流水', alone: true });
  await company.drain();
  await quiet(0);

  expect(said()).toHaveLength(1);
  expect(said()[0]).toMatch(/^收到，已归到「[^」]*流水[^」]*」（第 1 版）/);
});

test('what a platform hands over as a photo and is none is refused with the reason', async () => {
  const id = `${he} lie`;
  files.set(id, pdfFile(id));
  await company.receive(company.channels.telegram, he, {
    kind: 'message',
    messageId: `m ${id}`,
    text: '流水',
    media: [{ id, kind: 'image' }],
  });
  await company.drain();
  await quiet(0);

  expect(company.channels.telegram.said(he).at(-1)).toMatch(/^文件打不开，或内容和它的名称不符，没有保存/);
  expect(said()).toEqual([]);
});

test('the files of a colleague’s message are filed for the customer it names, with the message, and answered once', async () => {
  const { slack } = company.channels;
  const media = ['x', 'y'].map((name): MediaRef => ({ id: `${number} ${name}`, kind: 'image' }));
  for (const { id } of media) files.set(id, jpegFile(id));
  const happening = { kind: 'message', messageId: `m ${number}`, text: `${number} 流水`, media } as const;
  await company.drain();
  slack.sent.length = 0;

  await company.receive(slack, 'U0LIN', happening);
  await company.drain();
  await quiet(0);

  expect(slack.said('U0LIN')).toEqual([expect.stringMatching(/^收到 2 份（K\d+），已归到「[^」]*流水/)]);
  const { items } = (await company.call(sales, 'timeline.read', { id: number })) as {
    items: readonly { channel: string; direction: string; media: readonly object[] }[];
  };
  expect(items.slice(-2).map((item) => [item.channel, item.direction, item.media.length])).toEqual([
    ['slack', 'in', 2],
    ['slack', 'out', 0],
  ]);
});
