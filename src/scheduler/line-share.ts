import type { MonotonicClock } from '../clock.ts';

/** A little longer than the longest pause between two looks at a callback that waits for a line. */
const STILL_WAITS_MS = 10_000;

/**
 * Shares the free lines of this process among agents: an agent whose turn was longer ago goes first, so that a thousand
 * overdue callbacks of one agent do not keep another's single one waiting. Within an agent the one that was due first
 * goes first, as it does among agents who have all had as many turns. A line that is kept for an agent stays free until
 * its callback is looked at again, a few seconds at most. Bounded by the agents there are.
 */
export class LineShare {
  readonly #clock: MonotonicClock;
  #turns = 0;
  /** The last turn of each agent. */
  readonly #lastTurn = new Map<string, number>();
  /** Until when each agent counts as waiting. */
  readonly #waitsUntilMs = new Map<string, number>();

  constructor(clock: MonotonicClock) {
    this.#clock = clock;
  }

  /** The order in which callbacks of these agents are looked at, as indices: the agents take turns. */
  inTurn(agentIds: readonly string[]): number[] {
    const seen = new Map<string, number>();
    const keys = agentIds.map((agentId) => {
      const round = (seen.get(agentId) ?? 0) + 1;
      seen.set(agentId, round);
      return { round, lastTurn: this.#lastTurn.get(agentId) ?? 0 };
    });
    // Stable: those that come first by time stay first among equals.
    return [...keys.entries()]
      .toSorted(([, a], [, b]) => a.round - b.round || a.lastTurn - b.lastTurn)
      .map(([index]) => index);
  }

  /** A callback of this agent waits for nothing but a line; or what was looked at last does not, or not any more. */
  wants(agentId: string, isWanted: boolean): void {
    if (isWanted) this.#waitsUntilMs.set(agentId, this.#clock.nowMs() + STILL_WAITS_MS);
    else this.#waitsUntilMs.delete(agentId);
  }

  /** Whether this agent may have one of so many free lines: one is kept for each that waits and whose turn is earlier. */
  mayTake(agentId: string, free: number): boolean {
    const ownTurn = this.#lastTurn.get(agentId) ?? 0;
    let before = 0;
    for (const [other, untilMs] of this.#waitsUntilMs) {
      if (untilMs <= this.#clock.nowMs()) this.#waitsUntilMs.delete(other);
      else if (other !== agentId && (this.#lastTurn.get(other) ?? 0) < ownTurn) before += 1;
    }
    return free > before;
  }

  /** It has got one. */
  took(agentId: string): void {
    this.#turns += 1;
    this.#lastTurn.set(agentId, this.#turns);
    this.#waitsUntilMs.delete(agentId);
  }
}
