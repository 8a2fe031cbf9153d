import { within } from '../../db/deadline.ts';
import { statementFailure } from '../../db/failure.ts';
import type { ClaimResult } from '../callbacks/claim.ts';
import type { Carrier, DialRequest, DialResult } from '../carriers/carrier.ts';
import type { AgentSettings } from '../domain/agent.ts';
import type { CallbackAttempt } from '../domain/attempt.ts';
import type { Callback } from '../domain/callback.ts';
import { isRingbackError, RingbackError } from '../errors.ts';
import { BackgroundTasks } from '../service.ts';
import type { DatabaseTime } from './database-time.ts';
import { DialRecords, type DialRecordsOptions } from './dial-records.ts';
import { startElapsed } from './elapsed.ts';
import { InHand } from './in-hand.ts';
import type { ReplicaLease } from './replica-lease.ts';
import { SendGate } from './send-gate.ts';
import type { SetAside } from './set-aside.ts';
import type { SchedulerTimes } from './times.ts';

/** A dial whose request has been sent, or is being sent. */
export interface PlacedDial {
  readonly attempt: CallbackAttempt;
  readonly callback: Callback;
  readonly agent: AgentSettings;
  /** From its time to the request, in milliseconds: the promised time for the first request, else the planned one. */
  readonly lateMs: number;
}

/** Points at which a test may look on, wait, or end the process. */
export type SchedulerPoint = 'claiming' | 'claimed' | 'requesting' | 'answered' | 'recorded';
export type Probe = (point: SchedulerPoint, callbackId: string) => void | Promise<void>;

export interface DialerOptions extends DialRecordsOptions {
  /** Claims a batch, see `claimBatch`. */
  readonly claim: (
    callbackIds: readonly string[],
    epoch: number,
    beside: ClaimedBeside,
  ) => Promise<ReadonlyMap<string, ClaimResult>>;
  /** How many more calls can be served, those not counted that are on their way. */
  readonly linesFree: () => number;
  readonly lease: Pick<ReplicaLease, 'epoch' | 'holds'>;
  readonly time: DatabaseTime;
  /** Called once per dial, as soon as its request is being sent: what is needed when they answer can be prepared. */
  readonly onPlaced: (dial: PlacedDial) => void;
  /** Counts claims that fail, and sets aside what can't be claimed. */
  readonly setAside?: SetAside | undefined;
  readonly times: SchedulerTimes;
  readonly probe?: Probe | undefined;
}

type Claim = Extract<ClaimResult, { do: 'dial' }>;

/** What goes on in this process while a batch is claimed. */
export interface ClaimedBeside {
  /** How many dials are on their way, or may be by the claims that are under way besides. */
  readonly dials: number;
  /** Settles once the batches that were begun before have been claimed, or have failed. */
  readonly before: Promise<unknown>;
}

/** Callbacks of one claim: while one batch is committed, the next can be looked at. */
const MOST_IN_BATCH = 250;
/** Claims at once, where much is due: the database works on one while this process works on another. */
const LANES = 3;
/** Dials whose carrier has not answered yet; above it nothing more is claimed. */
const MOST_DIALING = 2_000;
/**
 * The part of `sendWithinMs` that the oldest request may wait to be written before nothing more is claimed: what is
 * claimed faster than this process can send would only be given back.
 */
const MOST_WAIT_SHARE = 0.25;
/** So many callbacks, waiting or claimed and not sent, are a crowd. */
const CROWD = 50;
/** Callbacks that wait to be claimed, in the order of their coming; more stay in their table, where the scan of the overdue finds them. */
const MOST_WAITING = 10_000;

/**
 * Dials what is due, in the order that makes a second call impossible: the intent is committed, then the time is
 * waited for, then, with the connection standing, the lease is looked at once more, and the carrier is asked once.
 * What it says is stored under the attempt's id. What is not certain is `unknown`, and never asked for again here.
 */
export class Dialer {
  readonly #options: DialerOptions;
  readonly #waiting: string[] = [];
  readonly #hand: InHand;
  readonly #records: DialRecords;
  readonly #tasks: BackgroundTasks;
  readonly #stop = new AbortController();
  /** Claims whose request is not written yet, the oldest first: how long it has been since they were claimed. */
  readonly #unsent = new Map<string, () => number>();
  /** The requests that let a crowd be claimed first. */
  #crowdPassed: PromiseWithResolvers<void> | null = null;
  /** The batches that are being claimed. */
  readonly #batches = new Set<Promise<void>>();
  /** The callbacks in them. */
  #claiming = 0;
  #dialing = 0;

  constructor(options: DialerOptions) {
    this.#options = options;
    this.#hand = new InHand(options.clock, options.times);
    this.#records = new DialRecords(options);
    this.#tasks = new BackgroundTasks((error) =>
      options.log.error(statementFailure(error), 'a dial failed in a way that nobody thought of'),
    );
  }

  /** Dials between their claim and the storing of what the carrier said. */
  get inFlight(): number {
    return this.#dialing;
  }

  /** What a scan would find without need, see `InHand.size`. */
  get inHand(): number {
    return this.#hand.size;
  }

  /** Takes a callback whose time has come, or is about to. May be told any number of times, by anybody. */
  offer(callbackId: string): void {
    if (this.#stop.signal.aborted || this.#waiting.length >= MOST_WAITING || !this.#hand.take(callbackId)) return;
    this.#waiting.push(callbackId);
    // In a moment: what is due with it is told in the same breath, and shares its claim.
    queueMicrotask(() => this.#goOn());
  }

  /** Claims nothing more; what is claimed goes on. */
  close(): void {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort(new RingbackError('stopping'));
    // They are in the table still, for others.
    for (const callbackId of this.#waiting.splice(0)) this.#hand.release(callbackId, 'done');
  }

  /** Resolves when nothing is under way. */
  settled(): Promise<void> {
    return this.#tasks.settled();
  }

  /**
   * Claims what waits, as far as there is room: the first one at once, and what comes in while it is being committed
   * goes together into the next. So few that come do not wait, and many share the price of a commit. A crowd is claimed
   * in several batches at once.
   */
  #goOn(): void {
    for (;;) {
      const room = MOST_DIALING - this.#dialing - this.#claiming;
      const size = Math.min(MOST_IN_BATCH, this.#waiting.length, room);
      if (size <= 0 || this.#isBehind()) return;
      if (this.#batches.size > 0 && !this.#mayClaimBeside(size)) return;
      this.#begin(this.#waiting.splice(0, size));
    }
  }

  /** Few can wait for the next commit. And what others may get of the lines, a batch beside theirs can't be given. */
  #mayClaimBeside(size: number): boolean {
    const { linesFree } = this.#options;
    const crowded = this.#waiting.length >= CROWD && this.#batches.size < LANES;
    return crowded && linesFree() - this.#dialing - this.#claiming >= size;
  }

  #begin(batch: readonly string[]): void {
    const taken = this.#take(batch).finally(() => {
      this.#batches.delete(taken);
      this.#goOn();
      // It is claimed, or as much of it as there is room for.
      if (!this.#isCrowded()) this.#crowdPassed?.resolve();
    });
    this.#batches.add(taken);
    this.#tasks.add(taken);
  }

  /** So many are being claimed, or will be next. */
  #isCrowded(): boolean {
    return this.#batches.size > 0 && this.#waiting.length + this.#claiming >= CROWD;
  }

  /** A few that are not written yet only wait for their carrier's connection, which is to keep nobody else waiting. */
  #isBehind(): boolean {
    const [oldest] = this.#unsent.size < CROWD ? [] : this.#unsent.values();
    return oldest !== undefined && oldest() > this.#options.times.sendWithinMs * MOST_WAIT_SHARE;
  }

  async #take(batch: readonly string[]): Promise<void> {
    const beside = { dials: this.#dialing + this.#claiming, before: Promise.allSettled(this.#batches) };
    this.#claiming += batch.length;
    try {
      await this.#claim(batch, beside);
    } finally {
      this.#claiming -= batch.length;
    }
  }

  async #claim(batch: readonly string[], beside: ClaimedBeside): Promise<void> {
    const { lease, clock, log, probe } = this.#options;
    const { epoch } = lease;
    if (this.#stop.signal.aborted || epoch === null) {
      for (const callbackId of batch) this.#hand.release(callbackId, 'done');
      return;
    }
    // Counted from before the claim was sent, since its commit lies somewhere in between.
    const elapsed = startElapsed(clock);
    try {
      if (probe !== undefined) for (const callbackId of batch) await probe('claiming', callbackId);
      const claims = await this.#options.claim(batch, epoch, beside);
      for (const callbackId of batch) {
        const claim = claims.get(callbackId);
        this.#options.setAside?.succeeded(callbackId);
        if (claim?.do !== 'dial') this.#hand.release(callbackId, 'done');
        else this.#place(claim, epoch, elapsed);
      }
    } catch (error) {
      log.warn({ callbacks: batch.length, ...statementFailure(error) }, 'callbacks could not be claimed');
      // Beside the claims, which go on: it may have to wait for the database.
      this.#tasks.add(this.#recover(batch, epoch, error));
    }
  }

  /** Takes back what may have been committed. One bad row does not stop the others: they are claimed one by one. */
  async #recover(batch: readonly string[], epoch: number, error: unknown): Promise<void> {
    await this.#records.undoUnseenClaims(batch, epoch);
    if (batch.length > 1) {
      for (const callbackId of batch) await this.#take([callbackId]);
      return;
    }
    for (const callbackId of batch) {
      const gone = await this.#options.setAside?.failed(callbackId, error);
      this.#hand.release(callbackId, gone === true ? 'done' : 'failed');
    }
  }

  #place(claim: Claim, epoch: number, elapsed: () => number): void {
    this.#dialing += 1;
    this.#unsent.set(claim.attempt.id, elapsed);
    this.#tasks.add(
      this.#dial(claim, epoch, elapsed).finally(() => {
        this.#dialing -= 1;
        this.#unsent.delete(claim.attempt.id);
        this.#hand.release(claim.callback.id, 'done');
        this.#goOn();
      }),
    );
  }

  async #dial(claim: Claim, epoch: number, elapsed: () => number): Promise<void> {
    const { carrierOf, time, times, probe } = this.#options;
    const { attempt, callback } = claim;
    const carrier = carrierOf(attempt.carrier);
    if (carrier === undefined)
      return this.#records.record(attempt, {
        kind: 'not_placed',
        detail: 'the carrier is not configured on this replica',
      });
    await probe?.('claimed', callback.id);
    // Also while the process stops: it is a moment, and one that is let go would have to wait for the reconciler.
    if (!(await time.comes(claim.due.epochMilliseconds, times.sendWithinMs)))
      return this.#records.record(attempt, { kind: 'not_placed', detail: "the database's clock was set back" });
    await this.#letCrowdPass();
    await probe?.('requesting', callback.id);
    const result = await this.#request(carrier, claim, () => this.#stopReason(epoch, elapsed));
    await probe?.('answered', callback.id);
    await this.#records.record(attempt, result);
    await probe?.('recorded', callback.id);
  }

  /**
   * In a crowd the intents come first: each makes sure that no other replica takes the callback, while a request only
   * keeps this process from claiming the next ones. Bounded, so that what is claimed stays fresh.
   */
  async #letCrowdPass(): Promise<void> {
    if (this.#crowdPassed === null) {
      if (!this.#isCrowded() || this.#isBehind()) return;
      const { clock, times } = this.#options;
      const passed = Promise.withResolvers<void>();
      const timer = clock.setTimer(times.sendWithinMs * MOST_WAIT_SHARE, passed.resolve);
      this.#crowdPassed = passed;
      void passed.promise.then(() => {
        timer.cancel();
        this.#crowdPassed = null;
      });
    }
    await this.#crowdPassed.promise;
  }

  /** Why the request may not be written any more; undefined where it may. */
  #stopReason(epoch: number, elapsed: () => number): string | undefined {
    const { lease, times } = this.#options;
    if (!lease.holds(epoch)) return 'the replica has lost its lease';
    const sinceMs = Math.round(elapsed());
    return sinceMs > times.sendWithinMs ? `${sinceMs} ms had passed since it was claimed` : undefined;
  }

  /** Asks the carrier once. Never throws. */
  async #request(carrier: Carrier, claim: Claim, stopReason: () => string | undefined): Promise<DialResult> {
    const { clock, times } = this.#options;
    const gate = new SendGate(stopReason, () => this.#tellPlaced(claim));
    const early = gate.look();
    if (early !== undefined) return { kind: 'not_placed', detail: early.message };
    const deadline = new AbortController();
    const timer = clock.setTimer(times.dialTimeoutMs, () =>
      deadline.abort(new RingbackError('vendor_deadline', [carrier.name, times.dialTimeoutMs])),
    );
    const asked = this.#ask(carrier, requestOf(claim, gate), gate, deadline.signal);
    try {
      return await within(
        clock,
        times.dialTimeoutMs + times.dialGraceMs,
        asked,
        () => new RingbackError('vendor_deadline', [carrier.name, times.dialTimeoutMs]),
      );
    } catch {
      // It ignored its deadline. If it says something after all, that is evidence like any other.
      void asked.then((late) => this.#tasks.add(this.#records.record(claim.attempt, late)));
      return { kind: 'unknown', detail: 'the carrier did not answer in time' };
    } finally {
      timer.cancel();
    }
  }

  async #ask(carrier: Carrier, request: DialRequest, gate: SendGate, signal: AbortSignal): Promise<DialResult> {
    const { log } = this.#options;
    try {
      const result = await carrier.dial(request, { signal });
      if (result.kind === 'placed') gate.tell();
      return result;
    } catch (error) {
      // Only our own refusal, before anything was let through, proves that nothing was sent.
      if (isRingbackError(error, 'dial_aborted') && gate.refused === error && !gate.passed)
        return { kind: 'not_placed', detail: error.message };
      log.error({ attemptId: request.attemptId, ...statementFailure(error) }, 'a carrier threw out of a dial');
      return { kind: 'unknown', detail: 'the request broke off' };
    }
  }

  /** A callback that is dialled by hand before its time is not early: its time was set to now. */
  #lateMs({ callback, due }: Claim): number {
    const plannedMs = due.epochMilliseconds;
    const promisedMs = callback.attemptsMade === 0 ? callback.dueAt.epochMilliseconds : plannedMs;
    return this.#options.time.nowMs() - Math.min(plannedMs, promisedMs);
  }

  #tellPlaced(claim: Claim): void {
    const { attempt, callback, agent } = claim;
    if (this.#unsent.delete(attempt.id)) this.#goOn();
    try {
      this.#options.onPlaced({ attempt, callback, agent, lateMs: this.#lateMs(claim) });
    } catch (error) {
      this.#options.log.error(
        { attemptId: attempt.id, ...statementFailure(error) },
        'a dial could not be prepared for',
      );
    }
  }
}

function requestOf({ attempt, callback, agent }: Claim, gate: SendGate): DialRequest {
  const detect = agent.callbackPolicy.onMachine === 'leave_message' ? 'detect_message_end' : 'detect';
  return {
    attemptId: attempt.id,
    callbackId: callback.id,
    attemptNumber: attempt.number,
    callId: attempt.callId,
    to: attempt.to,
    from: attempt.from,
    ringTimeoutSeconds: agent.callbackPolicy.ringTimeoutSeconds,
    machineDetection: attempt.machineDetection ? detect : 'off',
    display: { agentName: agent.name, topic: callback.reason },
    beforeSend: () => gate.pass(),
  };
}
