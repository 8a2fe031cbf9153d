/** espeak-ng's sample rate. */
export const SAMPLE_RATE_HZ = 22_050;
/** 80 ms: short enough to stop quickly, long enough not to flood. */
const PIECE_SAMPLES = 1764;
/** Below this it is silence: -54 dB. */
const SILENT_BELOW = 64;
/** 5 ms before the first sound are kept, so that its onset is not cut. */
const ONSET_SAMPLES = 110;

/** Cuts samples into pieces of at most 80 ms and leaves out the silence before the first sound. */
export class Pieces {
  readonly #give: (piece: Int16Array<ArrayBuffer>) => void;
  #begun = false;
  #kept: Int16Array = new Int16Array(0);

  /** Each piece is a copy that belongs to the receiver. */
  constructor(give: (piece: Int16Array<ArrayBuffer>) => void) {
    this.#give = give;
  }

  push(samples: Int16Array): void {
    let all = joined(this.#kept, samples);
    if (!this.#begun) {
      const first = all.findIndex((sample) => Math.abs(sample) >= SILENT_BELOW);
      if (first < 0) {
        this.#kept = all.slice(-ONSET_SAMPLES);
        return;
      }
      this.#begun = true;
      all = all.subarray(Math.max(0, first - ONSET_SAMPLES));
    }
    let from = 0;
    for (; all.length - from >= PIECE_SAMPLES; from += PIECE_SAMPLES) this.#give(all.slice(from, from + PIECE_SAMPLES));
    this.#kept = all.slice(from);
  }

  /** Gives what is left; silence alone is nothing. */
  end(): void {
    if (this.#begun && this.#kept.length > 0) this.#give(this.#kept.slice());
    this.#kept = new Int16Array(0);
  }
}

function joined(first: Int16Array, second: Int16Array): Int16Array<ArrayBuffer> {
  const all = new Int16Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
