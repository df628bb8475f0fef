/** What the bot says of its own accord when nobody answers: by day only, through the contact gate, and to nobody who refused. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Happening, OutboundContent } from '../../../src/channels/channel.ts';
import { insertInternal } from '../../../src/inbox/internal.ts';
import { timerHandlers } from '../../../src/jobs/timer-handlers.ts';
import { fireNext } from '../../../src/jobs/timers.ts';
import { addDays, instantOf, wallClock } from '../../../src/lib/business-date.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { ADMIN, useCompany, type StaffActor } from '../../invariants/support/company.ts';

const SHANGHAI = 'Asia/Shanghai';
const NEW_YORK = 'America/New_York';
const NUDGE = '您的「资料登记」还差一点';
const company = useCompany();
const { telegram, wecom } = company.channels;
let lin: StaffActor;
let customers = 0;
let he = { id: '', chat: '', phone: '', link: '' };

beforeAll(async () => {
  Object.assign(company.base.services, { telegramBotName: () => 'daiban_bot' });
  lin = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin' });
});

beforeEach(async () => {
  await clock('10:00');
  await knowsCustomer();
});

/** Another customer, with an invitation that he has not opened yet. */
async function knowsCustomer(): Promise<void> {
  customers += 1;
  const phone = String(13_800_500_000 + customers);
  const facts = { name: '何晓燕', phone, amount: '120000.00', purpose: 'turnover', term: 12 };
  const lead = (await company.call(lin, 'lead.capture', { facts })) as { customerId: string; bindingLink: string };
  const link = new URL(lead.bindingLink).searchParams.get('start') ?? '';
  he = { id: lead.customerId, chat: String(88_000 + customers), phone, link };
  await company.drain();
  for (const channel of [telegram, wecom]) channel.sent.length = 0;
}

/** Business time goes on to when a clock shows this next; what falls due by then is done. */
async function clock(time: string, zone = SHANGHAI): Promise<void> {
  const [hour = 0, minute = 0] = time.split(':').map(Number);
  const from = await company.now();
  const { date } = wallClock(from, zone);
  const today = instantOf(date, { hour, minute }, zone);
  const at = today > from ? today : instantOf(addDays(date, 1), { hour, minute }, zone);
  await company.advanceTo(at);
  await company.drain();
}

async function does(happening: Happening): Promise<void> {
  await company.receive(telegram, he.chat, happening);
  await company.drain();
}

const opens = async (): Promise<void> => does({ kind: 'start', payload: he.link, messageId: 's1' });
const shares = async (): Promise<void> => does({ kind: 'contact', messageId: 'c1', phone: he.phone, own: true });

/** His form is open and waits for an answer since this hour. */
async function isAsked(time: string, zone = SHANGHAI): Promise<void> {
  await clock(time, zone);
  await opens();
  await shares();
  telegram.sent.length = 0;
}

const heard = (): readonly string[] => telegram.said(he.chat);

async function purposes(kind = 'silence'): Promise<readonly string[]> {
  const { rows } = await company.db.pool.query<{ purpose: string }>(
    `SELECT DISTINCT o.purpose FROM outbox o JOIN inbox i ON i.trace_id = o.trace_id WHERE i.kind = $3 AND o.account = $1 AND o.chat = $2`,
    [telegram.account, he.chat, kind],
  );
  return rows.map(({ purpose }) => purpose);
}

describe('a customer who was asked late in the evening and does not answer', () => {
  test('hears nothing the next night; he is reminded in the morning, as one whom we address', async () => {
    await isAsked('23:30');

    for (const time of ['12:00', '23:40']) await clock(time);
    expect(heard()).toEqual([]);
    await clock('07:59');
    expect(heard()).toEqual([]);
    await clock('08:01');

    expect(heard()[0]).toContain(NUDGE);
    expect(await purposes()).toEqual(['SERVICE']);
  });

  test('hears nothing at all when he has answered by then', async () => {
    await isAsked('23:30');
    for (const time of ['12:00', '23:40']) await clock(time);
    await company.say(telegram, he.chat, '同意');
    await company.drain();
    telegram.sent.length = 0;

    await clock('09:00');

    expect(heard()).toEqual([]);
  });

  test('hears by day that the form was put aside', async () => {
    await isAsked('23:30');
    for (let day = 0; day < 7; day += 1) await clock('12:00');
    telegram.sent.length = 0;

    await clock('23:40');
    expect(heard()).toEqual([]);
    await clock('08:01');

    expect(heard()).toHaveLength(1);
    expect(await purposes()).toEqual(['SERVICE']);
  });

  test('is left alone by the clock of the place where he lives, summer time begun meanwhile', async () => {
    for (let at = await company.now(); !isDayBeforeSummerTime(at); at = await company.now())
      await company.advance(86_400_000);
    await knowsCustomer();
    await company.db.pool.query('UPDATE customers SET zone = $2 WHERE id = $1', [he.id, NEW_YORK]);
    await isAsked('22:00', NEW_YORK);

    for (const time of ['12:00', '22:10', '07:59']) await clock(time, NEW_YORK);
    expect(heard()).toEqual([]);
    await clock('08:01', NEW_YORK);

    expect(heard()[0]).toContain(NUDGE);
  });

  test('whom nobody knows yet is left alone by the company’s clock', async () => {
    await clock('23:30');
    await opens();
    telegram.sent.length = 0;

    for (const time of ['12:00', '23:40']) await clock(time);
    expect(heard()).toEqual([]);
    await clock('08:01');

    expect(heard()[0]).toContain(NUDGE);
  });
});

/** The clocks in New York are put forward tomorrow night. */
function isDayBeforeSummerTime(at: Date): boolean {
  const { date } = wallClock(at, NEW_YORK);
  const [before, after] = [1, 2].map((days) => instantOf(addDays(date, days), { hour: 8 }, NEW_YORK).getTime());
  return (after ?? 0) - (before ?? 0) < 86_400_000;
}

describe('the word given back to the bot', () => {
  const handsBack = async (): Promise<void> => {
    await company.call(ADMIN, 'conversation.handBackChat', { conversation: he.chat });
    await company.drain();
  };
  const wantsPerson = async (): Promise<void> => {
    await company.say(telegram, he.chat, '人工');
    await company.drain();
    telegram.sent.length = 0;
  };

  test('at night is no reason to speak to a customer: he is asked again in the morning, as one whom we address', async () => {
    await isAsked('20:00');
    await wantsPerson();
    await clock('23:30');

    await handsBack();
    expect(heard()).toEqual([]);
    await clock('07:59');
    expect(heard()).toEqual([]);
    await clock('08:01');

    expect(heard()[0]).toContain(NUDGE);
    expect(await purposes()).toEqual(['SERVICE']);
  });

  test('at night is the bot’s for whoever writes: he is answered at once, and not asked again in the morning', async () => {
    await isAsked('20:00');
    await wantsPerson();
    await clock('23:30');
    await handsBack();

    await company.say(telegram, he.chat, '同意');
    await company.drain();
    expect(heard().length).toBeGreaterThan(0);
    telegram.sent.length = 0;
    await clock('08:01');

    expect(heard()).toEqual([]);
  });

  test('by day brings the open question at once, through the gate', async () => {
    await isAsked('10:00');
    await wantsPerson();

    await handsBack();

    expect(heard().length).toBeGreaterThan(0);
    expect(await purposes('handback')).toEqual(['SERVICE']);
  });

  test('at night says nothing to somebody unknown either', async () => {
    await clock('20:00');
    await opens();
    await wantsPerson();
    await clock('23:30');

    await handsBack();
    expect(heard()).toEqual([]);
    await clock('08:01');

    expect(heard()[0]).toContain(NUDGE);
  });
});

describe('a customer who refuses', () => {
  test.each(['consent.withdraw', 'consent.decline'])(
    '%s: nobody reminds him of a form that is still open',
    async (how) => {
      await isAsked('10:00');
      await company.say(telegram, he.chat, '同意');
      await company.drain();
      telegram.sent.length = 0;
      const { rows } = await company.db.pool.query<{ id: string }>('SELECT id FROM identities WHERE customer_id = $1', [
        he.id,
      ]);
      const customer = { kind: 'CUSTOMER', id: he.id, identityId: rows[0]?.id ?? '', language: 'zh-CN' } as const;
      const input =
        how === 'consent.withdraw'
          ? { consent: 'personal-information' }
          : { textKey: 'flows.consent.personal-data', version: '1' };
      await company.call(customer, how, input);

      for (let day = 0; day < 8; day += 1) await clock('12:00');

      expect(heard()).toEqual([]);
      expect(await company.count(`outbox WHERE customer_id = $1 AND state NOT IN ('SENT', 'DENIED')`, [he.id])).toBe(0);
    },
  );
});

describe('a reminder with buttons that the gate holds back', () => {
  const card = (): Extract<OutboundContent, { kind: 'card' }> => {
    const found = telegram.sent.flatMap(({ content }) => (content.kind === 'card' ? [content] : [])).at(-1);
    if (!found) throw new Error('no card');
    return found;
  };
  const press = async (asked: ReturnType<typeof card>): Promise<void> =>
    does({
      kind: 'action',
      cardId: asked.card.id,
      revision: 1,
      verb: 'o0',
      selected: {},
      handle: { query: 'q1', chat: he.chat, message: '5' },
    });

  test('leaves the buttons of the question alive that he has', async () => {
    await clock('10:00');
    await opens();
    await shares();
    const asked = card();
    await company.advance(86_400_000 + 60_000);
    const tomorrow = new Date((await company.now()).getTime() + 86_400_000);
    const { unit, services } = company.base;
    while ((await fireNext({ ...unit, handlers: timerHandlers(services), log: silentLog })) > 0);
    const worker = company.worker({ gates: [async () => ({ decision: 'deny', rule: 'COL-F4', until: tomorrow })] });
    while ((await worker.turns.run()) + (await worker.deliverer.run()) > 0);
    expect(await company.count(`outbox WHERE customer_id = $1 AND state = 'DEFERRED'`, [he.id])).toBeGreaterThan(0);

    await press(asked);

    expect(await company.count(`consents WHERE customer_id = $1`, [he.id])).toBe(1);
  });
});

test('a colleague who was asked in the evening is called to mind in the morning', async () => {
  await clock('19:50');
  await company.say(wecom, 'xiaolin', '新客户 周女士 13800006699 想贷30万周转');
  await company.drain();
  wecom.sent.length = 0;

  await clock('20:30');
  expect(wecom.said('xiaolin').filter((text) => text.includes('还没填完'))).toEqual([]);
  await clock('08:01');

  expect(wecom.said('xiaolin').length).toBeGreaterThan(0);
});

test('a customer who says that we have the wrong person is not reminded of what he was asked; his answer is heard all the same', async () => {
  await isAsked('10:00');
  await does({ kind: 'message', messageId: 'm-agree', text: '同意', media: [] });
  await does({ kind: 'message', messageId: 'm-wrong', text: '你们发错人了', media: [] });
  expect(heard().at(-1)).toContain('不再提醒您');
  telegram.sent.length = 0;

  for (let day = 0; day < 8; day += 1) await clock('12:00');
  expect(heard()).toEqual([]);
  expect(await company.count(`todos WHERE kind = 'customer_silent' AND subject_id = $1`, [he.id])).toBe(0);

  await does({ kind: 'message', messageId: 'm-after-all', text: '月薪两万五', media: [] });
  expect(heard()[0]).toContain('我们刚才说到「资料登记」');
});

describe('a look-up in the middle of a form', () => {
  test('leaves a customer his reminder, his form is put aside, and his adviser hears of the silence', async () => {
    await isAsked('10:00');
    await does({ kind: 'message', messageId: 'm-agree', text: '同意', media: [] });
    await does({ kind: 'message', messageId: 'm-progress', text: '进度', media: [] });
    expect(heard().at(-1)).toContain('我们刚才说到「资料登记」');
    telegram.sent.length = 0;

    for (const time of ['09:59', '10:01']) await clock(time);
    expect(heard().join('\n')).toContain(NUDGE);

    for (let day = 0; day < 7; day += 1) await clock('10:01');
    expect(heard().at(-1)).toContain('先放到一边');
    expect(await company.count(`todos WHERE kind = 'customer_silent' AND subject_id = $1`, [he.id])).toBe(1);
  });

  test('leaves a colleague his reminder, and his form is put aside', async () => {
    await clock('10:00');
    await company.say(wecom, 'xiaolin', '新客户 周女士 13800006698 想贷30万周转');
    await company.say(wecom, 'xiaolin', '待办');
    await company.drain();
    wecom.sent.length = 0;

    await clock('10:31');
    expect(wecom.said('xiaolin').join('\n')).toMatch(/K\d+ 的「进件」还没填完/);

    for (let day = 0; day < 3; day += 1) await clock('10:31');
    expect(wecom.said('xiaolin').join('\n')).toContain('先放到一边');
  });
});

test('a silence that cannot be handled is an incident, and no word to the customer, who has sent nothing', async () => {
  await isAsked('10:00');
  const { rows } = await company.db.pool.query<{ id: string }>('SELECT id FROM conversations WHERE chat = $1', [
    he.chat,
  ]);
  await insertInternal(company.base.database, company.base.keys, {
    key: `talk:${he.chat}`,
    conversationId: rows[0]?.id ?? '',
    kind: 'silence',
    body: { internal: 'silence', at: 1 },
    now: await company.now(),
  });
  const { turns, deliverer } = company.worker({
    handle: async () => {
      throw new Error('a bug');
    },
  });
  while ((await turns.run()) + (await deliverer.run()) > 0);

  expect(heard()).toEqual([]);
  expect(await company.count(`incidents WHERE kind = 'inbox.parked'`)).toBe(1);
});
