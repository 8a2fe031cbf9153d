import { bytesPerSample, silenceByte, type AudioFormat } from '../../media/audio-format.ts';
import { alawSamples, mulawSamples } from '../../media/g711.ts';
import { blockBytes, CHANNELS } from './wav-header.ts';

/** What a timeline gives, in order and without holes: audio of both channels, interleaved, or that much silence. */
export interface TimelineOutput {
  /** The bytes are reused: copy what is kept. */
  audio(bytes: Uint8Array): void;
  silence(byteLength: number): void;
}

/** Of a part that was refused, or taken. */
export type Placed = 'placed' | 'too_far';

/**
 * How late a part may come and still be what follows the one before it, by whom it is from. A caller's time is when
 * their audio arrived, and that trembles: a frame that a network held up is followed by a burst, and silence put before
 * it would move all that comes after. The agent's time is reckoned, so that only its rounding is let pass.
 */
export const JITTER_MS = { caller: 60, agent: 1 } as const;

/** How far a channel may run ahead of the time of its parts before quiet parts of it are left out. */
export const AHEAD_MS = 60;

/** So long a channel's audio waits for that of the other, in memory. */
export const HOLD_MS = 1000;

/** Audio is given in pieces of this length, except at the end: each costs a journey to the disk, by another thread. */
export const PIECE_MS = 2000;

/** A part that lies further than this beyond all that was heard has a wrong time. */
export const GAP_MAX_MS = 3_600_000;

/** Quieter than this, of 32,768, is nothing that somebody said (-50 dBFS). */
const QUIET = 104;

/**
 * Lays the two channels of a call beside each other by the time at which each part was heard.
 *
 * - A part later than the end of its channel: silence fills the gap (for up to JITTER_MS it is no gap, see there).
 * - A part earlier than the end of its channel: it is appended there, nothing is overwritten and the order stays. A
 *   sender's clock that runs fast, and a gap that proved to be none, bring a channel ahead of its time like that; it is
 *   brought back by leaving out parts that are quiet from beginning to end, while it is more than AHEAD_MS ahead.
 * - A part of a time that was given already (the other channel is more than HOLD_MS further): it is put at the border.
 * - A part more than GAP_MAX_MS beyond everything: refused. A time that is no number, or below 0: where the channel is.
 *
 * Memory: HOLD_MS + PIECE_MS of both channels, whatever comes.
 */
export class Timeline {
  readonly #format: AudioFormat;
  readonly #output: TimelineOutput;
  readonly #sampleBytes: number;
  readonly #block: number;
  readonly #pieceSamples: number;
  readonly #window: Uint8Array;
  readonly #windowSamples: number;
  readonly #quiet: Uint8Array | null;
  /** The sample at which the window begins; everything before was given. */
  #base = 0;
  readonly #channels = {
    caller: { offset: 0, end: 0, lowByte: -1, jitterSamples: 0 },
    agent: { offset: 1, end: 0, lowByte: -1, jitterSamples: 0 },
  };

  constructor(format: AudioFormat, output: TimelineOutput) {
    this.#format = format;
    this.#output = output;
    this.#sampleBytes = bytesPerSample(format);
    this.#block = blockBytes(format);
    this.#pieceSamples = this.#samples(PIECE_MS);
    this.#windowSamples = this.#samples(HOLD_MS) + this.#pieceSamples;
    this.#window = new Uint8Array(this.#windowSamples * this.#block).fill(silenceByte(format));
    this.#quiet = format.encoding === 'pcm16' ? null : format.encoding === 'mulaw' ? quietMulaw : quietAlaw;
    for (const who of ['caller', 'agent'] as const) {
      this.#channels[who].offset *= this.#sampleBytes;
      this.#channels[who].jitterSamples = this.#samples(JITTER_MS[who]);
    }
  }

  /** Samples of each channel so far. */
  get length(): number {
    return Math.max(this.#channels.caller.end, this.#channels.agent.end);
  }

  /** Where a channel ends by now, in ms from the beginning. */
  endMs(who: 'caller' | 'agent'): number {
    return (this.#channels[who].end * 1000) / this.#format.sampleRateHz;
  }

  place(who: 'caller' | 'agent', audio: Uint8Array, atMs: number): Placed {
    if (audio.length === 0) return 'placed';
    const channel = this.#channels[who];
    const at = atMs >= 0 ? Math.round((atMs * this.#format.sampleRateHz) / 1000) : channel.end;
    if (at > this.length + this.#samples(GAP_MAX_MS)) return 'too_far';
    if (channel.end - at > this.#samples(AHEAD_MS) && channel.lowByte < 0 && this.#isQuiet(audio)) return 'placed';
    if (at - channel.end > (channel.end === 0 ? 0 : channel.jitterSamples)) {
      channel.end = at;
      channel.lowByte = -1;
    }
    channel.end = Math.max(channel.end, this.#base);

    let from = 0;
    if (this.#sampleBytes === 2 && channel.lowByte >= 0 && audio.length > 0) {
      this.#write(channel, Uint8Array.of(channel.lowByte, audio[0] ?? 0));
      channel.lowByte = -1;
      from = 1;
    }
    const until = audio.length - ((audio.length - from) % this.#sampleBytes);
    // In pieces, so that one long part finds room too.
    const most = this.#pieceSamples * this.#sampleBytes;
    for (; from < until; from += most) this.#write(channel, audio.subarray(from, Math.min(until, from + most)));
    if (until < audio.length) channel.lowByte = audio[until] ?? 0;
    return 'placed';
  }

  /** Gives all that waits. */
  finish(): void {
    this.#give(this.length - this.#base);
  }

  #write(channel: { readonly offset: number; end: number }, audio: Uint8Array): void {
    const samples = audio.length / this.#sampleBytes;
    this.#makeRoom(channel.end + samples);
    const window = this.#window;
    let at = (channel.end - this.#base) * this.#block + channel.offset;
    if (this.#sampleBytes === 1) {
      for (let index = 0; index < audio.length; index += 1, at += CHANNELS) window[at] = audio[index] ?? 0;
    } else {
      for (let index = 0; index < audio.length; index += 2, at += 2 * CHANNELS) {
        window[at] = audio[index] ?? 0;
        window[at + 1] = audio[index + 1] ?? 0;
      }
    }
    channel.end += samples;
  }

  /** Gives the oldest of the window until sample `until` lies within it. */
  #makeRoom(until: number): void {
    const missing = until - this.#base - this.#windowSamples;
    if (missing > 0) this.#give(Math.max(missing, this.#pieceSamples));
  }

  #give(samples: number): void {
    const held = Math.min(samples, this.#windowSamples);
    const bytes = held * this.#block;
    if (bytes > 0) this.#output.audio(this.#window.subarray(0, bytes));
    this.#window.copyWithin(0, bytes);
    this.#window.fill(silenceByte(this.#format), this.#window.length - bytes);
    // Beyond the window nothing was heard.
    if (samples > held) this.#output.silence((samples - held) * this.#block);
    this.#base += samples;
  }

  #isQuiet(audio: Uint8Array): boolean {
    const quiet = this.#quiet;
    if (quiet !== null) return audio.every((code) => quiet[code] === 1);
    if (audio.length % 2 !== 0) return false;
    for (let index = 0; index < audio.length; index += 2) {
      const sample = (((audio[index + 1] ?? 0) << 24) >> 16) | (audio[index] ?? 0);
      if (sample > QUIET || sample < -QUIET) return false;
    }
    return true;
  }

  #samples(ms: number): number {
    return Math.round((this.#format.sampleRateHz * ms) / 1000);
  }
}

/** 1 where a code is quiet. */
const quietMulaw = Uint8Array.from(mulawSamples, (sample) => (Math.abs(sample) <= QUIET ? 1 : 0));
const quietAlaw = Uint8Array.from(alawSamples, (sample) => (Math.abs(sample) <= QUIET ? 1 : 0));
