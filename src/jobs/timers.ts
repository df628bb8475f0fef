/** Firing due timers, each in a transaction of its own; a timer that fails three times is parked with an incident. */
import { SYSTEM_ACTOR } from '../core/operations/actor.ts';
import type { IncidentDraft } from '../core/operations/effects.ts';
import {
  claimTimers,
  markFired,
  markTimerFailed,
  openTimer,
  type ClaimedTimer,
  type DueTimer,
} from '../core/timers/timers.ts';
import { inUnit, type Turn, type Unit, type UnitDeps } from '../core/unit/unit.ts';
import { isBlameless } from '../db/faults.ts';
import { errorText } from '../lib/errors.ts';
import { hit } from '../lib/kill-points.ts';
import type { Log } from '../lib/log.ts';

/** What a kind of timer does when it falls due. */
export type TimerHandler = (unit: Unit, turn: Turn, timer: DueTimer) => Promise<void>;

/** The unit of work, and the handlers by kind of timer. */
export interface TimerJobDeps extends UnitDeps {
  readonly handlers: Readonly<Record<string, TimerHandler>>;
  readonly log: Log;
}

/** Fires one due timer; returns 1, or 0 when none is due. */
export async function fireNext(deps: TimerJobDeps): Promise<number> {
  let current: ClaimedTimer | undefined;
  let about: About | undefined;
  try {
    return await inUnit(deps, async (unit) => {
      const [claimed] = await claimTimers(unit.tx, unit.now, 1);
      if (!claimed) return 0;
      hit('timer.claimed');
      current = claimed; // from here on a failure is counted against it
      const timer = openTimer(deps.services.keys, claimed);
      about = (timer.payload as { readonly about?: About } | undefined)?.about;
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
    await failed(deps, { timer: current, about, error });
    return 1;
  }
}

/** The case a timer is for, where it says so: an incident of it names that. */
type About = NonNullable<IncidentDraft['subject']>;

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
