import { within } from '../../db/deadline.ts';
import type { MonotonicClock } from '../clock.ts';
import { RingbackError } from '../errors.ts';

/**
 * Asks a carrier and waits at most `timeoutMs` for its answer; then the signal is aborted and `vendor_deadline` thrown,
 * whether it heeds the signal or not.
 */
export async function inTime<T>(
  clock: MonotonicClock,
  timeoutMs: number,
  ask: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController();
  try {
    const expire = (): RingbackError => new RingbackError('vendor_deadline', ['the carrier', timeoutMs]);
    return await within(clock, timeoutMs, ask(deadline.signal), expire);
  } catch (error) {
    deadline.abort(error);
    throw error;
  }
}
