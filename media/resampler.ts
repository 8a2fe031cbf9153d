import { filterBank, type FilterBank } from './resampler-filter.ts';

/** Samples taken in at once, so that the working memory does not grow with the chunk. */
const BLOCK = 2048;

/**
 * Changes the sample rate of one stream of 16-bit samples; one object for each direction of each stream.
 *
 * A polyphase FIR: level within 0.5 dB up to 85 % of the lower rate's half, images and aliases from that half on at
 * least 45 dB down. State runs on across chunks of any size, so that the result does not depend on how the stream was
 * cut. Nothing is shifted in time: the filter looks some milliseconds ahead, and `flush` gives what it held back.
 */
export interface Resampler {
  /** The samples that can be told by now; valid until the next call. Its memory grows to the largest chunk given. */
  resample(samples: Int16Array): Int16Array;
  /** The rest, as if silence followed, so that the stream has exactly its length; then a new stream begins. */
  flush(): Int16Array;
}

/** Throws RangeError where a rate is not one of `RATES_HZ`. */
export function openResampler(fromHz: number, toHz: number): Resampler {
  return new PolyphaseResampler(filterBank(fromHz, toHz));
}

class PolyphaseResampler implements Resampler {
  readonly #bank: FilterBank;
  /** Samples around the next output: what is kept of earlier chunks, then the block at hand. */
  readonly #line: Float64Array;
  readonly #zeros: Int16Array;
  #filled = 0;
  /** The next output's place: the line's sample before it, and how far beyond, in `up`ths of a sample. */
  #index = 0;
  #phase = 0;
  #taken = 0;
  #given = 0;
  #out = new Int16Array(0);
  #written = 0;

  constructor(bank: FilterBank) {
    this.#bank = bank;
    this.#line = new Float64Array(bank.taps + BLOCK);
    this.#zeros = new Int16Array(bank.taps);
    this.#begin();
  }

  resample(samples: Int16Array): Int16Array {
    this.#written = 0;
    this.#makeRoom(samples.length);
    this.#taken += samples.length;
    this.#feed(samples, Infinity);
    return this.#out.subarray(0, this.#written);
  }

  flush(): Int16Array {
    this.#written = 0;
    this.#makeRoom(this.#zeros.length);
    const { up, down } = this.#bank;
    this.#feed(this.#zeros, Math.ceil((this.#taken * up) / down));
    this.#begin();
    return this.#out.subarray(0, this.#written);
  }

  /** `most`: outputs of the whole stream. */
  #feed(samples: Int16Array, most: number): void {
    for (let from = 0; from < samples.length; from += BLOCK) {
      const until = Math.min(samples.length, from + BLOCK);
      for (let index = from; index < until; index += 1) this.#line[this.#filled++] = samples[index] ?? 0;
      this.#give(most);
    }
  }

  /** Gives every output whose samples are all there, then lets go of what no later output looks at. */
  #give(most: number): void {
    const { up, down, taps, coefficients } = this.#bank;
    const line = this.#line;
    const last = this.#filled - taps / 2;
    while (this.#index < last && this.#given < most) {
      const first = this.#index - taps / 2 + 1;
      const row = this.#phase * taps;
      let sum = 0;
      for (let tap = 0; tap < taps; tap += 1) sum += (line[first + tap] ?? 0) * (coefficients[row + tap] ?? 0);
      this.#out[this.#written++] = Math.max(-32_768, Math.min(32_767, Math.round(sum)));
      this.#given += 1;
      this.#phase += down;
      this.#index += Math.floor(this.#phase / up);
      this.#phase %= up;
    }
    const done = Math.min(this.#index - taps / 2 + 1, this.#filled);
    line.copyWithin(0, done, this.#filled);
    this.#filled -= done;
    this.#index -= done;
  }

  #makeRoom(samples: number): void {
    const { up, down, taps } = this.#bank;
    const most = Math.ceil(((samples + taps) * up) / down) + 1;
    if (this.#out.length < most) this.#out = new Int16Array(most);
  }

  /** Silence stands before the first sample. */
  #begin(): void {
    const before = this.#bank.taps / 2 - 1;
    this.#line.fill(0, 0, before);
    this.#filled = before;
    this.#index = before;
    this.#phase = 0;
    this.#taken = 0;
    this.#given = 0;
  }
}
