/** Refusals and other news, shown for a few seconds. */
import { useCallback, useEffect, useState } from 'react';
import { Refusal } from './api.ts';
import type { Say } from './words.tsx';

const SHOWN_MS = 6_000;

/** The news in sight, and how to show some. */
export interface Notice {
  readonly text: string | undefined;
  readonly tell: (text: string) => void;
  /** Runs an act and tells when it is refused or the server cannot be reached; gives whether it went through. */
  readonly act: (run: () => Promise<unknown>) => Promise<boolean>;
}

/** Shows one piece of news at a time, for six seconds. */
export function useNotice(say: Say): Notice {
  const [text, setText] = useState<string>();
  useEffect(() => {
    if (text === undefined) return undefined;
    const timer = setTimeout(() => setText(undefined), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const tell = useCallback((news: string) => setText(news), []);
  const act = useCallback(
    async (run: () => Promise<unknown>) => {
      try {
        await run();
        return true;
      } catch (error) {
        // What the browser itself says is in its own language; only a refusal has words for the visitor.
        tell(error instanceof Refusal ? error.message : say('page.failed'));
        return false;
      }
    },
    [tell, say],
  );
  return { text, tell, act };
}
