/** The sandbox as the page knows it: phones, screens on show, road, clock; read again whenever the server says so. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { api } from './api.ts';
import { listen } from './line.ts';
import type { ClockState, PhoneKey, PhoneSummary, PhoneView, RoadStep } from './types.ts';

/** What was read last, and how to read again. */
export interface World {
  readonly phones: readonly PhoneSummary[];
  readonly steps: readonly RoadStep[];
  readonly clock: ClockState | undefined;
  /** Where a move of the clock began; unset while it stands. */
  readonly movedFrom: string | undefined;
  /** Screens by `keyOf`. */
  readonly screens: Readonly<Record<string, PhoneView>>;
  readonly isOnline: boolean;
  /** Reads everything again now. */
  refresh(): void;
}

/** One word for a phone. */
export function keyOf({ platform, id }: PhoneKey): string {
  return `${platform}/${id}`;
}

type Read = Pick<World, 'phones' | 'steps' | 'clock' | 'screens'>;

/** The list of phones is read last: nobody is sent to a card that the screens already show as decided. */
async function readWorld(shown: readonly PhoneKey[]): Promise<Read> {
  const looked = await Promise.allSettled(shown.map(async (one) => [keyOf(one), await api.screen(one)] as const));
  const screens = Object.fromEntries(looked.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])));
  const [{ phones }, { steps }, clock] = await Promise.all([api.phones(), api.road(), api.clock()]);
  return { phones, steps, clock, screens };
}

/** @param shown the phones whose screens are wanted */
export function useWorld(shown: readonly PhoneKey[]): World {
  const [read, setRead] = useState<Read>({ phones: [], steps: [], clock: undefined, screens: {} });
  const [isOnline, setOnline] = useState(true);
  const [movedFrom, setMovedFrom] = useState<string>();
  const wanted = useRef(shown);
  const isReading = useRef(false);
  const isStale = useRef(false);
  wanted.current = shown;

  const refresh = useCallback(async () => {
    isStale.current = true;
    if (isReading.current) return;
    isReading.current = true;
    while (isStale.current) {
      isStale.current = false;
      const next = await readWorld(wanted.current).catch(() => undefined);
      if (next !== undefined) setRead((old) => ({ ...next, screens: { ...old.screens, ...next.screens } }));
    }
    isReading.current = false;
  }, []);

  const onClock = useCallback((clock: ClockState) => {
    setMovedFrom((from) => (clock.target === undefined ? undefined : (from ?? clock.now)));
    setRead((old) => ({ ...old, clock: { ...clock, ...(old.clock?.next !== undefined && { next: old.clock.next }) } }));
  }, []);

  useEffect(() => listen({ onChange: () => void refresh(), onClock, onLine: setOnline }), [refresh, onClock]);
  const shownKeys = shown.map(keyOf).join(' ');
  useEffect(() => void refresh(), [refresh, shownKeys]);
  useTicking(setRead, movedFrom === undefined);
  return { ...read, isOnline, movedFrom, refresh: () => void refresh() };
}

const MINUTE_MS = 60_000;

/** Between two messages of the server the clock goes on by itself. */
function useTicking(setRead: (change: (old: Read) => Read) => void, isRunning: boolean): void {
  useEffect(() => {
    if (!isRunning) return undefined;
    let last = performance.now();
    const timer = setInterval(() => {
      const passed = performance.now() - last;
      last = performance.now();
      setRead((old) =>
        old.clock === undefined
          ? old
          : {
              ...old,
              clock: { ...old.clock, now: new Date(new Date(old.clock.now).getTime() + passed).toISOString() },
            },
      );
    }, MINUTE_MS / 4);
    return () => clearInterval(timer);
  }, [setRead, isRunning]);
}
