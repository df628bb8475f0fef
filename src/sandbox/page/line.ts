/** The line on which the server tells the page that something happened (server-sent events). */
import type { ClockState } from './types.ts';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 10_000;

/** `onChange` after anything happened and first on every line, `onClock` at each step of a move, `onLine` when the line is up or down. */
export interface Ear {
  onChange(): void;
  onClock(state: ClockState): void;
  onLine(isUp: boolean): void;
}

/**
 * Listens until the function it gives is called. A line that broke the browser opens again by itself; one that was refused (a
 * server that is starting answers 503) it gives up, so a new one is opened after a pause.
 */
export function listen(ear: Ear): () => void {
  let pause = FIRST_PAUSE_MS;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let source = open();
  function open(): EventSource {
    const line = new EventSource('/sandbox/api/events');
    line.addEventListener('change', () => ear.onChange());
    line.addEventListener('clock', (event) => ear.onClock(clockOf(event)));
    line.addEventListener('open', () => {
      pause = FIRST_PAUSE_MS;
      ear.onLine(true);
    });
    line.addEventListener('error', () => {
      ear.onLine(false);
      if (line.readyState !== EventSource.CLOSED) return;
      timer = setTimeout(() => (source = open()), pause);
      pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
    });
    return line;
  }
  return () => {
    clearTimeout(timer);
    source.close();
  };
}

function clockOf(event: object): ClockState {
  return JSON.parse((event as { readonly data: string }).data) as ClockState;
}
