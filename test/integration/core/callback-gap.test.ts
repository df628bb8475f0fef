/** Design §12: WeCom drops what nobody took for 15 s; the gap becomes an incident and the affected members are asked. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { SYSTEM_ACTOR } from '../../../src/core/operations/actor.ts';
import { inUnit } from '../../../src/core/unit/unit.ts';
import { Database } from '../../../src/db/database.ts';
import { insertInternal } from '../../../src/inbox/internal.ts';
import { askAfterGap, CallbackWatch } from '../../../src/jobs/callback-gap.ts';
import { FixedClock } from '../../support/fixed-clock.ts';
import { ACCOUNTS, ADMIN, useCompany, type StaffActor } from '../../invariants/support/company.ts';

const HOUR = 3_600_000;
const company = useCompany();
const { wecom } = company.channels;
const elsewhere: Database[] = [];
let lin: StaffActor;
let left: StaffActor;

beforeAll(async () => {
  lin = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin' });
  await company.addStaff('小何', ['sales'], { wecom: '00123' });
  await company.addStaff('周敏', ['reviewer'], { wecom: 'zhoumin' });
  await company.addStaff('老赵', ['approver'], { wecom: 'laozhao' });
  left = await company.addStaff('小吴', ['sales'], { wecom: 'xiaowu' });
});
beforeEach(async () => {
  await company.db.pool.query('TRUNCATE incidents, channel_states');
  await tomorrowAt(10);
});
afterAll(async () => {
  await Promise.all(elsewhere.map(async (database) => database.close()));
});

/** Moves business time to this hour of the next day in the company's zone. */
async function tomorrowAt(hour: number): Promise<void> {
  await company.advanceToTomorrow(hour);
  await company.drain();
  wecom.sent.length = 0;
}

/** A web process of its own. */
function process(clock?: FixedClock): CallbackWatch {
  const database = new Database(company.db.url, { max: 2 });
  elsewhere.push(database);
  return new CallbackWatch({ ...company.base.unit, database }, ACCOUNTS.wecom, clock);
}

/** The disk of the database is full: what is there may be changed, nothing can be added to these tables. */
async function fillDisk(...tables: readonly string[]): Promise<void> {
  await company.db.pool.query(
    `CREATE OR REPLACE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
     $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$`,
  );
  for (const table of tables)
    await company.db.pool.query(
      `CREATE TRIGGER full_disk BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION full_disk()`,
    );
}

async function makeRoom(): Promise<void> {
  await company.db.pool.query('DROP FUNCTION IF EXISTS full_disk CASCADE');
}

/** WeCom delivers to this process; whether it was taken. */
async function deliver(web: CallbackWatch, chat: string, key: string): Promise<boolean> {
  const event = wecom.event(chat, { kind: 'message', messageId: key, text: '帮助', media: [] }, [key]);
  return company
    .door(company.base.database)
    .receive([event])
    .then(
      () => true,
      () => (web.refused([event]), false),
    );
}

async function lastSign(): Promise<number> {
  const { rows } = await company.db.pool.query<{ at: Date }>('SELECT callbacks_at AS at FROM channel_states');
  return rows[0]?.at.getTime() ?? 0;
}

/** Nobody could take callbacks for so long. */
async function awayFor(seconds: number): Promise<void> {
  await company.db.pool.query(
    'UPDATE channel_states SET callbacks_at = clock_timestamp() - make_interval(secs => $1)',
    [seconds],
  );
}

/** An event of our own in somebody's chat. */
async function ring(chat: string): Promise<void> {
  const { rows } = await company.db.pool.query<{ id: string }>('SELECT id FROM conversations WHERE chat = $1', [chat]);
  await insertInternal(company.base.database, company.base.keys, {
    key: `ring ${chat}`,
    conversationId: rows[0]?.id ?? '',
    kind: 'silence',
    body: { internal: 'silence', at: 0 },
    now: await company.now(),
  });
}

async function gaps(): Promise<readonly { readonly subject_id: string; readonly detail: Record<string, unknown> }[]> {
  const { rows } = await company.db.pool.query<{ subject_id: string; detail: Record<string, unknown> }>(
    `SELECT subject_id, detail FROM incidents WHERE kind = 'callback_gap'`,
  );
  return rows;
}

const asked = (chat: string): readonly string[] => wecom.said(chat).filter((text) => text.includes('没收到企业微信'));

describe('a gap in which callbacks could not be taken', () => {
  test('longer than WeCom tries is one incident with account, beginning and end', async () => {
    const web = process();
    await web.beat();
    await awayFor(42);
    await web.beat();
    await web.beat();

    const [gap, ...others] = await gaps();
    expect(others).toEqual([]);
    expect(gap).toMatchObject({ subject_id: ACCOUNTS.wecom, detail: { account: ACCOUNTS.wecom, seconds: 42 } });
    const instant = (name: string): number => Date.parse(String(gap?.detail[name]));
    expect(Math.round((instant('to') - instant('from')) / 1_000)).toBe(42);
  });

  test('is none at the first start ever, and none after a restart that was quick enough', async () => {
    await process().beat();
    await awayFor(12);
    await process().beat();

    expect(await gaps()).toEqual([]);
  });

  test('is none of one process while another served', async () => {
    const [one, other] = [process(), process()];
    await one.beat();
    await awayFor(10);
    await other.beat();
    await one.beat();

    expect(await gaps()).toEqual([]);
  });

  test('is found once, however many processes come back at the same moment', async () => {
    await process().beat();
    await awayFor(600);
    await Promise.all([process(), process(), process(), process()].map(async (web) => web.beat()));

    expect(await gaps()).toHaveLength(1);
  });

  test('is not made by moving the business clock', async () => {
    const web = process();
    await web.beat();
    await company.advance(30 * 24 * HOUR);
    await web.beat();

    expect(await gaps()).toEqual([]);
  });
});

describe('a process that lives but cannot store', () => {
  afterEach(makeRoom);

  test('opens one incident from its first refusal on once it can, and whoever was refused is asked, however long he was silent', async () => {
    const clock = new FixedClock(new Date());
    const web = process(clock);
    await web.beat();
    await fillDisk('inbox', 'incidents');
    expect(await deliver(web, 'laozhao', 'refused-1')).toBe(false);
    clock.advance(60_000);
    await expect(web.beat()).rejects.toMatchObject({ code: '53100' });
    await makeRoom();
    clock.advance(240_000);

    await web.beat();
    await web.beat();
    await company.drain();

    expect(await gaps()).toMatchObject([{ subject_id: ACCOUNTS.wecom, detail: { seconds: 300 } }]);
    expect(asked('laozhao')).toHaveLength(1);
    await web.beat();
    expect(await gaps()).toHaveLength(1);
  });

  test('tells nothing as long as it refuses, nor of what was stored at a later try', async () => {
    const clock = new FixedClock(new Date());
    const web = process(clock);
    await web.beat();
    await fillDisk('inbox');
    for (let second = 0; second < 60; second += 20) {
      await deliver(web, 'laozhao', `again-${second}`);
      await web.beat();
      clock.advance(20_000);
    }
    expect(await gaps()).toEqual([]);
    await makeRoom();
    await awayFor(70);

    for (let second = 0; second < 60; second += 20) expect(await deliver(web, 'laozhao', `again-${second}`)).toBe(true);
    await web.beat();

    expect(await gaps()).toEqual([]);
    expect(Date.now() - (await lastSign())).toBeLessThan(30_000);
  });

  test('gives no sign of life, so that who comes after its death finds the gap', async () => {
    const web = process();
    await web.beat();
    await fillDisk('inbox');
    await deliver(web, 'laozhao', 'died-1');
    await awayFor(20);
    const before = await lastSign();
    await web.beat();
    expect(await lastSign()).toBe(before);
    await makeRoom();

    await process().beat();

    expect(await gaps()).toHaveLength(1);
  });

  test('is heard though others took callbacks meanwhile; of several that refused the same the first one tells', async () => {
    const clock = new FixedClock(new Date());
    const [one, other, third] = [process(clock), process(clock), process()];
    await fillDisk('inbox');
    await deliver(one, 'laozhao', 'shared-1');
    await deliver(other, 'zhoumin', 'shared-2');
    await makeRoom();
    clock.advance(40_000);
    await third.beat();

    await one.beat();
    await other.beat();
    await third.beat();

    expect(await gaps()).toMatchObject([{ detail: { seconds: 40 } }]);
    await company.drain();
    expect([asked('laozhao'), asked('zhoumin')].map(({ length }) => length)).toEqual([1, 1]);
  });

  test.each([
    ['by day', 10, 0],
    ['in the night, for the morning', 23, 9],
  ])(
    'has those asked whom it alone refused, each once, though another found the gap first, %s',
    async (_when, hour, later) => {
      await tomorrowAt(hour);
      await company.say(wecom, 'xiaolin', '帮助');
      await company.drain();
      wecom.sent.length = 0;
      const clock = new FixedClock(new Date());
      const web = process(clock);
      await web.beat();
      await fillDisk('inbox');
      await deliver(web, 'xiaolin', `beside-${hour}-1`); // active today: whoever found the gap has him asked
      await deliver(web, 'laozhao', `beside-${hour}-2`);
      await makeRoom();
      await awayFor(60);
      clock.advance(40_000);
      await process().beat();
      if (later === 0) await company.drain();
      expect(asked('laozhao')).toEqual([]);

      await web.beat();
      await web.beat();
      await company.advance(later * HOUR);
      await company.drain();

      expect(await gaps()).toHaveLength(1);
      expect([asked('xiaolin'), asked('laozhao')].map(({ length }) => length)).toEqual([1, 1]);
      expect([asked('00123'), asked('xiaowu')]).toEqual([[], []]);
    },
  );
});

describe('whoever may have been missed', () => {
  test('is asked once: who wrote in the last day, and who has a card open; nobody else', async () => {
    const facts = { name: '何女士', phone: '13800006612', amount: '100000.00', term: 12 };
    const { leadNumber } = (await company.call(lin, 'lead.capture', { facts })) as { leadNumber: string };
    await company.call(lin, 'lead.submit', { lead: leadNumber });
    await company.say(wecom, '00123', '帮助');
    await company.say(wecom, 'xiaowu', '帮助');
    await company.drain();
    await company.advance(25 * HOUR);
    await company.say(wecom, 'xiaolin', '帮助');
    await company.say(wecom, 'xiaowu', '帮助');
    await company.call(ADMIN, 'staff.disable', { id: left.id });
    await ring('00123'); // a timer of ours in his chat is no sign of him
    await company.drain();
    wecom.sent.length = 0;

    const web = process();
    await web.beat();
    await awayFor(120);
    await web.beat();
    await company.drain();
    await web.beat();
    await company.drain();

    expect(asked('xiaolin')).toEqual([
      expect.stringMatching(
        /^.*\d\d:\d\d 到 .*\d\d:\d\d 之间，系统没收到企业微信的消息。如果您那时发过消息或点过按钮，请再来一次。$/,
      ),
    ]);
    expect(asked('zhoumin')).toHaveLength(1); // the reviewer's card is open
    expect([asked('00123'), asked('laozhao'), asked('xiaowu')]).toEqual([[], [], []]);
  });

  test('is asked in his own language, and never a second time for the same gap', async () => {
    await company.db.pool.query(`UPDATE staff SET language = 'en' WHERE id = $1`, [lin.id]);
    await company.say(wecom, 'xiaolin', '/help');
    await company.drain();
    wecom.sent.length = 0;
    const activeSince = (await company.now()).toISOString().slice(0, 10);
    const gap = { account: ACCOUNTS.wecom, from: '2026-11-21T01:05:10Z', to: '2026-11-21T01:19:30Z', activeSince };
    const ask = async (): Promise<void> =>
      inUnit(company.base.unit, async (unit) =>
        askAfterGap(unit, unit.turn({ actor: SYSTEM_ACTOR, via: 'timer' }), gap),
      );
    await ask();
    await ask();
    await company.drain();

    expect(wecom.said('xiaolin')).toEqual([
      'Between 2026-11-21 09:05 and 2026-11-21 09:20 nothing from WeCom reached us. If you wrote something or pressed a button then, please do it once more.',
    ]);
    await company.db.pool.query(`UPDATE staff SET language = 'zh-CN' WHERE id = $1`, [lin.id]);
  });

  test('is not woken at night but asked in the morning', async () => {
    await tomorrowAt(23);
    await company.say(wecom, 'xiaolin', '帮助');
    const web = process();
    await web.beat();
    await awayFor(300);
    await web.beat();
    await company.drain();
    expect(await gaps()).toHaveLength(1);
    expect(asked('xiaolin')).toEqual([]);

    await company.advance(9 * HOUR);
    await company.drain();
    expect(asked('xiaolin')).toHaveLength(1);
  });
});

test('that Slack says it left out events is an incident that names the account and what to do', async () => {
  const { slack } = company.channels;
  await company.receive(slack, '', { kind: 'gap' });
  await company.drain();

  const { items } = (await company.call(ADMIN, 'incident.list', {})) as {
    readonly items: readonly { readonly kind: string; readonly subjectId: string; readonly words: string }[];
  };
  expect(items).toMatchObject([
    { kind: 'delivery_gap', subjectId: slack.account, words: expect.stringContaining(slack.account) as string },
  ]);
  expect(slack.sent).toEqual([]);
});
