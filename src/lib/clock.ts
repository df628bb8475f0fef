/**
 * Real time of this process, for what is not business: log stamps, HTTP time-outs, sandbox wall time. Business time
 * ("now" of a turn) comes from the database plus the stored offset and is always a parameter (`ctx.now`).
 */
export interface Clock {
  now(): Date;
}

/** The clock of this machine. */
export const systemClock: Clock = { now: () => new Date() };
