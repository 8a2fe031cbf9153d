import { uuidv7 } from '../../../db/uuid.ts';
import { admitAnswer } from '../../../src/callbacks/admit.ts';
import type { AgentSettings } from '../../../src/domain/agent.ts';
import type { Log } from '../../../src/log.ts';
import { agentSettings } from '../../support/agents.ts';
import { Exchange } from '../carrier/exchange.ts';
import { Channels } from '../database/channel.ts';
import { Client, type Line } from '../database/client.ts';
import { beginSimOpening } from '../database/openings.ts';
import { Server } from '../database/server.ts';
import { openSimCallbackStore, openSimReplicaStore } from '../database/stores.ts';
import { openTables, type Tables } from '../database/tables.ts';
import { Machine } from '../kernel/machine.ts';
import { Random } from '../kernel/random.ts';
import { drawIdsFrom } from '../kernel/seeded-uuid.ts';
import { Trace } from '../kernel/trace.ts';
import { Universe } from '../kernel/universe.ts';
import type { FaultKind, Plan } from './plan.ts';
import { Watch } from './referee.ts';
import { Replica, type ReplicaParts } from './replica.ts';

/** Streams of randomness, so that one more draw in one place does not change all the others. */
const streams = { ids: 1, database: 2, carrier: 3, machines: 4, product: 5, world: 6 } as const;

const slowing: readonly FaultKind[] = [
  'freeze',
  'suspend',
  'database-restart',
  'database-freeze',
  'database-slow',
  'database-cuts',
];

/** Everything that there is in one run. */
export class World {
  readonly plan: Plan;
  readonly universe = new Universe();
  readonly trace: Trace;
  readonly server: Server;
  readonly tables: Tables;
  readonly line: Line = { latencyMs: 0.5, cutChance: 0 };
  readonly channels: Channels;
  readonly exchange: Exchange;
  readonly watch: Watch;
  readonly replicas: Replica[] = [];
  readonly agents: AgentSettings[] = [];
  readonly persons: string[] = [];
  readonly #random: Random;
  readonly #machines: Random;
  readonly #product: Random;
  readonly #clients = new Map<Replica, Client>();
  readonly #plant: (parts: ReplicaParts) => ReplicaParts;
  #lines = Number.POSITIVE_INFINITY;
  #vendorsDown: string[] = [];
  #failure: Error | null = null;

  constructor(plan: Plan, print: ((line: string) => void) | null, plant: (parts: ReplicaParts) => ReplicaParts) {
    const { seed, originMs } = plan;
    const ids = new Random(seed, streams.ids);
    this.plan = plan;
    this.#plant = plant;
    this.trace = new Trace(print);
    drawIdsFrom({ nowMs: () => originMs + this.universe.nowMs, bits: () => ids.next() * 2 ** 32 });
    this.#random = new Random(seed, streams.world);
    this.#machines = new Random(seed, streams.machines);
    this.#product = new Random(seed, streams.product);
    const database = new Random(seed, streams.database);
    this.server = new Server({ universe: this.universe, random: database, originMs, drift: plan.drift / 3 });
    this.server.onFault = (error) => this.fail(error);
    this.tables = openTables(this.server);
    this.channels = new Channels(this.universe, database, this.server);
    this.watch = new Watch({
      universe: this.universe,
      server: this.server,
      tables: this.tables,
      trace: this.trace,
      sendWithinMs: plan.times.scheduler.sendWithinMs,
    });
    this.exchange = new Exchange({
      universe: this.universe,
      random: new Random(seed, streams.carrier),
      referee: this.watch,
      gateway: () => this.pickReplica(),
      people: plan.people,
      callsPerSecond: plan.callsPerSecond,
    });
    this.watch.onBroken = (violation) => this.fail(violation);
    // What is claimed in time may be late in its second where the way to the database or the process itself stands still.
    if (!slowing.some((kind) => plan.faults.has(kind))) this.watch.callsPerSecond = plan.callsPerSecond;
    Object.assign(this.exchange.mood, plan.moodWhileActive);
    this.#setUp();
  }

  /** Throws what went wrong in a promise that nobody waits for. */
  throwFailure(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  fail(error: unknown): void {
    this.#failure ??= error instanceof Error ? error : new Error(String(error));
  }

  say(who: string, what: string): void {
    this.trace.add(this.universe.nowMs, who, what);
  }

  later(delayMs: number, run: () => void): void {
    this.universe.after(delayMs, run);
  }

  /** A replica that runs and takes requests. */
  pickReplica(): Replica | undefined {
    const able = this.replicas.filter((replica) => replica.machine.alive && !replica.draining);
    return able.length === 0 ? undefined : this.#random.pick(able);
  }

  clientOf = (replica: Replica): Client => {
    const client = this.#clients.get(replica);
    if (client === undefined) throw new Error('a replica without a database');
    return client;
  };

  addReplica(): Replica {
    const { universe, server, line, tables, plan } = this;
    const random = this.#machines;
    const machine = new Machine({
      universe,
      random,
      originMs: plan.originMs,
      drift: random.between(-plan.drift, plan.drift),
      wallOffsetMs: plan.faults.has('clocks') ? random.between(-300_000, 300_000) : random.between(-50, 50),
      laggardMs: random.pick([0.1, 1]),
    });
    const id = uuidv7();
    const name = `r${this.replicas.length + 1}`;
    const client = new Client({ name: id, universe, random, machine, server, line });
    const channels = this.channels.of(machine, client);
    const replica = new Replica(
      this.#plant({
        id,
        name,
        machine,
        carrier: this.exchange.adapterOf(machine),
        admit: admitAnswer,
        beginOpening: (attemptId) => beginSimOpening(client, tables, attemptId),
        store: openSimCallbackStore({ client, tables, server, notify: channels.notify }),
        replicas: openSimReplicaStore({ client, tables, server, holds: (one) => this.channels.holds(one) }),
        channels,
        random: this.#product,
        log: this.#logOf(name),
        times: plan.times,
        linesFree: () => this.#lines,
        vendorsDown: () => this.#vendorsDown,
      }),
    );
    this.say('world', `starts ${name}, ${replica.id}`);
    this.replicas.push(replica);
    this.#clients.set(replica, client);
    return replica;
  }

  /** Something that operators and vendors do to what the last look looks at. */
  turnASwitch(random: Random): void {
    const { number, hold } = this.tables;
    const what = random.whole(0, 3);
    const forMs = random.between(1_000, 20_000);
    this.say('operator', `turns switch ${what}`);
    if (what === 0) {
      const own = random.pick([...number.rows.values()]);
      number.rows.set(own.number, { ...own, outboundEnabled: false });
      return this.later(forMs, () => number.rows.set(own.number, own));
    }
    if (what === 1) {
      hold.rows.set('outbound_hold', { reason: 'an operator held it' });
      return this.later(forMs, () => hold.rows.delete('outbound_hold'));
    }
    if (what === 2) {
      this.#lines = random.whole(0, 2);
      return this.later(forMs, () => (this.#lines = Number.POSITIVE_INFINITY));
    }
    this.#vendorsDown = ['the LLM'];
    this.later(forMs, () => (this.#vendorsDown = []));
  }

  mendSettings(): void {
    const { number, hold, pause } = this.tables;
    for (const own of number.rows.values()) number.rows.set(own.number, { ...own, outboundEnabled: true });
    hold.rows.clear();
    pause.rows.clear();
    this.#lines = Number.POSITIVE_INFINITY;
    this.#vendorsDown = [];
  }

  /** A look at the account succeeded: the carrier is resumed. */
  resumeCarriers(): void {
    this.tables.pause.rows.clear();
  }

  #setUp(): void {
    const { plan, tables } = this;
    plan.agents.forEach((policy, index) => {
      const agent = agentSettings({ id: uuidv7(), name: `Agent ${index + 1}`, isDefault: index === 0, policy });
      const number = `+1310456${String(1_000 + index)}`;
      this.agents.push(agent);
      tables.agent.rows.set(agent.id, agent);
      tables.number.rows.set(number, {
        number,
        carrier: this.exchange.name,
        agentId: agent.id,
        outboundEnabled: true,
        builtIn: false,
      });
    });
    for (let index = 0; index < plan.persons; index += 1) this.persons.push(`+1212456${String(2_000 + index)}`);
    for (let index = 0; index < plan.replicas; index += 1) this.addReplica();
  }

  #logOf(name: string): Log {
    const at = (level: string) => (fields: object, message: string) => {
      this.say(name, `${level}: ${message} ${JSON.stringify(fields)}`);
    };
    const log: Log = {
      debug: () => undefined,
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      child: () => log,
    };
    return log;
  }
}
