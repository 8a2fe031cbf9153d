import type { Ledger } from '../domain/ledger.ts';
import type { MonotonicClock } from '../clock.ts';

/** The ledger as it stood a moment ago. */
export interface LedgerReader {
  /** At most a few seconds old. Throws what the database threw; then nobody asks it again for a few seconds. */
  read(): Promise<Ledger>;
}

/** How long an answer, or a failure, serves. */
const FRESH_MS = 5_000;
/** Of the time, at most this share is spent reading: a large ledger is read less often. */
const MOST_SHARE = 1 / 20;

/** Reads it when somebody asks, for all who ask meanwhile, and not again before it is a few seconds old. */
export function openLedger(options: { read: () => Promise<Ledger>; clock: MonotonicClock }): LedgerReader {
  const { clock } = options;
  let last: Promise<Ledger> | null = null;
  let freshUntilMs = 0;

  async function readNow(): Promise<Ledger> {
    const beganMs = clock.nowMs();
    try {
      return await options.read();
    } finally {
      const tookMs = clock.nowMs() - beganMs;
      freshUntilMs = clock.nowMs() + Math.max(FRESH_MS, tookMs / MOST_SHARE);
    }
  }

  return {
    read() {
      if (last === null || clock.nowMs() >= freshUntilMs) {
        // Until it has answered nobody else asks.
        freshUntilMs = Infinity;
        last = readNow();
      }
      return last;
    },
  };
}
