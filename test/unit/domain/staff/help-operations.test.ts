import { describe, expect, test } from 'vitest';
import { ANY_STAFF, ROLES, type Access, type Role } from '../../../../src/core/operations/actor.ts';
import type { Ctx } from '../../../../src/core/operations/context.ts';
import { helpTopics } from '../../../../src/domain/staff/help-operations.ts';

const RIGHTS: Readonly<Record<string, Access>> = {
  'lead.capture': { sales: 'own' },
  'approval.get': { approver: 'own' },
  'task.list': ANY_STAFF,
};

async function topicsOf(...roles: readonly Role[]): Promise<readonly string[]> {
  const actor = { kind: 'STAFF', id: 's', name: '小唐', roles, teamId: undefined, language: 'zh-CN' } as const;
  const answer = await helpTopics((operation) => RIGHTS[operation]).run({ actor } as unknown as Ctx, {});
  return (answer as { readonly items: readonly { readonly topic: string }[] }).items.map(({ topic }) => topic);
}

describe('help', () => {
  test('tells each role what its rights allow, and nothing else', async () => {
    expect(await topicsOf('sales')).toEqual(['leads', 'tasks']);
    expect(await topicsOf('approver')).toEqual(['approvals', 'tasks']);
    expect(await topicsOf('collector')).toEqual(['tasks']);
    expect(await topicsOf('sales', 'approver')).toEqual(['leads', 'approvals', 'tasks']);
  });

  test('leaves out what the installation does not have', async () => {
    expect(await topicsOf(...ROLES)).not.toContain('trial');
  });
});
