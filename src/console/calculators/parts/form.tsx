/** The terms. */
import { useEffect, useRef, type JSX } from 'react';
import type { Fault } from '../api.ts';
import { fen, yuan } from '../figures.ts';
import {
  DAY_COUNTS,
  fieldOf,
  FIRST_PERIODS,
  HOLIDAYS,
  METHODS,
  plainAmount,
  uses,
  type Field as FieldName,
  type Method,
  type Typed,
} from '../terms.ts';
import { useWords } from '../words.ts';
import { Field } from './field.tsx';

interface FormProps {
  readonly typed: Typed;
  readonly faults: readonly Fault[];
  readonly isBusy: boolean;
  readonly onType: (typed: Typed) => void;
  readonly onSubmit: () => void;
}

/** Only the fields that the method uses; the first one at fault takes the focus. */
export function Form({ typed, faults, isBusy, onType, onSubmit }: FormProps): JSX.Element {
  const { say } = useWords();
  const form = useRef<HTMLFormElement>(null);
  useFocusOnFault(form, faults);
  const { method } = typed;
  const of = (name: FieldName) => ({
    name,
    value: typed[name],
    fault: faults.find((fault) => fieldOf(fault, typed) === name),
    onChange: (value: string) => onType({ ...typed, [name]: value }),
  });
  const more = (['firstPeriod', 'holiday', 'roundTo'] as const).filter((name) => uses(method, name));
  const isMoreOpen = more.some((name) => typed[name] !== '' || of(name).fault !== undefined);
  return (
    <form
      ref={form}
      className="card terms"
      noValidate
      aria-label={say('form')}
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      <Field {...of('amount')} inputMode="decimal" isRequired {...amountNote(typed.amount, say('yuan'))} />
      <Field {...of('method')} options={METHODS} onChange={(value) => onType({ ...typed, method: value as Method })} />
      <div className="pair">
        {uses(method, 'n') && (
          <Field {...of('n')} as={method === 'BULLET' ? 'months' : 'n'} inputMode="numeric" isRequired />
        )}
        {uses(method, 'payment') && <Field {...of('payment')} inputMode="decimal" isRequired />}
        <Field {...of('rate')} as={method === 'FLAT' ? 'monthly_fee' : 'rate'} inputMode="decimal" isRequired />
        {uses(method, 'amortisedOver') && <Field {...of('amortisedOver')} inputMode="numeric" isRequired />}
        {uses(method, 'graceInterestOnly') && <Field {...of('graceInterestOnly')} inputMode="numeric" isRequired />}
      </div>
      <div className="pair">
        <Field {...of('start')} type="date" isRequired />
        {uses(method, 'firstDue') && <Field {...of('firstDue')} type="date" />}
      </div>
      {uses(method, 'dayCount') && <Field {...of('dayCount')} options={DAY_COUNTS} />}
      <fieldset>
        <legend>{say('fees')}</legend>
        <div className="pair">
          <Field {...of('upfrontFee')} inputMode="decimal" />
          <Field {...of('eachFee')} inputMode="decimal" />
        </div>
      </fieldset>
      <details open={isMoreOpen || undefined}>
        <summary>{say('more')}</summary>
        {uses(method, 'firstPeriod') && <Field {...of('firstPeriod')} options={FIRST_PERIODS} />}
        <Field {...of('holiday')} options={HOLIDAYS} />
        {uses(method, 'roundTo') && <Field {...of('roundTo')} inputMode="decimal" />}
      </details>
      <button type="submit" aria-busy={isBusy}>
        {say('calculate')}
      </button>
    </form>
  );
}

/** "30万" says below what it means in figures. */
function amountNote(text: string, unit: string): { readonly note?: string } {
  const plain = plainAmount(text);
  return /^\d{1,13}(\.\d{1,2})?$/.test(plain) ? { note: `= ${yuan(fen(plain))} ${unit}` } : {};
}

/** After a refusal the first wrong field has the focus, so that a screen reader says what is wrong. */
function useFocusOnFault(form: React.RefObject<HTMLFormElement | null>, faults: readonly Fault[]): void {
  useEffect(() => {
    if (faults.length > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [form, faults]);
}
