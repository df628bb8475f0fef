/** The traffic between us and the platforms, for the curious. */
import { useEffect, useRef, useState } from 'react';
import { api } from '../api.ts';
import { dayTime } from '../time.ts';
import type { JournalItem } from '../types.ts';
import { useWords } from '../words.tsx';

interface JournalDrawerProps {
  /** Changes whenever there may be something new. */
  readonly revision: unknown;
  readonly onClose: () => void;
}

/** The latest calls, newest first; asked for anew with each `revision`. */
export function JournalDrawer({ revision, onClose }: JournalDrawerProps) {
  const { say } = useWords();
  const [items, setItems] = useState<readonly JournalItem[]>();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  useEffect(() => {
    void api.journal().then((got) => setItems(got.items.toReversed()));
  }, [revision]);
  return (
    <dialog ref={dialog} className="drawer" aria-labelledby="journal-title" onClose={onClose}>
      <header>
        <h2 id="journal-title">{say('page.journal.title')}</h2>
        <p>{say('page.journal.hint')}</p>
        <button type="button" className="quiet" onClick={() => dialog.current?.close()}>
          {say('page.close')}
        </button>
      </header>
      {items?.length === 0 && <p className="drawer-empty">{say('page.journal.empty')}</p>}
      <ol>
        {items?.map((item) => (
          <li key={`${item.platform} ${item.seq}`}>
            <Entry item={item} />
          </li>
        ))}
      </ol>
    </dialog>
  );
}

function Entry({ item }: { readonly item: JournalItem }) {
  const { say, language } = useWords();
  const isBad = item.error !== undefined || item.status >= 400 || item.status === 0;
  return (
    <details>
      <summary>
        <span className="chip" data-platform={item.platform}>
          {say(`page.platform.${item.platform}`)}
        </span>
        <span className="drawer-way">{say(`page.journal.${item.direction}`)}</span>
        <code>{item.what}</code>
        <span className="drawer-status" data-bad={isBad}>
          {item.status} {item.error}
        </span>
        <time dateTime={item.at}>{dayTime(language, item.at)}</time>
      </summary>
      {item.unknownFields !== undefined && (
        <p>{say('page.journal.unknown', { name: item.unknownFields.join(', ') })}</p>
      )}
      <h3>{say('page.journal.request')}</h3>
      <pre>{pretty(item.request)}</pre>
      <h3>{say('page.journal.response')}</h3>
      <pre>{pretty(item.response)}</pre>
    </details>
  );
}

function pretty(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value, undefined, 2);
}
