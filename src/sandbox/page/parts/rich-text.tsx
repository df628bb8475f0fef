/** A message's text with its addresses made tappable; the bot's deep links open on the customer's phone. */
import { pieces, startPayload } from '../links.ts';
import { useWords } from '../words.tsx';

interface RichTextProps {
  readonly text: string;
  readonly onOpenLink: (payload: string) => void;
}

/** `onOpenLink` gets the payload of a deep link of our bot. */
export function RichText({ text, onOpenLink }: RichTextProps) {
  return (
    <span className="text">
      {pieces(text).map((piece, at) =>
        piece.kind === 'text' ? (
          <span key={at}>{piece.text}</span>
        ) : (
          <Address key={at} url={piece.url} onOpenLink={onOpenLink} />
        ),
      )}
    </span>
  );
}

/** An address: a new tab, or the customer's phone. */
function Address({
  url,
  words = url,
  onOpenLink,
}: {
  readonly url: string;
  readonly words?: string;
  readonly onOpenLink: (payload: string) => void;
}) {
  const { say } = useWords();
  const payload = startPayload(url);
  if (payload === undefined) {
    return (
      <a href={url} target="_blank" rel="noopener noreferrer">
        {words}
      </a>
    );
  }
  return (
    <button type="button" className="deep-link" onClick={() => onOpenLink(payload)}>
      <span className="deep-link-url">{words}</span>
      <span className="deep-link-act">{say('page.phone.open_link')}</span>
    </button>
  );
}
