/**
 * Data keys: one for the company, one per customer (destroying it is erasure), one for the blind index, one for the
 * audit chain. All are wrapped by the master key, which never enters the database.
 */
import { createHash, randomBytes } from 'node:crypto';
import { systemClock, type Clock } from '../lib/clock.ts';
import { AppError, defineErrors } from '../lib/errors.ts';
import { markTold } from '../lib/log.ts';
import { blind, open, seal, sealedKeyNumber } from '../lib/seal.ts';
import { statement, type Tx } from './database.ts';
import { isPassing, PassingFault, sqlState } from './faults.ts';
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
// The company's key is the first that a rotation wraps anew. Its row is locked until we commit, so a rotation that begins
// meanwhile waits and finds what we have wrapped.
const RESERVE_CUSTOMER = statement(
  'keyring-reserve-customer',
  `SELECT nextval(pg_get_serial_sequence('data_keys', 'number'))::int AS number, master_key_id
   FROM data_keys WHERE purpose = 'COMPANY' ORDER BY version DESC LIMIT 1 FOR SHARE`,
);
const COMPANY = statement(
  'keyring-company',
  `SELECT number, master_key_id FROM data_keys WHERE purpose = 'COMPANY' ORDER BY version DESC LIMIT 1`,
);
const FOREIGN = statement(
  'keyring-foreign',
  'SELECT count(*)::int AS count FROM data_keys WHERE wrapped IS NOT NULL AND master_key_id <> ALL ($1::text[])',
);
const INSERT = statement(
  'keyring-insert',
  `INSERT INTO data_keys (number, purpose, version, wrapped, master_key_id, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
);

/** The key that wraps data keys, and while keys are being rotated the one before it; 32 bytes each. */
export interface MasterKeys {
  readonly current: Buffer;
  readonly previous?: Buffer;
}

/** What a master key goes by; says nothing of the key itself. */
export function masterKeyId(key: Buffer): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 16);
}

/** What can be wrong with the master key. */
export const keyErrors = defineErrors({
  'setting.master_key_other': [500, 'error'],
  'setting.master_key_left': [500, 'error'],
});

/** The database's keys were wrapped by a master key that we do not have: nothing of it can be read with ours. */
export class UnknownMasterKey extends AppError {
  constructor(row: Pick<KeyRow, 'master_key_id'>) {
    super(keyErrors['setting.master_key_other'], { params: { id: row.master_key_id } });
  }
}

/** Met by a process that runs: somebody has changed the master key meanwhile. The work waits until it is started with the new one. */
class NewerMasterKey extends PassingFault {
  constructor(row: Pick<KeyRow, 'number' | 'master_key_id'>) {
    super(`data key ${row.number} is wrapped by the master key ${row.master_key_id}, which this process does not have`);
    markTold(this);
  }
}

const MAX_CUSTOMER_KEYS = 10_000;
/** Damaged places that are remembered as told. */
const MAX_UNREADABLE = 10_000;
/** How long a process uses a customer's key before it looks whether it still exists, in ms of real time. */
const CUSTOMER_KEY_MS = 60_000;

/** The opened keys of one process: the company's for good, a customer's for a minute at a time. */
export class Keyring {
  readonly #masters: ReadonlyMap<string, Buffer>;
  readonly #currentMaster: Buffer;
  readonly #clock: Clock;
  readonly #tell: (masterKeyId: string) => void;
  readonly #tellUnreadable: (place: string) => void;
  readonly #unreadable = new Set<string>();
  /** Whether we have met a key that none of our masters opens. */
  #isOutdated = false;
  readonly #own = new Map<number, Buffer>();
  readonly #customers = new Map<number, { readonly key: Buffer; readonly until: number }>();
  #company = 0;
  #index: { number: number; version: number } = { number: 0, version: 0 };
  #audit: { number: number; version: number } = { number: 0, version: 0 };

  /**
   * @param tell Told once when another master key is met than those we have.
   * @param tellUnreadable Told once of each place that a list does without.
   */
  constructor(
    masters: MasterKeys,
    clock = systemClock,
    tell: (masterKeyId: string) => void = () => undefined,
    tellUnreadable: (place: string) => void = () => undefined,
  ) {
    this.#clock = clock;
    this.#tell = tell;
    this.#tellUnreadable = tellUnreadable;
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

  /** How many data keys none of our master keys opens. */
  async countForeign(tx: Tx): Promise<number> {
    const [row] = await tx.query<{ count: number }>(FOREIGN, [[...this.#masters.keys()]]);
    return row?.count ?? 0;
  }

  /** @throws AppError `setting.master_key_left` when a master key is missing that a rotation had not done with */
  async requireAll(tx: Tx): Promise<void> {
    const count = await this.countForeign(tx);
    if (count > 0) throw new AppError(keyErrors['setting.master_key_left'], { params: { count } });
  }

  /** Whether our master keys open all that we have met: otherwise they were changed while we ran. */
  get isUpToDate(): boolean {
    return !this.#isOutdated;
  }

  /** Whether there is a former master key beside the current one: without it nothing can be wrapped anew. */
  get hasFormerMaster(): boolean {
    return this.#masters.size > 1;
  }

  /** What the master key goes by that `rotate` wraps with. */
  get currentMasterId(): string {
    return masterKeyId(this.#currentMaster);
  }

  /** Looks whether the master key was changed under us. */
  async look(tx: Tx): Promise<void> {
    const [row] = await tx.query<Pick<KeyRow, 'number' | 'master_key_id'>>(COMPANY);
    if (row && !this.#masters.has(row.master_key_id)) this.#outdatedBy(row);
    else if (this.#isOutdated) this.#isOutdated = (await this.countForeign(tx)) > 0;
  }

  /**
   * Makes a customer's own key and returns its number. It is wrapped by the master key that the company's key is wrapped by,
   * so that every process can open it until `rotate` has come by.
   * @throws PassingFault when that is none of ours
   */
  async createCustomerKey(tx: Tx, now: Date): Promise<number> {
    const [row] = await tx.query<Pick<KeyRow, 'number' | 'master_key_id'>>(RESERVE_CUSTOMER);
    if (!row) throw new Error('no company key');
    const master = this.#masters.get(row.master_key_id);
    if (!master) throw this.#outdatedBy(row);
    const key = await this.#insert(tx, { number: row.number, purpose: 'CUSTOMER', master }, now);
    this.#remember(row.number, key);
    return row.number;
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

  /** As `openJson` for one row of many: `undefined` for what is damaged, for the others have to go on without it. */
  openJsonOfMany(place: string, sealed: Buffer): unknown {
    try {
      return this.openJson(place, sealed);
    } catch (error) {
      return this.#doWithout(place, error);
    }
  }

  /** As `openAny` for one row of many: `undefined` for what is damaged too. */
  async openAnyOfMany(tx: Tx, place: string, sealed: Buffer): Promise<Buffer | undefined> {
    try {
      return await this.openAny(tx, place, sealed);
    } catch (error) {
      return this.#doWithout(place, error);
    }
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

  /** Rewraps every key that the master key before ours wrapped; resumable. Returns how many were rewrapped. */
  async rotate(tx: Tx, batch = 500): Promise<number> {
    const rows = await tx.query<KeyRow>(
      'SELECT number, purpose, version, wrapped, master_key_id FROM data_keys WHERE wrapped IS NOT NULL AND master_key_id <> $1 AND master_key_id = ANY ($3::text[]) ORDER BY number LIMIT $2 FOR NO KEY UPDATE',
      [this.currentMasterId, batch, [...this.#masters.keys()]],
    );
    for (const row of rows) {
      const wrapped = wrap(this.#currentMaster, row.number, this.#unwrap(row));
      await tx.query('UPDATE data_keys SET wrapped = $2, master_key_id = $3 WHERE number = $1', [
        row.number,
        wrapped,
        this.currentMasterId,
      ]);
    }
    return rows.length;
  }

  async #create(tx: Tx, purpose: Purpose, now: Date): Promise<void> {
    const [row] = await tx.query<{ number: number }>(RESERVE);
    if (!row) throw new Error('no key number');
    await this.#insert(tx, { number: row.number, purpose, master: this.#currentMaster }, now);
  }

  async #insert(
    tx: Tx,
    { number, purpose, master }: { readonly number: number; readonly purpose: Purpose; readonly master: Buffer },
    now: Date,
  ): Promise<Buffer> {
    const key = randomBytes(32);
    await tx.query(INSERT, [number, purpose, 1, wrap(master, number, key), masterKeyId(master), now]);
    return key;
  }

  async #customerKey(tx: Tx, number: number): Promise<Buffer | undefined> {
    const known = this.#customers.get(number);
    if (known && known.until > this.#clock.now().getTime()) return known.key;
    this.#customers.delete(number);
    const [row] = await tx.query<KeyRow>(FIND, [number]);
    if (!row?.wrapped) return undefined;
    if (!this.#masters.has(row.master_key_id)) throw this.#outdatedBy(row);
    const key = this.#unwrap(row);
    this.#remember(number, key);
    return key;
  }

  /** @throws what says nothing against the row: the database's errors, and a master key that we do not have yet */
  #doWithout(place: string, error: unknown): undefined {
    if (isPassing(error) || sqlState(error) !== undefined) throw error;
    if (this.#unreadable.has(place)) return;
    if (this.#unreadable.size >= MAX_UNREADABLE) this.#unreadable.clear();
    this.#unreadable.add(place);
    this.#tellUnreadable(place);
  }

  #take(row: KeyRow): void {
    if (!row.wrapped) return;
    this.#own.set(row.number, this.#unwrap(row));
    if (row.purpose === 'COMPANY') this.#company = row.number;
    if (row.purpose === 'INDEX') this.#index = { number: row.number, version: row.version };
    if (row.purpose === 'AUDIT') this.#audit = { number: row.number, version: row.version };
  }

  #outdatedBy(row: Pick<KeyRow, 'number' | 'master_key_id'>): NewerMasterKey {
    if (!this.#isOutdated) this.#tell(row.master_key_id);
    this.#isOutdated = true;
    return new NewerMasterKey(row);
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

function wrap(master: Buffer, number: number, key: Buffer): Buffer {
  return seal(master, 0, `data_keys.wrapped.${number}`, key);
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
