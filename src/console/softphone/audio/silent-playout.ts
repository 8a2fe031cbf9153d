import { pageClock } from '../../time/clock.ts';
import { WIRE_HZ } from './pcm.ts';

/** Where what the gateway sends is played. */
export interface Playout {
  play(pcm: ArrayBuffer): void;
  /** Reported when all that came before has been played. */
  mark(name: string): void;
  /** Drops what is not played yet; its marks are reported at once. */
  clear(): void;
  close(): void;
}

/** Where a browser makes no sound, time passes all the same: marks come when the sound would have ended. */
export class SilentPlayout implements Playout {
  readonly #onMark: (name: string) => void;
  readonly #waiting = new Map<string, () => void>();
  #endsAtMs = 0;

  constructor(onMark: (name: string) => void) {
    this.#onMark = onMark;
  }

  play(pcm: ArrayBuffer): void {
    this.#endsAtMs = Math.max(this.#endsAtMs, pageClock.elapsedMs()) + (pcm.byteLength / 2 / WIRE_HZ) * 1000;
  }

  mark(name: string): void {
    const cancel = pageClock.after(this.#endsAtMs - pageClock.elapsedMs(), () => {
      this.#waiting.delete(name);
      this.#onMark(name);
    });
    this.#waiting.set(name, cancel);
  }

  clear(): void {
    this.#endsAtMs = 0;
    for (const [name, cancel] of this.#waiting) {
      cancel();
      this.#onMark(name);
    }
    this.#waiting.clear();
  }

  close(): void {
    for (const cancel of this.#waiting.values()) cancel();
    this.#waiting.clear();
  }
}
