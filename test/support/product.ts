/**
 * The product's domain on a test database of its own: keys, texts, files, the operations of every room, and a small
 * company. Operations are called as the API or a chat turn calls them, each in a unit of work of its own.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { Database } from '../../src/db/database.ts';
import { Keyring } from '../../src/db/keyring.ts';
import { REPORTS } from '../../src/channels/channel.ts';
import { SYSTEM_ACTOR, type Actor, type Role } from '../../src/core/operations/actor.ts';
import type { Services } from '../../src/core/operations/context.ts';
import { Registry, type Operation } from '../../src/core/operations/operation.ts';
import { inUnit, performOperation, type Turn, type UnitDeps } from '../../src/core/unit/unit.ts';
import * as applications from '../../src/domain/applications/index.ts';
import * as consent from '../../src/domain/consent/index.ts';
import * as customers from '../../src/domain/customers/index.ts';
import * as documents from '../../src/domain/documents/index.ts';
import * as leads from '../../src/domain/leads/index.ts';
import * as products from '../../src/domain/products/index.ts';
import * as reminders from '../../src/domain/reminders/index.ts';
import * as staff from '../../src/domain/staff/index.ts';
import * as timeline from '../../src/domain/timeline/index.ts';
import * as todos from '../../src/domain/todos/index.ts';
import { identitiesOf } from '../../src/identity/identity-store.ts';
import { DiskFileStore } from '../../src/lib/file-store.ts';
import { loadTexts } from '../../src/lib/i18n.ts';
import { useDatabase, type TestDatabase } from './database.ts';

/** The accounts of the test company. */
export const ACCOUNTS = { wecom: 'wecom:ww0test:1000002', slack: 'slack:T0TEST', telegram: 'telegram:4242' } as const;

const MASTER = Buffer.alloc(32, 7);
const LOCALES = path.resolve(import.meta.dirname, '../../locales');

export type StaffActor = Extract<Actor, { kind: 'STAFF' }>;
export type CustomerActor = Extract<Actor, { kind: 'CUSTOMER' }>;
export type StrangerActor = Extract<Actor, { kind: 'STRANGER' }>;

/** What tests drive; usable from `beforeAll` hooks and tests on. */
export interface TestProduct {
  readonly db: TestDatabase;
  readonly deps: UnitDeps;
  readonly services: Services;
  /** Calls one operation as the API does. `via` is the platform or `api`. */
  call(actor: Actor, name: string, input: unknown, via?: string): Promise<unknown>;
  /** Runs several operations as one turn. */
  turn<T>(actor: Actor, work: (turn: Turn) => Promise<T>): Promise<T>;
  addStaff(
    name: string,
    roles: readonly Role[],
    options?: { readonly team?: string; readonly telegram?: string },
  ): Promise<StaffActor>;
  /** Somebody who wrote to the bot and is bound to nobody. */
  stranger(externalId: string, account?: string): Promise<StrangerActor>;
  /** The customer on a chat account that is bound to his file. */
  boundCustomer(customerId: string, externalId: string): Promise<CustomerActor>;
  /** Moves business time forward. */
  advance(ms: number): Promise<void>;
  /** The same company in another process: connections and caches of its own. */
  elsewhere(): Promise<UnitDeps & { close(): Promise<void> }>;
}

/** Differs from the defaults. */
export interface ProductOptions {
  /** Outside the sandbox: personal data of a Telegram customer leaves the country. */
  readonly leavesCountry?: boolean;
}

interface Running {
  readonly deps: UnitDeps;
  readonly folder: string;
}

/** Call once at the top of a test file. */
export function useProduct(options: ProductOptions = {}): TestProduct {
  const db = useDatabase();
  const running: { now?: Running } = {};
  const get = (): Running => {
    if (!running.now) throw new Error('the test product exists from the first hook on');
    return running.now;
  };
  beforeAll(async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'daiban-files-'));
    await db.database.query('SELECT ensure_partitions(business_now())');
    running.now = { folder, deps: await open(db.database, folder, options) };
    await db.database.transaction(async (tx) => consent.ensureConsentTexts(tx, get().deps.services.texts));
  });
  afterAll(async () => {
    if (running.now) await rm(running.now.folder, { recursive: true, force: true });
  });
  const product: TestProduct = {
    db,
    get deps() {
      return get().deps;
    },
    get services() {
      return get().deps.services;
    },
    call: async (actor, name, input, via = 'api') => performOperation(get().deps, { actor, via }, name, input),
    turn: async (actor, work) => inUnit(get().deps, async (unit) => work(unit.turn({ actor, via: 'telegram' }))),
    addStaff: async (name, roles, more = {}) => addStaff(product, name, roles, more),
    stranger: async (externalId, account = ACCOUNTS.telegram) => stranger(product, externalId, account),
    boundCustomer: async (customerId, externalId) => {
      const { id } = await stranger(product, externalId, ACCOUNTS.telegram);
      await db.pool.query(
        'UPDATE identities SET customer_id = $2, is_verified = true, bound_at = business_now() WHERE id = $1',
        [id, customerId],
      );
      return { kind: 'CUSTOMER', id: customerId, identityId: id, language: 'zh-CN' };
    },
    advance: async (ms) => {
      await db.pool.query('UPDATE business_clock SET offset_ms = offset_ms + $1', [ms]);
      await db.pool.query('SELECT ensure_partitions(business_now())');
    },
    elsewhere: async () => {
      const database = new Database(db.url, { max: 2 });
      return { ...(await open(database, get().folder, options)), close: async () => database.close() };
    },
  };
  return product;
}

async function open(database: Database, folder: string, options: ProductOptions): Promise<UnitDeps> {
  const keys = new Keyring({ current: MASTER });
  await database.transaction(async (tx) => keys.load(tx, new Date('2026-11-21T00:00:00Z')));
  const services: Services = {
    keys,
    texts: loadTexts(LOCALES),
    companyZone: 'Asia/Shanghai',
    leavesCountry: () => options.leavesCountry ?? false,
    files: new DiskFileStore(folder),
    accounts: ACCOUNTS,
    publicUrl: 'http://127.0.0.1:3000',
    reports: REPORTS,
    telegramBotName: () => 'daiban_test_bot',
  };
  return {
    database,
    services,
    registry: allOperations(),
    wake: () => undefined,
    namesOf: async (tx, ids) => customers.namesOfCustomers(tx, keys, ids),
  };
}

/** Every operation the rooms export through their doors. */
export function allOperations(): Registry {
  const rooms = [applications, consent, customers, documents, leads, products, reminders, staff, timeline, todos];
  return new Registry().add(...rooms.flatMap((room) => Object.values(room).filter(isOperation)));
}

function isOperation(value: unknown): value is Operation {
  return typeof value === 'object' && value !== null && 'access' in value && 'run' in value && 'isRead' in value;
}

const ADMIN: Actor = { kind: 'TOKEN', id: 'test-admin', roles: ['admin'], language: 'zh-CN' };

async function addStaff(
  product: TestProduct,
  name: string,
  roles: readonly Role[],
  more: { readonly team?: string; readonly telegram?: string },
): Promise<StaffActor> {
  const added = (await product.call(ADMIN, 'staff.add', { name, roles, ...more })) as { readonly id: string };
  const { rows } = await product.db.pool.query<{ team_id: string | null }>('SELECT team_id FROM staff WHERE id = $1', [
    added.id,
  ]);
  return { kind: 'STAFF', id: added.id, name, roles, teamId: rows[0]?.team_id ?? undefined, language: 'zh-CN' };
}

async function stranger(product: TestProduct, externalId: string, account: string): Promise<StrangerActor> {
  const [identity] = await product.db.database.transaction(async (tx) =>
    identitiesOf(tx, [{ account, externalId }], new Date('2026-11-21T00:00:00Z')),
  );
  if (!identity) throw new Error('no identity made');
  return { kind: 'STRANGER', id: identity.id, language: 'zh-CN' };
}

/** An API token of an administrator: no person. */
export const ADMIN_TOKEN: Actor = ADMIN;
export const SYSTEM: Actor = SYSTEM_ACTOR;

/** The code a refused call ends with; fails the test when it is not refused. */
export async function refusalOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return String(error.code);
    throw error;
  }
  throw new Error('the call was not refused');
}
