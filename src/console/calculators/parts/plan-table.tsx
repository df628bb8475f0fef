/** The plan, row by row. A long one is folded on the screen and whole on paper. */
import { useState, type JSX } from 'react';
import type { Plan, Row } from '../api.ts';
import { fen, grouped, yuan } from '../figures.ts';
import { useWords } from '../words.ts';

const SHOWN = 24;
/** Folding away a handful of rows would only cost a click. */
const WORTH_FOLDING = 36;

/** `eachFee` in fen is added to every row. */
export function PlanTable({ plan, eachFee }: { readonly plan: Plan; readonly eachFee: bigint }): JSX.Element {
  const { say } = useWords();
  const [isUnfolded, setUnfolded] = useState(false);
  const { rows, totals } = plan;
  const isLong = rows.length > WORTH_FOLDING;
  const isHidden = (index: number): boolean => isLong && !isUnfolded && index >= SHOWN && index < rows.length - 1;
  const count = BigInt(rows.length);
  return (
    <div className="card">
      <div className="head">
        <h2>{say('plan')}</h2>
        {isLong && (
          <button
            type="button"
            className="plain no-print"
            aria-expanded={isUnfolded}
            onClick={() => setUnfolded(!isUnfolded)}
          >
            {say(isUnfolded ? 'fold' : 'unfold', { count: rows.length })}
          </button>
        )}
      </div>
      <div className="scroll" role="region" aria-label={say('plan')} tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col" className="when">
                {say('column.when')}
              </th>
              {['principal', 'interest', ...(eachFee > 0n ? ['fee'] : []), 'total', 'balance'].map((name) => (
                <th scope="col" key={name} className={name === 'balance' ? 'wide' : ''}>
                  {say(`column.${name}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, index) => (
              <PlanRow key={row[0]} row={row} eachFee={eachFee} isFolded={isHidden(index)} />
            ))}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row" className="when">
                {say('column.sum')}
              </th>
              <td>{grouped(totals.principal)}</td>
              <td>{grouped(totals.interest)}</td>
              {eachFee > 0n && <td>{yuan(eachFee * count)}</td>}
              <td>{yuan(fen(totals.total) + eachFee * count)}</td>
              <td className="wide" />
            </tr>
          </tfoot>
        </table>
      </div>
    </div>
  );
}

interface PlanRowProps {
  readonly row: Row;
  readonly eachFee: bigint;
  readonly isFolded: boolean;
}

function PlanRow({ row, eachFee, isFolded }: PlanRowProps): JSX.Element {
  const { say } = useWords();
  const [n, due, principal, interest, total, balance] = row;
  return (
    <tr className={isFolded ? 'folded' : ''}>
      <th scope="row" className="when">
        <span className="number">{n}</span> <span className="date">{due}</span>
      </th>
      <td>{grouped(principal)}</td>
      <td>{grouped(interest)}</td>
      {eachFee > 0n && <td>{yuan(eachFee)}</td>}
      <td>
        {yuan(fen(total) + eachFee)}
        <small className="narrow">{say('balance_left', { balance: grouped(balance) })}</small>
      </td>
      <td className="wide">{grouped(balance)}</td>
    </tr>
  );
}
