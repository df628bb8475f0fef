/** Money comes in: which loan, how much; or the last of it did not after all. The sandbox has no bank, so the visitor says so. */
import { type FormEvent, useEffect, useId, useRef, useState } from 'react';
import { api } from '../api.ts';
import { grouped } from '../money.ts';
import type { LastPayment, OpenInstalment } from '../types.ts';
import { useWords } from '../words.tsx';
import { Field } from './field.tsx';
import type { Act } from './phone.tsx';
import { LastPayments, PaymentTitle, UndoForm } from './undo.tsx';

interface PaymentProps {
  readonly act: Act;
  readonly tell: (text: string) => void;
  readonly onClose: () => void;
}

/** A dialog with what each loan asks for next. */
export function Payment({ act, tell, onClose }: PaymentProps) {
  const { say } = useWords();
  const dialog = useRef<HTMLDialogElement>(null);
  const [books, setBooks] = useState<Books>();
  const [undoing, setUndoing] = useState<LastPayment>();
  useEffect(() => {
    dialog.current?.showModal();
    void act(async () => setBooks(await api.payments()));
  }, [act]);
  const pay = async (loan: string, amount: string) => {
    if (!(await act(() => api.pay(loan, amount)))) return;
    tell(say('page.payment.done', { name: loan, count: grouped(amount) }));
    dialog.current?.close();
  };
  const undo = async ({ loan, payment, amount }: LastPayment, reason: string) => {
    if (!(await act(() => api.undoPayment(loan, payment, reason)))) return;
    tell(say('page.payment.undo.done', { name: loan, count: grouped(amount) }));
    dialog.current?.close();
  };
  return (
    <dialog ref={dialog} className="ask" aria-labelledby="payment-title" onClose={onClose}>
      {undoing ? (
        <UndoForm last={undoing} onUndo={(reason) => void undo(undoing, reason)} onKeep={() => setUndoing(undefined)} />
      ) : (
        <>
          <PaymentTitle text={say('page.payment.title')} />
          <p>{say(`page.payment.${hintFor(books)}`)}</p>
          {books !== undefined && books.open.length > 0 && (
            <PaymentForm open={books.open} onPay={(loan, amount) => void pay(loan, amount)} />
          )}
          {books !== undefined && books.last.length > 0 && <LastPayments last={books.last} onUndo={setUndoing} />}
          <div className="ask-hands">
            <button type="button" className="quiet" onClick={() => dialog.current?.close()}>
              {say('page.close')}
            </button>
          </div>
        </>
      )}
    </dialog>
  );
}

interface Books {
  readonly open: readonly OpenInstalment[];
  readonly last: readonly LastPayment[];
}

function hintFor(books: Books | undefined): 'hint' | 'none' | 'all_paid' {
  if (books === undefined || books.open.length > 0) return 'hint';
  return books.last.length > 0 ? 'all_paid' : 'none';
}

const AMOUNT = /^\d{1,12}(?:\.\d{1,2})?$/;

interface PaymentFormProps {
  readonly open: readonly OpenInstalment[];
  readonly onPay: (loan: string, amount: string) => void;
}

/** The loan's next instalment stands ready to be paid. */
function PaymentForm({ open, onPay }: PaymentFormProps) {
  const { say } = useWords();
  const id = useId();
  const [loan, setLoan] = useState(open[0]?.loan ?? '');
  const [typed, setTyped] = useState<string>();
  const [wrong, setWrong] = useState<string>();
  const amount = typed ?? open.find((one) => one.loan === loan)?.amount ?? '';
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const isAmount = AMOUNT.test(amount.trim()) && Number(amount) > 0;
    setWrong(isAmount ? undefined : say('page.payment.expected'));
    if (isAmount) onPay(loan, amount.trim());
  };
  return (
    <form onSubmit={submit} noValidate>
      <label htmlFor={id}>{say('page.payment.loan')}</label>
      <select
        id={id}
        value={loan}
        onChange={(event) => {
          setLoan(event.target.value);
          setTyped(undefined);
          setWrong(undefined);
        }}
      >
        {open.map((one) => (
          <option key={one.loan} value={one.loan}>
            {say('page.payment.option', { name: one.loan, count: one.instalment, date: one.dueOn })}
          </option>
        ))}
      </select>
      <Field
        label={say('page.payment.amount')}
        wrong={wrong}
        inputMode="decimal"
        value={amount}
        onChange={(event) => setTyped(event.target.value)}
      />
      <button type="submit" className="primary">
        {say('page.payment.record')}
      </button>
    </form>
  );
}
