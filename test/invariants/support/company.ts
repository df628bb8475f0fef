/**
 * The product without its servers: the composition that `daiban` itself uses, on the test file's database, with scripted
 * platforms and as many workers as a test asks for. Nothing runs by itself; a test says who works when.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { openBase, type Base } from '../../../src/base.ts';
import type { Happening } from '../../../src/channels/channel.ts';
import { parseEnv } from '../../../src/config/env.ts';
import type { Actor, Role } from '../../../src/core/operations/actor.ts';
import { createTurnHandler } from '../../../src/core/runtime/conversation-runtime.ts';
import type { TurnHandler } from '../../../src/core/runtime/turns.ts';
import { performOperation, readTimes } from '../../../src/core/unit/unit.ts';
import { Database } from '../../../src/db/database.ts';
import { DEMO_PRODUCTS } from '../../../src/demo-products.ts';
import { reminderSchedules, renderReminder } from '../../../src/domain/reminders/index.ts';
import { personalValues } from '../../../src/domain/customers/index.ts';
import { linkEarlier, wordsOf, writeChange, writeIncoming } from '../../../src/domain/timeline/index.ts';
import { Inbox } from '../../../src/inbox/receive.ts';
import type { Caution } from '../../../src/jobs/caution.ts';
import { businessNow } from '../../../src/jobs/clock.ts';
import { InboxJob } from '../../../src/jobs/inbox.ts';
import { parkMessage } from '../../../src/jobs/parked.ts';
import { timerHandlers } from '../../../src/jobs/timer-handlers.ts';
import { fireNext } from '../../../src/jobs/timers.ts';
import { createTroubleHandler } from '../../../src/jobs/trouble.ts';
import { addDays, dateIn, instantOf } from '../../../src/lib/business-date.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { Deliverer } from '../../../src/outbox/deliver.ts';
import type { SendGate } from '../../../src/outbox/gate.ts';
import { useDatabase, type TestDatabase } from '../../support/database.ts';
import { ScriptedChannel } from './scripted-channel.ts';

export const ACCOUNTS = {
  wecom: 'wecom:ww0invariant:1000002',
  slack: 'slack:T0INVARIANT',
  telegram: 'telegram:7000',
} as const;

const SETTINGS = {
  wecom: {
    corpId: 'ww0invariant',
    agentId: '1000002',
    secret: 's',
    token: 't',
    encodingAesKey: 'k',
    apiBase: 'http://127.0.0.1:1',
  },
  slack: { botToken: 'xoxb-1', signingSecret: 's', apiUrl: 'http://127.0.0.1:1/', teamId: 'T0INVARIANT' },
  telegram: { botToken: '7000:x', webhookSecret: 's', apiRoot: 'http://127.0.0.1:1' },
};

export const MASTER_KEY = Buffer.alloc(32, 7);

export const ADMIN: Actor = { kind: 'TOKEN', id: 'admin', roles: ['admin'], language: 'zh-CN' };

export type StaffActor = Extract<Actor, { kind: 'STAFF' }>;

/** One process of role worker with connections of its own. */
export interface Worker {
  readonly database: Database;
  readonly turns: InboxJob;
  readonly deliverer: Deliverer;
}

interface WorkerOptions {
  readonly handle?: TurnHandler;
  readonly gates?: readonly SendGate[];
  /** Turns send what they say at once, as in a process that also delivers. */
  readonly direct?: boolean;
  readonly lookAgain?: (inMs: number) => void;
  /** Takes what it finds waiting for what killed the one before it, as a process does. */
  readonly caution?: Caution;
}

export interface Company {
  readonly db: TestDatabase;
  readonly base: Base;
  readonly channels: Readonly<Record<'wecom' | 'slack' | 'telegram', ScriptedChannel>>;
  /** The receiving side of a web process; each call is another process. */
  door(database?: Database): Inbox;
  worker(options?: WorkerOptions): Worker;
  /** Commits an event of a person as a platform delivers it. */
  receive(channel: ScriptedChannel, from: string, happening: Happening): Promise<void>;
  say(channel: ScriptedChannel, from: string, text: string): Promise<void>;
  /** Says it, does all there is to do, and gives what the phone shows since. */
  exchange(channel: ScriptedChannel, from: string, text: string): Promise<readonly string[]>;
  /** Turns, timers and sends until nothing is left to do, by a worker of these options. */
  drain(options?: WorkerOptions): Promise<void>;
  call(actor: Actor, name: string, input: unknown): Promise<unknown>;
  addStaff(
    name: string,
    roles: readonly Role[],
    accounts?: Partial<Record<'wecom' | 'slack' | 'telegram', string>>,
  ): Promise<StaffActor>;
  count(sql: string, values?: readonly unknown[]): Promise<number>;
  /** Business time: begins where every test's database begins, and is not the machine's. */
  now(): Promise<Date>;
  /** Moves business time forward. */
  advance(ms: number): Promise<void>;
  advanceTo(moment: Date): Promise<void>;
  /** Moves business time to an hour of the next day on the company's clock. */
  advanceToTomorrow(hour: number, minute?: number): Promise<void>;
}

/** The company of one test file. Call at the top of the file. */
export function useCompany(): Company {
  const db = useDatabase();
  const opened: { base?: Base; folder?: string } = {};
  const databases: Database[] = [];
  const channels = {
    wecom: new ScriptedChannel(ACCOUNTS.wecom, { safeToRepeat: true, duplicateWindowMs: 14_400_000 }),
    slack: new ScriptedChannel(ACCOUNTS.slack),
    telegram: new ScriptedChannel(ACCOUNTS.telegram),
  };
  const byAccount = new Map<string, ScriptedChannel>(
    Object.values(channels).map((channel) => [channel.account, channel]),
  );
  let events = 0;

  beforeAll(async () => {
    opened.folder = await mkdtemp(path.join(tmpdir(), 'daiban-company-'));
    const parsed = parseEnv({
      DATABASE_URL: db.url,
      DATA_DIR: opened.folder,
      MASTER_KEY: MASTER_KEY.toString('base64'),
      LOG_LEVEL: 'silent',
    });
    if (!parsed.ok) throw new Error(parsed.faults.join());
    const options = { env: parsed.env, version: '0', say: () => undefined, url: 'https://daiban.test' };
    opened.base = await openBase(options, SETTINGS, () => undefined);
    for (const product of DEMO_PRODUCTS)
      await performOperation(opened.base.unit, { actor: ADMIN, via: 'test' }, 'product.publish', product);
  });
  afterAll(async () => {
    await Promise.all(databases.map(async (database) => database.close()));
    await opened.base?.close();
    if (opened.folder !== undefined) await rm(opened.folder, { recursive: true, force: true });
  });

  const company: Company = {
    db,
    channels,
    get base() {
      if (!opened.base) throw new Error('the company exists from the first hook on');
      return opened.base;
    },
    door(database = ownDatabase()) {
      return new Inbox({ database, keys: this.base.keys, wake: () => undefined });
    },
    worker(options = {}) {
      const { base } = this;
      const database = ownDatabase();
      const { services, keys } = base;
      const handle = createTurnHandler({
        flows: base.flows,
        texts: services.texts,
        companyZone: services.companyZone,
        gates: base.parts.gates(services),
        writeIncoming: async (unit, items) => writeIncoming(unit, keys, items),
        writeChange: async (unit, change) => writeChange(unit.tx, keys, unit.now, change),
        wordsOf: async (unit, conversationId, messageId) => wordsOf(unit.tx, keys, conversationId, messageId),
        linkEarlier: async (unit, conversationId, customerId) => linkEarlier(unit.tx, conversationId, customerId),
        personal: personalValues(keys),
      });
      const deliverer = new Deliverer({
        database,
        keys,
        channels: byAccount,
        gates: options.gates ?? base.parts.gates(services),
        renderers: { reminder: renderReminder(reminderSchedules(base.flows), services) },
        readFile: async (tx, fileId) => base.parts.readFile(tx, services, fileId),
        painters: base.parts.painters,
        times: readTimes,
        followUp: createTroubleHandler(keys),
        lookAgain: options.lookAgain ?? (() => undefined),
        log: silentLog,
      });
      const turns = new InboxJob({
        ...base.unit,
        database,
        handle: options.handle ?? handle,
        ...(options.direct === true ? { direct: deliverer } : {}),
        park: parkMessage,
        ...(options.caution ? { caution: options.caution } : {}),
        log: silentLog,
      });
      return { database, turns, deliverer };
    },
    async receive(channel, from, happening) {
      events += 1;
      const database = ownDatabase();
      await this.door(database).receive([channel.event(from, happening, [`e${events}`])]);
      await leave(database);
    },
    async say(channel, from, text) {
      await this.receive(channel, from, { kind: 'message', messageId: `m${events + 1}`, text, media: [] });
    },
    async exchange(channel, from, text) {
      const before = channel.said(from).length;
      await this.say(channel, from, text);
      await this.drain();
      return channel.said(from).slice(before);
    },
    async drain(options = {}) {
      const { database, turns, deliverer } = this.worker({ direct: true, ...options });
      const fire = async (): Promise<number> =>
        fireNext({ ...this.base.unit, handlers: timerHandlers(this.base.services), log: silentLog });
      const turn = async (): Promise<number> => {
        const handled = await turns.run();
        await deliverer.idle();
        return handled;
      };
      while ((await turn()) + (await fire()) + (await deliverer.run()) > 0);
      await leave(database);
    },
    async call(actor, name, input) {
      return performOperation(this.base.unit, { actor, via: 'api' }, name, input);
    },
    async addStaff(name, roles, accounts = {}) {
      const { id } = (await this.call(ADMIN, 'staff.add', { name, roles, ...accounts })) as { readonly id: string };
      return { kind: 'STAFF', id, name, roles, teamId: undefined, language: 'zh-CN' };
    },
    async count(sql, values = []) {
      const { rows } = await db.pool.query<{ n: string }>(`SELECT count(*) AS n FROM ${sql}`, [...values]);
      return Number(rows[0]?.n);
    },
    async now() {
      return businessNow(db.database);
    },
    async advance(ms) {
      await db.pool.query('UPDATE business_clock SET offset_ms = offset_ms + $1', [ms]);
      await db.pool.query('SELECT ensure_partitions(business_now())');
    },
    async advanceTo(moment) {
      await this.advance(moment.getTime() - (await this.now()).getTime());
    },
    async advanceToTomorrow(hour, minute = 0) {
      const { companyZone } = this.base.services;
      const tomorrow = addDays(dateIn(await this.now(), companyZone), 1);
      await this.advanceTo(instantOf(tomorrow, { hour, minute }, companyZone));
    },
  };
  return company;

  /** A process of a moment goes, or a long test file holds a connection for each message and each time it drained. */
  async function leave(database: Database): Promise<void> {
    databases.splice(databases.indexOf(database), 1);
    await database.close();
  }

  function ownDatabase(): Database {
    const database = new Database(db.url, { max: 4 });
    databases.push(database);
    return database;
  }
}

/** Waits for something that another process or connection brings about. @throws Error after ten seconds. */
export async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  for (
    const end = performance.now() + 10_000;
    performance.now() < end;
    await new Promise((resolve) => setTimeout(resolve, 5))
  ) {
    if (await condition()) return;
  }
  throw new Error('waited ten seconds in vain');
}
