/** Invariant 8: each change of business data is an operation: permitted, validated, audited. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createExpressApp, createHttpServer } from '../../src/api/app.ts';
import { Metrics } from '../../src/api/metrics.ts';
import { ROLES, type Access, type Actor, type Role } from '../../src/core/operations/actor.ts';
import type { Operation } from '../../src/core/operations/operation.ts';
import { AppError } from '../../src/lib/errors.ts';
import { silentLog } from '../../src/lib/log.ts';
import { Secret } from '../../src/lib/secret.ts';
import { refusalOf } from '../support/product.ts';
import { useCompany } from './support/company.ts';

const company = useCompany();

function operations(): readonly Operation[] {
  return company.base.registry.list();
}

function tokenOf(role: Role): Actor {
  return { kind: 'TOKEN', id: `token-${role}`, roles: [role], language: 'zh-CN' };
}

const STRANGER: Actor = { kind: 'STRANGER', id: '00000000-0000-7000-8000-000000000001', language: 'zh-CN' };
const CUSTOMER: Actor = {
  kind: 'CUSTOMER',
  id: '00000000-0000-7000-8000-000000000002',
  identityId: '00000000-0000-7000-8000-000000000003',
  language: 'zh-CN',
};

/** Everybody who is not in the access row, with how he would call. */
function outsiders(access: Access): readonly Actor[] {
  return [
    ...ROLES.filter((role) => access[role] === undefined).map(tokenOf),
    ...(access.stranger === undefined ? [STRANGER] : []),
    ...(access.customer === undefined ? [CUSTOMER] : []),
  ];
}

describe('an operation', () => {
  test('refuses everybody who is not in its access row, before anything else, and leaves the refusal in the audit log', async () => {
    let tried = 0;
    const wrong: string[] = [];
    const before = await company.count(`audit_entries WHERE outcome = 'REFUSED'`);

    for (const operation of operations()) {
      for (const actor of outsiders(operation.access)) {
        tried += 1;
        const code = await refusalOf(company.call(actor, operation.name, {})).catch(() => 'done');
        if (code !== 'permission.denied') wrong.push(`${operation.name} by ${actor.id}: ${code}`);
      }
    }

    expect(wrong).toEqual([]);
    expect(tried).toBeGreaterThan(200);
    expect((await company.count(`audit_entries WHERE outcome = 'REFUSED'`)) - before).toBe(tried);
  });

  test('refuses members it does not know, with a pointer to them, and changes nothing', async () => {
    const wrong: string[] = [];
    const everything: Actor = { kind: 'SYSTEM', id: 'daiban', language: 'zh-CN' };
    const done = (): Promise<number> => company.count(`audit_entries WHERE outcome = 'DONE'`);
    const before = await done();

    for (const operation of operations()) {
      const refused = await company
        .call(everything, operation.name, { notAMember: 1 })
        .catch((error: unknown) => error);
      const pointers = refused instanceof AppError ? refused.faults.map(({ pointer }) => pointer) : [];
      const expected = operation.input instanceof z.ZodObject ? '/notAMember' : ''; // of alternatives none is meant
      if (!pointers.includes(expected)) wrong.push(`${operation.name}: ${String(refused)} ${pointers.join(' ')}`);
    }

    expect(wrong).toEqual([]);
    expect(await done()).toBe(before);
  });

  test('that changes something is audited under its name with the actor and where he came from', async () => {
    const sales = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin' });

    await company.call(sales, 'lead.capture', { facts: { name: '何女士', phone: '13800006612' } });

    const { rows } = await company.db.pool.query(
      `SELECT actor_kind, actor_id, outcome, via FROM audit_entries WHERE action = 'lead.capture' AND outcome = 'DONE'`,
    );
    expect(rows).toEqual([{ actor_kind: 'STAFF', actor_id: sales.id, outcome: 'DONE', via: 'api' }]);
    expect(operations().filter((operation) => !operation.isRead && !operation.isAudited)).toEqual([]);
  });
});

describe('the ways in', () => {
  let url = '';

  beforeAll(async () => {
    const { registry, unit, database, services } = company.base;
    const express = createExpressApp({
      registry,
      unit,
      auth: { bootstrap: new Secret('bootstrap-token'), findToken: async () => undefined },
      database,
      texts: services.texts,
      log: silentLog,
      metrics: new Metrics(),
      publicUrl: 'http://127.0.0.1',
      version: '0',
      readiness: async () => [],
      extend: () => undefined,
    });
    const server = createHttpServer(express, [], { texts: services.texts, log: silentLog });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
    return () => {
      server.close();
    };
  });

  test('the API lets nobody in without a token: every operation with an address answers 401', async () => {
    const wrong: string[] = [];
    const bound = operations().flatMap(({ name, http }) => (http ? [{ name, http }] : []));

    for (const { name, http } of bound) {
      const path = http.path.replaceAll(/\{[^}]+\}/g, '00000000-0000-7000-8000-000000000001');
      const body = http.method === 'GET' ? {} : { body: '{}', headers: { 'content-type': 'application/json' } };
      const { status } = await fetch(`${url}/api/v1${path}`, { method: http.method, ...body });
      if (status !== 401) wrong.push(`${name} ${http.method} ${http.path}: ${status}`);
    }

    expect(wrong).toEqual([]);
    expect(bound.length).toBeGreaterThan(15);
  });

  test('the rooms around the domain write no business table themselves', () => {
    const src = path.resolve(import.meta.dirname, '../../src');
    const business =
      /\b(INSERT INTO|UPDATE|DELETE FROM) (customers|pii_refs|leads|lead_\w+|consents|documents|document_versions|products|applications|approvals|approval_\w+|cards|loans|instalments|payments|payment_allocations|staff|teams)\b/;
    const offenders = readdirSync(src, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.startsWith('domain/') && !file.startsWith('sandbox/page/'))
      .filter((file) => business.test(readFileSync(path.join(src, file), 'utf8')));

    expect(offenders).toEqual([]);
  });
});
