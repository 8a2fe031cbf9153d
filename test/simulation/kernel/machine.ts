import type { Clock, Timer } from '../../../src/clock.ts';
import type { Random } from './random.ts';
import type { Happening, Universe } from './universe.ts';

/** `stopped`: its monotonic clock goes on (SIGSTOP). `suspended`: it stands still (a virtual machine that was suspended). */
export type Standstill = 'stopped' | 'suspended';

export interface MachineOptions {
  readonly universe: Universe;
  readonly random: Random;
  /** What a right clock shows at the beginning of the universe, as Unix time in milliseconds. */
  readonly originMs: number;
  /** How much faster than true time its clocks run, as a fraction: 0.0001 is 100 ppm. */
  readonly drift: number;
  /** How wrong its wall clock is. */
  readonly wallOffsetMs: number;
  /** How late its timers run, typically. */
  readonly laggardMs: number;
}

/**
 * The machine and the process on it: its clocks, and whether anything runs there at all. Whatever reaches the code of a
 * process comes through here, so a process that was killed never takes another step, and one that stands still takes
 * none until it goes on.
 */
export class Machine {
  readonly #options: MachineOptions;
  readonly #held: (() => void)[] = [];
  /** What lets go of the signals that sleepers listen to. */
  readonly #sleepers = new Set<() => void>();
  #alive = true;
  #standstill: Standstill | null = null;
  #wallOffsetMs: number;
  /** The part of true time that its monotonic clock did not count. */
  #lostMs = 0;
  #suspendedAtMs = 0;
  #stoodAtMs = Number.NEGATIVE_INFINITY;
  readonly clock: Clock;

  constructor(options: MachineOptions) {
    this.#options = options;
    this.#wallOffsetMs = options.wallOffsetMs;
    this.clock = {
      nowMs: () => this.#monotonicMs(),
      instant: () => Temporal.Instant.fromEpochMilliseconds(Math.floor(this.#wallMs())),
      setTimer: (delayMs, run) => this.#setTimer(delayMs, run),
      sleep: (delayMs, signal) => this.#sleep(delayMs, signal),
    };
  }

  get alive(): boolean {
    return this.#alive;
  }

  get runs(): boolean {
    return this.#alive && this.#standstill === null;
  }

  /** When it last stood still, by true time; now, while it does. */
  get stoodAtMs(): number {
    return this.#standstill === null ? this.#stoodAtMs : this.#options.universe.nowMs;
  }

  /** What comes in from outside after `delayMs`: an answer, a request. */
  deliver(delayMs: number, run: () => void): void {
    this.#options.universe.after(delayMs, () => this.#take(run));
  }

  /** Nothing of the process remains. */
  kill(): void {
    this.#alive = false;
    this.#held.length = 0;
    // Node keeps a signal that is listened to, and with it everything that it leads to.
    for (const letGo of this.#sleepers) letGo();
    this.#sleepers.clear();
  }

  stand(how: Standstill): void {
    if (!this.runs) return;
    this.#standstill = how;
    this.#suspendedAtMs = this.#options.universe.nowMs;
  }

  /** Goes on; what came in meanwhile is taken in one by one, in any order. */
  goOn(): void {
    if (!this.#alive || this.#standstill === null) return;
    if (this.#standstill === 'suspended') this.#lostMs += this.#options.universe.nowMs - this.#suspendedAtMs;
    this.#standstill = null;
    this.#stoodAtMs = this.#options.universe.nowMs;
    const { random, universe } = this.#options;
    for (const run of this.#held.splice(0)) universe.after(random.between(0, 2), () => this.#take(run));
  }

  /** Somebody sets its wall clock. */
  stepWall(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  #take(run: () => void): void {
    if (!this.#alive) return;
    if (this.#standstill === null) run();
    else this.#held.push(run);
  }

  #monotonicMs(): number {
    const { universe, drift } = this.#options;
    const untilMs = this.#standstill === 'suspended' ? this.#suspendedAtMs : universe.nowMs;
    return (untilMs - this.#lostMs) * (1 + drift);
  }

  #wallMs(): number {
    const { universe, drift, originMs } = this.#options;
    return originMs + universe.nowMs * (1 + drift) + this.#wallOffsetMs;
  }

  #setTimer(delayMs: number, run: () => void): Timer {
    const { universe, random, drift, laggardMs } = this.#options;
    const dueMs = this.#monotonicMs() + Math.max(0, delayMs);
    let armed: Happening;
    let cancelled = false;
    const arm = (): void => {
      const leftMs = Math.max(0, dueMs - this.#monotonicMs()) / (1 + drift);
      const lateMs = laggardMs === 0 ? 0 : random.delay(laggardMs);
      // Rounding must not make it early by its own clock.
      armed = universe.after(leftMs + lateMs + 1e-6, () => this.#take(look));
    };
    const look = (): void => {
      // It may have been cancelled while the process stood still.
      if (cancelled) return;
      if (this.#monotonicMs() < dueMs) arm();
      else run();
    };
    arm();
    return {
      cancel: () => {
        cancelled = true;
        armed.off = true;
      },
    };
  }

  #sleep(delayMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const letGo = (): void => {
        signal.removeEventListener('abort', onAbort);
        timer.cancel();
      };
      const wake = (): void => {
        this.#sleepers.delete(letGo);
        letGo();
      };
      const onAbort = (): void => {
        wake();
        reject(signal.reason);
      };
      const timer = this.#setTimer(delayMs, () => {
        wake();
        resolve();
      });
      this.#sleepers.add(letGo);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}
