/** A payment recorded by mistake: the last of each loan can be undone, once its visitor has seen what that changes. */
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { grouped } from '../money.ts';
import type { LastPayment } from '../types.ts';
import { useWords } from '../words.tsx';
import { Field } from './field.tsx';

interface LastPaymentsProps {
  readonly last: readonly LastPayment[];
  readonly onUndo: (payment: LastPayment) => void;
}

/** The last payment of each loan, each with a button to undo it. */
export function LastPayments({ last, onUndo }: LastPaymentsProps) {
  const { say } = useWords();
  return (
    <section className="undo" aria-labelledby="undo-heading">
      <h3 id="undo-heading">{say('page.payment.undo.heading')}</h3>
      <ul>
        {last.map((one) => (
          <li key={one.payment}>
            <span id={`paid-${one.payment}`}>
              {say('page.payment.undo.line', { name: one.loan, date: one.paidOn, count: grouped(one.amount) })}
            </span>
            <button
              type="button"
              className="quiet"
              aria-describedby={`paid-${one.payment}`}
              onClick={() => onUndo(one)}
            >
              {say('page.payment.undo.press')}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

interface UndoFormProps {
  readonly last: LastPayment;
  readonly onUndo: (reason: string) => void;
  readonly onKeep: () => void;
}

/** What undoing changes, and why it is done. */
export function UndoForm({ last, onUndo, onKeep }: UndoFormProps) {
  const { say } = useWords();
  const [reason, setReason] = useState(say('page.payment.undo.usual_reason'));
  const [wrong, setWrong] = useState<string>();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setWrong(reason.trim() === '' ? say('page.payment.undo.expected') : undefined);
    if (reason.trim() !== '') onUndo(reason.trim());
  };
  return (
    <>
      <PaymentTitle text={say('page.payment.undo.title')} />
      <p>{say('page.payment.undo.line', { name: last.loan, date: last.paidOn, count: grouped(last.amount) })}</p>
      <ul className="changes">
        {last.changes.map((one) => (
          <li key={one.instalment}>
            {say('page.payment.undo.change', {
              step: one.instalment,
              date: one.dueOn,
              count: one.open,
              total: one.reopened,
            })}
          </li>
        ))}
        {last.credit !== '0.00' && <li>{say('page.payment.undo.credit', { count: last.credit })}</li>}
        <li>{say('page.payment.undo.told')}</li>
      </ul>
      <form onSubmit={submit} noValidate>
        <Field
          label={say('page.payment.undo.reason')}
          wrong={wrong}
          maxLength={200}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
        <div className="ask-hands">
          <button type="submit" className="primary">
            {say('page.payment.undo.confirm')}
          </button>
          <button type="button" className="quiet" onClick={onKeep}>
            {say('page.payment.undo.keep')}
          </button>
        </div>
      </form>
    </>
  );
}

/** The dialog's title. What was pressed to get here is gone, so it takes the focus. */
export function PaymentTitle({ text }: { readonly text: string }) {
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus(), []);
  return (
    <h2 ref={title} id="payment-title" tabIndex={-1}>
      {text}
    </h2>
  );
}
