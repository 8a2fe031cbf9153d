import { useCallback, useSyncExternalStore } from 'react';
import { pageClock } from './clock.ts';

/** The present, in milliseconds, cut to whole `stepMs`: a component draws itself anew only when that changes. */
export function useNow(stepMs: number): number {
  const read = useCallback(() => Math.floor(pageClock.nowMs() / stepMs) * stepMs, [stepMs]);
  return useSyncExternalStore(subscribe, read);
}

const listeners = new Set<() => void>();
let stop: (() => void) | null = null;

/** One ticker serves the whole page, and runs only while somebody looks at it. */
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  stop ??= pageClock.every(250, () => {
    for (const each of listeners) each();
  });
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    stop?.();
    stop = null;
  };
}
