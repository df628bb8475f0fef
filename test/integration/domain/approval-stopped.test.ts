/** A node nobody can decide: those who can do something hear of it, and it goes on when somebody can. It never passes. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { refusalOf } from '../../support/product.ts';
import { castOf } from '../../invariants/support/cast.ts';
import { ADMIN, useCompany, type StaffActor } from '../../invariants/support/company.ts';

const company = useCompany();
const { slack, wecom } = company.channels;
const { people, person } = castOf<'sales' | 'reviewer' | 'zhao' | 'may'>();
let phone = 13_700_010_000;

beforeAll(async () => {
  people.sales = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin' });
  people.reviewer = await company.addStaff('周敏', ['reviewer']);
  people.zhao = await company.addStaff('老赵', ['approver'], { wecom: 'laozhao' });
  await company.addStaff('梁总', ['manager'], { slack: 'U0LIANG' });
  await company.drain();
});
beforeEach(() => {
  slack.sent.length = 0;
  wecom.sent.length = 0;
});

interface Approval {
  readonly id: string;
  readonly revision: number;
  readonly state: string;
  readonly node: string;
  readonly number: string;
  readonly tasks: readonly { readonly name: string; readonly state: string }[];
}

interface Case {
  readonly product: string;
  readonly lead: string;
  readonly number: string;
  readonly id: string;
}

async function submit(amount: string): Promise<Case> {
  phone += 1;
  const facts = { name: '何晓燕', phone: String(phone), amount, term: 12 };
  const lead = (await company.call(person('sales'), 'lead.capture', { facts })) as { leadNumber: string };
  const done = (await company.call(person('sales'), 'lead.submit', { lead: lead.leadNumber })) as {
    applicationNumber: string;
    applicationId: string;
    product: string;
  };
  const { product } = done;
  return { product, lead: lead.leadNumber, number: done.applicationNumber, id: done.applicationId };
}

async function openOf({ number }: Case): Promise<Approval | undefined> {
  const { items } = (await company.call(ADMIN, 'approval.list', { state: 'OPEN' })) as { items: readonly Approval[] };
  return items.find((one) => one.number === number);
}

async function approve(who: StaffActor, one: Case): Promise<void> {
  const open = await openOf(one);
  await company.call(who, 'approval.decide', { id: open?.id, revision: open?.revision, verb: 'approve' });
}

async function leaves(who: StaffActor): Promise<void> {
  await company.call(ADMIN, 'staff.disable', { id: who.id });
  await company.drain();
}

async function stateOf({ id }: Case): Promise<string> {
  const sql = 'SELECT state FROM applications WHERE id = $1';
  return (await company.db.pool.query<{ state: string }>(sql, [id])).rows[0]?.state ?? '';
}

const seatsOf = async (one: Case): Promise<readonly string[] | undefined> =>
  (await openOf(one))?.tasks.map(({ name, state }) => `${name} ${state}`).sort();

const alarms = async (one: Case): Promise<number> =>
  company.count(`todos WHERE kind = 'approval_stopped' AND done_at IS NULL AND subject_id = $1`, [one.id]);

/** What is still open of it on the list of incidents. */
async function incidentsOf({ id }: Case): Promise<readonly string[]> {
  const { items } = (await company.call(ADMIN, 'incident.list', {})) as {
    items: readonly { kind: string; subjectId: string }[];
  };
  return items.filter(({ subjectId }) => subjectId === id).map(({ kind }) => kind);
}

describe('a second level with too few approvers', () => {
  test('is told to managers and submitter with number and title, stays stopped, and goes on when an approver is added', async () => {
    const one = await submit('300000.00');
    await approve(person('reviewer'), one);
    await company.drain();

    expect(slack.said('U0LIANG')).toEqual([
      expect.stringMatching(new RegExp(`^${one.number}（K\\d+ 何.*停在「终审」`)),
    ]);
    expect(wecom.said('xiaolin').at(-1)).toMatch(
      new RegExp(`^${one.number}.*停在「终审」：能审批的人不够，已请主管安排`),
    );
    expect(await alarms(one)).toBe(1);
    const incidents = (await company.call(ADMIN, 'incident.list', {})) as { items: readonly { words: string }[] };
    expect(incidents.items.map(({ words }) => words)).toContainEqual(
      expect.stringContaining('停在「终审」，能审批的人不够'),
    );
    const { items } = (await company.call({ ...person('sales'), roles: ['manager'] }, 'task.list', {})) as {
      items: readonly { title: string }[];
    };
    expect(items.map(({ title }) => title)).toContainEqual(
      expect.stringMatching(new RegExp(`^${one.number}（K\\d+ \\S+）的审批停在「终审」`)),
    );
    expect(await refusalOf(company.call(person('sales'), 'lead.submit', { lead: one.number }))).toBe(
      'application.still_stopped',
    );

    await company.addStaff('小吴', ['sales']);
    await company.drain();
    expect(await openOf(one)).toBeUndefined();
    expect(slack.said('U0LIANG')).toHaveLength(1);
    expect(await incidentsOf(one)).toEqual(['approval.empty']);

    people.may = await company.addStaff('阿May', ['approver'], { wecom: 'may' });
    await company.drain();
    expect(await seatsOf(one)).toEqual(['老赵 OPEN', '阿May OPEN'].sort());
    expect(await alarms(one)).toBe(0);
    expect(await incidentsOf(one)).toEqual([]);
    await approve(person('zhao'), one);
    expect(await stateOf(one)).toBe('SUBMITTED');
    await approve(person('may'), one);
    expect(await stateOf(one)).toBe('APPROVED');
  });

  test('is resumed by submitting it once more, or by the API, once somebody can decide', async () => {
    for (const resume of ['lead.submit', 'application.resume'] as const) {
      await company.db.pool.query('UPDATE staff SET is_active = false WHERE id = $1', [person('may').id]);
      const one = await submit('300000.00');
      await approve(person('reviewer'), one);
      expect(await alarms(one)).toBe(1);
      await company.db.pool.query('UPDATE staff SET is_active = true WHERE id = $1', [person('may').id]);

      await company.call(person('sales'), resume, resume === 'lead.submit' ? { lead: one.number } : { id: one.number });

      expect(await seatsOf(one)).toEqual(['老赵 OPEN', '阿May OPEN'].sort());
      expect(await refusalOf(company.call(person('sales'), 'lead.submit', { lead: one.lead }))).toBe(
        'application.already_submitted',
      );
    }
  });

  test('is resumed as it was handed in, although the company offers nothing of the kind any more', async () => {
    await company.db.pool.query('UPDATE staff SET is_active = false WHERE id = $1', [person('may').id]);
    const one = await submit('300000.00');
    await approve(person('reviewer'), one);
    await company.db.pool.query('UPDATE staff SET is_active = true WHERE id = $1', [person('may').id]);
    const { rows } = await company.db.pool.query<{ id: string }>('SELECT id FROM products WHERE is_current');
    const { items } = (await company.call(ADMIN, 'product.list', {})) as { items: readonly { code: string }[] };
    for (const { code } of items) await company.call(ADMIN, 'product.retire', { code });

    const again = await company.call(person('sales'), 'lead.submit', { lead: one.number });
    await company.db.pool.query('UPDATE products SET is_current = true WHERE id = ANY($1)', [rows.map(({ id }) => id)]);

    expect(again).toMatchObject({ applicationNumber: one.number, amount: '300000.00', term: 12, product: one.product });
  });
});

test('a step that failed is an incident until it is done', async () => {
  const one = await submit('100000.00');
  const sql = 'UPDATE applications SET amount_fen = $2 WHERE id = $1';
  await company.db.pool.query(sql, [one.id, 11_000_000]); // not what is voted on
  await approve(person('reviewer'), one);
  expect(await incidentsOf(one)).toEqual(['operation_failed']);
  expect(await refusalOf(company.call(person('sales'), 'application.resume', { id: one.number }))).toBe(
    'application.still_stopped',
  );
  expect(await incidentsOf(one)).toEqual(['operation_failed']);

  await company.db.pool.query(sql, [one.id, 10_000_000]);
  await company.call(person('sales'), 'application.resume', { id: one.number });

  expect(await stateOf(one)).toBe('APPROVED');
  expect(await incidentsOf(one)).toEqual([]);
  expect(await company.count(`todos WHERE subject_id = $1 AND done_at IS NULL`, [one.id])).toBe(0);
});

describe('somebody who leaves', () => {
  test('or is no longer waited for where others remain', async () => {
    const other = await company.addStaff('小钱', ['reviewer']);
    const one = await submit('100000.00');

    await leaves(other);

    expect(await seatsOf(one)).toEqual(['周敏 OPEN', '小钱 CLOSED'].sort());
    expect(
      await company.count(`audit_entries WHERE action = 'approval.reseat' AND outcome = 'DONE' AND subject_id = $1`, [
        (await openOf(one))?.id,
      ]),
    ).toBe(1);
  });

  test('is replaced where everybody has to sign; without anybody the case waits, alarms, and never passes with fewer', async () => {
    const third = await company.addStaff('小孙', ['approver'], { wecom: 'xiaosun' });
    const one = await submit('300000.00');
    await approve(person('reviewer'), one);
    expect(await seatsOf(one)).toEqual(['老赵 OPEN', '阿May OPEN'].sort());

    await leaves(person('may'));
    expect(await seatsOf(one)).toEqual(['小孙 OPEN', '老赵 OPEN', '阿May HANDED_OVER'].sort());
    expect(wecom.said('xiaosun')).toContainEqual(expect.stringContaining(one.number));

    await leaves(third);
    expect(await alarms(one)).toBe(1);
    expect(slack.said('U0LIANG').filter((text) => text.includes(one.number))).toHaveLength(1);
    await approve(person('zhao'), one);
    expect(await stateOf(one)).toBe('SUBMITTED');
    expect(await company.count('loans WHERE application_id = $1', [one.id])).toBe(0);

    const last = await company.addStaff('小周', ['approver'], { wecom: 'xiaozhou' });
    await company.drain();
    expect(await alarms(one)).toBe(0);
    await approve(last, one);
    expect(await stateOf(one)).toBe('APPROVED');
  });

  test('from a case that ends without him ends its alarm, to-do and incident', async () => {
    const last = await company.addStaff('小吴二', ['approver']);
    for (const name of ['小周', '小孙'])
      await company.db.pool.query('UPDATE staff SET is_active = false WHERE name = $1', [name]);
    const one = await submit('300000.00');
    await approve(person('reviewer'), one);
    await leaves(last);
    const vacant = async (): Promise<number> =>
      company.count(`incidents WHERE kind = 'approval.vacant' AND resolved_at IS NULL AND subject_id = $1`, [one.id]);
    expect([await alarms(one), await vacant()]).toEqual([1, 1]);

    const open = await openOf(one);
    const vote = { id: open?.id, revision: open?.revision, verb: 'reject', reason: 'R05' };
    await company.call(person('zhao'), 'approval.decide', vote);

    expect(await stateOf(one)).toBe('REJECTED');
    expect([await alarms(one), await vacant()]).toEqual([0, 0]);
  });
});

describe('a seat that falls vacant', () => {
  const change = async (who: StaffActor, disabled: boolean): Promise<void> => {
    await company.call(ADMIN, 'staff.update', { id: who.id, disabled });
    await company.drain();
  };
  const vacancies = async (one: Case): Promise<number> =>
    company.count(`incidents WHERE kind = 'approval.vacant' AND resolved_at IS NULL AND subject_id = $1`, [one.id]);
  const told = (one: Case): number => slack.said('U0LIANG').filter((text) => text.includes(one.number)).length;

  test('alarms each time it does, and no colleague who comes or goes meanwhile adds to it', async () => {
    const second = await company.addStaff('小郑', ['approver'], { wecom: 'xiaozheng' });
    const one = await submit('300000.00');
    await approve(person('reviewer'), one);
    await company.drain();
    expect(await seatsOf(one)).toEqual(['小郑 OPEN', '老赵 OPEN'].sort());

    await change(second, true);
    expect([await alarms(one), await vacancies(one), told(one)]).toEqual([1, 1, 1]);
    for (const name of ['小冯', '小陈']) {
      await company.addStaff(name, ['sales']);
      await company.drain();
    }
    expect([await alarms(one), await vacancies(one), told(one)]).toEqual([1, 1, 1]);

    await change(second, false);
    expect([await alarms(one), await vacancies(one), told(one)]).toEqual([0, 0, 1]);

    await change(second, true);
    expect([await alarms(one), await vacancies(one), told(one)]).toEqual([1, 1, 2]);
    await change(second, false);
    await approve(person('zhao'), one);
    await approve(second, one);
    expect(await stateOf(one)).toBe('APPROVED');
    await change(second, true);
  });

  test('is taken by whoever sat there before and is back: he gets his card once more, and it ends with the case', async () => {
    const back = await company.addStaff('小褚', ['reviewer'], { wecom: 'xiaochu' });
    const one = await submit('100000.00');
    await company.drain();
    expect(await seatsOf(one)).toEqual(['周敏 OPEN', '小褚 OPEN'].sort());
    await change(back, true);
    await change(person('reviewer'), true);
    expect(await seatsOf(one)).toEqual(['周敏 OPEN', '小褚 CLOSED'].sort());
    expect(await alarms(one)).toBe(1);
    wecom.sent.length = 0;

    await change(back, false);

    expect(await seatsOf(one)).toEqual(['周敏 HANDED_OVER', '小褚 OPEN'].sort());
    expect([await alarms(one), await vacancies(one)]).toEqual([0, 0]);
    expect(wecom.said('xiaochu')).toContainEqual(expect.stringContaining(one.number));

    await change(person('reviewer'), false);
    const open = await openOf(one);
    const handOver = { id: open?.id, revision: open?.revision, verb: 'hand_over' };
    await company.call(back, 'approval.decide', { ...handOver, to: '周敏' });
    await company.call(person('reviewer'), 'approval.decide', { ...handOver, to: '小褚' });
    expect(await seatsOf(one)).toEqual(['周敏 HANDED_OVER', '小褚 OPEN'].sort());
    await company.drain();
    wecom.sent.length = 0;
    await approve(back, one);
    await company.drain();
    expect(await stateOf(one)).toBe('APPROVED');
    expect(wecom.sent.map(({ content }) => content.kind)).toContain('card_update');
  });

  test('is not taken by whoever has signed there', async () => {
    const second = await company.addStaff('小卫', ['approver']);
    const one = await submit('300000.00');
    await approve(person('reviewer'), one);
    await approve(second, one);
    await change(person('zhao'), true);

    expect(await seatsOf(one)).toEqual(['小卫 APPROVED', '老赵 OPEN'].sort());
    expect(await alarms(one)).toBe(1);
    const reopen = `UPDATE approval_tasks SET state = 'OPEN' WHERE approval_id = $1 AND staff_id = $2`;
    await expect(company.db.pool.query(reopen, [(await openOf(one))?.id, second.id])).rejects.toMatchObject({
      constraint: 'vote_stands',
    });
  });
});

test('a case whose going on fails keeps no other from it, and the incident names it', async () => {
  const [broken, one] = [await submit('300000.00'), await submit('300000.00')];
  await company.db.pool.query(`UPDATE staff SET is_active = false WHERE roles @> '{approver}'`);
  for (const stopped of [broken, one]) await approve(person('reviewer'), stopped);
  expect([await alarms(broken), await alarms(one)]).toEqual([1, 1]);
  await company.db.pool.query(`UPDATE instances SET sealed_state = '\\x00' WHERE subject_id = $1`, [broken.id]);

  for (const name of ['小韩', '小杨']) await company.addStaff(name, ['approver']);
  await company.drain();

  expect(await seatsOf(one)).toEqual(['小杨 OPEN', '小韩 OPEN'].sort());
  const { items } = (await company.call(ADMIN, 'incident.list', {})) as {
    items: readonly { kind: string; subjectKind: string; subjectId: string; words: string }[];
  };
  expect(items.filter(({ kind }) => kind === 'timer.case_parked')).toEqual([
    expect.objectContaining({
      subjectKind: 'application',
      subjectId: broken.id,
      words: expect.stringContaining('别的申请照常'),
    }),
  ]);
});

test('a seat whose filling fails keeps no other empty, and the incident names its case', async () => {
  await company.db.pool.query(`UPDATE staff SET is_active = false WHERE roles @> '{approver}'`);
  const [going] = [await company.addStaff('小朱', ['approver']), await company.addStaff('小秦', ['approver'])];
  await company.drain();
  const [broken, one] = [await submit('300000.00'), await submit('300000.00')];
  for (const open of [broken, one]) await approve(person('reviewer'), open);
  await company.addStaff('小许', ['approver']);
  const brokenId = (await openOf(broken))?.id ?? '';
  await company.db.pool.query(`
    CREATE FUNCTION refuse_seat() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
    CREATE TRIGGER refuse_seat BEFORE UPDATE ON approval_tasks FOR EACH ROW WHEN (NEW.approval_id = '${brokenId}') EXECUTE FUNCTION refuse_seat()`);

  await leaves(going);
  await company.db.pool.query('DROP TRIGGER refuse_seat ON approval_tasks');

  expect(await seatsOf(one)).toEqual(['小朱 HANDED_OVER', '小秦 OPEN', '小许 OPEN'].sort());
  expect(await seatsOf(broken)).toEqual(['小朱 OPEN', '小秦 OPEN'].sort());
  expect(
    await company.count(
      `incidents WHERE kind = 'timer.case_parked' AND subject_id = $1 AND subject_kind = 'application'`,
      [broken.id],
    ),
  ).toBe(1);
});

test('a case that can go on does, however many older ones stand still', async () => {
  const one = await submit('300000.00');
  await company.db.pool.query(`UPDATE staff SET is_active = false WHERE roles @> '{approver}'`);
  await approve(person('reviewer'), one);
  expect(await alarms(one)).toBe(1);
  const state = { node: 'of-old', visit: 1, facts: {}, status: 'stopped' };
  const ids = Array.from({ length: 1001 }, (_, n) => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`);
  await company.db.pool.query(
    `INSERT INTO instances (id, flow_version_id, subject_kind, subject_id, step, visit, sealed_state, status, created_at, updated_at)
     SELECT old.id, i.flow_version_id, 'test', old.id, 'of-old', 1, old.sealed, 'STOPPED', i.created_at, i.updated_at
     FROM unnest($1::uuid[], $2::bytea[]) AS old (id, sealed), (SELECT * FROM instances WHERE subject_id = $3) AS i`,
    [ids, ids.map((id) => company.base.keys.sealJson(`instances.sealed_state.${id}`, state)), one.id],
  );

  for (const name of ['小蒋', '小沈']) await company.addStaff(name, ['approver']);
  await company.drain();

  expect(await seatsOf(one)).toEqual(['小沈 OPEN', '小蒋 OPEN'].sort());
});
