/**
 * Invariant 13: a running case keeps the flow and product versions it started with; only new cases take the new ones. A loan
 * keeps its reminders, too.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { DEMO_PRODUCTS } from '../../src/demo-products.ts';
import { runDueReminders, reminderSchedules, renderReminder } from '../../src/domain/reminders/index.ts';
import { ADMIN, useCompany, type StaffActor } from './support/company.ts';
import { publishChanged } from './support/publish.ts';

const company = useCompany();
const people: Partial<Record<'sales' | 'reviewer' | 'approver' | 'second', StaffActor>> = {};
let phone = 13_800_200_000;

beforeAll(async () => {
  people.sales = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin' });
  people.reviewer = await company.addStaff('周敏', ['reviewer'], { telegram: '7102' });
  people.approver = await company.addStaff('老赵', ['approver'], { slack: 'U0ZHAO' });
  people.second = await company.addStaff('阿May', ['approver'], { slack: 'U0MAY' });
});

function who(role: keyof typeof people): StaffActor {
  const found = people[role];
  if (!found) throw new Error(`no ${role} yet`);
  return found;
}

async function publish(name: string, change: (text: string) => string): Promise<string> {
  return publishChanged(company, name, change);
}

async function submit(amount: string): Promise<string> {
  phone += 1;
  const lead = (await company.call(who('sales'), 'lead.capture', {
    facts: { name: '何女士', phone: String(phone), amount, term: 12 },
  })) as { leadNumber: string };
  const { applicationId } = (await company.call(who('sales'), 'lead.submit', { lead: lead.leadNumber })) as {
    applicationId: string;
  };
  return applicationId;
}

async function approve(application: string, role: keyof typeof people): Promise<void> {
  const { rows } = await company.db.pool.query<{ id: string; revision: number }>(
    `SELECT id, revision FROM approvals WHERE application_id = $1 AND state = 'OPEN'`,
    [application],
  );
  await company.call(who(role), 'approval.decide', { id: rows[0]?.id, revision: rows[0]?.revision, verb: 'approve' });
}

async function stateOf(application: string): Promise<string> {
  const { rows } = await company.db.pool.query<{ state: string }>('SELECT state FROM applications WHERE id = $1', [
    application,
  ]);
  return rows[0]?.state ?? '';
}

async function versionOf(application: string): Promise<string> {
  const { rows } = await company.db.pool.query<{ flow_version_id: string }>(
    'SELECT flow_version_id FROM instances WHERE subject_id = $1',
    [application],
  );
  return rows[0]?.flow_version_id ?? '';
}

describe('a new version of the approval flow', () => {
  test('a case that was waiting when the limit fell from 20 to 5 万 goes on under 20 万, a new one under 5 万', async () => {
    const running = await submit('100000.00');
    const before = await versionOf(running);
    const published = await publish('loan-approval', (text) => text.replace('yuan(200000)', 'yuan(50000)'));
    const fresh = await submit('100000.00');

    await approve(running, 'reviewer');
    await approve(fresh, 'reviewer');

    expect([await stateOf(running), await stateOf(fresh)]).toEqual(['APPROVED', 'SUBMITTED']);
    expect([await versionOf(running), await versionOf(fresh)]).toEqual([before, published]);
    expect(before).not.toBe(published);
  });

  test('another process, which never saw the old version live, carries an old case on under it', async () => {
    await publish('loan-approval', (text) => text.replace('yuan(200000)', 'yuan(60000)'));
    const running = await submit('55000.00');
    await publish('loan-approval', (text) => text.replace('yuan(200000)', 'yuan(50000)'));
    const { Flows } = await import('../../src/core/runtime/flows.ts');
    const elsewhere = new Flows();
    await elsewhere.refresh(company.base.database);

    const loaded = await elsewhere.version(company.base.database, await versionOf(running));
    await approve(running, 'reviewer');

    expect(loaded.kind).toBe('process');
    expect(await stateOf(running)).toBe('APPROVED');
  });

  test('a stored version that was altered by hand is refused, not run', async () => {
    const running = await submit('100000.00');
    const id = await versionOf(running);
    const { Flows } = await import('../../src/core/runtime/flows.ts');
    await company.db.pool.query(
      `UPDATE flow_versions SET definition = replace(definition, 'reviewer', 'admin') WHERE id = $1`,
      [id],
    );

    await expect(new Flows().version(company.base.database, id)).rejects.toThrow();
    await company.db.pool.query(
      `UPDATE flow_versions SET definition = replace(definition, 'admin', 'reviewer') WHERE id = $1`,
      [id],
    );
  });
});

describe('a new version of a conversation', () => {
  test('somebody in the middle of a form stays in the version he began with', async () => {
    const { wecom } = company.channels;
    await company.say(wecom, 'xiaolin', '新客户 13800006612 想贷30万');
    await company.drain();
    const before = await frameVersions();
    const published = await publish('lead-intake', (text) =>
      `${text}\n# another comment changes nothing\n`.replace(/^title: .*/m, 'title: flows.loan-approval.title'),
    );

    await company.say(wecom, 'xiaolin', '何女士');
    await company.drain();

    expect(before).not.toContain(published);
    expect(await frameVersions()).toEqual(before);
  });
});

async function frameVersions(): Promise<string[]> {
  const { rows } = await company.db.pool.query<{ id: string; sealed_state: Buffer }>(
    `SELECT id, sealed_state FROM conversations WHERE chat = 'xiaolin' AND sealed_state IS NOT NULL`,
  );
  const [row] = rows;
  if (!row) return [];
  const state = company.base.keys.openJson(`conversations.sealed_state.${row.id}`, row.sealed_state) as {
    talk: { frames: { version: string }[] };
  };
  return state.talk.frames.map((frame) => frame.version);
}

describe('a new version of the repayment reminder', () => {
  interface Plan {
    readonly id: string;
    readonly reminder_version_id: string;
    readonly due_on: string;
    readonly next_stage: string;
    readonly next_at: string;
  }

  async function loanOf(application: string): Promise<Plan> {
    const { rows } = await company.db.pool.query<Plan>(
      `SELECT l.id, l.reminder_version_id, i.due_on::text, l.next_stage, to_char(l.next_reminder_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD HH24') AS next_at
       FROM loans l JOIN instalments i ON i.loan_id = l.id AND i.number = 1 WHERE l.application_id = $1`,
      [application],
    );
    if (!rows[0]) throw new Error('no loan');
    return rows[0];
  }

  async function lend(): Promise<string> {
    const application = await submit('20000.00');
    await approve(application, 'reviewer');
    return application;
  }

  /** What the first instalment's reminder of this stage says on its day, so many from the due date. */
  async function words(loan: Plan, stage: string, day: number): Promise<unknown> {
    const { base } = company;
    const render = renderReminder(reminderSchedules(base.flows), base.services);
    return base.database.transaction(async (tx) =>
      render(tx, {
        subjectId: loan.id,
        reference: `1:${stage}`,
        now: new Date(Date.parse(`${loan.due_on}T02:00:00Z`) + day * 86_400_000),
      }),
    );
  }

  test('a loan keeps the stages, hours and words it was made with, also when it is planned anew; a new loan has the new ones', async () => {
    const running = await lend();
    const before = await loanOf(running);
    const said = await words(before, 'threeDaysBefore', -3);
    const published = await publish('repayment-reminder', (text) =>
      text.replace(
        /name: threeDaysBefore.*/,
        'name: early, day: -5, at: "16:00", text: flows.repayment-reminder.due-day }',
      ),
    );
    const fresh = await loanOf(await lend());

    await company.call(ADMIN, 'loan.recordPayment', {
      id: before.id,
      externalId: 'some',
      amount: '100.00',
      paidAt: (await company.now()).toISOString(),
    });

    expect(await loanOf(running)).toEqual(before);
    expect([before.next_stage, before.next_at.slice(-2)]).toEqual(['threeDaysBefore', '10']);
    expect([fresh.next_stage, fresh.next_at.slice(-2)]).toEqual(['early', '16']);
    expect([before.reminder_version_id === published, fresh.reminder_version_id]).toEqual([false, published]);
    expect(await words(before, 'threeDaysBefore', -3)).toMatchObject({
      text: expect.stringContaining('请提前存入还款账户'),
    });
    expect(said).toMatchObject({ text: expect.stringContaining('请提前存入还款账户') });
    expect(await words(fresh, 'early', -5)).toMatchObject({ text: expect.stringContaining('今天') });
  });

  test('one run takes the loans of all versions, each by its own', async () => {
    const { base } = company;
    const late = new Date((await company.now()).getTime() + 400 * 86_400_000);
    await company.db.pool.query('SELECT ensure_partitions($1)', [late]);

    await base.database.transaction(async (tx) =>
      runDueReminders(tx, reminderSchedules(base.flows).known(), { now: late, limit: 500, traceId: 'test' }),
    );

    const { rows } = await company.db.pool.query<{ versions: string; stages: string }>(
      `SELECT count(DISTINCT l.reminder_version_id)::int AS versions, array_agg(DISTINCT o.stage ORDER BY o.stage) AS stages
       FROM reminder_outcomes o JOIN loans l ON l.id = o.loan_id
       WHERE (o.stage = 'early') <> (l.reminder_version_id = $1) AND o.stage IN ('early', 'threeDaysBefore')`,
      [base.flows.schedule('repayment-reminder').version],
    );
    expect(rows).toEqual([{ versions: 0, stages: null }]);
    expect(await company.count(`reminder_outcomes WHERE stage = 'early'`)).toBeGreaterThan(0);
    expect(await company.count(`reminder_outcomes WHERE stage = 'threeDaysBefore'`)).toBeGreaterThan(0);
  });
});

describe('a new version of a product', () => {
  test('an application keeps the terms of the version it was made with', async () => {
    const application = await submit('100000.00');
    const { rows: before } = await company.db.pool.query<{ annual_rate: string; version: number }>(
      'SELECT a.annual_rate, p.version FROM applications a JOIN products p ON p.id = a.product_id WHERE a.id = $1',
      [application],
    );
    for (const product of DEMO_PRODUCTS)
      await company.call(ADMIN, 'product.publish', { ...product, terms: { ...product.terms, annualRate: '0.2' } });

    const { rows: after } = await company.db.pool.query(
      'SELECT a.annual_rate, p.version FROM applications a JOIN products p ON p.id = a.product_id WHERE a.id = $1',
      [application],
    );

    expect(after).toEqual(before);
    expect(await company.count('products WHERE is_current AND version = $1', [before[0]?.version])).toBe(0);
  });
});
