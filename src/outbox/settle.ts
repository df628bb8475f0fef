/** Writing down what became of leased rows. Only the holder of the lease may (fencing): a late worker changes nothing. */
import { statement, type Database, type Tx } from '../db/database.ts';
import type { Keyring } from '../db/keyring.ts';
import { LEASED_COLUMNS, type LeasedRow } from './claim.ts';

/** What became of one try. */
export type Settlement =
  | {
      readonly state: 'SENT';
      readonly providerId?: string;
      readonly handle?: Readonly<Record<string, string>>;
    }
  /** With `isBroken` it is not this message: the platform refuses the whole account. With `isUnclear` it may have arrived. */
  | {
      readonly state: 'PENDING';
      readonly dueInMs: number;
      readonly code: string;
      readonly isBroken?: true;
      readonly isUnclear?: true;
    }
  /** Waits as a timer until `until` (business time) or, without one, `waitMs` from now. */
  | { readonly state: 'DEFERRED'; readonly code: string; readonly until?: Date; readonly waitMs?: number }
  | { readonly state: 'FAILED' | 'UNKNOWN' | 'PARKED' | 'DENIED' | 'LAPSED'; readonly code: string };

// `state || ''` keeps the planner from the index of all leased rows: the primary key finds those that are meant.
const SETTLE = statement(
  'outbox-settle',
  `UPDATE outbox o SET state = row.state, provider_id = row.provider_id, sealed_handle = row.sealed_handle, error_code = row.error_code,
     unclear_since = coalesce(o.unclear_since, CASE WHEN row.is_unclear THEN o.sending_at END),
     due_at = CASE WHEN row.state = 'PENDING' THEN clock_timestamp() + (c.offset_ms + row.due_in_ms) * interval '1 millisecond' ELSE o.due_at END,
     settled_at = CASE WHEN row.state = 'PENDING' THEN NULL ELSE clock_timestamp() + c.offset_ms * interval '1 millisecond' END,
     lease_token = NULL, lease_until = NULL
   FROM unnest($2::bigint[], $3::timestamptz[], $4::text[], $5::text[], $6::bytea[], $7::text[], $8::int[], $9::boolean[]) AS row (id, at, state, provider_id, sealed_handle, error_code, due_in_ms, is_unclear), business_clock c
   WHERE c.id = 1 AND o.id = row.id AND o.at = row.at AND o.lease_token = $1 AND o.state || '' = 'LEASED'
   RETURNING o.id`,
);
const HEARTBEAT = statement(
  'outbox-heartbeat',
  `UPDATE outbox SET lease_until = clock_timestamp() + interval '30 seconds' WHERE lease_token = ANY($1::uuid[]) AND state = 'LEASED'`,
);
// An answer inside a request is not known to have been shown, and a message sent instead would not be recognised as the same.
// A card that is drawn twice looks as it does when drawn once: its redrawing is repeated on every platform, at any time.
// What two processes died with goes out by and by: one that they died of must not take the others along each time.
const EXPIRED = statement(
  'outbox-expired',
  `UPDATE outbox o SET state = fate.state, error_code = 'lease_expired', unclear_since = coalesce(o.unclear_since, o.sending_at), lease_token = NULL, lease_until = NULL,
     due_at = CASE WHEN fate.state = 'PENDING' AND o.attempts > 1 THEN business_now() + random() * interval '30 seconds' ELSE o.due_at END,
     settled_at = CASE WHEN fate.state = 'PENDING' THEN NULL ELSE business_now() END
   FROM (
     SELECT l.id, l.at, CASE WHEN l.attempts < 5 AND l.lane <> 'INTERACTIVE' AND (l.kind = 'card_update' OR coalesce(l.unclear_since, l.sending_at) > clock_timestamp() - may.window_ms * interval '1 millisecond') THEN 'PENDING' ELSE 'UNKNOWN' END AS state
     FROM outbox l LEFT JOIN unnest($1::text[], $2::float8[]) AS may (account, window_ms) ON may.account = l.account
     WHERE l.state = 'LEASED' AND l.lease_until < clock_timestamp() FOR UPDATE OF l SKIP LOCKED
   ) AS fate
   WHERE o.id = fate.id AND o.at = fate.at
   RETURNING ${LEASED_COLUMNS}, o.state`,
);
const ABANDONED = statement(
  'outbox-abandoned',
  `UPDATE outbox SET lane = 'NORMAL' WHERE lane = 'INTERACTIVE' AND state = 'PENDING' AND due_at < business_now() - interval '3 seconds' RETURNING id`,
);

/** A leased row with what became of it. */
export interface Settled {
  readonly row: LeasedRow;
  readonly settlement: Settlement;
}

/** What must follow a settlement: a resume timer, a to-do, an incident. Runs in the settling transaction. */
export type FollowUp = (tx: Tx, row: LeasedRow, settlement: Settlement) => Promise<void>;

/** What settling uses; `followUp` runs in its transaction. */
export interface SettleDeps {
  readonly database: Database;
  readonly keys: Keyring;
  readonly followUp: FollowUp;
}

/**
 * Settles rows of one lease together with what follows from it: a deferred row without its timer would wait for ever, an
 * unknown one without its to-do would be seen by nobody. Rows that are no longer ours are left alone, their follow-up too.
 */
export async function settle(deps: SettleDeps, token: string, results: readonly Settled[]): Promise<void> {
  if (results.every(isPlain)) {
    await writeSettlements(deps.database, deps.keys, token, results);
    return;
  }
  await deps.database.transaction(async (tx) => {
    const ours = new Set(await writeSettlements(tx, deps.keys, token, results));
    for (const { row, settlement } of bySubject(results))
      if (ours.has(row.id)) await deps.followUp(tx, row, settlement);
  });
}

/** In the order of their ids, as everybody locks what they are about (design §12 "Turns and locks"). */
function bySubject(results: readonly Settled[]): readonly Settled[] {
  const subject = ({ row }: Settled): string => row.subject_id ?? '';
  return results.toSorted((a, b) => (subject(a) < subject(b) ? -1 : Number(subject(a) > subject(b))));
}

/** Nothing follows from it: sent, or tried again in a moment. */
function isPlain({ row, settlement }: Settled): boolean {
  if (row.isProbe === true) return false;
  return settlement.state === 'SENT' || (settlement.state === 'PENDING' && settlement.isBroken !== true);
}

/** Writes the outcomes. Returns the ids that were still ours. */
async function writeSettlements(
  tx: Tx,
  keys: Keyring,
  token: string,
  results: readonly Settled[],
): Promise<readonly bigint[]> {
  if (results.length === 0) return [];
  const rows = await tx.query<{ id: bigint }>(SETTLE, [
    token,
    results.map(({ row }) => row.id),
    results.map(({ row }) => row.at),
    results.map(({ settlement }) => settlement.state),
    results.map(({ settlement }) => (settlement.state === 'SENT' ? (settlement.providerId ?? null) : null)),
    results.map(({ row, settlement }) =>
      settlement.state === 'SENT' && settlement.handle
        ? keys.sealJson(`outbox.sealed_handle.${row.id}`, settlement.handle)
        : null,
    ),
    results.map(({ settlement }) => (settlement.state === 'SENT' ? null : settlement.code)),
    results.map(({ settlement }) => (settlement.state === 'PENDING' ? Math.round(settlement.dueInMs) : 0)),
    results.map(({ settlement }) => settlement.state === 'PENDING' && settlement.isUnclear === true),
  ]);
  return rows.map((row) => row.id);
}

/** Keeps the leases of running sends alive. */
export async function heartbeat(tx: Tx, tokens: readonly string[]): Promise<void> {
  if (tokens.length > 0) await tx.query(HEARTBEAT, [tokens]);
}

/** For how long a platform drops a repetition, by account; accounts without such a window are never repeated. */
export type RepeatWindows = ReadonlyMap<string, number>;

/**
 * Takes back leases of processes that died. While the platform still drops duplicates the row is sent again, otherwise it
 * becomes `UNKNOWN`: visible, reconciled, never blindly repeated. Returns how many rows may go out now.
 */
export async function sweepExpired(deps: SettleDeps, windows: RepeatWindows): Promise<number> {
  return deps.database.transaction(async (tx) => {
    const rows = await tx.query<LeasedRow & { readonly state: 'PENDING' | 'UNKNOWN' }>(EXPIRED, [
      [...windows.keys()],
      [...windows.values()],
    ]);
    for (const row of rows)
      if (row.state === 'UNKNOWN') await deps.followUp(tx, row, { state: 'UNKNOWN', code: 'lease_expired' });
    return rows.filter((row) => row.state === 'PENDING').length;
  });
}

/** Answers whose request nobody holds any more (its process died, or the turn was late) go out as ordinary messages. */
export async function sweepAbandoned(tx: Tx): Promise<number> {
  return (await tx.query(ABANDONED)).length;
}
