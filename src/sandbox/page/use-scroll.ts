/**
 * Where a talk is scrolled to: at its end, unless somebody has scrolled up to read. What arrives together after an act is
 * shown from its first message on, so that a tall card does not push a link above it out of sight.
 */
import { type RefObject, type UIEvent, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { type Anchor, nextAnchor, type Shown } from './news.ts';
import type { Called } from './use-pointing.ts';

/** Pixels from the end that still count as the end. */
const NEAR_END = 60;
const GAP = 10;

/** Of one talk: its box, whether there is more below, and how to get there. */
export interface Scroll {
  readonly box: RefObject<HTMLDivElement | null>;
  /** Something new lies below what is in sight. */
  readonly hasMore: boolean;
  readonly toEnd: () => void;
  /** To be put on the box. */
  readonly watch: {
    readonly onScroll: (event: UIEvent<HTMLDivElement>) => void;
    readonly onLoadCapture: () => void;
    readonly onClickCapture: () => void;
  };
}

interface Place {
  owner: string | undefined;
  known: ReadonlySet<string>;
  anchor: Anchor | undefined;
  /** News moves the talk; off while somebody reads further up. */
  follows: boolean;
  /** Where we have scrolled to; anything else is somebody's own doing. */
  target: number;
  /** What was pointed at last. */
  called: Called | undefined;
}

function isNearEnd({ scrollHeight, scrollTop, clientHeight }: HTMLElement): boolean {
  return scrollHeight - scrollTop - clientHeight < NEAR_END;
}

/** Whether the last message begins below what is in sight; of one that is cut off one sees that it goes on. */
function liesBelow(box: HTMLElement): boolean {
  const last = box.lastElementChild;
  if (isNearEnd(box) || !(last instanceof HTMLElement)) return false;
  return last.offsetTop > box.scrollTop + box.clientHeight - NEAR_END;
}

function isOurs(box: HTMLElement, { target }: Place): boolean {
  return Math.abs(box.scrollTop - target) < 3;
}

/** Scrolls to the anchor, or to the end where everything from the anchor on fits. */
function settle(box: HTMLElement, place: Place): void {
  const row = place.anchor && box.querySelector<HTMLElement>(`[data-message="${CSS.escape(place.anchor.id)}"]`);
  const end = box.scrollHeight - box.clientHeight;
  box.scrollTop = row ? Math.min(end, row.offsetTop - GAP) : end;
  place.target = box.scrollTop;
}

const UNSEEN: Place = {
  owner: undefined,
  known: new Set(),
  anchor: undefined,
  follows: true,
  target: 0,
  called: undefined,
};

/**
 * @param owner whose talk it is: another one begins at its end
 * @param called a message that was pointed at comes in sight, once each time
 */
export function useScroll(owner: string | undefined, messages: readonly Shown[], called: Called | undefined): Scroll {
  const box = useRef<HTMLDivElement>(null);
  const place = useRef<Place>({ ...UNSEEN });
  const [hasMore, setMore] = useState(false);

  // After every drawing: a redrawn card changes heights too. Whoever has scrolled up to read stays where he is.
  useLayoutEffect(() => {
    if (box.current === null) return;
    const now = place.current;
    const isOther = now.owner !== owner;
    const news = isOther ? [] : messages.filter(({ id }) => !now.known.has(id));
    now.anchor = isOther ? undefined : nextAnchor(now.anchor, news, performance.now());
    now.follows ||= isOther || news.some(({ from }) => from === 'me');
    now.owner = owner;
    now.known = new Set(messages.map(({ id }) => id));
    const isCalled = called?.message !== undefined && called !== now.called;
    now.called = called;
    if (isCalled) {
      now.anchor = { id: called.message, at: performance.now() };
      now.follows = true;
    }
    const isMoved = isOther || isCalled || news.length > 0 || isOurs(box.current, now);
    if (now.follows && isMoved) settle(box.current, now);
    if (!liesBelow(box.current)) setMore(false);
    else if (news.length > 0) setMore(true);
  });
  // Pictures make the talk longer after it was drawn; a keyboard makes the box smaller.
  const again = () => {
    const now = place.current;
    if (box.current !== null && now.follows && isOurs(box.current, now)) settle(box.current, now);
  };
  useEffect(() => {
    if (box.current === null) return undefined;
    const watcher = new ResizeObserver(again);
    watcher.observe(box.current);
    return () => watcher.disconnect();
  }, []);

  const onScroll = ({ currentTarget }: UIEvent<HTMLDivElement>) => {
    const now = place.current;
    const isAtEnd = isNearEnd(currentTarget);
    if (!liesBelow(currentTarget)) setMore(false);
    if (isOurs(currentTarget, now)) return;
    now.follows = isAtEnd;
    if (!isAtEnd) return;
    now.anchor = undefined;
    now.target = currentTarget.scrollTop;
  };
  /** What follows a press in the talk is wanted: it is shown from its first message on. */
  const onClickCapture = () => {
    place.current.anchor = undefined;
    place.current.follows = true;
  };
  const toEnd = () => {
    onClickCapture();
    setMore(false);
    if (box.current !== null) settle(box.current, place.current);
  };
  return { box, hasMore, toEnd, watch: { onScroll, onLoadCapture: again, onClickCapture } };
}
