import type { Carrier } from '../carriers/carrier.ts';
import type { Clock } from '../clock.ts';
import type { ConversationDeps } from '../conversations/deps.ts';
import type { Call } from '../domain/call.ts';
import { RingbackError } from '../errors.ts';
import type { Log } from '../log.ts';
import { BackgroundTasks } from '../service.ts';

export interface LostStreamsOptions {
  readonly records: Pick<ConversationDeps['records'], 'find' | 'letGo' | 'end'>;
  readonly replicaId: string;
  readonly carrierOf: (name: string) => Carrier | undefined;
  /** The call turned out to be over; its summary can be written. */
  readonly onEnded: (callId: string) => void;
  readonly clock: Clock;
  readonly log: Log;
  readonly times?: LostStreamTimes;
}

/** In milliseconds. */
export interface LostStreamTimes {
  /** When the carrier is asked whether there still is a call; after the last time it is hung up. */
  readonly lookAfterMs: readonly number[];
  /** How long the carrier may take to answer. */
  readonly deadlineMs: number;
}

export const defaultLostStreamTimes: LostStreamTimes = { lookAfterMs: [10_000, 50_000], deadlineMs: 5_000 };

/** Calls whose stream broke, until another one comes or it is known that none will. Whoever opens it closes it. */
export interface LostStreams extends AsyncDisposable {
  /** `call` as it was when the stream that broke had come. */
  lost(call: Call): void;
}

/**
 * Lets go of a call whose stream broke, so that any replica may take its next one. Mostly the carrier asks for it within
 * a second; where it does not, the person has hung up in the same moment, and only the carrier can say so. A call that
 * goes on without a stream is hung up in the end: nobody is left listening to nothing.
 */
export function openLostStreams(options: LostStreamsOptions): LostStreams {
  const { records, replicaId, clock, log, times = defaultLostStreamTimes } = options;
  const stop = new AbortController();
  const tasks = new BackgroundTasks((error) => {
    // What is left over by a stop is found by the sweep for calls that nobody holds.
    if (!stop.signal.aborted)
      log.warn({ error: error instanceof Error ? error.name : 'unknown' }, 'a call without a stream was given up');
  });

  async function follow(lost: Call): Promise<void> {
    await records.letGo(lost.id, { replicaId, resumes: lost.resumes });
    for (const [look, afterMs] of times.lookAfterMs.entries()) {
      await clock.sleep(afterMs, stop.signal);
      const call = await records.find(lost.id);
      if (call === undefined || call.endedAt !== null || call.replicaId !== null || call.resumes > lost.resumes) return;
      if (await lives(call)) {
        if (look < times.lookAfterMs.length - 1) continue;
        await hangUp(call);
      }
      await records.end(call.id, { status: 'completed', reason: 'caller_hung_up' });
      return options.onEnded(call.id);
    }
  }

  /** A carrier that does not answer may well have the call. */
  async function lives({ id, carrier, carrierCallId }: Call): Promise<boolean> {
    if (carrierCallId === null) return false;
    try {
      const found = await options
        .carrierOf(carrier)
        ?.get(carrierCallId, { signal: AbortSignal.timeout(times.deadlineMs) });
      return found !== undefined && typeof found.state !== 'object';
    } catch (error) {
      log.info(
        { callId: id, error: error instanceof Error ? error.name : 'unknown' },
        'the carrier did not say whether a call without a stream goes on',
      );
      return true;
    }
  }

  async function hangUp({ id, carrier, carrierCallId }: Call): Promise<void> {
    log.warn({ callId: id }, 'a call that went on without a stream is hung up');
    if (carrierCallId === null) return;
    await options.carrierOf(carrier)?.hangup(carrierCallId, { signal: AbortSignal.timeout(times.deadlineMs) });
  }

  return {
    lost: (call) => tasks.add(follow(call)),
    async [Symbol.asyncDispose]() {
      stop.abort(new RingbackError('stopping'));
      await tasks.settled();
    },
  };
}
