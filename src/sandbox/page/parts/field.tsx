/** An input with its label; once what it holds was refused, what is expected of it stands below, in the page's language. */
import { type InputHTMLAttributes, useId } from 'react';

interface FieldProps extends InputHTMLAttributes<HTMLInputElement> {
  readonly label: string;
  /** What is expected; shown and read out while it is there. */
  readonly wrong: string | undefined;
}

/** The label, the input and the hint. Its form is `noValidate`: a browser's own hint speaks the browser's language. */
export function Field({ label, wrong, ...input }: FieldProps) {
  const id = useId();
  const hint = wrong === undefined ? undefined : `${id}-hint`;
  return (
    <>
      <label htmlFor={id}>{label}</label>
      <input {...input} id={id} aria-required aria-invalid={hint !== undefined} aria-describedby={hint} />
      {hint !== undefined && (
        <p id={hint} className="wrong" role="alert">
          {wrong}
        </p>
      )}
    </>
  );
}
