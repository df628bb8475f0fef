/** Updates that wait for us: numbering, what is allowed, expiry, queue keys. Source: telegram-bot-api Client.cpp. */
import type { Fields } from '../kernel/values.ts';
import type { World } from './world.ts';

/** Update types this look-alike makes. */
type UpdateType = 'message' | 'edited_message' | 'callback_query' | 'my_chat_member' | 'chat_member';

/** Sent only when named in `allowed_updates`. */
const ON_REQUEST = new Set<string>(['chat_member', 'message_reaction', 'message_reaction_count']);

const DAY_MS = 86_400_000;
const CALLBACK_MS = 150_000;
/** How far the numbering jumps after a silent week; uneven, so that nobody counts on the distance. */
const QUIET_JUMP = 1_000_003;
const QUIET_SPREAD = 523_987;

/** An update that was not confirmed yet; times in milliseconds of the virtual clock. */
export interface PendingUpdate {
  readonly id: number;
  readonly type: UpdateType;
  readonly body: Fields;
  /** Updates of one key are delivered one after the other. */
  readonly queue: string;
  readonly expiresAt: number;
  failures: number;
  /** Not before this instant (ms). */
  dueAt: number;
  /** Called when it was delivered, dropped, or has to wait for the clock. */
  rest: () => void;
}

/** A body and where it queues. */
export interface UpdateDraft {
  readonly type: UpdateType;
  readonly body: unknown;
  readonly queue: string;
}

/** A kill may come before the last updates were written down: their ids must not be given to others. */
const SKIPPED_IDS = 1_000;

/** What outlives a restart: the numbering, and what was not delivered yet. */
export interface UpdateLogState {
  readonly nextId: number;
  readonly lastAt: number;
  readonly allowed: readonly string[] | undefined;
  readonly pending: readonly Omit<PendingUpdate, 'rest'>[];
}

/** All updates that nobody has confirmed yet. */
export class UpdateLog {
  readonly #world: World;
  #nextId: number;
  #lastAt: number;
  #allowed: readonly string[] | undefined;
  #pending: PendingUpdate[] = [];

  constructor(world: World, firstId: number) {
    this.#world = world;
    this.#nextId = firstId;
    this.#lastAt = world.clock.now().getTime();
  }

  exportState(): UpdateLogState {
    const pending = this.#pending.map(({ rest: _rest, ...update }) => update);
    return { nextId: this.#nextId, lastAt: this.#lastAt, allowed: this.#allowed, pending };
  }

  /** Puts the log back; update ids go on a good way after the last known one. */
  importState({ nextId, lastAt, allowed, pending }: UpdateLogState): void {
    this.#nextId = nextId + SKIPPED_IDS;
    this.#lastAt = lastAt;
    this.#allowed = allowed;
    this.#pending = pending.map((update) => ({ ...update, rest: () => undefined }));
  }

  /** The list given with setWebhook or getUpdates; `undefined` keeps the last one, empty = the default. */
  allow(types: readonly string[] | undefined): void {
    if (types !== undefined) this.#allowed = types.length === 0 ? undefined : types;
  }

  get allowed(): readonly string[] | undefined {
    return this.#allowed;
  }

  /** What has not been confirmed and not expired, oldest first. */
  pending(): readonly PendingUpdate[] {
    const now = this.#world.clock.now().getTime();
    for (const old of this.#pending.filter((one) => one.expiresAt <= now)) this.remove(old);
    return this.#pending;
  }

  /** Adds an update; `undefined` when its type is not wanted (decided now, not at delivery). */
  add(draft: UpdateDraft): PendingUpdate | undefined {
    const isWanted = this.#allowed === undefined ? !ON_REQUEST.has(draft.type) : this.#allowed.includes(draft.type);
    if (!isWanted) return undefined;
    const now = this.#world.clock.now().getTime();
    const id = this.#takeId(now);
    const update: PendingUpdate = {
      id,
      type: draft.type,
      body: { update_id: id, [draft.type]: draft.body },
      queue: draft.queue,
      expiresAt: now + (draft.type === 'callback_query' ? CALLBACK_MS : DAY_MS),
      failures: 0,
      dueAt: now,
      rest: () => undefined,
    };
    this.#pending.push(update);
    return update;
  }

  remove(update: PendingUpdate): void {
    this.#pending = this.#pending.filter((one) => one !== update);
    update.rest();
  }

  /** Forgets everything below `id`. */
  confirmBelow(id: number): void {
    for (const old of this.#pending.filter((one) => one.id < id)) this.remove(old);
  }

  clear(): void {
    this.confirmBelow(Number.POSITIVE_INFINITY);
  }

  /**
   * One more than the last; after a week without updates the numbering goes on somewhere else, as Telegram's does. Always
   * further up: an id given twice would be dropped by whoever receives it as a second delivery.
   */
  #takeId(now: number): number {
    if (now - this.#lastAt > 7 * DAY_MS) this.#nextId += QUIET_JUMP + (this.#nextId % QUIET_SPREAD);
    this.#lastAt = now;
    const id = this.#nextId;
    this.#nextId += 1;
    return id;
  }
}
