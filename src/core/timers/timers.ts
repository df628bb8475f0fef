/**
 * Timers are rows; a due time lies in business time. What is deferred waits here, never in the outbox. A timer that is over
 * carries nothing any more: people's words in it are under no customer's key, and his erasure would not reach them. A parked
 * one keeps what it carries, for nothing else tells what has to be made up for.
 */
import { statement, type Tx } from '../../db/database.ts';
import type { Keyring } from '../../db/keyring.ts';
import type { TimerDraft } from '../operations/effects.ts';

const INSERT = statement(
  'timers-insert',
  `INSERT INTO timers (key, kind, subject_id, due_at, sealed_payload, trace_id)
   SELECT * FROM unnest($1::text[], $2::text[], $3::uuid[], $4::timestamptz[], $5::bytea[], $6::text[]) AS row (key)
   ORDER BY key -- two that set the same timers wait for each other instead of deadlocking
   ON CONFLICT (key) DO UPDATE SET due_at = excluded.due_at, sealed_payload = excluded.sealed_payload, state = 'OPEN', attempts = 0, fired_at = NULL
     WHERE timers.state = 'CANCELLED'`,
);
// `state || ''` keeps the planner from the index of all open timers: the key finds the few that are meant.
const CANCEL = statement(
  'timers-cancel',
  `UPDATE timers SET state = 'CANCELLED', sealed_payload = NULL WHERE key = ANY($1::text[]) AND state || '' = 'OPEN'`,
);
const CLAIM = statement(
  'timers-claim',
  `SELECT id, key, kind, subject_id, due_at, sealed_payload, trace_id, attempts FROM timers
   WHERE state = 'OPEN' AND due_at <= $1 AND kind <> 'media.fetch' ORDER BY due_at, id LIMIT $2 FOR UPDATE SKIP LOCKED`,
);
const FIRED = statement(
  'timers-fired',
  `UPDATE timers SET state = 'FIRED', fired_at = $2, sealed_payload = NULL WHERE id = ANY($1::bigint[])`,
);
/** For processes that die of a timer. */
export const TIMER_MARKS = {
  mark: statement(
    'timers-mark',
    `UPDATE timers SET attempts = attempts + 1 WHERE id = ANY($1::bigint[]) AND state = 'OPEN'`,
  ),
  forgive: statement(
    'timers-forgive',
    `UPDATE timers SET attempts = greatest(attempts - 1, 0) WHERE id = ANY($1::bigint[]) AND state = 'OPEN'`,
  ),
};

const FAILED = statement(
  'timers-failed',
  `UPDATE timers SET attempts = attempts + 1, state = CASE WHEN attempts >= 2 THEN 'PARKED' ELSE 'OPEN' END WHERE id = $1 AND state = 'OPEN' RETURNING state`,
);

/** Who has to hear that a timer of this kind is due: files are fetched by workers, everything else is the scheduler's. */
export function topicOf(kind: string): 'media' | 'timers' {
  return kind === 'media.fetch' ? 'media' : 'timers';
}

/** A due timer as it lies there; `openTimer` gives what it carries. */
export interface ClaimedTimer {
  readonly id: bigint;
  readonly key: string;
  readonly kind: string;
  readonly subjectId: string | undefined;
  readonly dueAt: Date;
  readonly sealedPayload: Buffer | undefined;
  readonly traceId: string;
  /** Tries that failed, and processes that died while they had it in hand. */
  readonly attempts: number;
}

/** A due timer, opened. */
export interface DueTimer extends Omit<ClaimedTimer, 'sealedPayload'> {
  readonly payload: unknown;
}

/**
 * Sets timers, each key once. A key that is open or has fired stays as it is; a cancelled one is opened again.
 * @param traceId For drafts that bring no trace of their own.
 */
export async function writeTimers(
  tx: Tx,
  keys: Keyring,
  traceId: string,
  drafts: readonly (TimerDraft & { readonly traceId?: string })[],
): Promise<void> {
  await insert(tx, traceId, drafts, ({ key, payload }) =>
    payload === undefined ? null : keys.sealJson(`timers.sealed_payload.${key}`, payload),
  );
}

/** Timers that carry nothing: what they are about says all. As `writeTimers`, each key once. */
export async function writePlainTimers(
  tx: Tx,
  traceId: string,
  drafts: readonly Omit<TimerDraft, 'payload'>[],
): Promise<void> {
  await insert(tx, traceId, drafts, () => null);
}

async function insert<D extends Omit<TimerDraft, 'payload'> & { readonly traceId?: string }>(
  tx: Tx,
  traceId: string,
  drafts: readonly D[],
  sealed: (draft: D) => Buffer | null,
): Promise<void> {
  if (drafts.length === 0) return;
  await tx.query(INSERT, [
    drafts.map((draft) => draft.key),
    drafts.map((draft) => draft.kind),
    drafts.map((draft) => draft.subjectId ?? null),
    drafts.map((draft) => draft.dueAt),
    drafts.map(sealed),
    drafts.map((draft) => draft.traceId ?? traceId),
  ]);
}

/** Takes back open timers by key; what has fired or is parked stays. */
export async function cancelTimers(tx: Tx, timerKeys: readonly string[]): Promise<void> {
  if (timerKeys.length > 0) await tx.query(CANCEL, [timerKeys]);
}

/** Locks due timers; nobody else sees them until the transaction ends. Fetching files is leased instead (jobs/media.ts). */
export async function claimTimers(tx: Tx, now: Date, limit: number): Promise<readonly ClaimedTimer[]> {
  const rows = await tx.query<TimerRow>(CLAIM, [now, limit]);
  return rows.map((row) => ({
    id: row.id,
    key: row.key,
    kind: row.kind,
    subjectId: row.subject_id ?? undefined,
    dueAt: row.due_at,
    sealedPayload: row.sealed_payload ?? undefined,
    traceId: row.trace_id,
    attempts: row.attempts,
  }));
}

/** The timer with what it carries. @throws Error when that cannot be opened: a failure of this timer and of no other. */
export function openTimer(keys: Keyring, { sealedPayload, ...timer }: ClaimedTimer): DueTimer {
  const payload = sealedPayload ? keys.openJson(`timers.sealed_payload.${timer.key}`, sealedPayload) : undefined;
  return { ...timer, payload };
}

/** Writes down that timers are done; what they carried is wiped. */
export async function markFired(tx: Tx, now: Date, ids: readonly bigint[]): Promise<void> {
  if (ids.length > 0) await tx.query(FIRED, [ids, now]);
}

/** Counts a failed try; after the third the timer is parked. */
export async function markTimerFailed(tx: Tx, id: bigint): Promise<'OPEN' | 'PARKED' | undefined> {
  const [row] = await tx.query<{ state: 'OPEN' | 'PARKED' }>(FAILED, [id]);
  return row?.state;
}

interface TimerRow {
  readonly id: bigint;
  readonly key: string;
  readonly kind: string;
  readonly subject_id: string | null;
  readonly due_at: Date;
  readonly sealed_payload: Buffer | null;
  readonly trace_id: string;
  readonly attempts: number;
}
