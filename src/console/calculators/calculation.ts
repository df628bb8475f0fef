/** One calculation: plan and yearly cost of what is typed, or what is wrong with it. */
import { useCallback, useRef, useState } from 'react';
import { askPlan, askRates, Refusal, type Caller, type Fault, type Plan, type Rates } from './api.ts';
import { earlyFaults, fieldOf, ratesRequest, scheduleRequest, type Typed } from './terms.ts';

/** A calculated plan together with what it was calculated from, so that later typing does not relabel it. */
export interface Calculated {
  readonly typed: Typed;
  readonly plan: Plan;
  readonly rates: Rates;
}

/** What is wrong with the last attempt. */
export interface Trouble {
  readonly faults: readonly Fault[];
  /** A sentence about the whole, when no field is to blame. */
  readonly sentence?: string;
}

/** The last result, what is wrong with the last attempt, and how to make another. */
export interface Calculation {
  readonly calculated: Calculated | undefined;
  readonly trouble: Trouble | undefined;
  readonly isBusy: boolean;
  readonly calculate: (caller: Caller, typed: Typed) => Promise<void>;
}

/** Asks the server; a newer question replaces one that is still under way. */
export function useCalculation(): Calculation {
  const [calculated, setCalculated] = useState<Calculated>();
  const [trouble, setTrouble] = useState<Trouble>();
  const [isBusy, setBusy] = useState(false);
  const running = useRef(new AbortController());
  const calculate = useCallback(async (caller: Caller, typed: Typed): Promise<void> => {
    running.current.abort();
    const { signal } = (running.current = new AbortController());
    setBusy(true);
    try {
      const answer = await planAndRates(caller, typed, signal);
      setCalculated(answer);
      setTrouble(undefined);
    } catch (error) {
      if (!signal.aborted) setTrouble(troubleOf(error));
    } finally {
      if (!signal.aborted) setBusy(false);
    }
  }, []);
  return { calculated, trouble, isBusy, calculate };
}

async function planAndRates(caller: Caller, typed: Typed, signal: AbortSignal): Promise<Calculated> {
  const wrong = earlyFaults(typed);
  const plan = await askPlan(caller, scheduleRequest(typed), signal).catch((error: unknown) => {
    if (error instanceof Refusal && error.status === 422)
      throw new Refusal(422, error.message, [
        ...error.faults,
        ...wrong.filter((early) => !error.faults.some((fault) => fieldOf(fault, typed) === fieldOf(early, typed))),
      ]);
    throw error;
  });
  if (wrong.length > 0) throw new Refusal(422, '', wrong);
  return { typed, plan, rates: await askRates(caller, ratesRequest(typed, plan), signal) };
}

function troubleOf(error: unknown): Trouble {
  if (!(error instanceof Refusal)) return { faults: [], sentence: 'network' };
  if (error.status === 401) return { faults: [], sentence: 'token' };
  return error.faults.length > 0 ? { faults: error.faults } : { faults: [], sentence: error.message };
}
