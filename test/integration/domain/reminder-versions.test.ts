/** Running loans and versions of the reminder flow: seen beforehand, moved batch by batch, nothing sent twice or late. */
import { createHash } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { reminderSchedules, renderReminder, runDueReminders } from '../../../src/domain/reminders/index.ts';
import { ACCOUNTS, ADMIN, useCompany } from '../../invariants/support/company.ts';
import { publishChanged } from '../../invariants/support/publish.ts';
import { refusalOf } from '../../support/product.ts';

const company = useCompany();
const FLOW = 'repayment-reminder';
/** 10:30 in the morning of the 20th for everybody here. */
const NOW = new Date('2027-03-20T02:30:00Z');
let shipped: string;

beforeAll(async () => {
  const { rows } = await company.db.pool.query<{ id: string }>(
    `SELECT id FROM flow_versions WHERE name = $1 AND state = 'LIVE'`,
    [FLOW],
  );
  shipped = rows[0]?.id ?? '';
  await company.advance(NOW.getTime() - Date.now());
});
beforeEach(async () => {
  const client = await company.db.pool.connect();
  await client.query('SET session_replication_role = replica');
  await client.query(
    'TRUNCATE customers, identities, loans, instalments, reminder_outcomes, outbox, outbox_keys, todos CASCADE',
  );
  await client.query(`DELETE FROM flow_versions WHERE name = $1 AND id <> $2`, [FLOW, shipped]);
  await client.query(`UPDATE flow_versions SET state = 'LIVE' WHERE id = $1`, [shipped]);
  await client.query('SET session_replication_role = DEFAULT');
  client.release();
  await company.base.flows.refresh(company.base.database);
});

interface Borrowing {
  /** Due dates of what is open. */
  readonly dueOn: readonly string[];
  /** The next look at it, in company time; `null` for none. */
  readonly next?: readonly [at: string, instalment: number, stage: string];
  /** Stages that were sent, e.g. `1:dueDay`. */
  readonly sent?: readonly string[];
  readonly version?: string;
}

/** A customer on Telegram with a loan. What nothing reads here (application, key) is left out. No spread: its id ends in 3. */
async function borrow(number: number, { dueOn, next, sent = [], version = shipped }: Borrowing): Promise<string> {
  const id = (kind: number): string => `${String(number).padStart(8, '0')}-0000-7000-8000-00000000000${kind}`;
  const client = await company.db.pool.connect();
  try {
    await client.query('SET session_replication_role = replica');
    await client.query(
      `INSERT INTO customers (id, number, data_key, name_masked, created_at, updated_at) VALUES ($1, $2, $2, '何**', $3, $3)`,
      [id(1), number, NOW],
    );
    await client.query(
      `INSERT INTO identities (id, account, external_id, customer_id, is_verified, created_at, bound_at) VALUES ($1, $2, $3, $4, true, $5, $5)`,
      [id(2), ACCOUNTS.telegram, String(number), id(1), NOW],
    );
    await client.query(
      `INSERT INTO loans (id, number, customer_id, application_id, principal_fen, annual_rate, term_months, method, day_count, start_on, state, reminder_version_id, next_reminder_at, next_instalment, next_stage, created_at, updated_at)
       VALUES ($1, $2, $3, $1, 10000000, 0.06, 12, 'EQUAL_INSTALMENT', '30/360', '2027-02-20', 'ACTIVE', $4, $5::timestamp AT TIME ZONE 'Asia/Shanghai', $6, $7, $8, $8)`,
      [id(3), number, id(1), version, next?.[0] ?? null, next?.[1] ?? null, next?.[2] ?? null, NOW],
    );
    await client.query(
      `INSERT INTO instalments (loan_id, number, due_on, principal_fen, interest_fen) SELECT $1, ordinality, due_on, 400000, 49877 FROM unnest($2::date[]) WITH ORDINALITY AS due (due_on, ordinality)`,
      [id(3), dueOn],
    );
    await client.query(
      `INSERT INTO outbox_keys (key, outbox_id, at) SELECT 'remind:' || $1::uuid || ':' || stage, nextval('outbox_id_seq'), $3 FROM unnest($2::text[]) AS stage`,
      [id(3), sent, NOW],
    );
    await client.query('SET session_replication_role = DEFAULT');
    return id(3);
  } finally {
    client.release();
  }
}

/** The next look at a loan, and the number of the version it has. */
async function planOf(loan: string): Promise<string> {
  const { rows } = await company.db.pool.query<{ plan: string }>(
    `SELECT concat_ws(' ', 'v' || v.number, to_char(l.next_reminder_at AT TIME ZONE 'Asia/Shanghai', 'MM-DD HH24:MI'), l.next_instalment || ':' || l.next_stage) AS plan
     FROM loans l JOIN flow_versions v ON v.id = l.reminder_version_id WHERE l.id = $1`,
    [loan],
  );
  return rows[0]?.plan ?? '';
}

async function outcomes(): Promise<readonly string[]> {
  const { rows } = await company.db.pool.query<{ line: string }>(
    `SELECT l.number || ' ' || o.instalment || ':' || o.stage || ' ' || o.outcome AS line FROM reminder_outcomes o JOIN loans l ON l.id = o.loan_id ORDER BY 1`,
  );
  return rows.map(({ line }) => line);
}

/** The scheduler at an instant of company time, until nothing is due; what it has put into the outbox. */
async function remindAt(time: string): Promise<readonly string[]> {
  const { base } = company;
  const now = new Date(`${time}:00+08:00`);
  const { rows: before } = await company.db.pool.query<{ id: string }>('SELECT coalesce(max(id), 0) AS id FROM outbox');
  for (let lookedAt = 1; lookedAt > 0;) {
    const run = await base.database.transaction(async (tx) =>
      runDueReminders(tx, reminderSchedules(base.flows).known(), { now, limit: 500, traceId: 'test' }),
    );
    lookedAt = run.looked_at;
  }
  const { rows } = await company.db.pool.query<{ line: string }>(
    `SELECT l.number || ' ' || o.reference AS line FROM outbox o JOIN loans l ON l.id = o.subject_id::uuid WHERE o.id > $1 ORDER BY 1`,
    [before[0]?.id],
  );
  return rows.map(({ line }) => line);
}

/** On the day the message moves from 9 to 18 o'clock, the eve's from 10 to 16; one more comes two days before. */
async function publishSecond(): Promise<string> {
  return publishChanged(company, FLOW, (text) =>
    text
      .replace(/(dueDay, day: 0, at: )"09:00"/, '$1"18:00"')
      .replace(/(dayBefore, day: -1, at: )"10:00"/, '$1"16:00"')
      .replace(
        /( +- \{ name: )dayBefore.*\n/,
        (line, lead: string) =>
          `${lead}twoDaysBefore, day: -2, at: "10:00", text: flows.repayment-reminder.due-day }\n${line}`,
      ),
  );
}

const migrate = async (input: object = {}): Promise<unknown> =>
  company.call(ADMIN, 'flow.migrate', { name: FLOW, ...input });
const preview = async (input: object = {}): Promise<unknown> =>
  company.call(ADMIN, 'flow.previewMigration', { name: FLOW, ...input });

/** Due today and told so this morning; due in three days and told so half an hour ago; due in a month. */
async function threeLoans(): Promise<readonly [string, string, string]> {
  return [
    await borrow(1, {
      dueOn: ['2027-03-20'],
      next: ['2027-03-21 10:02', 1, 'dayAfter'],
      sent: ['1:threeDaysBefore', '1:dayBefore', '1:dueDay'],
    }),
    await borrow(2, {
      dueOn: ['2027-03-23'],
      next: ['2027-03-22 10:02', 1, 'dayBefore'],
      sent: ['1:threeDaysBefore'],
    }),
    await borrow(3, { dueOn: ['2027-04-20', '2027-05-20'], next: ['2027-04-17 10:02', 1, 'threeDaysBefore'] }),
  ];
}

describe('publishing', () => {
  test('changes nothing for running loans, not even after a restart: all go on by the version they have', async () => {
    const loans = await threeLoans();
    await publishSecond();
    const { Flows } = await import('../../../src/core/runtime/flows.ts');
    const restarted = new Flows();
    await restarted.refresh(company.base.database);

    expect(reminderSchedules(restarted).known()).toHaveLength(2);
    expect(await remindAt('2027-03-20T18:30')).toEqual([]);
    expect(await remindAt('2027-03-22T10:30')).toEqual(['1 1:dayAfter', '2 1:dayBefore']);
    expect(await outcomes()).toEqual([]);
    expect(await Promise.all(loans.map(planOf))).toEqual([
      'v1',
      'v1 03-23 09:02 1:dueDay',
      'v1 04-17 10:02 1:threeDaysBefore',
    ]);
  });

  test('pins the words, too: a text that has changed since is not what the loan was made with', async () => {
    const { base } = company;
    const { rows } = await company.db.pool.query<{ definition: string }>(
      'SELECT definition FROM flow_versions WHERE id = $1',
      [shipped],
    );
    const definition = (rows[0]?.definition ?? '').replaceAll('已还请忽略', '多谢');
    const version = createHash('sha256').update(definition).digest('hex');
    await company.db.pool.query(
      `INSERT INTO flow_versions (id, name, number, kind, format_version, definition, source, state, created_at) VALUES ($1, $2, 2, 'schedule', 1, $3, '', 'RETIRED', $4)`,
      [version, FLOW, definition, NOW],
    );
    const loans = [await borrow(1, { dueOn: ['2027-03-23'] }), await borrow(2, { dueOn: ['2027-03-23'], version })];

    const render = renderReminder(reminderSchedules(base.flows), base.services);
    const said = await base.database.transaction(async (tx) =>
      Promise.all(loans.map(async (subjectId) => render(tx, { subjectId, reference: '1:dueDay', now: NOW }))),
    );

    expect(said).toMatchObject([
      { text: '提醒您，今天 3月23日应还 4,498.77 元（第 1 期）。已还请忽略。' },
      { text: '提醒您，今天 3月23日应还 4,498.77 元（第 1 期）。多谢。' },
    ]);
  });
});

describe('moving running loans', () => {
  test('is seen beforehand: how many, from which versions, what changes and what would be in the past', async () => {
    const loans = await threeLoans();
    await publishSecond();

    const before = await Promise.all(loans.map(planOf));
    expect(await preview()).toEqual({
      name: FLOW,
      to: 2,
      loans: 3,
      from: [{ number: 1, loans: 3 }],
      rescheduled: 1,
      lapsed: 1,
    });

    expect(await Promise.all(loans.map(planOf))).toEqual(before);
    expect(await outcomes()).toEqual([]);
    expect(await company.count(`audit_entries WHERE action LIKE 'flow.%igrat%'`)).toBe(0);
  });

  test('does what was foreseen, once: what is past is recorded as lapsed, what was sent is not sent again', async () => {
    const loans = await threeLoans();
    await publishSecond();
    const ids = createHash('sha256')
      .update([...loans].sort().join('\n'))
      .digest('hex');

    const first = { name: FLOW, from: 1, to: 2, moved: 3, rescheduled: 1, lapsed: 1, digest: ids, more: false };
    expect(await migrate()).toEqual(first);
    expect(await migrate()).toMatchObject({ from: null, moved: 0, lapsed: 0, digest: null, more: false });
    expect(await preview()).toMatchObject({ loans: 0, from: [], rescheduled: 0, lapsed: 0 });

    expect(await Promise.all(loans.map(planOf))).toEqual([
      'v2 03-21 10:02 1:dayAfter',
      'v2 03-21 10:02 1:twoDaysBefore',
      'v2 04-17 10:02 1:threeDaysBefore',
    ]);
    expect(await outcomes()).toEqual(['1 1:twoDaysBefore LAPSED']);
    expect(await remindAt('2027-03-20T18:30')).toEqual([]);
    expect(await remindAt('2027-03-21T10:30')).toEqual(['1 1:dayAfter', '2 1:twoDaysBefore']);
    expect(await remindAt('2027-03-22T10:30')).toEqual([]);
    expect(await remindAt('2027-03-22T16:30')).toEqual(['2 1:dayBefore']);
  });

  test('leaves one entry a batch on the audit log, with version, counts and a digest of the loans', async () => {
    await threeLoans();
    await publishSecond();
    const { digest } = (await migrate()) as { readonly digest: string };

    const { rows } = await company.db.pool.query<{ id: bigint; subject_id: string; sealed_detail: Buffer }>(
      `SELECT id, subject_id, sealed_detail FROM audit_entries WHERE action = 'flow.migrate' ORDER BY id DESC LIMIT 1`,
    );
    const [entry] = rows;
    if (!entry) throw new Error('no entry');
    expect(entry.subject_id).toBe(FLOW);
    expect(company.base.keys.openJson(`audit_entries.sealed_detail.${entry.id}`, entry.sealed_detail)).toMatchObject({
      evidence: { from: 1, to: 2, moved: 3, rescheduled: 1, lapsed: 1, digest },
    });
  });

  test('goes on where it was interrupted', async () => {
    await publishSecond();
    const third = await publishChanged(company, FLOW, (text) => text.replace('spreadMinutes: 50', 'spreadMinutes: 40'));
    const second = company.base.flows
      .schedules(FLOW)
      .find(({ version }) => ![shipped, third].includes(version))?.version;
    await borrow(1, { dueOn: ['2027-04-20'], next: ['2027-04-17 10:02', 1, 'threeDaysBefore'] });
    await borrow(2, { dueOn: ['2027-04-20'], next: ['2027-04-17 10:02', 1, 'threeDaysBefore'], version: second ?? '' });

    expect(await migrate()).toMatchObject({ from: 2, moved: 1, more: true });
    expect(await preview()).toMatchObject({ loans: 1, from: [{ number: 1, loans: 1 }] });
    expect(await migrate()).toMatchObject({ from: 1, moved: 1, more: false });
  });

  test('takes a reminder that is due along: it comes at the hour of the new version, not twice and not too late', async () => {
    const before = { next: ['2027-03-20 09:02', 1, 'dueDay'], sent: ['1:threeDaysBefore', '1:dayBefore'] } as const;
    const loan = await borrow(1, { dueOn: ['2027-03-20'], ...before });
    await publishSecond();

    expect(await preview()).toMatchObject({ loans: 1, rescheduled: 1, lapsed: 1 });
    await migrate();

    expect(await planOf(loan)).toBe('v2 03-20 18:02 1:dueDay');
    expect(await outcomes()).toEqual(['1 1:twoDaysBefore LAPSED']);
    expect(await remindAt('2027-03-20T10:30')).toEqual([]);
    expect(await remindAt('2027-03-20T18:30')).toEqual(['1 1:dueDay']);
  });

  test('back again is as it was: a stage that lapsed only by the move comes after all', async () => {
    const loan = await borrow(1, {
      dueOn: ['2027-03-20'],
      next: ['2027-03-21 10:02', 1, 'dayAfter'],
      sent: ['1:dueDay'],
    });
    await publishChanged(company, FLOW, (text) =>
      text.replace(/ +- \{ name: dueDay.*\n/, '').replace('dayAfter, day: 1,', 'dayAfter, day: 0,'),
    );
    await migrate();
    expect([await planOf(loan), (await outcomes()).includes('1 1:dayAfter LAPSED')]).toEqual(['v2', true]);

    await migrate({ to: 1 });

    expect([await planOf(loan), (await outcomes()).includes('1 1:dayAfter LAPSED')]).toEqual([
      'v1 03-21 10:02 1:dayAfter',
      false,
    ]);
    expect(await remindAt('2027-03-21T10:30')).toEqual(['1 1:dayAfter']);
  });

  test('lets a message lapse that still waits in the outbox for a stage the new version does not have', async () => {
    const loan = await borrow(1, { dueOn: ['2027-03-20'], next: ['2027-03-20 09:02', 1, 'dueDay'] });
    expect(await remindAt('2027-03-20T10:30')).toEqual(['1 1:dueDay']);
    await publishChanged(company, FLOW, (text) => text.replace('name: dueDay', 'name: today'));
    await migrate();

    await company.worker({ gates: [] }).deliverer.run();

    expect(company.channels.telegram.sent).toEqual([]);
    expect(await outcomes()).toContain('1 1:dueDay LAPSED');
    expect(await planOf(loan)).toBe('v2 03-21 10:02 1:dayAfter');
  });

  test('a stage that was sent has not lapsed as well when its new hour goes by in an outage', async () => {
    await borrow(1, { dueOn: ['2027-03-23'], next: ['2027-03-22 10:02', 1, 'dayBefore'], sent: ['1:threeDaysBefore'] });
    await publishChanged(company, FLOW, (text) =>
      text
        .replace(/ +- \{ name: threeDaysBefore.*\n/, '')
        .replace('name: dueDay', 'name: threeDaysBefore')
        .replace('name: dayAfter', 'name: last'),
    );
    await migrate();

    expect(await remindAt('2027-03-24T10:30')).toEqual(['1 1:last']);
    expect(await outcomes()).toEqual(['1 1:dayBefore LAPSED']);
  });

  test('two at once move each loan once', async () => {
    await threeLoans();
    await publishSecond();

    const done = (await Promise.all([migrate(), migrate()])) as readonly { readonly moved: number }[];

    expect(done.map(({ moved }) => moved).sort((a, b) => a - b)).toEqual([0, 3]);
  });

  test('leaves settled loans alone', async () => {
    await borrow(1, { dueOn: ['2027-04-20'] });
    await company.db.pool.query(`UPDATE loans SET state = 'SETTLED'`);
    await publishSecond();

    expect(await preview()).toMatchObject({ loans: 0, from: [] });
    expect(await migrate()).toMatchObject({ moved: 0 });
  });
});

describe('what cannot be moved', () => {
  test('cases of other kinds keep their version until they end', async () => {
    for (const name of ['loan-approval', 'lead-intake']) {
      expect(await refusalOf(company.call(ADMIN, 'flow.migrate', { name }))).toBe('flow.keeps_version');
      expect(await refusalOf(company.call(ADMIN, 'flow.previewMigration', { name }))).toBe('flow.keeps_version');
    }
  });

  test('a version that does not exist or was never published, or a flow nobody knows, is no target', async () => {
    await publishSecond();
    await company.db.pool.query(`UPDATE flow_versions SET state = 'DRAFT' WHERE name = $1 AND number = 2`, [FLOW]);

    expect(await refusalOf(migrate({ to: 2 }))).toBe('flow.not_published');
    expect(await refusalOf(migrate({ to: 9 }))).toBe('flow.not_published');
    expect(await refusalOf(company.call(ADMIN, 'flow.migrate', { name: 'nothing' }))).toBe('flow.not_found');
  });

  test('only administrators look and move', async () => {
    const manager = await company.addStaff('梁总', ['manager']);
    for (const operation of ['flow.migrate', 'flow.previewMigration'])
      expect(await refusalOf(company.call(manager, operation, { name: FLOW }))).toBe('permission.denied');
  });
});

test('a message that waited until the next one of its instalment came has lapsed; of another instalment it goes out', async () => {
  await borrow(1, { dueOn: ['2027-03-21', '2027-03-22'], next: ['2027-03-20 10:02', 1, 'dayBefore'] });
  expect(await remindAt('2027-03-20T10:30')).toEqual(['1 1:dayBefore']);
  expect(await remindAt('2027-03-21T10:30')).toEqual(['1 1:dueDay', '1 2:dayBefore']);
  company.channels.telegram.sent.length = 0;

  await company.advance(25 * 3_600_000); // the platform was away
  while ((await company.worker({ gates: [] }).deliverer.run()) > 0);

  expect(company.channels.telegram.sent).toHaveLength(2);
  expect(await outcomes()).toEqual(['1 1:dayBefore LAPSED']);
});

test('stages long before and long after the due date come, however many instalments lie between', async () => {
  const version = await publishChanged(company, FLOW, (text) =>
    text
      .replace('name: threeDaysBefore, day: -3', 'name: longBefore, day: -30')
      .replace('name: dayAfter, day: 1', 'name: longAfter, day: 30'),
  );
  const dueOn = ['2027-03-25', '2027-04-02', '2027-04-10', '2027-04-18', '2027-04-26', '2027-05-04'];
  await borrow(1, { dueOn, next: ['2027-03-24 10:02', 1, 'dayBefore'], version });
  await company.db.pool.query(
    `SELECT ensure_partitions(month) FROM unnest('{2027-04-01,2027-05-01,2027-06-01}'::timestamptz[]) AS month`,
  );

  const came: string[] = [];
  for (let day = 24; day <= 24 + 72; day += 3)
    came.push(...(await remindAt(`${new Date(Date.UTC(2027, 2, day)).toISOString().slice(0, 10)}T20:00`)));

  expect(came.filter((line) => line.endsWith('longBefore'))).toEqual(['1 5:longBefore', '1 6:longBefore']); // others were past
  expect(came.filter((line) => line.endsWith('longAfter'))).toEqual(dueOn.map((_, n) => `1 ${n + 1}:longAfter`));
});

test('a payment at nine o’clock does not make a reminder vanish that is due and not looked at yet', async () => {
  const loan = await borrow(1, { dueOn: ['2027-03-20', '2027-04-20'], next: ['2027-03-20 09:02', 1, 'dueDay'] });

  await company.call({ kind: 'SYSTEM', id: 'daiban', language: 'zh-CN' }, 'reminder.plan', { loanId: loan });

  expect(await planOf(loan)).toBe('v1 03-20 09:02 1:dueDay');
  expect(await remindAt('2027-03-20T10:30')).toEqual(['1 1:dueDay']);
});
