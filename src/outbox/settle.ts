/** Writing down what became of leased rows. Only the holder of the lease may (fencing): a late worker changes nothing. */
import { statement, type Tx } from '../db/database.ts';
import type { Keyring } from '../db/keyring.ts';
import type { LeasedRow } from './claim.ts';

export type Settlement =
  | { readonly state: 'SENT'; readonly providerId?: string; readonly handle?: Readonly<Record<string, string>>; readonly note?: string }
  | { readonly state: 'PENDING'; readonly dueInMs: number; readonly code: string }
  /** Waits as a timer until `until` (business time) or, without one, `waitMs` from now. */
  | { readonly state: 'DEFERRED'; readonly code: string; readonly until?: Date; readonly waitMs?: number }
  | { readonly state: 'FAILED' | 'UNKNOWN' | 'PARKED' | 'DENIED' | 'LAPSED'; readonly code: string };

const SETTLE = statement(
  'outbox-settle',
  `UPDATE outbox o SET state = row.state, provider_id = row.provider_id, sealed_handle = row.sealed_handle, error_code = row.error_code,
     due_at = CASE WHEN row.state = 'PENDING' THEN clock_timestamp() + row.due_in_ms * interval '1 millisecond' ELSE o.due_at END,
     settled_at = CASE WHEN row.state = 'PENDING' THEN NULL ELSE clock_timestamp() + c.offset_ms * interval '1 millisecond' END,
     lease_token = NULL, lease_until = NULL
   FROM unnest($2::bigint[], $3::timestamptz[], $4::text[], $5::text[], $6::bytea[], $7::text[], $8::int[]) AS row (id, at, state, provider_id, sealed_handle, error_code, due_in_ms), business_clock c
   WHERE o.id = row.id AND o.at = row.at AND o.lease_token = $1 AND o.state = 'LEASED'
   RETURNING o.id`,
);
const HEARTBEAT = statement('outbox-heartbeat', `UPDATE outbox SET lease_until = clock_timestamp() + interval '30 seconds' WHERE lease_token = ANY($1::uuid[]) AND state = 'LEASED'`);
const EXPIRED = statement(
  'outbox-expired',
  `UPDATE outbox o SET state = CASE WHEN account = ANY($1::text[]) AND attempts < 5 THEN 'PENDING' ELSE 'UNKNOWN' END,
     error_code = 'lease_expired', lease_token = NULL, lease_until = NULL,
     settled_at = CASE WHEN account = ANY($1::text[]) AND attempts < 5 THEN NULL ELSE business_now() END
   WHERE o.state = 'LEASED' AND o.lease_until < clock_timestamp()
   RETURNING o.id, o.state`,
);

/** Settles rows of one lease. Returns the ids that were still ours. */
export async function settle(tx: Tx, keys: Keyring, token: string, results: readonly { readonly row: LeasedRow; readonly settlement: Settlement }[]): Promise<readonly bigint[]> {
  if (results.length === 0) return [];
  const rows = await tx.query<{ id: bigint }>(SETTLE, [
    token,
    results.map(({ row }) => row.id),
    results.map(({ row }) => row.at),
    results.map(({ settlement }) => settlement.state),
    results.map(({ settlement }) => (settlement.state === 'SENT' ? (settlement.providerId ?? null) : null)),
    results.map(({ row, settlement }) => (settlement.state === 'SENT' && settlement.handle ? keys.sealJson(`outbox.sealed_handle.${row.id}`, settlement.handle) : null)),
    results.map(({ settlement }) => (settlement.state === 'SENT' ? (settlement.note ?? null) : settlement.code)),
    results.map(({ settlement }) => (settlement.state === 'PENDING' ? Math.round(settlement.dueInMs) : 0)),
  ]);
  return rows.map((row) => row.id);
}

/** Keeps the leases of running sends alive. */
export async function heartbeat(tx: Tx, tokens: readonly string[]): Promise<void> {
  if (tokens.length > 0) await tx.query(HEARTBEAT, [tokens]);
}

/**
 * Takes back leases of processes that died. Where the platform drops duplicates the row is sent again, elsewhere it
 * becomes `UNKNOWN`: visible, reconciled, never blindly repeated.
 */
export async function sweepExpired(tx: Tx, repeatableAccounts: readonly string[]): Promise<readonly { readonly id: bigint; readonly state: string }[]> {
  return tx.query<{ id: bigint; state: string }>(EXPIRED, [repeatableAccounts]);
}
