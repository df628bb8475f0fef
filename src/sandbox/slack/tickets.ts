/** What an interaction lets the app do afterwards: open one view (`trigger_id`), post a few times (`response_url`). */
import { randomBytes } from 'node:crypto';
import { refill } from '../kernel/values.ts';
import { SlackRefusal } from './types.ts';
import type { Workspace } from './workspace.ts';

const TRIGGER_SECONDS = 3;
const RESPONSE_SECONDS = 30 * 60;
const RESPONSE_USES = 5;

/** The triggers of the last seconds. */
export class Triggers {
  readonly #workspace: Workspace;
  readonly #open = new Map<string, { readonly userId: string; readonly until: number; isUsed: boolean }>();

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
  }

  /** A `trigger_id` for what this person just did: good once, for three seconds. */
  mint(userId: string): string {
    const id = `${this.#workspace.nextId('T')}.${this.#workspace.seconds()}.${randomBytes(16).toString('hex')}`;
    this.#open.set(id, {
      userId,
      until: this.#workspace.clock.now().getTime() + TRIGGER_SECONDS * 1000,
      isUsed: false,
    });
    return id;
  }

  /** The person behind the trigger. @throws SlackRefusal for unknown, used and expired ones. */
  use(id: string): string {
    const trigger = this.#open.get(id);
    if (trigger === undefined) throw new SlackRefusal('invalid_trigger_id');
    if (trigger.isUsed) throw new SlackRefusal('exchanged_trigger_id');
    if (this.#workspace.clock.now().getTime() > trigger.until) throw new SlackRefusal('expired_trigger_id');
    trigger.isUsed = true;
    return trigger.userId;
  }
}

/** Where a `response_url` leads: the talk, the presser, and the message that was pressed, if any. */
export interface ResponsePlace {
  readonly channel: string;
  readonly userId: string;
  readonly messageTs?: string;
}

interface OpenAddress {
  readonly place: ResponsePlace;
  readonly until: number;
  left: number;
}

/** The addresses that were handed out. */
export class ResponseUrls {
  readonly #workspace: Workspace;
  readonly #open = new Map<string, OpenAddress>();

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
  }

  exportState(): ReadonlyMap<string, OpenAddress> {
    return this.#open;
  }

  importState(open: ReadonlyMap<string, OpenAddress>): void {
    refill(this.#open, open);
  }

  /** An address good for five posts in thirty minutes, without a token. */
  mint(kind: 'actions' | 'commands', place: ResponsePlace): string {
    const key = `/${kind}/${this.#workspace.teamId}/${this.#workspace.nextId('')}/${randomBytes(12).toString('hex')}`;
    const until = this.#workspace.clock.now().getTime() + RESPONSE_SECONDS * 1000;
    this.#open.set(key, { place, until, left: RESPONSE_USES });
    return `${this.#workspace.publicBase}/hooks${key}`;
  }

  /** The place behind the address, one use less. @throws SlackRefusal `used_url`, `expired_url`, `no_such_url`. */
  use(key: string): ResponsePlace {
    const entry = this.#open.get(key);
    if (entry === undefined) throw new SlackRefusal('no_such_url');
    if (this.#workspace.clock.now().getTime() > entry.until) throw new SlackRefusal('expired_url');
    if (entry.left === 0) throw new SlackRefusal('used_url');
    entry.left -= 1;
    return entry.place;
  }
}
