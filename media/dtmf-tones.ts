import { FRAME_MS, type AudioFormat } from './audio-format.ts';
import { encodeAlaw, encodeMulaw } from './g711.ts';

/*
 * The keys of a telephone as sound (ITU-T Q.23): each is one low and one high tone at once. A receiver wants 40 ms of
 * both and 40 ms of silence at least (Q.24); what a codec and a jitter buffer leave of 100 ms each is well above that.
 */

export const KEY_TONE_MS = 100;
export const KEY_PAUSE_MS = 100;
/** What a comma stands for: a moment in which the far end picks up, or asks for the next number. */
export const KEY_WAIT_MS = 1_000;

const lows = [697, 770, 852, 941];
const highs = [1209, 1336, 1477, 1633];
const pad = ['123A', '456B', '789C', '*0#D'];

/**
 * Peaks as shares of full scale: -9 dBm0 and -7 dBm0, where full scale is +3.17 dBm0 (G.711). The high tone is the louder
 * one, as lines let less of it through.
 */
const LOW_PEAK = 10 ** ((-9 - 3.17) / 20);
const HIGH_PEAK = 10 ** ((-7 - 3.17) / 20);
/** A tone that begins at once clicks. */
const RAMP_MS = 4;

/** Whether these are keys that can be pressed: 0-9, A-D, `*`, `#`, and commas to wait. */
export function areKeys(text: string): boolean {
  return /^[0-9A-D*#,]+$/.test(text) && /[^,]/.test(text);
}

/** The sound of these keys one after the other, in whole frames. Throws RangeError for what is no key. */
export function dtmfTones(keys: string, format: AudioFormat): Uint8Array {
  if (!areKeys(keys)) throw new RangeError('keys are 0-9, A-D, * and #, and commas to wait');
  const lengths = [...keys].map((key) => (key === ',' ? KEY_WAIT_MS : KEY_TONE_MS + KEY_PAUSE_MS));
  const wholeMs = lengths.reduce((sum, ms) => sum + ms, 0);
  const samplesIn = (ms: number): number => Math.round((format.sampleRateHz * ms) / 1000);
  const samples = new Int16Array(samplesIn(Math.ceil(wholeMs / FRAME_MS) * FRAME_MS));
  let atMs = 0;
  for (const [index, key] of [...keys].entries()) {
    const from = samplesIn(atMs);
    if (key !== ',') writeTone(samples.subarray(from, from + samplesIn(KEY_TONE_MS)), key, format.sampleRateHz);
    atMs += lengths[index] ?? 0;
  }
  return encoded(samples, format);
}

function writeTone(into: Int16Array, key: string, rateHz: number): void {
  const row = pad.findIndex((keys) => keys.includes(key));
  const low = (2 * Math.PI * (lows[row] ?? 0)) / rateHz;
  const high = (2 * Math.PI * (highs[pad[row]?.indexOf(key) ?? 0] ?? 0)) / rateHz;
  const ramp = (rateHz * RAMP_MS) / 1000;
  for (let index = 0; index < into.length; index += 1) {
    const edge = Math.min(1, (index + 1) / ramp, (into.length - index) / ramp);
    const value = LOW_PEAK * Math.sin(low * index) + HIGH_PEAK * Math.sin(high * index);
    into[index] = Math.round(edge * value * 32_767);
  }
}

function encoded(samples: Int16Array, { encoding }: AudioFormat): Uint8Array {
  const bytes = new Uint8Array(encoding === 'pcm16' ? samples.length * 2 : samples.length);
  if (encoding === 'mulaw') encodeMulaw(samples, bytes);
  else if (encoding === 'alaw') encodeAlaw(samples, bytes);
  else {
    const view = new DataView(bytes.buffer);
    for (let index = 0; index < samples.length; index += 1) view.setInt16(index * 2, samples[index] ?? 0, true);
  }
  return bytes;
}
