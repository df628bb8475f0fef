/** A file's trail is read by the customer's id: whatever is done to his file or by him stands under it, however he was named. */
import { beforeAll, expect, test } from 'vitest';
import type { Actor } from '../../../src/core/operations/actor.ts';
import { newId } from '../../../src/lib/ids.ts';
import { ACCOUNTS, ADMIN, useCompany, type StaffActor } from '../../invariants/support/company.ts';

const company = useCompany();
const PERSONAL = { textKey: 'flows.consent.personal-data', version: 1 };
let lin: StaffActor;
let he: Extract<Actor, { kind: 'CUSTOMER' }>;
let number = '';

beforeAll(async () => {
  Object.assign(company.base.services, { telegramBotName: () => 'daiban_bot' });
  lin = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin' });
  const facts = { name: '何女士', phone: '13800041234', amount: '100000.00', term: 12 };
  const lead = (await company.call(lin, 'lead.capture', { facts })) as { customerId: string; leadNumber: string };
  he = { kind: 'CUSTOMER', id: lead.customerId, identityId: newId(), language: 'zh-CN' };
  number = lead.leadNumber;
  await company.db.pool.query(
    `INSERT INTO identities (id, account, external_id, customer_id, is_verified, created_at, bound_at) VALUES ($1, $2, '70001', $3, true, now(), now())`,
    [he.identityId, ACCOUNTS.telegram, he.id],
  );
});

/** The newest entry of an operation. */
async function subjectOf(action: string): Promise<unknown> {
  const { rows } = await company.db.pool.query<{ subject_kind: string | null; subject_id: string | null }>(
    'SELECT subject_kind, subject_id FROM audit_entries WHERE action = $1 ORDER BY id DESC LIMIT 1',
    [action],
  );
  return rows[0];
}

const STEPS: readonly (readonly [string, 'lin' | 'he' | 'admin', () => object])[] = [
  ['consent.grant', 'he', () => PERSONAL],
  ['consent.decline', 'he', () => PERSONAL],
  ['consent.grant', 'he', () => PERSONAL],
  ['consent.withdraw', 'he', () => ({ consent: 'personal-information' })],
  ['consent.withdraw', 'admin', () => ({ customer: number, consent: 'personal-information' })],
  ['consent.grant', 'he', () => PERSONAL],
  ['customer.setLanguage', 'he', () => ({ language: 'zh-CN' })],
  ['customer.askAdviser', 'he', () => ({ topic: 'question', words: '利率多少' })],
  ['customer.answer', 'he', () => ({ facts: { income: '8000.00' } })],
  ['customer.createBindingLink', 'lin', () => ({ id: number })],
  ['customer.reveal', 'lin', () => ({ id: number, fields: ['mobile'], reason: '回访客户' })],
  ['customer.setZone', 'admin', () => ({ id: number, zone: 'Asia/Urumqi' })],
  ['lead.update', 'lin', () => ({ lead: number, facts: { city: '深圳' } })],
  ['document.offerUpload', 'lin', () => ({ customer: number })],
  ['conversation.handBack', 'lin', () => ({ customer: number })],
  ['conversation.giveBack', 'lin', () => ({ who: number })],
];

test.each(STEPS)('%s of %s is on the trail of the file', async (action, who, input) => {
  await company.call({ lin, he, admin: ADMIN }[who], action, input());

  expect(await subjectOf(action)).toEqual({ subject_kind: 'customer', subject_id: he.id });
});
