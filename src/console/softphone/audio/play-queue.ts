export interface PlayQueueOptions {
  /** How much must be there before sound begins, so that a late message makes no gap. */
  readonly primeSamples: number;
  /** Above it the oldest sound is dropped: whoever sends that far ahead is not in step. */
  readonly mostSamples: number;
  /** Everything pushed before this mark has been played, or was cleared. */
  readonly onMark: (name: string) => void;
}

/** A small jitter buffer with marks in it. Pure: whoever plays pulls from it at the pace of the loudspeaker. */
export class PlayQueue {
  readonly #options: PlayQueueOptions;
  #items: (Float32Array | string)[] = [];
  #samples = 0;
  #waited = 0;
  #playing = false;

  constructor(options: PlayQueueOptions) {
    this.#options = options;
  }

  pushAudio(samples: Float32Array): void {
    if (samples.length === 0) return;
    this.#items.push(samples);
    this.#samples += samples.length;
    while (this.#samples > this.#options.mostSamples) this.#dropOldest();
  }

  pushMark(name: string): void {
    this.#items.push(name);
  }

  /** Drops all sound; its marks are reported at once. */
  clear(): void {
    const marks = this.#items.filter((item) => typeof item === 'string');
    this.#items = [];
    this.#samples = 0;
    this.#playing = false;
    for (const mark of marks) this.#options.onMark(mark);
  }

  /** Fills `into` with what comes next, and silence where there is nothing. */
  pull(into: Float32Array): void {
    into.fill(0);
    this.#reportMarks();
    if (!this.#start(into.length)) return;
    let filled = 0;
    while (filled < into.length) {
      const head = this.#items[0];
      if (!(head instanceof Float32Array)) break;
      const part = head.subarray(0, into.length - filled);
      into.set(part, filled);
      filled += part.length;
      this.#samples -= part.length;
      if (part.length === head.length) this.#items.shift();
      else this.#items[0] = head.subarray(part.length);
      this.#reportMarks();
    }
    this.#playing = filled === into.length;
  }

  /** Whether sound runs, or may begin: enough is there, or what is there has waited long enough for more. */
  #start(pulled: number): boolean {
    if (this.#playing) return true;
    this.#waited = this.#samples === 0 ? 0 : this.#waited + pulled;
    this.#playing =
      this.#samples > 0 && (this.#samples >= this.#options.primeSamples || this.#waited >= this.#options.primeSamples);
    if (this.#playing) this.#waited = 0;
    return this.#playing;
  }

  #reportMarks(): void {
    for (let head = this.#items[0]; typeof head === 'string'; head = this.#items[0]) {
      this.#items.shift();
      this.#options.onMark(head);
    }
  }

  #dropOldest(): void {
    const index = this.#items.findIndex((item) => item instanceof Float32Array);
    const [dropped] = this.#items.splice(index, 1);
    if (dropped instanceof Float32Array) this.#samples -= dropped.length;
  }
}
