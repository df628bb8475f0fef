/**
 * How long somebody may stay silent. Every question starts its two waits anew, but only one timer row stands for the
 * whole conversation and nobody moves it while people talk: when it rings too early it is set again. So a message costs
 * no timer, and a conversation of a hundred messages leaves one row, not two hundred.
 */

import type { Effects } from '../operations/effects.ts';

/** What falls due at a question nobody answers, in milliseconds of business time. */
type Dues = Readonly<Partial<Record<SilenceName, number>>>;
/** What happens at a question nobody answers: it is asked again, later it is given up. */
export type SilenceName = 'remind' | 'expire';

/** Part of what is remembered of a conversation. */
export interface Silence {
  /** The question that is waited at. */
  readonly visit: number;
  readonly dues: Dues;
  /** When the open timer rings; it may stand for an earlier question. */
  readonly alarmAt?: number;
}

const NAMES = ['remind', 'expire'] as const satisfies readonly SilenceName[];

/** The question of `visit` is waited at; `name` falls due at `at`. */
export function awaitAnswer(silence: Silence | undefined, visit: number, name: SilenceName, at: number): Silence {
  const dues = silence?.visit === visit ? silence.dues : {};
  return { ...silence, visit, dues: { ...dues, [name]: at } };
}

/** The question of `visit` is answered. The timer stays; it will find nothing to do. */
export function answered(silence: Silence | undefined, visit: number): Silence | undefined {
  return silence?.visit === visit ? { ...silence, dues: {} } : silence;
}

/** The timer that has to be set now, and the open one it replaces; `undefined` while the open one is early enough. */
export function missingAlarm(
  silence: Silence | undefined,
): { readonly at: number; readonly instead?: number } | undefined {
  const dues = Object.values(silence?.dues ?? {});
  if (silence === undefined || dues.length === 0) return undefined;
  const at = Math.min(...dues);
  const { alarmAt } = silence;
  if (alarmAt === undefined) return { at };
  return at < alarmAt ? { at, instead: alarmAt } : undefined;
}

/** The timer set for `alarmAt` has rung: what is due, and what is remembered from now on. */
export function ring(
  silence: Silence | undefined,
  alarmAt: number,
  now: number,
): { readonly silence: Silence | undefined; readonly due: readonly SilenceName[] } {
  if (silence?.alarmAt !== alarmAt) return { silence, due: [] }; // replaced by an earlier one
  const due = NAMES.filter((name) => (silence.dues[name] ?? Infinity) <= now);
  const { visit } = silence;
  const left = NAMES.flatMap((name) => {
    const at = silence.dues[name];
    return at === undefined || due.includes(name) ? [] : [[name, at] as const];
  });
  return { silence: { visit, dues: Object.fromEntries(left) }, due };
}

/** What has rung waits on, until a better hour. */
export function putOff({ silence, due }: ReturnType<typeof ring>, until: number): Silence | undefined {
  return due.reduce((kept, name) => (kept ? awaitAnswer(kept, kept.visit, name, until) : kept), silence);
}

/** Sets the timer that is missing, if one is; what is remembered from now on. */
export function keepAlarm(effects: Effects, conversationId: string, silence: Silence | undefined): Silence | undefined {
  const alarm = missingAlarm(silence);
  if (silence === undefined || alarm === undefined) return silence;
  if (alarm.instead !== undefined) effects.cancelTimer(`talk:${conversationId}:${alarm.instead}`);
  effects.setTimer({
    key: `talk:${conversationId}:${alarm.at}`,
    kind: 'conversation',
    dueAt: new Date(alarm.at),
    subjectId: conversationId,
    payload: { conversationId, at: alarm.at },
  });
  return { ...silence, alarmAt: alarm.at };
}
