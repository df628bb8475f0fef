/** Who hears how a case stands, and on whose list it waits: whoever submitted it this time, whose it is by now, or who stands in. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Card } from '../../../src/channels/card.ts';
import type { Role } from '../../../src/core/operations/actor.ts';
import { castOf } from '../../invariants/support/cast.ts';
import { ADMIN, useCompany, type StaffActor } from '../../invariants/support/company.ts';

const company = useCompany();
const { slack, wecom, telegram } = company.channels;
const { people, person } = castOf<'boss' | 'chen' | 'lin' | 'gu' | 'zhou'>();
const DAY = 86_400_000;
let made = 0;

async function member(name: string, roles: readonly Role[], wecomId: string): Promise<StaffActor> {
  const { id } = (await company.call(ADMIN, 'staff.add', { name, roles, team: '一组', wecom: wecomId })) as {
    id: string;
  };
  const { rows } = await company.db.pool.query<{ team_id: string }>('SELECT team_id FROM staff WHERE id = $1', [id]);
  return { kind: 'STAFF', id, name, roles, teamId: rows[0]?.team_id, language: 'zh-CN' };
}

beforeAll(async () => {
  people.boss = await company.addStaff('梁总', ['manager'], { slack: 'U0LIANG' });
  people.chen = await member('陈组长', ['team_lead', 'reviewer'], 'chen');
  people.gu = await member('小顾', ['sales'], 'xiaogu');
  people.zhou = await company.addStaff('周敏', ['reviewer'], { telegram: '7102' });
});
beforeEach(async () => {
  made += 1;
  await company.db.pool.query('TRUNCATE todos, incidents');
  people.lin = await member('小林', ['sales', 'reviewer'], `xiaolin${made}`);
  await company.drain();
  quiet();
});

function quiet(): void {
  for (const channel of [slack, wecom, telegram]) channel.sent.length = 0;
}

interface Case {
  readonly lead: string;
  readonly phone: string;
  readonly number: string;
  readonly id: string;
}

/** A case that 小林 has submitted. */
async function submitted(): Promise<Case> {
  const phone = String(13_800_770_000 + made);
  const facts = { name: '何晓燕', phone, amount: '120000.00', term: 12 };
  const { leadNumber: lead } = (await company.call(person('lin'), 'lead.capture', { facts })) as { leadNumber: string };
  return { lead, phone, ...(await handIn(person('lin'), lead)) };
}

async function handIn(who: StaffActor, lead: string): Promise<Pick<Case, 'number' | 'id'>> {
  const done = (await company.call(who, 'lead.submit', { lead })) as Record<string, string>;
  await company.drain();
  return { number: done['applicationNumber'] ?? '', id: done['applicationId'] ?? '' };
}

async function decide(one: Case, verb: 'approve' | 'reject' | 'return'): Promise<void> {
  const { items } = (await company.call(ADMIN, 'approval.list', { state: 'OPEN' })) as {
    items: readonly { id: string; revision: number; applicationId: string }[];
  };
  const open = items.find(({ applicationId }) => applicationId === one.id);
  const reason = verb === 'approve' ? {} : { reason: '缺近半年流水' };
  await company.call(person('zhou'), 'approval.decide', { id: open?.id, revision: open?.revision, verb, ...reason });
  await company.drain();
}

async function leaves(...who: readonly StaffActor[]): Promise<void> {
  for (const { id } of who) await company.call(ADMIN, 'staff.disable', { id });
  await company.drain();
  quiet();
}

const told = (words: string): readonly string[] =>
  [...slack.sent, ...wecom.sent].flatMap(({ to, content }) =>
    content.kind === 'text' && content.text.includes(words) ? [to.chat] : [],
  );

async function todosOf(who: StaffActor): Promise<readonly string[]> {
  const { items } = (await company.call(who, 'task.list', {})) as { items: readonly { kind: string; title: string }[] };
  return items.flatMap(({ kind, title }) => (kind === 'case_returned' ? [title] : []));
}

describe('a case whose owner and submitter have left', () => {
  test.each([
    ['return', '退回补件'],
    ['approve', '审批通过'],
    ['reject', '未通过'],
  ] as const)('is told to the managers, who stand in for them, after %s', async (verb, words) => {
    const one = await submitted();
    await leaves(person('lin'));

    await decide(one, verb);

    expect(told(one.number)).toEqual(['U0LIANG']);
    expect(slack.said('U0LIANG').join()).toContain(words);
    expect(await todosOf(person('boss'))).toHaveLength(verb === 'return' ? 1 : 0);
  });

  test('is told to them when it runs out of time, and they are reminded before', async () => {
    const one = await submitted();
    await decide(one, 'return');
    await leaves(person('lin'));

    await company.advance(25 * 3_600_000);
    await company.drain();
    expect(told(`${one.number} 退回补件还没有重新提交`)).toEqual(['U0LIANG']);
    await company.advance(7 * DAY);
    await company.drain();
    expect(told(`${one.number} 补件超过 7 天，已关闭`)).toEqual(['U0LIANG']);
  });

  test('is told to the team lead, on whose list it waits too, while there is no manager', async () => {
    const one = await submitted();
    await leaves(person('lin'), person('boss'));

    await decide(one, 'return');

    expect(told(one.number)).toEqual(['chen']);
    expect(await todosOf(person('chen'))).toHaveLength(1);
    await company.call(ADMIN, 'staff.update', { id: person('boss').id, disabled: false });
  });

  test('is told to whoever has the customer now, where only the submitter has left', async () => {
    const one = await submitted();
    await decide(one, 'return');
    await company.call(person('boss'), 'lead.reassign', { lead: one.lead, to: person('gu').id });
    await handIn(person('chen'), one.number);
    await company.call(ADMIN, 'staff.update', { id: person('chen').id, disabled: true });
    quiet();

    await decide(one, 'reject');

    expect(told(`${one.number} 未通过`)).toEqual(['xiaogu']);
    await company.call(ADMIN, 'staff.update', { id: person('chen').id, disabled: false });
  });
});

test('a returned case that is given to a colleague: who has it now and who submitted it hear how it ends', async () => {
  const one = await submitted();
  await decide(one, 'return');
  await company.call(person('boss'), 'lead.reassign', { lead: one.lead, to: person('gu').id });
  quiet();

  await company.advance(8 * DAY);
  await company.drain();

  expect([...told(`${one.number} 补件超过 7 天，已关闭`)].sort()).toEqual(['xiaogu', `xiaolin${made}`].sort());
});

describe('a case that somebody else submits again', () => {
  const submitterOn = (): string | undefined =>
    telegram.sent
      .flatMap(({ content }): readonly Card[] => (content.kind === 'card' ? [content.card] : []))
      .at(-1)
      ?.fields.find(({ label }) => label === '提交人')?.value;

  test('names him, on the card and in the frozen case; what comes back is his, the message and the to-do', async () => {
    const one = await submitted();
    expect(submitterOn()).toBe('小林');
    await decide(one, 'return');
    expect(told(`${one.number} 退回补件`)).toEqual([`xiaolin${made}`]);
    await handIn(person('chen'), one.number);

    expect(submitterOn()).toBe('陈组长');
    expect(await company.call(ADMIN, 'approval.get', { id: one.number })).toMatchObject({
      round: 2,
      snapshot: { submitter: '陈组长' },
    });
    expect(await company.call(ADMIN, 'application.get', { id: one.number })).toMatchObject({
      submittedBy: person('chen').id,
    });
    quiet();
    await decide(one, 'return');

    expect(told(`${one.number} 退回补件`)).toEqual(['chen']);
    expect(await todosOf(person('chen'))).toHaveLength(1);
    expect(await todosOf(person('lin'))).toEqual([]);
  });

  test('is decided by none of those who have submitted it', async () => {
    const one = await submitted();
    await decide(one, 'return');
    await handIn(person('chen'), one.number);

    const { tasks } = (await company.call(ADMIN, 'approval.get', { id: one.number })) as {
      tasks: readonly { staffId: string }[];
    };
    const asked = tasks.map(({ staffId }) => staffId);
    expect(asked).toContain(person('zhou').id);
    for (const who of ['lin', 'chen'] as const) expect(asked).not.toContain(person(who).id);
    const { rows } = await company.db.pool.query<{ staff_id: string }>(
      `SELECT e.staff_id FROM approval_exclusions e JOIN instances i ON i.id = e.instance_id WHERE i.subject_id = $1`,
      [one.id],
    );
    expect(rows.map((row) => row.staff_id).sort()).toEqual([person('chen').id, person('lin').id].sort());
  });

  test('is still shown to whose customer it is when he asks to wait', async () => {
    const one = await submitted();
    await decide(one, 'return');
    await handIn(person('chen'), one.number);

    const mine = async (who: StaffActor): Promise<unknown> => company.call(who, 'application.mine', {});

    const own = { items: [expect.objectContaining({ number: one.number })] };
    expect(await mine(person('lin'))).toEqual(own);
    expect(await mine(person('gu'))).toEqual({ items: [] });
  });
});

describe('the to-do of a case that came back to nobody', () => {
  test('is the new owner’s once a superior gives him the customer', async () => {
    const one = await submitted();
    await leaves(person('lin'));
    await decide(one, 'return');
    expect(await todosOf(person('boss'))).toHaveLength(1);
    quiet();

    await company.call(person('boss'), 'lead.reassign', { lead: one.lead, to: person('gu').id });
    await company.drain();

    expect([await todosOf(person('boss')), await todosOf(person('gu'))]).toEqual([
      [],
      [
        expect.stringMatching(
          new RegExp(
            `^${one.number}（${one.lead} 何\\*\\*）被退回：缺近半年流水。.+ 前补齐，发「提交 ${one.number}」再送审；过期自动关闭。$`,
            'u',
          ),
        ),
      ],
    ]);
    expect(wecom.said('xiaogu').join()).toContain('还没办完的 1 件待办也转到了您这里');
  });

  test('is his who takes the customer over by his phone, also where it was returned before the owner left', async () => {
    const one = await submitted();
    await decide(one, 'return');
    await leaves(person('lin'));
    expect(await todosOf(person('boss'))).toHaveLength(1);

    const taken = await company.call(person('gu'), 'lead.capture', { facts: { phone: one.phone } });

    expect(taken).toMatchObject({ ownerId: person('gu').id });
    expect([await todosOf(person('boss')), (await todosOf(person('gu'))).length]).toEqual([[], 1]);
    await handIn(person('gu'), one.number);
    expect(await todosOf(person('gu'))).toEqual([]);
  });

  test('stays with whoever submitted it and is here, and goes with the customer when a superior gives him away', async () => {
    const one = await submitted();
    await decide(one, 'return');
    await handIn(person('chen'), one.number);
    await decide(one, 'return');
    await leaves(person('lin'));

    await company.call(person('gu'), 'lead.capture', { facts: { phone: one.phone } });
    expect((await todosOf(person('chen'))).length).toBe(1);
    await company.call(person('boss'), 'lead.reassign', { lead: one.lead, to: person('boss').id });

    expect([(await todosOf(person('chen'))).length, (await todosOf(person('boss'))).length]).toEqual([0, 1]);
  });
});
