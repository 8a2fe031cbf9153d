import type { Database, Subscription } from '../../db/database.ts';
import { RingbackError } from '../errors.ts';

const BUS_CHANNEL = 'ringback_bus';
/** A NOTIFY carries less than 8,000 bytes. */
const LONGEST_MESSAGE = 4096;

/** One topic of the bus. */
export interface Topic {
  /** `message` is JSON below 4 KiB. */
  publish(message: unknown): Promise<void>;
  /** `hear` must not throw. */
  subscribe(hear: (message: unknown) => void): Disposable;
}

/** Small messages between the replicas, by topic. Lost while a replica is cut off. Whoever opens it closes it. */
export interface ReplicaBus extends Disposable {
  topic(name: string): Topic;
}

/** Opens the bus between replicas over NOTIFY. Whoever opens it disposes of it. */
export function openReplicaBus(database: Database): ReplicaBus {
  const listeners = new Map<string, Set<(message: unknown) => void>>();
  const subscription: Subscription = database.listen(BUS_CHANNEL, deliver, () => undefined);

  function deliver(payload: string): void {
    const { topic, message } = JSON.parse(payload) as { topic: string; message: unknown };
    for (const hear of listeners.get(topic) ?? []) hear(message);
  }

  return {
    topic: (topic) => ({
      async publish(message) {
        const payload = JSON.stringify({ topic, message });
        if (Buffer.byteLength(payload) > LONGEST_MESSAGE)
          throw new RingbackError('invalid_request', ['the message is too long for the bus']);
        await database.notify(BUS_CHANNEL, payload);
      },
      subscribe(hear) {
        const hearers = listeners.get(topic) ?? new Set();
        listeners.set(topic, hearers.add(hear));
        return { [Symbol.dispose]: () => void hearers.delete(hear) };
      },
    }),
    [Symbol.dispose]: () => subscription[Symbol.dispose](),
  };
}
