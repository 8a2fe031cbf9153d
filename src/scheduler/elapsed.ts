import type { Clock } from '../clock.ts';

/**
 * Starts to measure; the returned function says how many milliseconds have passed. The larger of what the monotonic
 * clock and the wall clock say: the monotonic one stands still while a virtual machine is suspended, and a wall clock
 * that was set ahead only makes us too careful.
 */
export function startElapsed(clock: Clock): () => number {
  const monotonicMs = clock.nowMs();
  const wallMs = clock.instant().epochMilliseconds;
  return () => Math.max(clock.nowMs() - monotonicMs, clock.instant().epochMilliseconds - wallMs);
}
