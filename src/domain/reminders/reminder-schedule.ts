/** The versions of the reminder flow as loans use them: each loan keeps the one it was made with (design §3.13). */
import { hoursOf, stageTimes, textOf, type CompiledSchedule, type StageTime } from '../../core/flow/index.ts';
import type { Flows } from '../../core/runtime/flows.ts';
import type { Tx } from '../../db/database.ts';
import type { Hours } from '../../lib/daytime.ts';
import type { Text } from '../../lib/i18n.ts';

/** The flow that reminds of instalments. */
const REMINDER_FLOW = 'repayment-reminder';

/** A stage with what it says as it was published. */
interface ReminderStage extends Omit<StageTime, 'text'> {
  readonly text: Text;
}

/** One published version. */
export interface ReminderSchedule {
  readonly version: string;
  /** When its messages may leave, on the customer's clock. */
  readonly hours: Hours;
  readonly stages: readonly ReminderStage[];
}

/** Where versions come from. */
export interface ReminderSchedules {
  /** What a loan made now is given. @throws Error when none is published. */
  live(): ReminderSchedule;
  /** All that this process knows; another process's publication is among them within half a minute. */
  known(): readonly ReminderSchedule[];
  /** The version of this id. @throws Error for an unknown or altered one. */
  version(tx: Tx, id: string): Promise<ReminderSchedule>;
}

/** The versions that are stored. */
export function reminderSchedules(flows: Flows): ReminderSchedules {
  return {
    live: () => scheduleOf(flows.schedule(REMINDER_FLOW)),
    known: () => flows.schedules(REMINDER_FLOW).map(scheduleOf),
    version: async (tx, id) => {
      const flow = await flows.version(tx, id);
      if (flow.kind !== 'schedule') throw new Error(`flow version ${id} is no schedule`);
      return scheduleOf(flow);
    },
  };
}

function scheduleOf(flow: CompiledSchedule): ReminderSchedule {
  return {
    version: flow.version,
    hours: hoursOf(flow),
    stages: stageTimes(flow).map((stage) => ({ ...stage, text: textOf(flow, stage.text) })),
  };
}
