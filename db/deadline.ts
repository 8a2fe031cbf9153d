import type { MonotonicClock } from '../src/clock.ts';

/**
 * The work's result, or, when it takes longer than `withinMs`, the error that `expire` makes. The work is not stopped
 * by that: whoever owns it makes it end. Its late failure is nobody's surprise.
 */
export async function within<T>(
  clock: MonotonicClock,
  withinMs: number,
  work: PromiseLike<T>,
  expire: () => Error,
): Promise<T> {
  const expiry = Promise.withResolvers<never>();
  const timer = clock.setTimer(withinMs, () => expiry.reject(expire()));
  try {
    // The race listens to both, so the loser's rejection is handled.
    return await Promise.race([work, expiry.promise]);
  } finally {
    timer.cancel();
  }
}
