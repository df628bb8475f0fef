/**
 * The instants at which dying hurts most, by name. A test arms one (setting KILL_AT) and the process kills itself there as
 * `kill -9` would; unarmed a point costs one comparison. `npm run chaos` fails unless every point was hit in every role.
 */

/** Each point with the roles whose code passes it and what is true at that instant. */
export const KILL_POINTS = {
  'inbox.before_commit': { roles: ['web'], when: 'a delivery is verified and parsed, nothing is stored' },
  'inbox.committed': { roles: ['web'], when: 'the event is stored, the platform has no answer yet' },
  'interactive.leased': { roles: ['web'], when: 'an answer for the open request is taken, not yet written to it' },
  'interactive.answered': { roles: ['web'], when: 'the platform has the answer, the row does not know it' },
  'turn.flushed': { roles: ['worker'], when: 'all a batch of turns leaves behind is written, not committed' },
  'turn.committed': { roles: ['worker'], when: 'the turns are committed, nobody has been woken' },
  'unit.flushed': { roles: ['web', 'scheduler'], when: 'an operation or timer has written everything, not committed' },
  'unit.committed': { roles: ['web', 'scheduler'], when: 'an operation or timer is committed, nobody has been woken' },
  'outbox.claimed': { roles: ['worker'], when: 'rows are leased, none is sent' },
  'outbox.sent': { roles: ['worker'], when: 'the platform has a message, its row does not know it' },
  'outbox.settled': { roles: ['worker'], when: 'the receipt is stored' },
  'media.leased': { roles: ['worker'], when: 'a file is about to be fetched' },
  'media.stored': { roles: ['worker'], when: 'a file is stored, the conversation does not know it' },
  'media.committed': { roles: ['worker'], when: 'the file’s event is stored, nobody has been woken' },
  'timer.claimed': { roles: ['scheduler'], when: 'a due timer is locked, nothing is done' },
  'reminders.planned': { roles: ['scheduler'], when: 'a batch of reminders is written, not committed' },
  'reminders.committed': { roles: ['scheduler'], when: 'the batch is committed, nobody has been woken' },
  'audit.chained': { roles: ['scheduler'], when: 'a batch of audit entries is chained, not committed' },
  'audit.sealed': { roles: ['scheduler'], when: 'the chain is longer, no anchor names its new head' },
  'audit.anchored': { roles: ['scheduler'], when: 'the anchor is written' },
} as const satisfies Readonly<Record<string, { readonly roles: readonly string[]; readonly when: string }>>;

/** The name of a point. */
export type KillPoint = keyof typeof KILL_POINTS;

/** Names of all points. */
export const KILL_POINT_NAMES = Object.keys(KILL_POINTS) as readonly KillPoint[];

interface Armed {
  readonly point: KillPoint;
  /** Passes that still survive. */
  left: number;
}

let armed: Armed | undefined;

/** Where to die: a point, at its n-th pass. Written `point` or `point:n`. */
export interface KillOrder {
  readonly point: KillPoint;
  readonly pass: number;
}

/** Reads an order; `undefined` for anything that is not one. */
export function parseKillOrder(text: string): KillOrder | undefined {
  const [name = '', pass = '1'] = text.split(':');
  const point = KILL_POINT_NAMES.find((one) => one === name);
  return point !== undefined && /^[1-9]\d{0,6}$/.test(pass) ? { point, pass: Number(pass) } : undefined;
}

/** Makes this process die at that point. For tests only; without it `hit` does nothing. */
export function armKillPoint(order: KillOrder | undefined): void {
  armed = order && { point: order.point, left: order.pass };
}

/** Marks the instant. Nothing after it runs when the point is armed: no handler, no flush, no rollback. */
export function hit(point: KillPoint): void {
  if (armed === undefined) return;
  if (armed.point !== point) return;
  armed.left -= 1;
  if (armed.left === 0) process.kill(process.pid, 'SIGKILL');
}
