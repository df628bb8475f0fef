/**
 * How votes become an outcome. Pure. 或签 (ANY): the first approval or refusal decides. 会签 (ALL): everybody must agree,
 * the first refusal ends it. A return ends either (engine §1.2).
 */

/** One of those seated decides, or all of them. */
export type ApprovalMode = 'ANY' | 'ALL';

/** What became of one person's seat; CLOSED: the node was decided without it. */
export type SeatState = 'OPEN' | 'APPROVED' | 'REJECTED' | 'RETURNED' | 'HANDED_OVER' | 'CLOSED';
/** What became of a node. */
export type ApprovalState = 'OPEN' | 'APPROVED' | 'REJECTED' | 'RETURNED';

/** The outcome of a node from its seats; a seat that was handed over counts through its successor. */
export function outcomeOf(mode: ApprovalMode, seats: readonly SeatState[]): ApprovalState {
  if (seats.includes('REJECTED')) return 'REJECTED';
  if (seats.includes('RETURNED')) return 'RETURNED';
  if (mode === 'ANY') return seats.includes('APPROVED') ? 'APPROVED' : 'OPEN';
  const counted = seats.filter((seat) => seat === 'OPEN' || seat === 'APPROVED');
  return counted.length > 0 && counted.every((seat) => seat === 'APPROVED') ? 'APPROVED' : 'OPEN';
}

/** Somebody who has the node's role. */
export interface Candidate {
  readonly staffId: string;
}

/** Who is asked. */
export type Seating =
  | { readonly kind: 'seated'; readonly staffIds: readonly string[] }
  /** Fewer people than the node needs: stop and alarm, never pass (design §9). */
  | { readonly kind: 'empty' };

/**
 * Who sits on a node: the role's people in a fixed order, without those who may never decide this case and those who
 * have already signed in this round (去重). ANY seats all of them, ALL exactly as many as asked for.
 */
export function seatNode(
  mode: ApprovalMode,
  count: number,
  candidates: readonly Candidate[],
  barred: { readonly excluded: ReadonlySet<string>; readonly signed: ReadonlySet<string> },
): Seating {
  const free = candidates
    .filter(({ staffId }) => !barred.excluded.has(staffId) && !barred.signed.has(staffId))
    .map(({ staffId }) => staffId);
  if (free.length < Math.max(1, count)) return { kind: 'empty' };
  return { kind: 'seated', staffIds: mode === 'ANY' ? free : free.slice(0, Math.max(1, count)) };
}
