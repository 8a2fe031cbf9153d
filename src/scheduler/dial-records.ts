import { statementFailure } from '../../db/failure.ts';
import type { EvidenceExtras, Settled } from '../callbacks/settle.ts';
import type { Carrier, DialResult } from '../carriers/carrier.ts';
import type { Clock } from '../clock.ts';
import type { AttemptEvidence } from '../domain/attempt-states.ts';
import type { CallbackAttempt } from '../domain/attempt.ts';
import type { Log } from '../log.ts';
import { evidenceOf, isGivenUp } from './evidence.ts';
import { inTime } from './in-time.ts';
import type { SchedulerTimes } from './times.ts';

export interface DialRecordsOptions {
  readonly settle: (
    attemptId: string,
    evidence: AttemptEvidence,
    extras: EvidenceExtras,
  ) => Promise<Settled | undefined>;
  readonly findAttempt: (id: string) => Promise<CallbackAttempt | undefined>;
  /** The attempts in flight of these callbacks. */
  readonly attemptsInFlight: (callbackIds: readonly string[]) => Promise<CallbackAttempt[]>;
  readonly carrierOf: (name: string) => Carrier | undefined;
  readonly replicaId: string;
  /** What a carrier said to a dial; must not throw. */
  readonly onAnswered?: ((answer: { carrier: string; result: DialResult['kind'] }) => void) | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly times: Pick<SchedulerTimes, 'recordDelaysMs' | 'lookUpTimeoutMs'>;
}

/** Stores what became of dials; while the database is away, again and again up to a bound. */
export class DialRecords {
  readonly #options: DialRecordsOptions;

  constructor(options: DialRecordsOptions) {
    this.#options = options;
  }

  /** Stores what the carrier said. Never throws: what could not be stored is looked for by the reconciler. */
  async record(attempt: CallbackAttempt, result: DialResult): Promise<void> {
    const { settle, log } = this.#options;
    const { evidence, extras } = evidenceOf(result);
    this.#options.onAnswered?.({ carrier: attempt.carrier, result: result.kind });
    let settled: Settled | undefined;
    const stored = await this.#insist(attempt.id, async () => {
      settled = await settle(attempt.id, evidence, extras);
    });
    log[stored ? 'info' : 'error'](
      { attemptId: attempt.id, callbackId: attempt.callbackId, leaseEpoch: attempt.ownerEpoch, result: result.kind },
      stored ? 'a callback was dialled' : 'what became of a dial could not be stored; it will be looked for',
    );
    if (!stored || result.kind !== 'placed') return;
    await this.#insist(attempt.id, () => this.#hangUpUnwanted(attempt.id, result.carrierCallId, settled));
  }

  /**
   * A claim failed, yet its commit may have happened: then the intents stand and nothing was sent, which only this
   * process knows. Never throws.
   */
  async undoUnseenClaims(callbackIds: readonly string[], epoch: number): Promise<void> {
    const { attemptsInFlight, settle, replicaId } = this.#options;
    await this.#insist(callbackIds[0] ?? '', async () => {
      for (const attempt of await attemptsInFlight(callbackIds)) {
        if (attempt.status !== 'sending' || attempt.ownerId !== replicaId || attempt.ownerEpoch !== epoch) continue;
        await settle(attempt.id, { kind: 'not_placed', detail: 'the database was away; nothing was sent' }, {});
      }
    });
  }

  /** A call that was placed for an attempt already given up, or that somebody wished to end, is ended. */
  async #hangUpUnwanted(attemptId: string, carrierCallId: string, settled: Settled | undefined): Promise<void> {
    const { findAttempt, carrierOf, clock, times, log } = this.#options;
    const attempt = settled?.attempt ?? (await findAttempt(attemptId));
    if (attempt === undefined) return;
    const twice = attempt.carrierCallId !== null && attempt.carrierCallId !== carrierCallId;
    const wished = settled?.callback.hangupRequested === true && attempt.status !== 'ended';
    if (!twice && !wished && !isGivenUp(attempt)) return;
    log.warn({ attemptId, twice, wished }, 'a call that is not wanted any more is hung up');
    const carrier = carrierOf(attempt.carrier);
    await inTime(clock, times.lookUpTimeoutMs, async (signal) => carrier?.hangup(carrierCallId, { signal }));
  }

  /** Tries with the planned pauses; false when none of the tries succeeded. */
  async #insist(id: string, work: () => Promise<void>): Promise<boolean> {
    const { times, clock, log } = this.#options;
    const never = new AbortController().signal;
    for (const delayMs of times.recordDelaysMs) {
      if (delayMs > 0) await clock.sleep(delayMs, never);
      try {
        await work();
        return true;
      } catch (error) {
        log.debug({ id, ...statementFailure(error) }, 'it is tried again');
      }
    }
    return false;
  }
}
