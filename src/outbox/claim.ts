/**
 * Leasing rows of the outbox. Attempt and lease are committed before the call, so a process that dies while sending
 * leaves a row whose outcome is unknown and visible, never one that is silently sent again (invariant 6).
 */
import type { PaceRule } from '../channels/channel.ts';
import type { MessageContent } from '../core/operations/effects.ts';
import { statement, type Tx } from '../db/database.ts';

/** A row of the outbox under our lease. */
export interface LeasedRow {
  readonly id: bigint;
  readonly at: Date;
  readonly account: string;
  readonly chat: string;
  readonly thread: string;
  readonly lane: string;
  readonly kind: string;
  readonly purpose: string;
  readonly customer_id: string | null;
  readonly subject_id: string | null;
  readonly reference: string | null;
  readonly sealed_payload: Buffer | null;
  /** What the payload holds, where this process has just written it. */
  readonly content?: MessageContent;
  readonly card_id: string | null;
  readonly attempts: number;
  readonly trace_id: string;
  /** How often the same words went to this chat in a row, this one included. */
  readonly ordinal: number | null;
  /** What the attempt before this one ended with. */
  readonly error_code: string | null;
  /** Its person was known not to be reached when it was written: it goes on the file, and nothing to the platform. */
  readonly is_unreachable: boolean;
  /** When this attempt began. */
  readonly lease_at: Date;
  /** When the first attempt began that may have arrived; `null` while none may have. */
  readonly unclear_since: Date | null;
  /** The one message by which an account that refused us is tried again. */
  readonly isProbe?: boolean;
}

/** The columns of `LeasedRow` in SQL, of `outbox o`. */
export const LEASED_COLUMNS =
  'o.id, o.at, o.account, o.chat, o.thread, o.lane, o.kind, o.purpose, o.customer_id, o.subject_id, o.reference, o.sealed_payload, o.card_id, o.attempts, o.trace_id, o.error_code, o.is_unreachable, o.unclear_since, o.ordinal, o.sending_at AS lease_at';

// Each account by itself, with room of its own: a platform that hangs holds back nobody else's messages. The head of each
// chat only: within a chat messages leave in the order in which they were decided. The answer to a tap waits for nothing:
// its button is spinning. The index `outbox_turn` has this very order.
const CANDIDATES = statement(
  'outbox-candidates',
  `SELECT c.id, c.at, want.account, c.chat, c.kind, c.parts, s.broken_until IS NOT NULL AS is_broken
   FROM unnest($1::text[], $2::int[]) AS want (account, room)
   LEFT JOIN channel_states s ON s.account = want.account
   CROSS JOIN LATERAL (
     SELECT id, at, chat, kind, parts FROM outbox o
     WHERE account = want.account AND state = 'PENDING' AND due_at <= business_now() AND lane <> 'INTERACTIVE'
       AND (kind = 'tap_answer' OR NOT EXISTS (SELECT 1 FROM outbox p WHERE p.account = o.account AND p.chat = o.chat AND p.id < o.id AND p.state IN ('PENDING', 'LEASED') AND p.lane <> 'INTERACTIVE' AND p.kind <> 'tap_answer'))
     ORDER BY (kind <> 'tap_answer'), (lane = 'BULK'), due_at, id LIMIT want.room FOR UPDATE SKIP LOCKED
   ) c
   WHERE s.broken_until IS NULL OR s.broken_until <= business_now()`,
);

// The queue of an account that refuses us is held; when the hold is over, one message goes ahead. Whoever claims it holds
// the rest for as long again, so that of several workers one tries. In whole milliseconds, as the sandbox moves its clock.
const PROBE = statement(
  'outbox-probe',
  `UPDATE channel_states SET broken_until = date_trunc('milliseconds', business_now()) + interval '5 minutes', updated_at = clock_timestamp()
   WHERE account = ANY($1::text[]) AND broken_until <= business_now() RETURNING account`,
);

/**
 * SQL for the ordinal of a row: one more than the latest of the same words, so that a chain of repetitions never shows the
 * same ordinal twice; a pause longer than any platform's window (WeCom: four hours) begins anew. NULL for a first one.
 */
export const ordinalOf = (
  row: string,
  at: string,
): string => `(SELECT least(coalesce(p.ordinal, 1) + 1, 30000) FROM outbox p
     WHERE p.repeat_key = ${row}.repeat_key AND p.id < ${row}.id AND p.at > ${at} - interval '4 hours' ORDER BY p.id DESC LIMIT 1)`;

const LEASE = statement(
  'outbox-lease',
  `UPDATE outbox o SET state = 'LEASED', lease_token = $1, lease_until = clock_timestamp() + interval '30 seconds',
     sending_at = clock_timestamp(), attempts = least(attempts + 1, 30000), ordinal = coalesce(o.ordinal, ${ordinalOf('o', 'o.at')})
   FROM unnest($2::bigint[], $3::timestamptz[]) AS pick (id, at)
   WHERE o.id = pick.id AND o.at = pick.at AND o.state || '' = 'PENDING' -- found by primary key, not among all that wait
   RETURNING ${LEASED_COLUMNS}`,
);

const BUCKETS = statement(
  'outbox-buckets',
  `SELECT key, arrival_at FROM pace_buckets WHERE key = ANY($1::text[]) ORDER BY key FOR UPDATE`,
);
const NEW_BUCKETS = statement(
  'outbox-new-buckets',
  `INSERT INTO pace_buckets (key, arrival_at) SELECT key, $2 FROM unnest($1::text[]) AS row (key) ORDER BY key ON CONFLICT DO NOTHING`,
);
const PUT_BUCKETS = statement(
  'outbox-put-buckets',
  `UPDATE pace_buckets b SET arrival_at = greatest(b.arrival_at, row.arrival_at) FROM unnest($1::text[], $2::timestamptz[]) AS row (key, arrival_at) WHERE b.key = row.key`,
);
const POSTPONE = statement(
  'outbox-postpone',
  `UPDATE outbox o SET due_at = pick.due_at FROM unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[]) AS pick (id, at, due_at)
   WHERE o.id = pick.id AND o.at = pick.at AND o.state || '' = 'PENDING'`,
);
const INTERACTIVE = statement(
  'outbox-interactive',
  `UPDATE outbox o SET state = 'LEASED', lease_token = $2, lease_until = clock_timestamp() + interval '30 seconds', sending_at = clock_timestamp(), attempts = least(attempts + 1, 30000)
   WHERE inbox_id = $1 AND lane = 'INTERACTIVE' AND state = 'PENDING'
   RETURNING ${LEASED_COLUMNS}`,
);

/** How much may be leased, and at what pace. */
export interface ClaimOptions {
  /** How many rows of each account may be leased. */
  readonly room: ReadonlyMap<string, number>;
  readonly token: string;
  /** Reads business and real time. */
  readonly times: (tx: Tx) => Promise<Times>;
  /** Pace rules by account. */
  readonly pace: ReadonlyMap<string, readonly PaceRule[]>;
}

interface Times {
  readonly now: Date;
  readonly realNow: Date;
}

/** What a claim gave. */
export interface Claimed {
  readonly rows: readonly LeasedRow[];
  /** Business time of the claim. */
  readonly now: Date;
  /** When those fall due that the pace holds back. */
  readonly heldUntil: readonly Date[];
}

/** Leases the rows whose turn it is, as many as there is room for; what the pace forbids now gets a later due time. */
export async function claimOutbox(tx: Tx, options: ClaimOptions): Promise<Claimed> {
  const [candidates, { now }] = await Promise.all([
    tx.query<Candidate>(CANDIDATES, [[...options.room.keys()], [...options.room.values()]]),
    options.times(tx),
  ]);
  if (candidates.length === 0) return { rows: [], now, heldUntil: [] };
  const probes = await probesAmong(tx, candidates);
  const open = candidates.filter((row) => !row.is_broken || probes.has(row));
  const paced = await pace(tx, open, { now, rules: options.pace });
  const [rows] = await Promise.all([lease(tx, options.token, paced.allowed), ...paced.write()]);
  const probed = new Set([...probes].map(({ id }) => id));
  return {
    rows: rows.map((row) => (probed.has(row.id) ? { ...row, isProbe: true } : row)),
    now,
    heldUntil: paced.heldUntil,
  };
}

/** Of each account that refused us and may be tried again, the first message; nothing where another worker tries. */
async function probesAmong(tx: Tx, candidates: readonly Candidate[]): Promise<ReadonlySet<Candidate>> {
  const broken = candidates.filter((row) => row.is_broken);
  if (broken.length === 0) return new Set();
  const accounts = await tx.query<{ account: string }>(PROBE, [[...new Set(broken.map(({ account }) => account))]]);
  const first = accounts.map(({ account }) => broken.find((row) => row.account === account));
  return new Set(first.filter((row) => row !== undefined));
}

async function lease(tx: Tx, token: string, allowed: readonly Candidate[]): Promise<readonly LeasedRow[]> {
  if (allowed.length === 0) return [];
  return tx.query<LeasedRow>(LEASE, [token, allowed.map((row) => row.id), allowed.map((row) => row.at)]);
}

/** Leases the answer meant for the request that `inboxId` came with: a press has one. */
export async function claimInteractive(tx: Tx, inboxId: bigint, token: string): Promise<LeasedRow | undefined> {
  return (await tx.query<LeasedRow>(INTERACTIVE, [inboxId, token]))[0];
}

/** Where messages go. */
export interface Place {
  readonly account: string;
  readonly chat: string;
}

/** Where a message goes and what it is: all that its pace depends on. */
export interface Target extends Place {
  readonly kind: string;
  /** Messages at the platform that it takes. */
  readonly parts: number;
}

const OPEN_CHATS = statement(
  'outbox-open-chats',
  `SELECT want.account, want.chat FROM unnest($1::text[], $2::text[]) AS want (account, chat)
   WHERE EXISTS (SELECT 1 FROM outbox p WHERE p.account = want.account AND p.chat = want.chat AND p.state IN ('PENDING', 'LEASED') AND p.lane <> 'INTERACTIVE' AND p.kind <> 'tap_answer')
     OR want.account = ANY (ARRAY(SELECT s.account FROM channel_states s WHERE s.account = ANY($1::text[]) AND s.broken_until IS NOT NULL))`,
);

/** Chats in which messages about to be written may be leased at once. */
export interface FreeLanes {
  /** Those whose turn it is; at most one for each chat. What they use up of the pace is taken. */
  enter<T extends Target>(targets: readonly T[]): readonly T[];
  /** Stores the pace as it is now. */
  write(): readonly Promise<unknown>[];
}

/**
 * Finds chats where a message may be written as leased, which spares a claim of its own: nothing waits there, the account
 * takes messages, and the pace allows it. Their pace is held until the transaction ends.
 */
export async function freeLanes(tx: Tx, places: readonly Place[], options: PaceOptions): Promise<FreeLanes> {
  const [open, arrivals] = await Promise.all([
    tx.query<Place>(OPEN_CHATS, [places.map(({ account }) => account), places.map(({ chat }) => chat)]),
    readBuckets(
      tx,
      places.map((place) => ({ ...place, kind: 'text', parts: 1 })),
      options,
    ),
  ]);
  const free = new Set(places.map(placeKey));
  for (const place of open) free.delete(placeKey(place));
  const before = new Map(arrivals);
  return {
    enter: (targets) =>
      spend(
        targets.filter((target) => free.has(placeKey(target))),
        arrivals,
        options,
      ).allowed,
    write: () => putBuckets(tx, new Map([...arrivals].filter(([key, at]) => before.get(key) !== at))),
  };
}

function placeKey({ account, chat }: Place): string {
  return `${account}\n${chat}`;
}

type BucketRow = { readonly key: string; readonly arrival_at: Date };
interface Candidate extends Target {
  readonly id: bigint;
  readonly at: Date;
  readonly is_broken: boolean;
}

interface Paced {
  readonly allowed: readonly Candidate[];
  readonly heldUntil: readonly Date[];
  /** Stores the buckets as they are now and the later due times of what may not go yet. */
  write(): readonly Promise<unknown>[];
}

interface PaceOptions {
  /** Business time: so a sandbox whose clock is moved does not wait in real time for what a platform counts in its own. */
  readonly now: Date;
  readonly rules: ClaimOptions['pace'];
}

async function pace(tx: Tx, candidates: readonly Candidate[], options: PaceOptions): Promise<Paced> {
  const arrivals = await readBuckets(tx, candidates, options);
  const { allowed, postponed } = spend(candidates, arrivals, options);
  return {
    allowed,
    heldUntil: postponed.map(({ dueAt }) => dueAt),
    write: () => [...putBuckets(tx, arrivals), ...postpone(tx, postponed)],
  };
}

/** The theoretical arrival times of all buckets the targets draw from, locked. */
async function readBuckets(tx: Tx, targets: readonly Target[], options: PaceOptions): Promise<Map<string, number>> {
  const wanted = targets.flatMap((row) => bucketsOf(row, options.rules));
  if (wanted.length === 0) return new Map();
  const keys = [...new Set(wanted.map((bucket) => bucket.key))].sort();
  let rows = await tx.query<BucketRow>(BUCKETS, [keys]);
  if (rows.length < keys.length) {
    // Two claims that meet a new bucket at once would each count from nothing; whoever makes the row first goes first.
    await tx.query(NEW_BUCKETS, [keys, options.now]);
    rows = await tx.query<BucketRow>(BUCKETS, [keys]);
  }
  return new Map(rows.map((row) => [row.key, row.arrival_at.getTime()]));
}

interface Postponed<T> {
  readonly row: T;
  readonly dueAt: Date;
}

/** Takes what the targets use up from the buckets; who finds one empty has to come later. */
function spend<T extends Target>(
  targets: readonly T[],
  arrivals: Map<string, number>,
  options: PaceOptions,
): { readonly allowed: readonly T[]; readonly postponed: readonly Postponed<T>[] } {
  const allowed: T[] = [];
  const postponed: Postponed<T>[] = [];
  const now = options.now.getTime();
  for (const row of targets) {
    const buckets = bucketsOf(row, options.rules);
    const freeAt = Math.max(0, ...buckets.map((bucket) => (arrivals.get(bucket.key) ?? now) - roomFor(row, bucket)));
    if (freeAt > now) {
      postponed.push({ row, dueAt: new Date(freeAt) });
      continue;
    }
    for (const bucket of buckets)
      arrivals.set(bucket.key, Math.max(arrivals.get(bucket.key) ?? now, now) + row.parts * bucket.stepMs);
    allowed.push(row);
  }
  return { allowed, postponed };
}

/** How far ahead of the clock the bucket may be before the row: all of its parts have to fit, or as many as ever do. */
function roomFor({ parts }: Target, bucket: Bucket): number {
  return Math.max(0, bucket.burstMs - (parts - 1) * bucket.stepMs);
}

function putBuckets(tx: Tx, arrivals: ReadonlyMap<string, number>): readonly Promise<unknown>[] {
  if (arrivals.size === 0) return [];
  return [tx.query(PUT_BUCKETS, [[...arrivals.keys()], [...arrivals.values()].map((at) => new Date(at))])];
}

function postpone(tx: Tx, postponed: readonly Postponed<Candidate>[]): readonly Promise<unknown>[] {
  if (postponed.length === 0) return [];
  return [
    tx.query(POSTPONE, [
      postponed.map(({ row }) => row.id),
      postponed.map(({ row }) => row.at),
      postponed.map(({ dueAt }) => dueAt),
    ]),
  ];
}

interface Bucket {
  readonly key: string;
  /** Time one message uses up. */
  readonly stepMs: number;
  /** How far ahead of the clock the bucket may run: half of the allowance as a burst. */
  readonly burstMs: number;
}

// Half of the allowance may go at once, the other half is spread over the window: so no window ever holds more than `count`.
function bucketsOf(row: Target, paceOf: ReadonlyMap<string, readonly PaceRule[]>): readonly Bucket[] {
  if (row.kind === 'tap_answer') return [];
  const rules = (paceOf.get(row.account) ?? []).filter((rule) => !rule.groupsOnly || row.chat.startsWith('-'));
  return rules.map((rule) => {
    const burst = Math.max(1, Math.floor(rule.count / 2));
    const stepMs = rule.windowMs / Math.max(1, rule.count - burst);
    const scope = rule.scope === 'chat' ? `${row.account}\n${row.chat}` : row.account;
    return { key: `${scope}\n${rule.count}/${rule.windowMs}`, stepMs, burstMs: (burst - 1) * stepMs };
  });
}
