/**
 * Delivering leased rows: gates at the moment of sending, content, the channel, the receipt. Results are written in
 * batches while further sends are in flight.
 */
import {
  ChannelError,
  type Channel,
  type OutboundContent,
  type OutboundIntent,
  type Receipt,
} from '../channels/channel.ts';
import type { Database, Tx } from '../db/database.ts';
import { statement } from '../db/database.ts';
import { isBlameless } from '../db/faults.ts';
import type { Keyring } from '../db/keyring.ts';
import type { MessageContent, Painter, Purpose } from '../core/operations/effects.ts';
import { newId } from '../lib/ids.ts';
import { levelOf, type Log } from '../lib/log.ts';
import { errorText } from '../lib/errors.ts';
import { hit } from '../lib/kill-points.ts';
import { claimOutbox, freeLanes, type LeasedRow, type Place } from './claim.ts';
import type { Born, DirectSender, Lanes } from './direct.ts';
import { fileBulkText } from './bulk-item.ts';
import { plainText } from './enqueue.ts';
import { askGates, type BulkRenderer, type SendGate } from './gate.ts';
import { reconcileUnknown } from './reconcile.ts';
import {
  heartbeat,
  sweepAbandoned,
  sweepExpired,
  type FollowUp,
  type RepeatWindows,
  type SettleDeps,
  type Settlement,
} from './settle.ts';
import { Settler } from './settler.ts';

/** What delivery uses; gates, renderers and painters come from the domain's rooms. */
export interface DeliverDeps {
  readonly database: Database;
  readonly keys: Keyring;
  readonly channels: ReadonlyMap<string, Channel>;
  readonly gates: readonly SendGate[];
  readonly renderers: Readonly<Record<string, BulkRenderer>>;
  /** Bytes of a stored file. */
  readonly readFile: (tx: Tx, fileId: string) => Promise<Buffer>;
  readonly painters: Readonly<Record<string, Painter>>;
  readonly times: (tx: Tx) => Promise<{ readonly now: Date; readonly realNow: Date }>;
  /** What must follow a settlement that is not a plain success: incident, to-do, unreachable mark, resume timer. */
  readonly followUp: FollowUp;
  /** Asks for another claim in so many milliseconds: something waits behind what is being sent, or for the pace. */
  readonly lookAgain: (inMs: number) => void;
  readonly log: Log;
}

const HANDLE = statement(
  'outbox-handle',
  `SELECT id, sealed_handle FROM outbox WHERE card_id = $1 AND kind IN ('card', 'card_update') AND state = 'SENT' AND sealed_handle IS NOT NULL ORDER BY id DESC LIMIT 1`,
);

/** The code of a row whose person was known not to be reached when it was written. */
export const UNREACHABLE = 'unreachable';

/** A card that is not there, or no longer to be redrawn, where nobody misses it. */
const NOT_SHOWN: Settlement = { state: 'LAPSED', code: 'card_gone' };

/** Of each account: one that hangs must not use up what the others need. */
const MAX_IN_FLIGHT = 64;
const LONG_WAIT_MS = 60_000;
const MAX_ATTEMPTS = 5;
/** What surely did not arrive may be tried as often as one likes: a platform that is away for two hours loses nothing. */
const PATIENT_ATTEMPTS = 60;
/** How long an account that refuses us is left alone, where the platform does not say. */
const BREAK_MS = 300_000;
const BACKOFF_MS = [1_000, 4_000, 15_000, 60_000, 120_000] as const;

/** What a row says; with `customerId` it was rendered just now and is not on that customer's file yet. */
interface Said {
  readonly content: MessageContent;
  readonly customerId?: string;
}

/** The delivery side of one process. */
export class Deliverer implements DirectSender {
  readonly #deps: DeliverDeps;
  /** Leases of what is under way. */
  readonly #inFlight = new Set<string>();
  readonly #direct = new Set<Promise<void>>();
  /** Rows under way, by account. */
  readonly #sending = new Map<string, number>();
  /** A claim found nothing while sends were under way: something may wait behind them. */
  #mayWait = false;

  constructor(deps: DeliverDeps) {
    this.#deps = deps;
  }

  /** Claims what may go out now and starts sending it; resolves to the number of rows once all are settled. */
  async run(): Promise<number> {
    const room = new Map([...this.#deps.channels.keys()].map((account) => [account, this.#roomOf(account)]));
    if ([...room.values()].every((free) => free === 0)) {
      this.#mayWait = true;
      return 0;
    }
    const token = newId();
    const wasBusy = this.#isBusy();
    const { rows, now, heldUntil } = await this.#deps.database.transaction(async (tx) =>
      claimOutbox(tx, {
        room,
        token,
        times: this.#deps.times,
        pace: this.#pace(),
      }),
    );
    for (const until of heldUntil) this.#deps.lookAgain(until.getTime() - now.getTime());
    if (rows.length === 0) {
      if (wasBusy && !this.#isBusy()) return this.run(); // what might wait was let free while we looked
      this.#mayWait = this.#isBusy();
      return 0;
    }
    await this.#deliver({ rows, token, now });
    return rows.length;
  }

  /** @see DirectSender. An account with a pace of its own is left to the claim: its one bucket would make all turns wait. */
  async lanes(tx: Tx, places: readonly Place[], now: Date): Promise<Lanes | undefined> {
    const rules = this.#pace();
    const fitting = places.filter(({ account }) => rules.get(account)?.every((rule) => rule.scope === 'chat') ?? false);
    const own = [...byAccount(fitting)].flatMap(([account, theirs]) => theirs.slice(0, this.#roomOf(account)));
    if (own.length === 0) return undefined;
    const free = await freeLanes(tx, own, { now, rules });
    return {
      token: newId(),
      enter: (heads) => new Set(free.enter(heads).map((head) => head.draft)),
      write: () => free.write(),
    };
  }

  /** @see DirectSender */
  begin(born: Born): void {
    const work = this.#sendBorn(born).finally(() => this.#direct.delete(work));
    this.#direct.add(work);
  }

  async #sendBorn(born: Born): Promise<void> {
    try {
      await this.#deliver(born);
    } catch (error) {
      this.#deps.log[levelOf(error, 'error')]({ event: 'outbox.direct_failed', error: errorText(error) }); // the sweep takes the rows back
    }
    if (this.#mayWait) this.#deps.lookAgain(0);
    this.#mayWait = false;
  }

  /** Resolves when nothing that was begun directly is under way. */
  async idle(): Promise<void> {
    while (this.#direct.size > 0) await Promise.all(this.#direct);
  }

  /** How many runs may go on side by side before all accounts are full; read once the channels are there. */
  get capacity(): number {
    return MAX_IN_FLIGHT * this.#deps.channels.size;
  }

  #roomOf(account: string): number {
    return Math.max(0, MAX_IN_FLIGHT - (this.#sending.get(account) ?? 0));
  }

  #isBusy(): boolean {
    return [...this.#sending.values()].some((count) => count > 0);
  }

  /** The accounts side by side: what waits behind the messages of one that is done must not wait for one that hangs. */
  async #deliver({ rows, token, now }: Born): Promise<void> {
    hit('outbox.claimed');
    this.#inFlight.add(token);
    const groups = byAccount(rows);
    let open = groups.size;
    const results = await Promise.allSettled(
      [...groups].map(async ([account, own]) => {
        this.#sending.set(account, (this.#sending.get(account) ?? 0) + own.length);
        try {
          await this.#sendAll(own, token, now);
        } finally {
          this.#sending.set(account, (this.#sending.get(account) ?? 0) - own.length);
          open -= 1;
          if (open > 0) this.#deps.lookAgain(0);
        }
      }),
    );
    this.#inFlight.delete(token);
    throwFailure(results);
  }

  /** Extends the leases of sends that are still running. */
  async beat(): Promise<void> {
    await heartbeat(this.#deps.database, [...this.#inFlight]);
  }

  /** Takes back expired leases and answers nobody waits for; returns how many rows may go out now. */
  async sweep(): Promise<number> {
    return (await sweepExpired(this.#settling(), this.#windows())) + (await sweepAbandoned(this.#deps.database));
  }

  /** Asks platforms about unknown outcomes; returns how many rows go out again. */
  async reconcile(): Promise<number> {
    return reconcileUnknown({ ...this.#settling(), log: this.#deps.log }, this.#deps.channels);
  }

  #windows(): RepeatWindows {
    const repeatable = [...this.#deps.channels.values()].filter((channel) => channel.capabilities.safeToRepeat);
    return new Map(repeatable.map((channel) => [channel.account, channel.capabilities.duplicateWindowMs ?? 0]));
  }

  /** Where the platform can be asked what became of a send, a to-do is made only when it cannot tell either. */
  #settling(): SettleDeps {
    const { database, keys, channels, followUp } = this.#deps;
    const later = (row: LeasedRow, { state, ...rest }: Settlement): boolean =>
      state === 'UNKNOWN' &&
      channels.get(row.account)?.reconcile !== undefined &&
      'code' in rest &&
      rest.code !== 'cannot_tell';
    return {
      database,
      keys,
      followUp: async (tx, row, settlement) => (later(row, settlement) ? undefined : followUp(tx, row, settlement)),
    };
  }

  #pace(): ReadonlyMap<string, Channel['pace']> {
    return new Map([...this.#deps.channels].map(([account, channel]) => [account, channel.pace]));
  }

  async #sendAll(rows: readonly LeasedRow[], token: string, now: Date): Promise<void> {
    const settler = new Settler(this.#settling(), token, rows.length);
    throwFailure(await Promise.allSettled(rows.map(async (row) => this.#settle(settler, row, now))));
  }

  async #settle(settler: Settler, row: LeasedRow, now: Date): Promise<void> {
    const settlement = await this.#sendOne(row, now);
    await settler.add(row, settlement);
  }

  async #sendOne(row: LeasedRow, now: Date): Promise<Settlement> {
    if (this.#isTooLateToRepeat(row)) return { state: 'UNKNOWN', code: row.error_code ?? 'lease_expired' };
    try {
      const prepared = await this.#prepare(row, now);
      if ('state' in prepared) return prepared;
      const settlement = await this.#send(row, prepared.channel, prepared.intent);
      // That this attempt failed for certain says nothing about an earlier one that may have arrived.
      return settlement.state === 'FAILED' && row.unclear_since !== null
        ? { state: 'UNKNOWN', code: settlement.code }
        : settlement;
    } catch (error) {
      this.#deps.log[levelOf(error, 'error')]({
        event: 'outbox.fault',
        outboxId: String(row.id),
        traceId: row.trace_id,
        error: errorText(error),
      });
      // Nothing has been sent; and what passes by itself says nothing against the message.
      return isBlameless(error) ? { state: 'PENDING', dueInMs: backoffMs(row), code: 'fault' } : again(row, 'fault');
    }
  }

  /** After an attempt of unclear outcome, whatever came after it, only while the platform would drop the repetition. */
  #isTooLateToRepeat(row: LeasedRow): boolean {
    if (row.unclear_since === null || row.kind === 'card_update') return false;
    const windowMs = this.#windows().get(row.account) ?? 0;
    return row.lease_at.getTime() - row.unclear_since.getTime() >= windowMs;
  }

  /** Everything before the platform is called: content, gates, stored files and handles. */
  async #prepare(
    row: LeasedRow,
    now: Date,
  ): Promise<Settlement | { readonly channel: Channel; readonly intent: OutboundIntent }> {
    const content = await this.#content(row, now);
    if ('settlement' in content) return content.settlement;
    const verdict = await this.#gate(row, content.content, now);
    if (verdict) return verdict;
    if (row.is_unreachable) {
      await this.#filed(row, content);
      return { state: 'PARKED', code: UNREACHABLE };
    }
    const channel = this.#deps.channels.get(row.account);
    if (!channel) return { state: 'PARKED', code: 'no_channel' };
    const outbound = await this.#outbound(row, await this.#filed(row, content));
    if (outbound === undefined) return NOT_SHOWN;
    const to = { account: row.account, chat: row.chat, ...(row.thread === '' ? {} : { thread: row.thread }) };
    return {
      channel,
      intent: {
        id: String(row.id),
        to,
        content: outbound,
        attempt: row.attempts,
        ...(row.error_code === null ? {} : { earlierCode: row.error_code }),
        ...(row.ordinal === null ? {} : { ordinal: row.ordinal }),
      },
    };
  }

  /** What is sent: a bulk row's text goes on the customer's file first. */
  async #filed(row: LeasedRow, { content, customerId }: Said): Promise<MessageContent> {
    if (customerId === undefined || content.kind !== 'text') return content;
    const said = { customerId, text: content.text };
    return { ...content, text: await fileBulkText(this.#deps.database, this.#deps.keys, row, said) };
  }

  async #content(row: LeasedRow, now: Date): Promise<Said | { readonly settlement: Settlement }> {
    if (row.content) return { content: row.content };
    if (row.sealed_payload)
      return {
        content: this.#deps.keys.openJson(`outbox.sealed_payload.${row.id}`, row.sealed_payload) as MessageContent,
      };
    const renderer = this.#deps.renderers[row.kind];
    if (!renderer || !row.subject_id) return { settlement: { state: 'FAILED', code: 'no_content' } };
    const asked = { subjectId: row.subject_id, reference: row.reference ?? '', now };
    const rendered = await this.#deps.database.transaction(async (tx) => renderer(tx, asked));
    if ('dropped' in rendered) return { settlement: { state: 'LAPSED', code: rendered.dropped } };
    if ('notBefore' in rendered)
      return { settlement: { state: 'DEFERRED', code: 'out_of_hours', until: rendered.notBefore } };
    return { content: { kind: 'text', text: rendered.text }, customerId: rendered.customerId };
  }

  async #gate(row: LeasedRow, content: MessageContent, now: Date): Promise<Settlement | undefined> {
    if (row.purpose === 'STAFF' || row.purpose === 'ANSWER' || row.customer_id === null) return undefined;
    const answer = await askGates(this.#deps.gates, this.#deps.database, {
      purpose: row.purpose as Purpose,
      customerId: row.customer_id,
      account: row.account,
      text: plainText(content),
      now,
    });
    if (answer.decision === 'allow') return undefined;
    return answer.until
      ? { state: 'DEFERRED', code: answer.rule, until: answer.until }
      : { state: 'DENIED', code: answer.rule };
  }

  async #send(row: LeasedRow, channel: Channel, intent: OutboundIntent): Promise<Settlement> {
    try {
      const receipt = await channel.send(intent);
      hit('outbox.sent');
      return sent(receipt);
    } catch (error) {
      if (error instanceof ChannelError) return this.#failed(row, channel, intent, error);
      // The port promises typed errors; anything else is a fault of ours with bytes possibly written.
      this.#deps.log.error({
        event: 'outbox.fault',
        outboxId: String(row.id),
        traceId: row.trace_id,
        error: errorText(error),
      });
      return settlementOf(new ChannelError('unknown', 'fault'), row, channel);
    }
  }

  /** `undefined` where there is nothing to redraw and nothing is sent instead. */
  async #outbound(row: LeasedRow, content: MessageContent): Promise<OutboundContent | undefined> {
    if (content.kind === 'file_ref') {
      const bytes = await this.#deps.readFile(this.#deps.database, content.fileId);
      return {
        kind: 'file',
        name: content.name,
        mime: content.mime,
        bytes,
        ...(content.caption === undefined ? {} : { caption: content.caption }),
      };
    }
    if (content.kind === 'picture') {
      const { name, drawing, data, language } = content;
      const painter = this.#deps.painters[drawing];
      if (!painter) return { kind: 'text', text: name }; // gone (an older release's message): the words went before it
      return { kind: 'file', name, mime: 'image/png', bytes: await painter(data, language) };
    }
    if (content.kind !== 'card_update') return content;
    const [earlier] = await this.#deps.database.query<{ id: bigint; sealed_handle: Buffer }>(HANDLE, [row.card_id]);
    // The card itself never arrived: show its present state.
    if (!earlier) return content.ifShown ? undefined : { kind: 'card', card: content.card };
    const handle = this.#deps.keys.openJson(`outbox.sealed_handle.${earlier.id}`, earlier.sealed_handle) as Record<
      string,
      string
    >;
    return { ...content, handle };
  }

  async #failed(row: LeasedRow, channel: Channel, intent: OutboundIntent, error: ChannelError): Promise<Settlement> {
    if (error.failure === 'card_gone' && intent.content.kind === 'card_update') {
      if (intent.content.ifShown) return NOT_SHOWN;
      // A card that can no longer be redrawn is superseded by a fresh one (design §7).
      return this.#send(row, channel, { ...intent, content: { kind: 'card', card: intent.content.card } });
    }
    if (error.failure === 'breaker') {
      const { account, trace_id: traceId } = row;
      this.#deps.log.error({ event: 'outbox.channel_broken', account, traceId, code: error.code });
    }
    return settlementOf(error, row, channel);
  }
}

function byAccount<T extends Pick<Place, 'account'>>(items: readonly T[]): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(item.account);
    if (group) group.push(item);
    else groups.set(item.account, [item]);
  }
  return groups;
}

/** Once all are through: the leases of what could not be stored run out, and the sweep takes the rows back. */
function throwFailure(results: readonly PromiseSettledResult<unknown>[]): void {
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

function sent(receipt: Receipt): Settlement {
  if (receipt.undeliverable !== undefined) return { state: 'PARKED', code: receipt.undeliverable };
  return {
    state: 'SENT',
    ...(receipt.providerId === undefined ? {} : { providerId: receipt.providerId }),
    ...(receipt.handle === undefined ? {} : { handle: receipt.handle }),
  };
}

/** What a typed failure means for the row. */
function settlementOf(
  error: ChannelError,
  row: Pick<LeasedRow, 'attempts'>,
  channel: Pick<Channel, 'capabilities'>,
): Settlement {
  switch (error.failure) {
    case 'retry':
    case 'refresh':
      return row.attempts < PATIENT_ATTEMPTS
        ? { state: 'PENDING', dueInMs: error.retryAfterMs ?? backoffMs(row), code: error.code }
        : { state: 'FAILED', code: error.code };
    case 'wait': {
      const wait = error.retryAfterMs ?? backoffMs(row);
      return wait > LONG_WAIT_MS
        ? { state: 'DEFERRED', code: error.code, waitMs: wait }
        : { state: 'PENDING', dueInMs: wait, code: error.code };
    }
    case 'breaker':
      return { state: 'PENDING', dueInMs: error.retryAfterMs ?? BREAK_MS, code: error.code, isBroken: true };
    case 'unknown':
      return channel.capabilities.safeToRepeat && row.attempts < MAX_ATTEMPTS
        ? { state: 'PENDING', dueInMs: backoffMs(row), code: `unclear:${error.code}`, isUnclear: true }
        : { state: 'UNKNOWN', code: error.code };
    case 'park':
    case 'target_gone':
      return { state: 'PARKED', code: error.code };
    case 'card_gone':
    case 'our_fault':
      return { state: 'FAILED', code: error.code };
  }
}

function again(row: Pick<LeasedRow, 'attempts'>, code: string): Settlement {
  return row.attempts >= MAX_ATTEMPTS ? { state: 'FAILED', code } : { state: 'PENDING', dueInMs: backoffMs(row), code };
}

function backoffMs(row: Pick<LeasedRow, 'attempts'>): number {
  return BACKOFF_MS[Math.min(row.attempts, BACKOFF_MS.length) - 1] ?? 1_000;
}
