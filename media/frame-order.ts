/** Where the frames of a stream go once they are in order. */
export interface OrderedFrames {
  /** The bytes are reused: copy what is kept. */
  onFrame(audio: Uint8Array): void;
  /** So many frames of this length, in bytes, never came. */
  onLost(frames: number, byteLength: number): void;
}

/** What became of the frames that did not come in order. */
export interface FrameCounts {
  /** Never came: given as lost. */
  readonly lost: number;
  /** Came twice, or after they were given as lost: left out. */
  readonly late: number;
  /** Came before one that belongs before them, and waited for it. */
  readonly early: number;
}

/** No more than so many lost frames are told at once; a longer gap is told by the clock of whoever listens. */
export const MOST_LOST = 50;
/** A number further behind than this is no late frame: the sender counts anew. */
const FURTHEST_BACK = 50;
/** So many frames in a row that come too late: the numbers mean something else, and are not looked at any more. */
const MOST_LATE_IN_A_ROW = 50;

/**
 * Puts the frames of one stream in the order of their numbers, which count up by one. A carrier whose frames keep their
 * order needs no `window`: then a gap is what was lost. Where they may overtake each other, up to `window` frames are
 * held until the one that is missing comes, or has not come before the window is full. No timer: the next frame decides.
 */
export class FrameOrder {
  readonly #window: number;
  readonly #into: OrderedFrames;
  readonly #held = new Map<number, Uint8Array>();
  /** The number of the next frame; null before the first. */
  #next: number | null = null;
  #isTrusted = true;
  #lateInARow = 0;
  #lost = 0;
  #late = 0;
  #early = 0;

  constructor(window: number, into: OrderedFrames) {
    this.#window = window;
    this.#into = into;
  }

  /** A frame; `number` is 0, or not a whole number above it, where the carrier numbers none: it is passed on as it comes. */
  push(number: number, audio: Uint8Array): void {
    if (number === this.#next) {
      this.#next += 1;
      this.#lateInARow = 0;
      this.#into.onFrame(audio);
      if (this.#held.size > 0) this.#giveHeld();
      return;
    }
    this.#pushOther(number, audio);
  }

  /** The stream is over: gives what still waits. */
  finish(): void {
    while (this.#held.size > 0) this.#skipToHeld();
  }

  get counts(): FrameCounts {
    return { lost: this.#lost, late: this.#late, early: this.#early };
  }

  #pushOther(number: number, audio: Uint8Array): void {
    if (!this.#isTrusted || !Number.isSafeInteger(number) || number <= 0) return this.#into.onFrame(audio);
    if (this.#next === null) {
      // The very first may be overtaken as well.
      this.#next = number <= this.#window ? 1 : number;
      return this.push(number, audio);
    }
    if (number < this.#next) return this.#pushLate(number, audio);
    this.#lateInARow = 0;
    if (this.#window === 0) {
      this.#lose(number - this.#next, audio.length);
      this.#next = number + 1;
      return this.#into.onFrame(audio);
    }
    if (this.#held.has(number)) {
      this.#late += 1;
      return;
    }
    this.#early += 1;
    this.#held.set(number, Uint8Array.from(audio));
    while (this.#held.size > 0 && (this.#held.size > this.#window || this.#isWaitedForTooLong(number)))
      this.#skipToHeld();
  }

  /** With a hole of more than the window before it, even the first of what is held has waited long enough. */
  #isWaitedForTooLong(number: number): boolean {
    return this.#next !== null && number - this.#next > this.#window;
  }

  #pushLate(number: number, audio: Uint8Array): void {
    const behind = (this.#next ?? 0) - number;
    this.#lateInARow += 1;
    if (behind <= FURTHEST_BACK && this.#lateInARow <= MOST_LATE_IN_A_ROW) {
      this.#late += 1;
      return;
    }
    this.finish();
    if (this.#lateInARow > MOST_LATE_IN_A_ROW) this.#isTrusted = false;
    this.#lateInARow = 0;
    this.#next = number + 1;
    this.#into.onFrame(audio);
  }

  /** The first that is held goes on; what is missing before it is lost. */
  #skipToHeld(): void {
    let first = Infinity;
    for (const number of this.#held.keys()) first = Math.min(first, number);
    this.#lose(first - (this.#next ?? first), this.#held.get(first)?.length ?? 0);
    this.#next = first;
    this.#giveHeld();
  }

  #giveHeld(): void {
    for (let next = this.#next; next !== null; next = this.#next) {
      const audio = this.#held.get(next);
      if (audio === undefined) return;
      this.#held.delete(next);
      this.#next = next + 1;
      this.#into.onFrame(audio);
    }
  }

  #lose(frames: number, byteLength: number): void {
    if (frames <= 0) return;
    this.#lost += frames;
    this.#into.onLost(Math.min(MOST_LOST, frames), byteLength);
  }
}
