/** The talk on a phone, newest at the bottom and in sight. */
import { type KeyboardEvent, useState } from 'react';
import { fileAddress } from '../api.ts';
import { dayTime } from '../time.ts';
import type { Message, PhoneView, Platform } from '../types.ts';
import type { Called } from '../use-pointing.ts';
import { useScroll } from '../use-scroll.ts';
import { useWords } from '../words.tsx';
import { CardView } from './card-view.tsx';
import { initial } from './phone-head.tsx';
import { RichText } from './rich-text.tsx';

interface Hands {
  readonly press: (message: string, key: string, selected: Record<string, string>) => void;
  readonly onOpenLink: (payload: string) => void;
  readonly onEdit: (message: Message) => void;
  readonly onRemove: (message: Message) => void;
}

interface ConversationProps {
  readonly messages: readonly Message[];
  readonly view: PhoneView | undefined;
  readonly isUnstarted: boolean;
  readonly called: Called | undefined;
  readonly hands: Hands;
}

/** A new time line after so much silence. */
const PAUSE_MS = 10 * 60_000;

/** The messages with their cards, files and marks; `hands` do what is pressed in them. */
export function Conversation({ messages, view, isUnstarted, called, hands }: ConversationProps) {
  const { say, language } = useWords();
  const { box, hasMore, toEnd, watch } = useScroll(view?.person.id, messages, called);
  return (
    <div className="talk-frame">
      <div
        className="talk"
        ref={box}
        {...watch}
        onKeyDown={moveAmongMarks}
        role="log"
        aria-label={say('page.phone.messages')}
        tabIndex={0}
      >
        {isUnstarted && <p className="talk-empty">{say('page.phone.start_hint')}</p>}
        {!isUnstarted && messages.length === 0 && <p className="talk-empty">{say('page.phone.empty')}</p>}
        {messages.map((message, at) => (
          <div key={message.id} className="row" data-from={message.from} data-message={message.id}>
            {isAfterPause(messages[at - 1], message) && (
              <time className="row-time" dateTime={message.at}>
                {dayTime(language, message.at)}
              </time>
            )}
            <Bubble message={message} view={view} hands={hands} isReachable={message === newestOwn(messages)} />
          </div>
        ))}
      </div>
      {hasMore && (
        <button type="button" className="talk-more" onClick={toEnd}>
          {say('page.phone.new')} <span aria-hidden="true">↓</span>
        </button>
      )}
    </div>
  );
}

/** The own message whose marks the Tab key reaches; the arrow keys go on to the others. */
function newestOwn(messages: readonly Message[]): Message | undefined {
  return messages.findLast(({ from, deleted }) => from === 'me' && deleted !== true);
}

/** Up and down move among what may be done with own messages, so that not each of them stands in the Tab key's way. */
function moveAmongMarks(event: KeyboardEvent<HTMLDivElement>): void {
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (step === undefined || !(event.target instanceof HTMLElement) || event.target.closest('.marks') === null) return;
  const marks = [...event.currentTarget.querySelectorAll<HTMLElement>('.marks button')];
  const next = marks[marks.indexOf(event.target) + step];
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}

function isAfterPause(before: Message | undefined, message: Message): boolean {
  return before === undefined || new Date(message.at).getTime() - new Date(before.at).getTime() > PAUSE_MS;
}

interface BubbleProps {
  readonly message: Message;
  readonly view: PhoneView | undefined;
  readonly hands: Hands;
  /** The Tab key stops at its marks. */
  readonly isReachable: boolean;
}

function Bubble({ message, view, hands, isReachable }: BubbleProps) {
  const { say } = useWords();
  const platform: Platform = view?.platform ?? 'wecom';
  if (message.deleted === true) return <p className="gone">{say('page.phone.deleted')}</p>;
  const { from, card, file, text } = message;
  const name = from === 'me' ? (view?.person.name ?? '') : say('page.phone.bot');
  return (
    <div className="bubble-line">
      <span className="avatar small" aria-hidden="true" data-role={from === 'me' ? view?.role : 'bot'}>
        {from === 'me' ? initial(name) : initial(say('page.brand'))}
      </span>
      <div className="bubble-stack">
        <span className={platform === 'slack' ? 'bubble-name' : 'unseen'}>{name}</span>
        {card === undefined ? (
          <div className="bubble">
            {file !== undefined && <Attachment file={file} source={fileOf(view, message)} />}
            {text !== '' && <RichText text={text} onOpenLink={hands.onOpenLink} />}
            {message.edited === true && <span className="edited">{say('page.phone.edited')}</span>}
          </div>
        ) : (
          <CardView
            card={card}
            platform={platform}
            onPress={(key, selected) => hands.press(message.id, key, selected)}
            onOpenLink={hands.onOpenLink}
          />
        )}
        <Marks message={message} view={view} hands={hands} isReachable={isReachable} />
      </div>
    </div>
  );
}

/** What the owner may do with an own message. */
function Marks({ message, view, hands, isReachable }: BubbleProps) {
  const { say } = useWords();
  const isMine = message.from === 'me';
  const mayEdit = isMine && view?.abilities.edit === true && message.file === undefined;
  const mayRemove = isMine && view?.abilities.remove === true;
  if (!mayEdit && !mayRemove) return null;
  const tabIndex = isReachable ? 0 : -1;
  return (
    <span className="marks">
      {mayEdit && (
        <button type="button" tabIndex={tabIndex} onClick={() => hands.onEdit(message)}>
          {say('page.phone.edit')}
        </button>
      )}
      {mayRemove && (
        <button type="button" tabIndex={mayEdit ? -1 : tabIndex} onClick={() => hands.onRemove(message)}>
          {say('page.phone.remove')}
        </button>
      )}
    </span>
  );
}

const PICTURE_NAME = /\.(?:png|jpe?g)$/iu;

/** A picture as the phone shows it; a tile for what is none, or what turns out not to be one. */
function Attachment({ file, source }: { readonly file: NonNullable<Message['file']>; readonly source: string }) {
  const [isBroken, setBroken] = useState(false);
  const mayShow = source !== '' && (file.mime.startsWith('image/') || PICTURE_NAME.test(file.name));
  if (isBroken || !mayShow) return <FileTile file={file} />;
  return (
    <a className="picture" href={source} target="_blank" rel="noreferrer">
      <img src={source} alt={file.name} draggable={false} onError={() => setBroken(true)} />
    </a>
  );
}

function fileOf(view: PhoneView | undefined, message: Message): string {
  return view === undefined ? '' : fileAddress({ platform: view.platform, id: view.person.id }, message.id);
}

function FileTile({ file }: { readonly file: NonNullable<Message['file']> }) {
  const kind = file.mime.startsWith('image/') ? 'picture' : file.mime === 'application/pdf' ? 'pdf' : 'other';
  return (
    <span className="file" data-kind={kind}>
      <svg viewBox="0 0 32 32" aria-hidden="true">
        {kind === 'picture' ? (
          <path d="M5 7h22v18H5zM5 21l7-7 6 6 3-3 6 6M21 12.5a1.5 1.5 0 1 0 .01 0" />
        ) : (
          <path d="M8 4h11l6 6v18H8zM19 4v6h6M12 16h9M12 21h9" />
        )}
      </svg>
      <span className="file-words">
        <span className="file-name">{file.name}</span>
        <span className="file-size">{sizeOf(file.size)}</span>
      </span>
    </span>
  );
}

function sizeOf(bytes: number): string {
  return bytes < 1_048_576 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 1_048_576).toFixed(1)} MB`;
}
