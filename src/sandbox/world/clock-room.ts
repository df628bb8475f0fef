/** The sandbox's clock as people move it: forward only, one move at a time, within reason. */
import { SandboxProblem } from './problem.ts';
import type { ClockState } from './live.ts';

const DAY_MS = 86_400_000;
/** A year typed wrong would spoil the data for good: the clock never goes back. */
const LONGEST_MOVE_DAYS = 1_100;
/** Who asks for the present has read the clock a moment ago. */
const PRESENT_MS = 60_000;

/** Something that will fall due: a timer's kind, `reminder` or `outbox`. */
export interface NextEvent {
  readonly at: Date;
  readonly what: string;
}

/** How the app moves business time. */
export interface ClockHands {
  advanceClock(to: Date): Promise<Date>;
  businessNow(): Promise<Date>;
  nextDue?(): Promise<NextEvent | undefined>;
}

/** Moves business time and tells how far it has come. */
export class ClockRoom {
  readonly #hands: ClockHands;
  readonly #tell: (state: ClockState) => void;
  #target: Date | undefined;

  constructor(hands: ClockHands, tell: (state: ClockState) => void) {
    this.#hands = hands;
    this.#tell = tell;
  }

  /** Now, the target of a move under way, and what falls due next. */
  async read(): Promise<ClockState & { readonly next?: NextEvent }> {
    const [now, next] = await Promise.all([this.#hands.businessNow(), this.#hands.nextDue?.()]);
    return { now, ...(this.#target && { target: this.#target }), ...(next && { next }) };
  }

  /** The app reports a step of its move. */
  stepped(now: Date): void {
    this.#tell({ now, ...(this.#target && { target: this.#target }) });
  }

  /** Moves to `to`; gives the time reached. @throws SandboxProblem `clock_moving`, `clock_backwards`, `clock_too_far`. */
  async move(to: Date): Promise<Date> {
    if (this.#target !== undefined) throw new SandboxProblem('clock_moving');
    this.#target = to;
    try {
      const now = await this.#hands.businessNow();
      if (to.getTime() < now.getTime() - PRESENT_MS)
        throw new SandboxProblem('clock_backwards', { params: { now: now.toISOString() } });
      if (to.getTime() - now.getTime() > LONGEST_MOVE_DAYS * DAY_MS)
        throw new SandboxProblem('clock_too_far', { params: { days: LONGEST_MOVE_DAYS } });
      const target = to < now ? now : to;
      this.#tell({ now, target });
      const reached = await this.#hands.advanceClock(target);
      this.#target = undefined;
      this.#tell({ now: reached });
      return reached;
    } finally {
      this.#target = undefined;
    }
  }
}
