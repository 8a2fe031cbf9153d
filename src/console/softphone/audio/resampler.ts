/** Zero crossings of the filter on each side: the stop band lies below -70 dB. */
const CROSSINGS = 16;
/** How much of the narrower band is kept; the rest is the slope of the filter. */
const KEPT = 0.94;

/**
 * Changes the sample rate of one mono stream, chunk by chunk, by a windowed-sinc filter with one row of weights per
 * phase of the exact ratio. Late by {@link CROSSINGS} samples of the lower rate: a millisecond at 16 kHz.
 */
export class Resampler {
  readonly #up: number;
  readonly #down: number;
  readonly #taps: number;
  readonly #weights: Float32Array;
  #held: Float32Array;
  /** Where the next output lies, in steps of 1/up of an input sample, counted from the first held one. */
  #next = 0;

  /** Both rates in Hz, whole and above 0; throws RangeError otherwise. */
  constructor(fromHz: number, toHz: number) {
    if (!Number.isInteger(fromHz) || !Number.isInteger(toHz) || fromHz <= 0 || toHz <= 0)
      throw new RangeError('sample rates are whole numbers above 0');
    const common = greatestDivisor(fromHz, toHz);
    this.#up = toHz / common;
    this.#down = fromHz / common;
    const band = Math.min(1, toHz / fromHz);
    const reach = Math.ceil(CROSSINGS / band);
    this.#taps = reach * 2;
    this.#weights = weightsOf(this.#up, reach, band * KEPT);
    // Silence before the first sample, so that the first outputs are whole.
    this.#held = new Float32Array(reach - 1);
  }

  process(input: Float32Array): Float32Array {
    const samples = new Float32Array(this.#held.length + input.length);
    samples.set(this.#held);
    samples.set(input, this.#held.length);
    const whole = samples.length - this.#taps;
    const count = whole < 0 ? 0 : Math.max(0, Math.floor(((whole + 1) * this.#up - 1 - this.#next) / this.#down) + 1);
    const output = new Float32Array(count);
    for (let index = 0; index < count; index += 1, this.#next += this.#down) {
      output[index] = this.#at(samples, Math.floor(this.#next / this.#up), this.#next % this.#up);
    }
    const used = Math.min(samples.length, Math.floor(this.#next / this.#up));
    this.#next -= used * this.#up;
    this.#held = samples.slice(used);
    return output;
  }

  #at(samples: Float32Array, start: number, phase: number): number {
    let sum = 0;
    const row = phase * this.#taps;
    for (let tap = 0; tap < this.#taps; tap += 1) sum += (samples[start + tap] ?? 0) * (this.#weights[row + tap] ?? 0);
    return sum;
  }
}

/** `reach` input samples on each side of the wanted place; `band` is the cut-off over half the input rate. */
function weightsOf(phases: number, reach: number, band: number): Float32Array {
  const taps = reach * 2;
  const weights = new Float32Array(phases * taps);
  for (let phase = 0; phase < phases; phase += 1) {
    const row = Array.from({ length: taps }, (_, tap) => {
      const distance = tap - (reach - 1) - phase / phases;
      return sinc(band * distance) * blackman(distance / reach);
    });
    const sum = row.reduce((total, weight) => total + weight, 0);
    weights.set(
      row.map((weight) => weight / sum),
      phase * taps,
    );
  }
  return weights;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** From -1 to 1, 1 in the middle. */
function blackman(x: number): number {
  return Math.abs(x) >= 1 ? 0 : 0.42 + 0.5 * Math.cos(Math.PI * x) + 0.08 * Math.cos(2 * Math.PI * x);
}

function greatestDivisor(one: number, other: number): number {
  return other === 0 ? one : greatestDivisor(other, one % other);
}
