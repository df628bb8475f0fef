/** One labelled field with its hint and, beside it, what is wrong and what is expected. */
import type { JSX } from 'react';
import type { Fault } from '../api.ts';
import { useWords } from '../words.ts';

interface FieldProps {
  readonly name: string;
  readonly value: string;
  readonly fault: Fault | undefined;
  readonly onChange: (value: string) => void;
  /** The label's key when it is not `field.<name>.label`. */
  readonly as?: string;
  readonly type?: 'text' | 'date';
  readonly inputMode?: 'decimal' | 'numeric';
  /** Keys under `option.<name>`; the empty one is the default. */
  readonly options?: readonly string[];
  readonly isRequired?: boolean;
  readonly note?: string;
}

/** Its words are the texts under `field.<name>`. */
export function Field({
  name,
  value,
  fault,
  onChange,
  as = name,
  type = 'text',
  inputMode,
  options,
  isRequired = false,
  note,
}: FieldProps): JSX.Element {
  const { say, has } = useWords();
  const id = `field-${name}`;
  const hint = note ?? (has(`field.${as}.hint`) ? say(`field.${as}.hint`) : undefined);
  const described = fault !== undefined ? `${id}-fault` : hint !== undefined ? `${id}-hint` : '';
  const common = {
    id,
    name,
    value,
    'aria-invalid': fault !== undefined,
    ...(described === '' ? {} : { 'aria-describedby': described }),
    ...(isRequired ? { 'aria-required': true } : {}),
  };
  return (
    <div className={fault === undefined ? 'field' : 'field wrong'}>
      <label htmlFor={id}>{say(`field.${as}.label`)}</label>
      {options === undefined ? (
        <input
          {...common}
          type={type}
          inputMode={inputMode}
          autoComplete="off"
          onChange={(event) => onChange(event.target.value)}
        />
      ) : (
        <select {...common} onChange={(event) => onChange(event.target.value)}>
          {options.map((option) => (
            <option key={option} value={option}>
              {say(`option.${name}.${option === '' ? 'none' : option}`)}
            </option>
          ))}
        </select>
      )}
      {fault && (
        <p className="fault" id={`${id}-fault`}>
          {faultText(fault, as, { say, has })}
        </p>
      )}
      {hint !== undefined && !fault && (
        <p className="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

type Texts = Pick<ReturnType<typeof useWords>, 'say' | 'has'>;

/** The server's sentence speaks of JSON; where a person typing needs other words, the page has its own. */
function faultText({ code, message }: Fault, as: string, { say, has }: Texts): string {
  for (const key of [`field.${as}.fault.${code}`, `fault.${code}`])
    if (has(key)) return say(key, { expected: has(`field.${as}.expected`) ? say(`field.${as}.expected`) : '' });
  return message;
}
