/** What the customer is told when he presses 不同意 is true: the answer is on file, and what he refused does not happen. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { reminderSchedules, runDueReminders } from '../../../src/domain/reminders/index.ts';
import { ADMIN, useCompany, type StaffActor } from '../../invariants/support/company.ts';
import { refusalOf, type CustomerActor } from '../../support/product.ts';

const PERSONAL = { textKey: 'flows.consent.personal-data', version: '1' };
const BORDER = { textKey: 'flows.consent.cross-border', version: '2' };
const company = useCompany();
const { telegram, wecom } = company.channels;
let lin: StaffActor;
let qian: StaffActor;
let customers = 0;
let he: CustomerActor & { readonly number: string; readonly chat: string };
let isReal = true;

beforeAll(async () => {
  Object.assign(company.base.services, { leavesCountry: () => isReal, telegramBotName: () => 'daiban_bot' });
  lin = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin' });
  qian = await company.addStaff('小钱', ['reviewer'], { wecom: 'xiaoqian' });
  await company.addStaff('梁总', ['manager'], { wecom: 'liang' });
});

beforeEach(async () => {
  isReal = true;
  customers += 1;
  telegram.sent.length = 0;
  wecom.sent.length = 0;
  he = await aCustomer();
});

/** A customer who has opened his link on Telegram and shared his phone; the next thing is the first consent. */
async function aCustomer(): Promise<typeof he> {
  const phone = String(13_800_500_000 + customers);
  const facts = { name: '何晓燕', phone, amount: '100000.00', purpose: 'turnover', term: 12, house: true };
  const lead = (await company.call(lin, 'lead.capture', { facts })) as {
    customerId: string;
    leadNumber: string;
    bindingLink: string;
  };
  const chat = String(82_000 + customers);
  const payload = new URL(lead.bindingLink).searchParams.get('start') ?? '';
  await company.receive(telegram, chat, { kind: 'start', payload, messageId: `s${chat}` });
  await company.drain();
  await company.receive(telegram, chat, { kind: 'contact', messageId: `c${chat}`, phone, own: true });
  await company.drain();
  const { rows } = await company.db.pool.query<{ id: string }>('SELECT id FROM identities WHERE customer_id = $1', [
    lead.customerId,
  ]);
  return {
    kind: 'CUSTOMER',
    id: lead.customerId,
    identityId: rows[0]?.id ?? '',
    language: 'zh-CN',
    number: lead.leadNumber,
    chat,
  };
}

const says = async (text: string): Promise<readonly string[]> => company.exchange(telegram, he.chat, text);

async function submits(): Promise<string> {
  const { applicationId } = (await company.call(lin, 'lead.submit', { lead: he.number })) as { applicationId: string };
  await company.drain();
  return applicationId;
}

async function approves(application: string): Promise<void> {
  const { rows } = await company.db.pool.query<{ id: string; revision: number }>(
    `SELECT id, revision FROM approvals WHERE application_id = $1 AND state = 'OPEN'`,
    [application],
  );
  await company.call(qian, 'approval.decide', { ...rows[0], verb: 'approve' });
  await company.drain();
}

/** The first reminder of his loan falls due and is carried out. */
async function isReminded(): Promise<void> {
  const { rows } = await company.db.pool.query<{ at: Date }>(
    `SELECT next_reminder_at + interval '1 minute' AS at FROM loans WHERE customer_id = $1`,
    [he.id],
  );
  await company.advanceTo(rows[0]?.at ?? new Date(Number.NaN));
  const { base } = company;
  const now = await company.now();
  await base.database.transaction(async (tx) =>
    runDueReminders(tx, reminderSchedules(base.flows).known(), { now, limit: 500, traceId: 'test' }),
  );
  await company.drain();
}

/** He has a chat inside the country as well, and joined it before Telegram. */
async function hasOlderChat(externalId: string): Promise<void> {
  await company.db.pool.query(
    `INSERT INTO identities (id, account, external_id, customer_id, is_verified, created_at, bound_at) VALUES (gen_random_uuid(), $1, $2, $3, true, business_now(), business_now() - interval '1 day')`,
    [wecom.account, externalId, he.id],
  );
}

/** Whatever we wanted to send him of our own accord, and what became of it. */
async function notices(): Promise<readonly string[]> {
  const { rows } = await company.db.pool.query<{ fate: string }>(
    `SELECT concat_ws(' ', split_part(account, ':', 1), kind, state, error_code) AS fate FROM outbox WHERE customer_id = $1 AND purpose = 'SERVICE' ORDER BY id`,
    [he.id],
  );
  return rows.map(({ fate }) => fate);
}

describe('the transfer abroad refused in a chat that lies abroad', () => {
  test('is answered and on file; the loan goes on, its notices do not go there, and its adviser is asked to phone', async () => {
    expect(telegram.said(he.chat).at(-1)).toContain('出境');
    wecom.sent.length = 0;
    expect(await says('不同意')).toEqual([expect.stringContaining('不经这个聊天传您的资料，也告诉了您的顾问')]);
    expect(wecom.said('xiaolin')).toEqual([expect.stringContaining(`${he.number} 何** 不同意资料出境`)]);
    await company.call(he, 'consent.decline', BORDER); // once more changes nothing, and is told to nobody
    await company.drain();
    expect(wecom.said('xiaolin')).toHaveLength(1);
    const before = telegram.said(he.chat).length;

    await approves(await submits());
    await isReminded();

    expect(await company.count(`loans WHERE customer_id = $1`, [he.id])).toBe(1);
    expect(telegram.said(he.chat).slice(before)).toEqual([]);
    expect(await notices()).toEqual([
      'telegram text DENIED CONSENT-CROSS-BORDER',
      'telegram reminder DENIED CONSENT-CROSS-BORDER',
    ]);
    expect(wecom.said('xiaolin').join('\n')).toMatch(/还款提醒发不到客户，请电话联系/u);
    const { items } = (await company.call(ADMIN, 'consent.list', { customer: he.number })) as { items: unknown[] };
    expect(items).toMatchObject([
      { consent: 'cross-border', version: 2, grantedAt: null, declinedAt: expect.any(String) as string },
    ]);
  });

  test('leaves his other chat, although he joined it earlier: notices and reminders go there', async () => {
    await company.call(he, 'consent.grant', BORDER); // another customer's answer is not his
    customers += 1;
    he = await aCustomer();
    await says('不同意');
    await hasOlderChat('he-wecom');
    const before = telegram.said(he.chat).length;

    await approves(await submits());
    await isReminded();

    expect(telegram.said(he.chat).slice(before)).toEqual([]);
    expect(wecom.said('he-wecom')).toEqual([expect.stringContaining('借据'), expect.stringContaining('还款')]);
    expect(await notices()).toEqual(['wecom text SENT', 'wecom reminder SENT']);
  });

  test('he who was never asked gets no notice there either, and a look-alike goes on as before', async () => {
    await approves(await submits());
    expect(await notices()).toEqual(['telegram text DENIED CONSENT-CROSS-BORDER']);

    isReal = false;
    await isReminded();
    expect(await notices()).toContain('telegram reminder SENT');
  });

  test('agreeing after all opens the chat again, whatever others have answered: the one he joined last is taken', async () => {
    await says('不同意');
    customers += 1;
    he = await aCustomer();
    await hasOlderChat('she-wecom');
    await says('不同意');
    await company.call(he, 'consent.grant', BORDER);

    await approves(await submits());
    await isReminded();

    expect(await notices()).toEqual(['telegram text SENT', 'telegram reminder SENT']);
  });

  test.each(['不同意', '取消'])(
    'after 「%s」 what is his is not said there either when he asks for it',
    async (answer) => {
      await says(answer);
      await approves(await submits());

      for (const question of ['账单', '进度']) {
        const [said] = await says(question);
        expect(said).toContain('您还没有同意资料出境');
      }
    },
  );
});

describe('the handling of his data refused', () => {
  beforeEach(async () => {
    await says('同意');
  });

  test('keeps his lead from being handed in, says why and how he can agree; his agreement lifts it', async () => {
    expect(await says('不同意')).toEqual([expect.stringContaining('已记录您不同意')]);
    expect(wecom.said('xiaolin').join('\n')).toContain('不同意个人信息授权，请停止使用其资料');

    await company.say(wecom, 'xiaolin', `提交 ${he.number}`);
    await company.drain();
    expect(wecom.said('xiaolin').join('\n')).toContain(
      `客户不同意个人信息授权，不能提交。\n客户改变主意、同意以后才能提交。发「邀请 ${he.number}」`,
    );
    expect(await refusalOf(company.call(lin, 'lead.submit', { lead: he.number }))).toBe('application.consent_declined');
    expect((await says('进度'))[0]).toContain('您没有同意授权');

    const url = (await company.call(lin, 'customer.createBindingLink', { id: he.number })) as { url: string };
    const payload = new URL(url.url).searchParams.get('start') ?? '';
    await company.receive(telegram, he.chat, { kind: 'start', payload, messageId: `again${he.chat}` });
    await company.drain();
    await says('同意');
    await approves(await submits());
    expect(await company.count('loans WHERE customer_id = $1', [he.id])).toBe(1);
  });

  test('stops the case that is under way: the cards say that he refused, and he hears that it stopped', async () => {
    const application = await submits();

    expect(await says('不同意')).toEqual([expect.stringContaining('审批中的申请已经停下')]);

    const { rows } = await company.db.pool.query('SELECT state FROM applications WHERE id = $1', [application]);
    expect(rows).toEqual([{ state: 'RECALLED' }]);
    expect(wecom.said('xiaoqian').at(-1)).toMatch(/不用再批了：客户不同意个人信息授权/u);
    const closed = wecom.sent.flatMap(({ content }) => ('card' in content ? [content.card.closed] : []));
    expect(closed.at(-1)).toBe('客户不同意授权');
  });

  test('makes no loan, should an approval get that far', async () => {
    const application = await submits();
    await company.db.pool.query(
      `INSERT INTO consents (id, customer_id, text_key, text_version, language, text_hash, via, declined_at)
       SELECT gen_random_uuid(), $1, key, version, language, hash, 'api', business_now() FROM consent_texts WHERE key = 'personal-information' AND language = 'zh-CN'`,
      [he.id],
    );
    await approves(application);
    expect(await company.count('loans WHERE customer_id = $1', [he.id])).toBe(0);
    expect(await company.count(`instances WHERE subject_id = $1 AND status = 'STOPPED'`, [application])).toBe(1);

    await company.call(he, 'consent.grant', PERSONAL);
    await submits();
    expect(await company.count('loans WHERE customer_id = $1', [he.id])).toBe(1);
  });

  test('beside the handing-in at the same moment leaves nothing under way', async () => {
    await Promise.allSettled([
      company.call(lin, 'lead.submit', { lead: he.number }),
      company.call(he, 'consent.decline', PERSONAL),
    ]);
    await company.drain();

    expect(await company.count(`applications WHERE customer_id = $1 AND state = 'SUBMITTED'`, [he.id])).toBe(0);
  });
});

test('before both consents nothing he types gets into his application, and the question stays; afterwards it is asked', async () => {
  const facts = async (): Promise<unknown> => company.call(lin, 'lead.get', { lead: he.number });
  const before = await facts();
  for (const consent of ['【个人信息出境同意书', '【个人信息处理授权书']) {
    for (const words of ['我想借35万装修', '月收入3万', '13900002222', '金额改成40万', '可以', '我不太同意']) {
      const answers = await says(words);
      expect(answers, words).toHaveLength(2);
      expect(answers[1], words).toContain(consent);
    }
    await says('取消');
    expect((await says('同意')).at(-1)).toContain(consent);
    expect(await facts()).toEqual(before);
    await says('我同意了');
  }

  expect(telegram.said(he.chat).join('\n')).toContain('您常住在哪个城市？');
  expect(await facts()).toEqual(before);
  expect((await says('深圳')).at(-1)).toContain('收入');
  expect(JSON.stringify(await facts())).toContain('深圳');
});
