/** What a running case is, what can happen to it, and what comes of it: plain JSON, read by the runtime and the event log. */
import type { TextParam } from '../../lib/text-params.ts';

/** Names to values: a case's facts, an operation's input or result. */
export type Facts = Readonly<Record<string, unknown>>;

/** What an approval can come to. */
type ApprovalOutcome = 'approved' | 'rejected' | 'returned' | 'recalled';

/** Why a case stands still: the kinds of its incidents. */
export const STOPS = [
  'approval.empty',
  'empty_approver',
  'fact_missing',
  'no_returner',
  'operation_failed',
  'outcome_without_target',
  'spinning',
] as const;
/** One of them. */
export type Stop = (typeof STOPS)[number];

/** One running case, as JSON. */
export interface ProcessState {
  readonly flow: string;
  readonly version: string;
  readonly node: string;
  /** Counts the nodes entered so far; names the present wait. */
  readonly visit: number;
  readonly status: 'running' | 'waiting' | 'stopped' | 'ended';
  /** The case's facts and what operations gave. */
  readonly facts: Facts;
  /** Human nodes passed, oldest first: "previous" always means the last visited one. */
  readonly path: readonly string[];
  /** The node that sent the case back, while it is with the submitter. */
  readonly returner?: string;
  /** The visit at which it began anew, if it did: what was said before does not count. */
  readonly since?: number;
  /** Reminders of the present wait so far, the escalation included; absent before the first. */
  readonly reminded?: number;
  /** How it ended. */
  readonly outcome?: string;
}

/** What can happen to a case. Events that carry a `visit` count only for that wait. */
export type ProcessEvent =
  | { readonly type: 'operation.done'; readonly visit: number; readonly result: Facts }
  | { readonly type: 'operation.failed'; readonly visit: number; readonly code: string }
  | {
      readonly type: 'approval.decided';
      readonly visit: number;
      readonly outcome: ApprovalOutcome;
      readonly by?: string;
      /** In words, or the text of a reason from the list. */
      readonly reason?: string | TextParam;
    }
  /** Fewer people than the node needs may decide it. */
  | { readonly type: 'approval.empty'; readonly visit: number }
  /**
   * Something a `wait` node listens for (resubmitted, recalled), with facts that changed meanwhile. `anew`: among them what the
   * nodes before have agreed to; the case begins at its start again, wherever the file would have it go.
   */
  | { readonly type: 'signal'; readonly name: string; readonly facts?: Facts; readonly anew?: boolean }
  | { readonly type: 'timer'; readonly visit: number; readonly name: 'remind' | 'timeout' }
  /** After an incident: go on from where it stopped, with corrected facts if need be. */
  | { readonly type: 'retry'; readonly facts?: Facts };

/** What the runtime has to do, in order. */
export type ProcessEffect =
  | { readonly kind: 'operation'; readonly operation: string; readonly input: Facts; readonly visit: number }
  | {
      readonly kind: 'approval.open';
      readonly node: string;
      readonly visit: number;
      /** The visit from which on approvals count for this one. */
      readonly since: number;
      readonly title: string;
      readonly policy: 'any' | 'all';
      readonly role: string;
      /** Fewest approvers; fewer than this means stop and alarm. */
      readonly count: number;
      readonly verbs: readonly ('approve' | 'reject' | 'return' | 'hand-over')[];
      /** Facts to show on the card, in order. */
      readonly card: Facts;
    }
  /** The node's `when` says that it does not concern this case; for the event log. */
  | { readonly kind: 'not_applicable'; readonly node: string; readonly condition: string }
  /** Its time is up before it was decided. */
  | { readonly kind: 'approval.close'; readonly node: string; readonly visit: number }
  | {
      readonly kind: 'timer.set';
      readonly visit: number;
      readonly name: 'remind' | 'timeout';
      readonly afterMinutes: number;
    }
  /** All timers of a visit that is over. */
  | { readonly kind: 'timer.clear'; readonly visit: number }
  | { readonly kind: 'remind'; readonly node: string; readonly visit: number; readonly text: string }
  /** All reminders were in vain: others hear of it, once. */
  | {
      readonly kind: 'escalate';
      readonly node: string;
      readonly visit: number;
      readonly role: string;
      readonly text: string;
    }
  | { readonly kind: 'notify'; readonly to: string; readonly text: string; readonly params: Facts }
  | { readonly kind: 'incident'; readonly code: Stop; readonly node: string; readonly detail: string }
  /** For the event log: the token moved. */
  | { readonly kind: 'moved'; readonly from: string; readonly to: string; readonly visit: number }
  /** An event that no longer (or not yet) applies; it changed nothing. */
  | {
      readonly kind: 'ignored';
      readonly event: string;
      readonly reason: 'stale' | 'not_waiting' | 'unknown_signal' | 'ended';
    }
  | { readonly kind: 'ended'; readonly outcome: string };

/** A step's result. */
export interface ProcessStep {
  readonly state: ProcessState;
  readonly effects: readonly ProcessEffect[];
}
