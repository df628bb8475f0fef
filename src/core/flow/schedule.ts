/** Schedules: which messages belong to a due date, and when each may leave. */
import { addDays, instantOf, type BusinessDate } from '../../lib/business-date.ts';
import type { Hours } from '../../lib/daytime.ts';
import type { CompiledSchedule } from './compile.ts';

/** When a stage may leave, as wall clock of the customer's zone. */
export interface StageTime {
  readonly name: string;
  /** Days from the due date. */
  readonly day: number;
  /** Minutes after midnight at which the first customers hear of it. */
  readonly minute: number;
  /** Minutes after that over which the others are spread; it ends inside the flow's window. */
  readonly spread: number;
  /** Locale key of the message. */
  readonly text: string;
}

/** One message of the plan. */
export interface PlannedStage {
  readonly stage: string;
  readonly at: Date;
}

/** Whose clock, and where in the spread this customer lies (0 ≤ spread < 1, a stable share of its loan's id). */
export interface PlanOptions {
  readonly zone: string;
  readonly spread?: number;
}

/** The times of a schedule's stages, in order: what `planStages` reckons with, and the statements that plan many loans at once. */
export function stageTimes({ definition }: CompiledSchedule): readonly StageTime[] {
  const end = minutesOf(definition.window.to);
  return definition.stages.map(({ name, day, at, text }) => {
    const minute = minutesOf(at);
    return { name, day, minute, spread: Math.min(definition.spreadMinutes, end - minute - 1), text };
  });
}

/** The hours in which a schedule's messages may leave, also late ones. */
export function hoursOf({ definition: { window } }: CompiledSchedule): Hours {
  return { from: minutesOf(window.from), until: minutesOf(window.to) };
}

/** The plan of one due date, in order. Wall-clock times are the customer's; the spread never leaves the window. */
export function planStages(
  stages: readonly StageTime[],
  dueOn: BusinessDate,
  { zone, spread: share = 0 }: PlanOptions,
): readonly PlannedStage[] {
  return stages.map(({ name, day, minute, spread }) => {
    const at = awayFromRush(minute + Math.floor(spread * share));
    return {
      stage: name,
      at: instantOf(addDays(dueOn, day), { hour: Math.floor(at / 60), minute: at % 60 }, zone),
    };
  });
}

function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}

// WeCom asks apps to stay away from minute 0 and 30 of the hour, when every other robot sends.
function awayFromRush(minute: number): number {
  return minute % 30 === 0 ? minute + 2 : minute;
}
