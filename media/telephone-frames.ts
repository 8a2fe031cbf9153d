import { FRAME_MS, type AudioFormat } from './audio-format.ts';
import { alawSamples, mulawSamples } from './g711.ts';

/** Where frames go. */
export interface FrameListener {
  /** One frame of samples of 16 bits; they are reused. */
  onSamples(samples: Int16Array): void;
}

/** The rate of telephones, of which a frame has 160 samples. */
export const TELEPHONE_HZ = 8000;

/**
 * Cuts one stream of audio, in chunks of any size, into frames of FRAME_MS as a telephone would give them, for whoever
 * listens for voices. Of a higher rate so many samples are averaged to one that about the telephone's is left: hiss above
 * its band says nothing about speech. It allocates nothing and keeps nothing of a chunk. Nothing to close.
 */
export class TelephoneFrames {
  readonly #listener: FrameListener;
  /** What each byte stands for; null for pcm16. */
  readonly #table: Int16Array | null;
  /** So many samples become one. */
  readonly #averaged: number;
  readonly #samples: Int16Array;
  #count = 0;
  #sum = 0;
  #summed = 0;
  #lowByte = -1;

  /** `frameSamples`: other than a frame's own number of samples for whoever takes the averages for 8,000 a second. */
  constructor(format: AudioFormat, listener: FrameListener, frameSamples?: number) {
    this.#listener = listener;
    this.#table = format.encoding === 'mulaw' ? mulawSamples : format.encoding === 'alaw' ? alawSamples : null;
    this.#averaged = Math.max(1, Math.round(format.sampleRateHz / TELEPHONE_HZ));
    const ownSamples = Math.round((format.sampleRateHz * FRAME_MS) / 1000 / this.#averaged);
    this.#samples = new Int16Array(frameSamples ?? ownSamples);
  }

  take(audio: Uint8Array): void {
    if (this.#table !== null && this.#averaged === 1) this.#takeCodes(audio, this.#table);
    else this.#takeAny(audio);
  }

  /** What telephones send, fifty times a second in each call. */
  #takeCodes(audio: Uint8Array, table: Int16Array): void {
    const samples = this.#samples;
    let count = this.#count;
    for (let index = 0; index < audio.length; index += 1) {
      samples[count] = table[audio[index] ?? 0] ?? 0;
      count += 1;
      if (count < samples.length) continue;
      this.#listener.onSamples(samples);
      count = 0;
    }
    this.#count = count;
  }

  #takeAny(audio: Uint8Array): void {
    const table = this.#table;
    const averaged = this.#averaged;
    const samples = this.#samples;
    const step = table === null ? 2 : 1;
    let sum = this.#sum;
    let summed = this.#summed;
    let count = this.#count;
    // A kept low byte stands one place before the chunk.
    let index = this.#lowByte < 0 ? 0 : -1;
    for (; index + step <= audio.length; index += step) {
      const byte = audio[index] ?? this.#lowByte;
      sum += table === null ? (((audio[index + 1] ?? 0) << 24) >> 16) | byte : (table[byte] ?? 0);
      summed += 1;
      if (summed < averaged) continue;
      samples[count] = sum / averaged;
      sum = 0;
      summed = 0;
      count += 1;
      if (count < samples.length) continue;
      this.#listener.onSamples(samples);
      count = 0;
    }
    this.#lowByte = index < audio.length ? (audio[index] ?? this.#lowByte) : -1;
    this.#sum = sum;
    this.#summed = summed;
    this.#count = count;
  }
}
