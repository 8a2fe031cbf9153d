import { calmMood } from '../carrier/mood.ts';
import type { Random } from '../kernel/random.ts';
import type { FaultKind } from './plan.ts';
import type { World } from './world.ts';

const CALM_LATENCY_MS = 0.5;

/** Breaks things while it may, and mends everything at the end. */
export class Nemesis {
  readonly #world: World;
  readonly #random: Random;
  readonly #kinds: readonly FaultKind[];
  #mending = false;

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
    this.#kinds = [...world.plan.faults];
  }

  /** One fault, of a kind that this run has. */
  strike(): void {
    if (this.#kinds.length === 0) return;
    this.#do(this.#random.pick(this.#kinds));
  }

  /** From now on nothing breaks any more, and what is broken is put right. */
  mend(): void {
    const { world } = this;
    this.#mending = true;
    world.say('nemesis', 'mends everything');
    Object.assign(world.exchange.mood, calmMood);
    Object.assign(world.channels.faults, { loss: 0, double: 0, lag: 0 });
    Object.assign(world.line, { latencyMs: CALM_LATENCY_MS, cutChance: 0 });
    world.server.thaw();
    if (!world.server.up) world.server.start();
    for (const replica of world.replicas) replica.machine.goOn();
    if (!world.replicas.some((replica) => replica.machine.alive && !replica.draining)) world.addReplica();
    world.mendSettings();
  }

  get world(): World {
    return this.#world;
  }

  #do(kind: FaultKind): void {
    const random = this.#random;
    const { world } = this;
    const victim = world.pickReplica();
    switch (kind) {
      case 'crash': {
        if (victim === undefined) return;
        world.say('nemesis', `kills ${victim.name}`);
        victim.machine.kill();
        return this.#later(random.between(100, 15_000), () => world.addReplica());
      }
      case 'freeze':
      case 'suspend': {
        if (victim === undefined) return;
        const forMs = random.pick([
          random.between(50, 2_000),
          random.between(2_000, 8_000),
          random.between(8_000, 45_000),
        ]);
        world.say('nemesis', `${kind}s ${victim.name} for ${Math.round(forMs)} ms`);
        victim.machine.stand(kind === 'freeze' ? 'stopped' : 'suspended');
        return this.#later(forMs, () => victim.machine.goOn());
      }
      case 'drain': {
        if (victim === undefined) return;
        world.say('nemesis', `drains ${victim.name}`);
        if (random.chance(0.7)) world.addReplica();
        else this.#later(random.between(1_000, 10_000), () => world.addReplica());
        // Told at once, so that nobody counts on it, however long it takes to hear.
        victim.draining = true;
        return victim.machine.deliver(0, () => void victim.stop());
      }
      case 'database-restart': {
        if (!world.server.up) return;
        world.say('nemesis', 'crashes the database');
        world.server.crash();
        world.channels.cut();
        return this.#later(random.pick([200, 3_000, 15_000]) * random.between(0.5, 1.5), () => world.server.start());
      }
      case 'database-freeze':
        world.say('nemesis', 'freezes the database');
        world.server.freeze();
        return this.#later(random.between(200, 12_000), () => world.server.thaw());
      case 'database-slow':
        world.say('nemesis', 'slows the database down');
        world.line.latencyMs = random.pick([5, 50, 300]);
        return this.#later(random.between(1_000, 20_000), () => (world.line.latencyMs = CALM_LATENCY_MS));
      case 'database-cuts':
        world.say('nemesis', 'cuts connections to the database');
        world.line.cutChance = random.pick([0.01, 0.05, 0.2]);
        if (random.chance(0.3)) world.channels.cut();
        return this.#later(random.between(1_000, 15_000), () => (world.line.cutChance = 0));
      case 'notifications':
        Object.assign(world.channels.faults, {
          loss: random.pick([0, 0.5, 1]),
          double: random.pick([0, 0.5]),
          lag: random.pick([0, 0.5]),
        });
        return;
      case 'clocks':
        victim?.machine.stepWall(random.pick([-3_600_000, -5_000, 5_000, 3_600_000]));
        return;
      case 'carrier-answers':
      case 'carrier-refusals':
      case 'carrier-webhooks':
      case 'carrier-lookups':
        Object.assign(world.exchange.mood, calmMood, random.chance(0.8) ? world.plan.moodWhileActive : {});
        return;
      case 'operators':
        return world.turnASwitch(random);
    }
  }

  #later(delayMs: number, run: () => void): void {
    this.#world.later(delayMs, () => {
      if (!this.#mending) run();
    });
  }
}
