/** Seeds the demo company once: staff of every role, three products, some customers. Through operations like everything else. */
import { DEMO_CUSTOMERS, DEMO_STAFF } from './config/demo.ts';
import type { Actor } from './core/operations/actor.ts';
import { isRole, SYSTEM_ACTOR } from './core/operations/actor.ts';
import { performOperation, type UnitDeps } from './core/unit/unit.ts';
import { listStaffRows } from './domain/staff/index.ts';
import { DEMO_PRODUCTS } from './demo-products.ts';

const ADMIN: Actor = { kind: 'TOKEN', id: 'seed', roles: ['admin'], language: 'zh-CN' };

/** Seeds unless there is staff already. `true` when it did. */
export async function seedDemo(deps: UnitDeps): Promise<boolean> {
  if ((await listStaffRows(deps.database)).length > 0) return false;
  const options = { actor: ADMIN, via: 'seed' };
  for (const person of DEMO_STAFF) {
    const { accounts } = deps.services;
    const bound = Object.fromEntries(
      (['wecom', 'slack', 'telegram'] as const).flatMap((platform) =>
        person[platform] !== undefined && accounts[platform] !== undefined ? [[platform, person[platform]]] : [],
      ),
    );
    await performOperation(deps, options, 'staff.add', {
      name: person.name,
      roles: person.roles,
      ...(person.team === undefined ? {} : { team: person.team }),
      ...(person.language === undefined ? {} : { language: person.language }),
      ...bound,
    });
  }
  for (const product of DEMO_PRODUCTS) await performOperation(deps, options, 'product.publish', product);
  const people = await listStaffRows(deps.database);
  for (const customer of DEMO_CUSTOMERS) {
    const owner = people.find(({ name }) => name === customer.owner);
    const actor: Actor = owner
      ? {
          kind: 'STAFF',
          id: owner.id,
          name: owner.name,
          roles: owner.roles.filter(isRole),
          teamId: owner.team_id ?? undefined,
          language: 'zh-CN',
        }
      : SYSTEM_ACTOR;
    const facts = {
      name: customer.name,
      phone: customer.phone,
      ...(customer.amount === undefined ? {} : { amount: customer.amount }),
      ...(customer.purpose === undefined ? {} : { purpose: customer.purpose }),
    };
    await performOperation(deps, { actor, via: 'seed' }, 'lead.capture', { facts, source: 'demo' });
  }
  return true;
}
