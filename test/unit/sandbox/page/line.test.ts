/** The page's line to the server, against a browser's EventSource that is played. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { listen } from '../../../../src/sandbox/page/line.ts';

class PlayedSource extends EventTarget {
  static readonly CONNECTING = 0;
  static readonly CLOSED = 2;
  static readonly opened: PlayedSource[] = [];
  readyState = PlayedSource.CONNECTING;

  constructor() {
    super();
    PlayedSource.opened.push(this);
  }

  /** Anything but 200, which a browser takes for a no for ever. */
  refuse(): void {
    this.readyState = PlayedSource.CLOSED;
    this.dispatchEvent(new Event('error'));
  }

  /** The server opens a line with `change`. */
  accept(): void {
    this.dispatchEvent(new Event('open'));
    this.dispatchEvent(new Event('change'));
  }

  close(): void {
    this.readyState = PlayedSource.CLOSED;
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('EventSource', PlayedSource);
  PlayedSource.opened.length = 0;
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function heard(): { readonly ear: Parameters<typeof listen>[0]; readonly news: string[] } {
  const news: string[] = [];
  return {
    news,
    ear: {
      onChange: () => news.push('change'),
      onClock: () => news.push('clock'),
      onLine: (isUp) => news.push(isUp ? 'up' : 'down'),
    },
  };
}

const { opened } = PlayedSource;

test('a line that was refused while the server starts is opened anew, and the world is read again', () => {
  const { ear, news } = heard();
  listen(ear);
  opened[0]?.accept();
  opened[0]?.refuse();
  expect(news.splice(0)).toEqual(['up', 'change', 'down']);

  vi.advanceTimersByTime(999);
  expect(opened).toHaveLength(1);
  vi.advanceTimersByTime(1);
  opened[1]?.accept();
  expect(news).toEqual(['up', 'change']);
});

test('the pauses grow to ten seconds and are short again after a line that stood', () => {
  listen(heard().ear);
  for (const pause of [1_000, 2_000, 4_000, 8_000, 10_000, 10_000]) {
    const count = opened.length;
    opened.at(-1)?.refuse();
    vi.advanceTimersByTime(pause - 1);
    expect(opened).toHaveLength(count);
    vi.advanceTimersByTime(1);
    expect(opened).toHaveLength(count + 1);
  }
  opened.at(-1)?.accept();
  opened.at(-1)?.refuse();
  const count = opened.length;
  vi.advanceTimersByTime(1_000);
  expect(opened).toHaveLength(count + 1);
});

test('what only broke is left to the browser; whoever stops listening opens no more', () => {
  const { ear, news } = heard();
  const stop = listen(ear);
  opened[0]?.dispatchEvent(new Event('error'));
  vi.advanceTimersByTime(60_000);
  expect(opened).toHaveLength(1);
  expect(news).toEqual(['down']);

  opened[0]?.refuse();
  stop();
  vi.advanceTimersByTime(60_000);
  expect(opened).toHaveLength(1);
});
