/** The sample rates that audio may come in: those of carriers, vendors and browsers. */
export const RATES_HZ: readonly number[] = [8000, 16_000, 22_050, 24_000, 44_100, 48_000];

/** Where the pass band ends, as a share of the lower rate's half; the stop band begins at that half. */
const PASS = 0.85;

/** What the stop band is designed for, in dB. */
const STOP_DB = 50;

/** A low-pass filter between two rates, cut into one row of taps for each place between two samples. */
export interface FilterBank {
  /** The rates' ratio in lowest terms: `up` outputs for `down` inputs. */
  readonly up: number;
  readonly down: number;
  /** Taps in a row; even. */
  readonly taps: number;
  /** `up` rows, from the earliest sample's tap to the latest. */
  readonly coefficients: Float64Array;
}

/** Banks by their two rates: there are few pairs, and a bank is read only. */
const banks = new Map<string, FilterBank>();

/** Throws RangeError where a rate is not one of `RATES_HZ`. */
export function filterBank(fromHz: number, toHz: number): FilterBank {
  for (const hz of [fromHz, toHz]) {
    if (!RATES_HZ.includes(hz))
      throw new RangeError(`no resampler for ${hz} Hz; there is one for ${RATES_HZ.join(', ')}`);
  }
  const key = `${fromHz}/${toHz}`;
  const known = banks.get(key);
  if (known !== undefined) return known;
  const made = designBank(fromHz, toHz);
  banks.set(key, made);
  return made;
}

/** A windowed sinc; length and shape of the Kaiser window after Oppenheim and Schafer, "Discrete-Time Signal Processing". */
function designBank(fromHz: number, toHz: number): FilterBank {
  const common = greatestCommonDivisor(fromHz, toHz);
  const up = toHz / common;
  const half = Math.min(fromHz, toHz) / 2;
  const transition = (half * (1 - PASS)) / fromHz;
  const reach = Math.ceil((STOP_DB - 7.95) / (14.36 * transition) / 2);
  const taps = reach * 2;
  const beta = 0.5842 * (STOP_DB - 21) ** 0.4 + 0.078_86 * (STOP_DB - 21);
  const cutoff = (half * (1 + PASS)) / fromHz;

  const coefficients = new Float64Array(up * taps);
  for (let phase = 0; phase < up; phase += 1) {
    const row = coefficients.subarray(phase * taps, (phase + 1) * taps);
    let sum = 0;
    for (let tap = 0; tap < taps; tap += 1) {
      // In input samples, from the output's place to the tap's.
      const distance = tap - reach + 1 - phase / up;
      const edge = distance / reach;
      const window = bessel(beta * Math.sqrt(Math.max(0, 1 - edge * edge)));
      const value = sinc(cutoff * distance) * window;
      row[tap] = value;
      sum += value;
    }
    // Each row passes a constant unchanged: otherwise the rows' differences would be heard as a tone.
    for (let tap = 0; tap < taps; tap += 1) row[tap] = (row[tap] ?? 0) / sum;
  }
  return { up, down: fromHz / common, taps, coefficients };
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** The modified Bessel function of the first kind, order 0, by its series. */
function bessel(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-12; k += 1) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
