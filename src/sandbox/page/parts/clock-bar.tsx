/** The clock: what time it is in the sandbox, and buttons that let it pass. */
import { dayTime, fullTime, plusDays, plusMonth, yearTime } from '../time.ts';
import type { ClockState } from '../types.ts';
import { useWords } from '../words.tsx';

interface ClockBarProps {
  readonly clock: ClockState | undefined;
  readonly movedFrom: string | undefined;
  readonly onMove: (to: Date) => void;
  /** The visitor wants to say that a customer has paid. */
  readonly onPay: () => void;
}

/** What may fall due, by the kind the server gives it; anything else is background work. */
const EVENTS: Readonly<Record<string, string>> = {
  reminder: 'reminder',
  process: 'process',
  conversation: 'conversation',
  outbox: 'delivery',
  'outbox.resume': 'delivery',
};

/** Empty until the clock is known; `movedFrom` is where it stood before the last move. */
export function ClockBar({ clock, movedFrom, onMove, onPay }: ClockBarProps) {
  const { say, language } = useWords();
  if (clock === undefined) return <section className="clock" aria-label={say('page.clock.label')} />;
  const { now, next, target } = clock;
  const isMoving = target !== undefined;
  const jumps: readonly (readonly [string, () => Date])[] = [
    ['day', () => plusDays(now, 1)],
    ['week', () => plusDays(now, 7)],
    ['month', () => plusMonth(now)],
  ];
  return (
    <section className="clock" aria-label={say('page.clock.label')} data-moving={isMoving}>
      <p className="clock-now">
        <span>{say('page.clock.now')}</span>{' '}
        <time dateTime={now} className="wide">
          {fullTime(language, now)}
        </time>
        <time dateTime={now} className="narrow">
          {yearTime(language, now)}
        </time>{' '}
        <span>{say('page.clock.zone')}</span>
      </p>
      <div className="clock-hands">
        {jumps.map(([name, to]) => (
          <button key={name} type="button" disabled={isMoving} onClick={() => onMove(to())}>
            {say(`page.clock.${name}`)}
          </button>
        ))}
        {next !== undefined && (
          <button type="button" disabled={isMoving} onClick={() => onMove(new Date(next.at))}>
            {say('page.clock.next')}
          </button>
        )}
        <button type="button" disabled={isMoving} onClick={onPay}>
          {say('page.payment.open')}
        </button>
      </div>
      {next !== undefined && !isMoving && (
        <p className="clock-next">
          {say('page.clock.next_event', {
            name: say(`page.clock.event.${EVENTS[next.what] ?? 'other'}`),
            date: dayTime(language, next.at),
          })}
        </p>
      )}
      {target !== undefined && (
        <div className="clock-way">
          <span>{say('page.clock.moving', { date: fullTime(language, target) })}</span>
          <progress
            aria-label={say('page.clock.label')}
            max={span(movedFrom ?? now, target)}
            value={span(movedFrom ?? now, now)}
          />
        </div>
      )}
    </section>
  );
}

function span(from: string, to: string): number {
  return Math.max(0, new Date(to).getTime() - new Date(from).getTime());
}
