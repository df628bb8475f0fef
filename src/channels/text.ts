/** Cutting text to a platform's limit without breaking a character in two. */

/** How much one character takes of the limit; UTF-16 units unless the channel says otherwise. */
export type CharWidth = (char: string) => number;

const utf16Width: CharWidth = (char) => char.length;

/**
 * The pieces of `text`, each at most `max` wide, in order and without loss. A piece ends at a line break when there is
 * one in its second half, so that lists stay readable.
 */
export function splitText(text: string, max: number, width: CharWidth = utf16Width): string[] {
  const pieces: string[] = [];
  let piece = '';
  let used = 0;
  for (const char of text) {
    const size = width(char);
    if (used + size > max && piece !== '') {
      const breakAt = piece.lastIndexOf('\n') + 1;
      const keep = breakAt > piece.length / 2 ? breakAt : piece.length;
      pieces.push(piece.slice(0, keep));
      piece = piece.slice(keep);
      used = widthOf(piece, width);
    }
    piece += char;
    used += size;
  }
  if (piece !== '' || pieces.length === 0) pieces.push(piece);
  return pieces;
}

/** `text` itself, or its beginning with an ellipsis, at most `max` wide. */
export function cutText(text: string, max: number, width: CharWidth = utf16Width): string {
  if (widthOf(text, width) <= max) return text;
  let kept = '';
  let used = width('…');
  for (const char of text) {
    used += width(char);
    if (used > max) break;
    kept += char;
  }
  return `${kept}…`;
}

function widthOf(text: string, width: CharWidth): number {
  let total = 0;
  for (const char of text) total += width(char);
  return total;
}
