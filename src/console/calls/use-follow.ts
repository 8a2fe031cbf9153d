import { useCallback, useEffect, useRef, type RefObject } from 'react';

/**
 * Keeps the turn that is played in view, inside the transcript alone: the page stays where it is. Whoever scrolls by
 * themselves is left alone until they jump to a turn.
 */
export function useFollow(frame: RefObject<HTMLElement | null>, playing: number | null): { follow: () => void } {
  const following = useRef(true);
  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const leave = (event: Event): void => {
      if (event instanceof KeyboardEvent && !scrollKeys.has(event.key)) return;
      following.current = false;
    };
    for (const name of ['wheel', 'touchmove', 'keydown']) element.addEventListener(name, leave, { passive: true });
    return () => {
      for (const name of ['wheel', 'touchmove', 'keydown']) element.removeEventListener(name, leave);
    };
  }, [frame]);
  useEffect(() => {
    const turn = frame.current?.querySelector('[data-playing]');
    if (playing === null || !following.current || frame.current === null || !(turn instanceof HTMLElement)) return;
    const { top, height } = frame.current.getBoundingClientRect();
    const place = turn.getBoundingClientRect();
    // A third of the way down: what comes next is in view too.
    frame.current.scrollBy({ top: place.top - top - height / 3, behavior: calm() ? 'instant' : 'smooth' });
  }, [frame, playing]);
  const follow = useCallback(() => {
    following.current = true;
  }, []);
  return { follow };
}

const scrollKeys = new Set(['ArrowUp', 'ArrowDown', 'PageUp', 'PageDown', 'Home', 'End']);

function calm(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches;
}
