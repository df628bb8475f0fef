/** Whose invitation is it? Asked when the talk does not tell: a link opened on a wrong phone is used up. */
import { useEffect, useRef } from 'react';
import type { PhoneSummary } from '../types.ts';
import { keyOf } from '../use-world.ts';
import { useWords } from '../words.tsx';

interface AskCustomerProps {
  readonly customers: readonly PhoneSummary[];
  readonly onChoose: (customer: PhoneSummary) => void;
  readonly onClose: () => void;
}

/** A dialog with the customers who have a phone here. */
export function AskCustomer({ customers, onChoose, onClose }: AskCustomerProps) {
  const { say } = useWords();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className="ask" aria-labelledby="ask-title" onClose={onClose}>
      <h2 id="ask-title">{say('page.ask_customer.title')}</h2>
      <p>{say('page.ask_customer.hint')}</p>
      <div className="ask-hands">
        {customers.map((customer) => (
          <button
            key={keyOf(customer)}
            type="button"
            className="primary"
            onClick={() => {
              dialog.current?.close();
              onChoose(customer);
            }}
          >
            {say('page.ask_customer.option', { name: customer.name, phone: (customer.phone ?? '').slice(-11) })}
          </button>
        ))}
        <button type="button" className="quiet" onClick={() => dialog.current?.close()}>
          {say('page.phone.cancel')}
        </button>
      </div>
    </dialog>
  );
}
