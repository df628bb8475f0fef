/** Running loans and versions of the reminder flow: seen beforehand, moved batch by batch, nothing sent twice or late. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { reminderSchedules, renderReminder } from '../../../src/domain/reminders/index.ts';
import { ADMIN } from '../../invariants/support/company.ts';
import { publishChanged } from '../../invariants/support/publish.ts';
import { refusalOf } from '../../support/product.ts';
import { FLOW, NOW, useReminderDesk } from '../../support/reminder-desk.ts';

const desk = useReminderDesk();
const { company, borrow, planOf, outcomes, remindAt } = desk;

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
      [desk.shipped],
    );
    const definition = (rows[0]?.definition ?? '').replaceAll('已还请忽略', '多谢');
    const version = createHash('sha256').update(definition).digest('hex');
    await company.db.pool.query(
      `INSERT INTO flow_versions (id, name, number, kind, format_version, definition, source, state, created_at) VALUES ($1, $2, 2, 'schedule', 1, $3, '', 'RETIRED', $4)`,
      [version, FLOW, definition, NOW],
    );
    const loans = [await borrow(1, { dueOn: ['2027-03-20'] }), await borrow(2, { dueOn: ['2027-03-20'], version })];

    const render = renderReminder(reminderSchedules(base.flows), base.services);
    const said = await base.database.transaction(async (tx) =>
      Promise.all(loans.map(async (subjectId) => render(tx, { subjectId, reference: '1:dueDay', now: NOW }))),
    );

    expect(said).toMatchObject([
      { text: '提醒您，今天 3月20日应还 4,498.77 元（第 1 期）。已还请忽略。' },
      { text: '提醒您，今天 3月20日应还 4,498.77 元（第 1 期）。多谢。' },
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
      .find(({ version }) => ![desk.shipped, third].includes(version))?.version;
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
