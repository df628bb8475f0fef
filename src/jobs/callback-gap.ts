/**
 * WeCom tries a callback three times in about 15 s and then drops it (wecom.md §2, design §12), and has no list of what
 * was missed. So whoever serves callbacks leaves a sign of life with the database; a hole in it is an incident, and the
 * members who may have written into it are asked to do so again. All in real time: a moved sandbox clock is no gap.
 *
 * A process that lives but cannot store (a full disk, no connection) refuses callbacks, while its sign of life may still be
 * taken. So it gives none as long as it has refused what nobody has stored since: a full disk takes no note of it, but who
 * comes after a process that dies then finds the hole. What it refused while others gave theirs, only its memory knows.
 */
import type { InboundEvent } from '../channels/channel.ts';
import { SYSTEM_ACTOR } from '../core/operations/actor.ts';
import { inUnit, type Turn, type Unit, type UnitDeps } from '../core/unit/unit.ts';
import { statement } from '../db/database.ts';
import { dateIn, timeText, wallClock } from '../lib/business-date.ts';
import { systemClock, type Clock } from '../lib/clock.ts';
import { byDay, type Hours } from '../lib/daytime.ts';
import { isLanguage } from '../lib/i18n.ts';
import { newId } from '../lib/ids.ts';

/** WeCom gives a callback up after its third try, about so long after the first. */
const GIVEN_UP_MS = 15_000;
/** How often a process says that callbacks can be taken; a crash may add so much to the gap that is seen. */
export const BEAT_MS = 3_000;
/** Refusals that are no further apart are one gap: nobody is asked to write again into what still refuses. */
const QUIET_MS = 30_000;
/** Refused events that are remembered; by then the gap has long begun. */
const MAX_REFUSED = 10_000;
/** Who wrote so shortly before the gap may have written in it. */
const ACTIVE_MS = 24 * 3_600_000;
/** The most recently active first; more would be an announcement. */
const MAX_ASKED = 500;
/** Outside the company's night: nobody is woken for something he may not even have sent. */
const AWAKE: Hours = { from: 8 * 60, until: 22 * 60 };
/** The kind of timer that asks the members. */
export const CALLBACK_GAP = 'callback_gap';

const BEAT = statement(
  'callbacks-beat',
  `UPDATE channel_states SET callbacks_at = clock_timestamp(), updated_at = clock_timestamp()
   WHERE account = $1 AND callbacks_at > clock_timestamp() - $2 * interval '1 millisecond' RETURNING account`,
);
const FIRST = statement(
  'callbacks-first',
  'INSERT INTO channel_states (account, updated_at) VALUES ($1, clock_timestamp()) ON CONFLICT (account) DO NOTHING',
);
const LAST = statement('callbacks-last', 'SELECT callbacks_at FROM channel_states WHERE account = $1 FOR UPDATE');
const RESUME = statement(
  'callbacks-resume',
  'UPDATE channel_states SET callbacks_at = greatest(callbacks_at, $2), updated_at = $2 WHERE account = $1',
);
const STORED = statement('callbacks-stored', 'SELECT key FROM inbox_keys WHERE account = $1 AND key = ANY($2::text[])');
// Among the newest: ids are made in the order in which things happen. Instants as they are written here compare as texts.
const TOLD = statement(
  'callbacks-told',
  `SELECT detail->>'from' AS "from", detail->>'to' AS "to" FROM (SELECT id, kind, subject_id, detail FROM incidents ORDER BY id DESC LIMIT 500) AS newest
   WHERE kind = $1 AND subject_id = $2 AND detail->>'from' <= $3 COLLATE "C" AND detail->>'to' >= $4 COLLATE "C" ORDER BY id LIMIT 1`,
);
const MEMBERS = statement(
  'callbacks-members',
  `SELECT i.external_id, s.id AS staff_id, s.language FROM identities i JOIN staff s ON s.id = i.staff_id AND s.is_active
   LEFT JOIN conversations c ON c.account = i.account AND c.chat = i.external_id AND c.thread = '' AND c.actor = ''
   WHERE i.account = $1 AND i.is_reachable
     AND (i.external_id = ANY($4::text[]) OR ($2::timestamptz IS NOT NULL
       AND (c.last_in_at > $2 OR EXISTS (SELECT 1 FROM approval_tasks t WHERE t.staff_id = s.id AND t.state = 'OPEN'))))
   ORDER BY i.external_id = ANY($4::text[]) DESC, c.last_in_at DESC NULLS LAST, s.id LIMIT $3`,
);

/** What this process refused and nobody has stored: ages by its own clock, and whose it was. */
interface Refused {
  readonly firstMs: number;
  readonly lastMs: number;
  readonly chats: readonly string[];
}

/** One process's part in the sign of life of an account; any number of processes may give it. */
export class CallbackWatch {
  readonly #deps: UnitDeps;
  readonly #account: string;
  readonly #clock: Clock;
  #beating: Promise<void> | undefined;
  /** By delivery key, the first first. */
  readonly #refused = new Map<string, { readonly at: number; readonly chat: string }>();
  #lastRefusal = 0;
  /** Since when no sign of life was given because of them. */
  #silentSince: number | undefined;

  constructor(deps: UnitDeps, account: string, clock: Clock = systemClock) {
    this.#deps = deps;
    this.#account = account;
    this.#clock = clock;
  }

  /** The platform was told that these could not be stored; it may deliver them again, or not any more. */
  refused(events: readonly InboundEvent[]): void {
    const at = this.#clock.now().getTime();
    for (const { address, deliveryKeys } of events) {
      const [key] = deliveryKeys;
      if (address.account !== this.#account) continue;
      this.#lastRefusal = at;
      if (!this.#refused.has(key) && this.#refused.size < MAX_REFUSED)
        this.#refused.set(key, { at, chat: address.chat });
    }
  }

  /** Says that callbacks can be taken now. Rejects when the database cannot be reached: then they cannot. */
  async beat(): Promise<void> {
    this.#beating ??= this.#beat().finally(() => {
      this.#beating = undefined;
    });
    return this.#beating;
  }

  async #beat(): Promise<void> {
    await this.#forgetStored();
    const keys = [...this.#refused.keys()];
    const now = this.#clock.now().getTime();
    if (keys.length === 0) return this.#giveSign(now);
    this.#silentSince ??= now;
    if (now - this.#lastRefusal < QUIET_MS) return;
    const refused = this.#summary(now);
    await inUnit(this.#deps, async (unit) => resume(unit, this.#account, refused));
    for (const key of keys) this.#refused.delete(key);
    if (this.#refused.size === 0) this.#silentSince = undefined;
  }

  async #giveSign(now: number): Promise<void> {
    const ownMs = this.#silentSince === undefined ? 0 : now - this.#silentSince; // all was stored in the end: no hole
    const alive = await this.#deps.database.query(BEAT, [this.#account, GIVEN_UP_MS + ownMs]);
    if (alive.length === 0) await inUnit(this.#deps, async (unit) => resume(unit, this.#account));
    this.#silentSince = undefined;
  }

  /** What was refused at one try is often stored at the next, here or elsewhere. */
  async #forgetStored(): Promise<void> {
    if (this.#refused.size === 0) return;
    const stored = await this.#deps.database.query<{ key: string }>(STORED, [this.#account, [...this.#refused.keys()]]);
    for (const { key } of stored) this.#refused.delete(key);
  }

  #summary(now: number): Refused {
    const all = [...this.#refused.values()];
    return {
      firstMs: now - (all[0]?.at ?? now),
      lastMs: now - this.#lastRefusal,
      chats: [...new Set(all.map(({ chat }) => chat))].slice(0, MAX_ASKED),
    };
  }
}

/**
 * The first sign of life ever, or after a gap. Of several processes that come back the first one finds the gap, and of several
 * that refused the same the first one tells of it; whose words the others refused only they know, so each has its own asked.
 */
async function resume(unit: Unit, account: string, refused?: Refused): Promise<void> {
  await unit.tx.query(FIRST, [account]);
  const [row] = await unit.tx.query<{ callbacks_at: Date | null }>(LAST, [account]);
  await unit.tx.query(RESUME, [account, unit.realNow]);
  const now = unit.realNow.getTime();
  const since = row?.callbacks_at?.getTime() ?? now;
  if (refused === undefined) {
    if (now - since > GIVEN_UP_MS) tellOfGap(unit, account, { from: since, chats: [] });
    return;
  }
  const [first, last] = [now - refused.firstMs, now - refused.lastMs].map((at) => new Date(at).toISOString());
  const [told] = await unit.tx.query<Span>(TOLD, [CALLBACK_GAP, account, first, last]);
  if (told) askByDay(unit, systemTurn(unit), { account, ...told, chats: refused.chats }, `:${newId()}`);
  else tellOfGap(unit, account, { from: Math.min(since, now - refused.firstMs), chats: refused.chats });
}

/** Opens the incident, and has those who may have been missed asked when it is day. */
function tellOfGap(
  unit: Unit,
  account: string,
  { from, chats }: { readonly from: number; readonly chats: readonly string[] },
): void {
  const ms = unit.realNow.getTime() - from;
  const gap = { account, from: new Date(from).toISOString(), to: unit.realNow.toISOString() };
  const turn = systemTurn(unit);
  turn.effects.incident({
    kind: CALLBACK_GAP,
    subject: { kind: 'account', id: account },
    detail: { ...gap, seconds: Math.round(ms / 1_000) },
  });
  askByDay(unit, turn, { ...gap, chats, activeSince: new Date(unit.now.getTime() - ms - ACTIVE_MS).toISOString() });
}

function systemTurn(unit: Unit): Turn {
  return unit.turn({ actor: SYSTEM_ACTOR, via: 'timer' });
}

/** Nobody is asked twice about one gap, however many timers name him: his message has one key (`askAfterGap`). */
function askByDay(unit: Unit, turn: Turn, gap: Gap, own = ''): void {
  turn.effects.setTimer({
    key: `${CALLBACK_GAP}:${gap.account}:${gap.from}${own}`,
    kind: CALLBACK_GAP,
    dueAt: byDay(unit.now, turn.call.services.companyZone, AWAKE),
    payload: gap,
  });
}

interface Span {
  readonly from: string;
  readonly to: string;
}

/** A gap in real time. */
interface Gap extends Span {
  readonly account: string;
  /** Who wrote since then (in business time, as conversations have it) counts as active; absent: only `chats` are asked. */
  readonly activeSince?: string;
  /** Whose words were refused, whenever they were active. */
  readonly chats?: readonly string[];
}

/** Asks every member who may have been missed, each once. */
export async function askAfterGap(unit: Unit, turn: Turn, payload: unknown): Promise<void> {
  const { account, from, to, activeSince, chats = [] } = payload as Gap;
  const { texts, companyZone } = turn.call.services;
  const said = (at: number): string => momentText(at, unit.realNow, companyZone);
  const since = activeSince === undefined ? null : new Date(activeSince);
  const members = await unit.tx.query<MemberRow>(MEMBERS, [account, since, MAX_ASKED, chats]);
  for (const member of members) {
    const language = isLanguage(member.language) ? member.language : 'zh-CN';
    turn.effects.send({
      key: `${CALLBACK_GAP}:${account}:${from}:${member.staff_id}`,
      to: { account, chat: member.external_id },
      purpose: 'STAFF',
      content: {
        kind: 'text',
        text: texts.translate(language, 'talk.callback_gap', {
          from: said(Date.parse(from)),
          to: said(Math.ceil(Date.parse(to) / 60_000) * 60_000), // the minute in which it was over counts
        }),
      },
    });
  }
}

interface MemberRow {
  readonly external_id: string;
  readonly staff_id: string;
  readonly language: string;
}

/** `09:05`; with its date when that is not the reader's today. */
function momentText(at: number, seenFrom: Date, zone: string): string {
  const shown = wallClock(new Date(at), zone);
  const time = timeText(shown);
  return shown.date === dateIn(seenFrom, zone) ? time : `${shown.date} ${time}`;
}
