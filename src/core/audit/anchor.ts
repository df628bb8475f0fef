/** Anchors: now and then the head of the chain is signed and written outside the database, so that even a cut tail is noticed. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Database } from '../../db/database.ts';
import type { Keyring } from '../../db/keyring.ts';
import { LOCKS } from '../../db/locks.ts';
import { hit } from '../../lib/kill-points.ts';
import { readHead } from './chain.ts';
import { tryLock } from './seal.ts';

const ANCHOR = z.object({
  /** How many seals there were, in decimal. */
  sequence: z.string().regex(/^[1-9]\d{0,18}$/),
  /** The hash of the last of them, in hex. */
  head: z.string(),
  /** Business time, ISO. */
  at: z.string(),
  signature: z.string(),
});

/** A signed head. */
export type Anchor = z.infer<typeof ANCHOR>;

/** Where anchors go: a file under DATA_DIR or an object store. What it gives back is believed only when it is signed. */
export interface AnchorStore {
  /** Durable once it returns. */
  append(anchor: Anchor): Promise<void>;
  /** The newest, at a cost that does not grow with their number. */
  last(): Promise<unknown>;
  /** All of them, oldest first. */
  all(): AsyncIterable<unknown>;
}

/**
 * Writes an anchor of the present head unless the last one names it already. One process at a time: two that share a store
 * would mend each other's half-written line.
 */
export async function anchorAudit(database: Database, keys: Keyring, store: AnchorStore, now: Date): Promise<boolean> {
  const { key } = keys.auditKey;
  return database.transaction(async (tx) => {
    if (!(await tryLock(tx, LOCKS.auditAnchor))) return false;
    const { sequence, hash } = await readHead(tx);
    const fields = { sequence: String(sequence), head: hash.toString('hex'), at: now.toISOString() };
    const last = signedAnchor(key, await store.last());
    // The hash too: after an older backup was restored the log may have grown to the same length with other entries.
    if (sequence === 0n || (last?.sequence === fields.sequence && last.head === fields.head)) return false;
    await store.append({ ...fields, signature: signature(key, fields) });
    hit('audit.anchored');
    return true;
  });
}

/** What a store holds as an anchor, or nothing when it is none or not signed with our key. */
export function signedAnchor(key: Buffer, stored: unknown): Anchor | undefined {
  const { data } = ANCHOR.safeParse(stored);
  if (data === undefined) return undefined;
  const [given, own] = [Buffer.from(data.signature), Buffer.from(signature(key, data))];
  return given.length === own.length && timingSafeEqual(given, own) ? data : undefined;
}

function signature(key: Buffer, { sequence, head, at }: Omit<Anchor, 'signature'>): string {
  return createHmac('sha256', key).update(`anchor\n${sequence}\n${head}\n${at}`).digest('hex');
}
