/**
 * Firing due timers, each in a transaction of its own; a timer that fails three times is parked with an incident, and so is one
 * that three processes have died of (`caution.ts`).
 */
import { SYSTEM_ACTOR } from '../core/operations/actor.ts';
import type { IncidentDraft } from '../core/operations/effects.ts';
import {
  claimTimers,
  markFired,
  markTimerFailed,
  openTimer,
  TIMER_MARKS,
  type ClaimedTimer,
  type DueTimer,
} from '../core/timers/timers.ts';
import { inUnit, readTimes, type Turn, type Unit, type UnitDeps } from '../core/unit/unit.ts';
import type { Tx } from '../db/database.ts';
import { isBlameless } from '../db/faults.ts';
import { errorText } from '../lib/errors.ts';
import { hit } from '../lib/kill-points.ts';
import type { Log } from '../lib/log.ts';
import type { Caution } from './caution.ts';

/** What a kind of timer does when it falls due. */
export type TimerHandler = (unit: Unit, turn: Turn, timer: DueTimer) => Promise<void>;

/** The unit of work, and the handlers by kind of timer. */
export interface TimerJobDeps extends UnitDeps {
  readonly handlers: Readonly<Record<string, TimerHandler>>;
  /** Of a process: without it nothing that is due is taken for what killed the one before. */
  readonly caution?: Caution;
  readonly log: Log;
}

const MAX_DEATHS = 3;

/** Fires one due timer; returns 1, or 0 when none is due. */
export async function fireNext(deps: TimerJobDeps): Promise<number> {
  const { caution } = deps;
  let isSuspect = false;
  const fired = await fire(deps, ({ dueAt }) => {
    isSuspect = caution?.isFound(dueAt) ?? false;
    return !isSuspect;
  });
  return isSuspect && caution ? fireCarefully(deps, caution) : fired;
}

/** Fires what may have killed the process before this one. */
async function fireCarefully(deps: TimerJobDeps, caution: Caution): Promise<number> {
  const pick = async (tx: Tx): Promise<readonly ClaimedTimer[]> => claimTimers(tx, (await readTimes(tx)).now, 1);
  return caution.handle(TIMER_MARKS, pick, async ([timer], forgive) => {
    if (!timer) return 0;
    if (timer.attempts < MAX_DEATHS) return fire(deps, ({ id }) => id === timer.id, forgive);
    const about = aboutOf(() => openTimer(deps.services.keys, timer));
    await failed(deps, { timer, about, error: new Error(`${timer.attempts} processes died while it fired`) });
    return 1;
  });
}

async function fire(
  deps: TimerJobDeps,
  isWanted: (timer: ClaimedTimer) => boolean,
  onFailure = async (): Promise<void> => undefined,
): Promise<number> {
  let current: ClaimedTimer | undefined;
  let about: About | undefined;
  try {
    return await inUnit(deps, async (unit) => {
      const [claimed] = await claimTimers(unit.tx, unit.now, 1);
      if (!claimed || !isWanted(claimed)) return 0;
      hit('timer.claimed');
      current = claimed; // from here on a failure is counted against it
      const timer = openTimer(deps.services.keys, claimed);
      about = aboutOf(() => timer);
      const handler = deps.handlers[timer.kind];
      const turn = unit.turn({ actor: SYSTEM_ACTOR, via: 'timer', traceId: timer.traceId });
      if (handler) await handler(unit, turn, timer);
      else
        turn.effects.incident({
          kind: 'timer.unknown_kind',
          subject: { kind: 'timer', id: String(timer.id) },
          detail: { kind: timer.kind },
        });
      await markFired(unit.tx, unit.now, [timer.id]);
      return 1;
    });
  } catch (error) {
    if (!current || isBlameless(error)) throw error; // a database that restarts says nothing against the timer
    await onFailure();
    await failed(deps, { timer: current, about, error });
    return 1;
  }
}

/** The case a timer is for, where it says so: an incident of it names that. */
type About = NonNullable<IncidentDraft['subject']>;

function aboutOf(opened: () => DueTimer): About | undefined {
  try {
    return (opened().payload as { readonly about?: About } | undefined)?.about;
  } catch {
    return undefined; // it cannot be opened
  }
}

interface Failure {
  readonly timer: ClaimedTimer;
  readonly about: About | undefined;
  readonly error: unknown;
}

async function failed(deps: TimerJobDeps, { timer, about, error }: Failure): Promise<void> {
  deps.log.error({ event: 'timer.failed', kind: timer.kind, timerId: String(timer.id), error: errorText(error) });
  await inUnit(deps, async (unit) => {
    const state = await markTimerFailed(unit.tx, timer.id);
    if (state !== 'PARKED') return;
    const turn = unit.turn({ actor: SYSTEM_ACTOR, via: 'timer', traceId: timer.traceId });
    turn.effects.incident({
      kind: about ? 'timer.case_parked' : 'timer.parked',
      subject: about ?? { kind: 'timer', id: String(timer.id) },
      detail: { kind: timer.kind },
    });
  });
}
