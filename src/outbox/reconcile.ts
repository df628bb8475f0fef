/**
 * Asking the platform what became of sends whose outcome is unknown (invariant 6). Found: the receipt is stored. Surely not
 * there: the row goes out again. Cannot be told: it stays unknown and becomes somebody's to-do, once.
 */
import { ChannelError, type Channel, type OutboundIntent, type Receipt } from '../channels/channel.ts';
import type { MessageContent } from '../core/operations/effects.ts';
import { statement } from '../db/database.ts';
import { isPassing } from '../db/faults.ts';
import type { Keyring } from '../db/keyring.ts';
import { errorText } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { LEASED_COLUMNS, type LeasedRow } from './claim.ts';
import type { SettleDeps } from './settle.ts';

// Not at once: a post whose client gave up may still be on its way in, and 'not there' would be said too early. An unknown
// row is due for nothing else, so `due_at` is when it was last looked into: whoever waits longest comes first.
const UNKNOWN = statement(
  'outbox-to-reconcile',
  `SELECT ${LEASED_COLUMNS} FROM outbox o
   WHERE state = 'UNKNOWN' AND account = ANY($1::text[]) AND error_code <> 'cannot_tell' AND sending_at < clock_timestamp() - interval '60 seconds'
   ORDER BY due_at, id LIMIT 20`,
);
// `attempts` fences: a verdict about an earlier try says nothing about a later one.
const FOUND = statement(
  'outbox-reconcile-found',
  `UPDATE outbox SET state = 'SENT', provider_id = $4, sealed_handle = $5, settled_at = business_now() WHERE id = $1 AND at = $2 AND attempts = $3 AND state = 'UNKNOWN'`,
);
// Nothing of it is there, so that what goes out now is no repetition: whatever was unclear is not any more.
const ABSENT = statement(
  'outbox-reconcile-absent',
  `UPDATE outbox SET state = 'PENDING', due_at = business_now(), settled_at = NULL, error_code = NULL, unclear_since = NULL WHERE id = $1 AND at = $2 AND attempts = $3 AND state = 'UNKNOWN'`,
);
const CANNOT_TELL = statement(
  'outbox-reconcile-cannot-tell',
  `UPDATE outbox SET error_code = 'cannot_tell' WHERE id = $1 AND at = $2 AND attempts = $3 AND state = 'UNKNOWN' RETURNING id`,
);

const LOOKED = statement(
  'outbox-reconcile-looked',
  `UPDATE outbox SET due_at = business_now() WHERE id = $1 AND at = $2 AND attempts = $3 AND state = 'UNKNOWN'`,
);

const MAX_ATTEMPTS = 5;
/** Failures of asking after which the answer may be had another time; any other is the platform's last word. */
const PASSING: ReadonlySet<ChannelError['failure']> = new Set(['retry', 'wait', 'refresh', 'unknown', 'breaker']);

interface ReconcileDeps extends SettleDeps {
  readonly log: Log;
}

/** Looks into a few unknown rows; returns how many go out again. */
export async function reconcileUnknown(deps: ReconcileDeps, channels: ReadonlyMap<string, Channel>): Promise<number> {
  const asked = [...channels.values()].filter((channel) => channel.reconcile !== undefined);
  if (asked.length === 0) return 0;
  let again = 0;
  for (const row of await deps.database.query<LeasedRow>(UNKNOWN, [asked.map((channel) => channel.account)])) {
    const done = await reconcileOne(deps, channels.get(row.account), row).catch((error: unknown) => {
      if (isPassing(error)) throw error;
      // A bug of ours: the others must not wait behind it, and this one is asked about again when it is mended.
      deps.log.error({ event: 'outbox.reconcile_failed', outboxId: String(row.id), error: errorText(error) });
      return undefined;
    });
    if (done === undefined) await deps.database.query(LOOKED, [row.id, row.at, row.attempts]);
    else again += done;
  }
  return again;
}

/** How many rows go out again for it; `undefined` when it is to be asked about another time. */
async function reconcileOne(
  deps: ReconcileDeps,
  channel: Channel | undefined,
  row: LeasedRow,
): Promise<number | undefined> {
  const found = await look(deps, channel, row);
  return found === 'later' ? undefined : conclude(deps, row, found);
}

async function look(
  deps: ReconcileDeps,
  channel: Channel | undefined,
  row: LeasedRow,
): Promise<Receipt | 'absent' | 'later' | undefined> {
  if (!channel?.reconcile || !row.sealed_payload) return undefined;
  const content = contentOf(deps.keys, row.id, row.sealed_payload);
  if (!content || content.kind === 'file_ref' || content.kind === 'picture') return undefined;
  const intent: OutboundIntent = {
    id: String(row.id),
    to: { account: row.account, chat: row.chat, ...(row.thread === '' ? {} : { thread: row.thread }) },
    content,
    attempt: row.attempts,
    ...(row.ordinal === null ? {} : { ordinal: row.ordinal }),
  };
  try {
    return await channel.reconcile(intent, row.at);
  } catch (error) {
    if (!(error instanceof ChannelError)) throw error;
    return PASSING.has(error.failure) ? 'later' : undefined;
  }
}

/** `undefined` when it cannot be opened: then nobody can say what to look for, and the others must not wait for it. */
function contentOf(keys: Keyring, id: bigint, payload: Buffer): MessageContent | undefined {
  try {
    return keys.openJson(`outbox.sealed_payload.${id}`, payload) as MessageContent;
  } catch {
    return undefined;
  }
}

async function conclude(deps: SettleDeps, row: LeasedRow, found: Receipt | 'absent' | undefined): Promise<number> {
  const fence = [row.id, row.at, row.attempts];
  if (found === 'absent' && row.attempts < MAX_ATTEMPTS) {
    await deps.database.query(ABSENT, fence);
    return 1;
  }
  if (found !== 'absent' && found !== undefined) {
    const handle =
      found.handle === undefined ? null : deps.keys.sealJson(`outbox.sealed_handle.${row.id}`, found.handle);
    await deps.database.query(FOUND, [...fence, found.providerId ?? null, handle]);
    return 0;
  }
  await deps.database.transaction(async (tx) => {
    if ((await tx.query(CANNOT_TELL, fence)).length > 0)
      await deps.followUp(tx, row, { state: 'UNKNOWN', code: 'cannot_tell' });
  });
  return 0;
}
