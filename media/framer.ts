import { bytesOf, bytesPerSample, FRAME_MS, silenceByte, type AudioFormat } from './audio-format.ts';

/** Cuts one stream of audio into frames of exactly FRAME_MS. Holds less than one frame; nothing to close. */
export interface Framer {
  /**
   * Takes a chunk of any size and gives each frame that is whole by now. The bytes of a frame are valid until `onFrame`
   * returns: copy what is kept.
   */
  push(audio: Uint8Array): void;
  /** Gives what is held, if anything, filled up with silence; half a sample is let go. */
  flush(): void;
  /** Drops what is held. */
  clear(): void;
  readonly heldBytes: number;
}

export function openFramer(format: AudioFormat, onFrame: (frame: Uint8Array) => void): Framer {
  return new ExactFramer(format, onFrame);
}

class ExactFramer implements Framer {
  readonly #onFrame: (frame: Uint8Array) => void;
  readonly #frame: Uint8Array;
  readonly #silence: number;
  readonly #sampleBytes: number;
  #held = 0;

  constructor(format: AudioFormat, onFrame: (frame: Uint8Array) => void) {
    this.#onFrame = onFrame;
    this.#frame = new Uint8Array(bytesOf(format, FRAME_MS));
    this.#silence = silenceByte(format);
    this.#sampleBytes = bytesPerSample(format);
  }

  get heldBytes(): number {
    return this.#held;
  }

  push(audio: Uint8Array): void {
    const size = this.#frame.length;
    let at = 0;
    while (at < audio.length) {
      if (this.#held === 0 && audio.length - at >= size) {
        // A frame that lies whole in the chunk needs no copy.
        this.#onFrame(audio.subarray(at, at + size));
        at += size;
        continue;
      }
      const taken = Math.min(size - this.#held, audio.length - at);
      this.#frame.set(audio.subarray(at, at + taken), this.#held);
      this.#held += taken;
      at += taken;
      if (this.#held === size) this.#giveHeld();
    }
  }

  flush(): void {
    const whole = this.#held - (this.#held % this.#sampleBytes);
    this.#held = 0;
    if (whole === 0) return;
    this.#frame.fill(this.#silence, whole);
    this.#giveHeld();
  }

  clear(): void {
    this.#held = 0;
  }

  #giveHeld(): void {
    // Before the call: one that throws must not give the frame again.
    this.#held = 0;
    this.#onFrame(this.#frame);
  }
}
