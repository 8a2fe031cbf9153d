import { within } from '../../db/deadline.ts';
import type { Database } from '../../db/database.ts';
import { statementFailure } from '../../db/failure.ts';
import { TIMER_CHANNEL } from '../../db/postgres-callback-store.ts';
import type { ReplicaStore } from '../../db/replica-store.ts';
import type { SetAsideStore } from '../../db/set-aside-store.ts';
import { claimCheck, noteNotFound, postponeCheck } from '../callbacks/check.ts';
import { claimBatch } from '../callbacks/claim.ts';
import type { CallbackDeps } from '../callbacks/deps.ts';
import { adoptOrphans } from '../callbacks/orphans.ts';
import { settleAttempt } from '../callbacks/settle.ts';
import type { Pace } from '../callbacks/turn.ts';
import type { Carrier } from '../carriers/carrier.ts';
import type { Clock } from '../clock.ts';
import type { AgentSettings } from '../domain/agent.ts';
import { RingbackError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Service } from '../service.ts';
import { DatabaseTime } from './database-time.ts';
import { Dialer, type ClaimedBeside, type PlacedDial, type Probe } from './dialer.ts';
import { Horizon } from './horizon.ts';
import { LineShare } from './line-share.ts';
import { Reconciler } from './reconciler.ts';
import { ReplicaLease } from './replica-lease.ts';
import { SetAside } from './set-aside.ts';
import { takeOver } from './take-over.ts';
import { defaultSchedulerTimes, type SchedulerTimes } from './times.ts';

export interface SchedulerOptions {
  /** This process, as a UUID; never used again by another one. */
  readonly replicaId: string;
  readonly version: string;
  readonly callbacks: CallbackDeps;
  readonly replicas: ReplicaStore;
  /** Without a `state` it counts as ready. */
  readonly database: Pick<Database, 'listen' | 'notify'> & Partial<Pick<Database, 'state' | 'hold'>>;
  /** A carrier that is configured here. */
  readonly carrierOf: (name: string) => Carrier | undefined;
  /** How many more calls can be served; asked in the moment before a dial. */
  readonly linesFree: () => number;
  /** STT, LLM or TTS that this agent's call needs and that are believed down; asked in the moment before a dial. */
  readonly vendorsDown: (agent: AgentSettings) => readonly string[];
  /** This agent is dialled: of what was believed down it will be seen whether it works. */
  readonly vendorsTried?: (agent: AgentSettings) => void;
  /** Called once per dial, as its request is being sent: the opening can be prepared while it rings. */
  readonly onPlaced?: (dial: PlacedDial) => void;
  /** What a carrier said to a dial; must not throw. */
  readonly onAnswered?: (answer: { carrier: string; result: string }) => void;
  /** Takes rows out of the way with which nothing can be done; without it they are tried for ever, ever more seldom. */
  readonly setAside?: Pick<SetAsideStore, 'callback' | 'attempt'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly times?: SchedulerTimes;
  /** For tests. */
  readonly probe?: Probe;
}

/** How the scheduler stands, for the health page. */
export interface SchedulerStatus {
  /** Why nothing can be dialled from here, in one sentence; null when it can. */
  readonly why: string | null;
  readonly epoch: number | null;
  readonly draining: boolean;
  readonly nearTimers: number;
  readonly dialsInFlight: number;
}

export interface Scheduler extends Service {
  /** Claims nothing more from now on and tells the other replicas; what is under way goes on. Never throws. */
  drain(): Promise<void>;
  readonly status: SchedulerStatus;
}

/** Fires callbacks at their time, and finds out what became of them. Whoever opens it stops it. */
export function openScheduler(options: SchedulerOptions): Scheduler {
  return new RunningScheduler(options, options.times ?? defaultSchedulerTimes);
}

/** What a draining replica says on the channel of the timers. */
const DRAIN_HINT = 'drain';

class RunningScheduler implements Scheduler {
  readonly name = 'scheduler';
  readonly #options: SchedulerOptions;
  readonly #times: SchedulerTimes;
  readonly #time: DatabaseTime;
  readonly #lease: ReplicaLease;
  readonly #dialer: Dialer;
  readonly #reconciler: Reconciler;
  readonly #horizon: Horizon;
  readonly #badAttempts: SetAside | undefined;
  readonly #share: LineShare;
  readonly #ended = new AbortController();
  readonly #ready = Promise.withResolvers<void>();
  #running: Promise<void> | null = null;
  #subscription: Disposable | null = null;
  #presence: Disposable | null = null;
  #draining: Promise<void> | null = null;
  #stopping: Promise<void> | null = null;
  #reloadWanted = true;
  #extendAtMs = 0;
  #nudge: () => void = () => undefined;
  #beatSoon: () => void = () => undefined;
  #troubled = false;

  constructor(options: SchedulerOptions, times: SchedulerTimes) {
    const { callbacks, replicas, carrierOf, clock, log } = options;
    const settle = settleAttempt.bind(null, callbacks);
    this.#options = options;
    this.#times = times;
    this.#share = new LineShare(clock);
    this.#time = new DatabaseTime(clock, () => this.#horizon.timeMoved());
    this.#lease = new ReplicaLease({
      id: options.replicaId,
      version: options.version,
      replicas,
      time: this.#time,
      ready: () => (options.database.state ?? 'ready') === 'ready',
      clock,
      log,
      times,
    });
    const { setAside } = options;
    this.#badAttempts =
      setAside &&
      new SetAside({
        act: (id, why) => setAside.attempt(id, badData('What became of its call', why), times.setAsideMs),
        log,
      });
    this.#dialer = new Dialer({
      claim: (callbackIds, epoch, beside) => this.#claim(callbackIds, epoch, beside),
      linesFree: () => options.linesFree(),
      settle,
      findAttempt: (id) => callbacks.store.findAttempt(id),
      attemptsInFlight: (callbackIds) => callbacks.store.currentAttempts(callbackIds),
      carrierOf,
      replicaId: options.replicaId,
      lease: this.#lease,
      time: this.#time,
      onPlaced: (dial) => options.onPlaced?.(dial),
      onAnswered: options.onAnswered,
      setAside:
        setAside &&
        new SetAside({ act: (id, why) => setAside.callback(id, badData('What is stored of it', why)), log }),
      clock,
      log,
      times,
      probe: options.probe,
    });
    this.#reconciler = new Reconciler({
      claimCheck: (id, holdMs) => claimCheck(callbacks, id, { holdMs, slackMs: times.claimSlackMs }),
      settle,
      noteNotFound: (id) => noteNotFound(callbacks, id),
      postpone: (id, delayMs) => postponeCheck(callbacks, { id }, delayMs),
      holdsCall: (callId) => replicas.holdsCall(callId),
      setAside: this.#badAttempts,
      carrierOf,
      pollMs: { ringing: callbacks.times.ringGraceMs, answered: callbacks.times.answeredPollMs },
      time: this.#time,
      clock,
      log,
      random: options.random,
      times,
    });
    this.#horizon = new Horizon({
      timers: (from, to, limit) => callbacks.store.timers(from, to, limit),
      time: this.#time,
      clock,
      times,
      onDue: (kind, id) => (kind === 'dial' ? this.#dialer.offer(id) : this.#reconciler.offer(id)),
      inHand: () => this.#dialer.inHand + this.#reconciler.inHand,
    });
  }

  get status(): SchedulerStatus {
    return {
      why: this.#why(),
      epoch: this.#lease.epoch,
      draining: this.#draining !== null,
      nearTimers: this.#horizon.size,
      dialsInFlight: this.#dialer.inFlight,
    };
  }

  start(): void {
    if (this.#running !== null || this.#stopping !== null) return;
    // Hints first, so that nothing is set unseen between the first read and the first hint.
    this.#subscription = this.#options.database.listen(
      TIMER_CHANNEL,
      (payload) => this.#hear(payload),
      () => this.#readAgain(),
    );
    this.#presence = this.#options.database.hold?.(this.#options.replicaId, () => this.#fence()) ?? null;
    this.#running = Promise.all([this.#beat(), this.#look()]).then(() => undefined);
  }

  async started(): Promise<void> {
    const { signal } = this.#ended;
    signal.throwIfAborted();
    const ended = Promise.withResolvers<never>();
    const onEnd = (): void => ended.reject(signal.reason);
    signal.addEventListener('abort', onEnd, { once: true });
    try {
      await Promise.race([this.#ready.promise, ended.promise]);
    } finally {
      signal.removeEventListener('abort', onEnd);
    }
  }

  drain(): Promise<void> {
    this.#draining ??= this.#drain();
    return this.#draining;
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #why(): string | null {
    if (this.#stopping !== null || this.#draining !== null) return 'the replica is draining';
    if (this.#running === null) return 'the scheduler was not started';
    return this.#lease.why;
  }

  #claim(callbackIds: readonly string[], epoch: number, beside: ClaimedBeside) {
    const { callbacks, replicaId, linesFree, vendorsDown, vendorsTried } = this.#options;
    return claimBatch(callbacks, {
      callbackIds,
      ownerId: replicaId,
      ownerEpoch: epoch,
      leadMs: this.#times.claimLeadMs + this.#times.claimSlackMs,
      // Those that are on their way to the carrier are no calls yet.
      linesFree: linesFree() - beside.dials,
      before: beside.before,
      share: this.#share,
      vendorsDown,
      ...(vendorsTried === undefined ? {} : { vendorsTried }),
      paceOf: (carrier) => this.#paceOf(carrier),
    });
  }

  #paceOf(carrier: string): Pace | null {
    const { callsPerSecond = null, callsPerSecondPerNumber: perNumber = null } =
      this.#options.carrierOf(carrier)?.capabilities ?? {};
    if (callsPerSecond === null && perNumber === null) return null;
    return { callsPerSecond, perNumber, slackMs: this.#times.slotSlackMs };
  }

  async #beat(): Promise<void> {
    while (!this.#ended.signal.aborted) {
      const had = this.#lease.epoch;
      await this.#lease.beat();
      // With a new epoch everything is looked at at once.
      if (this.#lease.epoch !== had) this.#readAgain();
      const soon = Promise.withResolvers<void>();
      this.#beatSoon = soon.resolve;
      await this.#pause(this.#times.heartbeatEveryMs, soon.promise);
    }
  }

  /** Looks at the tables about once a second: what came near, what is late, who died. */
  async #look(): Promise<void> {
    while (!this.#ended.signal.aborted) {
      const nudged = Promise.withResolvers<void>();
      this.#nudge = nudged.resolve;
      if (this.#lease.epoch !== null && this.#draining === null) await this.#lookOnce();
      await this.#pause(this.#times.lookEveryMs, nudged.promise);
    }
  }

  async #lookOnce(): Promise<void> {
    const { clock, log, replicas, callbacks } = this.#options;
    try {
      if (this.#reloadWanted || clock.nowMs() >= this.#extendAtMs) {
        const all = this.#reloadWanted;
        this.#reloadWanted = false;
        this.#extendAtMs = clock.nowMs() + this.#times.extendEveryMs;
        await (all ? this.#horizon.reload() : this.#horizon.extend()).catch((error: unknown) => {
          this.#reloadWanted = true;
          throw error;
        });
      }
      await takeOver({
        replicas: {
          remains: (staleMs, limit) => replicas.remains(staleMs, limit, this.#horizon.overdue()),
          bury: (id) => replicas.bury(id),
        },
        adopt: (replicaId) => adoptOrphans(callbacks, replicaId),
        makeUnknown: (id) => this.#makeUnknown(id),
        staleSendingMs: this.#times.staleSendingMs,
        log,
      });
      this.#troubled = false;
      this.#ready.resolve();
    } catch (error) {
      if (!this.#troubled) log.warn(statementFailure(error), 'the scheduler could not look at its timers');
      this.#troubled = true;
    }
    // A read that was on its way while draining began is not to fire anything.
    if (this.#draining !== null) this.#horizon.clear();
  }

  async #makeUnknown(attemptId: string): Promise<void> {
    const evidence = { kind: 'unknown', detail: 'nobody knows whether it was requested' } as const;
    try {
      await settleAttempt(this.#options.callbacks, attemptId, evidence);
      this.#badAttempts?.succeeded(attemptId);
    } catch (error) {
      if ((await this.#badAttempts?.failed(attemptId, error)) !== true) throw error;
    }
  }

  #fence(): void {
    this.#lease.fence();
    this.#beatSoon();
  }

  #hear(payload: string): void {
    if (this.#draining !== null) return;
    if (payload === DRAIN_HINT) this.#readAgain();
    else this.#horizon.hint(payload);
  }

  #readAgain(): void {
    this.#reloadWanted = true;
    this.#nudge();
  }

  async #drain(): Promise<void> {
    const { database, log } = this.#options;
    this.#horizon.clear();
    this.#dialer.close();
    this.#reconciler.close();
    if (this.#running === null) return;
    try {
      await this.#lease.drain();
      await database.notify(TIMER_CHANNEL, DRAIN_HINT);
    } catch (error) {
      // The others find what is due within a second anyway.
      log.info(statementFailure(error), 'the other replicas could not be told of the drain');
    }
  }

  async #stop(): Promise<void> {
    const { clock, log } = this.#options;
    await this.drain();
    const work = Promise.all([this.#dialer.settled(), this.#reconciler.settled()]);
    const quiet = await within(clock, this.#times.stopWithinMs, work, () => new RingbackError('stopping')).then(
      () => true,
      () => false,
    );
    this.#subscription?.[Symbol.dispose]();
    this.#presence?.[Symbol.dispose]();
    this.#ended.abort(new RingbackError('stopping'));
    await this.#running;
    this.#horizon[Symbol.dispose]();
    if (!quiet) return log.warn({ dialsInFlight: this.#dialer.inFlight }, 'dials were left to the other replicas');
    try {
      await this.#lease.leave();
    } catch (error) {
      log.info(statementFailure(error), 'the lease could not be given back; it runs out by itself');
    }
  }

  /** Ends after `delayMs`, when nudged, or at the end. */
  async #pause(delayMs: number, nudged: Promise<void>): Promise<void> {
    const over = new AbortController();
    const slept = this.#options.clock
      .sleep(delayMs, AbortSignal.any([over.signal, this.#ended.signal]))
      .catch(() => undefined);
    await Promise.race([slept, nudged]);
    over.abort();
  }
}

/** A sentence for the console; `why` is a code. */
function badData(what: string, why: string): string {
  return `${what} cannot be used (${why}); it was tried three times.`;
}
