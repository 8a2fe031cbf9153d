import { systemClock } from '../../../src/clock.ts';
import type { Random } from '../../simulation/kernel/random.ts';
import { until } from '../../support/until.ts';
import type { ReplicaWorld } from '../replica-world.ts';
import type { Cluster } from '../support/cluster.ts';

/** What was done to them. */
export interface Torments {
  kills: number;
  freezes: number;
  stopsFast: number;
  stopsImmediate: number;
}

export interface NemesisOptions {
  readonly world: ReplicaWorld;
  readonly cluster: Cluster;
  readonly random: Random;
  /** The data folder of each replica, which it finds again when it is started again. */
  readonly folders: ReadonlyMap<string, string>;
  readonly tell: (line: string) => void;
  /** Given what a replica printed that was killed. */
  readonly keepLog: (name: string, output: string) => void;
}

const EVERY_MS: readonly [number, number] = [800, 5_000];
const DOWN_MS: readonly [number, number] = [0, 1_500];
/** Shorter and longer than a lease. */
const FROZEN_MS: readonly [number, number] = [300, 8_000];
const AWAY_MS: readonly [number, number] = [100, 4_000];

/** Kills and freezes replicas, and stops their Postgres, at moments and for times that are drawn. */
export class Nemesis {
  readonly torments: Torments = { kills: 0, freezes: 0, stopsFast: 0, stopsImmediate: 0 };
  /** Replicas that ended by themselves. */
  readonly died: string[] = [];
  readonly #options: NemesisOptions;
  readonly #up: Set<string>;
  readonly #mending = new Set<Promise<void>>();
  #postgres: Promise<void> | null = null;

  constructor(options: NemesisOptions) {
    this.#options = options;
    this.#up = new Set(options.world.replicas.keys());
  }

  /** Goes on until `signal`, and mends what it broke: afterwards everything runs. */
  async torment(signal: AbortSignal): Promise<void> {
    const { random, world } = this.#options;
    while (!signal.aborted) {
      await systemClock.sleep(random.between(...EVERY_MS), signal).catch(() => undefined);
      if (signal.aborted) break;
      const chance = random.next();
      const name = random.pick([...world.replicas.keys()]);
      if (chance < 0.4) this.#onReplica(name, () => this.#kill(name));
      else if (chance < 0.75) this.#onReplica(name, () => this.#freeze(name));
      else this.#stopPostgres(random.chance(0.5) ? 'fast' : 'immediate');
    }
    while (this.#mending.size > 0) await Promise.all(this.#mending);
    for (const name of world.replicas.keys()) {
      this.#look(name);
      await until(`${name} to be ready again`, world.balancer.sees(name, true), 60_000);
    }
  }

  /** One torment of a replica at a time. */
  #onReplica(name: string, work: () => Promise<void>): void {
    if (!this.#up.delete(name)) return;
    this.#own(work().finally(() => this.#up.add(name)));
  }

  async #kill(name: string): Promise<void> {
    const { random, world, folders, tell, keepLog } = this.#options;
    const downMs = random.between(...DOWN_MS);
    this.#look(name);
    this.torments.kills += 1;
    tell(`kill -9 of ${name}`);
    await world.replica(name).stop('SIGKILL');
    keepLog(name, world.replica(name).output);
    await pause(downMs);
    await world.launch(name, { DATA_DIR: folders.get(name) ?? '' });
  }

  async #freeze(name: string): Promise<void> {
    const { random, world, tell } = this.#options;
    const frozenMs = random.between(...FROZEN_MS);
    const { pid } = world.replica(name);
    if (!this.#look(name)) return;
    this.torments.freezes += 1;
    tell(`${name} frozen for ${Math.round(frozenMs)} ms`);
    process.kill(pid, 'SIGSTOP');
    await pause(frozenMs);
    if (this.#look(name)) process.kill(pid, 'SIGCONT');
  }

  #stopPostgres(mode: 'fast' | 'immediate'): void {
    if (this.#postgres !== null) return;
    const { cluster, random, tell } = this.#options;
    const awayMs = random.between(...AWAY_MS);
    this.torments[mode === 'fast' ? 'stopsFast' : 'stopsImmediate'] += 1;
    tell(`Postgres stopped (${mode}) for ${Math.round(awayMs)} ms`);
    this.#postgres = (async () => {
      await cluster.stop(mode);
      await pause(awayMs);
      await cluster.start();
    })().finally(() => (this.#postgres = null));
    this.#own(this.#postgres);
  }

  /** Whether it lives. Nobody but us may have ended it: what it printed last is kept. */
  #look(name: string): boolean {
    const replica = this.#options.world.replica(name);
    try {
      process.kill(replica.pid, 0);
      return true;
    } catch {
      this.#options.tell(`${name} has ended by itself`);
      this.#options.keepLog(name, replica.output);
      this.died.push(name);
      return false;
    }
  }

  #own(work: Promise<void>): void {
    const owned = work.finally(() => this.#mending.delete(owned));
    this.#mending.add(owned);
  }
}

function pause(ms: number): Promise<void> {
  return systemClock.sleep(ms, new AbortController().signal);
}
