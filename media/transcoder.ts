import { sameFormat, type AudioFormat } from './audio-format.ts';
import { decodeAlaw, decodeMulaw, encodeAlaw, encodeMulaw } from './g711.ts';
import { openResampler, type Resampler } from './resampler.ts';

/**
 * Turns one stream of audio from one format into another. It stands only where a call's format and a vendor's differ.
 * One object for each direction; nothing to close.
 */
export interface Transcoder {
  /**
   * What can be told by now, valid until the next call. Chunks may have any size: half a sample is kept for the next.
   * Where the formats are the same, it is the very chunk that was given.
   */
  transcode(audio: Uint8Array): Uint8Array;
  /** The end of a stream: what was held back; half a sample is let go. Then a new stream begins. */
  flush(): Uint8Array;
}

const nothing = new Uint8Array(0);

/** Throws RangeError where the rates differ and one of them has no resampler (see `RATES_HZ`). */
export function openTranscoder(from: AudioFormat, to: AudioFormat): Transcoder {
  if (sameFormat(from, to)) return { transcode: (audio) => audio, flush: () => nothing };
  const resampler = from.sampleRateHz === to.sampleRateHz ? null : openResampler(from.sampleRateHz, to.sampleRateHz);
  return new SampleTranscoder(from.encoding, to.encoding, resampler);
}

type Encoding = AudioFormat['encoding'];

class SampleTranscoder implements Transcoder {
  readonly #from: Encoding;
  readonly #to: Encoding;
  readonly #resampler: Resampler | null;
  #samples = new Int16Array(0);
  #bytes = new Uint8Array(0);
  /** The low byte of a sample whose high byte has not come; -1 for none. */
  #lowByte = -1;

  constructor(from: Encoding, to: Encoding, resampler: Resampler | null) {
    this.#from = from;
    this.#to = to;
    this.#resampler = resampler;
  }

  transcode(audio: Uint8Array): Uint8Array {
    const samples = this.#read(audio);
    return this.#write(this.#resampler === null ? samples : this.#resampler.resample(samples));
  }

  flush(): Uint8Array {
    this.#lowByte = -1;
    return this.#resampler === null ? nothing : this.#write(this.#resampler.flush());
  }

  #read(audio: Uint8Array): Int16Array {
    // Room for the sample that a kept byte completes, too.
    if (this.#samples.length < audio.length + 1) this.#samples = new Int16Array(audio.length + 1);
    if (this.#from === 'pcm16') return this.#samples.subarray(0, this.#readPcm(audio));
    if (this.#from === 'mulaw') decodeMulaw(audio, this.#samples);
    else decodeAlaw(audio, this.#samples);
    return this.#samples.subarray(0, audio.length);
  }

  /** Byte by byte: a chunk may begin at an odd address or in the middle of a sample. */
  #readPcm(audio: Uint8Array): number {
    let count = 0;
    let index = 0;
    if (this.#lowByte >= 0 && audio.length > 0) {
      this.#samples[count++] = this.#lowByte | ((audio[index++] ?? 0) << 8);
      this.#lowByte = -1;
    }
    for (; index + 1 < audio.length; index += 2) {
      this.#samples[count++] = (audio[index] ?? 0) | ((audio[index + 1] ?? 0) << 8);
    }
    if (index < audio.length) this.#lowByte = audio[index] ?? 0;
    return count;
  }

  #write(samples: Int16Array): Uint8Array {
    const size = this.#to === 'pcm16' ? samples.length * 2 : samples.length;
    if (this.#bytes.length < size) this.#bytes = new Uint8Array(size);
    const bytes = this.#bytes;
    if (this.#to === 'mulaw') encodeMulaw(samples, bytes);
    else if (this.#to === 'alaw') encodeAlaw(samples, bytes);
    else {
      for (let index = 0; index < samples.length; index += 1) {
        const sample = samples[index] ?? 0;
        bytes[index * 2] = sample;
        bytes[index * 2 + 1] = sample >> 8;
      }
    }
    return bytes.subarray(0, size);
  }
}
