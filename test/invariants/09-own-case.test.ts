/**
 * Invariant 9: nobody decides his own case; nobody signs twice in one chain; an empty approver stops and alarms, it never
 * passes. The database refuses it too.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Actor } from '../../src/core/operations/actor.ts';
import { refusalOf } from '../support/product.ts';
import { castOf } from './support/cast.ts';
import { ADMIN, useCompany, type StaffActor } from './support/company.ts';

const company = useCompany();
const { people, person } = castOf<'submitter' | 'author' | 'reviewer' | 'both' | 'approver'>();
let phone = 13_800_000_000;

beforeAll(async () => {
  // He may submit and would also be asked to review.
  people.submitter = await company.addStaff('小林', ['sales', 'reviewer'], { wecom: 'xiaolin' });
  people.author = await company.addStaff('陈组长', ['team_lead', 'reviewer'], { wecom: 'chenzz' });
  people.reviewer = await company.addStaff('周敏', ['reviewer'], { telegram: '7102' });
  people.approver = await company.addStaff('阿May', ['approver'], { slack: 'U0MAY' });
});

interface Approval {
  readonly id: string;
  readonly revision: number;
  readonly state: string;
  readonly node: string;
  readonly tasks: readonly { readonly staffId: string; readonly state: string }[];
}

/** A case of the submitter's; what is open of it. */
async function submit(amount: string): Promise<{
  readonly application: string;
  readonly lead: string;
  readonly open: () => Promise<Approval | undefined>;
}> {
  phone += 1;
  const facts = { name: '何女士', phone: String(phone), amount, term: 12 };
  const lead = (await company.call(person('submitter'), 'lead.capture', { facts })) as { leadNumber: string };
  const done = (await company.call(person('submitter'), 'lead.submit', { lead: lead.leadNumber })) as {
    applicationId: string;
  };
  const open = async (): Promise<Approval | undefined> => {
    const { items } = (await company.call({ kind: 'SYSTEM', id: 'daiban', language: 'zh-CN' }, 'approval.list', {
      state: 'OPEN',
    })) as { items: (Approval & { applicationId: string })[] };
    return items.find((one) => one.applicationId === done.applicationId);
  };
  return { application: done.applicationId, lead: lead.leadNumber, open };
}

async function decide(
  actor: StaffActor,
  approval: Approval | undefined,
  verb = 'approve',
  more: Record<string, unknown> = {},
): Promise<unknown> {
  return company.call(actor, 'approval.decide', { id: approval?.id, revision: approval?.revision, verb, ...more });
}

async function stateOf(application: string): Promise<string> {
  const { rows } = await company.db.pool.query<{ state: string }>('SELECT state FROM applications WHERE id = $1', [
    application,
  ]);
  return rows[0]?.state ?? '';
}

describe('one’s own case', () => {
  test('the submitter is not asked although he has the role, and is refused when he decides all the same', async () => {
    const { open } = await submit('100000.00');
    const approval = await open();

    const asked = approval?.tasks.map((task) => task.staffId);

    expect(asked).toContain(person('reviewer').id);
    expect(asked).not.toContain(person('submitter').id);
    expect(await refusalOf(decide(person('submitter'), approval))).toBe('approval.own_case');
    expect(await refusalOf(decide(person('reviewer'), approval, 'hand_over', { to: '小林' }))).toBe(
      'approval.successor_needed',
    );
  });

  test('whoever wrote a fact of the case is its author and may not decide it', async () => {
    const facts = { name: '孙女士', phone: '13900001905', amount: '100000.00', term: 12 };
    const lead = (await company.call(person('submitter'), 'lead.capture', { facts })) as { leadNumber: string };
    await company.db.pool.query(
      `INSERT INTO lead_authors (lead_id, staff_id, at) SELECT id, $1, business_now() FROM leads ORDER BY created_at DESC LIMIT 1`,
      [person('author').id],
    );
    await company.call(person('submitter'), 'lead.submit', { lead: lead.leadNumber });

    const { rows } = await company.db.pool.query<{ staff_id: string }>(
      `SELECT t.staff_id FROM approval_tasks t JOIN approvals a ON a.id = t.approval_id ORDER BY a.opened_at DESC, a.id DESC`,
    );

    expect(rows[0]?.staff_id).not.toBe(person('author').id);
    const { rows: excluded } = await company.db.pool.query<{ why: string }>(
      'SELECT why FROM approval_exclusions WHERE staff_id = $1',
      [person('author').id],
    );
    expect(excluded).toEqual([{ why: 'author' }]);
  });

  test('what approvers have before them is changed by nobody of us until it is returned; then whoever changes it is an author', async () => {
    const { lead, open } = await submit('100000.00');
    const approval = await open();
    const chief = await company.addStaff('梁总', ['manager', 'reviewer'], { slack: 'U0CHIEF' });
    const facts = { amount: '200000.00' };
    const form = { name: '何女士', mobile: String(phone), purpose: 'turnover', source: 'website' };
    const attempt = async (actor: Actor, name: string, input: object): Promise<string> =>
      refusalOf(company.call(actor, name, input));

    expect(await attempt(person('submitter'), 'lead.update', { lead, facts })).toBe('lead.in_approval');
    expect(await attempt(chief, 'lead.update', { lead, facts })).toBe('lead.in_approval');
    expect(await attempt(ADMIN, 'lead.update', { lead, facts: { name: '何小姐' } })).toBe('lead.in_approval');
    expect(await attempt(ADMIN, 'lead.create', form)).toBe('lead.in_approval');
    const typed = { phone: String(phone), ...facts };
    expect(await attempt(person('submitter'), 'lead.capture', { facts: { ...typed, debt: '1.00' } })).toBe(
      'lead.in_approval',
    );
    const again = await company.call(person('submitter'), 'lead.capture', { facts: typed });
    expect(again).toMatchObject({ kind: 'existing', amount: '100000.00', changes: {} });
    const same = await company.call(person('submitter'), 'lead.update', { lead, facts: { amount: '100000.00' } });
    expect(same).toMatchObject({ changes: {} });

    await decide(person('reviewer'), approval, 'return', { reason: '金额' });
    await company.call(chief, 'lead.update', { lead, facts });
    await company.call(person('submitter'), 'lead.submit', { lead });
    expect((await open())?.tasks.map((task) => task.staffId)).not.toContain(chief.id);
  });

  test('the database refuses a seat for the submitter, whoever writes it', async () => {
    const { open } = await submit('100000.00');
    const approval = await open();

    const seat = company.db.pool.query(
      `INSERT INTO approval_tasks (id, approval_id, staff_id, state) VALUES (gen_random_uuid(), $1, $2, 'OPEN')`,
      [approval?.id, person('submitter').id],
    );

    await expect(seat).rejects.toMatchObject({ constraint: 'own_case' });
  });
});

describe('an approver nobody can be', () => {
  test('a second level that needs two approvers and finds one stops the case and raises an alarm; it is never approved', async () => {
    const { application, open } = await submit('300000.00');

    await decide(person('reviewer'), await open());

    expect(await open()).toBeUndefined();
    expect(await stateOf(application)).toBe('SUBMITTED');
    expect(await company.count('loans')).toBe(0);
    expect(await company.count(`incidents WHERE kind = 'approval.empty' AND subject_id = $1`, [application])).toBe(1);
    expect(await company.count(`todos WHERE kind = 'approval_stopped' AND done_at IS NULL`)).toBe(1);
  });
});

describe('two levels', () => {
  test('who signed at the first level is not asked at the second, and the database refuses his second signature', async () => {
    people.both = await company.addStaff('老赵', ['reviewer', 'approver'], { slack: 'U0ZHAO' });
    const third = await company.addStaff('梁总', ['approver'], { slack: 'U0LIANG' });
    const { open } = await submit('300000.00');
    await decide(person('both'), await open());

    const second = await open();
    const asked = second?.tasks.map((task) => task.staffId);
    expect([...(asked ?? [])].sort()).toEqual([person('approver').id, third.id].sort());

    const seat = company.db.pool.query(
      `INSERT INTO approval_tasks (id, approval_id, staff_id, state) VALUES (gen_random_uuid(), $1, $2, 'APPROVED')`,
      [second?.id, person('both').id],
    );
    await expect(seat).rejects.toMatchObject({ constraint: 'signed_twice' });
  });

  test('who signed at the first level is not asked at the second when it was returned only for documents', async () => {
    const { lead, open } = await submit('300000.00');
    await decide(person('both'), await open());
    const asked = async (): Promise<readonly string[]> =>
      ((await open())?.tasks ?? []).map((task) => task.staffId).sort();
    const others = await asked();
    await decide(person('approver'), await open(), 'return', { reason: '缺流水' });
    await company.call(person('submitter'), 'lead.submit', { lead });

    expect(await asked()).toEqual(others);
    const seat = company.db.pool.query(
      `INSERT INTO approval_tasks (id, approval_id, staff_id, state) VALUES (gen_random_uuid(), $1, $2, 'APPROVED')`,
      [(await open())?.id, person('both').id],
    );
    await expect(seat).rejects.toMatchObject({ constraint: 'signed_twice' });
  });

  test('returned for other terms the case begins anew: who signed at the first level is asked there again', async () => {
    const { lead, open } = await submit('300000.00');
    await decide(person('both'), await open());
    await decide(person('approver'), await open(), 'return', { reason: '太高' });
    await company.call(person('submitter'), 'lead.update', { lead, facts: { amount: '250000.00' } });
    await company.call(person('submitter'), 'lead.submit', { lead });

    await decide(person('both'), await open());

    expect((await open())?.tasks.map((task) => task.staffId)).not.toContain(person('both').id);
  });

  test('two who tap in the same moment are counted one after the other: both signatures stand, the loan is made once', async () => {
    const { application, open } = await submit('300000.00');
    await decide(person('reviewer'), await open());
    const second = await open();
    const { rows } = await company.db.pool.query<{ id: string; name: string }>(
      'SELECT id, name FROM staff WHERE id = ANY($1)',
      [second?.tasks.map((task) => task.staffId)],
    );
    const approvers: StaffActor[] = rows.map(({ id, name }) => ({
      kind: 'STAFF',
      id,
      name,
      roles: ['approver'],
      teamId: undefined,
      language: 'zh-CN',
    }));

    await Promise.all(approvers.map(async (actor) => decide(actor, second)));

    expect(await stateOf(application)).toBe('APPROVED');
    expect(await company.count('loans WHERE application_id = $1', [application])).toBe(1);
  });

  test('two reviewers of an 或签 node who tap in the same moment: one decides, the other is told that it is decided', async () => {
    const { application, open } = await submit('100000.00');
    const first = await open();
    const both = [person('reviewer'), person('both')];

    const results = await Promise.allSettled(both.map(async (actor) => decide(actor, first)));

    expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(results.find((result) => result.status === 'rejected')?.reason).toMatchObject({ code: 'approval.closed' });
    expect(
      await company.count(
        `approval_tasks t JOIN approvals a ON a.id = t.approval_id WHERE a.application_id = $1 AND t.state = 'APPROVED'`,
        [application],
      ),
    ).toBe(1);
    expect(await stateOf(application)).toBe('APPROVED');
  });
});
