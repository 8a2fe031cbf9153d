import PQueue from 'p-queue';
import { isUniqueViolation, statementFailure } from '../../db/failure.ts';
import type { ClaimedCheck } from '../callbacks/check.ts';
import type { EvidenceExtras, Settled } from '../callbacks/settle.ts';
import type { Carrier, FoundCall } from '../carriers/carrier.ts';
import type { Clock } from '../clock.ts';
import type { AttemptEvidence } from '../domain/attempt-states.ts';
import type { CallbackAttempt } from '../domain/attempt.ts';
import { RingbackError } from '../errors.ts';
import type { Log } from '../log.ts';
import { BackgroundTasks } from '../service.ts';
import type { DatabaseTime } from './database-time.ts';
import { evidenceOfFound, isGivenUp } from './evidence.ts';
import { InHand } from './in-hand.ts';
import { inTime } from './in-time.ts';
import type { SetAside } from './set-aside.ts';
import type { SchedulerTimes } from './times.ts';

export interface ReconcilerOptions {
  /** Takes the look at this attempt, for `holdMs`; undefined where another has it or there is nothing to look at. */
  readonly claimCheck: (attemptId: string, holdMs: number) => Promise<ClaimedCheck | undefined>;
  readonly settle: (
    attemptId: string,
    evidence: AttemptEvidence,
    extras: EvidenceExtras,
  ) => Promise<Settled | undefined>;
  readonly noteNotFound: (attemptId: string) => Promise<Settled | undefined>;
  readonly postpone: (attemptId: string, delayMs: number) => Promise<void>;
  /** Whether a living replica holds this call. */
  readonly holdsCall: (callId: string) => Promise<boolean>;
  readonly carrierOf: (name: string) => Carrier | undefined;
  /** Counts looks that fail, and sets aside what can't be looked at. */
  readonly setAside?: SetAside | undefined;
  /** When calls in progress are looked at again. */
  readonly pollMs: { readonly ringing: number; readonly answered: number };
  readonly time: DatabaseTime;
  readonly clock: Clock;
  readonly log: Log;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly times: SchedulerTimes;
}

/** Look-ups that run at once. */
const MOST_CHECKING = 4;
/** Attempts that wait for theirs; more stay in their table, where the scan of the overdue finds them. */
const MOST_WAITING = 10_000;

/** What a look at the carrier brought. */
type Look = { readonly found: FoundCall } | 'none' | 'silent';

/**
 * Finds out what became of attempts of which nothing was heard: whether an uncertain request was placed, how a call
 * went whose webhooks were lost. It only ever asks and settles; it never dials. Nothing stays Dialing for ever.
 */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #checks = new PQueue({ concurrency: MOST_CHECKING });
  readonly #hand: InHand;
  readonly #tasks: BackgroundTasks;
  #closed = false;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    this.#hand = new InHand(options.clock, options.times);
    this.#tasks = new BackgroundTasks((error) =>
      options.log.error(statementFailure(error), 'a check failed in a way that nobody thought of'),
    );
  }

  /** What a scan would find without need, see `InHand.size`. */
  get inHand(): number {
    return this.#hand.size;
  }

  /** Looks at an attempt whose time to be looked at has come. May be told any number of times, by anybody. */
  offer(attemptId: string): void {
    if (this.#closed || this.#checks.size >= MOST_WAITING || !this.#hand.take(attemptId)) return;
    this.#tasks.add(this.#checks.add(() => this.#take(attemptId)));
  }

  /** Begins nothing more. */
  close(): void {
    this.#closed = true;
  }

  /** Resolves when nothing is under way. */
  settled(): Promise<void> {
    return this.#tasks.settled();
  }

  async #take(attemptId: string): Promise<void> {
    const { claimCheck, times, log } = this.#options;
    if (this.#closed) return this.#hand.release(attemptId, 'done');
    try {
      // Long enough that nobody else looks before this look is over.
      const claimed = await claimCheck(attemptId, 2 * times.lookUpTimeoutMs + 1_000);
      if (claimed !== undefined) await this.#check(claimed);
      this.#options.setAside?.succeeded(attemptId);
      this.#hand.release(attemptId, 'done');
    } catch (error) {
      log.warn({ attemptId, ...statementFailure(error) }, 'an attempt could not be checked');
      const gone = await this.#options.setAside?.failed(attemptId, error);
      this.#hand.release(attemptId, gone === true ? 'done' : 'failed');
    }
  }

  async #check(claimed: ClaimedCheck): Promise<void> {
    const { attempt } = claimed;
    const look = await this.#look(attempt);
    if (look === 'silent') return this.#askAgain(claimed);
    if (typeof look === 'object' && (await this.#isTakenIn(claimed, look.found))) return;
    if (attempt.status === 'unknown') return void (await this.#options.noteNotFound(attempt.id));
    return this.#gone(claimed);
  }

  async #look(attempt: CallbackAttempt): Promise<Look> {
    const { carrierOf, clock, times, log } = this.#options;
    const carrier = carrierOf(attempt.carrier);
    if (carrier === undefined) return 'silent';
    const { carrierCallId } = attempt;
    try {
      const found = await inTime(clock, times.lookUpTimeoutMs, (signal) =>
        carrierCallId === null
          ? carrier.find({ ...attempt, attemptId: attempt.id }, { signal })
          : carrier.get(carrierCallId, { signal }),
      );
      return found === undefined ? 'none' : { found };
    } catch (error) {
      log.info(
        { attemptId: attempt.id, timeoutMs: times.lookUpTimeoutMs, ...statementFailure(error) },
        'the carrier did not answer a look-up',
      );
      return 'silent';
    }
  }

  /**
   * False where it is another attempt's call: a carrier that finds calls by their numbers shows the one before, too, where
   * that was begun within what the clocks may be apart; then ours is none that it knows.
   */
  async #isTakenIn(claimed: ClaimedCheck, found: FoundCall): Promise<boolean> {
    try {
      await this.#takeIn(claimed, found);
      return true;
    } catch (error) {
      if (claimed.attempt.carrierCallId === null && isUniqueViolation(error, 'attempt_carrier_call')) return false;
      throw error;
    }
  }

  async #takeIn({ attempt, callback }: ClaimedCheck, found: FoundCall): Promise<void> {
    const { settle, postpone, pollMs } = this.#options;
    const { carrierCallId } = found;
    let changed: Settled | undefined;
    for (const evidence of evidenceOfFound(found))
      changed = (await settle(attempt.id, evidence, { carrierCallId })) ?? changed;
    if (attempt.endedAt !== null && changed?.attempt.status !== 'ended')
      return void (await settle(attempt.id, { kind: 'verdict_overdue' }, {}));
    const now = changed ?? { attempt, callback };
    if (typeof found.state !== 'object' && (now.callback.hangupRequested || isGivenUp(now.attempt))) {
      await this.#hangUp(now.attempt, carrierCallId);
    }
    if (changed === undefined)
      await postpone(attempt.id, attempt.status === 'answered' ? pollMs.answered : pollMs.ringing);
  }

  /** The carrier does not know a call that was placed. */
  async #gone({ attempt, ringTimeoutMs }: ClaimedCheck): Promise<void> {
    const { settle, postpone, holdsCall, pollMs } = this.#options;
    if (attempt.endedAt !== null) return void (await settle(attempt.id, { kind: 'verdict_overdue' }, {}));
    // A carrier that knows only its own calls (the browser) may be asked on the wrong replica.
    const mayRing = attempt.status !== 'answered' && this.#ageMs(attempt.startedAt) < ringTimeoutMs + pollMs.ringing;
    if (mayRing || (attempt.status === 'answered' && (await holdsCall(attempt.callId))))
      return postpone(attempt.id, attempt.status === 'answered' ? pollMs.answered : pollMs.ringing);
    await settle(attempt.id, unheardEnd(attempt), {});
  }

  /** The carrier was silent: later again, less and less often, but not for ever. */
  async #askAgain({ attempt }: ClaimedCheck): Promise<void> {
    const { settle, postpone, times, log, random } = this.#options;
    const ageMs = this.#ageMs(attempt.endedAt ?? attempt.startedAt);
    // Jittered, so that a carrier that comes back is not asked about everything at once.
    const pauseMs = Math.min(times.silentToMs, Math.max(times.silentFromMs, ageMs / 4)) * (0.75 + random() / 2);
    if (attempt.endedAt !== null && ageMs >= times.silentToMs)
      return void (await settle(attempt.id, { kind: 'verdict_overdue' }, {}));
    if (ageMs < times.giveUpAfterMs) return postpone(attempt.id, Math.round(pauseMs));
    log.error({ attemptId: attempt.id, ageMs }, 'the carrier never said what became of a call; it counts as over');
    await settle(attempt.id, attempt.status === 'unknown' ? { kind: 'lost' } : unheardEnd(attempt), {});
  }

  async #hangUp(attempt: CallbackAttempt, carrierCallId: string): Promise<void> {
    const { carrierOf, clock, times, log } = this.#options;
    log.warn({ attemptId: attempt.id }, 'a call that is not wanted any more is hung up');
    try {
      await inTime(clock, times.lookUpTimeoutMs, async (signal) =>
        carrierOf(attempt.carrier)?.hangup(carrierCallId, { signal }),
      );
    } catch (error) {
      // Named, so that a carrier's bad day is not taken for a bad row.
      throw new RingbackError('vendor_failed', [attempt.carrier, 'it did not hang up'], { cause: error });
    }
  }

  #ageMs(since: Temporal.Instant): number {
    return this.#options.time.nowMs() - since.epochMilliseconds;
  }
}

/** The end of a call of which nobody says how it ended: one that we had not seen answered was not answered. */
function unheardEnd(attempt: CallbackAttempt): AttemptEvidence {
  return { kind: 'ended', end: attempt.status === 'answered' ? 'hung_up' : 'no_answer' };
}
