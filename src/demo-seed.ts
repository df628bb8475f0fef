/** Seeds the demo company once: staff of every role, three products, some customers. Through operations like everything else. */
import { DEMO_CUSTOMERS, DEMO_STAFF } from './config/demo.ts';
import type { Actor } from './core/operations/actor.ts';
import { isRole, SYSTEM_ACTOR } from './core/operations/actor.ts';
import { inUnit, type Unit, type UnitDeps } from './core/unit/unit.ts';
import { LOCKS } from './db/locks.ts';
import { listStaffRows } from './domain/staff/index.ts';
import { DEMO_PRODUCTS } from './demo-products.ts';

const ADMIN: Actor = { kind: 'TOKEN', id: 'seed', roles: ['admin'], language: 'zh-CN' };

/** Seeds the whole company in one commit, unless there is staff already. `true` when it did. */
export async function seedDemo(deps: UnitDeps): Promise<boolean> {
  return inUnit(deps, async (unit) => {
    await unit.tx.query('SELECT pg_advisory_xact_lock($1)', [LOCKS.demoSeed]);
    if ((await listStaffRows(unit.tx)).length > 0) return false;
    const turn = unit.turn({ actor: ADMIN, via: 'seed' });
    for (const person of DEMO_STAFF) await turn.run('staff.add', memberOf(person, deps.services.accounts));
    for (const product of DEMO_PRODUCTS) await turn.run('product.publish', product);
    await seedCustomers(unit);
    return true;
  });
}

function memberOf(person: (typeof DEMO_STAFF)[number], accounts: UnitDeps['services']['accounts']): object {
  const { name, roles, team, language } = person;
  const bound = Object.fromEntries(
    (['wecom', 'slack', 'telegram'] as const).flatMap((platform) =>
      person[platform] !== undefined && accounts[platform] !== undefined ? [[platform, person[platform]]] : [],
    ),
  );
  return {
    name,
    roles,
    ...(team === undefined ? {} : { team }),
    ...(language === undefined ? {} : { language }),
    ...bound,
  };
}

/** Each customer is taken down by whoever looks after him. */
async function seedCustomers(unit: Unit): Promise<void> {
  const people = await listStaffRows(unit.tx);
  for (const { name, phone, amount, purpose, owner: wanted } of DEMO_CUSTOMERS) {
    const owner = people.find((person) => person.name === wanted);
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
      name,
      phone,
      ...(amount === undefined ? {} : { amount }),
      ...(purpose === undefined ? {} : { purpose }),
    };
    await unit.turn({ actor, via: 'seed' }).run('lead.capture', { facts, source: 'demo' });
  }
}
