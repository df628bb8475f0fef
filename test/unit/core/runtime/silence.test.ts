import { describe, expect, test } from 'vitest';
import { answered, awaitAnswer, missingAlarm, ring, type Silence } from '../../../../src/core/runtime/silence.ts';

const HOUR = 3_600_000;

/** A question asked at `now`: a reminder after two hours, the end after a day. */
function ask(silence: Silence | undefined, visit: number, now: number): Silence {
  const before = silence && answered(silence, silence.visit);
  const first = awaitAnswer(before, visit, 'remind', now + 2 * HOUR);
  return setAlarm(awaitAnswer(first, visit, 'expire', now + 24 * HOUR));
}

function setAlarm(silence: Silence): Silence {
  const alarm = missingAlarm(silence);
  return alarm ? { ...silence, alarmAt: alarm.at } : silence;
}

describe('a silence', () => {
  test('is watched by one timer, which nobody moves while people talk', () => {
    const first = ask(undefined, 1, 0);
    const second = ask(first, 2, HOUR);

    expect(first.alarmAt).toBe(2 * HOUR);
    expect(missingAlarm(second)).toBeUndefined();
    expect(second.alarmAt).toBe(2 * HOUR);
  });

  test('a timer that rings for an earlier question is set again for the present one', () => {
    const rung = ring(ask(ask(undefined, 1, 0), 2, HOUR), 2 * HOUR, 2 * HOUR);

    expect(rung.due).toEqual([]);
    expect(missingAlarm(rung.silence)).toEqual({ at: 3 * HOUR });
  });

  test('after the reminder the end is waited for, at its time', () => {
    const reminded = ring(ask(undefined, 1, 0), 2 * HOUR, 2 * HOUR);
    expect(reminded.due).toEqual(['remind']);
    expect(missingAlarm(reminded.silence)).toEqual({ at: 24 * HOUR });

    const ended = ring(reminded.silence && setAlarm(reminded.silence), 24 * HOUR, 24 * HOUR);
    expect(ended.due).toEqual(['expire']);
    expect(missingAlarm(ended.silence)).toBeUndefined();
  });

  test('a timer that rings late finds both due, the reminder first', () => {
    expect(ring(ask(undefined, 1, 0), 2 * HOUR, 30 * HOUR).due).toEqual(['remind', 'expire']);
  });

  test('an answered question leaves a timer that finds nothing and is not set again', () => {
    const rung = ring(answered(ask(undefined, 1, 0), 1), 2 * HOUR, 2 * HOUR);

    expect(rung.due).toEqual([]);
    expect(missingAlarm(rung.silence)).toBeUndefined();
  });

  test('a question with a shorter patience brings the timer forward; the one it replaced rings in vain', () => {
    const impatient = awaitAnswer(answered(ask(undefined, 1, 0), 1), 2, 'remind', HOUR);

    expect(missingAlarm(impatient)).toEqual({ at: HOUR, instead: 2 * HOUR });
    expect(ring({ ...impatient, alarmAt: HOUR }, 2 * HOUR, 2 * HOUR).due).toEqual([]);
  });
});
