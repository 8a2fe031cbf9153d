import { z } from 'zod';
import type { MonotonicClock, Timer } from '../../clock.ts';
import type { CarrierEnd } from '../../domain/attempt-states.ts';
import type { Bus, FoundCall } from '../carrier.ts';

/** A call to a browser's line, from the first ring until some time after its end. */
export interface Ring {
  readonly ringId: string;
  readonly carrierCallId: string;
  readonly line: string;
  readonly agentName: string;
  readonly topic: string;
  /** On this process's monotonic clock. */
  readonly ringsUntilMs: number;
  state: FoundCall['state'];
}

/** Why a ring stopped; the softphone's words for it. */
export type RingEnd = 'answered' | 'declined' | 'rang_out' | 'cancelled';

const busMessage = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('ring'),
    ringId: z.string(),
    line: z.string(),
    agentName: z.string(),
    topic: z.string(),
    ringMs: z.number(),
  }),
  z.object({
    type: z.literal('ring_over'),
    ringId: z.string(),
    cause: z.enum(['answered', 'declined', 'rang_out', 'cancelled']),
  }),
  z.object({ type: z.literal('hangup'), carrierCallId: z.string() }),
  z.object({ type: z.literal('over'), carrierCallId: z.string() }),
]);
type BusMessage = z.infer<typeof busMessage>;

/** The dialling replica ends a ring; the others wait this much longer before they take it for dead. */
const GRACE_MS = 5_000;
/** How long a ring that is over can still be asked for by the reconciler. */
const REMEMBER_MS = 600_000;
/** Above it the oldest is forgotten. */
const MOST_RINGS = 10_000;

export interface RingEvents {
  /** A line is being rung. */
  onRing(ring: Ring): void;
  onRingOver(ring: Ring, cause: RingEnd): void;
  /** The gateway wants this call ended, wherever its page is connected. */
  onHangup(carrierCallId: string): void;
}

/** All rings of all replicas, as told over the bus. A replica that was cut off knows fewer, never wrong ones. */
export class Rings implements Disposable {
  readonly #bus: Bus;
  readonly #clock: MonotonicClock;
  readonly #events: RingEvents;
  readonly #rings = new Map<string, Ring>();
  readonly #timers = new Map<string, Timer>();
  readonly #subscription: Disposable;

  constructor(options: { bus: Bus; clock: MonotonicClock; events: RingEvents }) {
    this.#bus = options.bus;
    this.#clock = options.clock;
    this.#events = options.events;
    this.#subscription = this.#bus.subscribe((message) => {
      const parsed = busMessage.safeParse(message);
      if (parsed.success) this.#hear(parsed.data);
    });
  }

  publish(message: BusMessage): Promise<void> {
    return this.#bus.publish(message);
  }

  find(ringId: string): Ring | undefined {
    return this.#rings.get(ringId);
  }

  /** Those that ring on this line now. */
  ringing(line: string): Ring[] {
    return [...this.#rings.values()].filter((ring) => ring.line === line && isRinging(ring));
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  #hear(message: BusMessage): void {
    if (message.type === 'ring') return this.#begin(message);
    if (message.type === 'hangup') return this.#events.onHangup(message.carrierCallId);
    if (message.type === 'over') {
      const ring = this.#rings.get(ringIdOf(message.carrierCallId));
      if (ring === undefined) return;
      // A page that answered and was gone before it was connected: the others must not go on ringing.
      this.#over(ring, 'answered');
      ring.state = { ended: 'hung_up' };
      return;
    }
    const ring = this.#rings.get(message.ringId);
    if (ring !== undefined) this.#over(ring, message.cause);
  }

  #begin(message: Extract<BusMessage, { type: 'ring' }>): void {
    if (this.#rings.has(message.ringId)) return;
    const ring: Ring = {
      ringId: message.ringId,
      carrierCallId: carrierCallIdOf(message.ringId),
      line: message.line,
      agentName: message.agentName,
      topic: message.topic,
      ringsUntilMs: this.#clock.nowMs() + message.ringMs,
      state: 'ringing',
    };
    this.#rings.set(ring.ringId, ring);
    const oldest = this.#rings.size > MOST_RINGS ? this.#rings.keys().next().value : undefined;
    if (oldest !== undefined) this.#forget(oldest);
    this.#after(ring.ringId, message.ringMs + GRACE_MS, () => this.#over(ring, 'rang_out'));
    this.#events.onRing(ring);
  }

  #over(ring: Ring, cause: RingEnd): void {
    if (!isRinging(ring)) return;
    ring.state = cause === 'answered' ? 'answered' : { ended: endOf(cause) };
    this.#after(ring.ringId, REMEMBER_MS, () => this.#forget(ring.ringId));
    this.#events.onRingOver(ring, cause);
  }

  #after(ringId: string, delayMs: number, run: () => void): void {
    this.#timers.get(ringId)?.cancel();
    this.#timers.set(ringId, this.#clock.setTimer(delayMs, run));
  }

  #forget(ringId: string): void {
    this.#timers.get(ringId)?.cancel();
    this.#timers.delete(ringId);
    this.#rings.delete(ringId);
  }
}

export function isRinging(ring: Ring): boolean {
  return ring.state === 'ringing';
}

/** A ring's call id at this carrier: the attempt's id, marked as ours. */
export function carrierCallIdOf(ringId: string): string {
  return `BR-${ringId}`;
}

export function ringIdOf(carrierCallId: string): string {
  return carrierCallId.slice('BR-'.length);
}

/** How the gateway names the end of a ring. */
export function endOf(cause: Exclude<RingEnd, 'answered'>): CarrierEnd {
  if (cause === 'declined') return 'rejected';
  return cause === 'rang_out' ? 'no_answer' : 'cancelled';
}
