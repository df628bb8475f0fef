/** Tokens that act as a person: who answers for them, what they may not do, and that they never pass for the person. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Actor } from '../../../src/core/operations/actor.ts';
import { performOperation } from '../../../src/core/unit/unit.ts';
import { castOf } from '../../invariants/support/cast.ts';
import { useCompany, type StaffActor } from '../../invariants/support/company.ts';
import { BOOTSTRAP, useApi, type Answer } from './api-server.ts';

const DAY_MS = 86_400_000;

const company = useCompany();
const api = useApi(company);
const { people, person } = castOf<'admin' | 'reviewer' | 'sales'>();
let phone = 13_700_021_000;

beforeAll(async () => {
  people.admin = await company.addStaff('梁总', ['admin'], { slack: 'U0LIANG' });
  people.sales = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin' });
  people.reviewer = await company.addStaff('小钱', ['reviewer'], { telegram: '7102' });
});

interface Made {
  readonly id: string;
  readonly token: string;
  readonly createdBy: string;
  readonly mayDecide: boolean;
}

async function make(token: string, input: object): Promise<Made> {
  return (await api.send<Made>('POST', '/api/v1/tokens', { token, body: input })).body;
}

async function makeFor(who: StaffActor, token = BOOTSTRAP): Promise<Made> {
  return make(token, { name: 'console', staffId: who.id });
}

/** A token that whoever sits at the machine makes for a person. */
async function makeAtTheMachine(who: StaffActor): Promise<Made> {
  const actor: Actor = { kind: 'TOKEN', id: 'cli', roles: ['admin'], language: 'zh-CN' };
  const input = { name: 'console', staffId: who.id };
  return (await performOperation(company.base.unit, { actor, via: 'cli' }, 'token.create', input)) as Made;
}

/** The number of a case that waits for the reviewer. */
async function submitted(): Promise<string> {
  phone += 1;
  const facts = { name: '何女士', phone: String(phone), amount: '100000.00', term: 12 };
  const lead = (await company.call(person('sales'), 'lead.capture', { facts })) as { leadNumber: string };
  const done = await company.call(person('sales'), 'lead.submit', { lead: lead.leadNumber });
  return (done as { applicationNumber: string }).applicationNumber;
}

async function approve(token: string, number: string): Promise<Answer<{ code?: string; detail?: string }>> {
  return api.send('POST', `/api/v1/approvals/${number}/decisions`, { token, body: { revision: 1, verb: 'approve' } });
}

/** What somebody was told in Telegram. */
function told(chat: string): readonly string[] {
  return company.channels.telegram.sent.flatMap(({ to, content }) =>
    to.chat === chat && content.kind === 'text' ? [content.text] : [],
  );
}

describe('a token that acts as a person', () => {
  test('decides nothing when a token of nobody made it, at first hand or at second', async () => {
    const number = await submitted();
    const first = await makeFor(person('reviewer'));
    const second = await makeFor(person('reviewer'), (await makeFor(person('admin'))).token);

    const refused = await Promise.all([approve(first.token, number), approve(second.token, number)]);

    expect([first.mayDecide, second.mayDecide]).toEqual([false, false]);
    expect(refused.map(({ status, body }) => [status, body.code])).toEqual([
      [403, 'approval.token_of_nobody'],
      [403, 'approval.token_of_nobody'],
    ]);
    expect(refused[0]?.body.detail).toContain('daiban token create');
  });

  test('decides when a person or whoever sits at the machine made it, and the audit log names the token', async () => {
    const byAdmin = await makeFor(person('reviewer'), (await makeAtTheMachine(person('admin'))).token);
    const atTheMachine = await makeAtTheMachine(person('reviewer'));

    for (const { id, token } of [byAdmin, atTheMachine]) {
      const { status } = await approve(token, await submitted());
      const { rows } = await company.db.pool.query<{ actor_id: string; via: string }>(
        `SELECT actor_id, via FROM audit_entries WHERE action = 'approval.decide' ORDER BY id DESC LIMIT 1`,
      );
      expect(status).toBe(200);
      expect(rows).toEqual([{ actor_id: person('reviewer').id, via: `api:${id}` }]);
    }
  });

  test('is told to the person when somebody else made it, with what it may do, and not when he made it himself', async () => {
    const chu = await company.addStaff('小褚', ['admin', 'reviewer'], { telegram: '7103' });
    const own = await makeAtTheMachine(chu);
    await makeFor(chu);
    await makeFor(chu, own.token);
    await make((await makeAtTheMachine(person('admin'))).token, { name: '财务对账', staffId: chu.id });
    await company.drain();

    expect(told('7103')).toEqual([
      '有人在服务器上为您新建了接口令牌「console」，能用它以您的名义办事和审批。不是您要的，请马上告诉管理员停用。',
      '有人用没有主人的令牌为您新建了接口令牌「console」，能用它以您的名义办事（不能审批）。不是您要的，请马上告诉管理员停用。',
      '管理员梁总为您新建了接口令牌「财务对账」，能用它以您的名义办事和审批。不是您要的，请马上告诉管理员停用。',
    ]);
  });

  test('is listed with whoever made it', async () => {
    const admin = await makeAtTheMachine(person('admin'));
    const made = await makeFor(person('reviewer'), admin.token);
    const { items } = (await company.call(person('admin'), 'token.list', {})) as {
      readonly items: readonly (Made & { readonly createdByName: string })[];
    };

    expect(items.slice(0, 2).map(({ id, createdBy, createdByName }) => [id, createdBy, createdByName])).toEqual([
      [made.id, person('admin').id, '梁总'],
      [admin.id, 'cli', 'cli'],
    ]);
    expect(made.createdBy).toBe(person('admin').id);
  });

  test('ends by real time, whatever the business clock says', async () => {
    await company.advance(30 * DAY_MS);
    const { id } = await make(BOOTSTRAP, { name: 'short', roles: ['manager'], validDays: 1 });

    const { rows } = await company.db.pool.query<{ left_ms: number }>(
      `SELECT (extract(epoch FROM expires_at - clock_timestamp()) * 1000)::float AS left_ms FROM api_tokens WHERE id = $1`,
      [id],
    );

    expect(rows[0]?.left_ms).toBeGreaterThan(DAY_MS - 600_000);
    expect(rows[0]?.left_ms).toBeLessThanOrEqual(DAY_MS);
  });
});
