/** Refusals and other news, shown for a few seconds. */
import { useCallback, useEffect, useState } from 'react';

const SHOWN_MS = 6_000;

export interface Notice {
  readonly text: string | undefined;
  readonly tell: (text: string) => void;
  /** Runs an act and tells when it is refused. */
  readonly act: (run: () => Promise<unknown>) => Promise<void>;
}

export function useNotice(): Notice {
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
      } catch (error) {
        tell(error instanceof Error ? error.message : String(error));
      }
    },
    [tell],
  );
  return { text, tell, act };
}
