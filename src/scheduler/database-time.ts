import type { MonotonicClock } from '../clock.ts';

interface Sample {
  /** The database's clock minus our monotonic one lies between these two. */
  readonly leastMs: number;
  readonly mostMs: number;
  readonly takenAtMs: number;
}

/** How long a good sample serves. */
const WINDOW_MS = 60_000;
/** Samples that are kept; above it the oldest goes. */
const MOST_SAMPLES = 64;
/** How much faster than the database's clock ours may run: as fast as NTP turns a clock at the most. */
const MOST_DRIFT = 0.000_5;
/** An estimate that moved less than this is not told. */
const TOLD_MS = 0.5;

/**
 * The database's clock, carried by our monotonic one. Each statement that returns `clock_timestamp()` is a sample: the
 * clock was read somewhere between the sending and the answer, so the shortest round trip of the last minute says it
 * best. Due times are compared with this clock and no other; the wall clock of this machine may be wrong.
 */
export class DatabaseTime {
  readonly #clock: MonotonicClock;
  readonly #onMoved: () => void;
  #samples: Sample[] = [];
  #best: Sample | null = null;
  #toldMs = Number.NaN;

  /** `onMoved` hears that the estimate moved by more than half a millisecond. */
  constructor(clock: MonotonicClock, onMoved: () => void = () => undefined) {
    this.#clock = clock;
    this.#onMoved = onMoved;
  }

  /** `sentAtMs` and `receivedAtMs` by our monotonic clock, `databaseMs` as Unix time. */
  sample(sentAtMs: number, receivedAtMs: number, databaseMs: number): void {
    const sample = {
      leastMs: databaseMs - receivedAtMs,
      mostMs: databaseMs - sentAtMs,
      takenAtMs: receivedAtMs,
    };
    const best = this.#best;
    // Both cannot be true: one of the clocks was set, or drifted. The newer one is right.
    if (best !== null && (sample.leastMs > best.mostMs || sample.mostMs < best.leastMs)) this.#samples = [];
    this.#samples.push(sample);
    this.#samples = this.#samples.filter((one) => receivedAtMs - one.takenAtMs <= WINDOW_MS).slice(-MOST_SAMPLES);
    this.#best = this.#samples.reduce((a, b) => (roundTripMs(b) < roundTripMs(a) ? b : a));
    const middleMs = (this.#best.leastMs + this.#best.mostMs) / 2;
    if (Math.abs(middleMs - this.#toldMs) < TOLD_MS) return;
    this.#toldMs = middleMs;
    this.#onMoved();
  }

  /** False until the first sample; nothing can be due before it. */
  get known(): boolean {
    return this.#best !== null;
  }

  /** How wrong `nowMs` may be, either way. */
  get uncertaintyMs(): number {
    return roundTripMs(this.#read()) / 2;
  }

  /** The database's clock as Unix time in milliseconds, as well as we know it. Throws before the first sample. */
  nowMs(): number {
    const { leastMs, mostMs } = this.#read();
    return this.#clock.nowMs() + (leastMs + mostMs) / 2;
  }

  /**
   * The database's clock shows at least this: what is never to be early waits by it. A sample proves less the older it
   * is, since neither clock runs quite true. Throws before the first sample.
   */
  atLeastMs(): number {
    this.#read();
    const nowMs = this.#clock.nowMs();
    let leastMs = Number.NEGATIVE_INFINITY;
    for (const sample of this.#samples)
      leastMs = Math.max(leastMs, sample.leastMs - MOST_DRIFT * (nowMs - sample.takenAtMs));
    return nowMs + leastMs;
  }

  /**
   * True as soon as the database's clock has certainly reached `dueMs`; false where it has not after `withinMs` of ours:
   * it was set back, and what seemed a moment may be an hour.
   */
  async comes(dueMs: number, withinMs: number): Promise<boolean> {
    const untilMs = this.#clock.nowMs() + withinMs;
    for (;;) {
      const leftMs = dueMs - this.atLeastMs();
      const patienceMs = untilMs - this.#clock.nowMs();
      if (leftMs <= 0 || patienceMs <= 0) return leftMs <= 0;
      await this.#clock.sleep(Math.min(leftMs, patienceMs), new AbortController().signal);
    }
  }

  #read(): Sample {
    if (this.#best === null) throw new Error("the database's time is not known yet");
    return this.#best;
  }
}

function roundTripMs(sample: Sample): number {
  return sample.mostMs - sample.leastMs;
}
