/**
 * What the look-alikes remember when the product is stopped and started again: real platforms do not forget a chat because
 * our process died. One file under DATA_DIR, written whole or not at all; file contents lie beside it, each once.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DefaultDeserializer, DefaultSerializer } from 'node:v8';
import { errorText } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import type { Remembering } from '../emulator.ts';

const FORMAT = 1;
/** Changes are gathered for this long; a kill within it loses what a phone showed, never what our bot has accepted. */
const GATHER_MS = 120;
/** A large memory is written less often: at most a tenth of the time goes into writing. */
const REST_FACTOR = 9;
/** A full disk, or one file too many: tried again so much later. */
const AGAIN_MS = 10_000;

/** Who remembers, by name. */
export type Rememberers = Readonly<Record<string, Remembering>>;

/** Keeps the look-alikes' state in `<folder>/state.bin`. */
export class Memory {
  readonly #folder: string;
  readonly #who: Rememberers;
  readonly #log: Log;
  #hasFailed = false;
  #written = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #restUntil = 0;

  constructor(folder: string, who: Rememberers, log: Log) {
    this.#folder = folder;
    this.#who = who;
    this.#log = log;
  }

  /** Puts the last state back. `fresh`: there is none; `broken`: it cannot be read and was put aside. */
  recall(): 'recalled' | 'fresh' | 'broken' {
    let bytes: Buffer;
    try {
      bytes = readFileSync(this.#file('state.bin'));
    } catch {
      return 'fresh';
    }
    try {
      const state = this.#decode(bytes);
      for (const [name, one] of Object.entries(this.#who)) if (state.has(name)) one.importState(state.get(name));
      return 'recalled';
    } catch {
      renameSync(this.#file('state.bin'), this.#file('state.bin.broken'));
      return 'broken';
    }
  }

  /** Something changed: it will be written soon. */
  note(): void {
    if (this.#timer !== undefined) return;
    const wait = Math.max(GATHER_MS, this.#restUntil - performance.now());
    this.#timer = setTimeout(() => this.flush(), wait);
    this.#timer.unref();
  }

  /** Writes now. Where the disk does not let it, that is told once, the file stays as it was, and it is tried again. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const started = performance.now();
    try {
      this.#writeState();
      if (this.#hasFailed) this.#log.info({ event: 'sandbox.memory', outcome: 'written_again' });
      this.#hasFailed = false;
      this.#restUntil = performance.now() + (performance.now() - started) * REST_FACTOR;
    } catch (error) {
      if (!this.#hasFailed)
        this.#log.warn({ event: 'sandbox.memory', outcome: 'not_written', error: errorText(error) });
      this.#hasFailed = true;
      this.#restUntil = performance.now() + AGAIN_MS;
      this.note();
    }
  }

  /** Stops writing after one last time. */
  close(): void {
    this.flush();
    clearTimeout(this.#timer);
  }

  /** Synchronous, so that nothing changes in the middle of it. */
  #writeState(): void {
    mkdirSync(this.#file('files'), { recursive: true, mode: 0o700 });
    this.#write('state.bin', this.#encode());
  }

  #encode(): Buffer {
    const keep = (bytes: Uint8Array): string => this.#keepBytes(bytes);
    const writer = new GraphWriter(keep);
    writer.writeHeader();
    const parts = Object.entries(this.#who).map(([name, one]): [string, unknown] => [name, one.exportState()]);
    writer.writeValue(new Map<string, unknown>([['format', FORMAT], ...parts]));
    return writer.releaseBuffer();
  }

  /** @throws Error for anything but a state of this format. */
  #decode(bytes: Buffer): ReadonlyMap<unknown, unknown> {
    const reader = new GraphReader(bytes, (digest) => readFileSync(this.#file(path.join('files', digest))));
    reader.readHeader();
    const state: unknown = reader.readValue();
    if (!(state instanceof Map) || state.get('format') !== FORMAT) throw new Error('not a sandbox state');
    return state;
  }

  #keepBytes(bytes: Uint8Array): string {
    const digest = createHash('sha256').update(bytes).digest('hex');
    if (!this.#written.has(digest)) this.#write(path.join('files', digest), bytes);
    this.#written.add(digest);
    return digest;
  }

  #write(name: string, bytes: Uint8Array): void {
    const target = this.#file(name);
    writeFileSync(`${target}.part`, bytes, { mode: 0o600, flush: true });
    renameSync(`${target}.part`, target);
  }

  #file(name: string): string {
    return path.join(this.#folder, name);
  }
}

/** V8's own format keeps dates, maps, big integers and shared objects; bytes are replaced by their digest. */
class GraphWriter extends DefaultSerializer {
  readonly #keep: (bytes: Uint8Array) => string;

  constructor(keep: (bytes: Uint8Array) => string) {
    super();
    this.#keep = keep;
  }

  /** Called by V8 for each Buffer. */
  _writeHostObject(bytes: Uint8Array): void {
    this.writeValue(this.#keep(bytes));
  }
}

class GraphReader extends DefaultDeserializer {
  readonly #find: (digest: string) => Buffer;

  constructor(bytes: Buffer, find: (digest: string) => Buffer) {
    super(bytes);
    this.#find = find;
  }

  /** Called by V8 for what `_writeHostObject` wrote. */
  _readHostObject(): Buffer {
    const digest: unknown = this.readValue();
    if (typeof digest !== 'string' || !/^[0-9a-f]{64}$/.test(digest)) throw new Error('not a digest');
    return this.#find(digest);
  }
}
