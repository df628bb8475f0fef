/** Where the owner of a phone answers: one-tap answers, the field, files. */
import { type FormEvent, useEffect, useId, useRef, useState } from 'react';
import { type Outgoing, pastedFiles, sendFiles } from '../outgoing.ts';
import { ALBUM, SAMPLES, sampleFile } from '../samples.ts';
import type { Choice, Message, Platform } from '../types.ts';
import { useWords } from '../words.tsx';

/** Pixels of the field's lines and of what is above and below them, as the style sheet says. */
const LINE = 22;
const PADDING = 12;

interface ComposerProps {
  readonly platform: Platform;
  readonly outgoing: Outgoing;
  readonly choices: { readonly message: string; readonly list: readonly Choice[] } | undefined;
  /** The own message that is being changed. */
  readonly editing: Message | undefined;
  readonly draft: { readonly text: string; readonly turn: number } | undefined;
  readonly isBusy: boolean;
  /** Characters one message may have; the field takes more, so that nothing that was pasted is cut off unseen. */
  readonly maxText: number;
  /** Gives whether it went through: what did not stays in the field. */
  readonly onSay: (text: string) => Promise<boolean>;
  readonly onChoice: (choice: Choice, message: string) => void;
  readonly onEdited: (message: Message, text: string) => Promise<boolean>;
  readonly onStopEditing: () => void;
}

/** Writes a new message, or changes an own one while `editing`. */
export function Composer(props: ComposerProps) {
  const { say } = useWords();
  const { choices, editing, draft, isBusy, maxText } = props;
  const [text, setText] = useState('');
  const warning = useId();
  const isTooLong = text.trim().length > maxText;
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (draft === undefined) return;
    setText(draft.text);
    field.current?.focus();
  }, [draft]);
  useEffect(() => {
    if (editing === undefined) return;
    setText(editing.text);
    field.current?.focus();
  }, [editing]);
  useEffect(() => {
    const { current } = field;
    if (current === null) return;
    current.rows = 1;
    current.rows = Math.min(4, Math.max(1, Math.floor((current.scrollHeight - PADDING) / LINE)));
  }, [text]);

  const submit = (event?: FormEvent) => {
    event?.preventDefault();
    const typed = text.trim();
    if (typed === '' || isTooLong) return;
    setText('');
    void send(typed);
  };
  /** What did not arrive comes back into the field, before what was typed since. */
  const send = async (typed: string) => {
    const isSent = await (editing === undefined ? props.onSay(typed) : props.onEdited(editing, typed));
    if (!isSent) setText((since) => (since === '' ? typed : `${typed}\n${since}`));
  };
  return (
    <form className="composer" onSubmit={submit}>
      {choices !== undefined && editing === undefined && <Choices {...choices} onChoice={props.onChoice} />}
      {isBusy && <p className="busy">{say('page.phone.working')}</p>}
      <div className="composer-row">
        {editing === undefined ? (
          <Attach {...props} />
        ) : (
          <button
            type="button"
            className="attach-cancel"
            onClick={() => {
              setText('');
              props.onStopEditing();
            }}
          >
            {say('page.phone.cancel')}
          </button>
        )}
        <textarea
          ref={field}
          rows={1}
          value={text}
          aria-label={say('page.phone.message_label')}
          placeholder={say('page.phone.placeholder')}
          aria-invalid={isTooLong}
          aria-describedby={warning}
          onChange={(event) => setText(event.target.value)}
          onPaste={({ clipboardData }) => sendFiles(pastedFiles(clipboardData), props.outgoing)}
          onKeyDown={(event) => {
            // Enter confirms a Chinese input method's candidate before it sends.
            if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) submit(event);
          }}
        />
        <button type="submit" className="send" disabled={text.trim() === '' || isTooLong}>
          {say(editing === undefined ? 'page.phone.send' : 'page.phone.save')}
        </button>
      </div>
      <TooLong id={warning} count={isTooLong ? text.trim().length : undefined} limit={maxText} />
    </form>
  );
}

/** One-tap answers. */
function Choices({ message, list, onChoice }: NonNullable<ComposerProps['choices']> & Pick<ComposerProps, 'onChoice'>) {
  return (
    <div className="choices">
      {list.map((choice) => (
        <button key={choice.text} type="button" onClick={() => onChoice(choice, message)}>
          {choice.text}
        </button>
      ))}
    </div>
  );
}

/** Which limit a message has and how long it is; nothing without a `count`. */
function TooLong({
  id,
  count,
  limit,
}: {
  readonly id: string;
  readonly count: number | undefined;
  readonly limit: number;
}) {
  const { say } = useWords();
  const words = count && { count: count.toLocaleString('en'), total: limit.toLocaleString('en') };
  return (
    <p className="too-long" id={id} role="status">
      {words && say('page.phone.too_long', words)}
    </p>
  );
}

/** The menu of files: ready-made samples, or one of the visitor's own. */
function Attach({ outgoing }: ComposerProps) {
  const { files, hasAlbums } = outgoing;
  const { say } = useWords();
  const menu = useRef<HTMLDetailsElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const offered = SAMPLES.filter(({ kind }) => files === 'all' || kind === 'photo');
  const close = () => menu.current?.removeAttribute('open');
  const send = (picked: readonly File[]) => {
    close();
    sendFiles(picked, outgoing);
  };
  return (
    <details
      className="attach"
      ref={menu}
      onKeyDown={(event) => {
        if (event.key === 'Escape') close();
      }}
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) close();
      }}
    >
      <summary aria-label={say('page.phone.attach')} title={say('page.phone.attach')}>
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <path d="M12 5v14M5 12h14" />
        </svg>
      </summary>
      <div className="attach-menu">
        <p>{say('page.phone.samples')}</p>
        {offered.map((sample) => (
          <button
            key={sample.id}
            type="button"
            onClick={() => void sampleFile(sample, say).then((file) => send([file]))}
          >
            {say(`sample.${sample.id}`)}
          </button>
        ))}
        {hasAlbums && (
          <button
            type="button"
            onClick={() => void Promise.all(ALBUM.map((sample) => sampleFile(sample, say))).then(send)}
          >
            {say('sample.album')}
          </button>
        )}
        <button type="button" className="attach-own" onClick={() => picker.current?.click()}>
          {say('page.phone.pick')}
        </button>
        {files === 'pictures' && <p className="attach-note">{say('page.phone.no_documents')}</p>}
        <input
          ref={picker}
          type="file"
          hidden
          tabIndex={-1}
          aria-label={say('page.phone.pick')}
          multiple={hasAlbums}
          accept={files === 'pictures' ? 'image/*' : undefined}
          onChange={(event) => {
            send([...(event.target.files ?? [])]);
            event.target.value = '';
          }}
        />
      </div>
    </details>
  );
}
