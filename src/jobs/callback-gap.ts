/**
 * WeCom tries a callback three times in about 15 s and then drops it (wecom.md §2, design §12), and has no list of what
 * was missed. So whoever serves callbacks leaves a sign of life with the database; a hole in it is an incident, and the
 * members who may have written into it are asked to do so again. All in real time: a moved sandbox clock is no gap.
 */
import { SYSTEM_ACTOR } from '../core/operations/actor.ts';
import { inUnit, type Turn, type Unit, type UnitDeps } from '../core/unit/unit.ts';
import { statement } from '../db/database.ts';
import { dateIn, timeText, wallClock } from '../lib/business-date.ts';
import { byDay, type Hours } from '../lib/daytime.ts';
import { isLanguage } from '../lib/i18n.ts';

/** WeCom gives a callback up after its third try, about so long after the first. */
const GIVEN_UP_MS = 15_000;
/** How often a process says that callbacks can be taken; a crash may add so much to the gap that is seen. */
export const BEAT_MS = 3_000;
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
const MEMBERS = statement(
  'callbacks-members',
  `SELECT i.external_id, s.id AS staff_id, s.language FROM identities i JOIN staff s ON s.id = i.staff_id AND s.is_active
   LEFT JOIN conversations c ON c.account = i.account AND c.chat = i.external_id AND c.thread = '' AND c.actor = ''
   WHERE i.account = $1 AND i.is_reachable
     AND (c.last_in_at > $2 OR EXISTS (SELECT 1 FROM approval_tasks t WHERE t.staff_id = s.id AND t.state = 'OPEN'))
   ORDER BY c.last_in_at DESC NULLS LAST, s.id LIMIT $3`,
);

/** One process's part in the sign of life of an account; any number of processes may give it. */
export class CallbackWatch {
  readonly #deps: UnitDeps;
  readonly #account: string;
  #beating: Promise<void> | undefined;

  constructor(deps: UnitDeps, account: string) {
    this.#deps = deps;
    this.#account = account;
  }

  /** Says that callbacks can be taken now. Rejects when the database cannot be reached: then they cannot. */
  async beat(): Promise<void> {
    this.#beating ??= this.#beat().finally(() => {
      this.#beating = undefined;
    });
    return this.#beating;
  }

  async #beat(): Promise<void> {
    const alive = await this.#deps.database.query(BEAT, [this.#account, GIVEN_UP_MS]);
    if (alive.length === 0) await inUnit(this.#deps, async (unit) => resume(unit, this.#account));
  }
}

/** The first sign of life ever, or after a gap. Of several processes that come back the first one finds the gap. */
async function resume(unit: Unit, account: string): Promise<void> {
  await unit.tx.query(FIRST, [account]);
  const [row] = await unit.tx.query<{ callbacks_at: Date | null }>(LAST, [account]);
  await unit.tx.query(RESUME, [account, unit.realNow]);
  const from = row?.callbacks_at;
  if (!from || unit.realNow.getTime() - from.getTime() <= GIVEN_UP_MS) return;
  const seconds = (unit.realNow.getTime() - from.getTime()) / 1_000;
  const gap = { account, from: from.toISOString(), to: unit.realNow.toISOString() };
  const turn = unit.turn({ actor: SYSTEM_ACTOR, via: 'timer' });
  turn.effects.incident({
    kind: CALLBACK_GAP,
    subject: { kind: 'account', id: account },
    detail: { ...gap, seconds: Math.round(seconds) },
  });
  turn.effects.setTimer({
    key: `${CALLBACK_GAP}:${account}:${gap.from}`,
    kind: CALLBACK_GAP,
    dueAt: byDay(unit.now, turn.call.services.companyZone, AWAKE),
    payload: { ...gap, activeSince: new Date(unit.now.getTime() - seconds * 1_000 - ACTIVE_MS).toISOString() },
  });
}

/** A gap in real time, and from when on (in business time, as conversations have it) somebody counts as active. */
interface Gap {
  readonly account: string;
  readonly from: string;
  readonly to: string;
  readonly activeSince: string;
}

/** Asks every member who may have been missed, each once. */
export async function askAfterGap(unit: Unit, turn: Turn, payload: unknown): Promise<void> {
  const { account, from, to, activeSince } = payload as Gap;
  const { texts, companyZone } = turn.call.services;
  const said = (at: number): string => momentText(at, unit.realNow, companyZone);
  const members = await unit.tx.query<MemberRow>(MEMBERS, [account, new Date(activeSince), MAX_ASKED]);
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
