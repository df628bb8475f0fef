/**
 * A unit of work: one transaction in which one or many turns run, and one flush that writes all they want to leave
 * behind. State, messages, timers and audit entries of a turn commit together or not at all (invariant 4).
 */
import type { Address } from '../../channels/channel.ts';
import { addressKey, conversationsAt, platformOf } from '../../db/conversations.ts';
import { statement, type Database, type Tx } from '../../db/database.ts';
import { isContention } from '../../db/faults.ts';
import { AppError, commonErrors } from '../../lib/errors.ts';
import { newId } from '../../lib/ids.ts';
import { hit } from '../../lib/kill-points.ts';
import { headsOf, leasedRow, type Born, type DirectSender, type Lanes } from '../../outbox/direct.ts';
import { writeMessages, type NumberedMessage, type Written } from '../../outbox/enqueue.ts';
import { mayHoldName, withoutNames } from '../audit/masked.ts';
import { writeAudit, type AuditRow } from '../audit/write.ts';
import type { Actor } from '../operations/actor.ts';
import { callOperation, type Call } from '../operations/call.ts';
import type { Services } from '../operations/context.ts';
import { Effects, type MessageDraft, type TimerDraft } from '../operations/effects.ts';
import type { InputReader, Registry } from '../operations/operation.ts';
import { cancelTimers, topicOf, writeTimers } from '../timers/timers.ts';
import { RowIds, type Ids } from './row-ids.ts';

const NOW = statement(
  'unit-now',
  `SELECT clock_timestamp() AS real_now, clock_timestamp() + offset_ms * interval '1 millisecond' AS now FROM business_clock`,
);

const EVENTS = statement(
  'unit-events',
  `INSERT INTO events (at, id, instance_id, rev, type, actor_id, sealed_data)
   SELECT $1, * FROM unnest($2::bigint[], $3::uuid[], $4::int[], $5::text[], $6::text[], $7::bytea[])`,
);

const INCIDENTS = statement(
  'unit-incidents',
  `INSERT INTO incidents (id, kind, subject_kind, subject_id, detail, opened_at)
   SELECT id, kind, subject_kind, subject_id, detail, $1 FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::jsonb[]) AS row (id, kind, subject_kind, subject_id, detail)`,
);

/** What a unit of work uses: the same for every unit of a process. */
export interface UnitDeps {
  readonly database: Database;
  readonly services: Services;
  readonly registry: Registry;
  /** Called after a commit that left messages or events to be handled. */
  readonly wake: (topic: WakeTopic) => void;
  /** The full names of customers: they stand in no searchable copy of what is said about them. */
  readonly namesOf: (tx: Tx, customers: readonly string[]) => Promise<ReadonlyMap<string, readonly string[]>>;
  /** Where this process also delivers: messages whose turn it is are written as leased, see `Unit.born`. */
  readonly direct?: DirectSender;
}

/** What a commit left to be done. */
export type WakeTopic = 'inbox' | 'outbox' | 'timers' | 'media';

/** One turn's own part: who acts, where, and what it leaves behind. */
export interface Turn {
  readonly call: Call;
  readonly effects: Effects;
  /** The conversation the turn belongs to, if any: its messages to the same chat go to the same timeline. */
  readonly conversation: { readonly id: string; readonly platform: string; readonly address: Address } | undefined;
  /** Calls an operation as the turn's actor. */
  run(name: string, input: unknown): Promise<unknown>;
}

/** Who acts in a turn and by which way; without `traceId` it gets one of its own. */
export interface TurnOptions {
  readonly actor: Actor;
  readonly via: string;
  readonly traceId?: string;
  readonly conversation?: Turn['conversation'];
  /** In which language questions were put there, by the key of their text. */
  readonly shown?: Call['shown'];
}

/** The same for a single operation. */
export interface PerformOptions extends TurnOptions {
  /** How the input is read that came from outside. */
  readonly read?: InputReader;
}

/** An open transaction with its instant. */
export class Unit {
  readonly tx: Tx;
  readonly now: Date;
  readonly realNow: Date;
  readonly #deps: UnitDeps;
  readonly #turns: Turn[] = [];
  readonly #deferred: (() => Promise<void>)[] = [];
  readonly #ids: RowIds;
  #lanes: Promise<Lanes | undefined> | undefined;
  #born: Born | undefined;

  constructor(tx: Tx, times: { readonly now: Date; readonly realNow: Date }, deps: UnitDeps) {
    this.tx = tx;
    this.now = times.now;
    this.realNow = times.realNow;
    this.#deps = deps;
    this.#ids = new RowIds(tx);
  }

  /**
   * Asks in advance, and without waiting, for what one event in each of these places usually leaves: a line of the
   * timeline and one answer into the same chat, which this process may send at once.
   */
  expect(places: readonly Pick<Address, 'account' | 'chat'>[]): void {
    this.#ids.ask({ outbox: places.length, timeline: 2 * places.length });
    this.#lanes = this.#deps.direct?.lanes(this.tx, places, this.now);
    this.#lanes?.catch(() => undefined); // told to whoever sends
  }

  /** Ids for lines of the timeline that somebody else writes. */
  async timelineIds(howMany: number): Promise<readonly bigint[]> {
    return (await this.#ids.take({ timeline: howMany })).timeline;
  }

  turn(options: TurnOptions): Turn {
    const effects = new Effects();
    const call: Call = {
      tx: this.tx,
      now: this.now,
      actor: options.actor,
      via: options.via,
      traceId: options.traceId ?? newId(),
      shown: options.shown,
      services: this.#deps.services,
      effects,
      registry: this.#deps.registry,
    };
    const turn: Turn = {
      call,
      effects,
      conversation: options.conversation,
      run: async (name, input) => callOperation(call, name, input),
    };
    this.#turns.push(turn);
    return turn;
  }

  /** Has something written together with what the turns leave, before it in order: the flush takes it along. */
  defer(write: () => Promise<void>): void {
    this.#deferred.push(write);
  }

  /** What the flush has written as leased: the caller has it sent once it has committed. */
  get born(): Born | undefined {
    return this.#born;
  }

  /** Writes everything the turns left; the caller commits, then wakes these. Statements that need no other go out together. */
  async flush(): Promise<readonly WakeTopic[]> {
    const messageCount = count(this.#turns, (effects) => effects.messages.length);
    if (messageCount + this.#deferred.length > 0 || this.#turns.some(saysSomething)) await this.#concealTouched();
    const auditCount = count(this.#turns, (effects) => effects.audits.length);
    await Promise.all([
      ...this.#deferred.map(async (write) => write()),
      messageCount + auditCount > 0 ? this.#writeNumbered(messageCount, auditCount) : undefined,
      this.#writeTimers(),
      this.#writeEvents(),
      ...this.#turns.map(async (turn) => this.#writeIncidents(turn)),
    ]);
    const due = this.#turns.flatMap(({ effects }) => effects.timers.filter(({ dueAt }) => dueAt <= this.now));
    const waits = messageCount > (this.#born?.rows.length ?? 0);
    return [...(waits ? (['outbox'] as const) : []), ...new Set(due.map(({ kind }) => topicOf(kind)))];
  }

  /** Whoever a turn was about, however they were named in it: the searchable copies and the audit log hide their names. */
  async #concealTouched(): Promise<void> {
    const touched = new Set(this.#turns.flatMap(({ effects }) => [...effects.touched]));
    if (touched.size === 0) return;
    const names = await this.#deps.namesOf(this.tx, [...touched]);
    for (const { effects } of this.#turns)
      for (const customer of effects.touched) for (const name of names.get(customer) ?? []) effects.conceal(name);
  }

  /** What the turns set and cancel, as if one had written after the other: each turn first sets, then cancels. */
  async #writeTimers(): Promise<void> {
    const { keys } = this.#deps.services;
    for (const { set, cancelled } of timerRounds(this.#turns)) {
      await Promise.all([writeTimers(this.tx, keys, '', [...set.values()]), cancelTimers(this.tx, [...cancelled])]);
    }
  }

  async #writeNumbered(messageCount: number, auditCount: number): Promise<void> {
    const { keys } = this.#deps.services;
    const [ids, conversations, lanes] = await Promise.all([
      this.#ids.take({ outbox: messageCount, timeline: messageCount, audit: auditCount }),
      this.#conversationsOf(),
      this.#lanes,
    ]);
    const leased = lanes?.enter(headsOf(this.#turns.flatMap(({ effects }) => effects.messages)));
    const messages = numberedMessages(this.#turns, ids, { conversations, leased });
    const audits = numberedAudits(this.#turns, ids);
    const times = { now: this.now, ...(lanes ? { leaseToken: lanes.token } : {}) };
    const [written] = await Promise.all([
      writeMessages(this.tx, keys, times, messages),
      writeAudit(this.tx, keys, this.now, audits),
      ...(lanes?.write() ?? []),
    ]);
    this.#born = lanes && this.#bornRows(lanes.token, messages, written);
  }

  #bornRows(token: string, messages: readonly NumberedMessage[], written: readonly Written[]): Born | undefined {
    const ordinals = new Map(written.map(({ id, ordinal }) => [id, ordinal]));
    const own = messages.filter((message) => message.isLeased === true);
    if (own.length === 0) return undefined;
    const rows = own.map((message) => leasedRow(message, this, ordinals.get(message.id) ?? null));
    return { token, now: this.now, rows };
  }

  /** The conversations all drafts go to; those of the turns themselves are known, others are looked up or made. */
  async #conversationsOf(): Promise<ReadonlyMap<string, string>> {
    const known = new Map<string, string>();
    for (const { conversation } of this.#turns)
      if (conversation) known.set(addressKey(conversation.address), conversation.id);
    const drafts = this.#turns.flatMap(({ effects }) => effects.messages);
    const missing = drafts.map(({ to }) => to).filter((to) => !known.has(addressKey(to)));
    return new Map([...known, ...(await conversationsAt(this.tx, missing, this.now))]);
  }

  async #writeEvents(): Promise<void> {
    const events = this.#turns.flatMap(({ effects, call }) =>
      effects.events.map((event) => ({ ...event, actorId: call.actor.id })),
    );
    if (events.length === 0) return;
    const { keys } = this.#deps.services;
    const { event: ids } = await this.#ids.take({ event: events.length });
    await this.tx.query(EVENTS, [
      this.now,
      ids,
      events.map((event) => event.instanceId),
      events.map((event) => event.rev),
      events.map((event) => event.type),
      events.map((event) => event.actorId),
      events.map(({ data }, index) =>
        data === undefined ? null : keys.sealJson(`events.sealed_data.${ids[index]}`, data),
      ),
    ]);
  }

  async #writeIncidents(turn: Turn): Promise<void> {
    const { incidents } = turn.effects;
    if (incidents.length === 0) return;
    await this.tx.query(INCIDENTS, [
      this.now,
      incidents.map(() => newId()),
      incidents.map((incident) => incident.kind),
      incidents.map((incident) => incident.subject?.kind ?? null),
      incidents.map((incident) => incident.subject?.id ?? null),
      incidents.map((incident) => JSON.stringify(incident.detail ?? {})),
    ]);
  }
}

/** The messages of all turns in order, each with its numbers, its conversation and whom its turn was about. */
function numberedMessages(
  turns: readonly Turn[],
  ids: Ids,
  given: {
    readonly conversations: ReadonlyMap<string, string>;
    readonly leased: ReadonlySet<MessageDraft> | undefined;
  },
): readonly NumberedMessage[] {
  const drafts = turns.flatMap((turn) => turn.effects.messages.map((draft) => ({ turn, draft })));
  return drafts.map(({ turn: { call, effects }, draft }, index) => {
    const conversationId = given.conversations.get(addressKey(draft.to));
    if (conversationId === undefined) throw new Error('a message without a conversation');
    return {
      ...draft,
      id: ids.outbox[index] ?? 0n,
      timelineId: ids.timeline[index] ?? 0n,
      traceId: call.traceId,
      conversationId,
      platform: platformOf(draft.to.account),
      touched: [...effects.touched],
      concealed: [...effects.concealed],
      isLeased: given.leased?.has(draft) ?? false,
    };
  });
}

/** The audit entries of all turns in order, each with its number and who acted, by which way. */
function numberedAudits(turns: readonly Turn[], ids: Ids): readonly (AuditRow & { readonly id: bigint })[] {
  const drafts = turns.flatMap((turn) => turn.effects.audits.map((draft) => ({ turn, draft })));
  return drafts.map(({ turn: { call, effects }, draft }, index) => ({
    ...draft,
    detail: withoutNames(draft.detail, effects.concealed),
    id: ids.audit[index] ?? 0n,
    actor: call.actor,
    via: originOf(call),
    traceId: call.traceId,
  }));
}

/** Whether an audit entry of the turn could name a customer whom the turn was about. */
function saysSomething({ effects }: Turn): boolean {
  return effects.touched.size > 0 && effects.audits.some(({ detail }) => mayHoldName(detail));
}

/** The instant of a transaction, in business and in real time. */
export async function readTimes(tx: Tx): Promise<{ readonly now: Date; readonly realNow: Date }> {
  const [row] = await tx.query<{ now: Date; real_now: Date }>(NOW);
  if (!row) throw new Error('the business clock row is missing; run `daiban migrate`');
  return { now: row.now, realNow: row.real_now };
}

/** Runs `work` as one unit: transaction, flush, commit, wake. */
export async function inUnit<T>(deps: UnitDeps, work: (unit: Unit) => Promise<T>): Promise<T> {
  let left: readonly WakeTopic[] = [];
  const result = await deps.database.transaction(async (tx) => {
    const unit = new Unit(tx, await readTimes(tx), deps);
    const value = await work(unit);
    left = await unit.flush();
    hit('unit.flushed');
    return value;
  });
  hit('unit.committed');
  for (const topic of left) deps.wake(topic);
  return result;
}

/** How often an operation is run whose transaction loses against others; the victim of a deadlock finds its locks free. */
const MAX_RUNS = 4;
const COME_BACK_MS = 1_000;

/**
 * One operation in a transaction of its own: what the API, the command line and imports use. A transaction that falls to a
 * deadlock has left nothing and sent nothing, so the operation is run again.
 * @throws AppError what the operation refuses; `service.unavailable` when every run was lost to others.
 */
export async function performOperation(
  deps: UnitDeps,
  options: PerformOptions,
  name: string,
  input: unknown,
): Promise<unknown> {
  for (let run = 1; ; run += 1) {
    try {
      return await performOnce(deps, options, async ({ call }) => callOperation(call, name, input, options.read));
    } catch (error) {
      if (!isContention(error)) throw error;
      if (run === MAX_RUNS)
        throw new AppError(commonErrors['service.unavailable'], { retry: { afterMs: COME_BACK_MS }, cause: error });
    }
  }
}

async function performOnce(
  deps: UnitDeps,
  options: TurnOptions,
  work: (turn: Turn) => Promise<unknown>,
): Promise<unknown> {
  let refusal: AppError | undefined;
  const result = await inUnit(deps, async (unit) => {
    const turn = unit.turn(options);
    try {
      return await work(turn);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      refusal = error; // the refusal's audit entry is committed, then the caller hears of it
      return undefined;
    }
  });
  if (refusal !== undefined) throw refusal;
  return result;
}

/** Where a call came from, as the audit log keeps it: a token that acts as a person is named, or it would pass for him. */
function originOf({ actor, via }: Call): string {
  return actor.kind === 'STAFF' && actor.token ? `${via}:${actor.token.id}` : via;
}

function count(turns: readonly Turn[], of: (effects: Effects) => number): number {
  return turns.reduce((sum, turn) => sum + of(turn.effects), 0);
}

interface TimerRound {
  readonly set: Map<string, TimerDraft & { readonly traceId: string }>;
  readonly cancelled: Set<string>;
}

/** One round sets and then cancels; a key that is set again after it was cancelled needs another one. */
function timerRounds(turns: readonly Turn[]): readonly TimerRound[] {
  const rounds: TimerRound[] = [];
  for (const { effects, call } of turns) {
    for (const timer of effects.timers) {
      let round = rounds.at(-1);
      if (round === undefined || round.cancelled.has(timer.key)) {
        round = { set: new Map(), cancelled: new Set() };
        rounds.push(round);
      }
      // The first of a key wins: setting a timer that is open moves nothing.
      if (!round.set.has(timer.key)) round.set.set(timer.key, { ...timer, traceId: call.traceId });
    }
    if (effects.cancelledTimers.length === 0) continue;
    if (rounds.length === 0) rounds.push({ set: new Map(), cancelled: new Set() });
    for (const key of effects.cancelledTimers) rounds.at(-1)?.cancelled.add(key);
  }
  return rounds;
}
