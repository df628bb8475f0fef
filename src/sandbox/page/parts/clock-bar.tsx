/** The clock: what time it is in the sandbox, and buttons that let it pass. */
import { dayTime, fullTime, plusDays, plusMonth } from '../time.ts';
import type { ClockState } from '../types.ts';
import { useWords } from '../words.tsx';

export interface ClockBarProps {
  readonly clock: ClockState | undefined;
  readonly movedFrom: string | undefined;
  readonly onMove: (to: Date) => void;
}

export function ClockBar({ clock, movedFrom, onMove }: ClockBarProps) {
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
          {dayTime(language, now)}
        </time>
      </p>
      <div className="clock-hands">
        {jumps.map(([name, to]) => (
          <button key={name} type="button" disabled={isMoving} onClick={() => onMove(to())}>
            {say(`page.clock.${name}`)}
          </button>
        ))}
        {next !== undefined && (
          <button
            type="button"
            disabled={isMoving}
            title={say('page.clock.next_title', { date: fullTime(language, next) })}
            onClick={() => onMove(new Date(next))}
          >
            {say('page.clock.next')}
          </button>
        )}
      </div>
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
