/** Schedules: which messages belong to a due date, when each may leave, and which one a later one has overtaken. */
import { addDays, instantOf, type BusinessDate } from '../../lib/business-date.ts';
import type { CompiledSchedule } from './compile.ts';

/** One message of the plan. It may leave from `at` until `until`; outside it waits for the next day's window. */
export interface PlannedStage {
  readonly stage: string;
  /** Days from the due date. */
  readonly day: number;
  readonly on: BusinessDate;
  readonly at: Date;
  readonly until: Date;
  /** Locale key of the message. */
  readonly text: string;
}

/** `future` not yet · `due` may leave now · `lapsed` overtaken by a later stage, recorded but never sent. */
export type StageState = 'future' | 'due' | 'lapsed';

/** Whose clock, and where in the spread this customer lies (0 ≤ spread < 1, a stable share of its id). */
export interface PlanOptions {
  readonly zone: string;
  readonly spread?: number;
}

function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}

// WeCom asks apps to stay away from minute 0 and 30 of the hour, when every other robot sends.
function awayFromRush(minutes: number): number {
  return minutes % 30 === 0 ? minutes + 2 : minutes;
}

/** The plan of one due date, in order. Wall-clock times are the customer's; the spread never leaves the window. */
export function planStages(flow: CompiledSchedule, dueOn: BusinessDate, options: PlanOptions): readonly PlannedStage[] {
  const { stages, window, spreadMinutes } = flow.definition;
  const end = minutesOf(window.to);
  return stages.map(({ name, day, at, text }) => {
    const on = addDays(dueOn, day);
    const room = Math.min(spreadMinutes, end - minutesOf(at) - 1);
    const start = awayFromRush(minutesOf(at) + Math.floor(room * (options.spread ?? 0)));
    return { stage: name, day, on, at: instant(on, start, options.zone), until: instant(on, end, options.zone), text };
  });
}

function instant(on: BusinessDate, minutes: number, zone: string): Date {
  return instantOf(on, { hour: Math.floor(minutes / 60), minute: minutes % 60 }, zone);
}

/**
 * Each stage's state at an instant. After an outage several stages can be past: only the newest is still worth
 * sending, the older ones have lapsed.
 */
export function stageStates(plan: readonly PlannedStage[], now: Date): readonly StageState[] {
  const newest = plan.findLastIndex((stage) => stage.at.getTime() <= now.getTime());
  return plan.map((_, index) => {
    if (index > newest) return 'future';
    return index === newest ? 'due' : 'lapsed';
  });
}
