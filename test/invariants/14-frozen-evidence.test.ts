/** Invariant 14: what an approver saw, and what a customer agreed to, is frozen with a hash and can be shown again. */
import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { useCompany, type StaffActor } from './support/company.ts';

const company = useCompany();
const people: { sales?: StaffActor; reviewer?: StaffActor } = {};
const made: { application?: string; lead?: string; customer?: string } = {};

function who(role: 'sales' | 'reviewer'): StaffActor {
  const found = people[role];
  if (!found) throw new Error('nobody yet');
  return found;
}

beforeAll(async () => {
  people.sales = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin' });
  people.reviewer = await company.addStaff('周敏', ['reviewer'], { telegram: '7102' });
  const lead = (await company.call(who('sales'), 'lead.capture', {
    facts: { name: '何女士', phone: '13800006612', amount: '100000.00', term: 12, city: '深圳' },
  })) as {
    leadNumber: string;
    customerId: string;
  };
  Object.assign(made, { lead: lead.leadNumber, customer: lead.customerId });
  const done = (await company.call(who('sales'), 'lead.submit', { lead: lead.leadNumber })) as {
    applicationId: string;
  };
  made.application = done.applicationId;
});

/** Members in the order of their names, no blanks: what RFC 8785 makes of objects without odd numbers. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, part]) => `${JSON.stringify(name)}:${canonical(part)}`).join(',')}}`;
}

interface Frozen {
  readonly snapshot: Readonly<Record<string, unknown>>;
  readonly hash: string;
}

async function frozen(): Promise<Frozen> {
  const { rows } = await company.db.pool.query<{ id: string; sealed_snapshot: Buffer; snapshot_hash: Buffer }>(
    'SELECT id, sealed_snapshot, snapshot_hash FROM approvals WHERE application_id = $1',
    [made.application],
  );
  const [row] = rows;
  if (!row) throw new Error('no approval');
  return {
    snapshot: company.base.keys.openJson(
      `approvals.sealed_snapshot.${row.id}`,
      row.sealed_snapshot,
    ) as Frozen['snapshot'],
    hash: row.snapshot_hash.toString('hex'),
  };
}

describe('what an approver saw', () => {
  test('is hashed over every part of it: RFC 8785 form, SHA-256, computed here by other means', async () => {
    const { snapshot, hash } = await frozen();

    expect(hash).toBe(createHash('sha256').update(canonical(snapshot)).digest('hex'));
    expect(snapshot).toMatchObject({ amount: '100000.00', termMonths: 12, facts: { city: '深圳' } });
  });

  test('stays as it was when the lead changes under it, on the card and in the API', async () => {
    const before = await frozen();
    await company.drain();
    const card = company.channels.telegram.sent.find(({ content }) => content.kind === 'card')?.content;

    // No operation changes it meanwhile (invariant 9); what is frozen does not lean on that.
    for (const table of ['leads', 'applications'])
      await company.db.pool.query(
        `UPDATE ${table} SET amount_fen = 15000000, term_months = 24 WHERE customer_id = $1`,
        [made.customer],
      );
    const { items } = (await company.call(who('reviewer'), 'approval.list', {})) as {
      items: { amount: string; snapshotHash: string }[];
    };

    expect(await frozen()).toEqual(before);
    expect(items).toMatchObject([{ amount: '100000.00', snapshotHash: before.hash }]);
    expect(JSON.stringify(card)).toContain('100,000.00');
  });

  test('a decision stands on exactly that: the redrawn card shows the frozen amount', async () => {
    const { rows } = await company.db.pool.query<{ id: string; revision: number }>(
      'SELECT id, revision FROM approvals WHERE application_id = $1',
      [made.application],
    );

    await company.call(who('reviewer'), 'approval.decide', {
      id: rows[0]?.id,
      revision: rows[0]?.revision,
      verb: 'reject',
      reason: 'R05',
    });
    await company.drain();

    const redrawn = company.channels.telegram.sent.findLast(({ content }) => content.kind === 'card_update')?.content;
    expect(JSON.stringify(redrawn)).toContain('100,000.00');
    expect(JSON.stringify(redrawn)).not.toContain('150,000.00');
  });
});

test('no loan is made but the very one that was voted on, whoever changes the terms under the vote', async () => {
  const facts = { name: '周先生', phone: '13800006613', amount: '100000.00', term: 12 };
  const lead = (await company.call(who('sales'), 'lead.capture', { facts })) as { leadNumber: string };
  const done = (await company.call(who('sales'), 'lead.submit', { lead: lead.leadNumber })) as {
    applicationId: string;
    applicationNumber: string;
  };
  const change = 'UPDATE applications SET amount_fen = $2 WHERE id = $1';
  await company.db.pool.query(change, [done.applicationId, 15_000_000]);

  const vote = { id: done.applicationNumber, revision: 1, verb: 'approve' };
  await company.call(who('reviewer'), 'approval.decide', vote);

  expect(await company.count('loans WHERE application_id = $1', [done.applicationId])).toBe(0);
  await company.db.pool.query(change, [done.applicationId, 10_000_000]);
  await company.call(who('sales'), 'application.resume', { id: done.applicationNumber });
  expect(await company.count('loans WHERE application_id = $1', [done.applicationId])).toBe(1);
});

describe('what a customer agreed to', () => {
  test('is kept with version, language and the hash of the very text, and the text cannot be changed afterwards', async () => {
    const identity = '00000000-0000-7000-8000-00000000000a';
    await company.db.pool.query(
      `INSERT INTO identities (id, account, external_id, customer_id, is_verified, created_at) VALUES ($1, $2, '900', $3, true, business_now())`,
      [identity, company.channels.telegram.account, made.customer],
    );
    const { rows: texts } = await company.db.pool.query<{ text: string; version: number }>(
      `SELECT text, version FROM consent_texts WHERE key = 'personal-information' AND language = 'zh-CN' ORDER BY version DESC LIMIT 1`,
    );

    await company.call(
      { kind: 'CUSTOMER', id: made.customer ?? '', identityId: identity, language: 'zh-CN' },
      'consent.grant',
      { textKey: 'personal-information', version: texts[0]?.version },
    );

    const { rows } = await company.db.pool.query<{ text_hash: Buffer; text_version: number; language: string }>(
      'SELECT text_hash, text_version, language FROM consents',
    );
    expect(rows).toEqual([
      {
        text_hash: createHash('sha256')
          .update(texts[0]?.text ?? '')
          .digest(),
        text_version: texts[0]?.version,
        language: 'zh-CN',
      },
    ]);
    await expect(company.db.pool.query(`UPDATE consent_texts SET text = 'something else'`)).rejects.toThrow(
      'append-only',
    );
  });
});
