/**
 * What a sentence takes back in the same breath: 先贷20万，不对，30万 · 电话138…错了，是139… · 36期改成24期. The later value
 * stands in for the earlier one of its kind; the earlier one is as if it had never been written.
 */

/** No retraction stands further before the value that replaces. */
const REACH = 24;
/**
 * `不是` takes back only with a pause behind it: 要20万，不是30万 denies what follows. `改` alone stands between two values:
 * 36期改24期, 20万，改30万, and not 整改20万.
 */
const TAKES_BACK =
  /(?:不对|(?:[说写打输填搞弄讲])?错了|更正(?:一下)?|改成|改为|改到|(?<=[\d期月年万元块千百wk][\s,，]?)改|应该是|其实是|不是(?=[,，。、…\s])|(?<=[,，。、\s])不+(?=[,，、…]))[,，。:：、!！…\s]*(?:应该|其实|还是)?(?:是|为|要|贷|借|欠|改成|改为)?[:：\s]*$/iu;

/** 周转改装修 · 广州，改深圳: between two values of one kind; 周转改天再说 has no second one. */
const INSTEAD = /^用?[\s,，]{0,2}改(?:成|为|到|做)?[:：\s]{0,2}$/u;
const LONGEST_INSTEAD = 8;

interface Piece {
  readonly start: number;
  readonly end: number;
}

/** Whether nothing but 改 stands between one of the `others` and this piece. */
function replaces(text: string, { start }: Piece, others: readonly Piece[]): boolean {
  return others.some(
    ({ end }) => end < start && start - end <= LONGEST_INSTEAD && INSTEAD.test(text.slice(end, start)),
  );
}

/** Whether the words right before `at` take back the value of the same kind that was written earlier. */
export function takesBack(text: string, at: number): boolean {
  return TAKES_BACK.test(text.slice(Math.max(0, at - REACH), at));
}

/** Pieces of one kind without those that a later one replaces. */
export function withoutTakenBack<T extends Piece>(text: string, pieces: readonly T[]): readonly T[] {
  if (pieces.length < 2) return pieces;
  return since(pieces, (piece) => takesBack(text, piece.start) || replaces(text, piece, pieces));
}

/** The same for 改 alone; what it replaces may end with one of the `others` (广州天河改深圳). */
export function withoutReplaced<T extends Piece>(
  text: string,
  pieces: readonly T[],
  others: readonly Piece[] = [],
): readonly T[] {
  return since(pieces, (piece) => replaces(text, piece, [...pieces, ...others]));
}

function since<T extends Piece>(pieces: readonly T[], isInstead: (piece: T) => boolean): readonly T[] {
  const from = Math.max(0, ...pieces.filter(isInstead).map((piece) => piece.start));
  return pieces.filter((piece) => piece.start >= from);
}
