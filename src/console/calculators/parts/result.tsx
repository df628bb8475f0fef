/** What the loan costs: figures, chart, plan; and what was calculated, for the printed sheet. */
import { useEffect, useRef, type JSX } from 'react';
import type { Row } from '../api.ts';
import type { Calculated, Trouble } from '../calculation.ts';
import { fen, grouped, percent, yuan } from '../figures.ts';
import { fieldOf, firstTyped, plainAmount, plainRate, uses, type Typed } from '../terms.ts';
import { useWords } from '../words.ts';
import { Chart } from './chart.tsx';
import { PlanTable } from './plan-table.tsx';

interface ResultProps {
  readonly calculated: Calculated | undefined;
  readonly trouble: Trouble | undefined;
}

/** What was calculated last stays in sight, greyed, while the new terms are wrong. */
export function Result({ calculated, trouble }: ResultProps): JSX.Element {
  const { say } = useWords();
  const section = useRef<HTMLElement>(null);
  useScrollToNew(section, calculated);
  return (
    <section ref={section} className="result" aria-label={say('result')}>
      <p className="status" role="status">
        {trouble === undefined ? '' : troubleText(trouble, say)}
      </p>
      {calculated && (
        <div className={trouble === undefined ? '' : 'stale'} inert={trouble !== undefined}>
          <Figures calculated={calculated} />
          <Chart rows={calculated.plan.rows} />
          <PlanTable plan={calculated.plan} eachFee={feeFen(calculated.typed.eachFee)} />
          <p className="promise">{say('no_promise')}</p>
        </div>
      )}
    </section>
  );
}

/** On a narrow screen a new result lies below the form; the first one does not pull the page away from it. */
function useScrollToNew(section: React.RefObject<HTMLElement | null>, calculated: Calculated | undefined): void {
  const count = useRef(0);
  useEffect(() => {
    if (calculated === undefined) return;
    count.current += 1;
    const element = section.current;
    if (count.current > 1 && element && element.getBoundingClientRect().top > window.innerHeight * 0.6)
      element.scrollIntoView();
  }, [section, calculated]);
}

function troubleText(
  { faults, sentence }: Trouble,
  say: (key: string, blanks?: Record<string, number>) => string,
): string {
  if (sentence !== undefined) return sentence === 'network' ? say('network') : sentence;
  const loose = faults.filter((fault) => fieldOf(fault, firstTyped('')) === undefined).map(({ message }) => message);
  return [say('wrong_fields', { count: faults.length }), ...loose].join(' ');
}

function feeFen(text: string): bigint {
  const plain = plainAmount(text);
  return plain === '' ? 0n : fen(plain);
}

function Figures({ calculated }: { readonly calculated: Calculated }): JSX.Element {
  const { say } = useWords();
  const { typed, plan, rates } = calculated;
  const fees = feeFen(typed.upfrontFee) + feeFen(typed.eachFee) * BigInt(plan.rows.length);
  const interest = fen(plan.totals.interest);
  const [first, last] = [plan.rows[0], plan.rows.at(-1)];
  const isLevel = plan.rows.slice(0, -1).every((row) => row[4] === first?.[4]);
  const eachFee = feeFen(typed.eachFee);
  const paid = (row: Row | undefined): string => yuan(fen(row?.[4] ?? '0') + eachFee);
  const payment = plan.rows.length === 1 ? 'once' : isLevel ? 'each' : 'first';
  return (
    <div className="card">
      <div className="head">
        <h2>{say('cost')}</h2>
        <button type="button" className="plain no-print" onClick={() => window.print()}>
          {say('print')}
        </button>
      </div>
      <p className="asked">{askedText(typed, say)}</p>
      <dl className="figures">
        <Figure
          label={say(`payment.${payment}`)}
          value={paid(first)}
          note={
            payment === 'once' || last?.[4] === first?.[4] ? undefined : say('payment.last', { amount: paid(last) })
          }
        />
        <Figure
          label={say('total_cost')}
          value={yuan(interest + fees)}
          note={
            fees === 0n ? say('cost_interest_only') : say('cost_parts', { interest: yuan(interest), fees: yuan(fees) })
          }
        />
        <Figure
          label={say('irr')}
          value={rates.irrX12 === null ? '—' : percent(rates.irrX12)}
          note={rates.irrX12 === null ? say('irr_none') : say('irr_note')}
          isMain
        />
        <Figure label={say('effective')} value={percent(rates.effective)} note={say('effective_note')} isMain />
      </dl>
      <p className="other">
        {say('xirr', { xirr: percent(rates.xirr365) })}
        {rates.simpleAnnual365 !== null && ` · ${say('simple', { simple: percent(rates.simpleAnnual365) })}`}
      </p>
      <Notes calculated={calculated} />
    </div>
  );
}

function Figure({
  label,
  value,
  note,
  isMain = false,
}: {
  readonly label: string;
  readonly value: string;
  readonly note: string | undefined;
  readonly isMain?: boolean;
}): JSX.Element {
  return (
    <div className={isMain ? 'main' : ''}>
      <dt>{label}</dt>
      <dd>
        <strong>{value}</strong>
        {note !== undefined && <small>{note}</small>}
      </dd>
    </div>
  );
}

/** What must be said beside the figures: a monthly fee is no annual rate; a holiday calendar that is not loaded. */
function Notes({ calculated: { typed, plan, rates } }: { readonly calculated: Calculated }): JSX.Element | null {
  const { say } = useWords();
  const monthly = Number(plainRate(typed.rate));
  const notes = [
    ...(typed.method === 'FLAT' && rates.irrX12 !== null
      ? [say('flat_note', { nominal: Number((monthly * 12).toFixed(6)), irr: percent(rates.irrX12) })]
      : []),
    ...(plan.warnings ?? []).map(({ year }) => say('calculators.warning.holiday.year_not_loaded', { year })),
  ];
  if (notes.length === 0) return null;
  return (
    <ul className="notes">
      {notes.map((note) => (
        <li key={note}>{note}</li>
      ))}
    </ul>
  );
}

function askedText(typed: Typed, say: (key: string, blanks?: Record<string, string>) => string): string {
  const rate = plainRate(typed.rate);
  return [
    `${grouped(plainAmount(typed.amount))} ${say('yuan')}`,
    say(`option.method.${typed.method}`),
    ...(uses(typed.method, 'n') ? [say('asked.months', { n: typed.n })] : []),
    say(typed.method === 'FLAT' ? 'asked.monthly_fee' : 'asked.rate', { rate }),
    ...(uses(typed.method, 'dayCount') ? [typed.dayCount] : []),
    say('asked.start', { start: typed.start }),
    ...(typed.upfrontFee.trim() === ''
      ? []
      : [say('asked.upfront_fee', { fee: grouped(plainAmount(typed.upfrontFee)) })]),
    ...(typed.eachFee.trim() === '' ? [] : [say('asked.each_fee', { fee: grouped(plainAmount(typed.eachFee)) })]),
  ].join(' · ');
}
