/** To-dos are finished where they are read: each goes by a number of its own, which means the same whatever has come or gone since. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ADMIN, useCompany, type StaffActor } from '../../invariants/support/company.ts';

const company = useCompany();
const { slack, telegram, wecom } = company.channels;
const SYSTEM = { kind: 'SYSTEM', id: 'daiban', language: 'zh-CN' } as const;
let lin: StaffActor;
let made = 0;

beforeAll(async () => {
  lin = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin', slack: 'U0LIN', telegram: '7101' });
  await company.addStaff('小罗', ['sales'], { wecom: 'xiaoluo' });
  await company.addStaff('周敏', ['reviewer'], { wecom: 'zhoumin' });
});
beforeEach(async () => {
  await company.db.pool.query('TRUNCATE todos');
  for (const channel of [slack, telegram, wecom]) channel.sent.length = 0;
});

/** A to-do about a customer of 小林's, as its number. */
async function todo(whose: object = { staffId: lin.id }): Promise<string> {
  made += 1;
  const phone = String(13_800_440_000 + made);
  const lead = (await company.call(lin, 'lead.capture', { facts: { name: '何晓燕', phone } })) as {
    customerId: string;
  };
  const subject = { kind: 'customer', id: lead.customerId };
  await company.call(SYSTEM, 'task.add', { key: `t${made}`, kind: 'customer_question', subject, ...whose });
  const { rows } = await company.db.pool.query<{ number: number }>('SELECT number FROM todos WHERE key = $1', [
    `t${made}`,
  ]);
  return `T${rows[0]?.number}`;
}

const says = async (text: string): Promise<string> => (await company.exchange(wecom, 'xiaolin', text)).join('\n');
const open = async (): Promise<number> => company.count('todos WHERE done_at IS NULL');

describe('finishing a to-do in chat', () => {
  test('takes the number that stands before it, with its letter or without, and says what was finished and how to undo it', async () => {
    const [one, two] = [await todo(), await todo()];
    expect(await says('待办')).toMatch(new RegExp(`加编号：\n${two} K\\d+ 何\\*\\* 在问.+\n${one} K\\d+`, 'u'));

    expect(await says(`完成 ${two.slice(1)}`)).toMatch(
      new RegExp(`^办完了：${two} K\\d+ 何\\*\\* 在问.+\n弄错了发「重开 ${two}」。$`, 'u'),
    );
    expect(await says('待办')).not.toContain(two);
    expect(await says(`完成${one}`)).toContain(`办完了：${one}`);
    expect(await open()).toBe(0);
  });

  test('means what he saw, though the list is another by now', async () => {
    const [first, second] = [await todo(), await todo()];
    await says('待办');
    await company.call(ADMIN, 'task.finish', { id: first });
    const third = await todo();

    expect(await says(`完成 ${second}`)).toContain(`办完了：${second}`);
    expect(await says(`完成 ${first}`)).toContain(`${first} 早就办完了`);
    expect(await says('待办')).toContain(`\n${third} `);
    expect(await open()).toBe(1);
  });

  test('is undone by its number, as often as he likes', async () => {
    const one = await todo();
    await says(`完成 ${one}`);

    expect(await says(`重开 ${one.slice(1)}`)).toMatch(new RegExp(`^又在待办里了：${one} K`, 'u'));
    expect(await says(`reopen ${one}`)).toContain(`${one} 还没办完`);
    expect(await open()).toBe(1);
    expect(await says(`done ${one}`)).toContain(`办完了：${one}`);
  });

  test('is for whoever has it on his list, and for nobody else; each try is on record', async () => {
    const [own, everybodys] = [await todo(), await todo({ role: 'sales' })];
    const refused = await company.count(`audit_entries WHERE action = 'task.finish' AND outcome = 'REFUSED'`);

    expect((await company.exchange(wecom, 'xiaoluo', `完成 ${own}`)).join('\n')).toContain('您的待办里没有这一件。');
    expect((await company.exchange(wecom, 'xiaoluo', `重开 ${own}`)).join('\n')).toContain('您的待办里没有这一件。');
    expect((await company.exchange(wecom, 'xiaoluo', `完成 ${everybodys}`)).join('\n')).toContain('办完了');
    expect(await says('完成 999999')).toContain('发「待办」看编号');
    expect(await open()).toBe(1);
    expect(await company.count(`audit_entries WHERE action = 'task.finish' AND outcome = 'REFUSED'`)).toBe(refused + 2);
    expect(
      await company.count(`audit_entries WHERE action = 'task.finish' AND outcome = 'DONE' AND via = 'wecom'`),
    ).toBeGreaterThan(0);
  });

  test('is no way to decide an approval: that is on its card', async () => {
    const facts = { name: '何晓燕', phone: '13800449999', amount: '120000.00', term: 12 };
    const lead = (await company.call(lin, 'lead.capture', { facts })) as { leadNumber: string };
    const { applicationNumber: number } = (await company.call(lin, 'lead.submit', { lead: lead.leadNumber })) as {
      applicationNumber: string;
    };
    const zhou = async (text: string): Promise<string> => (await company.exchange(wecom, 'zhoumin', text)).join('\n');
    await company.drain();

    expect(await zhou('待办')).toContain(`\n· ${number} `); // no number of its own that could be taken for a to-do's
    expect(await zhou(`完成 ${number}`)).toBe(
      `${number} 是审批，要在卡片上决定。发「审批 ${number}」，卡片再发给您一次。`,
    );
    expect(await company.count(`approvals WHERE state = 'OPEN'`)).toBe(1);
  });

  test('is one tap where the platform has buttons; a button of yesterday’s list finishes what stood beside it', async () => {
    const one = await todo();
    for (const [channel, who] of [
      [slack, 'U0LIN'],
      [telegram, '7101'],
    ] as const) {
      await company.exchange(channel, who, '待办');
      expect(channel.sent.at(-1)?.content).toMatchObject({ kind: 'text', choices: [`完成 ${one}`] });
    }
    await company.call(ADMIN, 'task.finish', { id: one });
    await todo();
    await company.exchange(slack, 'U0LIN', '待办');

    expect((await company.exchange(slack, 'U0LIN', `完成 ${one}`)).join('\n')).toContain('早就办完了');
    expect(await open()).toBe(1);
  });
});

test('what is put on the list again and again uses up no numbers', async () => {
  const before = Number((await todo()).slice(1));
  for (let n = 0; n < 5; n += 1)
    await company.call(SYSTEM, 'task.add', { key: `t${made}`, kind: 'customer_question', staffId: lin.id });

  expect(Number((await todo()).slice(1))).toBe(before + 1);
});
