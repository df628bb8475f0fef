/** Addresses inside texts, and the bot's deep links among them. */

/** A part of a text. */
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

/**
 * The message with the newest invitation, as long as nobody has opened it; `undefined` when there is none to open.
 * @param talk of the phone that got the invitation
 * @param others the talks of everybody in sight: whoever opened it has said so to the bot
 */
export function openInvitation(
  talk: readonly Said[],
  others: readonly (readonly Said[])[],
): { readonly message: string } | undefined {
  const invitation = talk.findLast((said) => said.from === 'bot' && payloadIn(said.text) !== undefined);
  const payload = payloadIn(invitation?.text ?? '');
  if (invitation === undefined || payload === undefined) return undefined;
  const isOpened = others.flat().some(({ from, text }) => from === 'me' && text.includes(payload));
  return isOpened ? undefined : { message: invitation.id };
}

/** A message as far as this file looks at it. */
interface Said {
  readonly id: string;
  readonly from: string;
  readonly text: string;
}

function payloadIn(text: string): string | undefined {
  return pieces(text)
    .map((piece) => (piece.kind === 'link' ? startPayload(piece.url) : undefined))
    .find((payload) => payload !== undefined);
}

const MOBILE = /1[3-9]\d{9}/g;

/**
 * Whose invitation it is, as far as the talk tells: the one mobile number that was written on the phone that got the link.
 * `undefined` when there were several, or none of a customer who has a phone here: then somebody has to say.
 */
export function invitedCustomer<P extends { readonly role: string; readonly phone?: string }>(
  messages: readonly { readonly from: string; readonly text: string }[],
  phones: readonly P[],
): P | undefined {
  const written = messages
    .filter(({ from }) => from === 'me')
    .flatMap(({ text }) => text.replaceAll(/[\s-]/g, '').match(MOBILE) ?? []);
  const [mobile, ...others] = new Set(written);
  if (mobile === undefined || others.length > 0) return undefined;
  return phones.find(({ role, phone }) => role === 'customer' && phone?.endsWith(mobile) === true);
}
