/** Moves the clock, then tells what came of it: who got how many messages on the way. */
import { useCallback } from 'react';
import { api } from './api.ts';
import { newsOf, newsText } from './news.ts';
import type { PhoneSummary } from './types.ts';
import { fullTime } from './time.ts';
import { useWords } from './words.tsx';

/** The last messages of a move are on their way to the phones a moment longer. */
const LAST_WORDS_MS = 1_500;

/** The way to move the clock. */
export function useClockMove({
  phones,
  act,
  tell,
  refresh,
}: {
  readonly phones: readonly PhoneSummary[];
  readonly act: (run: () => Promise<unknown>) => Promise<boolean>;
  readonly tell: (text: string) => void;
  /** What falls due next is another thing now. */
  readonly refresh: () => void;
}): (to: Date) => void {
  const { say, language } = useWords();
  return useCallback(
    (to) => {
      void act(async () => {
        const { now } = await api.moveClock(to);
        await new Promise((resolve) => setTimeout(resolve, LAST_WORDS_MS));
        refresh();
        const after = await api.phones();
        tell(
          `${say('page.clock.moved', { date: fullTime(language, now) })} ${newsText(say, newsOf(phones, after.phones))}`,
        );
      });
    },
    [phones, act, tell, refresh, say, language],
  );
}
