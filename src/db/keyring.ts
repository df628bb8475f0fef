/**
 * Data keys: one for the company, one per customer (destroying it is erasure), one for the blind index, one for the
 * audit chain. All are wrapped by the master key, which never enters the database.
 */
import { createHash, randomBytes } from 'node:crypto';
import { systemClock, type Clock } from '../lib/clock.ts';
import { AppError, defineErrors } from '../lib/errors.ts';
import { blind, open, seal, sealedKeyNumber } from '../lib/seal.ts';
import { statement, type Tx } from './database.ts';
import { LOCKS } from './locks.ts';

type Purpose = 'COMPANY' | 'CUSTOMER' | 'INDEX' | 'AUDIT';

interface KeyRow {
  readonly number: number;
  readonly purpose: Purpose;
  readonly version: number;
  readonly wrapped: Buffer | null;
  readonly master_key_id: string;
}

const LOAD = statement(
  'keyring-load',
  `SELECT number, purpose, version, wrapped, master_key_id FROM data_keys WHERE purpose <> 'CUSTOMER' ORDER BY version`,
);
const FIND = statement(
  'keyring-find',
  'SELECT number, purpose, version, wrapped, master_key_id FROM data_keys WHERE number = $1',
);
const RESERVE = statement(
  'keyring-reserve',
  `SELECT nextval(pg_get_serial_sequence('data_keys', 'number'))::int AS number`,
);
const INSERT = statement(
  'keyring-insert',
  `INSERT INTO data_keys (number, purpose, version, wrapped, master_key_id, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
);

export interface MasterKeys {
  readonly current: Buffer;
  readonly previous?: Buffer;
}

export function masterKeyId(key: Buffer): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 16);
}

/** What can be wrong with the master key. */
export const keyErrors = defineErrors({
  'setting.master_key_other': [500, 'error'],
});

/** The database's keys were wrapped by a master key that we do not have: nothing of it can be read with ours. */
export class UnknownMasterKey extends AppError {
  constructor(row: Pick<KeyRow, 'master_key_id'>) {
    super(keyErrors['setting.master_key_other'], { params: { id: row.master_key_id } });
  }
}

const MAX_CUSTOMER_KEYS = 10_000;
/** How long a process uses a customer's key before it looks whether it still exists, in ms of real time. */
const CUSTOMER_KEY_MS = 60_000;

/** The opened keys of one process: the company's for good, a customer's for a minute at a time. */
export class Keyring {
  readonly #masters: ReadonlyMap<string, Buffer>;
  readonly #currentMaster: Buffer;
  readonly #clock: Clock;
  readonly #own = new Map<number, Buffer>();
  readonly #customers = new Map<number, { readonly key: Buffer; readonly until: number }>();
  #company = 0;
  #index: { number: number; version: number } = { number: 0, version: 0 };
  #audit: { number: number; version: number } = { number: 0, version: 0 };

  constructor(masters: MasterKeys, clock = systemClock) {
    this.#clock = clock;
    this.#currentMaster = masters.current;
    const known = [masters.current, ...(masters.previous ? [masters.previous] : [])];
    this.#masters = new Map(known.map((key) => [masterKeyId(key), key]));
  }

  /** Loads the company's keys, making them on the first start. Call once, under the migration lock or alone. */
  async load(tx: Tx, now: Date): Promise<void> {
    await tx.query('SELECT pg_advisory_xact_lock($1)', [LOCKS.keyring]);
    for (const purpose of ['COMPANY', 'INDEX', 'AUDIT'] as const) {
      const rows = await tx.query<KeyRow>(LOAD);
      if (!rows.some((row) => row.purpose === purpose)) await this.#create(tx, purpose, now);
    }
    for (const row of await tx.query<KeyRow>(LOAD)) this.#take(row);
  }

  /** Makes a customer's own key and returns its number. */
  async createCustomerKey(tx: Tx, now: Date): Promise<number> {
    return this.#create(tx, 'CUSTOMER', now);
  }

  /** Encrypts with the company's key. `place` is `table.column.id`. */
  seal(place: string, plain: Buffer | string): Buffer {
    return seal(this.#key(this.#company), this.#company, place, plain);
  }

  sealJson(place: string, value: unknown): Buffer {
    return this.seal(place, toJson(value));
  }

  /**
   * Encrypts with a customer's key.
   * @throws Error when it does not exist or, a minute after that at the latest, was destroyed.
   */
  async sealFor(tx: Tx, keyNumber: number, place: string, plain: Buffer | string): Promise<Buffer> {
    const key = await this.#customerKey(tx, keyNumber);
    if (!key) throw new Error(`data key ${keyNumber} is destroyed or unknown`);
    return seal(key, keyNumber, place, plain);
  }

  /** Decrypts what the company's key sealed. @throws Error when moved, altered or sealed with a customer's key. */
  open(place: string, sealed: Buffer): Buffer {
    return open(this.#key(sealedKeyNumber(sealed)), place, sealed);
  }

  openText(place: string, sealed: Buffer): string {
    return this.open(place, sealed).toString('utf8');
  }

  openJson(place: string, sealed: Buffer): unknown {
    return JSON.parse(this.openText(place, sealed));
  }

  /**
   * Decrypts whichever key it needs; `undefined` when that key was destroyed (the customer was erased). A process that used
   * the key just before may open with it for one more minute.
   */
  async openAny(tx: Tx, place: string, sealed: Buffer): Promise<Buffer | undefined> {
    const number = sealedKeyNumber(sealed);
    const key = this.#own.get(number) ?? (await this.#customerKey(tx, number));
    return key && open(key, place, sealed);
  }

  /** The blind index digest of a value (exact look-up). */
  blind(domain: string, value: string): Buffer {
    return blind(this.#key(this.#index.number), domain, value);
  }

  get indexVersion(): number {
    return this.#index.version;
  }

  /** The audit chain's key, for the sealer and `audit verify` only. */
  get auditKey(): { readonly key: Buffer; readonly version: number } {
    return { key: this.#key(this.#audit.number), version: this.#audit.version };
  }

  /** Rewraps every key that an older master key wrapped; resumable. Returns how many were rewrapped. */
  async rotate(tx: Tx, batch = 500): Promise<number> {
    const rows = await tx.query<KeyRow>(
      'SELECT number, purpose, version, wrapped, master_key_id FROM data_keys WHERE wrapped IS NOT NULL AND master_key_id <> $1 ORDER BY number LIMIT $2 FOR UPDATE',
      [masterKeyId(this.#currentMaster), batch],
    );
    for (const row of rows) {
      const wrapped = this.#wrap(row.number, this.#unwrap(row));
      await tx.query('UPDATE data_keys SET wrapped = $2, master_key_id = $3 WHERE number = $1', [
        row.number,
        wrapped,
        masterKeyId(this.#currentMaster),
      ]);
    }
    return rows.length;
  }

  async #create(tx: Tx, purpose: Purpose, now: Date): Promise<number> {
    const [row] = await tx.query<{ number: number }>(RESERVE);
    if (!row) throw new Error('no key number');
    const key = randomBytes(32);
    await tx.query(INSERT, [
      row.number,
      purpose,
      1,
      this.#wrap(row.number, key),
      masterKeyId(this.#currentMaster),
      now,
    ]);
    if (purpose === 'CUSTOMER') this.#remember(row.number, key);
    return row.number;
  }

  async #customerKey(tx: Tx, number: number): Promise<Buffer | undefined> {
    const known = this.#customers.get(number);
    if (known && known.until > this.#clock.now().getTime()) return known.key;
    this.#customers.delete(number);
    const [row] = await tx.query<KeyRow>(FIND, [number]);
    if (!row?.wrapped) return undefined;
    const key = this.#unwrap(row);
    this.#remember(number, key);
    return key;
  }

  #take(row: KeyRow): void {
    if (!row.wrapped) return;
    this.#own.set(row.number, this.#unwrap(row));
    if (row.purpose === 'COMPANY') this.#company = row.number;
    if (row.purpose === 'INDEX') this.#index = { number: row.number, version: row.version };
    if (row.purpose === 'AUDIT') this.#audit = { number: row.number, version: row.version };
  }

  #wrap(number: number, key: Buffer): Buffer {
    return seal(this.#currentMaster, 0, `data_keys.wrapped.${number}`, key);
  }

  #unwrap(row: KeyRow): Buffer {
    const master = this.#masters.get(row.master_key_id);
    if (!master || !row.wrapped) throw new UnknownMasterKey(row);
    return open(master, `data_keys.wrapped.${row.number}`, row.wrapped);
  }

  /** For a minute from when it was read; of too many the oldest go. */
  #remember(number: number, key: Buffer): void {
    for (const oldest of this.#customers.keys()) {
      if (this.#customers.size < MAX_CUSTOMER_KEYS) break;
      this.#customers.delete(oldest);
    }
    this.#customers.set(number, { key, until: this.#clock.now().getTime() + CUSTOMER_KEY_MS });
  }

  #key(number: number): Buffer {
    const key = this.#own.get(number);
    if (!key) throw new Error(`data key ${number} is not loaded`);
    return key;
  }
}

/** JSON with whole fen as decimal strings. */
function toJson(value: unknown): string {
  try {
    return JSON.stringify(value); // a replacer makes it ten times slower, and hardly anything sealed holds a bigint
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? part.toString() : part));
  }
}
