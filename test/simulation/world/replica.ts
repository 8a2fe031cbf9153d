import type { CallbackStore } from '../../../db/callback-store.ts';
import type { Database } from '../../../db/database.ts';
import type { ReplicaStore } from '../../../db/replica-store.ts';
import type { admitAnswer } from '../../../src/callbacks/admit.ts';
import type { CallbackDeps, CallbackTimes } from '../../../src/callbacks/deps.ts';
import { settleAttempt } from '../../../src/callbacks/settle.ts';
import { OpeningGate } from '../../../src/call/opening-gate.ts';
import type { Carrier, CarrierEvent } from '../../../src/carriers/carrier.ts';
import type { Log } from '../../../src/log.ts';
import { openScheduler, type Scheduler } from '../../../src/scheduler/scheduler.ts';
import type { SchedulerTimes } from '../../../src/scheduler/times.ts';
import type { Gateway, Mouth, SimCall } from '../carrier/exchange.ts';
import type { Machine } from '../kernel/machine.ts';
import type { Random } from '../kernel/random.ts';

/** What a process is made of; a planted bug wraps one of them. */
export interface ReplicaParts {
  readonly id: string;
  readonly name: string;
  readonly machine: Machine;
  readonly store: CallbackStore;
  readonly replicas: ReplicaStore;
  readonly channels: Pick<Database, 'listen' | 'notify'> & Partial<Pick<Database, 'hold'>>;
  readonly carrier: Carrier;
  readonly admit: typeof admitAnswer;
  /** See db/openings.ts. */
  readonly beginOpening: (attemptId: string) => Promise<boolean>;
  readonly random: Random;
  readonly log: Log;
  readonly times: { readonly scheduler: SchedulerTimes; readonly callbacks: CallbackTimes };
  readonly linesFree: () => number;
  readonly vendorsDown: () => readonly string[];
}

/** One process of the product: the real scheduler and the real use-cases, on simulated ports. */
export class Replica implements Gateway {
  readonly name: string;
  readonly id: string;
  readonly carrier: Carrier;
  readonly machine: Machine;
  readonly deps: CallbackDeps;
  readonly scheduler: Scheduler;
  readonly #admit: typeof admitAnswer;
  readonly #beginOpening: ReplicaParts['beginOpening'];
  draining = false;

  constructor(parts: ReplicaParts) {
    const { carrier, machine, random } = parts;
    this.#admit = parts.admit;
    this.#beginOpening = parts.beginOpening;
    this.id = parts.id;
    this.carrier = carrier;
    this.name = parts.name;
    this.machine = machine;
    this.deps = {
      store: parts.store,
      random: () => random.next(),
      carrierOf: (name) =>
        name === carrier.name
          ? { reaches: (number) => carrier.reaches(number), ringsTelephone: true, machineDetection: true }
          : undefined,
      allowlist: null,
      times: parts.times.callbacks,
    };
    this.scheduler = openScheduler({
      replicaId: this.id,
      version: 'simulated',
      callbacks: this.deps,
      replicas: parts.replicas,
      database: parts.channels,
      carrierOf: (name) => (name === carrier.name ? carrier : undefined),
      linesFree: parts.linesFree,
      vendorsDown: parts.vendorsDown,
      clock: machine.clock,
      log: parts.log,
      random: () => random.next(),
      times: parts.times.scheduler,
    });
    this.scheduler.start();
  }

  /** What the gateway does with a carrier's event, as far as promises go; see src/switchboard/events.ts. */
  async handle(event: CarrierEvent): Promise<'stream' | 'hangup' | 'none'> {
    const { deps } = this;
    if (event.type === 'answered') {
      const admission = await this.#admit(deps, event);
      if (!admission.ok) return 'hangup';
      const { machineVerdict } = admission.attempt;
      return machineVerdict === 'machine' || machineVerdict === 'fax' ? 'hangup' : 'stream';
    }
    if (event.type === 'progress' && event.attemptId !== null) {
      const { state, carrierCallId } = event;
      const evidence =
        typeof state === 'object' ? ({ kind: 'ended', end: state.ended } as const) : ({ kind: state } as const);
      await settleAttempt(deps, event.attemptId, evidence, { carrierCallId });
    }
    if (event.type === 'verdict') {
      const { verdict, carrierCallId } = event;
      await settleAttempt(deps, event.attemptId, { kind: 'verdict', verdict }, { carrierCallId });
      return verdict === 'machine' ? 'hangup' : 'none';
    }
    return 'none';
  }

  /** What a session does with its first audio; see src/call/call-parts.ts. */
  opening(call: SimCall, mouth: Mouth): void {
    new OpeningGate({
      clock: this.machine.clock,
      begin: () => this.#beginOpening(call.attemptId),
      onOpen: () => mouth.speak(),
      onShut: () => mouth.hangUp(),
      guard: (run) => run(),
    }).ask();
  }

  /** SIGTERM; resolves when it has left. */
  async stop(): Promise<void> {
    this.draining = true;
    await this.scheduler.stop();
    this.machine.kill();
  }
}
