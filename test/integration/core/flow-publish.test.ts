/** Publishing versions of flows: exactly the one that was meant, back again, and never one that would stop the product. */
import { expect, test } from 'vitest';
import { storeDraft } from '../../../src/core/runtime/flow-store.ts';
import { readTimes } from '../../../src/core/unit/unit.ts';
import { ADMIN, useCompany } from '../../invariants/support/company.ts';
import { refusalOf } from '../../support/product.ts';

const company = useCompany();

interface Version {
  readonly number: number;
  readonly state: string;
}

async function versions(name: string): Promise<readonly Version[]> {
  const { rows } = await company.db.pool.query<Version>(
    'SELECT number, state FROM flow_versions WHERE name = $1 ORDER BY number',
    [name],
  );
  return rows;
}

/** Stores the live version of a flow again with another hash. */
async function draft(name: string, kind?: string): Promise<void> {
  const { database } = company.base;
  await database.transaction(async (tx) => {
    const [row] = await tx.query<{ definition: string; kind: string }>(
      `SELECT definition, kind FROM flow_versions WHERE name = $1 AND state = 'LIVE'`,
      [name],
    );
    const version = Buffer.alloc(32, 1 + (await versions(name)).length + (kind === undefined ? 0 : 64)).toString('hex');
    const flow = {
      name,
      kind: kind ?? row?.kind,
      version,
      canonical: row?.definition,
      normalised: { definition: { formatVersion: 1 } },
    } as unknown as Parameters<typeof storeDraft>[1];
    await storeDraft(tx, flow, 'source', (await readTimes(tx)).now);
  });
}

test('the newest draft goes live and the former version can come back in one step, both on the audit trail', async () => {
  await draft('lead-intake');

  const there = await company.call(ADMIN, 'flow.publish', { name: 'lead-intake' });
  expect(there).toMatchObject({ number: 2, before: 1 });
  expect(await versions('lead-intake')).toEqual([
    { number: 1, state: 'RETIRED' },
    { number: 2, state: 'LIVE' },
  ]);

  const back = await company.call(ADMIN, 'flow.publish', { name: 'lead-intake', number: 1 });
  expect(back).toMatchObject({ number: 1, before: 2 });
  expect(await versions('lead-intake')).toEqual([
    { number: 1, state: 'LIVE' },
    { number: 2, state: 'RETIRED' },
  ]);
  expect(
    await company.count(
      `audit_entries WHERE action = 'flow.publish' AND outcome = 'DONE' AND subject_id = 'lead-intake'`,
    ),
  ).toBe(2);
});

test('a flow of another kind does not take the place of one that the program relies on', async () => {
  await draft('repayment-reminder', 'conversation');

  expect(await refusalOf(company.call(ADMIN, 'flow.publish', { name: 'repayment-reminder' }))).toBe('flow.other_kind');
  expect(await versions('repayment-reminder')).toEqual([
    { number: 1, state: 'LIVE' },
    { number: 2, state: 'DRAFT' },
  ]);
});

test('without a draft, or for a flow nobody knows, nothing is published', async () => {
  expect(await refusalOf(company.call(ADMIN, 'flow.publish', { name: 'loan-approval' }))).toBe('flow.no_draft');
  expect(await refusalOf(company.call(ADMIN, 'flow.publish', { name: 'loan-approval', number: 9 }))).toBe(
    'flow.no_draft',
  );
  expect(await refusalOf(company.call(ADMIN, 'flow.publish', { name: 'nothing' }))).toBe('flow.not_found');
});

test('only administrators publish', async () => {
  const manager = await company.addStaff('梁总', ['manager']);
  expect(await refusalOf(company.call(manager, 'flow.publish', { name: 'lead-intake', number: 2 }))).toBe(
    'permission.denied',
  );
});
