/** Small views of a text that keep every position: pieces blanked out, and the clause around a place. */

/** Stands for text that is already understood; a private-use character nobody types. */
export const BLANK = '\ue000';

/** Blanks out pieces that are already understood, keeping every other position where it was. */
export function blank(text: string, pieces: readonly { readonly start: number; readonly end: number }[]): string {
  let rest = text;
  for (const { start, end } of pieces) {
    rest = rest.slice(0, start) + BLANK.repeat(end - start) + rest.slice(end);
  }
  return rest;
}

/** The part of the clause before `at`: back to the last comma, full stop or line break. */
export function clauseBefore(text: string, at: number): string {
  const before = text.slice(0, at);
  return before.slice(Math.max(...Array.from(',，。;；、!！?？\n', (mark) => before.lastIndexOf(mark))) + 1);
}

/** The part of the clause from `at` on: up to the next comma, full stop or line break. */
export function clauseAfter(text: string, at: number): string {
  const after = text.slice(at);
  const stop = after.search(/[,，。;；、!！?？\n]/u);
  return stop === -1 ? after : after.slice(0, stop);
}
