import type { Database, Subscription } from '../../../db/database.ts';
import type { Machine } from '../kernel/machine.ts';
import type { Random } from '../kernel/random.ts';
import type { Universe } from '../kernel/universe.ts';
import type { Client } from './client.ts';
import { readOnly, type Server } from './server.ts';

/** What may happen to notifications at the moment; each a probability. */
export interface ChannelFaults {
  loss: number;
  double: number;
  /** Delivered seconds late. */
  lag: number;
}

interface Listener {
  readonly machine: Machine;
  readonly channel: string;
  readonly handler: (payload: string) => void;
  readonly onCatchUp: () => void;
  /** False while its connection is cut: what is sent meanwhile is lost. */
  heard: boolean;
}

interface SessionLock {
  readonly machine: Machine;
  readonly onLost: () => void;
  held: boolean;
}

/** LISTEN and NOTIFY between the processes: hints that may be lost, late or doubled; and the locks of their sessions. */
export class Channels {
  readonly faults: ChannelFaults = { loss: 0, double: 0, lag: 0 };
  readonly #universe: Universe;
  readonly #random: Random;
  readonly #server: Server;
  readonly #listeners = new Set<Listener>();
  readonly #locks = new Map<string, SessionLock>();

  constructor(universe: Universe, random: Random, server: Server) {
    this.#universe = universe;
    this.#random = random;
    this.#server = server;
  }

  /** Whether the session of this process stands that holds this lock. */
  holds(key: string): boolean {
    const lock = this.#locks.get(key);
    return lock !== undefined && lock.held && lock.machine.alive;
  }

  /** One process's hands on them. */
  of(machine: Machine, client: Client): Pick<Database, 'listen' | 'notify' | 'hold'> {
    return {
      hold: (key, onLost) => {
        const lock: SessionLock = { machine, onLost, held: false };
        this.#locks.set(key, lock);
        this.#take(key, lock);
        return { [Symbol.dispose]: () => void this.#locks.delete(key) };
      },
      listen: (channel, handler, onCatchUp): Subscription => {
        const listener: Listener = { machine, channel, handler, onCatchUp, heard: false };
        this.#listeners.add(listener);
        this.#connect(listener);
        const close = (): void => void this.#listeners.delete(listener);
        return { close, [Symbol.dispose]: close };
      },
      notify: (channel, payload) => client.run(readOnly(() => this.#send(channel, payload))),
    };
  }

  /** Cuts every listening connection, as a restart of the server does; each is rebuilt after a while. */
  cut(): void {
    for (const [key, lock] of this.#locks) {
      if (!lock.machine.alive) this.#locks.delete(key);
      else if (lock.held) {
        lock.held = false;
        // The server knows at once; the process may not hear of it for a while.
        lock.machine.deliver(this.#random.delay(500), () => lock.onLost());
        this.#universe.after(this.#random.delay(2_000), () => this.#take(key, lock));
      }
    }
    for (const listener of this.#listeners) {
      if (!listener.machine.alive) this.#listeners.delete(listener);
      else if (listener.heard) {
        listener.heard = false;
        this.#universe.after(this.#random.delay(500), () => this.#connect(listener));
      }
    }
  }

  #take(key: string, lock: SessionLock): void {
    if (!lock.machine.alive || this.#locks.get(key) !== lock) return;
    if (this.#server.up && lock.machine.runs) lock.held = true;
    else this.#universe.after(500, () => this.#take(key, lock));
  }

  #connect(listener: Listener): void {
    if (!listener.machine.alive || !this.#listeners.has(listener)) return;
    if (!this.#server.up) return void this.#universe.after(500, () => this.#connect(listener));
    listener.heard = true;
    listener.machine.deliver(this.#random.delay(3), () => listener.onCatchUp());
  }

  #send(channel: string, payload: string): void {
    const { loss, double, lag } = this.faults;
    for (const listener of this.#listeners) {
      if (listener.channel !== channel || !listener.heard || this.#random.chance(loss)) continue;
      const times = this.#random.chance(double) ? 2 : 1;
      for (let time = 0; time < times; time += 1) {
        const delayMs = this.#random.chance(lag) ? this.#random.between(100, 20_000) : this.#random.delay(1);
        listener.machine.deliver(delayMs, () => {
          if (this.#listeners.has(listener)) listener.handler(payload);
        });
      }
    }
  }
}
