/** One phone: whose it is, what it shows, and the field to answer in. */
import { type HTMLAttributes, useEffect, useRef, useState } from 'react';
import { api } from '../api.ts';
import { hasFiles, type Outgoing, sendFiles } from '../outgoing.ts';
import { hourMinute } from '../time.ts';
import type { Choice, Message, PhoneKey, PhoneSummary, PhoneView } from '../types.ts';
import type { Called } from '../use-pointing.ts';
import { useWords } from '../words.tsx';
import { CardView, type CardViewProps } from './card-view.tsx';
import { Composer } from './composer.tsx';
import { Conversation } from './conversation.tsx';
import { PhoneHead } from './phone-head.tsx';

/** Runs an act and tells the visitor when it is refused; gives whether it went through. */
export type Act = (run: () => Promise<unknown>) => Promise<boolean>;

/** A deep link of the bot was pressed on a phone that shows these messages. */
export type OpenLink = (payload: string, messages: readonly Message[]) => void;

interface PhoneProps {
  readonly isFront: boolean;
  /** Somebody has pointed at this phone. */
  readonly called: Called | undefined;
  readonly phone: PhoneKey;
  readonly phones: readonly PhoneSummary[];
  readonly view: PhoneView | undefined;
  readonly now: string | undefined;
  readonly draft: { readonly text: string; readonly turn: number } | undefined;
  readonly onHand: (phone: PhoneKey) => void;
  readonly onOpenLink: OpenLink;
  readonly act: Act;
  readonly tell: (text: string) => void;
}

/** A phone in one of the three places; on a small screen only the one with `isFront` is seen. */
export function Phone({ isFront, called, phone, phones, view, now, draft, onHand, onOpenLink, act, tell }: PhoneProps) {
  const { say } = useWords();
  const [chosen, setEditing] = useState<Message>();
  const [isBusy, run] = useBusy(act);
  const messages = view?.messages ?? [];
  const editing = messages.find((message) => message.id === chosen?.id && message.text === chosen.text);
  const modal = messages.findLast(isModal);
  const press = (message: string, key: string, selected: Record<string, string>) =>
    void run(() => api.tap(phone, { message, key, selected }));
  const openLink = (payload: string) => onOpenLink(payload, messages);
  const edit = (message: Message, text: string) =>
    run(() => api.edit(phone, message.id, text).then(() => setEditing(undefined)));
  const isUnstarted = messages.length === 1 && messages[0]?.id === 'start';
  const label = say('page.phone.label', {
    name: view?.person.name ?? '',
    platform: say(`page.platform.${phone.platform}`),
  });
  const outgoing = outgoingOf(phone, view, { run, onRefused: (key) => tell(say(key)) });
  return (
    <section
      className="phone"
      data-platform={phone.platform}
      data-front={isFront}
      aria-label={label}
      {...dropping((files) => sendFiles(isUnstarted ? [] : files, outgoing))}
    >
      <StatusBar now={now} />
      <PhoneHead
        phone={phone}
        phones={phones}
        view={view}
        onHand={onHand}
        onBlock={(isBlocked) => void run(() => api.setBlocked(phone, isBlocked))}
      />
      <Conversation
        messages={messages.filter((message) => !isModal(message) && message.id !== 'start')}
        view={view}
        isUnstarted={isUnstarted}
        called={called}
        hands={{
          press,
          onOpenLink: openLink,
          onEdit: setEditing,
          onRemove: (message) => void run(() => api.remove(phone, message.id)),
        }}
      />
      {modal?.card !== undefined && (
        <Modal
          card={modal.card}
          platform={phone.platform}
          onPress={(key, selected) => press(modal.id, key, selected)}
          onOpenLink={openLink}
        />
      )}
      {called !== undefined && <Halo key={called.turn} />}
      <Flash key={`${phone.platform} ${phone.id}`} toasts={view?.toasts} />
      {view?.blocked === true && <p className="blocked">{say('page.phone.blocked')}</p>}
      {isUnstarted ? (
        <button type="button" className="start" onClick={() => void run(() => api.start(phone))}>
          {say('page.phone.start')}
        </button>
      ) : (
        <Composer
          platform={phone.platform}
          outgoing={outgoing}
          maxText={view?.abilities.text ?? Infinity}
          choices={openChoices(messages)}
          editing={editing}
          draft={draft}
          isBusy={isBusy}
          onSay={(text) => run(() => api.say(phone, text))}
          onChoice={(choice, message) => void run(() => choose(phone, choice, message))}
          onEdited={edit}
          onStopEditing={() => setEditing(undefined)}
        />
      )}
    </section>
  );
}

function choose(phone: PhoneKey, { text, requestContact }: Choice, message: string): Promise<unknown> {
  return requestContact === true ? api.contact(phone) : api.tap(phone, { message, key: text, selected: {} });
}

function outgoingOf(
  phone: PhoneKey,
  view: PhoneView | undefined,
  { run, onRefused }: { readonly run: Act; readonly onRefused: (key: string) => void },
): Outgoing {
  return {
    files: view?.abilities.files ?? 'all',
    hasAlbums: view?.abilities.albums === true,
    onRefused,
    onFile: (file) => void run(() => api.sendFile(phone, file)),
    onAlbum: (files) => void run(() => api.sendAlbum(phone, files)),
  };
}

/** Takes dropped files; without it the browser would leave the page and show them. */
function dropping(take: (files: readonly File[]) => void): Pick<HTMLAttributes<HTMLElement>, 'onDragOver' | 'onDrop'> {
  return {
    onDragOver: (event) => {
      if (hasFiles(event.dataTransfer)) event.preventDefault();
    },
    onDrop: (event) => {
      if (!hasFiles(event.dataTransfer)) return;
      event.preventDefault();
      take([...event.dataTransfer.files]);
    },
  };
}

/** The phone's own top line; it shows the sandbox's time. */
function StatusBar({ now }: { readonly now: string | undefined }) {
  const { language } = useWords();
  return (
    <div className="status-bar" aria-hidden="true">
      <span>{now === undefined ? '' : hourMinute(language, now)}</span>
      <span className="island" />
      <svg viewBox="0 0 44 12">
        <path d="M1 11V8m4 3V6m4 5V4m4 7V2" />
        <rect x="20" y="2" width="20" height="9" rx="2.5" />
        <path className="charge" d="M23 4.8h11v3.4H23z" />
        <path d="M42 5v3" />
      </svg>
    </div>
  );
}

/** A Slack modal: a view that can be closed. */
function isModal({ id, card }: Message): boolean {
  return id.startsWith('view:') && card?.buttons.some(({ key }) => key === 'close') === true;
}

function Modal(props: CardViewProps) {
  return (
    <div className="modal" role="dialog" aria-modal="false" aria-label={props.card.title}>
      <CardView {...props} />
    </div>
  );
}

/** The one-tap answers that stand now: those of the last message that brought some. */
function openChoices(
  messages: readonly Message[],
): { readonly message: string; readonly list: readonly Choice[] } | undefined {
  const last = messages.findLast(({ choices }) => choices !== undefined && choices.length > 0);
  return last?.choices === undefined ? undefined : { message: last.id, list: last.choices };
}

/** Whether an act is still on its way, and the way to start one. */
function useBusy(act: Act): readonly [boolean, Act] {
  const [count, setCount] = useState(0);
  const run = (work: () => Promise<unknown>) => {
    setCount((n) => n + 1);
    return act(work).finally(() => setCount((n) => n - 1));
  };
  return [count > 0, run];
}

/** A ring around the phone that was pointed at, which comes in sight. */
function Halo() {
  const ring = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    ring.current?.scrollIntoView({ block: 'nearest' });
  }, []);
  return <span ref={ring} className="halo" aria-hidden="true" />;
}

/** What flashes up for a few seconds. */
function Flash({ toasts }: { readonly toasts: PhoneView['toasts'] | undefined }) {
  const count = toasts?.length;
  const seen = useRef(count);
  const [text, setText] = useState<string>();
  const last = toasts?.at(-1)?.text;
  useEffect(() => {
    // What was there when the phone was picked up is old.
    const isNew = count !== undefined && seen.current !== undefined && count > seen.current;
    seen.current = count;
    if (!isNew) return undefined;
    setText(last);
    const timer = setTimeout(() => setText(undefined), 5_000);
    return () => clearTimeout(timer);
  }, [count, last]);
  return (
    <div className="flash" role="status" data-open={text !== undefined}>
      {text}
    </div>
  );
}
