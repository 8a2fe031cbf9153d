/**
 * The page's time, read here and nowhere else. Due times follow the database's clock, so countdowns use this clock
 * moved by the difference that `GET /system` showed.
 */
class PageClock {
  #aheadMs = 0;

  /** Milliseconds since 1970 on the gateway's clock, as well as this page knows it. */
  nowMs(): number {
    return Date.now() + this.#aheadMs;
  }

  /** Takes the gateway's time as it was told in an answer that took `tripMs` to come. */
  learn(gatewayNow: string, tripMs: number): void {
    const toldMs = Date.parse(gatewayNow);
    if (Number.isFinite(toldMs)) this.#aheadMs = toldMs + tripMs / 2 - Date.now();
  }

  /** How far the gateway's clock is ahead of this computer's; negative when behind. */
  get aheadMs(): number {
    return this.#aheadMs;
  }

  /** For elapsed time only. */
  elapsedMs(): number {
    return performance.now();
  }

  /** Runs `run` once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, run: () => void): () => void {
    const timer = setTimeout(run, Math.max(0, delayMs));
    return () => clearTimeout(timer);
  }

  /** Runs `run` every `periodMs`; the returned function ends it. */
  every(periodMs: number, run: () => void): () => void {
    const timer = setInterval(run, periodMs);
    return () => clearInterval(timer);
  }
}

export const pageClock = new PageClock();
