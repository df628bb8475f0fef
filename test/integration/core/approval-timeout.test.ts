/** An approval with a time-out is closed when its time is up: nobody decides it any more, and what follows is not held up. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Card } from '../../../src/channels/card.ts';
import { lockApproval } from '../../../src/domain/applications/application-store.ts';
import { until, useCompany, type StaffActor } from '../../invariants/support/company.ts';
import type { ScriptedChannel } from '../../invariants/support/scripted-channel.ts';
import { publishChanged } from '../../invariants/support/publish.ts';
import { refusalOf } from '../../support/product.ts';

const HOUR = 3_600_000;
const company = useCompany();
const { slack, wecom } = company.channels;
let lin: StaffActor;
let qian: StaffActor;
let approvers: readonly StaffActor[];
let phone = 13_800_600_000;

beforeAll(async () => {
  lin = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin' });
  qian = await company.addStaff('小钱', ['reviewer'], { wecom: 'xiaoqian', slack: 'UQIAN' });
  const zhao = await company.addStaff('老赵', ['approver'], { wecom: 'laozhao' });
  approvers = [zhao, await company.addStaff('老王', ['approver'], { wecom: 'laowang' })];
});

interface Case {
  readonly applicationId: string;
  readonly applicationNumber: string;
}

/** Hands a case in while this level has an hour, and what comes after that is this. */
async function submits(afterwards: string, level = 'first-review', amount = '50000.00'): Promise<Case> {
  const node = new RegExp(`  ${level}:\\n(?:.*\\n)*?    recalled: tell-recalled\\n`);
  await publishChanged(company, 'loan-approval', (text) =>
    text.replace(node, (found) => `${found}    timeout: { after: 1h, go: ${afterwards} }\n`),
  );
  wecom.sent.length = 0;
  phone += 1;
  const facts = { name: '何晓燕', phone: String(phone), amount, purpose: 'turnover', term: 12, house: true };
  const lead = (await company.call(lin, 'lead.capture', { facts })) as { leadNumber: string };
  const one = (await company.call(lin, 'lead.submit', { lead: lead.leadNumber })) as Case;
  await company.drain();
  return one;
}

async function timePasses(): Promise<void> {
  await company.advance(HOUR + 60_000);
  await company.drain();
}

interface Level {
  readonly id: string;
  readonly revision: number;
  readonly node: string;
  readonly state: string;
}

async function levelsOf({ applicationId }: Case): Promise<readonly Level[]> {
  const sql = 'SELECT id, revision, node, state FROM approvals WHERE application_id = $1 ORDER BY opened_at, visit';
  return (await company.db.pool.query<Level>(sql, [applicationId])).rows;
}

async function vote(who: StaffActor, level: Level | undefined): Promise<unknown> {
  return company.call(who, 'approval.decide', { id: level?.id, revision: level?.revision, verb: 'approve' });
}

async function stateOf({ applicationId }: Case): Promise<string | undefined> {
  const sql = 'SELECT state FROM applications WHERE id = $1';
  return (await company.db.pool.query<{ state: string }>(sql, [applicationId])).rows[0]?.state;
}

const loans = async ({ applicationId }: Case): Promise<number> =>
  company.count('loans WHERE application_id = $1', [applicationId]);

const lastCard = (channel: ScriptedChannel, person: string): Card | undefined =>
  channel.sent.flatMap(({ to, content }) => (to.chat === person && 'card' in content ? [content.card] : [])).at(-1);

describe('an approval whose time is up', () => {
  test('closes with its seats and cards, whoever sat there is told, and a late vote or tap changes nothing', async () => {
    const one = await submits('tell-expired');
    const card = lastCard(wecom, 'xiaoqian');

    await timePasses();

    expect(await stateOf(one)).toBe('EXPIRED');
    const [level] = await levelsOf(one);
    expect(level?.state).toBe('EXPIRED');
    const seen = await company.call(qian, 'customer.find', { query: one.applicationNumber });
    expect(seen).toMatchObject({ kind: 'one', stage: '超期已关闭' });
    expect(await company.count(`approval_tasks WHERE approval_id = $1 AND state = 'OPEN'`, [level?.id])).toBe(0);
    expect(lastCard(wecom, 'xiaoqian')).toMatchObject({ id: card?.id, closed: '已超时', actions: [] });
    expect(wecom.said('xiaoqian').at(-1)).toMatch(
      new RegExp(`^${one.applicationNumber}（K\\d+ 何\\*\\*）不用再批了：在规定时间内没有批完`, 'u'),
    );
    expect(await refusalOf(vote(qian, level))).toBe('approval.closed');
    const tap = { kind: 'action', cardId: lastCard(slack, 'UQIAN')?.id ?? '', revision: 1, verb: 'approve' } as const;
    await company.receive(slack, 'UQIAN', { ...tap, selected: {}, handle: { channel: 'D1', user: 'UQIAN' } });
    await company.drain();
    expect(slack.sent.at(-1)?.content).toMatchObject({
      kind: 'tap_answer',
      text: `${one.applicationNumber} 已经超时，这次没有改变结果。`,
    });
    expect(await stateOf(one)).toBe('EXPIRED');
  });

  test('does not hold up the loan that those asked after it approve', async () => {
    const one = await submits('second-review');
    await timePasses();

    for (const who of approvers) await vote(who, (await levelsOf(one)).at(-1));
    await company.drain();

    expect((await levelsOf(one)).map(({ node, state }) => [node, state])).toEqual([
      ['first-review', 'EXPIRED'],
      ['second-review', 'APPROVED'],
    ]);
    expect([await stateOf(one), await loans(one)]).toEqual(['APPROVED', 1]);
  });

  test('passes nothing: a flow that goes on to the loan all the same stands still, though another level approved', async () => {
    const one = await submits('make-loan', 'second-review', '300000.00');
    await vote(qian, (await levelsOf(one))[0]);
    await company.drain();
    await timePasses();

    expect((await levelsOf(one)).map(({ state }) => state)).toEqual(['APPROVED', 'EXPIRED']);
    expect(await loans(one)).toBe(0);
    expect(await company.count(`instances WHERE subject_id = $1 AND status = 'STOPPED'`, [one.applicationId])).toBe(1);
  });

  test('waits for the votes that are being counted before it holds the case', async () => {
    const one = await submits('tell-expired');
    const [level] = await levelsOf(one);
    await company.advance(HOUR + 60_000);
    const waiting = `pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    let drained: Promise<unknown> = Promise.resolve();

    await company.base.database.transaction(async (tx) => {
      await lockApproval(tx, level?.id ?? '');
      drained = company.drain();
      await until(async () => (await company.count(waiting)) > 0);
      const take = 'SELECT id FROM instances WHERE subject_id = $1 FOR NO KEY UPDATE NOWAIT';
      expect(await tx.query(take, [one.applicationId])).toHaveLength(1);
    });
    await drained;

    expect(await stateOf(one)).toBe('EXPIRED');
  });
});
