/** What the customer is told when he takes his consent back is true: nothing goes on, and nothing is lent. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { OutboundContent } from '../../../src/channels/channel.ts';
import type { Tx } from '../../../src/db/database.ts';
import { fetchNext } from '../../../src/jobs/media.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { useCompany, type StaffActor } from '../../invariants/support/company.ts';
import { jpegFile } from '../../support/files.ts';
import { refusalOf, type CustomerActor } from '../../support/product.ts';

const PERSONAL = { textKey: 'flows.consent.personal-data', version: '1' };
const BORDER = { textKey: 'flows.consent.cross-border', version: '2' };
const company = useCompany();
const { telegram, wecom } = company.channels;
let lin: StaffActor;
let qian: StaffActor;
let zhao: StaffActor;
let customers = 0;
let he: CustomerActor & { readonly number: string; readonly chat: string };

beforeAll(async () => {
  lin = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin' });
  qian = await company.addStaff('小钱', ['reviewer'], { wecom: 'xiaoqian' });
  zhao = await company.addStaff('老赵', ['approver'], { wecom: 'laozhao' });
  await company.addStaff('老王', ['approver'], { wecom: 'laowang' });
  await company.addStaff('梁总', ['manager'], { wecom: 'liang' });
});

beforeEach(async () => {
  customers += 1;
  he = await aCustomer('100000.00');
  for (const shown of [BORDER, PERSONAL]) await company.call(he, 'consent.grant', shown);
  telegram.sent.length = 0;
  wecom.sent.length = 0;
});

async function aCustomer(amount: string): Promise<typeof he> {
  const facts = {
    name: '何晓燕',
    phone: String(13_800_400_000 + customers),
    amount,
    purpose: 'turnover',
    term: 12,
    house: true,
  };
  const lead = (await company.call(lin, 'lead.capture', { facts })) as { customerId: string; leadNumber: string };
  const chat = String(81_000 + customers);
  const { rows } = await company.db.pool.query<{ id: string }>(
    `INSERT INTO identities (id, account, external_id, customer_id, is_verified, created_at, bound_at) VALUES (gen_random_uuid(), $1, $2, $3, true, business_now(), business_now()) RETURNING id`,
    [telegram.account, chat, lead.customerId],
  );
  const identityId = rows[0]?.id ?? '';
  return { kind: 'CUSTOMER', id: lead.customerId, identityId, language: 'zh-CN', number: lead.leadNumber, chat };
}

const says = async (text: string): Promise<readonly string[]> => company.exchange(telegram, he.chat, text);

async function submits(): Promise<string> {
  const { applicationId } = (await company.call(lin, 'lead.submit', { lead: he.number })) as { applicationId: string };
  await company.drain();
  return applicationId;
}

async function waiting(application: string): Promise<{ id: string; revision: number }> {
  const { rows } = await company.db.pool.query<{ id: string; revision: number }>(
    `SELECT id, revision FROM approvals WHERE application_id = $1 AND state = 'OPEN'`,
    [application],
  );
  const [row] = rows;
  if (!row || rows.length > 1) throw new Error('one open approval is expected');
  return row;
}

async function stateOf(application: string): Promise<string> {
  const { rows } = await company.db.pool.query<{ state: string }>('SELECT state FROM applications WHERE id = $1', [
    application,
  ]);
  return rows[0]?.state ?? '';
}

const lastCard = (person: string): Extract<OutboundContent, { kind: 'card_update' }>['card'] | undefined =>
  wecom.sent.flatMap(({ to, content }) => (to.chat === person && 'card' in content ? [content.card] : [])).at(-1);

const loans = async (): Promise<number> => company.count('loans WHERE customer_id = $1', [he.id]);

describe('a consent withdrawn while the case is in approval', () => {
  test('stops the case: the cards close and say why, approvers and submitter hear of it, no loan can come of it', async () => {
    const application = await submits();
    const open = await waiting(application);

    await says('撤回同意');
    const [answer] = await says('撤回');

    expect(answer).toContain('审批中的申请已经停下');
    expect(await stateOf(application)).toBe('RECALLED');
    expect(lastCard('xiaoqian')).toMatchObject({ closed: '客户已撤回同意', actions: [] });
    expect(lastCard('xiaoqian')?.text).toContain('客户撤回了个人信息授权，申请已停止');
    expect(wecom.said('xiaoqian').at(-1)).toMatch(/^A\d+（K\d+ 何\*\*）不用再批了：客户撤回了个人信息授权/u);
    expect(wecom.said('xiaolin').join('\n')).toMatch(/A\d+ 已撤回：客户已撤回同意。/u);
    expect(wecom.said('xiaolin').join('\n')).toContain('撤回了个人信息授权，请停止使用');
    expect(await refusalOf(company.call(qian, 'approval.decide', { ...open, verb: 'approve' }))).toBe(
      'approval.closed',
    );
    await company.drain();
    expect(await loans()).toBe(0);
    expect((await says('进度'))[0]).toContain('您撤回了同意');
  });

  test('stops it at the second level too; whoever had signed hears of it as well', async () => {
    await company.call(lin, 'lead.update', { lead: he.number, facts: { amount: '300000.00', term: 36 } });
    const application = await submits();
    await company.call(qian, 'approval.decide', { ...(await waiting(application)), verb: 'approve' });
    await company.drain();
    const open = await waiting(application);
    await company.call(zhao, 'approval.decide', { ...open, verb: 'approve' });
    await company.drain();

    await company.call(he, 'consent.withdraw', { consent: 'personal-information' });
    await company.drain();

    for (const person of ['xiaoqian', 'laozhao', 'laowang']) expect(wecom.said(person).at(-1)).toContain('不用再批了');
    expect(lastCard('laowang')).toMatchObject({ closed: '客户已撤回同意' });
    expect(await company.count(`approvals WHERE application_id = $1 AND state = 'OPEN'`, [application])).toBe(0);
    expect(await company.count(`instances WHERE subject_id = $1 AND status <> 'DONE'`, [application])).toBe(0);
    expect(await stateOf(application)).toBe('RECALLED');
    expect(await loans()).toBe(0);
  });

  test('stops what was returned for documents; it cannot be handed in again before he agrees again', async () => {
    const application = await submits();
    await company.call(qian, 'approval.decide', { ...(await waiting(application)), verb: 'return', reason: '流水' });
    await company.drain();

    await company.call(he, 'consent.withdraw', { consent: 'personal-information' });
    await company.drain();

    expect(await stateOf(application)).toBe('RECALLED');
    expect(await refusalOf(company.call(lin, 'lead.submit', { lead: he.number }))).toBe(
      'application.consent_withdrawn',
    );
    await company.call(he, 'consent.grant', PERSONAL);
    const again = await submits();
    expect(again).not.toBe(application);
    expect(await stateOf(again)).toBe('SUBMITTED');
  });

  test('beside a vote at the same moment there is either a loan or a stopped case, never both', async () => {
    const application = await submits();
    const open = await waiting(application);

    await Promise.allSettled([
      company.call(qian, 'approval.decide', { ...open, verb: 'approve' }),
      company.call(he, 'consent.withdraw', { consent: 'personal-information' }),
    ]);
    await company.drain();

    expect([await stateOf(application), await loans()]).toEqual(
      (await loans()) === 1 ? ['APPROVED', 1] : ['RECALLED', 0],
    );
    expect(await company.count(`instances WHERE subject_id = $1 AND status = 'DONE'`, [application])).toBe(1);
  });

  test('leaves a running loan alone, and the other consent stops nothing', async () => {
    const application = await submits();
    await company.call(he, 'consent.withdraw', { consent: 'cross-border' });
    expect(await stateOf(application)).toBe('SUBMITTED');
    await company.call(qian, 'approval.decide', { ...(await waiting(application)), verb: 'approve' });
    await company.drain();

    await company.call(he, 'consent.withdraw', { consent: 'personal-information' });

    expect(await stateOf(application)).toBe('APPROVED');
    expect(await company.count(`loans WHERE customer_id = $1 AND state = 'ACTIVE'`, [he.id])).toBe(1);
  });
});

describe('a case that got to its loan without a consent in force', () => {
  test('stands still, the managers are told, and it goes on once he has agreed again', async () => {
    const application = await submits();
    await company.db.pool.query('UPDATE consents SET withdrawn_at = business_now() WHERE customer_id = $1', [he.id]);

    await company.call(qian, 'approval.decide', { ...(await waiting(application)), verb: 'approve' });
    await company.drain();

    expect(await loans()).toBe(0);
    expect(await company.count(`instances WHERE subject_id = $1 AND status = 'STOPPED'`, [application])).toBe(1);
    expect(await company.count(`todos WHERE subject_id = $1 AND done_at IS NULL`, [application])).toBe(1);
    expect(await refusalOf(company.call(lin, 'lead.submit', { lead: he.number }))).toBe(
      'application.consent_withdrawn',
    );
    await company.call(he, 'consent.grant', PERSONAL);
    await submits();
    expect(await loans()).toBe(1);
  });

  test('ends when he withdraws while it stands still', async () => {
    const application = await submits();
    await company.db.pool.query('UPDATE consents SET withdrawn_at = business_now() WHERE customer_id = $1', [he.id]);
    await company.call(qian, 'approval.decide', { ...(await waiting(application)), verb: 'approve' });
    await company.call(he, 'consent.grant', PERSONAL);

    await company.call(he, 'consent.withdraw', { consent: 'personal-information' });

    expect(await stateOf(application)).toBe('RECALLED');
    expect(await company.count(`instances WHERE subject_id = $1 AND status = 'DONE'`, [application])).toBe(1);
    expect(await company.count(`todos WHERE subject_id = $1 AND done_at IS NULL`, [application])).toBe(0);
  });
});

describe('to the file of whoever withdrew or declined', () => {
  const asked = { textKey: PERSONAL.textKey, version: 1 };

  test.each(['consent.withdraw', 'consent.decline'])(
    'colleagues add nothing (%s); what is there stays, and with his new consent they go on',
    async (refusal) => {
      const link = `上传 ${he.number}`;
      await company.exchange(wecom, 'xiaolin', link);
      const { rows } = await company.db.pool.query<{ id: string }>(
        'SELECT id FROM upload_links ORDER BY created_at DESC LIMIT 1',
      );
      await company.call(he, refusal, refusal === 'consent.withdraw' ? { consent: 'personal-information' } : asked);
      const update = { lead: he.number, facts: { amount: '200000.00' } };
      const upload = { link: rows[0]?.id, caption: '', files: [{ fileId: rows[0]?.id, name: '' }], refused: 0 };

      for (const [name, input] of [
        ['lead.update', update],
        ['document.offerUpload', { customer: he.number }],
        ['document.openUpload', { link: rows[0]?.id }],
        ['document.takeUpload', upload],
        ['document.receive', { media: { refused: 'no_consent' } }],
      ] as const)
        expect([name, await refusalOf(company.call(lin, name, input))]).toEqual([name, 'consent.refused']);
      expect(await target()).toBe('no_consent');
      expect(await company.call(lin, 'lead.get', { lead: he.number })).toMatchObject({ amount: '100000.00' });

      await company.call(he, 'consent.grant', PERSONAL);
      expect(await company.call(lin, 'lead.update', update)).toMatchObject({ amount: '200000.00' });
      expect(await target()).toBe('customer');
      expect((await company.exchange(wecom, 'xiaolin', link)).join('\n')).toContain('/upload/');
    },
  );

  test('a file that was fetched before he withdrew is not filed either', async () => {
    const { base } = company;
    const stored = await base.parts.intake(base.database, base.services).store({
      customerId: he.id,
      bytes: jpegFile(he.chat),
      name: '',
      mime: 'image/jpeg',
      now: await company.now(),
    });
    await company.call(he, 'consent.withdraw', { consent: 'personal-information' });

    expect(await refusalOf(company.call(lin, 'document.receive', { media: { ...stored, caption: '流水' } }))).toBe(
      'consent.refused',
    );
  });

  test('who types him again in chat reads that he has to be asked, and how; nothing is added to his lead', async () => {
    await company.call(he, 'consent.withdraw', { consent: 'personal-information' });

    const said = await company.exchange(wecom, 'xiaolin', `何晓燕 ${13_800_400_000 + customers} 想贷50万`);

    expect(said.join('\n')).toContain(he.number);
    expect(said.join('\n')).toContain('发「邀请」加客户编号');
    expect(await company.call(lin, 'lead.get', { lead: he.number })).toMatchObject({ amount: '100000.00' });
  });

  async function target(): Promise<string> {
    const { base } = company;
    const file = { actor: lin, caption: he.number };
    const found = await base.parts.intake(base.database, base.services).target(file);
    return found.kind === 'refused' ? found.reason : found.kind;
  }
});

test('a customer whom nobody has asked yet is handed in as before', async () => {
  customers += 1;
  he = await aCustomer('100000.00');

  expect(await stateOf(await submits())).toBe('SUBMITTED');
});

test('a withdrawal said in a sentence stops the case as the short words do', async () => {
  const application = await submits();

  expect((await says('我不想授权了，请撤回')).join('\n')).toContain('撤回');
  expect(await says('撤回')).toEqual([expect.stringContaining('已撤回您的同意')]);

  expect(await stateOf(application)).toBe('RECALLED');
});

test('a customer who wants no calls himself is passed on once a day; his family is another matter', async () => {
  for (const text of ['别给我打电话了', '每天最多打一次电话'])
    expect(await says(text)).toEqual([expect.stringContaining('您对电话和消息的要求已转告顾问小林')]);

  expect(await company.count(`todos WHERE key LIKE $1`, [`asked:calls:${he.id}:%`])).toBe(1);
  expect(wecom.said('xiaolin').join('\n')).toContain('要求不打电话');
  expect(await company.count('customers WHERE id = $1 AND third_party_refused_at IS NULL', [he.id])).toBe(1);
});

test('help says then what is still possible: to agree anew, the adviser; the bill only to whoever has a loan', async () => {
  await company.call(he, 'consent.withdraw', { consent: 'personal-information' });

  const said = (await says('帮助')).join('\n');
  expect(said).toContain('改变主意回「同意」');
  expect(said).toContain('找顾问小林、要删除资料回「人工」');
  for (const refused of ['发资料', '进度', '账单']) expect(said).not.toContain(refused);
  expect((await says('同意')).join('\n')).toContain('个人信息处理授权书');
});

describe('while a colleague has the word', () => {
  test.each([
    '撤回同意',
    '撤回授权。',
    'Withdraw my consent',
    '我想了想，还是不想授权了，请撤回',
    '请停止使用我的个人信息',
    'please withdraw my consent',
    'Hello, I want to withdraw my consent.',
  ])('%s takes effect at once and is confirmed', async (text) => {
    const application = await submits();
    await says('人工');

    expect(await says(text)).toEqual([expect.stringContaining('已撤回您的同意')]);

    expect(await stateOf(application)).toBe('RECALLED');
    expect(wecom.said('xiaolin').join('\n')).toContain('撤回了个人信息授权');
  });

  test('who takes it back once more hears that it is, and whom to tell if he changes his mind', async () => {
    await says('人工');
    const first = await says('撤回同意');
    expect(first).toEqual([expect.stringContaining('告诉正在接待您的同事')]);
    expect(first.join('')).not.toContain('回「同意」'); // the bot would not hear it

    expect(await says('撤回同意')).toEqual([expect.stringContaining('您的资料已经停用，不用再撤')]);
  });

  test.each([
    '撤回同意要怎么弄呢',
    'What happens if I withdraw my consent?',
    '我没有要撤回同意',
    '我不同意了',
    "I don't agree any more",
    '银行那边的扣款授权已经取消了',
    '那个授权作废，我重新签一份',
    'I want to cancel the authorization for auto debit',
  ])('%s withdraws nothing and goes to whoever has the word', async (text) => {
    const application = await submits();
    await says('人工');
    wecom.sent.length = 0;

    expect(await says(text)).toEqual([]);

    expect(await stateOf(application)).toBe('SUBMITTED');
    expect(await company.count(`consents WHERE customer_id = '${he.id}' AND withdrawn_at IS NOT NULL`)).toBe(0);
    expect(wecom.said('xiaolin').join('\n')).toContain(text.slice(0, 6));
  });

  test('a file with its name is filed without a word from the bot, and the adviser hears of it', async () => {
    await says('人工');

    expect(await sends('流水')).toEqual([]);

    const { items } = (await company.call(lin, 'document.list', { customer: he.number })) as {
      items: readonly { item: string; state: string }[];
    };
    expect(items.find(({ item }) => item === 'D07')?.state).toBe('RECEIVED');
    expect(wecom.said('xiaolin').at(-1)).toContain('交来「近6个月银行流水」');
  });
});

/** A photo, with words or without; what the bot says to it. */
async function sends(caption: string): Promise<readonly string[]> {
  const before = telegram.said(he.chat).length;
  const id = `${he.chat} ${caption}`;
  telegram.onFetch = async () => jpegFile(id);
  const happening = { kind: 'message', messageId: `p${id}`, text: caption, media: [{ id, kind: 'image' }] } as const;
  await company.receive(telegram, he.chat, happening);
  await company.drain();
  const { base } = company;
  const job = {
    database: base.database,
    keys: base.keys,
    unit: base.unit,
    channels: new Map([[telegram.account, telegram]]),
    intake: base.parts.intake(base.database, base.services),
    attach: async (tx: Tx, message: Parameters<typeof base.parts.attachFiles>[1], fileIds: readonly string[]) =>
      base.parts.attachFiles(tx, message, fileIds),
    wake: () => undefined,
    log: silentLog,
  };
  while ((await fetchNext(job)) > 0);
  await company.drain();
  return telegram.said(he.chat).slice(before);
}

test('who says that he keeps it after all keeps it, and nobody asks him the question again by himself', async () => {
  await says('撤回同意');
  telegram.sent.length = 0;
  await company.advance(3 * 86_400_000);

  expect(telegram.said(he.chat)).toEqual([]);
  expect(await says('算了不撤了')).toEqual(['好的，不撤回，您的同意照旧有效。']);
  expect(await says('不撤了')).not.toContain('好的，不撤回，您的同意照旧有效。');
  expect(await company.count(`consents WHERE customer_id = '${he.id}' AND withdrawn_at IS NOT NULL`)).toBe(0);
});
