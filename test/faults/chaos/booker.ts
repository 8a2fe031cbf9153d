import { randomUUID } from 'node:crypto';
import { systemClock } from '../../../src/clock.ts';
import type { Random } from '../../simulation/kernel/random.ts';
import { TOKEN, type ReplicaWorld } from '../replica-world.ts';
import type { People } from './people.ts';

/** One promise that was acknowledged to whoever asked for it. */
export interface Booked {
  readonly id: string;
  readonly to: string;
  readonly dueAtMs: number;
  /** When the cancel was acknowledged, by `performance.now()`. */
  cancelledAtMs: number | null;
}

const EVERY_MS: readonly [number, number] = [150, 550];
const DUE_IN_MS: readonly [number, number] = [300, 8_000];
/** A slow machine is not to be buried: no more is asked for while so much is not answered, or so many are not rung yet. */
const MOST_ASKING = 20;
const MOST_WAITING = 40;
const CANCELLED_SHARE = 0.08;
const CANCEL_AROUND_MS = 250;
const ASK_WITHIN_MS = 5_000;
const ASK_AGAIN_MS = 250;

/** Whoever wants to be called back: asks again, with the same key, until there is an answer, whatever is down meanwhile. */
export class Booker {
  readonly booked: Booked[] = [];
  readonly #world: ReplicaWorld;
  readonly #people: People;
  readonly #random: Random;
  readonly #asking = new Set<Promise<void>>();

  constructor(world: ReplicaWorld, people: People, random: Random) {
    this.#world = world;
    this.#people = people;
    this.#random = random;
  }

  /** Books until `signal`. */
  async book(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.#asking.size < MOST_ASKING && this.#waiting() < MOST_WAITING) this.#own(this.#bookOne());
      await systemClock.sleep(this.#random.between(...EVERY_MS), signal).catch(() => undefined);
    }
  }

  /** Resolves when everything that was asked for was answered. */
  async answered(): Promise<void> {
    while (this.#asking.size > 0) await Promise.all(this.#asking);
  }

  /** Promises that nobody has rung for yet. */
  #waiting(): number {
    const rung = new Set(this.#people.requests.map(({ callbackId }) => callbackId));
    return this.booked.filter(({ id, cancelledAtMs }) => cancelledAtMs === null && !rung.has(id)).length;
  }

  async #bookOne(): Promise<void> {
    const to = this.#people.newPerson();
    const dueAtMs = Math.ceil(Temporal.Now.instant().epochMilliseconds + this.#random.between(...DUE_IN_MS));
    const cancelled = this.#random.chance(CANCELLED_SHARE);
    const cancelAtMs = dueAtMs + this.#random.between(-CANCEL_AROUND_MS, CANCEL_AROUND_MS);
    const dueAt = Temporal.Instant.fromEpochMilliseconds(dueAtMs).toString();
    const { status, body } = await this.#ask('/callbacks', { agentId: this.#world.agentId, to, dueAt });
    // It took so long to be heard that its time is past: they know that they have no promise.
    if (status === 422 && body['code'] === 'due_in_past') return;
    if (status !== 201) throw new Error(`a booking was answered with ${status}: ${JSON.stringify(body)}`);
    const one: Booked = { id: String(body['id']), to, dueAtMs, cancelledAtMs: null };
    this.booked.push(one);
    if (!cancelled) return;
    const inMs = Math.max(0, cancelAtMs - Temporal.Now.instant().epochMilliseconds);
    await systemClock.sleep(inMs, new AbortController().signal);
    const answer = await this.#ask(`/callbacks/${one.id}/cancel`, {});
    if (answer.status === 200) one.cancelledAtMs = performance.now();
  }

  async #ask(path: string, wanted: object): Promise<{ status: number; body: Record<string, unknown> }> {
    const key = randomUUID();
    for (;;) {
      const answer = await fetch(`${this.#world.balancer.url}/api/v1${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify(wanted),
        signal: AbortSignal.timeout(ASK_WITHIN_MS),
      }).catch(() => null);
      const text = await answer?.text().catch(() => null);
      if (answer != null && text != null && answer.status < 500 && answer.status !== 429)
        return { status: answer.status, body: JSON.parse(text) as Record<string, unknown> };
      await systemClock.sleep(ASK_AGAIN_MS, new AbortController().signal);
    }
  }

  #own(work: Promise<void>): void {
    const owned = work.finally(() => this.#asking.delete(owned));
    this.#asking.add(owned);
  }
}
