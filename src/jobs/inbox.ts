/**
 * Handling stored events: lock conversations, run their turns in order, write all they leave, mark the events done, one
 * commit. When a batch fails its conversations are run one by one; an event that fails three times is parked with an
 * incident, its sender is told, and the conversation goes on. So does one that three processes have died of (`caution.ts`).
 */
import { statement, type Database, type Tx } from '../db/database.ts';
import { isBlameless } from '../db/faults.ts';
import { errorText } from '../lib/errors.ts';
import { hit } from '../lib/kill-points.ts';
import { levelOf, type Log } from '../lib/log.ts';
import type { Born } from '../outbox/direct.ts';
import type {
  ConversationChange,
  LockedConversation,
  Place,
  SetAside,
  StoredEvent,
  TurnHandler,
} from '../core/runtime/turns.ts';
import { readTimes, Unit, type UnitDeps, type WakeTopic } from '../core/unit/unit.ts';
import type { Caution } from './caution.ts';
import type { Catch } from './loop.ts';

/** Tells the sender that his message could not be handled, and puts it on the timeline. */
export type ParkHandler = (unit: Unit, place: Place, event: SetAside) => Promise<void>;

/** The unit of work, and what the core makes of events: `handle` for turns, `park` for an event that failed three times. */
export interface InboxJobDeps extends UnitDeps {
  readonly database: Database;
  readonly handle: TurnHandler;
  readonly park: ParkHandler;
  /** Of a process: without it nothing that waits is taken for what killed the one before. */
  readonly caution?: Caution;
  readonly log: Log;
}

const LOCK = statement(
  'inbox-lock',
  `SELECT id, platform, account, chat, thread, actor, sealed_state FROM conversations
   WHERE id IN (SELECT conversation_id FROM (SELECT conversation_id FROM inbox WHERE state = 'NEW' ORDER BY id LIMIT $1) AS open)
   ORDER BY id LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED`,
);
const LOCK_THESE = statement(
  'inbox-lock-these',
  `SELECT id, platform, account, chat, thread, actor, sealed_state FROM conversations WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED`,
);
// Asked in one breath with the locks: events of conversations that others hold are told from ours by comparing.
const OLDEST = statement(
  'inbox-oldest',
  `SELECT id, at, conversation_id, sealed_body, trace_id, attempts FROM inbox WHERE state = 'NEW' ORDER BY id LIMIT $1`,
);
const EVENTS = statement(
  'inbox-events',
  `SELECT id, at, conversation_id, sealed_body, trace_id, attempts FROM inbox WHERE state = 'NEW' AND conversation_id = ANY($1::uuid[]) ORDER BY id LIMIT $2`,
);
const SAVE = statement(
  'inbox-save',
  `WITH saved AS (
     UPDATE conversations c SET sealed_state = row.sealed_state, is_silenced = row.is_silenced, rev = c.rev + 1,
       last_in_at = CASE WHEN row.is_spoken THEN $8 ELSE c.last_in_at END
     FROM unnest($1::uuid[], $2::bytea[], $3::boolean[], $9::boolean[]) AS row (id, sealed_state, is_silenced, is_spoken) WHERE c.id = row.id
   )
   UPDATE inbox i SET state = row.state, done_at = $8
   FROM unnest($4::bigint[], $5::timestamptz[], $6::text[]) AS row (id, at, state) WHERE i.id = row.id AND i.at = row.at AND $7::int IS NOT NULL`,
);
const COUNT_FAILURE = statement(
  'inbox-failure',
  `UPDATE inbox SET attempts = attempts + 1 WHERE id = $1 AND at = $2 AND state = 'NEW' RETURNING attempts`,
);
const MARKS = {
  mark: statement(
    'inbox-mark',
    `UPDATE inbox SET attempts = attempts + 1 WHERE id = ANY($1::bigint[]) AND state = 'NEW'`,
  ),
  forgive: statement(
    'inbox-forgive',
    `UPDATE inbox SET attempts = greatest(attempts - 1, 0) WHERE id = ANY($1::bigint[]) AND state = 'NEW'`,
  ),
};

const PARK = statement(
  'inbox-park',
  `UPDATE inbox SET state = 'PARKED', done_at = $3 WHERE id = $1 AND at = $2 AND state = 'NEW' RETURNING kind`,
);

const BATCH_CONVERSATIONS = 64;
const LOOK_AHEAD = 4_096;
const BATCH_EVENTS = 64;
const MAX_ATTEMPTS = 3;
const MAX_PASSING = 5;

/** Conversations this transaction has locked, with their oldest events. */
interface Taken {
  readonly rows: readonly ConversationRow[];
  readonly events: readonly EventRow[];
  /** Whether there is more to be done than this, and whether others are at it. */
  readonly next: Catch['next'];
}

/** What the turns of a conversation leave of it. */
interface Result {
  readonly conversation: LockedConversation;
  readonly change: ConversationChange;
  /** Its person has said or done something, and not only a timer or a job of our own. */
  readonly isSpoken: boolean;
}

/** Takes the stored events of conversations it can lock, in order, and commits what their turns leave behind. */
export class InboxJob {
  readonly #deps: InboxJobDeps;

  constructor(deps: InboxJobDeps) {
    this.#deps = deps;
  }

  /** Handles one batch; returns how many events were settled. */
  async run(): Promise<number> {
    return (await this.look()).done;
  }

  /** As `run`, and says whether to look again. */
  async look(): Promise<Catch> {
    let isSuspect = false;
    const caught = await this.#together(async (tx) => {
      const taken = await takeOldest(tx);
      isSuspect = taken.events.some((event) => this.#deps.caution?.isFound(event.at));
      return isSuspect ? NOTHING : taken;
    });
    return isSuspect && this.#deps.caution ? this.#carefully(this.#deps.caution) : caught;
  }

  /** What may have killed the process before this one: all of it at once, and what has been tried before by itself. */
  async #carefully(caution: Caution): Promise<Catch> {
    let next: Catch['next'] = 'wait';
    const pick = async (tx: Tx): Promise<readonly EventRow[]> => {
      const taken = await takeOldest(tx);
      next = taken.next;
      const fresh = beforeTried(taken.events);
      return fresh.length > 0 ? fresh : taken.events.slice(0, 1);
    };
    return caution.handle(MARKS, pick, async (picked, forgive) => {
      const [first] = picked;
      if (!first) return { done: 0, next };
      if (first.attempts >= MAX_ATTEMPTS) return { done: await this.#giveUp(first), next: 'again' };
      return this.#together(async (tx) => takeThese(tx, picked), forgive);
    });
  }

  /** Processes have died of it. Who dies of putting it on the timeline as well has it set aside without its words. */
  async #giveUp({ id, conversation_id: conversation, trace_id: traceId, attempts }: EventRow): Promise<number> {
    this.#deps.log.error({ event: 'inbox.deadly', inboxId: String(id), traceId, attempts });
    return attempts > MAX_ATTEMPTS ? this.#park(conversation, id, () => ({})) : this.#setAside(conversation, id);
  }

  /** All that `take` takes in one transaction; when that fails, one conversation after the other. */
  async #together(take: (tx: Tx) => Promise<Taken>, onFailure = async (): Promise<void> => undefined): Promise<Catch> {
    const failed: string[] = [];
    let next: Catch['next'] = 'wait';
    const noting = async (tx: Tx): Promise<Taken> => {
      const taken = await take(tx);
      next = taken.next;
      return taken;
    };
    try {
      return { done: await this.#batch(noting, failed), next };
    } catch (error) {
      await onFailure();
      const level = levelOf(error, 'warn');
      this.#deps.log[level]({ event: 'inbox.batch_failed', error: errorText(error), conversations: failed.length });
      let handled = 0;
      for (const conversation of failed) handled += await this.#aloneOrLater(conversation);
      return { done: handled, next: handled > 0 ? 'again' : 'wait' };
    }
  }

  /** What cannot even be parked is tried again later; the conversations behind it must not wait for that. */
  async #aloneOrLater(conversation: string): Promise<number> {
    try {
      return await this.#alone(conversation);
    } catch (error) {
      this.#deps.log[levelOf(error, 'error')]({
        event: 'inbox.conversation_stuck',
        conversationId: conversation,
        error: errorText(error),
      });
      return 0;
    }
  }

  async #batch(take: (tx: Tx) => Promise<Taken>, ids: string[]): Promise<number> {
    return this.#committing(async (tx, leave) => {
      const [{ rows, events }, times] = await Promise.all([take(tx), readTimes(tx)]);
      ids.push(...rows.map((row) => row.id));
      if (events.length === 0) return 0;
      const unit = new Unit(tx, times, this.#deps);
      await this.#turns(unit, rows, events);
      await leave(unit);
      hit('turn.flushed');
      return events.length;
    });
  }

  /** A transaction in which `leave` writes all that a unit leaves; once it is committed that is sent, or others are woken. */
  async #committing(work: (tx: Tx, leave: (unit: Unit) => Promise<void>) => Promise<number>): Promise<number> {
    let left: readonly WakeTopic[] = [];
    let born: Born | undefined;
    const handled = await this.#deps.database.transaction(async (tx) =>
      work(tx, async (unit) => {
        left = await unit.flush();
        born = unit.born;
      }),
    );
    if (handled > 0) hit('turn.committed');
    if (born) this.#deps.direct?.begin(born);
    for (const topic of left) this.#deps.wake(topic);
    return handled;
  }

  async #turns(unit: Unit, rows: readonly ConversationRow[], events: readonly EventRow[]): Promise<void> {
    const byConversation = new Map<string, EventRow[]>();
    for (const row of events)
      byConversation.set(row.conversation_id, [...(byConversation.get(row.conversation_id) ?? []), row]);
    const works = rows.flatMap((row) => {
      const own = byConversation.get(row.id);
      return own ? [{ conversation: this.#conversation(row), events: own.map((event) => this.#event(event)) }] : [];
    });
    unit.expect(works.flatMap(({ conversation, events: own }) => own.map(() => conversation)));
    const changes = await this.#deps.handle(unit, works);
    const results = works.flatMap(({ conversation, events: own }, index) => {
      const change = changes[index];
      return change ? [{ conversation, change, isSpoken: own.some(isPersons) }] : [];
    });
    unit.defer(async () =>
      this.#save(
        unit,
        results,
        events.map((event) => ({ id: event.id, at: event.at, state: 'DONE' })),
      ),
    );
  }

  async #save(
    unit: Unit,
    results: readonly Result[],
    events: readonly { readonly id: bigint; readonly at: Date; readonly state: string }[],
  ): Promise<void> {
    const { keys } = this.#deps.services;
    await unit.tx.query(SAVE, [
      results.map(({ conversation }) => conversation.id),
      results.map(({ conversation, change }) =>
        change.state === undefined
          ? null
          : keys.sealJson(`conversations.sealed_state.${conversation.id}`, change.state),
      ),
      results.map(({ change }) => change.isSilenced),
      events.map((event) => event.id),
      events.map((event) => event.at),
      events.map((event) => event.state),
      events.length,
      unit.now,
      results.map(({ isSpoken }) => isSpoken),
    ]);
  }

  /** One conversation by itself, one event at a time, so that a poisonous event hurts nobody else. */
  async #alone(conversationId: string): Promise<number> {
    let handled = 0;
    let passing = 0;
    for (let i = 0; i < BATCH_EVENTS; i += 1) {
      const next = await this.#nextEvent(conversationId);
      if (!next) return handled;
      try {
        const count = await this.#batch(async (tx) => takeNextOf(tx, conversationId), []);
        if (count === 0) return handled; // another worker has it
        handled += count;
      } catch (error) {
        // A deadlock or a database that restarts says nothing against the event.
        if (isBlameless(error) && (passing += 1) < MAX_PASSING) continue;
        if (isBlameless(error)) return handled;
        this.#deps.log.warn({
          event: 'inbox.turn_failed',
          inboxId: String(next.id),
          traceId: next.trace_id,
          error: errorText(error),
        });
        const [row] = await this.#deps.database.query<{ attempts: number }>(COUNT_FAILURE, [next.id, next.at]);
        if ((row?.attempts ?? 0) < MAX_ATTEMPTS) continue;
        handled += await this.#setAside(conversationId, next.id);
      }
    }
    return handled;
  }

  async #nextEvent(conversationId: string): Promise<EventRow | undefined> {
    const [row] = await this.#deps.database.query<EventRow>(EVENTS, [[conversationId], 1]);
    return row;
  }

  /** What could not be handled may be what cannot be written down either: then it is set aside without its words. */
  async #setAside(conversationId: string, inboxId: bigint): Promise<number> {
    try {
      return await this.#park(conversationId, inboxId, (row) => this.#bodyOf(row));
    } catch (error) {
      if (isBlameless(error)) throw error;
      this.#deps.log.warn({ event: 'inbox.park_failed', inboxId: String(inboxId), error: errorText(error) });
      return this.#park(conversationId, inboxId, () => ({}));
    }
  }

  #bodyOf(row: EventRow): Pick<SetAside, 'event'> {
    try {
      return { event: this.#event(row).event };
    } catch {
      return {}; // it may be the very thing that cannot be opened
    }
  }

  /** Returns 1 when the event is set aside, 0 when somebody else has dealt with it. */
  async #park(
    conversationId: string,
    inboxId: bigint,
    bodyOf: (row: EventRow) => Pick<SetAside, 'event'>,
  ): Promise<number> {
    return this.#committing(async (tx, leave) => {
      const [row] = await tx.query<ConversationRow>(LOCK_THESE, [[conversationId]]);
      const [poisonous] = row ? await tx.query<EventRow>(EVENTS, [[conversationId], 1]) : [];
      if (!row || !poisonous || poisonous.id !== inboxId) return 0;
      const unit = new Unit(tx, await readTimes(tx), this.#deps);
      unit.expect([row]);
      const [parked] = await tx.query<{ kind: string }>(PARK, [poisonous.id, poisonous.at, unit.now]);
      if (!parked) return 0;
      const { id, account, chat, thread, actor } = row;
      const event = { id: poisonous.id, traceId: poisonous.trace_id, kind: parked.kind, ...bodyOf(poisonous) };
      await this.#deps.park(unit, { id, account, chat, thread, actor }, event);
      await leave(unit);
      return 1;
    });
  }

  #conversation(row: ConversationRow): LockedConversation {
    return {
      id: row.id,
      platform: row.platform,
      account: row.account,
      chat: row.chat,
      thread: row.thread,
      actor: row.actor,
      state: row.sealed_state
        ? this.#deps.services.keys.openJson(`conversations.sealed_state.${row.id}`, row.sealed_state)
        : undefined,
    };
  }

  #event(row: EventRow): StoredEvent {
    const event = this.#deps.services.keys.openJson(
      `inbox.sealed_body.${row.trace_id}`,
      row.sealed_body,
    ) as StoredEvent['event'];
    return { id: row.id, at: row.at, traceId: row.trace_id, event };
  }
}

/** Whether somebody said or did it; what a platform reports of itself names nobody. */
function isPersons({ event }: StoredEvent): boolean {
  return !('internal' in event) && event.sender !== '';
}

/** Conversations with the oldest open events. When all of those are in other hands, those behind them are looked for. */
async function takeOldest(tx: Tx): Promise<Taken> {
  const [rows, oldest] = await Promise.all([
    tx.query<ConversationRow>(LOCK, [BATCH_EVENTS, BATCH_CONVERSATIONS]),
    tx.query<EventRow>(OLDEST, [BATCH_EVENTS]),
  ]);
  const locked = new Set(rows.map((row) => row.id));
  const events = oldest.filter((event) => locked.has(event.conversation_id));
  if (rows.length > 0)
    return { rows, events, next: events.length < oldest.length || oldest.length === BATCH_EVENTS ? 'again' : 'wait' };
  if (oldest.length === 0) return { rows, events, next: 'wait' };
  const behind = await tx.query<ConversationRow>(LOCK, [LOOK_AHEAD, BATCH_CONVERSATIONS]);
  if (behind.length === 0) return { rows, events, next: 'soon' };
  const theirs = await tx.query<EventRow>(EVENTS, [behind.map((row) => row.id), BATCH_EVENTS]);
  return { rows: behind, events: theirs, next: 'again' };
}

const NOTHING: Taken = { rows: [], events: [], next: 'again' };

/** These events, but for those that another worker has or has done with. */
async function takeThese(tx: Tx, picked: readonly EventRow[]): Promise<Taken> {
  const rows = await tx.query<ConversationRow>(LOCK_THESE, [picked.map((event) => event.conversation_id)]);
  if (rows.length === 0) return NOTHING;
  const open = await tx.query<EventRow>(EVENTS, [rows.map((row) => row.id), BATCH_EVENTS]);
  const wanted = new Set(picked.map((event) => event.id));
  return { rows, events: open.filter((event) => wanted.has(event.id)), next: 'again' };
}

/** Of each conversation what comes before the first event that has been tried already. */
function beforeTried(events: readonly EventRow[]): readonly EventRow[] {
  const stopped = new Set<string>();
  return events.filter((event) => {
    if (event.attempts > 0) stopped.add(event.conversation_id);
    return !stopped.has(event.conversation_id);
  });
}

/** One conversation with its next event; nothing where another worker has it. */
async function takeNextOf(tx: Tx, conversationId: string): Promise<Taken> {
  const rows = await tx.query<ConversationRow>(LOCK_THESE, [[conversationId]]);
  const events = rows.length === 0 ? [] : await tx.query<EventRow>(EVENTS, [[conversationId], 1]);
  return { rows, events, next: 'again' };
}

interface ConversationRow {
  readonly id: string;
  readonly platform: string;
  readonly account: string;
  readonly chat: string;
  readonly thread: string;
  readonly actor: string;
  readonly sealed_state: Buffer | null;
}

interface EventRow {
  readonly id: bigint;
  readonly at: Date;
  readonly conversation_id: string;
  readonly sealed_body: Buffer;
  readonly trace_id: string;
  /** Tries that failed, and processes that died while they had it in hand. */
  readonly attempts: number;
}
