/** 人工 reaches somebody whoever says it, the to-do names whom it is about, and 交还 gives the bot the word again. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ChannelError } from '../../../src/channels/channel.ts';
import { newId } from '../../../src/lib/ids.ts';
import { ACCOUNTS, ADMIN, useCompany, type StaffActor } from '../../invariants/support/company.ts';

const company = useCompany();
const { wecom, telegram } = company.channels;
let lin: StaffActor;
let lead: StaffActor;
let loner: StaffActor;
let boss: StaffActor;
let customers = 0;

beforeAll(async () => {
  lin = await member('小林', ['sales'], 'xiaolin', '一组');
  lead = await member('陈组长', ['team_lead', 'sales'], 'chen', '一组');
  loner = await member('老赵', ['approver'], 'laozhao');
  boss = await member('梁总', ['manager'], 'liang');
});
beforeEach(async () => {
  await company.db.pool.query('TRUNCATE todos, incidents');
  await company.advance(3_600_000);
  for (const channel of [wecom, telegram]) {
    channel.sent.length = 0;
    channel.onSend = async (intent) => ({ providerId: `p${intent.id}` });
  }
});

async function member(name: string, roles: StaffActor['roles'], wecomId: string, team?: string): Promise<StaffActor> {
  const input = { name, roles, wecom: wecomId, ...(team === undefined ? {} : { team }) };
  const { id } = (await company.call(ADMIN, 'staff.add', input)) as { readonly id: string };
  return { kind: 'STAFF', id, name, roles, teamId: undefined, language: 'zh-CN' };
}

/** A customer of 小林 who writes on Telegram. */
async function customer(): Promise<{ readonly id: string; readonly number: string; readonly chat: string }> {
  customers += 1;
  const facts = { name: '何晓燕', phone: String(13_800_008_000 + customers) };
  const made = (await company.call(lin, 'lead.capture', { facts })) as { customerId: string; leadNumber: string };
  const chat = String(5_550_000 + customers);
  await company.db.pool.query(
    `INSERT INTO identities (id, account, external_id, customer_id, is_verified, created_at, bound_at) VALUES ($1, $2, $3, $4, true, now(), now())`,
    [newId(), ACCOUNTS.telegram, chat, made.customerId],
  );
  return { id: made.customerId, number: made.leadNumber, chat };
}

const say: typeof company.exchange = async (...given) => company.exchange(...given);

async function todosOf(person: StaffActor): Promise<readonly string[]> {
  const { items } = (await company.call(person, 'task.list', {})) as { items: readonly { title: string }[] };
  return items.map(({ title }) => title);
}

describe('人工 from a colleague', () => {
  test('tells his team lead who asks, and the bot goes on answering', async () => {
    expect(await say(wecom, 'xiaolin', '人工')).toEqual(['已告诉陈组长，您也可以继续用我。']);

    expect(wecom.said('chen')).toEqual(['同事小林在找人帮忙，请联系。']);
    expect(await todosOf(lead)).toEqual(['同事小林在找人帮忙，请联系。']);
    expect((await say(wecom, 'xiaolin', '帮助'))[0]).toMatch(/^您在这里可以：\n录客户/);
    expect(await company.count(`incidents WHERE kind = 'conversation.handed_over'`)).toBe(0);
  });

  test('without a team lead is told to the managers, and twice in an hour only once', async () => {
    expect(await say(wecom, 'laozhao', 'human')).toEqual(['已告诉经理，您也可以继续用我。']);
    await say(wecom, 'laozhao', '人工');

    expect(wecom.said('liang')).toEqual(['同事老赵在找人帮忙，请联系。']);
    expect(await todosOf(boss)).toEqual(['同事老赵在找人帮忙，请联系。']);
    expect(await todosOf(loner)).toEqual([]);
  });

  test('of an only manager is answered that there is nobody to tell', async () => {
    expect((await say(wecom, 'liang', '人工'))[0]).toMatch(/没有主管或经理可以通知/);
  });

  test('who was silenced by an earlier release is answered again', async () => {
    await say(wecom, 'xiaolin', '待办');
    const { rows } = await company.db.pool.query<{ id: string; sealed_state: Buffer }>(
      `SELECT id, sealed_state FROM conversations WHERE chat = 'xiaolin'`,
    );
    const [row] = rows;
    if (!row) throw new Error('no conversation');
    const where = `conversations.sealed_state.${row.id}`;
    const memory = company.base.keys.openJson(where, row.sealed_state) as { talk: object };
    const stuck = company.base.keys.sealJson(where, { ...memory, talk: { ...memory.talk, handedOver: true } });
    await company.db.pool.query('UPDATE conversations SET sealed_state = $2, is_silenced = true WHERE id = $1', [
      row.id,
      stuck,
    ]);

    expect((await say(wecom, 'xiaolin', '帮助'))[0]).toMatch(/^您在这里可以：\n录客户/);
    expect(await company.count(`conversations WHERE chat = 'xiaolin' AND is_silenced`)).toBe(0);
  });
});

describe('人工 from a customer', () => {
  test('is followed by what he writes: it reaches the owner, without his name and numbers, until the bot has the word', async () => {
    const he = await customer();
    await say(telegram, he.chat, '人工');
    wecom.sent.length = 0;

    await say(telegram, he.chat, '我是何晓燕，房子下个月要被查封了，能先还一半吗？电话 13800138000');
    expect(wecom.said('xiaolin')).toEqual([
      `${he.number} 何** 发来：我是何**，房子下个月要被查封了，能先还一半吗？电话 138****8000`,
    ]);
    expect(await company.count(`incidents WHERE kind = 'conversation.handed_over' AND resolved_at IS NULL`)).toBe(1);

    await say(wecom, 'xiaolin', `交还 ${he.number}`);
    expect(await company.count(`incidents WHERE kind = 'conversation.handed_over' AND resolved_at IS NULL`)).toBe(0);
    wecom.sent.length = 0;
    await say(telegram, he.chat, '帮助');
    expect(wecom.said('xiaolin')).toEqual([]);
  });

  test('is told to the owner with number and masked name, and 交还 with the number gives the bot back', async () => {
    const he = await customer();

    await say(telegram, he.chat, '人工');
    expect(await say(telegram, he.chat, '帮助')).toEqual([]);

    const told = `${he.number} 何** 要找人工，请接手；聊完发「交还 ${he.number}」，机器人再接着说。`;
    expect(wecom.said('xiaolin')).toEqual([told, `${he.number} 何** 发来：帮助`]);
    expect(await todosOf(lin)).toEqual([told]);
    expect(await say(wecom, 'xiaolin', `交还 ${he.number}`)).toEqual([`好的，${he.number} 那边我接着说。`]);
    expect(await todosOf(lin)).toEqual([]);
    expect((await say(telegram, he.chat, '帮助'))[0]).toBeDefined();
    expect((await say(wecom, 'xiaolin', `hand back ${he.number}`))[0]).toMatch(/不用交还/);
    const { rows } = await company.db.pool.query(
      `SELECT DISTINCT subject_kind, subject_id FROM audit_entries WHERE action = 'conversation.giveBack' AND subject_id = $1`,
      [he.id],
    );
    expect(rows).toEqual([{ subject_kind: 'customer', subject_id: he.id }]);
  });

  test('is over when the to-do is finished: the bot has the word again, and it is said', async () => {
    const he = await customer();
    await say(telegram, he.chat, '人工');
    const { items } = (await company.call(lin, 'task.list', {})) as { items: readonly { number: string }[] };
    const number = items[0]?.number ?? '';

    expect((await say(wecom, 'xiaolin', `完成 ${number}`))[0]).toMatch(
      new RegExp(`^办完了：${number} .+\n${he.number} 那边我接着说；客户还要找人，会再回「人工」。$`, 'u'),
    );
    expect((await say(telegram, he.chat, '帮助'))[0]).toBeDefined();
    expect(await company.count(`incidents WHERE kind = 'conversation.handed_over' AND resolved_at IS NULL`)).toBe(0);

    await say(telegram, he.chat, '人工'); // he asks anew: what was done before gives nothing back
    expect((await say(wecom, 'xiaolin', `完成 ${number}`))[0]).toContain('早就办完了');
    expect(await say(telegram, he.chat, '帮助')).toEqual([]);
    expect(await todosOf(lin)).toHaveLength(1);
  });

  test('is over when whoever stands in finishes it by the API, though the customer is not of his team', async () => {
    const he = await customer();
    await company.db.pool.query('UPDATE customers SET owner_id = NULL, team_id = NULL WHERE id = $1', [he.id]);
    await company.db.pool.query('UPDATE leads SET owner_id = NULL, team_id = NULL WHERE customer_id = $1', [he.id]);
    await say(telegram, he.chat, '人工');
    await company.db.pool.query(`UPDATE todos SET role = 'team_lead'`);
    const { items } = (await company.call(lead, 'task.list', {})) as { items: readonly { id: string }[] };

    expect(await company.call(lead, 'task.finish', { id: items[0]?.id })).toMatchObject({
      kind: 'finished',
      handedBack: he.number,
    });
    await company.drain();
    expect((await say(telegram, he.chat, '帮助'))[0]).toBeDefined();
  });

  test('of nobody who works here any more reaches the managers', async () => {
    const he = await customer();
    await company.db.pool.query('UPDATE customers SET owner_id = NULL WHERE id = $1', [he.id]);
    await company.db.pool.query('UPDATE leads SET owner_id = NULL WHERE customer_id = $1', [he.id]);

    await say(telegram, he.chat, '人工');

    expect(wecom.said('liang')).toEqual([expect.stringContaining(`${he.number} 何** 要找人工`)]);
    expect(await todosOf(boss)).toHaveLength(1);
  });

  test('a colleague who may not see the customer cannot give the bot back', async () => {
    const he = await customer();
    await say(telegram, he.chat, '人工');
    await company.addStaff('小吴', ['sales'], { wecom: 'xiaowu' });

    const words = `交还 ${he.number}`;
    await say(wecom, 'xiaowu', words);

    const file = (await company.call(lin, 'timeline.read', { id: he.number })) as {
      items: readonly { text: string }[];
    };
    expect(file.items.map(({ text }) => text)).not.toContain(words); // nor does it stand on his file

    expect(await say(telegram, he.chat, '帮助')).toEqual([]);
  });
});

test('a chat of a customer one may not see is a chat that does not exist', async () => {
  const he = await customer();
  await say(telegram, he.chat, '人工');
  const other = await member('李组长', ['team_lead'], 'lizz', '二组');
  const { rows } = await company.db.pool.query<{ id: string }>('SELECT id FROM conversations WHERE chat = $1', [
    he.chat,
  ]);

  expect(rows).toHaveLength(1);
  for (const conversation of [he.chat, rows[0]?.id, '1234567890', newId()])
    await expect(company.call(other, 'conversation.handBackChat', { conversation })).rejects.toMatchObject({
      code: 'resource.not_found',
    });
});

describe('人工 from somebody unknown', () => {
  test('is told to the team leads with the chat’s id, by which chat or API give the bot back', async () => {
    await say(telegram, '6660001', '人工');

    const told = 'Telegram 聊天 6660001 要找人工，请接手；聊完发「交还 6660001」，机器人再接着说。';
    expect(wecom.said('chen')).toEqual([told]);
    expect(await todosOf(lead)).toEqual([told]);
    expect(await say(wecom, 'chen', '交还 6660001')).toEqual(['好的，6660001 那边我接着说。']);
    expect(await todosOf(lead)).toEqual([]);
    expect((await say(telegram, '6660001', '你好'))[0]).toBeDefined();

    await say(telegram, '6660001', '人工');
    const { rows } = await company.db.pool.query<{ id: string }>(`SELECT id FROM conversations WHERE chat = '6660001'`);
    const input = { conversation: rows[0]?.id };
    expect(await company.call(boss, 'conversation.handBackChat', input)).toEqual({ id: rows[0]?.id, conversations: 1 });
    await expect(company.call(lin, 'conversation.handBackChat', input)).rejects.toMatchObject({
      code: 'permission.denied',
    });

    await say(telegram, '6660001', '人工');
    const { items } = (await company.call(lead, 'task.list', {})) as { items: readonly { number: string }[] };
    expect((await say(wecom, 'chen', `完成 ${items.at(-1)?.number}`))[0]).toContain('6660001 那边我接着说');
    expect((await say(telegram, '6660001', '你好'))[0]).toBeDefined();
  });
});

describe('人工 from somebody who has an invitation open', () => {
  test('also reaches who invited him, with what he writes after it, and is settled when the bot has the word again', async () => {
    customers += 1;
    Object.assign(company.base.services, { telegramBotName: () => 'daiban_bot' });
    const facts = { name: '何晓燕', phone: String(13_800_008_000 + customers) };
    const made = (await company.call(lin, 'lead.capture', { facts })) as { bindingLink: string };
    const payload = new URL(made.bindingLink).searchParams.get('start') ?? '';
    await company.receive(telegram, '6660002', { kind: 'start', payload, messageId: 's1' });
    await company.drain();
    wecom.sent.length = 0;

    await say(telegram, '6660002', '人工');
    await say(telegram, '6660002', '我的电话是 13800138000，房子能贷吗');

    const who = 'Telegram 聊天 6660002';
    expect(wecom.said('xiaolin')).toEqual([
      `您邀请的客户（${who}）还没有核对手机号，在找人工，请联系他。`,
      `还没核对手机号的客户（${who}）发来：我的电话是 138****8000，房子能贷吗`,
    ]);
    expect(wecom.said('chen')).toEqual([`${who} 要找人工，请接手；聊完发「交还 6660002」，机器人再接着说。`]);
    expect(await todosOf(lin)).toHaveLength(1);
    await say(wecom, 'chen', '交还 6660002');
    expect(await todosOf(lin)).toEqual([]);
  });
});

describe('a complaint while a colleague has the word', () => {
  test('is told to the adviser once, with its words, and answered without the word that nobody hears there', async () => {
    const he = await customer();
    await say(telegram, he.chat, '人工');
    for (const channel of [wecom, telegram]) channel.sent.length = 0;

    const [complaint] = await say(telegram, he.chat, '我要投诉你们小林');
    const [disputed] = await say(telegram, he.chat, '这笔贷款不是我借的');

    expect([complaint, disputed]).toEqual([
      expect.stringMatching(/您的投诉已经记录，并报给了负责人，由负责人尽快处理、答复您。$/u),
      expect.stringMatching(/已报给负责人，也请顾问小林核实后答复您。$/u),
    ]);
    expect(wecom.said('xiaolin')).toEqual([
      expect.stringMatching(/\n原话：我要投诉你们小林$/u),
      expect.stringMatching(/\n原话：这笔贷款不是我借的$/u),
    ]);
  });

  test('of somebody nobody knows is passed on like all he writes', async () => {
    await say(telegram, '6660009', '人工');
    for (const channel of [wecom, telegram]) channel.sent.length = 0;

    expect(await say(telegram, '6660009', '我要投诉你们')).toEqual([]);

    expect(wecom.said('chen')).toEqual([expect.stringMatching(/发来：我要投诉你们$/u)]);
  });
});

describe('what a customer wants passed on', () => {
  test('a complaint also reaches his team lead', async () => {
    const he = await customer();

    await say(telegram, he.chat, '我要投诉你们小林');

    const told = expect.stringMatching(
      new RegExp(`^${he.number} 何\\*\\* 要投诉，请尽快联系处理并如实记录。\n原话：我要投诉你们小林$`, 'u'),
    );
    expect(wecom.said('xiaolin')).toEqual([told]);
    expect(wecom.said('chen')).toEqual([told]);
    expect(await todosOf(lead)).toHaveLength(1);
  });

  test('a complaint about somebody without a team lead reaches the managers, a wish for erasure too', async () => {
    const he = await customer();
    await company.db.pool.query('UPDATE customers SET owner_id = $2 WHERE id = $1', [he.id, loner.id]);

    await say(telegram, he.chat, '我要去银监会告你们');
    await say(telegram, he.chat, '我不贷了 把我资料删了');

    expect(wecom.said('laozhao')).toHaveLength(2);
    expect(wecom.said('liang')).toEqual([
      expect.stringContaining('要投诉'),
      expect.stringContaining('要求删除个人资料'),
    ]);
    expect(await todosOf(boss)).toHaveLength(2);
  });

  test('a change he wants without a form open reaches the adviser in his words, and the lead stays as it is', async () => {
    const he = await customer();

    expect((await say(telegram, he.chat, '我改主意了 只要8万就行'))[0]).toMatch(/^好的，您想改的已转告顾问小林/u);
    await say(telegram, he.chat, '金额改成25万');

    expect(wecom.said('xiaolin')).toEqual([
      expect.stringMatching(/原话：我改主意了 只要8万就行$/u),
      expect.stringMatching(/原话：金额改成25万$/u),
    ]);
    expect(await company.count(`leads WHERE customer_id = '${he.id}' AND amount_fen IS NULL`)).toBe(1);
  });

  test('what the bot cannot answer reaches the adviser in its words each time, and is on his list once a day', async () => {
    const he = await customer();

    await say(telegram, he.chat, '你们公司在几楼呢');
    await say(telegram, he.chat, '到底在几楼呢');

    expect(wecom.said('xiaolin')).toEqual([
      expect.stringContaining('原话：你们公司在几楼呢'),
      expect.stringContaining('原话：到底在几楼呢'),
    ]);
    expect(await todosOf(lin)).toHaveLength(1);
  });
});

describe('a message that did not arrive', () => {
  test('is on the owner’s and the managers’ list, with whom it was for and why in words', async () => {
    const he = await customer();
    telegram.onSend = async () => {
      throw new ChannelError('park', 'blocked');
    };

    await say(telegram, he.chat, '帮助');

    const line = `发给 ${he.number} 何** 的一条消息没有送到：对方屏蔽了机器人。请换个方式联系。`;
    expect(await todosOf(lin)).toEqual([line]);
    expect(await todosOf(boss)).toEqual([line]);
  });

  test('to a colleague names him, and a code nobody knows is put in words too', async () => {
    wecom.onSend = async ({ to }) => {
      if (to.chat === 'xiaolin') throw new ChannelError('our_fault', '40058');
      return { providerId: 'p' };
    };

    await say(wecom, 'xiaolin', '帮助');

    expect(await todosOf(boss)).toEqual(['发给 同事小林 的一条消息没有送到：平台没有收。请换个方式联系。']);
  });

  test('and says since when it stands there', async () => {
    await say(wecom, 'laozhao', '人工');

    expect((await say(wecom, 'liang', '待办'))[0]).toMatch(/同事老赵在找人帮忙，请联系。（\d{4}-\d\d-\d\d 记）/);
  });
});
