/**
 * One installation under fire: three scripted platforms, product processes, a company on them, and the count that must come
 * out even whatever was killed: messages in = effects = messages out.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Pool } from 'pg';
import { AnchorFile } from '../../../src/core/audit/anchor-file.ts';
import { verifyAudit } from '../../../src/core/audit/verify.ts';
import { Database } from '../../../src/db/database.ts';
import { Keyring } from '../../../src/db/keyring.ts';
import { DEMO_PRODUCTS } from '../../../src/demo-products.ts';
import { freePort } from '../../support/free-port.ts';
import { deliverUntilTaken, Platforms } from '../stubs/platforms.ts';
import type { Delivery, Platform, Sent } from '../stubs/stub.ts';
import { CANARY, findInDatabase, mentionsCanary } from './canary.ts';
import { Fleet } from './fleet.ts';

const MASTER_KEY = Buffer.alloc(32, 11);
const BOOTSTRAP = 'chaos-bootstrap-token';

/** Who works here; everybody under the same number on his platforms. */
const STAFF = [
  { name: '小林', roles: ['sales'], wecom: 'xiaolin' },
  { name: '小何', roles: ['sales'], wecom: 'xiaohe' },
  { name: '小宋', roles: ['sales'], wecom: 'xiaosong' },
  { name: '周敏', roles: ['reviewer'], telegram: '71020001' },
  { name: '小钱', roles: ['reviewer'], slack: 'U0QIAN001' },
  { name: '陈一', roles: ['reviewer'], wecom: 'chenyi' },
  { name: '梁总', roles: ['manager'], wecom: 'liangzong' },
] as const;

export interface OfficeOptions {
  /** What `Fleet.build` gave; removed when the office closes. */
  readonly code: string;
  readonly databaseUrl: string;
  readonly redisUrl?: string;
}

/** What is wrong after a run; empty when everything came out even. */
export type Findings = readonly string[];

/** An application under way. */
export interface Case {
  readonly id: string;
  /** As people say it: A1087. */
  readonly number: string;
}

export class Office {
  readonly platforms = new Platforms();
  readonly fleet: Fleet;
  readonly pool: Pool;
  readonly base: string;
  readonly #folders: readonly string[];
  readonly #folder: string;
  readonly #databaseUrl: string;
  /** Messages that were delivered, by what they must have brought about. */
  readonly #listed = new Set<string>();
  readonly #expected = { messages: 0, leads: new Set<string>() };

  private constructor(parts: {
    readonly fleet: Fleet;
    readonly folder: string;
    readonly code: string;
    readonly port: number;
    readonly databaseUrl: string;
  }) {
    this.fleet = parts.fleet;
    this.pool = new Pool({ connectionString: parts.databaseUrl, max: 4 }).on('error', () => undefined);
    this.base = `http://127.0.0.1:${parts.port}`;
    this.#folder = parts.folder;
    this.#folders = [parts.folder, parts.code];
    this.#databaseUrl = parts.databaseUrl;
  }

  /** Opens the office with one process of each role and its people. */
  static async open(options: OfficeOptions): Promise<Office> {
    const folder = await mkdtemp(path.join(tmpdir(), 'daiban-chaos-'));
    const port = await freePort();
    const settings: Record<string, string> = {
      DATABASE_URL: options.databaseUrl,
      DATA_DIR: folder,
      PORT: String(port),
      MASTER_KEY: MASTER_KEY.toString('base64'),
      BOOTSTRAP_API_TOKEN: BOOTSTRAP,
      SANDBOX: 'off',
      LOG_LEVEL: 'debug',
      ...(options.redisUrl === undefined ? {} : { REDIS_URL: options.redisUrl }),
    };
    const office = new Office({
      fleet: new Fleet(options.code, settings),
      code: options.code,
      folder,
      port,
      databaseUrl: options.databaseUrl,
    });
    await office.platforms.open();
    Object.assign(settings, office.platforms.settings());
    await office.fleet.start('web');
    await Promise.all([office.fleet.start('worker'), office.fleet.start('scheduler')]);
    for (const person of STAFF) await office.api('POST', '/staff', person);
    for (const product of DEMO_PRODUCTS) await office.api('POST', '/products', product);
    return office;
  }

  async close(): Promise<void> {
    await this.fleet.stop();
    await this.platforms.close();
    await this.pool.end();
    for (const folder of this.#folders) await rm(folder, { recursive: true, force: true });
  }

  async api(method: string, address: string, body?: unknown, token: string = BOOTSTRAP): Promise<unknown> {
    for (const end = performance.now() + 30_000; ; await wait(100)) {
      try {
        const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
        const response = await fetch(`${this.base}/api/v1${address}`, {
          method,
          headers,
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        const answer: unknown = await response.json();
        if (response.ok) return answer;
        if (response.status < 500)
          throw new Refused(`${method} ${address}: ${response.status} ${JSON.stringify(answer)}`);
      } catch (error) {
        if (error instanceof Refused) throw error; // everything else: nobody there at the moment
      }
      if (performance.now() > end) throw new Error(`${method} ${address}: no answer`);
    }
  }

  /** Delivers one event three times at once, each copy until it is taken. */
  async deliver(make: () => Delivery): Promise<void> {
    await Promise.all([1, 2, 3].map(async () => deliverUntilTaken(this.base, make)));
  }

  /** A member of staff writes in WeCom. */
  async say(person: string, text: string): Promise<void> {
    this.#expected.messages += 1;
    await this.deliver(this.platforms.wecom.say(person, text));
  }

  /** A stranger writes to the Telegram bot. */
  async sayAsCustomer(person: string, text: string): Promise<void> {
    this.#expected.messages += 1;
    await this.deliver(this.platforms.telegram.say(person, text));
  }

  /** A lead as complete as an application needs, and its application: the cards go out to the reviewers. */
  async newCase(person: string, phone: string): Promise<Case> {
    await this.newLead(person, phone);
    await this.quiet();
    const { rows } = await this.pool.query<{ lead: string; number: number; owner_id: string }>(
      `SELECT l.id AS lead, c.number, l.owner_id FROM leads l JOIN customers c ON c.id = l.customer_id ORDER BY l.created_at DESC, l.id DESC LIMIT 1`,
    );
    const [made] = rows;
    const key = { name: `chaos-${phone}`, staffId: made?.owner_id };
    const { token } = (await this.api('POST', '/tokens', key)) as { token: string };
    await this.api('POST', `/leads/K${made?.number}/submit`, {}, token).catch((error: unknown) => {
      // The server died after it had submitted the case and before it could say so; asked again it says that it is there.
      if (!(error instanceof Refused && error.message.includes('already_submitted'))) throw error;
    });
    const { rows: found } = await this.pool.query<{ id: string; number: number }>(
      'SELECT id, number FROM applications WHERE lead_id = $1',
      [made?.lead],
    );
    const [application] = found;
    if (!application) throw new Error('no application was made');
    return { id: application.id, number: `A${application.number}` };
  }

  /** A new lead in one sentence. */
  async newLead(person: string, phone: string, name = '何女士'): Promise<void> {
    this.#expected.leads.add(phone);
    await this.say(person, `新客户 ${name} ${phone} 想贷10万周转 分12期`);
  }

  /** The card of a case on somebody's phone. */
  async cardOf(platform: Platform, chat: string, { number }: Case): Promise<Sent> {
    let card: Sent | undefined;
    await this.until(`the card of ${number} on ${platform} ${chat}`, () => {
      card = this.platforms
        .screen(platform, chat)
        .findLast((sent) => sent.buttons.length > 0 && sent.text.includes(number));
      return card !== undefined;
    });
    if (!card) throw new Error('no card');
    return card;
  }

  async press(platform: Platform, person: string, card: Sent, verb: string): Promise<void> {
    const key = card.buttons.find((one) => one.endsWith(`:${verb}`)) ?? '';
    await this.deliver(this.platforms[platform].tap(person, card, key));
  }

  /** A member of staff sends a picture; it is fetched, stored and asked about. */
  async sendPicture(person: string): Promise<void> {
    this.#expected.messages += 1;
    await this.deliver(this.platforms.wecom.sendFile(person));
  }

  /** An approved case of a customer whom Telegram reaches. Gives the loan's id. */
  async newLoan(person: string, phone: string, reviewer: string): Promise<string> {
    const application = await this.newCase(person, phone);
    await this.press('telegram', reviewer, await this.cardOf('telegram', reviewer, application), 'approve');
    await this.until(
      'the loan',
      async () => (await this.count(`loans WHERE application_id = '${application.id}'`)) === 1,
    );
    const { rows } = await this.pool.query<{ id: string; customer_id: string }>(
      'SELECT id, customer_id FROM loans WHERE application_id = $1',
      [application.id],
    );
    await this.pool.query(
      `INSERT INTO identities (id, account, external_id, customer_id, is_verified, created_at, bound_at) SELECT gen_random_uuid(), account, $1, $2, true, business_now(), business_now()
       FROM identities WHERE account LIKE 'telegram:%' LIMIT 1`,
      [`8${phone.slice(-8)}`, rows[0]?.customer_id],
    );
    await this.quiet();
    return rows[0]?.id ?? '';
  }

  /** Business time moves forward. */
  async jump(ms: number): Promise<void> {
    await this.pool.query("SELECT ensure_partitions(business_now() + $1 * interval '1 millisecond')", [ms]);
    await this.pool.query('UPDATE business_clock SET offset_ms = offset_ms + $1', [Math.ceil(ms)]);
    this.platforms.wecom.advance(ms);
  }

  /** Business time moves to just after the loan's next reminder. */
  async toNextReminder(loan: string): Promise<void> {
    const { rows } = await this.pool.query<{ ms: string }>(
      'SELECT greatest(extract(epoch FROM next_reminder_at - business_now()) * 1000 + 1000, 0)::bigint AS ms FROM loans WHERE id = $1',
      [loan],
    );
    await this.jump(Number(rows[0]?.ms ?? 0));
  }

  async until(what: string, condition: () => Promise<boolean> | boolean, patienceMs = 45_000): Promise<void> {
    for (const end = performance.now() + patienceMs; performance.now() < end; await wait(25)) {
      if (await Promise.resolve(condition()).catch(() => false)) return;
    }
    throw new Error(`in vain: ${what}\n${this.fleet.output.slice(-1_500)}`);
  }

  async count(sql: string): Promise<number> {
    const { rows } = await this.pool.query<{ n: string }>(`SELECT count(*) AS n FROM ${sql}`);
    return Number(rows[0]?.n);
  }

  /**
   * As much time goes by as the leases of dead processes need to run out. Sends of the living last a moment here, so what is
   * leased for three seconds belongs to the dead.
   */
  async letLeasesRunOut(): Promise<void> {
    const old = `state = 'LEASED' AND sending_at < clock_timestamp() - interval '3 seconds'`;
    const isLeased = async (): Promise<boolean> =>
      (await this.count(`outbox WHERE state = 'LEASED' AND NOT (${old})`)) > 0;
    await this.until('old leases', async () => !(await isLeased()));
    await this.pool.query(
      `UPDATE outbox SET lease_until = lease_until - interval '31 seconds', sending_at = sending_at - interval '31 seconds' WHERE ${old}`,
    );
    await this.pool.query(
      `UPDATE timers SET due_at = due_at - interval '61 seconds' WHERE state = 'OPEN' AND kind = 'media.fetch'`,
    );
  }

  /** Resolves when nothing is left to be handled or sent now. */
  async quiet(patienceMs = 60_000): Promise<void> {
    await this.until(
      'quiet',
      async () =>
        (await this.count(`inbox WHERE state = 'NEW'`)) === 0 &&
        (await this.count(`outbox WHERE state IN ('PENDING', 'LEASED')`)) === 0 &&
        (await this.count(`timers WHERE state = 'OPEN' AND due_at <= business_now()`)) === 0,
      patienceMs,
    );
  }

  /** Counts everything. */
  async findings(): Promise<Findings> {
    return [
      ...this.fleet.crashes,
      ...(await this.#messagesIn()),
      ...(await this.#effects()),
      ...(await this.#messagesOut()),
      ...(await this.#audit()),
      ...(await this.#privacy()),
    ];
  }

  /** Rows whose outcome is unknown: allowed, but listed. */
  async unknown(): Promise<readonly string[]> {
    const { rows } = await this.pool.query<{ id: string; kind: string; error_code: string }>(
      `SELECT id, kind, error_code FROM outbox WHERE state = 'UNKNOWN' ORDER BY id`,
    );
    return rows.map((row) => `${row.id} ${row.kind} ${row.error_code}`);
  }

  /** Unknown rows that were not listed before. */
  async newUnknown(): Promise<readonly string[]> {
    const fresh = (await this.unknown()).filter((line) => !this.#listed.has(line));
    for (const line of fresh) this.#listed.add(line);
    return fresh;
  }

  /** A fault is told once, by the scenario that found it. */
  forgive(): void {
    this.fleet.crashes.length = 0;
  }

  async #messagesIn(): Promise<Findings> {
    const stored = await this.count(`inbox WHERE account <> 'internal' AND kind = 'message'`);
    const done = await this.count(`inbox WHERE state = 'DONE' AND account <> 'internal' AND kind = 'message'`);
    const filed = await this.count(
      `timeline_items t JOIN inbox i ON i.id = t.inbox_id WHERE t.direction = 'IN' AND i.kind = 'message'`,
    );
    const twice = await this.count(
      '(SELECT inbox_id FROM timeline_items WHERE inbox_id IS NOT NULL GROUP BY inbox_id HAVING count(*) > 1) AS twice',
    );
    const unanswered = await this.count(
      `inbox i WHERE i.kind = 'message' AND i.account <> 'internal' AND i.state = 'DONE' AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.trace_id = i.trace_id) AND NOT EXISTS (SELECT 1 FROM timers t WHERE t.trace_id = i.trace_id)`,
    );
    return [
      ...(stored === this.#expected.messages
        ? []
        : [`${this.#expected.messages} messages delivered, ${stored} stored`]),
      ...(done === stored ? [] : [`${stored} messages stored, ${done} handled`]),
      ...(filed === done ? [] : [`${done} messages handled, ${filed} on file`]),
      ...(twice === 0 ? [] : [`${twice} messages are on file twice`]),
      ...(unanswered === 0 ? [] : [`${unanswered} messages brought about nothing`]),
    ];
  }

  async #effects(): Promise<Findings> {
    const leads = await this.count('leads');
    const loans = await this.count('loans');
    const approved = await this.count(`applications WHERE state = 'APPROVED'`);
    const double = await this.count(
      '(SELECT approval_id FROM approval_tasks WHERE decided_at IS NOT NULL GROUP BY approval_id HAVING count(*) > 1) AS double',
    );
    return [
      ...(leads === this.#expected.leads.size ? [] : [`${this.#expected.leads.size} leads typed, ${leads} made`]),
      ...(loans === approved ? [] : [`${approved} applications approved, ${loans} loans made`]),
      ...(double === 0 ? [] : [`${double} approvals of one signature were decided twice`]),
    ];
  }

  /** Every row that counts as sent reached one phone once; whatever reached a phone besides is a row of unknown outcome. */
  async #messagesOut(): Promise<Findings> {
    const { rows } = await this.pool.query<{
      id: string;
      state: string;
      kind: string;
      provider_id: string | null;
      account: string;
      attempts: number;
      error_code: string | null;
    }>(`SELECT id, state, kind, provider_id, account, attempts, error_code FROM outbox`);
    const posts = this.platforms.sent.filter((sent) => sent.id !== '');
    const claimed = new Map<string, string>();
    const wrong: string[] = [];
    for (const row of rows) {
      if (!['SENT', 'UNKNOWN', 'DENIED', 'DEFERRED', 'LAPSED'].includes(row.state))
        wrong.push(`row ${row.id} (${row.kind}) ended as ${row.state} ${row.error_code ?? ''}`);
      if (row.state !== 'SENT' || row.kind === 'card_update' || row.provider_id === null) continue;
      const key = `${platformOf(row.account)} ${row.provider_id}`;
      const other = claimed.get(key);
      if (other !== undefined) wrong.push(`rows ${other} and ${row.id} are one message`);
      claimed.set(key, row.id);
      const post = posts.find((sent) => `${sent.platform} ${sent.id}` === key);
      if (!post) wrong.push(`row ${row.id} counts as sent and reached nobody`);
      // The first try of a repeated row is the one that was shown; dropping the second is what the platform is for.
      else if (post.isDropped && row.attempts === 1)
        wrong.push(
          `row ${row.id} counts as sent, but the platform took it for a repetition: ${post.text.slice(0, 40)}`,
        );
    }
    const strays = posts.filter((sent) => !sent.isDropped && !claimed.has(`${sent.platform} ${sent.id}`));
    const explained = rows.filter(
      (row) => row.state === 'UNKNOWN' || (row.state === 'SENT' && row.attempts > 1),
    ).length;
    if (strays.length > explained)
      wrong.push(
        `${strays.length} messages reached a phone without a row, only ${explained} rows explain that: ${strays.map((sent) => `${sent.platform} ${sent.chat} ${sent.text.slice(0, 20)}`).join('; ')}`,
      );
    for (const twin of twins(posts)) wrong.push(`shown twice: ${twin}`);
    return wrong;
  }

  async #audit(): Promise<Findings> {
    await this.until(
      'every audit entry sealed',
      async () =>
        (await this.count('audit_entries e WHERE NOT EXISTS (SELECT 1 FROM audit_seals s WHERE s.entry_id = e.id)')) ===
        0,
    );
    const database = new Database(this.#databaseUrl, { max: 1 });
    try {
      const keys = new Keyring({ current: MASTER_KEY });
      await database.transaction(async (tx) => keys.load(tx, new Date()));
      const verdict = await verifyAudit(database, keys, new AnchorFile(this.#folder).all());
      return verdict.ok
        ? []
        : [`the audit chain does not verify: ${verdict.fault} at ${verdict.sequence ?? verdict.entryId}`];
    } finally {
      await database.close();
    }
  }

  async #privacy(): Promise<Findings> {
    return [
      ...mentionsCanary(this.fleet.output).map((kind) => `a log line contains a ${kind}`),
      ...mentionsCanary(this.platforms.urls.join('\n')).map((kind) => `a URL contains a ${kind}`),
      ...(await findInDatabase(this.pool)).map((place) => `readable in ${place}`),
    ];
  }
}

class Refused extends Error {}

function platformOf(account: string): string {
  return account.slice(0, account.indexOf(':'));
}

/** The question about a picture names no picture, and is asked again when nobody answers. */
const MAY_BE_REPEATED = /^收到（/;

/** The same words shown twice on one phone within the run, where each may appear once: decisions and leads name their number. */
function twins(posts: readonly Sent[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { platform, chat, text, isDropped } of posts) {
    if (isDropped || !/K\d{3,}|A\d{4,}/.test(text) || MAY_BE_REPEATED.test(text)) continue;
    const key = `${platform} ${chat}: ${text}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].filter(([, count]) => count > 1).map(([key]) => key);
}

export { CANARY };
