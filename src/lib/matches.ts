/**
 * All matches of a global pattern, in order. `String.prototype.matchAll` makes a new pattern on every call, which costs
 * more than looking through a short message; most of the dozens of patterns a message is read with find nothing.
 */
export function matchesOf(text: string, pattern: RegExp): readonly RegExpExecArray[] {
  pattern.lastIndex = 0; // a search that was left half way would go on from there
  const found: RegExpExecArray[] = [];
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    found.push(match);
    if (match[0] === '') pattern.lastIndex += (text.codePointAt(match.index) ?? 0) > 0xffff ? 2 : 1;
  }
  return found;
}
