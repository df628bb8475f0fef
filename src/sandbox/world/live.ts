/**
 * Tells open pages that something changed (server-sent events). Look-alikes have no hooks for that: everything they do ends
 * in their journals, so the journals' last numbers are watched.
 */
import type { ServerResponse } from 'node:http';

const LOOK_EVERY_MS = 150;
const HEARTBEAT_MS = 15_000;

/** Where the clock stands; `target` while it is being moved. */
export interface ClockState {
  readonly now: Date;
  readonly target?: Date;
}

/** Watches and tells. */
export class Live {
  readonly #mark: () => string;
  readonly #onChange: () => void;
  readonly #pages = new Set<ServerResponse>();
  readonly #timers: readonly NodeJS.Timeout[];
  #last: string;
  #revision = 0;

  /** `mark` is different after every change; `onChange` runs after each. */
  constructor(mark: () => string, onChange: () => void) {
    this.#mark = mark;
    this.#onChange = onChange;
    this.#last = mark();
    this.#timers = [
      setInterval(() => this.look(), LOOK_EVERY_MS),
      setInterval(() => this.#write(': still here\n\n'), HEARTBEAT_MS),
    ];
    for (const timer of this.#timers) timer.unref();
  }

  /** Looks now; a hand's own act is told without waiting. */
  look(): void {
    const mark = this.#mark();
    if (mark === this.#last) return;
    this.#last = mark;
    this.changed();
  }

  /** Something changed that the journals do not show. */
  changed(): void {
    this.#revision += 1;
    this.#tell('change', { revision: this.#revision });
    this.#onChange();
  }

  clock(state: ClockState): void {
    this.#tell('clock', state);
  }

  /** Keeps the connection open until the page goes away. */
  open(response: ServerResponse): void {
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    response.write(`retry: 1000\nevent: change\ndata: ${JSON.stringify({ revision: this.#revision })}\n\n`);
    this.#pages.add(response);
    response.on('close', () => this.#pages.delete(response));
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
    for (const page of this.#pages) page.end();
    this.#pages.clear();
  }

  #tell(event: string, data: unknown): void {
    this.#write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  #write(text: string): void {
    for (const page of this.#pages) page.write(text);
  }
}
