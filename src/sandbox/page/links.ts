/** Addresses inside texts, and the bot's deep links among them. */

export type Piece = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'link'; readonly url: string };

const ADDRESS = /https?:\/\/[^\s<>"'「」（）【】，。；]+[^\s<>"'「」（）【】，。；.,;:!?)]/g;

/** The text cut into plain pieces and addresses, in order. */
export function pieces(text: string): readonly Piece[] {
  const found: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(ADDRESS)) {
    if (match.index > from) found.push({ kind: 'text', text: text.slice(from, match.index) });
    found.push({ kind: 'link', url: match[0] });
    from = match.index + match[0].length;
  }
  if (from < text.length) found.push({ kind: 'text', text: text.slice(from) });
  return found;
}

/** The payload of a link that opens our bot (`https://t.me/<bot>?start=…`); `undefined` for any other address. */
export function startPayload(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { hostname, searchParams } = new URL(url);
  if (hostname !== 't.me' && hostname !== 'telegram.me') return undefined;
  return searchParams.get('start') ?? undefined;
}
