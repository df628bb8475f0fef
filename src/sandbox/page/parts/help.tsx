/** A few lines for who wonders how to go on, or how to begin anew. */
import { useEffect, useRef } from 'react';
import { useWords } from '../words.tsx';

const LINES = ['phones', 'clock', 'payment', 'language', 'anew'] as const;

/** A dialog that opens at once. */
export function Help({ onClose }: { readonly onClose: () => void }) {
  const { say } = useWords();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className="ask" aria-labelledby="help-title" onClose={onClose}>
      <h2 id="help-title">{say('page.help.title')}</h2>
      <dl>
        {LINES.map((line) => (
          <div key={line}>
            <dt>{say(`page.help.${line}.title`)}</dt>
            <dd>{say(`page.help.${line}.text`)}</dd>
          </div>
        ))}
      </dl>
      <div className="ask-hands">
        <button type="button" className="quiet" onClick={() => dialog.current?.close()}>
          {say('page.close')}
        </button>
      </div>
    </dialog>
  );
}
